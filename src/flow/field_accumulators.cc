#include "flow/field_accumulators.h"

#include <algorithm>

namespace flowmeter {
namespace {

using Texts = std::span<const std::string_view>;

// Each theme takes the values of a packet, of which there is at least one, into its state.

struct Counting {
  using State = FieldCounts;
  Counting(const AccumulatorContext&, const std::string&) {}

  void take(State& state, Texts texts, Direction) const {
    ++state.packets;
    state.occurrences += texts.size();
  }
  void append(State& state, const State& later) const {
    state.packets += later.packets;
    state.occurrences += later.occurrences;
  }
  static constexpr const char* name = "counts of";
  [[nodiscard]] const UnusedValues* unused() const noexcept { return nullptr; }
};

struct Ends {
  using State = FieldEnds;
  Ends(const AccumulatorContext&, const std::string&) {}

  void take(State& state, Texts texts, Direction) const {
    if (!state.any) state.first = texts.front();
    state.any = true;
    state.last = texts.back();
  }
  void append(State& state, const State& later) const {
    if (!later.any) return;
    if (!state.any) state.first = later.first;
    state.any = true;
    state.last = later.last;
  }
  static constexpr const char* name = "ends of";
  [[nodiscard]] const UnusedValues* unused() const noexcept { return nullptr; }
};

/// What is common to themes of numbers: other values are counted.
class Numeric {
 public:
  Numeric(const AccumulatorContext&, const std::string& field) : unused_{field} {}

  [[nodiscard]] const UnusedValues* unused() const noexcept { return &unused_; }

 protected:
  [[nodiscard]] std::optional<Decimal> number(std::string_view text, Direction direction) const {
    auto value = parse_decimal(text);
    if (!value) {
      if (unused_.count == PerDirection<std::uint64_t>{}) unused_.example = text;
      ++unused_.count[direction];
    }
    return value;
  }

 private:
  mutable UnusedValues unused_;  // of the run, not of a flow
};

struct Summing : Numeric {
  using State = FieldSums;
  using Numeric::Numeric;

  void take(State& state, Texts texts, Direction direction) const {
    for (const std::string_view text : texts) {
      const auto value = number(text, direction);
      if (!value) continue;
      if (!state) state = std::make_unique<DecimalSums>();
      state->add(*value);
    }
  }
  void append(State& state, const State& later) const {
    if (!later) return;
    if (!state) state = std::make_unique<DecimalSums>();
    state->merge(*later);
  }
  static constexpr const char* name = "sums of";
};

struct Collecting : Numeric {
  using State = FieldNumbers;
  using Numeric::Numeric;

  void take(State& state, Texts texts, Direction direction) const {
    for (const std::string_view text : texts) {
      if (auto value = number(text, direction)) state.push_back(std::move(*value));
    }
  }
  void append(State& state, const State& later) const {
    state.insert(state.end(), later.begin(), later.end());
  }
  static constexpr const char* name = "numbers of";
};

struct Telling {
  using State = FieldTexts;
  Telling(const AccumulatorContext&, const std::string&) {}

  void take(State& state, Texts texts, Direction) const {
    for (const std::string_view text : texts) state.add(text);
  }
  void append(State& state, const State& later) const {
    for (const auto& [text, count] : later.listed()) state.add(text, count);
  }
  static constexpr const char* name = "values of";
  [[nodiscard]] const UnusedValues* unused() const noexcept { return nullptr; }
};

class Listing {
 public:
  using State = FieldList;
  Listing(const AccumulatorContext& context, const std::string&) : most_(context.settings.list_max) {}

  void take(State& state, Texts texts, Direction) const {
    for (const std::string_view text : texts) {
      if (state.size() < most_) state.emplace_back(text);
    }
  }
  void append(State& state, const State& later) const {
    const std::size_t more = std::min(most_ - state.size(), later.size());
    state.insert(state.end(), later.begin(), later.begin() + static_cast<std::ptrdiff_t>(more));
  }
  static constexpr const char* name = "list of";
  [[nodiscard]] const UnusedValues* unused() const noexcept { return nullptr; }

 private:
  std::size_t most_;
};

template <class Theme>
class OfField final : public AccumulatorOf<typename Theme::State> {
 public:
  explicit OfField(AccumulatorContext& context) : samples_(context), theme_(context, samples_.field()) {}
  [[nodiscard]] const UnusedValues* unused() const noexcept override { return theme_.unused(); }
  [[nodiscard]] std::string_view name() const noexcept override { return Theme::name; }
  /// Of one side only, the other's values would be needed should the part turn out to go the other way.
  [[nodiscard]] bool composes() const noexcept override { return samples_.side() == PacketSide::both; }

 private:
  void add_packet(typename Theme::State& state, const Packet& packet, Direction direction) const override {
    const Texts texts = samples_.of(packet, direction);
    if (!texts.empty()) theme_.take(state, texts, direction);
  }
  void append_part(typename Theme::State& state, const typename Theme::State& later,
                   const PartEdge&) const override {
    theme_.append(state, later);
  }
  void turn(typename Theme::State&) const override {}

  FieldSamples samples_;
  Theme theme_;
};

template <class Theme>
class OfGaps final : public WholeAccumulatorOf<GapsState<typename Theme::State>> {
 public:
  explicit OfGaps(AccumulatorContext& context) : samples_(context), theme_(context, samples_.field()) {}

 private:
  void add_packet(GapsState<typename Theme::State>& state, const Packet& packet,
                  Direction direction) const override {
    const Texts texts = samples_.of(packet, direction, state.clock);
    if (!texts.empty()) theme_.take(state.kept, texts, direction);
  }

  FieldSamples samples_;
  Theme theme_;
};

template <class Theme>
std::unique_ptr<Accumulator> make(AccumulatorContext& context) {
  if (FieldSamples::are_gaps(context.argument)) return std::make_unique<OfGaps<Theme>>(context);
  return std::make_unique<OfField<Theme>>(context);
}

}  // namespace

void FieldTexts::add(std::string_view text, std::uint64_t count) {
  const std::uint64_t order = seen.size();
  seen.try_emplace(std::string(text), Seen{0, order}).first->second.count += count;
}

FieldTexts::Listed FieldTexts::listed() const {
  Listed all(seen.size());
  for (const auto& [text, value] : seen) all[static_cast<std::size_t>(value.order)] = {text, value.count};
  return all;
}

std::unique_ptr<Accumulator> make_field_counts(AccumulatorContext& context) {
  return make<Counting>(context);
}
std::unique_ptr<Accumulator> make_field_ends(AccumulatorContext& context) { return make<Ends>(context); }
std::unique_ptr<Accumulator> make_field_sums(AccumulatorContext& context) { return make<Summing>(context); }
std::unique_ptr<Accumulator> make_field_numbers(AccumulatorContext& context) {
  return make<Collecting>(context);
}
std::unique_ptr<Accumulator> make_field_texts(AccumulatorContext& context) { return make<Telling>(context); }
std::unique_ptr<Accumulator> make_field_list(AccumulatorContext& context) { return make<Listing>(context); }

}  // namespace flowmeter
