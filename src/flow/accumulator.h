#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect/fields.h"
#include "flow/settings.h"
#include "flow/state_text.h"
#include "packet/direction.h"
#include "packet/packet.h"

namespace flowmeter {

/// Values of a field that a run could not use, counted over all flows.
struct UnusedValues {
  std::string field;
  PerDirection<std::uint64_t> count{};  ///< by direction
  std::string example{};                ///< the first of them
};

struct PartEdge;

/// One kind of state that flows keep for the columns that print it. There is one object for a run; it
/// works on states that lie in the flows, so that a run pays, in memory and in time, for the kinds
/// that its columns use and for no others.
///
/// States of parts of a stream add up: append() joins a part and the one behind it, reverse() makes of a
/// part what it would be if its first packet went backward, save() and load() write and read one.
class Accumulator {
 public:
  virtual ~Accumulator() = default;

  /// Bytes and alignment of a state.
  [[nodiscard]] virtual std::size_t size() const noexcept = 0;
  [[nodiscard]] virtual std::size_t alignment() const noexcept = 0;

  /// Makes the state of a flow without packets in raw memory; destroy() ends its life.
  virtual void construct(std::byte* state) const = 0;
  virtual void destroy(std::byte* state) const noexcept = 0;

  /// Takes a packet of the flow into account.
  virtual void add(std::byte* state, const Packet& packet, Direction direction) const = 0;

  /// What the states are of, in a word or two: how parts name it.
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;

  /// Whether parts of a stream can be joined. False: what follows must not be called.
  [[nodiscard]] virtual bool composes() const noexcept { return true; }

  /// Adds what the packets behind those of `state` left in `later`, whose directions are the same.
  virtual void append(std::byte* state, const std::byte* later, const PartEdge& edge) const = 0;

  /// Forward becomes backward.
  virtual void reverse(std::byte* state) const = 0;

  /// As text. load() takes the state of a flow without packets and throws InputError for what save()
  /// does not write.
  virtual void save(const std::byte* state, StateWriter& out) const = 0;
  virtual void load(std::byte* state, StateReader& in) const = 0;

  /// Other frames come before the first: frame numbers in the state grow.
  virtual void renumber(std::byte* /*state*/, std::uint64_t /*frames_before*/) const {}

  /// An ICMP error quotes a packet of the flow.
  virtual void add_error(std::byte* /*state*/) const {}

  /// What it could not use so far, if it has to do with that at all; lives with the accumulator.
  [[nodiscard]] virtual const UnusedValues* unused() const noexcept { return nullptr; }
};

/// An accumulator whose state is a State; derived classes write add_packet().
template <class State>
class StateAccumulator : public Accumulator {
 public:
  [[nodiscard]] std::size_t size() const noexcept final { return sizeof(State); }
  [[nodiscard]] std::size_t alignment() const noexcept final { return alignof(State); }
  void construct(std::byte* state) const final { new (state) State(); }
  void destroy(std::byte* state) const noexcept final { as_state(state).~State(); }
  void add(std::byte* state, const Packet& packet, Direction direction) const final {
    add_packet(as_state(state), packet, direction);
  }

 protected:
  [[nodiscard]] static State& as_state(std::byte* state) noexcept {
    return *std::launder(reinterpret_cast<State*>(state));
  }
  [[nodiscard]] static const State& as_state(const std::byte* state) noexcept {
    return *std::launder(reinterpret_cast<const State*>(state));
  }

 private:
  virtual void add_packet(State& state, const Packet& packet, Direction direction) const = 0;
};

/// Of states that add up; derived classes write append_part(), turn() and name(), too. A State that is a
/// class of its own lists its members, see StateWriter.
template <class State>
class AccumulatorOf : public StateAccumulator<State> {
 protected:
  using StateAccumulator<State>::as_state;

 public:
  void append(std::byte* state, const std::byte* later, const PartEdge& edge) const final {
    append_part(as_state(state), as_state(later), edge);
  }
  void reverse(std::byte* state) const final { turn(as_state(state)); }
  void save(const std::byte* state, StateWriter& out) const final { out(as_state(state)); }
  void load(std::byte* state, StateReader& in) const final { in(as_state(state)); }

 private:
  /// `later` is the state of the part that follows, `edge` where it begins.
  virtual void append_part(State& state, const State& later, const PartEdge& edge) const = 0;
  virtual void turn(State& state) const = 0;
};

/// Of packets that must all be seen, in their order: because the state depends on what tshark remembers of a
/// stream.
template <class State>
class WholeAccumulatorOf : public StateAccumulator<State> {
 public:
  [[nodiscard]] std::string_view name() const noexcept final { return {}; }
  [[nodiscard]] bool composes() const noexcept final { return false; }
  void append(std::byte*, const std::byte*, const PartEdge&) const final { refuse(); }
  void reverse(std::byte*) const final { refuse(); }
  void save(const std::byte*, StateWriter&) const final { refuse(); }
  void load(std::byte*, StateReader&) const final { refuse(); }

 private:
  [[noreturn]] static void refuse() { throw std::logic_error("parts of a flow that must be whole"); }
};

/// What an accumulator is made for.
struct AccumulatorContext {
  FieldSet& fields;  ///< of the run: the tshark fields that it reads must be added
  const FeatureSettings& settings;
  std::string_view argument{};  ///< of its kind; gone when it is made
};

/// Makes an accumulator for a run.
using AccumulatorFactory = std::unique_ptr<Accumulator> (*)(AccumulatorContext& context);

/// One kind of accumulator: columns that name the same kind share its state.
struct AccumulatorKind {
  AccumulatorFactory factory = nullptr;  ///< null: none
  std::string argument{};                ///< what the factory is to make, where it can make several

  AccumulatorKind() = default;
  AccumulatorKind(std::nullptr_t) {}  // NOLINT: a column without state says just that
  AccumulatorKind(AccumulatorFactory maker, std::string what = {})  // NOLINT: most have no argument
      : factory(maker), argument(std::move(what)) {}

  friend bool operator==(const AccumulatorKind&, const AccumulatorKind&) = default;
};

/// The accumulators of a run and where their states lie behind a Flow.
class AccumulatorSet {
 public:
  /// Offset of that kind's state from the start of the states; adds the kind if it is new.
  std::size_t add(const AccumulatorKind& kind, AccumulatorContext context);

  /// Offset of that kind's state, if the kind was added.
  [[nodiscard]] std::optional<std::size_t> find(const AccumulatorKind& kind) const noexcept;

  /// Bytes of all states together.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  void construct(std::byte* states) const {
    for (const Member& member : members_) member.accumulator->construct(states + member.offset);
  }
  void destroy(std::byte* states) const noexcept {
    for (const Member& member : members_) member.accumulator->destroy(states + member.offset);
  }
  void add_packet(std::byte* states, const Packet& packet, Direction direction) const {
    for (const Member& member : members_) {
      member.accumulator->add(states + member.offset, packet, direction);
    }
  }
  void add_error(std::byte* states) const {
    for (const Member& member : members_) member.accumulator->add_error(states + member.offset);
  }

  /// The kinds in words, in the order in which they were added.
  [[nodiscard]] std::vector<std::string> names() const;

  /// A kind whose states do not compose; null: there is none.
  [[nodiscard]] const AccumulatorKind* not_composing() const noexcept;

  // Of all states, see Accumulator; those of a part are written in the order of `order`, places in names().

  void append(std::byte* states, const std::byte* later, const PartEdge& edge) const;
  void reverse(std::byte* states) const;
  void renumber(std::byte* states, std::uint64_t frames_before) const;
  void save(const std::byte* states, StateWriter& out, std::span<const std::size_t> order) const;
  void load(std::byte* states, StateReader& in, std::span<const std::size_t> order) const;

  /// What the accumulators could not use, see there.
  [[nodiscard]] std::vector<const UnusedValues*> unused() const;

 private:
  struct Member {
    AccumulatorKind kind;
    std::unique_ptr<Accumulator> accumulator;
    std::size_t offset;
  };

  std::vector<Member> members_;
  std::size_t size_ = 0;
};

}  // namespace flowmeter
