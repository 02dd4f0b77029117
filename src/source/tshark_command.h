#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect/fields.h"
#include "dialect/known_fields.h"
#include "source/tshark_version.h"

namespace flowmeter {

/// In which form tshark is asked for the fields.
enum class TsharkOutputFormat {
  ek,       ///< -T ek -e FIELD: the reference
  json,     ///< -T json -e FIELD
  columns,  ///< -T tabs with custom columns: the same values for less than half of the work
};
constexpr auto words_of(TsharkOutputFormat) noexcept {
  return std::array<std::string_view, 3>{"ek", "json", "columns"};
}

/// What the user wants of tshark.
struct TsharkOptions {
  std::string program = "tshark";            ///< name to be found in PATH, or a path
  TsharkVersion version{};                   ///< of the program; an unknown one is taken for a new one
  std::string display_filter;                ///< -Y; empty for none
  std::vector<std::string> decode_as;        ///< -d, each
  std::vector<std::string> preferences;      ///< -o NAME:VALUE, each
  std::string read_format;                   ///< tshark's name of the input's format; empty: it finds out
  std::vector<std::string> extra_arguments;  ///< as they are, behind all others
  bool transport_only = false;               ///< application dissectors off
};

/// A program with its arguments, and what is different in its environment.
struct Command {
  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment{};
  bool shielded =
      false;  ///< SIGINT, SIGTERM and SIGHUP do not reach it: it ends with its input, or is killed
  bool captures = false;  ///< it has what rights to capture were handed to us; all others have not
};

/// How one tshark is to be run.
struct TsharkInvocation {
  TsharkOutputFormat decoder = TsharkOutputFormat::ek;
  std::string input;                    ///< a file name, or "-" for its standard input
  std::string configuration_directory;  ///< empty: none
  std::uint64_t frames = 0;             ///< after which it ends; 0: it reads all of the input
  bool at_once = false;                 ///< every frame written as soon as it is dissected
  bool shielded = false;                ///< see Command
  std::size_t buffer_bytes = 0;         ///< of its output; 0: its own 4 KiB
};

/// An environment in which a tshark finds no personal configuration, and speaks English.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> private_environment();

/// The command line by which tshark dissects the input and writes `fields`. Whatever a user's own
/// profile says has no effect on it: it is told to look for one where there is none, and the
/// preferences on which numbers depend are set. What no field needs is not computed.
[[nodiscard]] Command tshark_command(const TsharkOptions& options, const FieldSet& fields,
                                     const TsharkInvocation& run);

/// Whether that is a program that we may run.
[[nodiscard]] bool can_be_run(const std::string& path);

/// The path of a program in PATH, or empty.
[[nodiscard]] std::string program_in_path(const std::string& name);

/// The program's path: as it is if it has a slash, else found in PATH.
/// Throws UsageError if there is no such program that can be run.
[[nodiscard]] std::string find_program(const std::string& name);

/// The command as a line for a POSIX shell, to be put in front of `| flowmeter -`: with the header
/// line that the columns decoder's output lacks.
[[nodiscard]] std::string shell_line(const Command& command, const FieldSet& fields,
                                     TsharkOutputFormat decoder);

}  // namespace flowmeter
