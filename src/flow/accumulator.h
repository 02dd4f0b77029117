#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect/fields.h"
#include "flow/settings.h"
#include "packet/packet.h"

namespace flowmeter {

/// Which way a packet goes: forward is the direction of the flow's first packet.
enum class Direction : std::uint8_t { forward = 0, backward = 1 };

/// One kind of state that flows keep for the columns that print it. There is one object for a run; it
/// works on states that lie in the flows, so that a run pays, in memory and in time, for the kinds
/// that its columns use and for no others.
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

  /// An ICMP error quotes a packet of the flow.
  virtual void add_error(std::byte* /*state*/) const {}
};

/// An accumulator whose state is a State; derived classes write only add_packet().
template <class State>
class AccumulatorOf : public Accumulator {
 public:
  [[nodiscard]] std::size_t size() const noexcept final { return sizeof(State); }
  [[nodiscard]] std::size_t alignment() const noexcept final { return alignof(State); }
  void construct(std::byte* state) const final { new (state) State(); }
  void destroy(std::byte* state) const noexcept final {
    as_state(state).~State();
  }
  void add(std::byte* state, const Packet& packet, Direction direction) const final {
    add_packet(as_state(state), packet, direction);
  }

 protected:
  [[nodiscard]] static State& as_state(std::byte* state) noexcept {
    return *std::launder(reinterpret_cast<State*>(state));
  }

 private:
  virtual void add_packet(State& state, const Packet& packet, Direction direction) const = 0;
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
