#include "source/tshark_installation.h"

#include <fmt/format.h>
#include <glob.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/report.h"
#include "source/child.h"
#include "source/transport_profile.h"
#include "source/tshark_command.h"
#include "source/tshark_errors.h"
#include "version.h"

namespace flowmeter {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr TsharkVersion oldest_usable{3, 0, 0}, oldest_tried{3, 4, 0}, newest_tried{4, 6, INT_MAX};

constexpr std::size_t most_output = 64 << 20;  // the table of fields has some 20 MiB
constexpr std::size_t most_errors = 64 << 10;

constexpr const char* version_kind = "version";
constexpr const char* version_file = "version";
constexpr const char* fields_kind = "fields";
constexpr const char* fields_file = "names";
constexpr const char* transport_kind = "transport";
constexpr const char* disabled_file = "disabled_protos";
constexpr const char* heuristics_file = "heuristic_protos";

/// Variables that make another tshark of the same program.
constexpr std::array telling_variables = {"LD_LIBRARY_PATH", "WIRESHARK_DATA_DIR", "WIRESHARK_PLUGIN_DIR",
                                          "WIRESHARK_RUN_FROM_BUILD_DIRECTORY"};

/// A run of tshark that answers a question.
struct Question {
  std::string about;  ///< its arguments
  std::unique_ptr<Child> child;
  std::string output, errors;
  std::optional<ChildExit> exit;  ///< nothing if it did not end in time
};

Question start(const std::string& program, const std::vector<std::string>& arguments) {
  Question question;
  for (const std::string& argument : arguments) {
    if (!question.about.empty()) question.about += ' ';
    question.about += argument;
  }
  question.child =
      std::make_unique<Child>(Command{program, arguments, private_environment()}, Child::Input::none);
  return question;
}

/// Reads once; closes the descriptor at its end. What is above `most` is thrown away.
void read_some(Descriptor& fd, std::string& text, std::size_t most) {
  std::array<char, 64 << 10> chunk;
  const ssize_t count = read(fd.get(), chunk.data(), chunk.size());
  if (count > 0) {
    const auto size = static_cast<std::size_t>(count);
    text.append(chunk.data(), std::min(size, most - text.size()));
  } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
    fd.reset();
  }
}

/// Waits until `deadline` for something to read; false if it passed, or a signal came.
bool wait(std::vector<pollfd>& fds, Clock::time_point deadline) {
  fds.push_back({Interrupt::descriptor(), POLLIN, 0});
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  const int ready = left <= 0ms ? 0 : poll(fds.data(), fds.size(), static_cast<int>(left.count()));
  if (ready < 0) return errno == EINTR;
  return ready > 0 && fds.back().revents == 0;
}

/// Reads all that they say, at the same time, and how they end.
void hear(std::vector<Question>& questions, std::chrono::seconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  for (bool open = true; open;) {
    std::vector<pollfd> fds;
    open = false;
    for (Question& question : questions) {
      for (const Descriptor* fd : {&question.child->out(), &question.child->err()}) {
        fds.push_back({fd->get(), POLLIN, 0});
        open = open || fd->get() >= 0;
      }
    }
    if (!open || !wait(fds, deadline)) break;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      auto& [about, child, output, errors, exit] = questions[i];
      if (fds[2 * i].revents != 0) read_some(child->out(), output, most_output);
      if (output.size() == most_output) child->out().reset();  // which ends it
      if (fds[2 * i + 1].revents != 0) read_some(child->err(), errors, most_errors);
    }
  }
  for (Question& question : questions) {
    if (question.child->out().get() >= 0) continue;
    while (!(question.exit = question.child->poll()) && Clock::now() < deadline && Interrupt::signal() == 0) {
      poll(nullptr, 0, 1);
    }
  }
}

bool answered(const Question& question) {
  return question.exit && question.exit->signal == 0 && question.exit->status == 0 &&
         !question.output.empty() && question.output.size() < most_output;
}

/// Why there is no answer.
std::string failure(const Question& question, std::chrono::seconds patience) {
  if (Interrupt::signal() != 0) return "interrupted";
  if (question.output.size() == most_output) return "its output does not end";
  if (!question.exit) return fmt::format("no end within {} s", patience.count());
  if (question.exit->signal != 0) {
    return fmt::format("killed by signal {} ({})", question.exit->signal, strsignal(question.exit->signal));
  }
  const std::string words = printable(last_words(question.errors));
  return fmt::format("status {}, {}", question.exit->status, words.empty() ? "and no answer" : words);
}

/// The profile for this tshark. Throws UsageError.
TransportProfile ask_profile(const std::string& program, std::chrono::seconds patience) {
  std::vector<Question> questions;
  try {
    for (const char* table : {"decodes", "heuristic-decodes", "protocols"}) {
      questions.push_back(start(program, {"-G", table}));
    }
  } catch (const std::system_error& error) {
    throw UsageError(error.what());
  }
  hear(questions, patience);
  for (const Question& question : questions) {
    if (!answered(question)) {
      throw UsageError(fmt::format("{} {}: {}", program, question.about, failure(question, patience)));
    }
  }
  const std::string &decodes = questions[0].output, &protocols = questions[2].output;
  // Heuristics alone make no profile: which carriers to keep is in the table of ports and the like.
  if (derive_transport_profile(decodes, {}, protocols).empty()) {
    throw UsageError(
        fmt::format("{} {}: lists no dissectors that can be switched off", program, questions[0].about));
  }
  return derive_transport_profile(decodes, questions[1].output, protocols);
}

/// The names of all its fields. Throws UsageError.
std::string ask_fields(const std::string& program, std::chrono::seconds patience) {
  std::vector<Question> questions;
  try {
    questions.push_back(start(program, {"-G", "fields"}));
  } catch (const std::system_error& error) {
    throw UsageError(error.what());
  }
  patience *= 6;  // it is the longest of all tables
  hear(questions, patience);
  const Question& question = questions[0];
  std::string names = answered(question) ? read_field_table(question.output) : std::string();
  if (names.size() > 1) return names;
  throw UsageError(fmt::format("{} {}: {}", program, question.about,
                               answered(question) ? "lists no fields" : failure(question, patience)));
}

/// Whether a program could not be started for want of something, and not because of what it is.
bool is_shortage(const std::error_code& error) {
  return error == std::errc::resource_unavailable_try_again || error == std::errc::not_enough_memory ||
         error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system;
}

/// What `tshark --version` prints first; empty if it does not. Throws UsageError if nothing can be started.
std::string ask_version(const std::string& program, std::chrono::seconds patience) {
  std::vector<Question> questions;
  try {
    questions.push_back(start(program, {"--version"}));
  } catch (const std::system_error& error) {
    if (is_shortage(error.code())) throw UsageError(error.what());
    return {};
  }
  hear(questions, patience);
  if (!answered(questions[0])) return {};
  const std::string& output = questions[0].output;
  return output.substr(0, output.find('\n'));
}

/// A line about a file that changes when the file is exchanged; empty if there is none.
std::string file_identity(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return {};
  return fmt::format("{} {} {} {}.{:09}\n", path, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

/// The directories in which the libraries of a program may be, as patterns for glob().
std::vector<std::string> library_directories(const std::string& program) {
  const std::string bin = program.substr(0, program.rfind('/'));
  const std::string prefix = bin.substr(0, bin.rfind('/'));
  std::vector<std::string> directories = {bin, prefix + "/lib", prefix + "/lib64", prefix + "/lib/*-linux-*"};
  const char* const path = std::getenv("LD_LIBRARY_PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    if (colon != 0) directories.emplace_back(rest.substr(0, colon));
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  return directories;
}

std::string library_identities(const std::string& program) {
  std::string text;
  for (const std::string& directory : library_directories(program)) {
    glob_t found{};
    // libwireshark and libwiretap
    if (glob((directory + "/libwire[st]*.so*").c_str(), 0, nullptr, &found) == 0) {
      for (std::size_t i = 0; i < found.gl_pathc; ++i) text += file_identity(found.gl_pathv[i]);
    }
    globfree(&found);
  }
  return text;
}

/// Each takes something off the beginning of a text, if it is there.
bool take_number(std::string_view& text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}
bool take_dot(std::string_view& text) {
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

TsharkVersion parse_version(std::string_view text) {
  const std::size_t name = text.find("TShark");
  if (name == std::string_view::npos) return {};
  text = text.substr(name, text.find('\n', name) - name);
  const std::size_t number = text.find_first_of("0123456789");
  if (number == std::string_view::npos || text[number - 1] != ' ') return {};

  TsharkVersion found;
  text.remove_prefix(number);
  if (!take_number(text, found.major) || !take_dot(text) || !take_number(text, found.minor)) return {};
  if (take_dot(text) && !take_number(text, found.patch)) found.patch = 0;  // the end of a sentence
  return found;
}

std::string to_string(const TsharkVersion& tshark) {
  if (!tshark.known()) return "unknown";
  return fmt::format("{}.{}.{}", tshark.major, tshark.minor, tshark.patch);
}

std::string explain_version(const TsharkVersion& tshark) {
  if (tshark >= oldest_tried && tshark <= newest_tried) return {};
  const std::string what =
      tshark.known() ? "this is " + to_string(tshark) : "this one does not print its version";
  return fmt::format("flowmeter was tested with tshark {}.{} to {}.{}, {}", oldest_tried.major,
                     oldest_tried.minor, newest_tried.major, newest_tried.minor, what);
}

TsharkInstallation::TsharkInstallation(std::string program, std::chrono::seconds patience)
    : program_(std::move(program)), patience_(patience), key_(identity()) {}

std::string TsharkInstallation::identity() const {
  const std::unique_ptr<char, void (*)(void*)> real(realpath(program_.c_str(), nullptr), std::free);
  if (!real) return {};
  std::string text = fmt::format("flowmeter {}\n", flowmeter::version);
  text += file_identity(real.get());
  text += library_identities(real.get());
  for (const char* variable : telling_variables) {
    const char* const value = std::getenv(variable);
    if (value != nullptr) text += fmt::format("{}={}\n", variable, value);
  }
  return text;
}

std::optional<std::string> TsharkInstallation::keep(std::string_view kind, const FileTexts& files) const {
  if (key_.empty() || identity() != key_) return std::nullopt;
  return cache_.keep(kind, key_, files);
}

const TsharkVersion& TsharkInstallation::version() {
  if (version_) return *version_;
  if (!key_.empty()) {
    if (const auto entry = cache_.find(version_kind, key_)) {
      const auto file = entry->files.find(version_file);
      if (file != entry->files.end()) version_ = parse_version(file->second);
      if (version_ && version_->known()) return *version_;
    }
  }
  const std::string line = ask_version(program_, patience_);
  version_ = parse_version(line);
  if (version_->known()) {
    // What cannot be kept is asked again by the next run.
    [[maybe_unused]] const auto kept = keep(version_kind, {{version_file, line}});
  }
  return *version_;
}

void TsharkInstallation::check() {
  if (!version().known() || version() >= oldest_usable) return;
  throw UsageError(fmt::format("{}: version {} is too old ({}.{} or newer is needed)", program_,
                               to_string(version()), oldest_usable.major, oldest_usable.minor));
}

const FieldNames& TsharkInstallation::fields() {
  if (fields_) return *fields_;
  if (!key_.empty()) {
    if (auto entry = cache_.find(fields_kind, key_)) {
      const auto file = entry->files.find(fields_file);
      if (file != entry->files.end()) return fields_.emplace(std::move(file->second));
    }
  }
  std::string names = ask_fields(program_, patience_);
  // What cannot be kept is asked again by the next run.
  [[maybe_unused]] const auto kept = keep(fields_kind, {{fields_file, names}});
  return fields_.emplace(std::move(names));
}

std::string TsharkInstallation::transport_directory() {
  if (!key_.empty()) {
    if (const auto entry = cache_.find(transport_kind, key_)) return entry->directory;
  }
  // Cleaners of /tmp know nothing of long runs.
  if (transport_) {
    const std::string file = fmt::format("{}/{}", transport_->path(), disabled_file);
    if (access(file.c_str(), R_OK) == 0) return transport_->path();
  }
  const TransportProfile profile = ask_profile(program_, patience_);
  const FileTexts files = {{disabled_file, profile.disabled_protos},
                           {heuristics_file, profile.heuristic_protos}};
  if (const auto directory = keep(transport_kind, files)) return *directory;

  const char* const wanted = std::getenv("TMPDIR");
  for (const char* parent : {wanted, "/tmp"}) {
    if (parent == nullptr || parent[0] != '/') continue;
    transport_ = std::make_unique<TemporaryDirectory>(parent, "flowmeter-");
    if (!transport_->path().empty() && write_files(transport_->path(), files)) {
      return transport_->path();
    }
  }
  throw UsageError(
      "no directory for tshark's configuration: neither a cache directory nor TMPDIR is writable");
}

}  // namespace flowmeter
