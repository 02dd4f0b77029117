#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>

#include "base/address.h"
#include "flow/accumulator.h"

namespace flowmeter {

/// frame.number of the flow's last packet.
struct LastFrameState {
  std::uint64_t number = 0;

  static constexpr auto members() { return std::tuple(&LastFrameState::number); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_last_frame(AccumulatorContext& context);

/// Link-layer addresses of the flow's source and destination, from its first packet: eth.src, eth.dst.
struct MacState {
  PerDirection<std::optional<MacAddress>> of;  ///< of its sender; none if there was none
  bool known = false;

  static constexpr auto members() { return std::tuple(&MacState::of, &MacState::known); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_macs(AccumulatorContext& context);

/// vlan.id of the flow's first packet, of the innermost tag; 0 if it had none.
struct VlanState {
  std::uint16_t id = 0;
  bool known = false;

  static constexpr auto members() { return std::tuple(&VlanState::id, &VlanState::known); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_vlan(AccumulatorContext& context);

/// Packets that are stamped earlier than the flow's packet before, whichever clock the run takes.
struct DisorderState {
  std::uint64_t count = 0;
  std::int64_t previous_ns = 0;
  bool started = false;

  static constexpr auto members() {
    return std::tuple(&DisorderState::count, &DisorderState::previous_ns, &DisorderState::started);
  }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_disorder(AccumulatorContext& context);

/// ICMP and ICMPv6 errors that quote a packet of the flow.
struct IcmpErrorState {
  std::uint64_t count = 0;

  static constexpr auto members() { return std::tuple(&IcmpErrorState::count); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_icmp_errors(AccumulatorContext& context);

/// Whether a packet's frame had more than one IP header.
struct TunnelState {
  bool seen = false;

  static constexpr auto members() { return std::tuple(&TunnelState::seen); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_tunnel(AccumulatorContext& context);

}  // namespace flowmeter
