#include "source/live_capture.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {
namespace {

TEST(DumpcapCommand, OptionsStandBeforeTheInterfacesThatTheyAreFor) {
  LiveOptions options;
  options.interfaces = {"eth0", "-odd"};
  options.filter = "udp port 53";
  options.snaplen = 96;
  options.buffer_mib = 8;
  options.promiscuous = false;
  options.frames = 10;
  const std::vector<std::string> expected = {"-q", "-f",   "udp port 53", "-s",   "96", "-B", "8",  "-p",
                                             "-i", "eth0", "-i",          "-odd", "-c", "10", "-w", "-"};
  EXPECT_EQ(dumpcap_command("dumpcap", options).arguments, expected);
}

TEST(ExplainDumpcap, SaysWhatIsWrongAndWhatHelps) {
  const auto explained = [](std::string_view errors) {
    return explain_dumpcap("/usr/bin/dumpcap", {1, 0}, errors);
  };
  EXPECT_NE(explained("dumpcap: You do not have permission to capture on device \"eth0\".\n").find("setcap"),
            std::string::npos);
  EXPECT_NE(explained("dumpcap: The capture session could not be initiated on capture device \"x\".\n(No "
                      "such device exists)\n")
                .find("--list-interfaces"),
            std::string::npos);
  EXPECT_EQ(explained(""), "dumpcap failed (status 1)");
  EXPECT_NE(explain_dumpcap("d", {0, 9}, "").find("signal 9"), std::string::npos);
}

}  // namespace
}  // namespace flowmeter
