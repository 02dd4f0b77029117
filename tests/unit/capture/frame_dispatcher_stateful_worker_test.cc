#include <gtest/gtest.h>

#include <algorithm>

#include "capture_generations.h"

namespace flowmeter::test {
namespace {

constexpr Order little = Order::little;
constexpr unsigned workers = 3;
constexpr unsigned stateful = workers;
constexpr std::uint16_t first_part = 0x2000;
constexpr std::uint16_t last_part = 0x0003;

std::string udp(std::uint8_t from, std::uint8_t to, std::uint16_t source, std::uint16_t target,
                std::uint16_t place = 0) {
  return ethernet(ipv4(17, from, to, ports(source, target), place));
}

std::string tcp(std::uint8_t from, std::uint8_t to, std::uint16_t source, std::uint16_t target) {
  return ethernet(ipv4(6, from, to, ports(source, target)));
}

/// A dispatcher with a stateful worker that is given frames one by one.
class StatefulWorker : public testing::Test {
 protected:
  void SetUp() override { dispatcher_.feed(section(little) + interface(little)); }

  /// The slot that a frame went to.
  unsigned slot_of(const std::string& frame) {
    dispatcher_.feed(enhanced(little, frame));
    EXPECT_FALSE(dispatcher_.log().empty());
    const DispatchSpan one = dispatcher_.log().pop_frame();
    EXPECT_TRUE(dispatcher_.log().empty());
    EXPECT_EQ(one.first + 1, dispatcher_.given(one.slot));
    return one.slot;
  }

  unsigned stateless_slot(const std::string& frame) { return worker_of(routing_key(1, frame), workers); }

  std::vector<std::string> kept() {
    return read(dispatcher_.output(stateful), 0, CaptureOrigin::pipe).packets;
  }

  FrameDispatcher dispatcher_{workers, CaptureOrigin::pipe, {.stateful_worker = true}};
};

TEST_F(StatefulWorker, HasOneMoreSlot) {
  EXPECT_EQ(dispatcher_.workers(), workers);
  EXPECT_EQ(dispatcher_.slots(), workers + 1);
  EXPECT_FALSE(dispatcher_.needed(stateful));
  EXPECT_EQ(slot_of(udp(1, 2, 40000, 69)), stateful);
  EXPECT_TRUE(dispatcher_.needed(stateful));
  EXPECT_EQ(read(dispatcher_.output(stateful), 0, CaptureOrigin::pipe).kinds(), "SIF");
}

TEST_F(StatefulWorker, HasAPairFromItsFirstSuchFrameOn) {
  for (std::uint8_t host = 1; host < 30; ++host) {
    const unsigned before = stateless_slot(udp(host, 99, 1, 2));
    EXPECT_EQ(slot_of(udp(host, 99, 3000, 4000)), before);
    EXPECT_EQ(slot_of(udp(99, host, 4000, 3000, first_part)), 0U);
    EXPECT_EQ(slot_of(tcp(host, 99, 3000, 80)), before);
    EXPECT_EQ(slot_of(tcp(99, host, 21, 40000)), stateful);
    EXPECT_EQ(slot_of(tcp(host, 99, 3000, 80)), stateful);
    EXPECT_EQ(slot_of(udp(host, 99, 3000, 4000)), stateful);
    EXPECT_EQ(slot_of(udp(99, host, 4000, 3000, first_part)), stateful);
    EXPECT_EQ(slot_of(udp(99, host, 4000, 3000, last_part)), stateful);
    EXPECT_EQ(slot_of(ethernet(ipv4(1, 99, host, "\x08"))), stateful);
  }
}

/// Such a frame goes to the stateful worker, and takes nothing else between its hosts along.
TEST_F(StatefulWorker, HasNoPairByAFrameThatAnnouncesNothing) {
  const auto segment = [](std::uint8_t from, std::uint8_t to, std::uint16_t source, std::uint16_t target,
                          char flags) {
    std::string header = ports(source, target);
    header[13] = flags;
    return ethernet(ipv4(6, from, to, header));
  };
  constexpr char syn = 0x02, syn_ack = 0x12, reset = 0x14, ack = 0x10;
  const std::string other = udp(1, 2, 3000, 4000);
  for (const std::string& frame :
       {segment(1, 2, 40000, 21, syn), segment(2, 1, 21, 40000, syn_ack), segment(1, 2, 40000, 21, reset),
        udp(1, 2, 40000, 161), udp(2, 1, 161, 40000), udp(1, 2, 40000, 2055), udp(1, 2, 40000, 111)}) {
    EXPECT_EQ(slot_of(frame), stateful);
    EXPECT_EQ(slot_of(other), stateless_slot(other));
  }
  EXPECT_EQ(slot_of(segment(1, 2, 40000, 21, ack)), stateful);
  EXPECT_EQ(slot_of(other), stateful);
  EXPECT_EQ(slot_of(udp(4, 3, 111, 40000)), stateful);  // the port mapper's answer
  EXPECT_EQ(slot_of(udp(3, 4, 3000, 4000)), stateful);
}

TEST_F(StatefulWorker, HasNothingThatIsFixed) {
  EXPECT_EQ(slot_of(udp(1, 2, 40000, 69)), stateful);
  EXPECT_EQ(slot_of(udp(1, 2, 40000, 4789)), 0U);
  EXPECT_EQ(slot_of(udp(1, 2, 69, 4789)), 0U);
  EXPECT_EQ(slot_of(ethernet(ipv4(47, 1, 2, "gre"))), 0U);
  EXPECT_EQ(slot_of(ethernet("arp", 0x806)), 0U);
  EXPECT_EQ(slot_of(udp(1, 2, 40000, 4789, first_part)), stateful);  // as its other parts
  EXPECT_EQ(slot_of(ethernet(ipv4(47, 1, 2, "gre", first_part))), stateful);
}

TEST_F(StatefulWorker, HasItsPairsInTunnelsToo) {
  const std::string inner = ipv4(17, 1, 2, ports(3000, 4000));
  const std::string tunnel = ethernet(ipv4(4, 7, 8, inner));
  EXPECT_EQ(slot_of(tunnel), 0U);
  EXPECT_EQ(slot_of(ethernet(ipv4(4, 7, 8, ipv4(17, 1, 2, ports(40000, 69))))), stateful);
  EXPECT_EQ(slot_of(tunnel), stateful);
  EXPECT_EQ(slot_of(ethernet(inner)), stateful);
  EXPECT_EQ(slot_of(ethernet(ipv4(4, 7, 8, ipv4(17, 3, 4, ports(3000, 4000))))), 0U);
}

TEST_F(StatefulWorker, HasItsPairsOnOtherWaysToo) {
  const std::string route("\x83\7\4\x0a\0\0\2", 7);  // by 10.0.0.9 to 10.0.0.2
  EXPECT_EQ(slot_of(ethernet(ipv4(6, 1, 9, ports(21, 9), 0, route))), stateful);
}

TEST_F(StatefulWorker, FixedFramesOfItsApplicationsBringItNothing) {
  EXPECT_EQ(slot_of(udp(1, 2, 40000, 6343)), 0U);
  EXPECT_EQ(slot_of(tcp(1, 2, 40000, 6653)), 0U);
  EXPECT_EQ(slot_of(udp(1, 2, 1, 2)), stateless_slot(udp(1, 2, 1, 2)));
}

TEST_F(StatefulWorker, DecidesByTheFirstFragment) {
  EXPECT_EQ(slot_of(udp(1, 2, 900, 2049, last_part)), 0U);  // no ports in it
  EXPECT_EQ(slot_of(udp(3, 4, 900, 2049, first_part)), stateful);
  EXPECT_EQ(slot_of(udp(3, 4, 900, 2049, last_part)), stateful);
  EXPECT_EQ(slot_of(udp(5, 6, 900, 161, first_part)), stateful);
  EXPECT_EQ(slot_of(udp(5, 6, 900, 161, last_part)), stateful);
}

/// It may be in the other part.
TEST_F(StatefulWorker, HasASegmentWhoseGreetingIsNotInTheFirstFragment) {
  const std::string tcp = ports(4000, 3000).substr(0, 4) + std::string(8, '\1') + std::string("\x50\x18", 2) +
                          std::string(6, '\0');
  EXPECT_EQ(slot_of(ethernet(ipv4(6, 1, 2, tcp + "some text", first_part))), 0U);
  EXPECT_EQ(slot_of(ethernet(ipv4(6, 3, 4, tcp + "RFB 003.008\n", first_part))), stateful);
  EXPECT_EQ(slot_of(ethernet(ipv4(6, 5, 6, tcp.substr(0, 16), first_part))), stateful);
  EXPECT_EQ(slot_of(ethernet(ipv4(6, 5, 6, "RFB 003.008\n", last_part))), stateful);
}

TEST_F(StatefulWorker, IsGivenTheFragmentsThatWentBefore) {
  const std::string behind = udp(1, 2, 1, 1, last_part);
  const std::string of_others = udp(1, 9, 1, 1, last_part);
  const std::string of_tcp = ethernet(ipv4(6, 2, 1, "end", last_part));
  const std::string first = udp(1, 2, 900, 2049, first_part);
  EXPECT_EQ(slot_of(behind), 0U);
  EXPECT_EQ(slot_of(of_others), 0U);
  EXPECT_EQ(slot_of(of_tcp), stateless_slot(of_tcp));
  EXPECT_EQ(slot_of(first), stateful);
  const std::vector<std::string> context_first = kept();
  ASSERT_EQ(context_first.size(), 3U);
  EXPECT_EQ(std::count(context_first.begin(), context_first.end(), behind), 1);
  EXPECT_EQ(std::count(context_first.begin(), context_first.end(), of_tcp), 1);
  EXPECT_EQ(context_first.back(), first);
  EXPECT_EQ(slot_of(first), stateful);  // no second time
  EXPECT_EQ(kept().size(), 4U);
}

/// HTTP's dissector keeps a conversation in which VNC's would begin another one.
TEST_F(StatefulWorker, IsGivenWhatClaimedAConversationBefore) {
  const auto segment = [](std::uint8_t from, std::uint8_t to, const std::string& text) {
    return ethernet(ipv4(6, from, to,
                         ports(4000, 3000).substr(0, 4) + std::string(8, '\1') + std::string("\x50\x18", 2) +
                             std::string(6, '\0') + text));
  };
  const std::string request = segment(1, 2, "GET / HTTP/1.1\r\n"),
                    other = segment(1, 3, "HEAD / HTTP/1.1\r\n");
  const std::string greeting = segment(2, 1, "RFB 003.008\n");
  EXPECT_NE(slot_of(request), stateful);
  EXPECT_NE(slot_of(segment(1, 2, "more")), stateful);
  EXPECT_NE(slot_of(other), stateful);
  EXPECT_EQ(slot_of(greeting), stateful);
  EXPECT_EQ(kept(), (std::vector<std::string>{request, greeting}));
  EXPECT_EQ(slot_of(request), stateful);
  EXPECT_EQ(kept(), (std::vector<std::string>{request, greeting, request}));  // no second time
}

TEST_F(StatefulWorker, ForgetsWhatClaimedAConversationInAnotherSection) {
  const std::string tcp = ports(4000, 3000).substr(0, 4) + std::string(8, '\1') + std::string("\x50\x18", 2) +
                          std::string(6, '\0');
  EXPECT_NE(slot_of(ethernet(ipv4(6, 1, 2, tcp + "GET / HTTP/1.1\r\n"))), stateful);
  dispatcher_.feed(section(little) + interface(little));
  EXPECT_EQ(slot_of(ethernet(ipv4(6, 1, 2, tcp + "RFB 003.008\n"))), stateful);
  EXPECT_EQ(kept().size(), 1U);
}

TEST_F(StatefulWorker, GoesOnWithoutPairsThatFindNoRoom) {
  FrameDispatcher small(workers, CaptureOrigin::pipe, {.stateful_worker = true, .stateful_pairs = 2});
  const auto slot = [&](const std::string& frame) {
    small.feed(enhanced(little, frame));
    return small.log().pop_frame().slot;
  };
  small.feed(section(little) + interface(little));
  for (std::uint8_t host = 1; host < 10; ++host) {
    const bool room = host < 3;
    EXPECT_EQ(slot(udp(host, 99, 40000, 69)), stateful);
    EXPECT_EQ(slot(udp(host, 99, 40000, 69)), stateful);
    const std::string other = udp(99, host, 1234, 40000);
    EXPECT_EQ(slot(other), room ? stateful : stateless_slot(other));
    EXPECT_EQ(small.pairs_refused(), room ? 0U : 2U * (host - 2U));
  }
}

TEST_F(StatefulWorker, IsNotThereUnlessAskedFor) {
  FrameDispatcher plain(workers, CaptureOrigin::pipe);
  EXPECT_EQ(plain.slots(), workers);
  plain.feed(section(little) + interface(little));
  for (std::uint8_t host = 1; host < 30; ++host) {
    const std::string frame = udp(host, 99, 40000, 69);
    plain.feed(enhanced(little, frame));
    EXPECT_EQ(plain.log().pop_frame().slot, stateless_slot(frame));
  }
}

TEST_F(StatefulWorker, IsNeverReplaced) {
  FrameDispatcher dispatcher(1, CaptureOrigin::pipe, {.generation_frames = 2, .stateful_worker = true});
  Generations generations(dispatcher);
  dispatcher.feed(section(little) + interface(little));
  for (std::uint8_t host = 1; host < 11; ++host) {
    dispatcher.feed(enhanced(little, udp(host, 99, 40000, 69)));
    dispatcher.feed(enhanced(little, udp(host, 98, 40000, 53)));
  }
  dispatcher.finish();
  generations.finish();
  EXPECT_EQ(dispatcher.generation(0), 4U);
  EXPECT_EQ(dispatcher.generation(1), 0U);
  EXPECT_EQ(read(generations.capture(1, 0), 0, CaptureOrigin::pipe).packets.size(), 10U);
}

}  // namespace
}  // namespace flowmeter::test
