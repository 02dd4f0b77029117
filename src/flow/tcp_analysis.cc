#include "flow/tcp_analysis.h"

#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "flow/any_field.h"
#include "packet/packet_field.h"

namespace flowmeter {
namespace {

std::vector<std::string> words(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(std::move(word));
  return all;
}

class Presence final : public WholeAccumulatorOf<PresenceState> {
 public:
  explicit Presence(AccumulatorContext& context) : fields_(context.fields, words(context.argument)) {}

 private:
  void add_packet(PresenceState& state, const Packet& packet, Direction direction) const override {
    if (fields_.has(packet)) state[direction].add(1);
  }

  const AnyField fields_;
};

class Retransmissions final : public WholeAccumulatorOf<RetransmissionState> {
 public:
  explicit Retransmissions(AccumulatorContext& context) : fields_(context.fields, retransmission_fields) {
    context.fields.add("tcp.len");
  }

 private:
  void add_packet(RetransmissionState& state, const Packet& packet, Direction direction) const override {
    if (packet.key.transport != Transport::tcp) return;
    auto& bytes = fields_.has(packet) ? state.again : state.once;
    bytes[direction] += packet.facts.payload_bytes;
  }

  const AnyField fields_;
};

class AckRtts final : public WholeAccumulatorOf<AckRttState> {
 public:
  explicit AckRtts(AccumulatorContext& context) : rtt_(context.fields, "tcp.analysis.ack_rtt") {}

 private:
  void add_packet(AckRttState& state, const Packet& packet, Direction direction) const override {
    for (const std::string_view value : rtt_.values(packet)) {
      state[direction].add(rtt_.nanoseconds_of(value));
    }
  }

  const PacketField rtt_;
};

class InFlight final : public WholeAccumulatorOf<InFlightState> {
 public:
  explicit InFlight(AccumulatorContext& context) : bytes_(context.fields, "tcp.analysis.bytes_in_flight") {}

 private:
  void add_packet(InFlightState& state, const Packet& packet, Direction direction) const override {
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    for (const std::string_view value : bytes_.values(packet)) {
      state[direction].add(static_cast<std::uint32_t>(bytes_.number_of(value, most)));
    }
  }

  const PacketField bytes_;
};

class InitialRtt final : public WholeAccumulatorOf<InitialRttState> {
 public:
  explicit InitialRtt(AccumulatorContext& context) : rtt_(context.fields, "tcp.analysis.initial_rtt") {}

 private:
  void add_packet(InitialRttState& state, const Packet& packet, Direction /*direction*/) const override {
    if (!state.known && rtt_.has(packet)) state = {rtt_.nanoseconds_of(rtt_.first(packet)), true};
  }

  const PacketField rtt_;
};

}  // namespace

std::unique_ptr<Accumulator> make_presence(AccumulatorContext& context) {
  return std::make_unique<Presence>(context);
}
std::unique_ptr<Accumulator> make_retransmissions(AccumulatorContext& context) {
  return std::make_unique<Retransmissions>(context);
}
std::unique_ptr<Accumulator> make_ack_rtts(AccumulatorContext& context) {
  return std::make_unique<AckRtts>(context);
}
std::unique_ptr<Accumulator> make_in_flight(AccumulatorContext& context) {
  return std::make_unique<InFlight>(context);
}
std::unique_ptr<Accumulator> make_initial_rtt(AccumulatorContext& context) {
  return std::make_unique<InitialRtt>(context);
}

}  // namespace flowmeter
