#include "source/tshark_errors.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <string>
#include <vector>

namespace flowmeter {
namespace {

const std::string root = "Running as user \"root\" and group \"root\". This could be dangerous.\n";

/// What tshark says, and what is made of it.
struct Case {
  int status;
  std::uint64_t frames;
  std::string errors;
  std::string message;
  bool nothing_done, not_a_capture;
};

const std::vector<Case> cases = {
    {2, 41, root + "tshark: The file \"x.pcap\" appears to have been cut short in the middle of a packet.\n",
     "cut short in the middle of packet 42", false, false},
    {14, 0, "tshark: The file \"x.pcapng.gz\" appears to have been cut short in the middle of a packet.\n",
     "cut short in the middle of packet 1", false, false},
    {2, 5, root + "tshark: The standard input appears to have been cut short in the middle of a packet.\n",
     "cut short in the middle of packet 6", false, false},
    {2, 3,
     root + "tshark: The file \"x.pcap\" appears to be damaged or corrupt.\n"
            "(pcap: File has 3441821248-byte packet, bigger than maximum of 262144)\n",
     "damaged after packet 3: pcap: File has 3441821248-byte packet, bigger than maximum of 262144", false,
     false},
    {2, 0, root + "tshark: The file \"x.txt\" isn't a capture file in a format TShark understands.\n",
     "is not a capture that tshark knows", true, true},
    {3, 0, "tshark: The standard input isn't a capture file in a format TShark understands.\n",
     "is not a capture that tshark knows", true, true},
    {2, 0,
     root + "tshark: The file \"x.pcap\" appears to have been cut short in the middle of a packet or "
            "other data.\n",
     "cut short in the middle of its header", false, false},
    {2, 0, root + "tshark: The file \"x.pcap\" doesn't exist.\n",
     "tshark failed (status 2) and said: The file \"x.pcap\" doesn't exist", true, false},
    {3, 0, "tshark: You don't have permission to read the file \"x.pcap\".\n",
     "tshark failed (status 3) and said: You don't have permission to read the file \"x.pcap\"", true, false},
    {2, 0, root + "tshark: \"x\" is a directory (folder), not a file.\n",
     "tshark failed (status 2) and said: \"x\" is a directory (folder), not a file", true, false},
    {1, 0, root + "tshark: Some fields aren't valid:\n\tno.such.field\n",
     "tshark failed (status 1) and said: Some fields aren't valid: no.such.field", true, false},
    {1, 0, "tshark: Invalid -o flag \"x.y:z\"\n",
     "tshark failed (status 1) and said: Invalid -o flag \"x.y:z\"", true, false},
    {2, 100, root, "tshark failed (status 2) after 100 frames and said nothing", false, false},
    {16, 1, "", "tshark failed (status 16) after 1 frames and said nothing", false, false},
    {2, 0, "", "tshark failed (status 2) and said nothing", true, false},
};

TEST(ExplainFailure, KnowsWhatTsharkSays) {
  for (const Case& known : cases) {
    const TsharkFailure failure = explain_failure({known.status, 0}, known.errors, known.frames);
    EXPECT_EQ(failure.message, known.message) << known.errors;
    EXPECT_EQ(failure.nothing_done, known.nothing_done) << known.errors;
    EXPECT_EQ(failure.not_a_capture, known.not_a_capture) << known.errors;
  }
}

TEST(ExplainFailure, NamesTheSignal) {
  const TsharkFailure killed = explain_failure({0, SIGKILL}, root, 7);
  EXPECT_EQ(killed.message, "tshark was killed by signal 9 (Killed) after 7 frames");
  EXPECT_FALSE(killed.nothing_done);
  EXPECT_FALSE(killed.not_a_capture);
  EXPECT_EQ(explain_failure({0, SIGSEGV}, "", 0).message,
            "tshark was killed by signal 11 (Segmentation fault) after 0 frames");
}

TEST(ExplainFailure, AlwaysSaysOneLine) {
  for (const Case& known : cases) {
    const TsharkFailure failure = explain_failure({known.status, 0}, known.errors, known.frames);
    EXPECT_EQ(failure.message.find('\n'), std::string::npos) << failure.message;
    EXPECT_FALSE(failure.message.ends_with('.')) << failure.message;
  }
}

TEST(LastWords, AreTheLastMessageWithoutItsSpeaker) {
  EXPECT_EQ(last_words("tshark: first\ntshark: second.\n"), "second");
  EXPECT_EQ(last_words("tshark: first\n  goes on\n"), "first goes on");
  EXPECT_EQ(last_words("tshark: no line end"), "no line end");
  EXPECT_EQ(last_words("capinfos: other"), "capinfos: other");
}

TEST(LastWords, LeaveListsOut) {
  EXPECT_EQ(last_words("tshark: Unknown protocol -- \"x\"\ntshark: Valid protocols for layer type "
                       "\"tcp.port\" are:\n\ta (A)\n"),
            "Unknown protocol -- \"x\" (see tshark -G decodes)");
  EXPECT_EQ(last_words("tshark: Unknown layer type -- x\ntshark: Valid layer types are:\n\ta (A)\n\tb (B)\n"),
            "Unknown layer type -- x (see tshark -G decodes)");
  EXPECT_EQ(last_words(
                "tshark: \"x\" isn't a valid read file format type\n"
                "tshark: The available read file types for the \"-X read_format:\" option are:\n    a - b\n"),
            "\"x\" isn't a valid read file format type (see tshark -X read_format:)");
  EXPECT_LT(last_words("tshark: one of:\n" + std::string(5000, 'x')).size(), 600U);
}

TEST(LastWords, LeaveNoiseOut) {
  EXPECT_EQ(last_words(root), "");
  EXPECT_EQ(last_words(root + " ** (tshark:17) 10:00:00.000000 [Main MESSAGE] -- Capture started.\n"), "");
  EXPECT_EQ(last_words("\n\n\t\n"), "");
  EXPECT_EQ(last_words(""), "");
}

}  // namespace
}  // namespace flowmeter
