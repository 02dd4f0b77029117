#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "base/address.h"
#include "dialect/fact.h"
#include "dialect/fields.h"

namespace flowmeter {

struct Packet;

/// Some facts.
class FactSet {
 public:
  constexpr FactSet() noexcept = default;
  constexpr FactSet(std::initializer_list<Fact> members) noexcept {
    for (const Fact fact : members) add(fact);
  }
  constexpr void add(Fact fact) noexcept {
    bits_ = static_cast<std::uint16_t>(bits_ | 1U << static_cast<unsigned>(fact));
  }
  [[nodiscard]] constexpr bool has(Fact fact) const noexcept {
    return (bits_ >> static_cast<unsigned>(fact) & 1U) != 0;
  }
  friend constexpr bool operator==(const FactSet&, const FactSet&) = default;

 private:
  std::uint16_t bits_ = 0;
};

/// Values of facts. A packet that lacks one has its bit clear and 0 in its place.
struct PacketFacts {
  FactSet known;
  std::uint16_t window = 0;                ///< tcp.window_size_value, not scaled
  std::uint32_t sequence = 0;              ///< tcp.seq_raw
  std::uint32_t acknowledgement = 0;       ///< tcp.ack_raw
  std::uint32_t ip_bytes = 0;              ///< ip.len, or ipv6.plen and 40
  std::uint32_t payload_bytes = 0;         ///< tcp.len, or udp.length less 8
  std::uint16_t segment_bytes = 0;         ///< tcp.options.mss_val
  std::uint16_t ip_id = 0;                 ///< ip.id
  std::uint16_t ip_flags = 0;              ///< ip.flags; 2: don't fragment
  std::uint16_t vlan_id = 0;               ///< vlan.id of the last tag before the packet
  std::uint8_t header_bytes = 0;           ///< tcp.hdr_len, or 8
  std::uint8_t window_shift = 0;           ///< tcp.options.wscale.shift
  std::uint8_t ttl = 0;                    ///< ip.ttl or ipv6.hlim
  std::uint8_t dscp = 0;                   ///< ip.dsfield.dscp or ipv6.tclass.dscp
  MacAddress source_mac, destination_mac;  ///< eth.src, eth.dst

  [[nodiscard]] bool has(Fact fact) const noexcept { return known.has(fact); }
};

/// Adds the tshark fields that these facts are read from: a run that has them reads the facts.
void add_fact_fields(FieldSet& fields, FactSet facts);

/// The tshark fields that a fact is read from.
[[nodiscard]] std::vector<std::string> fact_fields(FactSet facts);

/// Reads facts from the text of tshark's fields.
class FactReader {
 public:
  /// Reads the facts whose fields are among `fields`, which outlive it.
  explicit FactReader(const FieldSet& fields);
  ~FactReader();

  /// Reads those facts of the packet whose place in the frame may depend on the frame's other packets; to be
  /// called when Frame::every is complete. Throws InputError, naming the field, for text that is no such
  /// value.
  void read(Packet& packet) const;

  /// Whether there is anything to read.
  [[nodiscard]] bool empty() const noexcept { return readers_.empty(); }

 private:
  struct Reader;
  std::vector<Reader> readers_;
};

}  // namespace flowmeter
