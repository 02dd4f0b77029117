// The flow table against models that do the same in a plain way, on random packets.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <tuple>

#include "flow_support.h"

namespace flowmeter {
namespace {

using test::Bench;
using test::Ended;
using test::endpoint;

/// One packet of a random capture, in the order of the capture; none in a frame without packets.
struct Event {
  std::int64_t time_ns;
  std::uint64_t frame;
  std::optional<Packet> packet;
};

std::vector<Event> random_capture(std::mt19937_64& random, std::int64_t timeout, bool in_order) {
  std::vector<Event> events;
  const std::size_t streams = 1 + random() % 6;
  const std::uint64_t frames = random() % 60;
  std::int64_t time = static_cast<std::int64_t>(random() % 100) - 50;
  for (std::uint64_t frame = 1; frame <= frames; ++frame) {
    // Gaps about the time-out are frequent.
    const std::int64_t steps[] = {0, 1, timeout / 2, timeout - 1, timeout, timeout + 1, 3 * timeout};
    time += steps[random() % std::size(steps)];
    if (!in_order && random() % 4 == 0) time -= steps[random() % std::size(steps)];
    if (!in_order && random() % 50 == 0) time += 100 * timeout;
    std::vector<StreamKey> seen;
    for (std::uint64_t i = random() % 3; i > 0; --i) {
      Packet packet;
      packet.key = {random() % 2 == 0 ? Transport::tcp : Transport::udp, random() % streams};
      if (std::find(seen.begin(), seen.end(), packet.key) != seen.end()) continue;
      seen.push_back(packet.key);
      packet.source = endpoint(1, static_cast<std::uint16_t>(packet.key.stream));
      packet.destination = endpoint(2, static_cast<std::uint16_t>(packet.key.stream));
      if (random() % 2 == 0) std::swap(packet.source, packet.destination);
      packet.order_in_frame = static_cast<std::uint8_t>(seen.size() - 1);
      events.push_back({time, frame, packet});
    }
    if (seen.empty()) events.push_back({time, frame, std::nullopt});
  }
  return events;
}

std::vector<Ended> by_table(const std::vector<Event>& events, std::int64_t timeout) {
  Bench bench({.tcp_idle_timeout = std::chrono::nanoseconds(timeout),
               .udp_idle_timeout = std::chrono::nanoseconds(timeout)});
  for (std::size_t i = 0; i < events.size();) {
    std::vector<Packet> packets;
    const std::uint64_t frame = events[i].frame;
    const std::int64_t time = events[i].time_ns;
    for (; i < events.size() && events[i].frame == frame; ++i) {
      if (events[i].packet) packets.push_back(*events[i].packet);
    }
    bench.frame(time, packets);
  }
  bench.end();
  return bench.ended;
}

using First = std::tuple<std::uint64_t, std::uint8_t>;

/// A flow of a model, with what it is sorted by.
struct Modelled {
  Ended flow;
  First first;
  std::int64_t previous_ns = 0, touched_ns = 0;
};

Modelled opened(const Event& event, const Ended* earlier) {
  Modelled made;
  made.flow.key = event.packet->key;
  made.flow.source = event.packet->source;
  made.flow.destination = event.packet->destination;
  if (earlier != nullptr) {
    made.flow.source = earlier->source;
    made.flow.destination = earlier->destination;
    made.flow.split_index = earlier->split_index + 1;
  }
  made.flow.first_ns = made.flow.last_ns = event.time_ns;
  made.flow.first_frame = event.frame;
  made.first = {event.frame, event.packet->order_in_frame};
  return made;
}

void take(Modelled& flow, const Event& event) {
  flow.flow.first_ns = std::min(flow.flow.first_ns, event.time_ns);
  flow.flow.last_ns = std::max(flow.flow.last_ns, event.time_ns);
  flow.previous_ns = event.time_ns;
  const bool forward = event.packet->source == flow.flow.source;
  (forward ? flow.flow.trace.forward : flow.flow.trace.backward).push_back(event.frame);
}

/// For captures in order, after the fact: every stream is cut at its gaps; parts that were cut or
/// that the last frame has outlived are sorted by the time of their last packet, then by their
/// first; the others come behind, by their first packet.
std::vector<Ended> by_definition(const std::vector<Event>& events, std::int64_t timeout) {
  std::map<std::pair<int, std::uint64_t>, std::vector<Modelled>> streams;
  for (const Event& event : events) {
    if (!event.packet) continue;
    auto& parts = streams[{static_cast<int>(event.packet->key.transport), event.packet->key.stream}];
    if (parts.empty() || event.time_ns - parts.back().flow.last_ns > timeout) {
      parts.push_back(opened(event, parts.empty() ? nullptr : &parts.back().flow));
    }
    take(parts.back(), event);
  }
  const std::int64_t end = events.empty() ? 0 : events.back().time_ns;
  std::vector<Modelled> idle, open;
  for (auto& [key, parts] : streams) {
    for (Modelled& part : parts) {
      const bool over = end - part.flow.last_ns > timeout;
      part.flow.reason = over ? EndReason::idle : EndReason::end_of_input;
      (over ? idle : open).push_back(part);
    }
  }
  std::sort(idle.begin(), idle.end(), [](const Modelled& a, const Modelled& b) {
    return std::tie(a.flow.last_ns, a.first) < std::tie(b.flow.last_ns, b.first);
  });
  std::sort(open.begin(), open.end(), [](const Modelled& a, const Modelled& b) { return a.first < b.first; });
  std::vector<Ended> all;
  for (const Modelled& part : idle) all.push_back(part.flow);
  for (const Modelled& part : open) all.push_back(part.flow);
  return all;
}

/// For captures in any order: the rules step by step, looking at every open flow every time. What the
/// packets of one frame cut is handed over together.
std::vector<Ended> step_by_step(const std::vector<Event>& events, std::int64_t timeout) {
  std::vector<Ended> ended;
  std::vector<Modelled> open;
  std::vector<Ended> cut;  // the last part of each stream that was cut
  std::optional<std::int64_t> clock;
  std::vector<Modelled> over;  // ended, and to be handed over together
  const auto hand_over = [&] {
    std::stable_sort(over.begin(), over.end(),
                     [](const Modelled& a, const Modelled& b) { return a.first < b.first; });
    for (const Modelled& flow : over) ended.push_back(flow.flow);
    over.clear();
  };
  const auto end_flow = [&](std::size_t at, EndReason reason) {
    open[at].flow.reason = reason;
    if (reason == EndReason::idle) {
      std::erase_if(cut, [&](const Ended& other) { return other.key == open[at].flow.key; });
      cut.push_back(open[at].flow);
    }
    over.push_back(open[at]);
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
  };
  const auto end_first_of = [&](auto due, auto before, EndReason reason) {
    while (true) {
      std::optional<std::size_t> next;
      for (std::size_t i = 0; i < open.size(); ++i) {
        if (due(open[i]) && (!next || before(open[i], open[*next]))) next = i;
      }
      if (!next) return;
      end_flow(*next, reason);
      hand_over();
    }
  };
  for (const Event& event : events) {
    if (&event != events.data() && event.frame != (&event - 1)->frame) hand_over();
    clock = std::max(clock.value_or(event.time_ns), event.time_ns);
    end_first_of([&](const Modelled& flow) { return *clock - flow.touched_ns > timeout; },
                 [](const Modelled& a, const Modelled& b) {
                   return std::tie(a.touched_ns, a.first) < std::tie(b.touched_ns, b.first);
                 },
                 EndReason::idle);
    if (!event.packet) continue;
    const auto same = [&](const Modelled& flow) { return flow.flow.key == event.packet->key; };
    auto flow = std::find_if(open.begin(), open.end(), same);
    if (flow != open.end() && event.time_ns - flow->previous_ns > timeout) {
      end_flow(static_cast<std::size_t>(flow - open.begin()), EndReason::idle);
      flow = open.end();
    }
    if (flow == open.end()) {
      const auto earlier = std::find_if(cut.begin(), cut.end(),
                                        [&](const Ended& other) { return other.key == event.packet->key; });
      open.push_back(opened(event, earlier == cut.end() ? nullptr : &*earlier));
      flow = open.end() - 1;
    }
    take(*flow, event);
    flow->touched_ns = *clock;
  }
  hand_over();
  end_first_of([](const Modelled&) { return true; },
               [](const Modelled& a, const Modelled& b) { return a.first < b.first; },
               EndReason::end_of_input);
  return ended;
}

void expect_same(const std::vector<Ended>& got, const std::vector<Ended>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    SCOPED_TRACE("row " + std::to_string(i));
    ASSERT_EQ(got[i].key, expected[i].key);
    ASSERT_EQ(got[i].source, expected[i].source);
    ASSERT_EQ(got[i].destination, expected[i].destination);
    ASSERT_EQ(got[i].first_ns, expected[i].first_ns);
    ASSERT_EQ(got[i].last_ns, expected[i].last_ns);
    ASSERT_EQ(got[i].first_frame, expected[i].first_frame);
    ASSERT_EQ(got[i].split_index, expected[i].split_index);
    ASSERT_EQ(got[i].reason, expected[i].reason);
    ASSERT_EQ(got[i].trace.forward, expected[i].trace.forward);
    ASSERT_EQ(got[i].trace.backward, expected[i].trace.backward);
  }
}

TEST(FlowModel, CapturesInOrderAreCutAndSortedByDefinition) {
  std::mt19937_64 random(31);
  for (int round = 0; round < 3000; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const std::int64_t timeout = 2 + static_cast<std::int64_t>(random() % 10);
    const auto events = random_capture(random, timeout, true);
    expect_same(by_table(events, timeout), by_definition(events, timeout));
    if (HasFatalFailure()) return;
  }
}

TEST(FlowModel, CapturesOutOfOrderFollowTheRulesStepByStep) {
  std::mt19937_64 random(32);
  for (int round = 0; round < 3000; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const std::int64_t timeout = 2 + static_cast<std::int64_t>(random() % 10);
    const auto events = random_capture(random, timeout, round % 4 == 0);
    expect_same(by_table(events, timeout), step_by_step(events, timeout));
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace flowmeter
