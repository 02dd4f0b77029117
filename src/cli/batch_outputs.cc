#include "cli/batch_outputs.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/error.h"

namespace flowmeter {

namespace fs = std::filesystem;

namespace {

bool names_directory(const std::string& output) {
  std::error_code ignored;
  return !output.empty() && (output.ends_with('/') || fs::is_directory(output, ignored));
}

bool same_file(const fs::path& one, const fs::path& other) {
  std::error_code error;
  return fs::is_regular_file(one, error) && fs::equivalent(one, other, error);
}

/// By a name such as /dev/stdout.
bool is_standard_output(const std::string& path) {
  struct stat ours {
  }, theirs{};
  return fstat(STDOUT_FILENO, &ours) == 0 && stat(path.c_str(), &theirs) == 0 &&
         ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/// What is read is not to be replaced by what is made of it.
void refuse_to_replace_inputs(const std::string& written, const std::vector<Input>& inputs) {
  for (const Input& input : inputs) {
    const std::vector<std::string> whole = {input.path};
    for (const std::string& file : input.parts.empty() ? whole : input.parts) {
      if (same_file(written, file))
        throw UsageError(fmt::format("{}: is both an input and an output", written));
    }
  }
}

/// Two inputs with one output.
void refuse_clashes(const Options& options, const std::vector<Input>& inputs) {
  std::map<fs::path, std::string> taken;
  for (const Input& input : inputs) {
    const fs::path path = output_path(options.output, input, options.rows.format);
    const auto [other, is_new] = taken.emplace(path, input.path);
    if (!is_new) {
      throw UsageError(
          fmt::format("{} and {} would both be written to {}", other->second, input.path, path.string()));
    }
  }
}

}  // namespace

OutputKind output_kind(const Options& options) {
  if (names_directory(options.output)) return OutputKind::directory;
  const bool rotates = !options.output.empty() && (options.rotation.wanted() || options.endless());
  return rotates ? OutputKind::rotating : OutputKind::common;
}

void check_outputs(const Options& options, const std::vector<Input>& inputs) {
  for (const std::string& written : {options.output, options.meta}) refuse_to_replace_inputs(written, inputs);
  if (!options.meta.empty() && (options.meta == options.output || same_file(options.meta, options.output) ||
                                (options.meta == "-" && is_standard_output(options.output)))) {
    throw UsageError(fmt::format("{}: is the file of --meta and also of the rows", options.meta));
  }
  const bool into_directory = output_kind(options) == OutputKind::directory;
  if (options.partial && !into_directory && inputs.size() > 1) {
    throw UsageError(
        "--partial writes a part for each capture: name a directory with -o, or add --continuous");
  }
  if (options.rotation.wanted() && (into_directory || inputs.size() > 1)) {
    throw UsageError("--rotate-every and --rotate-rows need a single input and a file for -o");
  }
  if (into_directory) refuse_clashes(options, inputs);
}

BatchOutputs::BatchOutputs(const Options& options, std::string header, Reporter& reporter,
                           std::function<void()> before_rows)
    : options_(options), header_(std::move(header)), reporter_(reporter) {
  const OutputKind kind = output_kind(options);
  if (kind == OutputKind::directory) return;
  if (kind == OutputKind::rotating) {
    auto rotating = std::make_unique<RotatingFile>(options.output, header_, options.rotation, keeper());
    rotating_ = rotating.get();
    common_ = std::move(rotating);
  } else if (options.output.empty()) {
    auto standard_output = std::make_unique<FdSink>(STDOUT_FILENO, "standard output");
    standard_output_ = standard_output.get();
    if (!options.meta.empty()) standard_output->keep_digest();
    common_ = std::move(standard_output);
  } else {
    common_ = make_file(options.output);
  }
  rows_ = std::make_unique<Output>(*common_, rotating_ != nullptr ? "" : header_, std::move(before_rows));
}

FileKeeper BatchOutputs::keeper() { return {reporter_, options_.meta.empty() ? nullptr : &written_}; }

/// A part is of use only when it is whole.
std::unique_ptr<FileSink> BatchOutputs::make_file(const fs::path& path) {
  report_leftovers(leftovers_of(path), reporter_);
  return std::make_unique<FileSink>(path, keeper(),
                                    options_.partial ? Unfinished::removed : Unfinished::kept);
}

std::unique_ptr<InputOutput> BatchOutputs::open(const Input& input) {
  if (rows_) {
    // Nothing of a live input can be refused later, and its first row may be long in coming.
    if (input.endless()) rows_->begin();
    return std::make_unique<InputOutput>(*rows_);
  }
  const fs::path path = output_path(options_.output, input, options_.rows.format);
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  return std::make_unique<InputOutput>(make_file(path), header_);
}

bool BatchOutputs::finish() {
  if (!rows_) return true;
  rows_->begin();
  rows_->finish();
  finished_ = true;
  return rotating_ == nullptr || !rotating_->failed();
}

std::vector<WrittenFile> BatchOutputs::close() {
  if (standard_output_ != nullptr) {
    written_.push_back(
        {"-", standard_output_->bytes(), finished_ ? standard_output_->digest() : "", finished_});
  }
  rows_.reset();
  rotating_ = nullptr;
  standard_output_ = nullptr;
  common_.reset();
  return std::move(written_);
}

}  // namespace flowmeter
