#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "packet/layer_stack.h"
#include "packet/packet.h"

namespace flowmeter {

/// A tshark field, read for one packet of a frame that may hold several headers of a kind.
///
/// The first part of a field's name says which header it belongs to: the packet's own transport, the
/// nearest network layer before that, the nearest eth or vlan. With one such header in the frame all
/// of the field's values are its own; with several and as many values, the one at its own place; with
/// several and another number of values nothing says whose they are, and they go to the last packet
/// of that kind, which is the one that tshark analysed last. Fields of all other protocols are of
/// what the transport carries, and go to the frame's last packet; frame.* is of every packet.
class PacketField {
 public:
  /// Reads nothing.
  PacketField() = default;

  /// Adds the field to `fields` if it is new.
  PacketField(FieldSet& fields, std::string_view name) : PacketField(fields.add(name), name) {}

  /// The field if `fields` has it, else one that reads nothing.
  [[nodiscard]] static PacketField find(const FieldSet& fields, std::string_view name) {
    const FieldId id = fields.find(name);
    return id == no_field ? PacketField() : PacketField(id, name);
  }

  /// Whether there is something to read at all.
  [[nodiscard]] explicit operator bool() const noexcept { return id_ != no_field; }

  /// The packet's values; views as in Record. `packet` is from a PacketDecoder.
  [[nodiscard]] std::span<const std::string_view> values(const Packet& packet) const noexcept;

  [[nodiscard]] bool has(const Packet& packet) const noexcept { return !values(packet).empty(); }

  /// The first value, or an empty view.
  [[nodiscard]] std::string_view first(const Packet& packet) const noexcept {
    const auto all = values(packet);
    return all.empty() ? std::string_view{} : all.front();
  }

  /// The first value as a number, decimal or hexadecimal; nothing if there is none.
  /// Throws InputError, naming the field, for other text and for a number above `most`.
  [[nodiscard]] std::optional<std::uint64_t> number(const Packet& packet, std::uint64_t most) const;

  /// One of the values as a number. Throws as number() does.
  [[nodiscard]] std::uint64_t number_of(std::string_view value, std::uint64_t most) const;

  /// One of the values, seconds with a fraction, as nanoseconds. Throws as number() does.
  [[nodiscard]] std::int64_t nanoseconds_of(std::string_view value) const;

  /// Throws the InputError that says that the field has that value, which it cannot have.
  [[noreturn]] void refuse(std::string_view value) const;

 private:
  enum class Owner : std::uint8_t { frame, tcp, udp, ipv4, ipv6, eth, vlan, carried };

  PacketField(FieldId id, std::string_view name);
  [[nodiscard]] static Owner owner_of(std::string_view name) noexcept;
  [[nodiscard]] bool belongs_to(const Packet& packet) const noexcept;
  [[nodiscard]] std::size_t place(const Packet& packet) const noexcept;
  [[nodiscard]] std::size_t headers(const Packet& packet) const noexcept;

  FieldId id_ = no_field;
  Owner owner_ = Owner::frame;
  std::string name_;
};

}  // namespace flowmeter
