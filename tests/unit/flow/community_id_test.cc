#include <gtest/gtest.h>

#include "flow/community_id.h"
#include "support.h"

namespace flowmeter {
namespace {

Endpoint end(const char* address, std::uint16_t port) { return {parse_address(address).value(), port}; }

void expect_id(const char* id, Transport transport, const Endpoint& one, const Endpoint& other,
               std::uint16_t seed = 0) {
  EXPECT_EQ(community_id(transport, one, other, seed), id);
  EXPECT_EQ(community_id(transport, other, one, seed), id);
}

/// Of the specification and of Zeek's tests.
TEST(CommunityId, IsThePublishedOneInBothDirections) {
  const Endpoint one = end("1.2.3.4", 1122), other = end("5.6.7.8", 3344);
  expect_id("1:wCb3OG7yAFWelaUydu0D+125CLM=", Transport::tcp, one, other);
  expect_id("1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg=", Transport::udp, one, other);
  const Endpoint client = end("128.232.110.120", 34855), server = end("66.35.250.204", 80);
  expect_id("1:LQU9qZlK+B5F3KDmev6m5PMibrg=", Transport::tcp, client, server);
  expect_id("1:3V71V58M3Ksw/yuFALMcW0LAHvc=", Transport::tcp, client, server, 1);
}

TEST(CommunityId, OrdersEqualAddressesByPort) {
  const Endpoint low = end("::1", 80), high = end("::1", 40000);
  EXPECT_EQ(community_id(Transport::tcp, low, high, 0), community_id(Transport::tcp, high, low, 0));
  EXPECT_NE(community_id(Transport::tcp, low, high, 0), community_id(Transport::udp, low, high, 0));
}

/// As tshark 4.0.17 prints them.
TEST(CommunityId, OfTheOtherTransportsIsTsharks) {
  const Endpoint requester = end("10.0.0.1", 77), responder = end("10.0.0.2", 0);
  expect_id("1:YcMyyWJfhc95EW1GfXt6jlZ3DiQ=", Transport::icmp, requester, responder);
  expect_id("1:3H+V/JVcqh/phPel5utt4dOKqOU=", Transport::icmpv6, end("fe80::1", 77), end("fe80::2", 0));
  expect_id("1:qKfrGVs14/VI2wLMVfhXXHfa6a0=", Transport::dccp, end("10.0.0.1", 5), end("10.0.0.2", 6));
}

TEST(CommunityId, NeedsAddresses) { EXPECT_EQ(community_id(Transport::udp, {{}, 1}, {{}, 2}, 0), "-"); }

}  // namespace
}  // namespace flowmeter
