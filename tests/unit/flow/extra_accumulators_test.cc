#include <gtest/gtest.h>

#include <memory>

#include "flow/extra_accumulators.h"
#include "flow/id_accumulators.h"
#include "flow/splt_accumulator.h"
#include "packet/decoder.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::FrameText;

/// The state of one kind after frames of one conversation.
template <class State>
class Fed {
 public:
  explicit Fed(AccumulatorFactory kind, const FeatureSettings& settings = {}) {
    PacketDecoder::add_fields(fields_);
    set_.add(kind, {fields_, settings});
    memory_ = std::make_unique<std::max_align_t[]>(set_.size() / sizeof(std::max_align_t) + 1);
    set_.construct(states());
    decoder_ = std::make_unique<PacketDecoder>(fields_);
  }
  ~Fed() { set_.destroy(states()); }

  Fed& packet(Direction direction, FrameText text) {
    text.insert(text.end(), {{"frame.len", {"100"}},
                             {"tcp.stream", {"0"}},
                             {"tcp.flags", {"0x018"}},
                             {"ip.src", {"10.0.0.1"}},
                             {"ip.dst", {"10.0.0.2"}}});
    if (text.front().first != "frame.protocols") {
      text.push_back({"frame.protocols", {"eth:ethertype:ip:tcp"}});
    }
    std::erase_if(text, [&](const auto& field) { return fields_.find(field.first) == no_field; });
    record_ = test::record_of(fields_, text);
    const Frame& frame = decoder_->decode(record_);
    for (const Packet& packet : frame.packets) set_.add_packet(states(), packet, direction);
    return *this;
  }

  void error() { set_.add_error(states()); }

  [[nodiscard]] const State& state() { return *std::launder(reinterpret_cast<const State*>(states())); }

 private:
  std::byte* states() { return reinterpret_cast<std::byte*>(memory_.get()); }

  FieldSet fields_;
  AccumulatorSet set_;
  std::unique_ptr<std::max_align_t[]> memory_;
  std::unique_ptr<PacketDecoder> decoder_;
  Record record_{0};
};

constexpr Direction forward = Direction::forward, backward = Direction::backward;

TEST(Ttl, IsKeptByDirection) {
  Fed<TtlState> fed(&make_ttl);
  for (const char* ttl : {"64", "60", "63"}) fed.packet(forward, {{"ip.ttl", {ttl}}});
  fed.packet(forward, {});
  const auto &there = fed.state().of[forward], &back = fed.state().of[backward];
  EXPECT_EQ(there.first, 64);
  EXPECT_EQ(there.min, 60);
  EXPECT_EQ(there.max, 64);
  EXPECT_FALSE(back.known);
}

TEST(Dscp, IsOfTheFirstPacketEvenIfItHasNone) {
  Fed<DscpState> fed(&make_dscp);
  fed.packet(forward, {{"ip.dsfield.dscp", {"46"}}}).packet(forward, {{"ip.dsfield.dscp", {"0"}}});
  fed.packet(backward, {}).packet(backward, {{"ip.dsfield.dscp", {"8"}}});
  EXPECT_EQ(fed.state().of[Direction::forward].first, 46);
  EXPECT_EQ(fed.state().of[Direction::backward].first, std::nullopt);
}

TEST(DontFragment, CountsTheFlagAmongOthers) {
  Fed<DontFragmentState> fed(&make_dont_fragment);
  for (const char* flags : {"0x02", "0x00", "0x03", "0x01", "2"}) {
    fed.packet(backward, {{"ip.flags", {flags}}});
  }
  EXPECT_EQ(fed.state(), (std::array<std::uint64_t, 2>{0, 3}));
}

FrameText at(const char* time, const char* id, const char* sequence = "7", const char* acknowledged = "9") {
  return {{"frame.time_epoch", {time}},
          {"ip.id", {id}},
          {"tcp.seq_raw", {sequence}},
          {"tcp.ack_raw", {acknowledged}}};
}

TEST(Duplicates, ArePacketsOfTheSameLooksWithinAMillisecond) {
  Fed<DuplicateState> fed(&make_duplicates);
  fed.packet(forward, at("1.000000000", "0x0005")).packet(forward, at("1.001000000", "0x0005"));
  EXPECT_EQ(fed.state().count, 1U);
  fed.packet(forward, at("1.002000001", "0x0005"));        // later by more
  fed.packet(backward, at("1.002000002", "0x0005"));       // the other way
  fed.packet(backward, at("1.002000003", "0x0006"));       // another datagram
  fed.packet(backward, at("1.002000004", "0x0006", "8"));  // another segment
  EXPECT_EQ(fed.state().count, 1U);
  fed.packet(backward, at("1.002000004", "0x0006", "8"));
  EXPECT_EQ(fed.state().count, 2U);
  fed.packet(backward, at("1.002000004", "0x0006", "8", "10"));  // acknowledges more
  EXPECT_EQ(fed.state().count, 2U);
}

TEST(Duplicates, AnIdOfZeroSaysNothing) {
  Fed<DuplicateState> fed(&make_duplicates);
  for (int i = 0; i < 3; ++i) fed.packet(forward, at("1.0", "0x0000"));
  EXPECT_EQ(fed.state().count, 0U);
}

TEST(Disorder, CountsStepsBackwards) {
  Fed<DisorderState> fed(&make_disorder);
  for (const char* time : {"5.0", "4.0", "4.0", "6.0", "5.999999999"}) {
    fed.packet(forward, {{"frame.time_epoch", {time}}});
  }
  EXPECT_EQ(fed.state().count, 2U);
}

TEST(Macs, GoWithTheSidesOfTheFlow) {
  Fed<MacState> fed(&make_macs);
  fed.packet(backward, {{"eth.src", {"02:00:00:00:00:0a"}}, {"eth.dst", {"02:00:00:00:00:0b"}}});
  fed.packet(forward, {{"eth.src", {"02:00:00:00:00:0c"}}, {"eth.dst", {"02:00:00:00:00:0d"}}});
  EXPECT_EQ(to_string(fed.state().of[Direction::forward].value()), "02:00:00:00:00:0b");
  EXPECT_EQ(to_string(fed.state().of[Direction::backward].value()), "02:00:00:00:00:0a");
}

TEST(Vlan, IsTheLastTagOfTheFirstPacket) {
  Fed<VlanState> fed(&make_vlan);
  fed.packet(forward, {{"frame.protocols", {"eth:ethertype:vlan:ethertype:vlan:ethertype:ip:tcp"}},
                       {"vlan.id", {"10", "4094"}}});
  fed.packet(forward, {{"frame.protocols", {"eth:ethertype:vlan:ethertype:ip:tcp"}}, {"vlan.id", {"3"}}});
  EXPECT_EQ(fed.state().id, 4094);
}

TEST(IcmpErrors, AreNoPackets) {
  Fed<IcmpErrorState> fed(&make_icmp_errors);
  fed.packet(forward, {});
  fed.error();
  fed.error();
  EXPECT_EQ(fed.state().count, 2U);
}

TEST(Splt, KeepsNoMorePacketsThanAskedFor) {
  FeatureSettings settings;
  settings.splt_packets = 2;
  Fed<SpltState> fed(&make_splt, settings);
  EXPECT_TRUE(fed.state().empty());
  fed.packet(forward, {{"tcp.len", {"5"}}}).packet(backward, {{"tcp.len", {"0"}}});
  fed.packet(forward, {{"tcp.len", {"6"}}});
  ASSERT_EQ(fed.state().size(), 2U);
  EXPECT_EQ(fed.state()[0].payload_bytes, 5U);
  EXPECT_FALSE(fed.state()[1].forward);
  EXPECT_EQ(fed.state()[1].tcp_flags, 0x18);
}

TEST(Splt, OfPayloadLeavesEmptyPacketsAndRetransmissionsOut) {
  FeatureSettings settings;
  settings.splt_packets = 9;
  settings.splt_basis = SpltBasis::payload;
  Fed<SpltState> fed(&make_splt, settings);
  fed.packet(forward, {{"tcp.len", {"0"}}}).packet(forward, {{"tcp.len", {"7"}}});
  fed.packet(forward, {{"tcp.len", {"7"}}, {"tcp.analysis.retransmission", {"1"}}});
  fed.packet(forward, {{"tcp.len", {"7"}}, {"tcp.analysis.spurious_retransmission", {"1"}}});
  fed.packet(backward, {{"tcp.len", {"8"}}});
  ASSERT_EQ(fed.state().size(), 2U);
  EXPECT_EQ(fed.state()[1].payload_bytes, 8U);
}

}  // namespace
}  // namespace flowmeter
