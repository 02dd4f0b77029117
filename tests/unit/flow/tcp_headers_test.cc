#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/error.h"
#include "flow/tcp_analysis.h"
#include "flow/tcp_headers.h"
#include "packet/decoder.h"
#include "support.h"

namespace flowmeter {
namespace {

using namespace tcp_flag;
using test::FrameText;
using test::message_of;

constexpr Direction forward = Direction::forward, backward = Direction::backward;

const FrameText tcp_frame = {{"frame.protocols", {"eth:ethertype:ip:tcp"}}, {"tcp.stream", {"0"}}};
const FrameText udp_frame = {{"frame.protocols", {"eth:ethertype:ip:udp"}}, {"udp.stream", {"0"}}};

/// The state of one accumulator on packets made of their fields.
template <class State>
class Kept {
 public:
  explicit Kept(AccumulatorKind kind) {
    PacketDecoder::add_fields(fields_);
    const FeatureSettings settings;
    AccumulatorContext context{fields_, settings, kind.argument};
    accumulator_ = kind.factory(context);
    accumulator_->construct(memory_);
  }
  ~Kept() { accumulator_->destroy(memory_); }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  void tcp(Direction direction, const char* flags, const FrameText& more = {}, const char* time = "0") {
    FrameText text = tcp_frame;
    text.insert(text.end(), {{"tcp.flags", {flags}}, {"frame.time_epoch", {time}}});
    add(direction, text, more);
  }
  void udp(Direction direction, const FrameText& more = {}) { add(direction, udp_frame, more); }

  const State& state() const { return *std::launder(reinterpret_cast<const State*>(memory_)); }
  const State* operator->() const { return &state(); }

 private:
  void add(Direction direction, FrameText text, const FrameText& more) {
    for (const auto& value : more) {
      EXPECT_NE(fields_.find(value.first), no_field) << value.first << " was not asked for";
      text.push_back(value);
    }
    const Record record = test::record_of(fields_, text);
    PacketDecoder decoder(fields_);
    for (const Packet& packet : decoder.decode(record).packets) {
      accumulator_->add(memory_, packet, direction);
    }
  }

  FieldSet fields_;
  std::unique_ptr<Accumulator> accumulator_;
  alignas(State) std::byte memory_[sizeof(State)];
};

TEST(Presence, CountsPacketsNotValues) {
  Kept<PresenceState> kept({&make_presence, "tcp.analysis.duplicate_ack"});
  kept.tcp(backward, "0x10", {{"tcp.analysis.duplicate_ack", {"1", "1"}}});
  kept.tcp(backward, "0x10");
  kept.tcp(forward, "0x10", {{"tcp.analysis.duplicate_ack", {"0"}}});
  kept.udp(forward, {{"tcp.analysis.duplicate_ack", {"1"}}});
  EXPECT_EQ(kept.state()[Direction::forward].value(), 1U);
  EXPECT_EQ(kept.state()[Direction::backward].value(), 1U);
}

TEST(Presence, OfAnyOfItsFieldsCountsOnce) {
  Kept<PresenceState> kept({&make_presence, "tcp.analysis.retransmission tcp.analysis.fast_retransmission"});
  kept.tcp(forward, "0x10",
           {{"tcp.analysis.retransmission", {"1"}}, {"tcp.analysis.fast_retransmission", {"1"}}});
  kept.tcp(forward, "0x10", {{"tcp.analysis.fast_retransmission", {"1"}}});
  EXPECT_EQ(kept.state()[Direction::forward].value(), 2U);
}

TEST(Retransmissions, AreTheirPayload) {
  Kept<RetransmissionState> kept(&make_retransmissions);
  kept.tcp(forward, "0x18", {{"tcp.len", {"100"}}});
  kept.tcp(forward, "0x18", {{"tcp.len", {"100"}}, {"tcp.analysis.retransmission", {"1"}}});
  kept.tcp(forward, "0x18", {{"tcp.len", {"7"}}, {"tcp.analysis.spurious_retransmission", {"1"}}});
  kept.tcp(backward, "0x18", {{"tcp.len", {"9"}}});
  EXPECT_EQ(kept->again, (std::array<std::uint64_t, 2>{107, 0}));
  EXPECT_EQ(kept->once, (std::array<std::uint64_t, 2>{100, 9}));
}

TEST(AckRtts, AreOfTheSideThatAcknowledges) {
  Kept<AckRttState> kept(&make_ack_rtts);
  kept.tcp(backward, "0x10", {{"tcp.analysis.ack_rtt", {"0.010000001"}}});
  kept.tcp(backward, "0x10", {{"tcp.analysis.ack_rtt", {"-0.000000500"}}});
  EXPECT_EQ(kept.state()[Direction::forward].count, 0U);
  EXPECT_EQ(kept.state()[Direction::backward].count, 2U);
  EXPECT_EQ(kept.state()[Direction::backward].min, -500);
  EXPECT_EQ(kept.state()[Direction::backward].max, 10'000'001);
  EXPECT_EQ(message_of<InputError>([&] {
              kept.tcp(forward, "0x10", {{"tcp.analysis.ack_rtt", {"soon"}}});
            }),
            "tcp.analysis.ack_rtt has the value \"soon\"");
}

TEST(InitialRtt, IsTheFirst) {
  Kept<InitialRttState> kept(&make_initial_rtt);
  kept.tcp(forward, "0x02");
  EXPECT_FALSE(kept->known);
  kept.tcp(backward, "0x12", {{"tcp.analysis.initial_rtt", {"0.02"}}});
  kept.tcp(forward, "0x10", {{"tcp.analysis.initial_rtt", {"0.03"}}});
  EXPECT_EQ(kept->ns, 20'000'000);
}

TEST(InFlight, IsByDirection) {
  Kept<InFlightState> kept(&make_in_flight);
  for (const char* bytes : {"100", "400", "4294967295"}) {
    kept.tcp(forward, "0x18", {{"tcp.analysis.bytes_in_flight", {bytes}}});
  }
  EXPECT_EQ(kept.state()[Direction::forward].count, 3U);
  EXPECT_EQ(kept.state()[Direction::forward].sum, 4294967795U);
  EXPECT_EQ(kept.state()[Direction::forward].max, 4294967295U);
  EXPECT_EQ(kept.state()[Direction::backward].count, 0U);
}

TEST(FirstSyn, IsTheOneThatCounts) {
  Kept<SynState> kept(&make_syns);
  kept.tcp(backward, "0x10", {{"tcp.window_size_value", {"1"}}});
  EXPECT_FALSE(kept.state()[Direction::backward].seen);
  kept.tcp(backward, "0x12",
           {{"tcp.window_size_value", {"65535"}},
            {"tcp.options.wscale.shift", {"0"}},
            {"tcp.options.mss_val", {"1460"}},
            {"tcp.options.sack_perm", {"04:02"}}});
  kept.tcp(backward, "0x12", {{"tcp.window_size_value", {"2"}}});
  kept.tcp(forward, "0x02", {{"tcp.window_size_value", {"8192"}}});
  EXPECT_EQ(kept.state()[Direction::backward].window, 65535);
  EXPECT_EQ(kept.state()[Direction::backward].window_shift, 0);
  EXPECT_EQ(kept.state()[Direction::backward].segment_bytes, 1460);
  EXPECT_TRUE(kept.state()[Direction::backward].sack);
  EXPECT_EQ(kept.state()[Direction::forward].window, 8192);
  EXPECT_EQ(kept.state()[Direction::forward].window_shift, -1);
  EXPECT_FALSE(kept.state()[Direction::forward].sack);
}

TEST(Windows, AreThoseThatTcpUses) {
  Kept<WindowState> kept(&make_windows);
  kept.tcp(forward, "0x02", {{"tcp.window_size", {"8192"}}});
  kept.tcp(forward, "0x04", {{"tcp.window_size", {"0"}}});
  kept.tcp(forward, "0x10", {{"tcp.window_size", {"1073725440"}}});
  kept.tcp(forward, "0x11", {{"tcp.window_size", {"64"}}});
  kept.udp(backward);
  EXPECT_EQ(kept.state()[Direction::forward], (Levels{2, 1073725504, 64, 1073725440}));
  EXPECT_EQ(kept.state()[Direction::backward], Levels{});
}

TEST(Handshake, IsTimedFromTheLastSyn) {
  Kept<HandshakeState> kept(&make_handshake);
  kept.tcp(backward, "0x12", {}, "0.5");
  EXPECT_EQ(kept->steps, 0);
  kept.tcp(forward, "0x02", {}, "1");
  kept.tcp(forward, "0x02", {}, "2");
  EXPECT_EQ(kept->steps, 1);
  kept.tcp(forward, "0x10", {}, "2.5");
  kept.tcp(backward, "0x12", {}, "3");
  kept.tcp(backward, "0x12", {}, "3.5");
  kept.tcp(forward, "0x02", {}, "3.7");
  EXPECT_EQ(kept->steps, 2);
  kept.tcp(forward, "0x14", {}, "3.8");
  EXPECT_EQ(kept->steps, 2) << "a reset is no ACK";
  kept.tcp(forward, "0x11", {}, "4");
  kept.tcp(forward, "0x10", {}, "5");
  EXPECT_EQ(kept->steps, 3);
  EXPECT_EQ(kept->synack_ns - kept->syn_ns, test::second);
  EXPECT_EQ(kept->ack_ns - kept->synack_ns, test::second);
}

TEST(Completeness, AddsUpWhatWasSeen) {
  const std::pair<const char*, int> steps[] = {
      {"0x02", 1}, {"0x12", 3}, {"0x10", 7}, {"0x11", 23}, {"0x04", 55}};
  Kept<CompletenessState> kept(&make_completeness);
  for (const auto& [flags, bits] : steps) {
    kept.tcp(forward, flags);
    EXPECT_EQ(kept->bits, bits) << flags;
  }
  kept.tcp(backward, "0x00", {{"tcp.len", {"1"}}});
  EXPECT_EQ(kept->bits, 63);
}

TEST(Endings, AreOfTheFirst) {
  Kept<EndingState> kept(&make_endings);
  kept.tcp(forward, "0x10");
  EXPECT_FALSE(kept->fin || kept->rst);
  kept.tcp(backward, "0x11");
  kept.tcp(forward, "0x11");
  kept.tcp(forward, "0x04");
  EXPECT_EQ(kept->fin, backward);
  EXPECT_EQ(kept->rst, forward);
}

}  // namespace
}  // namespace flowmeter
