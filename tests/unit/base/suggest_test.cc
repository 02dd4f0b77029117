#include "base/suggest.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace flowmeter {
namespace {

const std::vector<std::string> names = {"duration", "protocol", "src_port", "dst_port", "fwd_tot_pkt"};

TEST(Suggest, NamesTheClosest) {
  EXPECT_EQ(did_you_mean("durtion", names), ", did you mean \"duration\"?");
  EXPECT_EQ(did_you_mean("src_prot", names), ", did you mean \"src_port\"?");
  EXPECT_EQ(did_you_mean("fwd_tot_pkts", names), ", did you mean \"fwd_tot_pkt\"?");
}

TEST(Suggest, GivesTheClosestItself) {
  EXPECT_EQ(closest("durtion", names), "duration");
  EXPECT_EQ(closest("packet_color", names), std::nullopt);
}

TEST(Suggest, IsSilentAboutOtherWords) {
  EXPECT_EQ(did_you_mean("packet_color", names), "");
  EXPECT_EQ(did_you_mean("", names), "");
  EXPECT_EQ(did_you_mean("duration", {}), "");
}

TEST(Suggest, TakesTheFirstOfThoseThatAreEquallyClose) {
  EXPECT_EQ(did_you_mean("sst_port", names), ", did you mean \"dst_port\"?");
  EXPECT_EQ(did_you_mean("xst_port", {"ast_port", "bst_port"}), ", did you mean \"ast_port\"?");
}

TEST(Suggest, APerfectMatchWinsOverAClosePredecessor) {
  EXPECT_EQ(did_you_mean("dst_port", {"dst_portx", "dst_port"}), ", did you mean \"dst_port\"?");
}

}  // namespace
}  // namespace flowmeter
