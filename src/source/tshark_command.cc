#include "source/tshark_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/error.h"

namespace flowmeter {
namespace {

/// Preferences on which numbers depend, at tshark's own defaults. (Analysis and relative numbers keep
/// retransmitted segments from the application dissectors, so they decide on inner packets, too.)
constexpr std::array pinned_preferences = {
    "ip.defragment:TRUE",
    "ipv6.defragment:TRUE",
    "tcp.desegment_tcp_streams:TRUE",
    "tcp.relative_sequence_numbers:TRUE",
    "tcp.check_checksum:FALSE",
    "udp.check_checksum:FALSE",
    "ip.check_checksum:FALSE",
    "tcp.default_window_scaling:Not known",
};

/// Of those one that older versions do not have.
constexpr const char* newer_preference = "tcp.fastrt_supersedes_ooo:TRUE";
constexpr TsharkVersion newer_preference_since{4, 0, 0};

/// What tshark computes only for certain fields: on for them, else off.
struct OnDemand {
  const char* preference;
  std::array<std::string_view, 3> needed_by;  // beginnings of field names
};
constexpr std::array on_demand_preferences = {
    OnDemand{"tcp.track_bytes_in_flight", {"tcp.analysis", "_ws.expert", ""}},
    OnDemand{"tcp.calculate_timestamps", {"tcp.time_", "", ""}},
    OnDemand{"udp.calculate_timestamps", {"udp.time_", "", ""}},
    OnDemand{"ip.summary_in_tree", {}},  // text for people
    OnDemand{"ipv6.summary_in_tree", {}},
    OnDemand{"tcp.summary_in_tree", {}},
    OnDemand{"udp.summary_in_tree", {}},
};

/// What needs tshark's analysis of sequence numbers even without application dissectors.
constexpr std::array<std::string_view, 7> analysis_fields = {
    "tcp.analysis", "tcp.seq", "tcp.ack", "tcp.nxtseq", "tcp.options.sack", "tcp.segment", "_ws."};

/// A place where no file can be, so that tshark finds no personal configuration and nobody can put
/// one there. (A path below a file would be an error that tshark warns of.)
constexpr const char* no_directory = "/proc/self/no-configuration";

bool plain_for_shell(std::string_view text) {
  return !text.empty() && text.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
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
      {"TZ", "UTC0"},  // unset, the C library looks for a change of the time zone with every frame
  };
}

namespace {

bool any_begins_with(const FieldSet& fields, std::string_view beginning) {
  const auto& names = fields.names();
  return !beginning.empty() && std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return name.starts_with(beginning);
  });
}

void add_preferences(const TsharkOptions& options, const FieldSet& fields,
                     std::vector<std::string>& arguments) {
  const auto add = [&arguments](std::string preference) {
    arguments.insert(arguments.end(), {"-o", std::move(preference)});
  };
  for (const char* preference : pinned_preferences) add(preference);
  if (!options.version.known() || options.version >= newer_preference_since) add(newer_preference);
  const auto needed = [&fields](const auto& beginnings) {
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [&](std::string_view beginning) { return any_begins_with(fields, beginning); });
  };
  const bool analysis = !options.transport_only || needed(analysis_fields);
  add(fmt::format("tcp.analyze_sequence_numbers:{}", analysis ? "TRUE" : "FALSE"));
  for (const OnDemand& preference : on_demand_preferences) {
    add(fmt::format("{}:{}", preference.preference, needed(preference.needed_by) ? "TRUE" : "FALSE"));
  }
  for (const std::string& field : fields.names()) {
    const KnownField* const known = known_field(field);
    if (known != nullptr && !known->preference.empty()) add(std::string(known->preference));
  }
  for (const std::string& preference : options.preferences) add(preference);
}

/// A custom column. (tshark's own %t leaves out digits of the time, by the clock that the capture names, and
/// its %L is another number than frame.len from 2^31 on.)
std::string column_format(std::string_view field) {
  const ColumnForm form = exact_in_columns(field) ? known_field(field)->column : ColumnForm::shown;
  return fmt::format("%Cus:{}:0:{}", field, static_cast<char>(form));
}

void add_format(const FieldSet& fields, TsharkOutputFormat decoder, std::vector<std::string>& arguments) {
  if (decoder != TsharkOutputFormat::columns) {
    arguments.insert(arguments.end(), {"-T", decoder == TsharkOutputFormat::json ? "json" : "ek"});
    for (const std::string& field : fields.names()) {
      arguments.insert(arguments.end(), {"-e", field});
    }
    return;
  }
  std::string format;
  for (const std::string& field : fields.names()) {
    format += fmt::format("{}\"{}\",\"{}\"", format.empty() ? "" : ",", field, column_format(field));
  }
  arguments.insert(arguments.end(), {"-T", "tabs", "-o", "gui.column.format:" + format});
}

}  // namespace

Command tshark_command(const TsharkOptions& options, const FieldSet& fields, const TsharkInvocation& run) {
  Command command;
  auto& arguments = command.arguments;
  command.program = options.program;
  // tshark's own buffer is 4 KiB. coreutils' stdbuf gives it another one, where there is one.
  if (run.buffer_bytes != 0 && !run.at_once) {
    if (std::string stdbuf = program_in_path("stdbuf"); !stdbuf.empty()) {
      command.program = std::move(stdbuf);
      arguments = {fmt::format("-o{}", run.buffer_bytes), options.program};
    }
  }
  arguments.insert(arguments.end(), {"-n", "-r", run.input});
  if (!options.read_format.empty()) {
    arguments.insert(arguments.end(), {"-X", "read_format:" + options.read_format});
  }
  if (run.frames != 0) arguments.insert(arguments.end(), {"-c", std::to_string(run.frames)});
  if (run.at_once) arguments.emplace_back("-l");
  add_format(fields, run.decoder, arguments);
  add_preferences(options, fields, arguments);
  for (const std::string& decode_as : options.decode_as) {
    arguments.insert(arguments.end(), {"-d", decode_as});
  }
  if (!options.display_filter.empty()) {
    arguments.insert(arguments.end(), {"-Y", options.display_filter});
  }
  arguments.insert(arguments.end(), options.extra_arguments.begin(), options.extra_arguments.end());
  command.environment = private_environment();
  command.shielded = run.shielded;
  if (!run.configuration_directory.empty()) {
    for (auto& [name, value] : command.environment) {
      if (name == "WIRESHARK_CONFIG_DIR") value = run.configuration_directory;
    }
  }
  return command;
}

bool can_be_run(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
}

std::string program_in_path(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    std::string candidate = fmt::format("{}/{}", rest.substr(0, colon), name);
    if (can_be_run(candidate)) return candidate;
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  return {};
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (can_be_run(name)) return name;
    throw UsageError(fmt::format("{}: no such program", name));
  }
  std::string program = program_in_path(name);
  if (!program.empty()) return program;
  throw UsageError(fmt::format(
      "{}: not found in PATH (install the package tshark, or name the program with --tshark)", name));
}

std::string shell_line(const Command& command, const FieldSet& fields, TsharkOutputFormat decoder) {
  std::string line;
  for (const auto& [name, value] : command.environment) {
    line += fmt::format("{}={} ", name, shell_word(value));
  }
  line += shell_word(command.program);
  for (const std::string& argument : command.arguments) line += ' ' + shell_word(argument);
  if (decoder != TsharkOutputFormat::columns) return line;
  return fmt::format("{{ printf '%b\\n' '{}'; {}; }}", fmt::join(fields.names(), "\\t"), line);
}

}  // namespace flowmeter
