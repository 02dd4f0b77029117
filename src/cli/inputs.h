#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sink/format.h"

namespace flowmeter {

/// What an input is.
enum class InputOrigin {
  file,       ///< or several that follow each other, or standard input
  interface,  ///< frames off the wire
  growing,    ///< a file that somebody still writes
  directory,  ///< files that somebody puts there, one after the other
};

/// One input of a run.
struct Input {
  std::string path;                  ///< or "-"
  std::filesystem::path below;       ///< where it lies below the directory that was named, else its name
  bool found = false;                ///< below a directory: passed over without an error if it is no capture
  std::vector<std::string> parts{};  ///< captures that follow each other as one; empty: it is `path`
  InputOrigin origin = InputOrigin::file;

  /// Whether it goes on until somebody ends it.
  [[nodiscard]] bool endless() const noexcept { return origin != InputOrigin::file; }
};

/// The name of an input in messages.
[[nodiscard]] std::string input_name(const Input& input);

/// Inputs, and what is none.
struct InputList {
  std::vector<Input> inputs;
  std::vector<std::string> passed_over;  ///< files below directories that are no captures
};

/// The inputs that the command line names; with `recursive` the captures among the regular files below
/// directories, in the order of their names, or all of the files if the user has said what format they are of
/// (`told_format`). A directory is kept as an input otherwise (to be refused in its turn), and so is what
/// cannot be read. Throws UsageError if a directory cannot be read.
[[nodiscard]] InputList list_inputs(const std::vector<std::string>& names, bool recursive,
                                    bool told_format = false);

/// NAME_flow.csv for a capture NAME.pcap (.pcapng.gz and the like too), in its place below
/// `directory`; .tsv or .jsonl by the format. Standard input is `stdin`.
[[nodiscard]] std::filesystem::path output_path(const std::filesystem::path& directory, const Input& input,
                                                OutputFormat format = OutputFormat::csv);

}  // namespace flowmeter
