#include "capture/frame_router.h"

#include <gtest/gtest.h>

#include <vector>

#include "capture_bytes.h"

namespace flowmeter::test {
namespace {

/// The slots of frames, one after the other.
class Routes {
 public:
  Routes(unsigned workers, const DispatcherOptions& options)
      : router(workers, options, [this](std::uint64_t pair) { moved.push_back(pair); }) {}

  unsigned operator()(std::string_view packet, std::uint32_t link_type = 1) {
    CaptureItem frame;
    frame.kind = ItemKind::frame;
    frame.link_type = link_type;
    frame.packet = packet;
    return router.route(frame, key, innermost);
  }

  std::vector<std::uint64_t> moved;
  FrameRouter router;
  RoutingKey key, innermost;
};

std::string udp(std::uint8_t from, std::uint8_t to, std::uint16_t source, std::uint16_t target) {
  return ethernet(ipv4(17, from, to, ports(source, target)));
}

const std::string tunnel = ethernet(ipv4(47, 1, 2, "gre"));

TEST(FrameRouter, OneWorkerNeedsNoKeys) {
  const std::string frame = udp(1, 2, 3000, 4000);
  Routes routes(1, {});
  EXPECT_EQ(routes(frame), 0U);
  EXPECT_EQ(routes.key.protocol, 0);
  EXPECT_EQ(routes.router.slots(), 1U);
}

TEST(FrameRouter, WorkersComeFirstThenTheFallbackThenTheStatefulWorker) {
  const FrameRouter plain(3, {}, {});
  EXPECT_EQ(plain.slots(), 3U);
  EXPECT_EQ(plain.fallback(), 0U);
  EXPECT_FALSE(plain.is_stateful(2));
  const FrameRouter all(3, {.stateful_worker = true, .local_headers = true}, {});
  EXPECT_EQ(all.slots(), 5U);
  EXPECT_EQ(all.fallback(), 3U);
  EXPECT_EQ(all.stateful(), 4U);
  EXPECT_TRUE(all.is_stateful(4));
  EXPECT_FALSE(all.is_stateful(3));
}

TEST(FrameRouter, BothDirectionsHaveOneWorker) {
  Routes routes(5, {});
  for (std::uint8_t host = 1; host < 50; ++host) {
    const std::string there = udp(host, 99, 3000, 4000), back = udp(99, host, 4000, 3000);
    const unsigned slot = routes(there);
    EXPECT_LT(slot, 5U);
    EXPECT_EQ(routes(back), slot);
  }
}

TEST(FrameRouter, WhatIsNotPlainGoesToTheFallbackWorker) {
  Routes without(3, {}), with(3, {.local_headers = true});
  EXPECT_EQ(without(tunnel), 0U);
  EXPECT_EQ(with(tunnel), 3U);
  EXPECT_EQ(with("not a packet", no_link_type), 3U);
  EXPECT_EQ(with(ethernet("arp", 0x806)), 0U) << "it has no header that could not be read";
}

TEST(FrameRouter, TellsTheKeyOfTheInnermostPacket) {
  const std::string frame = ethernet(ipv4(4, 7, 8, ipv4(17, 1, 2, ports(3000, 4000), 0x2000)));
  Routes routes(2, {});
  EXPECT_EQ(routes(frame), 0U);
  EXPECT_FALSE(routes.key.fragment);
  EXPECT_TRUE(routes.innermost.fragment);
}

TEST(FrameRouter, TellsOnceOfAPairThatMoves) {
  const std::string request = udp(1, 2, 40000, 69), data = udp(2, 1, 3000, 40000);
  Routes routes(3, {.stateful_worker = true});
  EXPECT_NE(routes(data), 3U);
  EXPECT_TRUE(routes.moved.empty());
  EXPECT_EQ(routes(request), 3U);
  EXPECT_EQ(routes.moved, std::vector<std::uint64_t>{routes.key.hash});
  EXPECT_EQ(routes(data), 3U);
  EXPECT_EQ(routes(request), 3U);
  EXPECT_EQ(routes.moved.size(), 1U);
}

TEST(FrameRouter, CountsPairsThatFindNoRoom) {
  const std::string first = udp(1, 2, 40000, 69), second = udp(3, 4, 40000, 69);
  Routes routes(3, {.stateful_worker = true, .stateful_pairs = 1});
  EXPECT_EQ(routes(first), 3U);
  EXPECT_EQ(routes(second), 3U);
  EXPECT_EQ(routes.router.pairs_refused(), 1U);
  EXPECT_EQ(routes.moved.size(), 1U);
}

}  // namespace
}  // namespace flowmeter::test
