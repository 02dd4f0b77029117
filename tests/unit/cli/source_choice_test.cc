#include "cli/source_choice.h"

#include <gtest/gtest.h>

namespace flowmeter {
namespace {

using Kind = SourceChoice::Kind;

constexpr SourceChoice parallel{Kind::parallel_tshark, TsharkOutputFormat::columns, true, 0};

TEST(SourceChoice, AFileThatOnlyOneTsharkCanReadGoesToOne) {
  const SourceChoice next = choose_again(parallel, Retry::by_one_tshark, 0);
  EXPECT_EQ(next.kind, Kind::single_tshark);
  EXPECT_EQ(next.format, TsharkOutputFormat::columns);
  EXPECT_EQ(next.frames_before, 0U);
}

TEST(SourceChoice, HeadersThatTsharkSeesOtherwiseAreNotParsedAgain) {
  const SourceChoice next = choose_again(parallel, Retry::without_local_headers, 7);
  EXPECT_EQ(next.kind, Kind::parallel_tshark);
  EXPECT_EQ(next.format, TsharkOutputFormat::columns);
  EXPECT_FALSE(next.local_headers);
  EXPECT_EQ(next.frames_before, 7U);
}

TEST(SourceChoice, ValuesThatColumnsDoNotHoldComeByEk) {
  for (const Kind kind : {Kind::single_tshark, Kind::parallel_tshark}) {
    const SourceChoice next =
        choose_again({kind, TsharkOutputFormat::columns, kind == Kind::parallel_tshark, 3}, Retry::by_ek, 9);
    EXPECT_EQ(next.kind, kind);
    EXPECT_EQ(next.format, TsharkOutputFormat::ek);
    EXPECT_FALSE(next.local_headers);
    EXPECT_EQ(next.frames_before, 9U);
  }
}

}  // namespace
}  // namespace flowmeter
