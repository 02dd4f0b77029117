#include "base/anonymizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <string>
#include <utility>

namespace flowmeter {
namespace {

/// The key of the sample in the authors' distribution.
constexpr Anonymizer::Key published_key = {21,  34, 23,  141, 51, 164, 207, 128, 19,  10,  91,
                                           22,  73, 144, 125, 16, 216, 152, 143, 131, 121, 121,
                                           101, 39, 98,  87,  76, 45,  42,  132, 34,  2};

std::string anonymized(const char* text) {
  return to_string(Anonymizer(published_key).anonymize(parse_address(text).value()));
}

/// Leading bits in which two addresses agree.
template <class Bytes>
int shared_prefix(const Bytes& a, const Bytes& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto difference = static_cast<std::uint8_t>(a[i] ^ b[i]);
    if (difference != 0) return static_cast<int>(8 * i) + std::countl_zero(difference);
  }
  return static_cast<int>(8 * a.size());
}

/// Random bytes, of which the first `shared` bits are those of `other`, and the next is not.
template <class Bytes, class Random>
Bytes relative(const Bytes& other, std::size_t shared, Random& random) {
  Bytes bytes = other;
  bytes[shared / 8] ^= static_cast<std::uint8_t>(0x80U >> shared % 8);
  for (std::size_t bit = shared + 1; bit < 8 * bytes.size(); ++bit) {
    if (random() % 2 == 0) bytes[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> bit % 8);
  }
  return bytes;
}

TEST(Anonymizer, GivesThePublishedIpv4Addresses) {
  const std::pair<const char*, const char*> sample[] = {
      {"128.11.68.132", "135.242.180.132"},   {"129.118.74.4", "134.136.186.123"},
      {"130.132.252.244", "133.68.164.234"},  {"141.223.7.43", "141.167.8.160"},
      {"141.233.145.108", "141.129.237.235"}, {"152.163.225.39", "151.140.114.167"},
      {"156.29.3.236", "147.225.12.42"},      {"165.247.96.84", "162.9.99.234"},
      {"166.107.77.190", "160.132.178.185"},  {"192.102.249.13", "252.138.62.131"},
      {"192.215.32.125", "252.43.47.189"},    {"192.233.80.103", "252.25.108.8"},
      {"192.41.57.43", "252.222.221.184"},    {"193.150.244.223", "253.169.52.216"},
      {"195.205.63.100", "255.186.223.5"},    {"198.200.171.101", "249.199.68.213"},
      {"24.0.250.221", "100.15.198.226"},     {"38.15.67.68", "64.3.66.187"},
      {"4.3.88.225", "124.60.155.63"},        {"64.39.15.238", "0.219.7.41"},
      {"10.185.25.118", "117.161.29.118"}};
  for (const auto& [from, to] : sample) EXPECT_EQ(anonymized(from), to) << from;
}

/// As other implementations have them; the authors' is for IPv4 only.
TEST(Anonymizer, GivesTheIpv6AddressesOfOtherImplementations) {
  EXPECT_EQ(anonymized("::1"), "78ff:f001:9fc0:20df:8380:b1f1:704:ed");
  EXPECT_EQ(anonymized("::2"), "78ff:f001:9fc0:20df:8380:b1f1:704:ef");
  EXPECT_EQ(anonymized("::ffff"), "78ff:f001:9fc0:20df:8380:b1f1:704:f838");
  EXPECT_EQ(anonymized("2001:db8::1"), "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e");
  EXPECT_EQ(anonymized("2001:db8::2"), "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1c");
}

TEST(Anonymizer, KeepsSharedPrefixesAtTheirLength) {
  const Anonymizer anonymizer(published_key);
  std::mt19937 random(4);
  for (const std::uint8_t version : {std::uint8_t{4}, std::uint8_t{6}}) {
    const std::size_t bits = version == 4 ? 32 : 128;
    for (int round = 0; round < 500; ++round) {
      IpAddress one;
      one.version = version;
      for (std::size_t i = 0; i < bits / 8; ++i) one.bytes[i] = static_cast<std::uint8_t>(random());
      const std::size_t shared = random() % bits;
      IpAddress other = one;
      other.bytes = relative(one.bytes, shared, random);
      if (version == 4) std::fill(other.bytes.begin() + 4, other.bytes.end(), std::uint8_t{0});
      const IpAddress a = anonymizer.anonymize(one), b = anonymizer.anonymize(other);
      EXPECT_EQ(shared_prefix(a.bytes, b.bytes), static_cast<int>(shared));
      EXPECT_EQ(a.version, version);
      EXPECT_EQ(anonymizer.anonymize(one), a);  // also once it was remembered, or pushed out
    }
  }
}

TEST(Anonymizer, KeepsSharedPrefixesOfLinkAddresses) {
  const Anonymizer anonymizer(published_key);
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    MacAddress one;
    for (std::uint8_t& byte : one.bytes) byte = static_cast<std::uint8_t>(random());
    const std::size_t shared = random() % 48;
    const MacAddress other{relative(one.bytes, shared, random)};
    EXPECT_EQ(shared_prefix(anonymizer.anonymize(one).bytes, anonymizer.anonymize(other).bytes),
              static_cast<int>(shared));
  }
}

TEST(Anonymizer, LinkAddressesTellNothingAboutIpAddresses) {
  const Anonymizer anonymizer(published_key);
  int alike = 0;
  for (std::uint8_t i = 0; i < 32; ++i) {
    IpAddress ip;
    ip.version = 4;
    ip.bytes = {10, 0, i, 1};
    const MacAddress mac{{10, 0, i, 1, 0, 0}};
    const auto a = anonymizer.anonymize(ip).bytes;
    const auto b = anonymizer.anonymize(mac).bytes;
    alike += std::equal(a.begin(), a.begin() + 4, b.begin()) ? 1 : 0;
  }
  EXPECT_EQ(alike, 0);
}

TEST(Anonymizer, NoAddressStaysNone) {
  EXPECT_EQ(Anonymizer(published_key).anonymize(IpAddress{}), IpAddress{});
}

TEST(Anonymizer, AnotherKeyGivesOtherAddresses) {
  Anonymizer::Key other = published_key;
  other[31] ^= 1;
  const IpAddress address = parse_address("192.0.2.1").value();
  EXPECT_NE(Anonymizer(other).anonymize(address), Anonymizer(published_key).anonymize(address));
  other = published_key;
  other[0] ^= 1;
  EXPECT_NE(Anonymizer(other).anonymize(address), Anonymizer(published_key).anonymize(address));
}

}  // namespace
}  // namespace flowmeter
