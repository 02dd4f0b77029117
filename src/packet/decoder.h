#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "packet/layers.h"
#include "packet/packet.h"

namespace flowmeter {

/// Turns records into frames and packets by the rules of what is a packet of a flow: each distinct
/// (transport, stream) of a frame once, headers quoted by ICMP errors and headers without flags not.
///
/// Also notices when a foreign stream lacks a field that is needed. Many fields are absent from many
/// frames, so a field counts as lacking when none of the first frames that must have it did.
class PacketDecoder {
 public:
  /// Adds the fields that every decoder needs.
  static void add_fields(FieldSet& fields);

  explicit PacketDecoder(const FieldSet& fields);

  /// Counts the field among those that every frame with its protocol should have, see lacking().
  void require(std::string_view field);

  /// The frame in `record`; valid until the next call. Throws InputError for a value that is no
  /// number, no time, or no address.
  const Frame& decode(const Record& record);

  /// The packets of the frame last decoded, to be given other stream numbers before it is published.
  [[nodiscard]] std::span<Packet> packets() noexcept { return packets_; }

  /// A field that every frame seen so far should have had and none had: its name, else empty.
  [[nodiscard]] std::string lacking() const;

  /// Frames decoded.
  [[nodiscard]] std::uint64_t frames() const noexcept { return frame_.number; }

  /// Frames without frame.time_epoch; they count with the time of the frame before them.
  [[nodiscard]] std::uint64_t timeless_frames() const noexcept { return timeless_; }

 private:
  struct TransportFields {
    FieldId stream, source_port, destination_port;
  };
  struct Expectation {
    FieldId field;
    bool due = false;   // a frame that should have it was seen
    bool seen = false;
  };

  void add_packet(const Record& record, const TransportLayer& layer);
  const LayerPlan& plan(const Record& record);
  void expect(const Record& record, const LayerPlan& plan);
  std::uint64_t number(FieldId field, std::string_view text, std::uint64_t most) const;
  IpAddress address(FieldId field, std::string_view text) const;

  const FieldSet& fields_;
  FieldId time_, length_, protocols_, tcp_flags_;
  FieldId source_[2], destination_[2];  // IPv4, IPv6
  TransportFields tcp_, udp_;
  LayerPlans plans_;
  Frame frame_;
  std::vector<Packet> packets_;
  std::vector<Expectation> expectations_;
  std::size_t unmet_ = 0;
  std::uint64_t timeless_ = 0;
};

}  // namespace flowmeter
