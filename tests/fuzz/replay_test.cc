// Runs a fuzz target over its committed inputs: findings of the past, which must stay fixed, and
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

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> inputs() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(FLOWMETER_ROOT "/tests/fuzz/corpus/" FUZZ_TARGET)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string test_name(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.filename().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

class Fuzz : public testing::TestWithParam<fs::path> {};

TEST_P(Fuzz, Replay) {
  std::ifstream in(GetParam(), std::ios::binary);
  const std::vector<char> read{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(in.bad());
  // Exactly as long as the input, so that AddressSanitizer sees what is read behind it.
  const auto bytes = std::make_unique<std::uint8_t[]>(read.size());
  std::copy(read.begin(), read.end(), bytes.get());
  EXPECT_EQ(LLVMFuzzerTestOneInput(bytes.get(), read.size()), 0);
}

INSTANTIATE_TEST_SUITE_P(Corpus, Fuzz, testing::ValuesIn(inputs()), test_name);

}  // namespace
