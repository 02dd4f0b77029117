#include "flow/extra_accumulators.h"

#include <algorithm>

#include "packet/packet_field.h"

namespace flowmeter {
namespace {

constexpr std::size_t index(Direction direction) { return static_cast<std::size_t>(direction); }

/// A field of the network header, by another name in IPv4 than in IPv6.
class NetworkField {
 public:
  NetworkField(FieldSet& fields, const char* v4, const char* v6) : v4_(fields, v4), v6_(fields, v6) {}

  [[nodiscard]] std::optional<std::uint8_t> number(const Packet& packet) const {
    const auto value = (packet.ip_version == 6 ? v6_ : v4_).number(packet, 0xff);
    if (!value) return std::nullopt;
    return static_cast<std::uint8_t>(*value);
  }

 private:
  PacketField v4_, v6_;
};

class IpBytes final : public AccumulatorOf<IpBytesState> {
  void add_packet(IpBytesState& state, const Packet& packet, Direction direction) const override {
    state[index(direction)] += packet.ip_bytes;
  }
};

class Carried final : public AccumulatorOf<CarriedState> {
  void add_packet(CarriedState& state, const Packet& packet, Direction direction) const override {
    state.bytes[index(direction)] += packet.payload_bytes;
    if (packet.payload_bytes > 0) ++state.packets[index(direction)];
  }
};

class Load final : public AccumulatorOf<LoadState> {
  void add_packet(LoadState& state, const Packet& packet, Direction direction) const override {
    if (!state.started) state.start_ns = packet.time_ns;
    state.started = true;
    state.bytes[index(direction)] += packet.frame_bytes;
  }
};

class Ttl final : public AccumulatorOf<TtlState> {
 public:
  explicit Ttl(FieldSet& fields) : field_(fields, "ip.ttl", "ipv6.hlim") {}

 private:
  void add_packet(TtlState& state, const Packet& packet, Direction direction) const override {
    const auto ttl = field_.number(packet);
    if (!ttl) return;
    TtlState::Way& way = state.of[index(direction)];
    if (!way.known) way = {*ttl, *ttl, *ttl, true};
    way.min = std::min(way.min, *ttl);
    way.max = std::max(way.max, *ttl);
  }

  NetworkField field_;
};

class Dscp final : public AccumulatorOf<DscpState> {
 public:
  explicit Dscp(FieldSet& fields) : field_(fields, "ip.dsfield.dscp", "ipv6.tclass.dscp") {}

 private:
  void add_packet(DscpState& state, const Packet& packet, Direction direction) const override {
    DscpState::Way& way = state.of[index(direction)];
    if (!way.started) way = {field_.number(packet), true};
  }

  NetworkField field_;
};

class DontFragment final : public AccumulatorOf<DontFragmentState> {
 public:
  explicit DontFragment(FieldSet& fields) : flags_(fields, "ip.flags") {}

 private:
  void add_packet(DontFragmentState& state, const Packet& packet, Direction direction) const override {
    constexpr std::uint64_t dont_fragment = 2;
    const std::uint64_t flags = flags_.number(packet, 0xffff).value_or(0);
    if ((flags & dont_fragment) != 0) ++state[index(direction)];
  }

  PacketField flags_;
};

class Duplicates final : public AccumulatorOf<DuplicateState> {
 public:
  explicit Duplicates(FieldSet& fields)
      : id_(fields, "ip.id"), sequence_(fields, "tcp.seq_raw"), acknowledgement_(fields, "tcp.ack_raw") {}

 private:
  void add_packet(DuplicateState& state, const Packet& packet, Direction direction) const override {
    constexpr std::int64_t most_ns = 1'000'000;
    const DuplicateState::Likeness now{static_cast<std::uint16_t>(id_.number(packet, 0xffff).value_or(0)),
                                       packet.frame_bytes, word(sequence_, packet),
                                       word(acknowledgement_, packet), direction};
    // The table has made sure that the difference does not overflow.
    if (now.ip_id != 0 && now == state.previous && packet.time_ns - state.previous_ns <= most_ns) {
      ++state.count;
    }
    state.previous = now;
    state.previous_ns = packet.time_ns;
  }

  static std::optional<std::uint32_t> word(const PacketField& field, const Packet& packet) {
    const auto value = field.number(packet, 0xffffffff);
    if (!value) return std::nullopt;
    return static_cast<std::uint32_t>(*value);
  }

  PacketField id_, sequence_, acknowledgement_;
};

class Spans final : public AccumulatorOf<SpanState> {
  void add_packet(SpanState& state, const Packet& packet, Direction direction) const override {
    if (!state.of[0].started && !state.of[1].started) state.start_ns = packet.time_ns;
    SpanState::Way& way = state.of[index(direction)];
    if (!way.started) way.first_ns = packet.time_ns;
    way.started = true;
    way.last_ns = packet.time_ns;
  }
};

}  // namespace

std::unique_ptr<Accumulator> make_ip_bytes(AccumulatorContext& context) {
  for (const char* field : {"ip.len", "ipv6.plen"}) context.fields.add(field);
  return std::make_unique<IpBytes>();
}

std::unique_ptr<Accumulator> make_carried(AccumulatorContext& context) {
  for (const char* field : {"tcp.len", "udp.length"}) context.fields.add(field);
  return std::make_unique<Carried>();
}

std::unique_ptr<Accumulator> make_load(AccumulatorContext&) { return std::make_unique<Load>(); }

std::unique_ptr<Accumulator> make_ttl(AccumulatorContext& context) {
  return std::make_unique<Ttl>(context.fields);
}

std::unique_ptr<Accumulator> make_dscp(AccumulatorContext& context) {
  return std::make_unique<Dscp>(context.fields);
}

std::unique_ptr<Accumulator> make_dont_fragment(AccumulatorContext& context) {
  return std::make_unique<DontFragment>(context.fields);
}

std::unique_ptr<Accumulator> make_duplicates(AccumulatorContext& context) {
  return std::make_unique<Duplicates>(context.fields);
}

std::unique_ptr<Accumulator> make_spans(AccumulatorContext&) { return std::make_unique<Spans>(); }

}  // namespace flowmeter
