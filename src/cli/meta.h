#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cli/account.h"
#include "cli/input_run.h"
#include "cli/options.h"
#include "cli/tshark_setup.h"
#include "sink/file_sink.h"

namespace flowmeter {

/// The file of --meta: what was run on which bytes, and what became of them, as one JSON object, so
/// that the rows can be cited and made again. Appears whole, when all is over.
class MetaFile {
 public:
  /// What is told of an input.
  struct Entry {
    std::string name;
    bool started = false;
    InputResult result{};
  };

  /// `path`: "-" is standard output. Throws OutputError if the file cannot be made.
  MetaFile(const std::string& path, Reporter& reporter);

  /// What the run was, and how it ended.
  struct Run {
    const Options& options;
    const MeterPlan& plan;
    const TsharkSetup& setup;
    const std::vector<Entry>& inputs;
    const std::vector<WrittenFile>& outputs;
    ExitStatus status;
    std::string failure;  ///< what went wrong apart from the inputs; empty: nothing
  };

  /// Writes it. Throws OutputError.
  void write(const Run& run);

 private:
  std::unique_ptr<ByteSink> sink_;
  const std::chrono::system_clock::time_point began_ = std::chrono::system_clock::now();
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace flowmeter
