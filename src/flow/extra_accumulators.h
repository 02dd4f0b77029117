#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>

#include "flow/accumulator.h"

namespace flowmeter {

/// Bytes of the IP packets, by direction, as all that follows is.
using IpBytesState = PerDirection<std::uint64_t>;
[[nodiscard]] std::unique_ptr<Accumulator> make_ip_bytes(AccumulatorContext& context);

/// Bytes that the transport carries, and the packets that carry any.
struct CarriedState {
  PerDirection<std::uint64_t> bytes, packets{};

  static constexpr auto members() { return std::tuple(&CarriedState::bytes, &CarriedState::packets); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_carried(AccumulatorContext& context);

/// Bytes on the wire, and the time of the flow's first packet.
struct LoadState {
  PerDirection<std::uint64_t> bytes;
  std::int64_t start_ns = 0;
  bool started = false;

  static constexpr auto members() {
    return std::tuple(&LoadState::bytes, &LoadState::start_ns, &LoadState::started);
  }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_load(AccumulatorContext& context);

/// ip.ttl or ipv6.hlim of the packets that have one.
struct TtlState {
  struct Way {
    std::uint8_t first = 0, min = 0, max = 0;
    bool known = false;

    static constexpr auto members() { return std::tuple(&Way::first, &Way::min, &Way::max, &Way::known); }
  };
  PerDirection<Way> of;

  static constexpr auto members() { return std::tuple(&TtlState::of); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_ttl(AccumulatorContext& context);

/// ip.dsfield.dscp or ipv6.tclass.dscp of the first packet.
struct DscpState {
  struct Way {
    std::optional<std::uint8_t> first;
    bool started = false;

    static constexpr auto members() { return std::tuple(&Way::first, &Way::started); }
  };
  PerDirection<Way> of;

  static constexpr auto members() { return std::tuple(&DscpState::of); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_dscp(AccumulatorContext& context);

/// Packets with "don't fragment" in ip.flags.
using DontFragmentState = PerDirection<std::uint64_t>;
[[nodiscard]] std::unique_ptr<Accumulator> make_dont_fragment(AccumulatorContext& context);

/// Packets that look like the flow's previous packet captured twice: same direction, ip.id (not 0), size
/// on the wire, tcp.seq_raw and tcp.ack_raw, at most a millisecond later.
struct DuplicateState {
  struct Likeness {
    std::uint16_t ip_id = 0;
    std::uint32_t frame_bytes = 0;
    std::optional<std::uint32_t> sequence, acknowledgement;
    Direction direction = Direction::forward;

    friend bool operator==(const Likeness&, const Likeness&) = default;
    static constexpr auto members() {
      return std::tuple(&Likeness::ip_id, &Likeness::frame_bytes, &Likeness::sequence,
                        &Likeness::acknowledgement, &Likeness::direction);
    }
  };
  std::uint64_t count = 0;
  Likeness previous;  ///< its ip_id of 0 is like no other's
  Likeness first;     ///< of the flow's first packet
  std::int64_t previous_ns = 0;
  bool started = false;

  static constexpr auto members() {
    return std::tuple(&DuplicateState::count, &DuplicateState::previous, &DuplicateState::first,
                      &DuplicateState::previous_ns, &DuplicateState::started);
  }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_duplicates(AccumulatorContext& context);

/// Times of the first and last packet, and of the flow's very first.
struct SpanState {
  struct Way {
    std::int64_t first_ns = 0, last_ns = 0;
    bool started = false;

    static constexpr auto members() { return std::tuple(&Way::first_ns, &Way::last_ns, &Way::started); }
  };
  PerDirection<Way> of;
  std::int64_t start_ns = 0;

  static constexpr auto members() { return std::tuple(&SpanState::of, &SpanState::start_ns); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_spans(AccumulatorContext& context);

}  // namespace flowmeter
