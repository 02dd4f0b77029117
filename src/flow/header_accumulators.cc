#include "flow/header_accumulators.h"

#include <algorithm>

#include "packet/packet_field.h"

namespace flowmeter {
namespace {

class HeaderKind final : public AccumulatorOf<HeaderState> {
  void add_packet(HeaderState& state, const Packet& packet, Direction direction) const override {
    Headers& own = state[static_cast<std::size_t>(direction)];
    own.bytes += packet.header_bytes;
    own.least_bytes = std::min(own.least_bytes.value_or(packet.header_bytes), packet.header_bytes);
  }
};

class FirstWindowKind final : public AccumulatorOf<FirstWindowState> {
 public:
  explicit FirstWindowKind(FieldSet& fields) : window_(fields, "tcp.window_size_value") {}

 private:
  void add_packet(FirstWindowState& state, const Packet& packet, Direction direction) const override {
    auto& own = state[static_cast<std::size_t>(direction)];
    if (!own) own = static_cast<std::uint16_t>(window_.number(packet, 0xffff).value_or(0));
  }

  PacketField window_;
};

}  // namespace

std::unique_ptr<Accumulator> make_headers(AccumulatorContext& context) {
  // Without it the decoder does not tell the sizes of a packet's parts, not even UDP's.
  context.fields.add("tcp.hdr_len");
  return std::make_unique<HeaderKind>();
}

std::unique_ptr<Accumulator> make_first_windows(AccumulatorContext& context) {
  return std::make_unique<FirstWindowKind>(context.fields);
}

}  // namespace flowmeter
