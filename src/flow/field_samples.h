#pragma once

#include <span>
#include <string>
#include <string_view>

#include "flow/packet_side.h"
#include "packet/packet_field.h"

namespace flowmeter {

/// Times of packets before, for the gaps to them.
struct GapClock {
  PerDirection<std::int64_t> previous_ns;
  PerDirection<bool> started;
};

/// The values of a field in a packet, as text: of a tshark field as it prints them, of one that is built
/// in (@size and so on) as decimals.
class FieldSamples {
 public:
  /// Reads what `argument` of the context says, see field_argument(); adds the tshark fields that it needs.
  explicit FieldSamples(AccumulatorContext& context);

  /// Whether the values are gaps, which take a clock.
  [[nodiscard]] static bool are_gaps(std::string_view argument);

  [[nodiscard]] PacketSide side() const noexcept { return side_; }
  [[nodiscard]] const std::string& field() const noexcept { return name_; }

  /// The packet's values, if it is of the side. They live until the next call.
  [[nodiscard]] std::span<const std::string_view> of(const Packet& packet, Direction direction) const;

  /// Likewise for gaps; to be called for every packet of the flow.
  [[nodiscard]] std::span<const std::string_view> of(const Packet& packet, Direction direction,
                                                     GapClock& clock) const;

 private:
  enum class Source : std::uint8_t {
    tshark,
    frame_bytes,
    ip_bytes,
    payload_bytes,
    header_bytes,
    gap,
    gap_of_side
  };

  [[nodiscard]] std::span<const std::string_view> number(std::uint64_t value) const;

  PacketSide side_;
  std::string name_;
  Source source_ = Source::tshark;
  PacketField field_;
  mutable std::string text_;
  mutable std::string_view view_;
};

/// The argument of the accumulators of a field.
[[nodiscard]] std::string field_argument(PacketSide side, std::string_view field);

/// The tshark fields that the values of a field are made of.
[[nodiscard]] std::vector<std::string> fields_behind(std::string_view field);

}  // namespace flowmeter
