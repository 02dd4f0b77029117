#include "cli/inputs.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/descriptor.h"
#include "base/error.h"
#include "source/input_sniffer.h"

namespace flowmeter {

namespace fs = std::filesystem;

namespace {

constexpr std::array compressed = {".gz", ".zst", ".lz4"};
constexpr std::array known = {".pcap", ".pcapng", ".cap", ".dmp", ".json", ".ek", ".tsv", ".ntar"};

/// The files below a directory. A directory that is a symbolic link is not entered: no way in circles.
std::vector<Input> files_below(const fs::path& directory) {
  std::vector<Input> files;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(directory, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    if (!at->is_regular_file(ignored)) continue;
    files.push_back({at->path().string(), at->path().lexically_relative(directory), true});
  }
  if (error) throw UsageError(fmt::format("{}: {}", directory.string(), error.message()));
  std::sort(files.begin(), files.end(), [](const Input& a, const Input& b) { return a.path < b.path; });
  return files;
}

/// What cannot be read is not known to be none.
bool may_be_capture(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return true;
  try {
    return is_capture(sniff_file(file.get()).kind);
  } catch (const InputError&) {
    return true;
  }
}

}  // namespace

InputList list_inputs(const std::vector<std::string>& names, bool recursive, bool told_format) {
  InputList list;
  for (const std::string& name : names) {
    std::error_code ignored;
    if (!recursive || name == "-" || !fs::is_directory(name, ignored)) {
      list.inputs.push_back({name, fs::path(name).filename(), false});
      continue;
    }
    for (Input& file : files_below(name)) {
      if (told_format || may_be_capture(file.path)) {
        list.inputs.push_back(std::move(file));
      } else {
        list.passed_over.push_back(std::move(file.path));
      }
    }
  }
  return list;
}

fs::path output_path(const fs::path& directory, const Input& input, OutputFormat format) {
  const std::string end = fmt::format("_flow.{}", name_of(format));
  if (input.path == "-") return directory / ("stdin" + end);
  fs::path name = input.below;
  const auto drop = [&name](const auto& suffixes) {
    const std::string suffix = name.extension().string();
    if (std::find(suffixes.begin(), suffixes.end(), suffix) == suffixes.end()) return;
    name.replace_extension();
  };
  drop(compressed);
  drop(known);
  name += end;
  return directory / name;
}

}  // namespace flowmeter
