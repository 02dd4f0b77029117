#include "packet/tcp_numbers.h"

#include <optional>

#include "base/parse.h"

namespace flowmeter {

TcpNumbers TcpNumberReader::of(const Packet& header) const {
  if (header.key.transport != Transport::tcp) return {};
  const auto value = [&](FieldId field) -> std::optional<std::uint32_t> {
    const auto values = header.record->values(field);
    if (header.occurrence >= values.size()) return std::nullopt;
    const auto number = parse_number(values[header.occurrence]);
    if (!number) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
  };
  const auto sequence = value(sequence_);
  return {sequence.value_or(0), value(acknowledgement_).value_or(0), sequence.has_value()};
}

}  // namespace flowmeter
