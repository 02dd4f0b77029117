#include "flow/state_text.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "stats/wide_int.h"

namespace flowmeter {
namespace {

TEST(StateText, IsRefusedWhenItIsNotWhatWasWritten) {
  std::uint8_t small = 0;
  for (const char* bad : {"256", "-1", "x", "", "1x"}) {
    const std::vector<std::string_view> elements{bad};
    StateReader reader(elements);
    EXPECT_THROW(reader(small), InputError) << bad;
  }
  StateReader none{std::span<const std::string_view>()};
  EXPECT_THROW(none(small), InputError);
  const std::vector<std::string_view> two{"1", "2"};
  StateReader reader(two);
  reader(small);
  EXPECT_EQ(small, 1);
  EXPECT_THROW(reader.finish(), InputError);
}

TEST(StateText, KeepsEveryByteAndBit) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  WideInt<3> least{{0, 0, std::uint64_t{1} << 63}}, some{{1, 2, 3}},
      minus{{~std::uint64_t{4}, ~std::uint64_t{0}, ~std::uint64_t{0}}};
  std::string out;
  StateWriter writer(out);
  writer(bytes, least, some, minus);
  rapidjson::Document document;
  document.Parse<rapidjson::kParseNumbersAsStringsFlag>(("[" + out.substr(1) + "]").c_str());
  ASSERT_FALSE(document.HasParseError());
  std::vector<std::string_view> elements;
  for (const auto& value : document.GetArray())
    elements.emplace_back(value.GetString(), value.GetStringLength());
  std::string read_bytes;
  WideInt<3> a, b, c;
  StateReader reader(elements);
  reader(read_bytes, a, b, c);
  EXPECT_EQ(read_bytes, bytes);
  EXPECT_EQ(a, least);
  EXPECT_EQ(b, some);
  EXPECT_EQ(c, minus);
}

}  // namespace
}  // namespace flowmeter
