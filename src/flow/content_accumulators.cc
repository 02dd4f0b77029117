#include "flow/content_accumulators.h"

#include <utility>

#include "packet/packet_field.h"

namespace flowmeter {
namespace {

class FirstTextOf final : public WholeAccumulatorOf<FirstText> {
 public:
  explicit FirstTextOf(AccumulatorContext& context) : field_(context.fields, context.argument) {}

 private:
  void add_packet(FirstText& state, const Packet& packet, Direction /*direction*/) const override {
    if (!state.empty()) return;
    for (const std::string_view text : field_.values(packet)) {
      if (text.empty()) continue;
      state = text;
      return;
    }
  }

  PacketField field_;
};

class Application final : public WholeAccumulatorOf<ApplicationName> {
  void add_packet(ApplicationName& state, const Packet& packet, Direction /*direction*/) const override {
    if (state.empty() && packet.layer->carried != "data") state = packet.layer->carried;
  }
};

/// The payload of a packet, in the notation of tcp.payload and udp.payload: hexadecimal digits, which
/// older tsharks write with colons between the bytes.
class Payload {
 public:
  explicit Payload(FieldSet& fields) : tcp_(fields, "tcp.payload"), udp_(fields, "udp.payload") {}

  /// Calls `take` with each digit until it returns false.
  template <class Take>
  void each_digit(const Packet& packet, Take take) const {
    const PacketField& field = packet.key.transport == Transport::tcp ? tcp_ : udp_;
    for (const std::string_view text : field.values(packet)) {
      for (const char c : text) {
        if (c != ':' && !take(c)) return;
      }
    }
  }

 private:
  PacketField tcp_, udp_;
};

/// Value of a hexadecimal digit.
unsigned value_of(char digit) {
  if (digit <= '9') return static_cast<unsigned>(digit - '0') & 15U;
  return (static_cast<unsigned>(digit | 0x20) - 'a' + 10U) & 15U;
}

class CountBytes final : public WholeAccumulatorOf<ByteCounts> {
 public:
  explicit CountBytes(AccumulatorContext& context) : payload_(context.fields) {}

 private:
  void add_packet(ByteCounts& state, const Packet& packet, Direction direction) const override {
    auto& counts = state[direction];
    unsigned high = 0;
    bool second = false;
    payload_.each_digit(packet, [&](char digit) {
      if (second) ++counts[high << 4U | value_of(digit)];
      high = value_of(digit);
      second = !second;
      return true;
    });
  }

  Payload payload_;
};

class TakeHeads final : public WholeAccumulatorOf<PayloadHeads> {
 public:
  explicit TakeHeads(AccumulatorContext& context) : payload_(context.fields) {}

 private:
  void add_packet(PayloadHeads& state, const Packet& packet, Direction direction) const override {
    std::string& head = state[direction];
    if (head.size() == 2 * payload_head_bytes) return;
    payload_.each_digit(packet, [&](char digit) {
      head += digit;
      return head.size() < 2 * payload_head_bytes;
    });
  }

  Payload payload_;
};

}  // namespace

std::unique_ptr<Accumulator> make_first_text(AccumulatorContext& context) {
  return std::make_unique<FirstTextOf>(context);
}
std::unique_ptr<Accumulator> make_application(AccumulatorContext&) { return std::make_unique<Application>(); }
std::unique_ptr<Accumulator> make_byte_counts(AccumulatorContext& context) {
  return std::make_unique<CountBytes>(context);
}
std::unique_ptr<Accumulator> make_payload_heads(AccumulatorContext& context) {
  return std::make_unique<TakeHeads>(context);
}

}  // namespace flowmeter
