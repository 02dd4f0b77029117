#include "cli/end_remarks.h"

#include <gtest/gtest.h>

namespace flowmeter {
namespace {

using Remarks = std::vector<std::string>;

TEST(EndRemarks, TellOfInterfacesThatHaveDroppedFrames) {
  EXPECT_EQ(remarks_on_drops({}), Remarks{});
  const Remarks remarks = remarks_on_drops({{"eth0", 90, 10}, {"eth1", 5, 0}});
  ASSERT_EQ(remarks.size(), 1U);
  EXPECT_TRUE(remarks[0].starts_with("eth0: 10 of 100 frames were dropped")) << remarks[0];
}

TEST(EndRemarks, TellWhatTsharksCouldNotKeepTogether) {
  EXPECT_EQ(remarks_on_separated({}), Remarks{});
  const Remarks remarks = remarks_on_separated({1, 2});
  ASSERT_EQ(remarks.size(), 2U);
  EXPECT_TRUE(remarks[0].starts_with("1 packet needed all traffic")) << remarks[0];
  EXPECT_TRUE(remarks[1].starts_with("2 packets of signalling")) << remarks[1];
}

TEST(EndRemarks, AreNoneForADecoderWithoutOddFrames) {
  const FieldSet fields;
  EXPECT_EQ(remarks_on_decoding(PacketDecoder(fields)), Remarks{});
}

TEST(EndRemarks, TellTheFirstOfTheSkippedRecords) {
  EXPECT_EQ(in_words(SkippedRecords{}), "");
  EXPECT_EQ(in_words(SkippedRecords{1, "line 3: x"}), "1 damaged record was skipped: line 3: x");
  EXPECT_EQ(in_words(SkippedRecords{2, "line 3: x"}), "2 damaged records were skipped, the first: line 3: x");
}

}  // namespace
}  // namespace flowmeter
