#include "flow/accumulator.h"

namespace flowmeter {

std::size_t AccumulatorSet::add(AccumulatorFactory factory, AccumulatorContext& context) {
  for (const Member& member : members_) {
    if (member.factory == factory) return member.offset;
  }
  auto accumulator = factory(context);
  const std::size_t alignment = accumulator->alignment();
  const std::size_t offset = (size_ + alignment - 1) / alignment * alignment;
  size_ = offset + accumulator->size();
  members_.push_back({factory, std::move(accumulator), offset});
  return offset;
}

}  // namespace flowmeter
