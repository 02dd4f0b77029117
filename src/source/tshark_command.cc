#include "source/tshark_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/error.h"

namespace flowmeter {
namespace {

/// Preferences on which numbers depend, at tshark's own defaults.
constexpr std::array pinned_preferences = {
    "ip.defragment:TRUE",
    "ipv6.defragment:TRUE",
    "tcp.desegment_tcp_streams:TRUE",
    "tcp.analyze_sequence_numbers:TRUE",
    "tcp.calculate_timestamps:TRUE",
    "tcp.check_checksum:FALSE",
    "udp.check_checksum:FALSE",
    "ip.check_checksum:FALSE",
    "tcp.fastrt_supersedes_ooo:TRUE",
};

/// A place where no file can be, so that tshark finds no personal configuration and nobody can put
/// one there. (A path below a file would be an error that tshark warns of.)
constexpr const char* no_directory = "/proc/self/no-configuration";

bool plain_for_shell(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:=,+@%") == std::string_view::npos;
}

std::string shell_word(std::string_view text) {
  if (plain_for_shell(text)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> private_environment() {
  return {
      {"HOME", no_directory},
      {"XDG_CONFIG_HOME", no_directory},
      {"WIRESHARK_CONFIG_DIR", no_directory},
      {"LC_ALL", "C.UTF-8"},
  };
}

Command tshark_command(const TsharkOptions& options, const FieldSet& fields,
                       const std::string& input) {
  Command command;
  command.program = options.program;
  auto& arguments = command.arguments;
  arguments = {"-n", "-r", input, "-T", "ek"};
  for (const std::string& field : fields.names()) {
    arguments.insert(arguments.end(), {"-e", field});
  }
  for (const char* preference : pinned_preferences) {
    arguments.insert(arguments.end(), {"-o", preference});
  }
  for (const std::string& preference : options.preferences) {
    arguments.insert(arguments.end(), {"-o", preference});
  }
  for (const std::string& decode_as : options.decode_as) {
    arguments.insert(arguments.end(), {"-d", decode_as});
  }
  if (!options.display_filter.empty()) {
    arguments.insert(arguments.end(), {"-Y", options.display_filter});
  }
  arguments.insert(arguments.end(), options.extra_arguments.begin(),
                   options.extra_arguments.end());
  command.environment = private_environment();
  return command;
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (access(name.c_str(), X_OK) == 0) return name;
    throw UsageError(fmt::format("{}: no such program", name));
  }
  const char* const path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string candidate = fmt::format("{}/{}", rest.substr(0, colon), name);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  throw UsageError(fmt::format(
      "{}: not found in PATH (install the package tshark, or name the program with --tshark)", name));
}

std::string shell_line(const Command& command) {
  std::string line = "env";
  for (const auto& [name, value] : command.environment) {
    line += fmt::format(" {}={}", name, shell_word(value));
  }
  line += ' ' + shell_word(command.program);
  for (const std::string& argument : command.arguments) line += ' ' + shell_word(argument);
  return line;
}

}  // namespace flowmeter
