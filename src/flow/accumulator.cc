#include "flow/accumulator.h"

namespace flowmeter {

std::optional<std::size_t> AccumulatorSet::find(const AccumulatorKind& kind) const noexcept {
  for (const Member& member : members_) {
    if (member.kind == kind) return member.offset;
  }
  return std::nullopt;
}

std::size_t AccumulatorSet::add(const AccumulatorKind& kind, AccumulatorContext context) {
  if (const auto known = find(kind)) return *known;
  context.argument = kind.argument;
  auto accumulator = kind.factory(context);
  const std::size_t alignment = accumulator->alignment();
  const std::size_t offset = (size_ + alignment - 1) / alignment * alignment;
  size_ = offset + accumulator->size();
  members_.push_back({kind, std::move(accumulator), offset});
  return offset;
}

}  // namespace flowmeter
