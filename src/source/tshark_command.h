#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dialect/fields.h"

namespace flowmeter {

/// What the user wants of tshark.
struct TsharkOptions {
  std::string program = "tshark";            ///< name to be found in PATH, or a path
  std::string display_filter;                ///< -Y; empty for none
  std::vector<std::string> decode_as;        ///< -d, each
  std::vector<std::string> preferences;      ///< -o NAME:VALUE, each
  std::vector<std::string> extra_arguments;  ///< as they are, behind all others
};

/// A program with its arguments, and what is different in its environment.
struct Command {
  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
};

/// An environment in which a tshark finds no personal configuration, and speaks English.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> private_environment();

/// The command line by which tshark dissects `input` (a file name, or "-" for its standard input) and
/// writes `fields` as EK. Whatever a user's own profile says has no effect on it: it is told to look
/// for one where there is none, and the preferences on which numbers depend are set.
[[nodiscard]] Command tshark_command(const TsharkOptions& options, const FieldSet& fields,
                                     const std::string& input);

/// The program's path: as it is if it has a slash, else found in PATH.
/// Throws UsageError if there is no such program that can be run.
[[nodiscard]] std::string find_program(const std::string& name);

/// The command as a line for a POSIX shell.
[[nodiscard]] std::string shell_line(const Command& command);

}  // namespace flowmeter
