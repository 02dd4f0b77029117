#include "part/part_set.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "scratch.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::message_of;

/// A part of the capture NAME.pcap.
PartFile part(const std::string& name, std::optional<PartSegments> segments = {}) {
  PartHeader header;
  header.captures = {name + ".pcap"};
  header.segments = segments;
  header.settings = {{"schema", "flowmeter"}};
  header.states = {"sizes", "gaps"};
  return {name, header};
}

PartFile segment(const std::string& name, std::uint64_t first, std::uint64_t last, std::uint64_t total = 4) {
  return part(name, PartSegments{first, last, total});
}

template <class... Parts>
std::vector<PartFile> set_of(Parts... parts) {
  std::vector<PartFile> set;
  (set.push_back(std::move(parts)), ...);
  return set;
}

std::string refusal(std::vector<PartFile> parts, bool complete = true) {
  return message_of<UsageError>([&] { put_in_order(parts, complete); });
}

/// The names of the parts in their order: "a b c".
std::string ordered(std::vector<PartFile> parts, bool complete = true) {
  put_in_order(parts, complete);
  std::string names;
  for (const PartFile& part : parts) names += (names.empty() ? "" : " ") + part.name();
  return names;
}

TEST(PartSet, IsInTheOrderOfItsSegments) {
  EXPECT_EQ(ordered(set_of(segment("c", 4, 4), segment("a", 1, 1), segment("b", 2, 3))), "a b c");
}

TEST(PartSet, HasAllSegments) {
  EXPECT_EQ(refusal(set_of(segment("b", 2, 4))), "segment 1 of 4 is missing before b");
  EXPECT_EQ(refusal(set_of(segment("d", 4, 4), segment("a", 1, 1))),
            "segments 2 to 3 of 4 are missing before d");
  EXPECT_EQ(refusal(set_of(segment("a", 1, 3))), "segment 4 of 4 is missing after a");
}

TEST(PartSet, MayLackSegmentsAroundItIfItNeedNotBeComplete) {
  EXPECT_EQ(ordered(set_of(segment("c", 3, 3), segment("b", 2, 2)), false), "b c");
  EXPECT_EQ(refusal(set_of(segment("a", 1, 1), segment("c", 3, 3)), false),
            "segment 2 of 4 is missing before c");
}

TEST(PartSet, HasNoSegmentTwice) {
  EXPECT_EQ(refusal(set_of(segment("a", 1, 2), segment("b", 2, 4))),
            "a and b overlap: segments 1 to 2 and segments 2 to 4");
}

TEST(PartSet, IsOfOneNumberOfSegments) {
  EXPECT_EQ(refusal(set_of(segment("a", 1, 1), segment("b", 2, 2, 5))), "b belongs to 5 segments, a to 4");
}

TEST(PartSet, WithoutSegmentsIsInTheOrderOfTimes) {
  PartFile early = part("z"), late = part("a"), same = part("b"), without_frames = part("y");
  early.header.first_ns = 1;
  late.header.first_ns = same.header.first_ns = 2;
  EXPECT_EQ(ordered(set_of(std::move(same), std::move(late), std::move(early), std::move(without_frames))),
            "y z a b");
}

TEST(PartSet, HasNumberedPartsOnlyOrNone) {
  EXPECT_EQ(refusal(set_of(segment("a", 1, 1), part("b"))), "a was made with --segment, and b without");
  EXPECT_EQ(refusal(set_of(part("b"), segment("a", 1, 1))), "a was made with --segment, and b without");
}

TEST(PartSet, HasTheSameSettings) {
  PartFile other = part("b");
  other.header.settings = {{"schema", "cic\n"}};
  EXPECT_EQ(refusal(set_of(part("a"), std::move(other))),
            "b cannot be merged with a: its schema is \"cic\\n\", not \"flowmeter\"");
}

TEST(PartSet, HasTheSameStates) {
  PartFile other = part("-");
  other.header.states = {"sizes"};
  EXPECT_EQ(refusal(set_of(part("a"), std::move(other))),
            "standard input cannot be merged with a: it was made with other columns");
}

TEST(PartSet, HasEachCaptureOnce) {
  PartFile other = part("b");
  other.header.captures.push_back("a.pcap");
  EXPECT_EQ(refusal(set_of(part("a"), std::move(other))), "a and b are both parts of a.pcap");
}

TEST(JointHeader, HasTheCapturesOfAllAndTheFirstTime) {
  PartFile first = segment("a", 2, 2), second = segment("b", 3, 4);
  first.header.skipped = 7;
  second.header.first_ns = 5;
  const PartHeader joint = joint_header(set_of(std::move(first), std::move(second)));
  EXPECT_EQ(joint.captures, (std::vector<std::string>{"a.pcap", "b.pcap"}));
  EXPECT_EQ(joint.first_ns, 5);
  EXPECT_EQ(joint.skipped, 0U) << "the numbers of frames are those of all";
  EXPECT_EQ(joint.segments->first, 2U);
  EXPECT_EQ(joint.segments->last, 4U);
  EXPECT_EQ(joint.segments->total, 4U);
}

PartTrailer trailer(std::uint64_t frames, std::uint64_t digest, std::uint64_t announcements = 0) {
  PartTrailer trailer;
  trailer.frames = frames;
  trailer.digest = digest;
  trailer.announcements = announcements;
  return trailer;
}

TEST(PartTotals, AddUp) {
  PartTotals totals;
  totals.add("a", trailer(3, 10, 2));
  totals.add("b", trailer(4, 11, 5));
  const PartTrailer all = totals.trailer();
  EXPECT_EQ(all.frames, 7U);
  EXPECT_EQ(all.announcements, 7U);
  EXPECT_FALSE(all.damaged);
  EXPECT_EQ(totals.unheard_announcements(), 2U) << "no part follows the last one";

  PartTotals reversed;
  reversed.add("b", trailer(4, 11, 5));
  reversed.add("a", trailer(3, 10, 2));
  EXPECT_NE(reversed.trailer().digest, all.digest);
}

TEST(PartTotals, AreDamagedIfOnePartIs) {
  PartTotals totals;
  PartTrailer damaged = trailer(1, 1);
  damaged.damaged = true;
  totals.add("a", damaged);
  totals.add("b", trailer(1, 2));
  EXPECT_TRUE(totals.damaged());
  EXPECT_TRUE(totals.trailer().damaged);
}

TEST(PartTotals, HaveTheSameFramesOnce) {
  PartTotals totals;
  totals.add("a", trailer(3, 10));
  totals.add("b", trailer(3, 11));
  EXPECT_EQ(message_of<InputError>([&] { totals.add("c", trailer(3, 10)); }), "holds the same frames as a");
}

TEST(PartTotals, MayHaveNoFramesTwice) {
  PartTotals totals;
  totals.add("a", trailer(0, 10));
  totals.add("b", trailer(0, 10));
  EXPECT_EQ(totals.trailer().frames, 0U);
}

class OpenPart : public test::Scratch {};

TEST_F(OpenPart, ReadsTheHeaderAndClosesAFile) {
  put(directory / "a", to_line(part("a").header));
  const PartFile opened = open_part(directory / "a");
  EXPECT_EQ(opened.header.captures, std::vector<std::string>{"a.pcap"});
  EXPECT_EQ(opened.reader, nullptr);
}

TEST_F(OpenPart, NamesWhatIsNoPart) {
  const std::string path = directory / "rows";
  put(path, "a,b\n");
  EXPECT_EQ(message_of<UsageError>([&] { (void)open_part(path); }).find(path + ": "), 0U);
  const std::string none = directory / "none";
  EXPECT_EQ(message_of<UsageError>([&] { (void)open_part(none); }), none + ": No such file or directory");
}

TEST_F(OpenPart, RefusesAnotherVersion) {
  std::string line = to_line(part("a").header);
  const std::string mark = "\"flowmeter_part\":3";
  line.replace(line.find(mark), mark.size(), "\"flowmeter_part\":1");
  put(directory / "a", line);
  EXPECT_NE(message_of<UsageError>([&] { (void)open_part(directory / "a"); }).find("another version"),
            std::string::npos);
}

}  // namespace
}  // namespace flowmeter
