#include <gtest/gtest.h>

#include "packet/echo_streams.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::endpoint;

/// Numbers the conversation of a requester, by host and identifier, with a responder.
class Echo {
 public:
  explicit Echo(std::size_t remembered = EchoStreams::most_remembered) : streams(remembered) {}

  std::uint64_t number(std::uint8_t host, std::uint16_t identifier, std::uint8_t responder,
                       Transport transport = Transport::icmp) {
    return streams.number(transport, endpoint(host, identifier), endpoint(responder, 0).address);
  }

  EchoStreams streams;
};

TEST(EchoStreams, AreNumberedAsTheyAreMet) {
  Echo echo;
  EXPECT_EQ(echo.number(1, 7, 2), 0U);
  EXPECT_EQ(echo.number(1, 8, 2), 1U) << "another identifier";
  EXPECT_EQ(echo.number(3, 7, 2), 2U) << "another requester";
  EXPECT_EQ(echo.number(1, 7, 4), 3U) << "another responder";
  EXPECT_EQ(echo.number(1, 7, 2), 0U);
  EXPECT_EQ(echo.number(2, 7, 1), 4U) << "the responder asks";
}

TEST(EchoStreams, HaveNumbersOfTheirOwnForEachProtocol) {
  Echo echo;
  EXPECT_EQ(echo.number(1, 7, 2), 0U);
  EXPECT_EQ(echo.number(1, 7, 2, Transport::icmpv6), 0U);
  EXPECT_EQ(echo.number(1, 8, 2, Transport::icmpv6), 1U);
  EXPECT_EQ(echo.number(1, 8, 2), 1U);
}

TEST(EchoStreams, ForgetTheOneLongestSilent) {
  Echo echo(2);
  echo.number(1, 1, 9);
  echo.number(1, 2, 9);
  echo.number(1, 1, 9);
  EXPECT_EQ(echo.streams.forgotten(), 0U);
  EXPECT_EQ(echo.number(1, 3, 9), 2U);
  EXPECT_EQ(echo.streams.forgotten(), 1U);
  EXPECT_EQ(echo.number(1, 1, 9), 0U) << "it had a message after the second one";
  EXPECT_EQ(echo.number(1, 2, 9), 3U) << "it counts as a new one";
}

TEST(EchoStreams, OfASegmentAreOthers) {
  Echo echo;
  EXPECT_EQ(echo.number(1, 1, 9), 0U);
  echo.streams.begin_segment();
  EXPECT_EQ(echo.number(1, 1, 9), 1U);
  EXPECT_EQ(echo.streams.forgotten(), 0U) << "nothing had to be forgotten for want of room";
}

TEST(EchoRole, IsThatOfTheMessageType) {
  EXPECT_EQ(echo_role(Transport::icmp, 8), EchoRole::request);
  EXPECT_EQ(echo_role(Transport::icmp, 0), EchoRole::reply);
  EXPECT_EQ(echo_role(Transport::icmp, 3), std::nullopt);
  EXPECT_EQ(echo_role(Transport::icmpv6, 128), EchoRole::request);
  EXPECT_EQ(echo_role(Transport::icmpv6, 129), EchoRole::reply);
  EXPECT_EQ(echo_role(Transport::icmpv6, 8), std::nullopt);
}

TEST(HasIdentifier, IsTrueOfRequestsAndTheirReplies) {
  EXPECT_TRUE(has_identifier(Transport::icmp, 8));
  EXPECT_TRUE(has_identifier(Transport::icmp, 13));
  EXPECT_TRUE(has_identifier(Transport::icmp, 42));
  EXPECT_FALSE(has_identifier(Transport::icmp, 12));
  EXPECT_FALSE(has_identifier(Transport::icmp, 19));
  EXPECT_TRUE(has_identifier(Transport::icmpv6, 161));
  EXPECT_FALSE(has_identifier(Transport::icmpv6, 162));
}

}  // namespace
}  // namespace flowmeter
