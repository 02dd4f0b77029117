#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "source/segment_detector.h"
#include "support.h"

namespace flowmeter {
namespace {

using Values = std::map<std::string, std::vector<std::string>>;

class Detector : public testing::Test {
 protected:
  Detector() : detector_(fields_), record_(fields_.size()) {}

  bool begins_with(const Values& values, Between between = Between::nothing) {
    record_.clear();
    for (const auto& [field, all] : values) {
      for (const std::string& value : all) record_.add(fields_.find(field), value);
    }
    record_.seal(false);
    return detector_.begins_with(record_, between);
  }

  bool stream(const std::string& number, const std::string& source, const std::string& destination) {
    return begins_with({{"tcp.stream", {number}}, {"ip.src", {source}}, {"ip.dst", {destination}}});
  }

  bool frame(int number, Between between = Between::nothing) {
    return begins_with({{"frame.number", {std::to_string(number)}}}, between);
  }

  FieldSet fields_ =
      test::field_set({"tcp.stream", "udp.stream", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst"});
  SegmentDetector detector_;
  Record record_;
};

TEST_F(Detector, TheFirstRecordIsNoOtherOutput) {
  EXPECT_FALSE(frame(1, Between::beginning));
  EXPECT_FALSE(frame(2));
  EXPECT_TRUE(frame(2));
}

TEST_F(Detector, NumbersThatGoOnOutweighWhatStandsBetween) {
  EXPECT_FALSE(frame(1));
  EXPECT_FALSE(frame(2, Between::beginning));
  EXPECT_FALSE(frame(3, Between::statistics));
  EXPECT_TRUE(frame(5, Between::beginning));
  EXPECT_FALSE(frame(7));
  EXPECT_TRUE(frame(9, Between::statistics));
  EXPECT_FALSE(frame(10, Between::text));
}

TEST_F(Detector, AStreamThatComesBackBetweenOthersIsAnother) {
  EXPECT_FALSE(stream("0", "a", "b"));
  EXPECT_FALSE(stream("1", "c", "d"));
  EXPECT_FALSE(stream("0", "b", "a"));
  EXPECT_TRUE(stream("0", "c", "d"));
  EXPECT_FALSE(stream("1", "a", "b")) << "all streams are new";
}

TEST_F(Detector, AStreamMayComeToHaveFurtherEnds) {
  EXPECT_FALSE(stream("0", "a", "b"));
  EXPECT_FALSE(stream("0", "c", "a"));
  EXPECT_FALSE(stream("0", "c", "b"));
  EXPECT_FALSE(stream("0", "d", "c"));
  EXPECT_FALSE(stream("0", "e", "f")) << "of a stream with so many ends nothing is concluded";
}

TEST_F(Detector, LooksOnlyAtFramesWithOneHeaderOfAKind) {
  EXPECT_FALSE(stream("0", "a", "b"));
  EXPECT_FALSE(begins_with({{"tcp.stream", {"0"}}, {"ip.src", {"c", "e"}}, {"ip.dst", {"d", "f"}}}));
  EXPECT_FALSE(begins_with({{"tcp.stream", {"0", "1"}}, {"ip.src", {"c"}}, {"ip.dst", {"d"}}}));
  EXPECT_FALSE(
      begins_with({{"tcp.stream", {"0"}}, {"udp.stream", {"0"}}, {"ip.src", {"c"}}, {"ip.dst", {"d"}}}));
  EXPECT_FALSE(
      begins_with({{"tcp.stream", {"0"}}, {"ip.src", {"c"}}, {"ip.dst", {"d"}}, {"ipv6.src", {"e"}}}));
  EXPECT_FALSE(begins_with({{"tcp.stream", {"0"}}}));
  EXPECT_FALSE(begins_with({{"udp.stream", {"0"}}, {"ip.src", {"c"}}, {"ip.dst", {"d"}}}));
  EXPECT_TRUE(begins_with({{"tcp.stream", {"0"}}, {"ipv6.src", {"c"}}, {"ipv6.dst", {"d"}}}));
}

}  // namespace
}  // namespace flowmeter
