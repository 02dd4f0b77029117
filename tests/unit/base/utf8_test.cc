#include "base/utf8.h"

#include <gtest/gtest.h>

namespace flowmeter {
namespace {

TEST(Utf8, LeavesWellFormedTextAlone) {
  for (const char* text : {"", "plain",
                           "gr\xC3\xBC\xC3\x9F"
                           "e",
                           "\xE2\x82\xAC", "\xED\x9F\xBF\xEE\x80\x80", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF",
                           "\xC2\x80", "\xE0\xA0\x80", "\xF0\x90\x80\x80"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_EQ(to_utf8(text), text);
  }
}

// The values are Python's: bytes.decode("utf-8", "replace").
TEST(Utf8, ReplacesEachIllFormedPart) {
  const std::pair<const char*, const char*> cases[] = {
      {"a\xFF"
       "b",
       "a\xEF\xBF\xBD"
       "b"},
      {"\xC3", "\xEF\xBF\xBD"},
      {"\xC3(", "\xEF\xBF\xBD("},
      {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},                                  // overlong
      {"\xE0\x80\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},                  // overlong
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},                  // a surrogate
      {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // beyond U+10FFFF
      {"\xE2\x82x", "\xEF\xBF\xBDx"},                                            // cut: one part
      {"\xF0\x9F\x98", "\xEF\xBF\xBD"},
      {"\x80", "\xEF\xBF\xBD"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_FALSE(is_utf8(text)) << text;
    EXPECT_EQ(to_utf8(text), expected);
  }
}

}  // namespace
}  // namespace flowmeter
