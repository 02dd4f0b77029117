#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "packet/due_fields.h"
#include "packet/echo_streams.h"
#include "packet/layer_stack.h"
#include "packet/packet.h"
#include "packet/packet_field.h"

namespace flowmeter {

/// Which transports of a frame that has several become packets.
enum class TunnelPolicy : std::uint8_t {
  all,    ///< each, as tshark's conversation table counts
  inner,  ///< those that carry no other
  outer,  ///< those that no other carries
};
constexpr auto words_of(TunnelPolicy) noexcept {
  return std::array<std::string_view, 3>{"all", "inner", "outer"};
}

/// Translates stream numbers that mean something only to the tshark that gave them.
class StreamNumbers {
 public:
  virtual ~StreamNumbers() = default;

  /// The stream number for a header whose key holds the tshark's own. Called for every header with a
  /// stream number, in the order of the frame; for cut and quoted ones too, which take numbers as well
  /// but are no packets. `quoted`: an ICMP error quotes it.
  [[nodiscard]] virtual std::uint64_t translate(const Packet& header, bool quoted) = 0;

  /// The numbers that follow are another tshark's: none of them means what it meant before.
  virtual void begin_segment() {}
};

/// Turns records into frames and packets by the rules of what is a packet of a flow: each transport header
/// of a frame is one, but for those that an ICMP error quotes, those of packets that the frame only tells of
/// (samples of sFlow), and those without flags.
///
/// Of ICMP and ICMPv6 echo requests and replies are packets, see EchoStreams.
///
/// A packet has those facts whose fields the FieldSet has; frame.number is taken where the FieldSet has it,
/// else frames are counted.
class PacketDecoder {
 public:
  /// Adds the fields that a decoder of these transports needs.
  static void add_fields(FieldSet& fields, TransportSet transports = tcp_and_udp);

  explicit PacketDecoder(const FieldSet& fields, TunnelPolicy tunnel = TunnelPolicy::all,
                         TransportSet transports = tcp_and_udp);

  /// From now on stream numbers come from `numbers`, which outlives the decoder.
  void translate_streams(StreamNumbers& numbers) { numbers_ = &numbers; }

  /// From now on frames are counted here, whatever frame.number says: it means nothing if it comes from
  /// one of several tsharks.
  void count_frames() { number_ = no_field; }

  /// What follows are frames of another tshark, see PacketObserver::on_segment().
  void begin_segment();

  /// The same where flows run on from the frames before: these are counted on as well.
  void join_segment();

  /// From now on records are looked at as those of somebody else's tshark, see DueFields: for the fields of
  /// every packet, and for those that the caller adds to what is returned. decode() throws as
  /// DueFields::refuse_loss() then.
  DueFields& expect_fields();

  /// The frame in `record`; valid until the next call. Throws InputError for a value that is no number, no
  /// time, or no address, and CutValue if frame.protocols was cut before the last layer that the frame's
  /// values are of.
  const Frame& decode(const Record& record);

  /// What was expected, and came or not; null without expect_fields().
  [[nodiscard]] const DueFields* due_fields() const noexcept { return due_.get(); }

  /// Frames decoded.
  [[nodiscard]] std::uint64_t frames() const noexcept { return counted_; }

  /// Frames without frame.time_epoch, or with one outside of 1677..2262; they count with the time of the
  /// frame before them.
  [[nodiscard]] std::uint64_t timeless_frames() const noexcept { return timeless_; }

  /// Transport headers that were left out because their frame has too many.
  [[nodiscard]] std::uint64_t headers_left_out() const noexcept { return left_out_; }

  /// ICMP echo conversations that had to be forgotten, see EchoStreams.
  [[nodiscard]] std::uint64_t forgotten_echoes() const noexcept { return echoes_.forgotten(); }

 private:
  struct TransportFields {
    FieldId stream, source_port, destination_port;
  };
  /// The header that a layer names, with its stream translated; false if it has no stream number.
  bool read_header(const Record& record, const TransportLayer& layer, const LayerStack& plan, bool quoted,
                   Packet& header);
  bool read_echo(const Record& record, const TransportLayer& layer, Packet& header);
  void read_addresses(const Record& record, const TransportLayer& layer, Packet& header) const;
  [[nodiscard]] bool lacks_layers(const Record& record, const LayerStack& plan) const;
  void read_time(const Record& record);
  void add_header(const Record& record, const TransportLayer& layer, const LayerStack& plan);
  void add_packet(const Record& record, const TransportLayer& layer, const LayerStack& plan);
  void add_quoted(const Record& record, const TransportLayer& layer, const LayerStack& plan);
  void add_sampled(const Record& record, const TransportLayer& layer, const LayerStack& plan);
  [[nodiscard]] std::span<const Packet> counted();
  const LayerStack& plan(const Record& record);
  [[noreturn]] void refuse(FieldId field, std::string_view text) const;
  std::uint64_t number(FieldId field, std::string_view text, std::uint64_t most) const;
  std::uint64_t number_at(const Record& record, FieldId field, std::size_t place, std::uint64_t most) const;
  IpAddress address(FieldId field, std::string_view text) const;

  const FieldSet& fields_;
  const TunnelPolicy tunnel_;
  StreamNumbers* numbers_ = nullptr;
  FieldId number_, time_, length_, protocols_, tcp_flags_;
  FieldId source_[2], destination_[2];                       // IPv4, IPv6
  std::array<TransportFields, transport_count> transports_;  // by place_of(); of ICMP see EchoStreams
  const FactReader facts_;
  LayerStackCache plans_;
  EchoStreams echoes_;
  Frame frame_;
  std::uint64_t counted_ = 0;
  std::uint64_t frames_before_ = 0;       // frame number of the last one in the segments before
  std::vector<Packet> packets_, chosen_;  // all, and those that the tunnel policy takes
  std::vector<Packet> quoted_, uncounted_;
  std::unique_ptr<DueFields> due_;  // or none
  std::uint64_t timeless_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace flowmeter
