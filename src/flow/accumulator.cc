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

std::vector<std::string> AccumulatorSet::names() const {
  std::vector<std::string> names;
  for (const Member& member : members_) {
    names.emplace_back(member.accumulator->name());
    if (!member.kind.argument.empty()) names.back() += ' ' + member.kind.argument;
  }
  return names;
}

const AccumulatorKind* AccumulatorSet::not_composing() const noexcept {
  for (const Member& member : members_) {
    if (!member.accumulator->composes()) return &member.kind;
  }
  return nullptr;
}

void AccumulatorSet::append(std::byte* states, const std::byte* later, const PartEdge& edge) const {
  for (const Member& member : members_) {
    member.accumulator->append(states + member.offset, later + member.offset, edge);
  }
}

void AccumulatorSet::reverse(std::byte* states) const {
  for (const Member& member : members_) member.accumulator->reverse(states + member.offset);
}

void AccumulatorSet::renumber(std::byte* states, std::uint64_t frames_before) const {
  for (const Member& member : members_) member.accumulator->renumber(states + member.offset, frames_before);
}

void AccumulatorSet::save(const std::byte* states, StateWriter& out,
                          std::span<const std::size_t> order) const {
  for (const std::size_t place : order) {
    const Member& member = members_[place];
    member.accumulator->save(states + member.offset, out);
  }
}

void AccumulatorSet::load(std::byte* states, StateReader& in, std::span<const std::size_t> order) const {
  for (const std::size_t place : order) {
    const Member& member = members_[place];
    member.accumulator->load(states + member.offset, in);
  }
}

std::vector<const UnusedValues*> AccumulatorSet::unused() const {
  std::vector<const UnusedValues*> all;
  for (const Member& member : members_) {
    if (const UnusedValues* unused = member.accumulator->unused()) all.push_back(unused);
  }
  return all;
}

}  // namespace flowmeter
