#include "packet/packet_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/parse.h"

namespace flowmeter {

PacketField::PacketField(FieldId id, std::string_view name) : id_(id), owner_(owner_of(name)), name_(name) {}

PacketField::Owner PacketField::owner_of(std::string_view name) noexcept {
  static constexpr std::array owners = {
      std::pair{std::string_view("frame"), Owner::frame}, std::pair{std::string_view("tcp"), Owner::tcp},
      std::pair{std::string_view("udp"), Owner::udp},     std::pair{std::string_view("ip"), Owner::ipv4},
      std::pair{std::string_view("ipv6"), Owner::ipv6},   std::pair{std::string_view("eth"), Owner::eth},
      std::pair{std::string_view("vlan"), Owner::vlan},
  };
  const std::string_view protocol = name.substr(0, name.find('.'));
  const auto found =
      std::find_if(owners.begin(), owners.end(), [&](const auto& owner) { return owner.first == protocol; });
  return found == owners.end() ? Owner::carried : found->second;
}

/// Whether the packet has a header of the field's kind before it or is one.
bool PacketField::belongs_to(const Packet& packet) const noexcept {
  switch (owner_) {
    case Owner::frame:
    case Owner::carried:
      return true;
    case Owner::tcp:
      return packet.key.transport == Transport::tcp;
    case Owner::udp:
      return packet.key.transport == Transport::udp;
    case Owner::ipv4:
      return packet.ip_version == 4;
    case Owner::ipv6:
      return packet.ip_version == 6;
    case Owner::eth:
      return packet.layer->eth_occurrence != no_layer;
    case Owner::vlan:
      return packet.layer->vlan_occurrence != no_layer;
  }
  return false;
}

std::size_t PacketField::place(const Packet& packet) const noexcept {
  switch (owner_) {
    case Owner::frame:
    case Owner::carried:
      return 0;
    case Owner::tcp:
    case Owner::udp:
      return packet.layer->occurrence;
    case Owner::ipv4:
    case Owner::ipv6:
      return packet.layer->ip_occurrence;
    case Owner::eth:
      return packet.layer->eth_occurrence;
    case Owner::vlan:
      return packet.layer->vlan_occurrence;
  }
  return 0;
}

/// Headers of the field's kind in the frame.
std::size_t PacketField::headers(const Packet& packet) const noexcept {
  const LayerStack& plan = *packet.plan;
  switch (owner_) {
    case Owner::frame:
      return 1;
    case Owner::carried:
      return packet.frame->every.size();
    case Owner::tcp:
      return plan.headers[place_of(Transport::tcp)];
    case Owner::udp:
      return plan.headers[place_of(Transport::udp)];
    case Owner::ipv4:
      return plan.network_layers[0];
    case Owner::ipv6:
      return plan.network_layers[1];
    case Owner::eth:
      return plan.eth_layers;
    case Owner::vlan:
      return plan.vlan_layers;
  }
  return 1;
}

std::span<const std::string_view> PacketField::values(const Packet& packet) const noexcept {
  if (id_ == no_field) return {};
  const auto all = packet.record->values(id_);
  if (all.empty() || !belongs_to(packet)) return {};
  const std::size_t count = headers(packet);
  if (count <= 1) return all;
  if (all.size() == count && owner_ != Owner::carried) return all.subspan(place(packet), 1);
  const auto& every = packet.frame->every;
  const auto last =
      std::find_if(every.rbegin(), every.rend(), [this](const Packet& other) { return belongs_to(other); });
  return last->layer == packet.layer ? all : all.first(0);
}

std::optional<std::uint64_t> PacketField::number(const Packet& packet, std::uint64_t most) const {
  const auto all = values(packet);
  if (all.empty()) return std::nullopt;
  return number_of(all.front(), most);
}

std::uint64_t PacketField::number_of(std::string_view value, std::uint64_t most) const {
  const auto number = parse_number(value);
  if (!number || *number > most) refuse(value);
  return *number;
}

std::int64_t PacketField::nanoseconds_of(std::string_view value) const {
  const auto duration = parse_duration(value);
  if (!duration) refuse(value);
  return *duration;
}

void PacketField::refuse(std::string_view value) const {
  throw InputError(fmt::format("{} has the value \"{:.40}\"", name_, value));
}

}  // namespace flowmeter
