#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/report.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/output.h"
#include "sink/fd_sink.h"
#include "sink/file_sink.h"
#include "sink/rotating_file.h"
#include "sink/spool.h"

namespace flowmeter {

/// Where the rows of a run go.
enum class OutputKind {
  common,     ///< standard output, or one file
  rotating,   ///< one file after the other
  directory,  ///< a file for each input
};

[[nodiscard]] OutputKind output_kind(const Options& options);

/// Throws UsageError if an output is also an input, or is written to twice, or if the options ask for what
/// these inputs and this kind of output cannot have.
void check_outputs(const Options& options, const std::vector<Input>& inputs);

/// Where the rows of one input go: into a file of its own, or into the common output once the inputs before
/// it are done.
class InputOutput {
 public:
  InputOutput(std::unique_ptr<FileSink> file, const std::string& header)
      : file_(std::move(file)), rows_(*file_, header) {}

  /// `common` outlives the object.
  explicit InputOutput(ByteSink& common) : spool_(std::make_unique<Spool>(common)), rows_(*spool_, "") {}

  [[nodiscard]] Output& rows() noexcept { return rows_; }

  /// The inputs before it are done.
  void open() {
    if (spool_) spool_->open();
  }

  /// All rows are written.
  void finish() {
    if (file_) rows_.finish();
  }

 private:
  std::unique_ptr<FileSink> file_;  // one of the two
  std::unique_ptr<Spool> spool_;
  Output rows_;
};

/// The outputs of a run.
class BatchOutputs {
 public:
  /// Makes the common output, if there is one. `header` is the finished line, or empty. `before_rows` is
  /// called before anything is written to the common output, if it is given. Options and reporter outlive the
  /// object. Throws OutputError.
  BatchOutputs(const Options& options, std::string header, Reporter& reporter,
               std::function<void()> before_rows);

  /// That of an input. Throws OutputError if its file cannot be made.
  [[nodiscard]] std::unique_ptr<InputOutput> open(const Input& input);

  /// Finishes the common output, if there is one. False: one of several rotated files could not be written.
  [[nodiscard]] bool finish();

  /// Null unless the output rotates.
  [[nodiscard]] RotatingFile* rotating() noexcept { return rotating_; }

  /// Gives up the common output if it is not finished. The outputs of inputs must be gone. What became
  /// of all files; only with --meta.
  [[nodiscard]] std::vector<WrittenFile> close();

 private:
  [[nodiscard]] FileKeeper keeper();
  [[nodiscard]] std::unique_ptr<FileSink> make_file(const std::filesystem::path& path);

  const Options& options_;
  const std::string header_;
  Reporter& reporter_;
  std::vector<WrittenFile> written_;
  std::unique_ptr<ByteSink> common_;   // null: a file for each input
  RotatingFile* rotating_ = nullptr;   // that is it, or null
  FdSink* standard_output_ = nullptr;  // likewise
  std::unique_ptr<Output> rows_;       // into it
  bool finished_ = false;
};

}  // namespace flowmeter
