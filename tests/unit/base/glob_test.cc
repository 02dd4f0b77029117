#include "base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace flowmeter {
namespace {

TEST(Glob, MatchesTheWholeText) {
  EXPECT_TRUE(matches_glob("", ""));
  EXPECT_TRUE(matches_glob("a.pcap", "a.pcap"));
  EXPECT_FALSE(matches_glob("a.pcap", "a.pcapng"));
  EXPECT_FALSE(matches_glob("a.pcap", "x/a.pcap"));
  EXPECT_FALSE(matches_glob("a", ""));
  EXPECT_FALSE(matches_glob("", "a"));
  EXPECT_FALSE(matches_glob("A", "a"));
}

TEST(Glob, StarsTakeAnyCharacters) {
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("*", "a/b"));
  EXPECT_TRUE(matches_glob("attack/*", "attack/1/x.pcap"));
  EXPECT_FALSE(matches_glob("attack/*", "attacks/x.pcap"));
  EXPECT_TRUE(matches_glob("*.pcap", "a.pcap.pcap"));
  EXPECT_TRUE(matches_glob("*ab*ac", "ababac"));
  EXPECT_FALSE(matches_glob("*ab*ac", "abacab"));
  EXPECT_TRUE(matches_glob("a**b", "ab"));
  EXPECT_FALSE(matches_glob("*a", "ab"));
}

TEST(Glob, AQuestionMarkTakesOneCharacter) {
  EXPECT_TRUE(matches_glob("?", "a"));
  EXPECT_TRUE(matches_glob("?", "\xc3\xa4"));
  EXPECT_TRUE(matches_glob("*?b",
                           "\xe2\x82\xac"
                           "b"));
  EXPECT_FALSE(matches_glob("??", "\xc3\xa4"));
  EXPECT_FALSE(matches_glob("?", ""));
  EXPECT_TRUE(matches_glob("?", "\xff"));
}

TEST(Glob, ManyStarsCostLittle) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(matches_glob(pattern + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace flowmeter
