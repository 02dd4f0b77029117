#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <string>
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

  /// An ICMP error quotes a packet of the flow while it is open.
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
    std::launder(reinterpret_cast<State*>(state))->~State();
  }
  void add(std::byte* state, const Packet& packet, Direction direction) const final {
    add_packet(*std::launder(reinterpret_cast<State*>(state)), packet, direction);
  }

 private:
  virtual void add_packet(State& state, const Packet& packet, Direction direction) const = 0;
};

/// What an accumulator is made for.
struct AccumulatorContext {
  FieldSet& fields;  ///< of the run: the tshark fields that it reads must be added
  const FeatureSettings& settings;
};

/// Makes the accumulators of one kind. Two that are equal make the same, so that a flow needs one state
/// for both.
class AccumulatorFactory {
 public:
  using Function = std::unique_ptr<Accumulator> (*)(AccumulatorContext& context);

  AccumulatorFactory(std::nullptr_t = nullptr) {}
  AccumulatorFactory(Function function)  // NOLINT: a kind is what its function makes
      : name_(reinterpret_cast<const void*>(function)), make_(function) {}

  /// A kind with parameters, which `parameters` names in full.
  AccumulatorFactory(const void* kind, std::string parameters,
                     std::function<std::unique_ptr<Accumulator>(AccumulatorContext&)> make)
      : name_(kind), parameters_(std::move(parameters)), make_(std::move(make)) {}

  [[nodiscard]] std::unique_ptr<Accumulator> operator()(AccumulatorContext& context) const {
    return make_(context);
  }

  explicit operator bool() const noexcept { return make_ != nullptr; }
  friend bool operator==(const AccumulatorFactory& a, const AccumulatorFactory& b) noexcept {
    return a.name_ == b.name_ && a.parameters_ == b.parameters_;
  }

 private:
  const void* name_ = nullptr;
  std::string parameters_;
  std::function<std::unique_ptr<Accumulator>(AccumulatorContext&)> make_;
};

/// The accumulators of a run and where their states lie behind a Flow.
class AccumulatorSet {
 public:
  /// Offset of that kind's state from the start of the states; adds the kind if it is new.
  std::size_t add(const AccumulatorFactory& factory, AccumulatorContext& context);

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
    AccumulatorFactory factory;
    std::unique_ptr<Accumulator> accumulator;
    std::size_t offset;
  };

  std::vector<Member> members_;
  std::size_t size_ = 0;
};

}  // namespace flowmeter
