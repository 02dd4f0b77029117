#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/report.h"
#include "cli/given_file.h"
#include "part/part_format.h"
#include "schema/meter.h"
#include "sink/format.h"
#include "sink/rotating_file.h"
#include "source/live_capture.h"
#include "source/tshark_command.h"

namespace flowmeter {

/// Which decoder the user wants; `automatic` is the fastest that is exact.
enum class TsharkOutputChoice { automatic, ek, json, columns };
constexpr auto words_of(TsharkOutputChoice) noexcept {
  return std::array<std::string_view, 4>{"auto", "ek", "json", "columns"};
}

/// What the command line asks for.
struct Options {
  std::vector<std::string> inputs;  ///< "-" is standard input
  bool recursive = false;
  bool continuous = false;          ///< the inputs are one capture in several files
  LiveOptions live;                 ///< with interfaces: what is captured; there are no other inputs then
  std::string follow;               ///< a growing file that is the input; empty: none
  std::string watch;                ///< a directory that gets captures and is the input; empty: none
  Rotation rotation;                ///< of the output
  std::optional<Seconds> duration;  ///< after which an endless input ends
  bool list_interfaces = false;
  std::string output;              ///< empty: standard output
  std::string meta;                ///< file that tells of the run, "-" standard output; empty: none
  std::vector<std::string> given;  ///< the command line as it was given, without the program
  MeterOptions meter;
  GivenFiles files;
  TsharkOptions tshark;
  RowFormat rows;
  bool partial = false;                 ///< parts are written instead of rows
  std::optional<PartSegments> segment;  ///< of the part
  std::string after;                    ///< capture before the part's; empty: not known
  bool list_columns = false;
  bool schema_given = false;  ///< on the command line
  bool print_command = false;
  bool version = false;
  bool describe_options = false;  ///< print the table of options, for scripts
  bool progress = false;          ///< wanted, or by default: stderr is a terminal that has no rows
  bool rows_on_terminal = false;  ///< the rows go to one
  TsharkOutputChoice decoder = TsharkOutputChoice::automatic;
  unsigned jobs = 1;                    ///< tsharks at once
  bool jobs_given = false;              ///< on the command line, for inputs of any size
  std::uint64_t life_frames = 350'000;  ///< frames after which a tshark is replaced at the latest; 0: never
  bool keep_going = false;              ///< behind damaged records of tshark's output
  std::size_t read_bytes = 0;           ///< most bytes for a read; 0: as many as fit
  Reporter::Level level = Reporter::Level::normal;

  /// Whether the input goes on until somebody ends it.
  [[nodiscard]] bool endless() const noexcept {
    return !live.interfaces.empty() || !follow.empty() || !watch.empty();
  }

  /// Whether an account of each input is to be kept, see InputAccount.
  [[nodiscard]] bool accounts() const noexcept { return !meta.empty() || level == Reporter::Level::verbose; }
};

/// Reads the command line. When it asks for the help, `help` is set to the text to be printed, and
/// nothing else counts. Throws UsageError.
[[nodiscard]] Options parse_options(int argc, const char* const* argv, std::string& help);

}  // namespace flowmeter
