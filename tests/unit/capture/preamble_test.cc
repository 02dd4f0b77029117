#include "capture/preamble.h"

#include <gtest/gtest.h>

#include "capture_bytes.h"

namespace flowmeter::test {
namespace {

constexpr Order little = Order::little;

/// What is kept of a capture.
std::string preamble_of(std::string_view capture) {
  CapturePreamble preamble;
  CaptureReader reader(CaptureOrigin::pipe);
  reader.put(capture);
  CaptureItem item;
  while (reader.next(item)) preamble.remember(item);
  std::string kept;
  preamble.append_to(kept);
  EXPECT_EQ(kept.size(), preamble.size());
  return kept;
}

std::string secrets(std::string_view keys) {
  return block(little, 10,
               int32(1, little) + int32(static_cast<std::uint32_t>(keys.size()), little) + std::string(keys));
}

TEST(CapturePreamble, IsTheHeaderOfAPcap) {
  const std::string header = pcap_header(little);
  EXPECT_EQ(preamble_of(header + pcap_record(little, ethernet("one"))), header);
}

TEST(CapturePreamble, HasTheInterfacesOfAPcapng) {
  const std::string begin = section(little) + interface(little) + interface(little, 101);
  const std::string statistics = block(little, 5, std::string(12, '\0'));
  EXPECT_EQ(preamble_of(begin + enhanced(little, "frame") + statistics), begin);
}

TEST(CapturePreamble, HasInterfacesThatComeLater) {
  const std::string begin = section(little) + interface(little);
  EXPECT_EQ(preamble_of(begin + enhanced(little, "frame") + interface(little, 113)),
            begin + interface(little, 113));
}

TEST(CapturePreamble, HasOnlyTheSecretsOfEarlierSections) {
  const std::string old = section(little) + interface(little);
  const std::string fresh = section(little) + interface(little, 113);
  EXPECT_EQ(preamble_of(old + fresh), fresh);
  EXPECT_EQ(preamble_of(old + secrets("keys") + fresh + secrets("more")),
            section(little) + secrets("keys") + fresh + secrets("more"));
}

TEST(CapturePreamble, HasNamesUpToALimit) {
  const std::string begin = section(little) + interface(little);
  const std::string names = block(little, 4, std::string(std::size_t{1} << 16, 'n'));
  EXPECT_EQ(preamble_of(begin + names), begin + names);
  std::string many = begin;
  for (int i = 0; i < 100; ++i) many += names;
  EXPECT_LE(preamble_of(many).size(), begin.size() + (std::size_t{1} << 20));
  EXPECT_GT(preamble_of(many).size(), begin.size() + (std::size_t{1} << 19));
}

}  // namespace
}  // namespace flowmeter::test
