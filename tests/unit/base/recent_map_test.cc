#include "base/recent_map.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace flowmeter {
namespace {

using Map = RecentMap<int, std::string, std::hash<int>>;

TEST(RecentMap, KeepsTheFirstValueUntilItIsChanged) {
  Map map(2);
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_TRUE(map.use(1, "a").second);
  const auto [value, is_new] = map.use(1, "b");
  EXPECT_FALSE(is_new);
  EXPECT_EQ(value, "a");
  value = "c";
  ASSERT_NE(map.find(1), nullptr);
  EXPECT_EQ(*map.find(1), "c");
}

TEST(RecentMap, DropsWhatWasNotUsedForTheLongestTime) {
  Map map(2);
  map.use(1, "a");
  map.use(2, "b");
  map.use(1, "a");
  (void)map.find(2);  // is no use
  map.use(3, "c");
  EXPECT_EQ(map.find(2), nullptr);
  EXPECT_NE(map.find(1), nullptr);
  EXPECT_NE(map.find(3), nullptr);
  EXPECT_EQ(map.forgotten(), 1U);
}

TEST(RecentMap, ForgetsNothingWhenItIsCleared) {
  Map map(2);
  map.use(1, "a");
  map.clear();
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_EQ(map.forgotten(), 0U);
}

}  // namespace
}  // namespace flowmeter
