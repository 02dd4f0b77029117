#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/address.h"

namespace flowmeter {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

TEST(Address, ReadsDottedQuads) {
  const auto address = parse_address("192.0.2.255");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->version, 4);
  EXPECT_EQ(address->bytes, (Bytes{192, 0, 2, 255}));
}

TEST(Address, ReadsIpv6) {
  const auto address = parse_address("2001:db8::1");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->version, 6);
  EXPECT_EQ(address->bytes, (Bytes{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST(Address, ReadsTheLongestSpellingOfIpv6) {
  EXPECT_TRUE(parse_address("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"));
  EXPECT_TRUE(parse_address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}

TEST(Address, AnIpv4MappedAddressIsIpv6) {
  const auto address = parse_address("::ffff:1.2.3.4");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->version, 6);
  EXPECT_NE(address, parse_address("1.2.3.4"));
}

TEST(Address, RefusesWhatTsharkDoesNotPrintAsAnAddress) {
  for (const char* text : {"",
                           ".",
                           "1.2.3",
                           "1.2.3.",
                           "1.2.3.4.",
                           "1.2.3.4.5",
                           "1.2.3.256",
                           "1.2.3.-4",
                           "1..2.3",
                           " 1.2.3.4",
                           "1.2.3.4 ",
                           "a.b.c.d",
                           "localhost",
                           ":",
                           ":::",
                           "1:2:3:4:5:6:7",
                           "12345::",
                           "fe80::1%eth0",
                           "::1 ",
                           "::g",
                           "1.2.3.4:80",
                           "00:00:5e:00:53:01",
                           "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555"}) {
    EXPECT_EQ(parse_address(text), std::nullopt) << text;
  }
}

TEST(Address, ReadsNoFurtherThanTheTextGoes) {
  const std::string text = "10.0.0.123";
  EXPECT_EQ(parse_address(std::string_view(text).substr(0, 8)), parse_address("10.0.0.1"));
  EXPECT_EQ(parse_address(std::string_view(text).substr(0, 7)), std::nullopt);
}

TEST(Address, PrintsAsItWasRead) {
  for (const char* text : {"0.0.0.0", "10.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::1",
                           "fe80::211:22ff:fe33:4455", "::ffff:1.2.3.4"}) {
    EXPECT_EQ(to_string(parse_address(text).value()), text);
  }
}

TEST(MacAddress, IsReadAndPrintedAsTsharkPrintsIt) {
  for (const char* text : {"02:00:00:00:00:0a", "ff:ff:ff:ff:ff:ff"}) {
    EXPECT_EQ(to_string(parse_mac(text).value()), text);
  }
}

TEST(MacAddress, OtherTextIsNone) {
  for (const char* text : {"", "-", "02:00:00:00:00", "02:00:00:00:00:0g", "02-00-00-00-00-0a",
                           "Vendor_00:00:0a:1", "02:00:00:00:00:0a0", "+2:00:00:00:00:0a"}) {
    EXPECT_EQ(parse_mac(text), std::nullopt) << text;
  }
}

TEST(Address, NoneIsADash) {
  EXPECT_EQ(to_string(IpAddress{}), "-");
  EXPECT_EQ(IpAddress{}.version, 0);
}

TEST(Address, EndpointsAreTheSameByAddressAndPort) {
  const Endpoint one{parse_address("10.0.0.1").value(), 80};
  EXPECT_EQ(one, (Endpoint{parse_address("10.0.0.1").value(), 80}));
  EXPECT_NE(one, (Endpoint{parse_address("10.0.0.1").value(), 81}));
  EXPECT_NE(one, (Endpoint{parse_address("10.0.0.2").value(), 80}));
  EXPECT_NE((Endpoint{parse_address("::").value(), 80}), (Endpoint{parse_address("0.0.0.0").value(), 80}));
}

}  // namespace
}  // namespace flowmeter
