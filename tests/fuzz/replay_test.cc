// Runs the fuzz targets over their committed inputs: findings of the past, which must stay fixed, and
// one of each kind.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;

struct Input {
  fuzz::Target target;
  fs::path file;
};

std::vector<Input> inputs() {
  std::vector<Input> found;
  for (const fuzz::Target& target : fuzz::targets()) {
    for (const auto& entry :
         fs::directory_iterator(fs::path(FLOWMETER_ROOT "/tests/fuzz/corpus") / target.name)) {
      if (entry.is_regular_file()) found.push_back({target, entry.path()});
    }
  }
  std::sort(found.begin(), found.end(), [](const Input& a, const Input& b) { return a.file < b.file; });
  return found;
}

/// The target, and the name of the file.
std::string test_name(const testing::TestParamInfo<Input>& info) {
  std::string name = info.param.target.name + ("_" + info.param.file.filename().string());
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

class Fuzz : public testing::TestWithParam<Input> {};

TEST_P(Fuzz, Replay) {
  std::ifstream in(GetParam().file, std::ios::binary);
  const std::vector<char> read{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(in.bad());
  // Exactly as long as the input, so that AddressSanitizer sees what is read after it.
  const auto bytes = std::make_unique<std::uint8_t[]>(read.size());
  std::copy(read.begin(), read.end(), bytes.get());
  EXPECT_EQ(GetParam().target.run(bytes.get(), read.size()), 0);
}

INSTANTIATE_TEST_SUITE_P(Corpus, Fuzz, testing::ValuesIn(inputs()), test_name);

}  // namespace
}  // namespace flowmeter
