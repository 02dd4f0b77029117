// States of parts of a stream add up to the state of the whole, wherever it is cut.

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "flow/activity_accumulators.h"
#include "flow/extra_accumulators.h"
#include "flow/header_accumulators.h"
#include "flow/id_accumulators.h"
#include "flow/part_edge.h"
#include "flow/payload_accumulators.h"
#include "flow/splt_accumulator.h"
#include "flow/tcp_headers.h"
#include "flow_support.h"
#include "packet/layer_stack.h"

namespace flowmeter {
namespace {

/// Packets of one stream: times go to and fro about the limits of the accumulators.
struct Sample {
  Packet packet;
  Direction direction;
};

class Parts : public ::testing::Test {
 protected:
  Parts() {
    settings_.parts = true;
    settings_.splt_packets = 5;
    for (const AccumulatorFactory factory :
         {&make_sizes,         &make_start,         &make_gaps,       &make_flow_gaps, &make_flags,
          &make_activity,      &make_ip_bytes,      &make_carried,    &make_load,      &make_ttl,
          &make_dscp,          &make_dont_fragment, &make_duplicates, &make_spans,     &make_headers,
          &make_first_windows, &make_last_frame,    &make_disorder,   &make_tunnel,    &make_payloads,
          &make_bulks,         &make_splt,          &make_syns,       &make_handshake, &make_completeness,
          &make_endings}) {
      set_.add(AccumulatorKind(factory), {fields_, settings_});
    }
    edge_ = set_.add(&make_part_edge, {fields_, settings_});
    for (std::size_t i = 0; i < set_.names().size(); ++i) order_.push_back(i);
    values_ = Record(fields_.size());
    values_.clear();
    values_.seal(false);
  }

  using States = std::vector<std::max_align_t>;

  States begin() const {
    States states(set_.size() / sizeof(std::max_align_t) + 1);
    set_.construct(bytes(states));
    return states;
  }
  static std::byte* bytes(States& states) { return reinterpret_cast<std::byte*>(states.data()); }

  std::vector<Sample> random_packets(std::mt19937_64& random) {
    std::vector<Sample> samples(1 + random() % 30);
    std::int64_t time = 1'700'000'000'000'000'000;
    frame_.ip_layers = 1;
    for (Sample& sample : samples) {
      constexpr std::int64_t s = 1'000'000'000;
      const std::int64_t steps[] = {0, 1, -3, s / 2, s, s + 1, 5 * s, 5 * s + 1, -s, s * 3'000'000};
      time += steps[random() % std::size(steps)];
      Packet& packet = sample.packet;
      packet.key.transport = Transport::tcp;
      packet.time_ns = time;
      packet.frame_bytes = static_cast<std::uint32_t>(random() % 3 == 0 ? random() : random() % 1500);
      packet.facts.ip_bytes = static_cast<std::uint32_t>(random() % 1500);
      packet.facts.payload_bytes = static_cast<std::uint32_t>(random() % 2 * (random() % 100));
      packet.facts.header_bytes = static_cast<std::uint8_t>(20 + random() % 20);
      packet.frame_number = ++number_;
      const std::uint16_t flags[] = {0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0xff};
      packet.tcp_flags = flags[random() % std::size(flags)];
      sample.direction = random() % 3 == 0 ? Direction::backward : Direction::forward;
    }
    return samples;
  }

  States of(std::vector<Sample> samples, bool turned) {
    States states = begin();
    for (Sample& sample : samples) {
      frame_.time_ns = sample.packet.time_ns;
      sample.packet.frame = &frame_;
      sample.packet.record = &values_;
      sample.packet.plan = &plan_;
      sample.packet.layer = &layer_;
      set_.add_packet(bytes(states), sample.packet, turned ? opposite(sample.direction) : sample.direction);
    }
    return states;
  }

  std::string text(States& states) const {
    std::string out;
    StateWriter writer(out);
    set_.save(bytes(states), writer, order_);
    return out;
  }

  /// Reads what text() has written, by way of a JSON parser.
  States read(const std::string& text) const {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseNumbersAsStringsFlag>(("[" + text.substr(1) + "]").c_str());
    EXPECT_FALSE(document.HasParseError()) << text;
    std::vector<std::string> own;
    for (const auto& value : document.GetArray())
      own.emplace_back(value.GetString(), value.GetStringLength());
    const std::vector<std::string_view> elements(own.begin(), own.end());
    States states = begin();
    StateReader reader(elements);
    set_.load(bytes(states), reader, order_);
    reader.finish();
    return states;
  }

  void append(States& states, States& later) const {
    const auto& edge = *std::launder(reinterpret_cast<const PartEdge*>(bytes(later) + edge_));
    set_.append(bytes(states), bytes(later), edge);
    set_.destroy(bytes(later));
  }

  FieldSet fields_;
  FeatureSettings settings_;
  AccumulatorSet set_;
  std::size_t edge_ = 0;
  std::vector<std::size_t> order_;
  Record values_{0};
  LayerStack plan_;
  TransportLayer layer_;
  Frame frame_;
  std::uint64_t number_ = 0;
};

TEST_F(Parts, AddUpToTheWholeInAnyTree) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 1000; ++round) {
    const std::vector<Sample> samples = random_packets(random);
    States whole = of(samples, false);
    std::vector<States> parts;
    for (std::size_t at = 0; at < samples.size();) {
      const std::size_t count = std::min<std::size_t>(1 + random() % 8, samples.size() - at);
      const auto from = samples.begin() + static_cast<std::ptrdiff_t>(at);
      // A part may have been seen the other way round.
      const bool turned = random() % 2 == 0;
      States part = of({from, from + static_cast<std::ptrdiff_t>(count)}, turned);
      States again = read(text(part));
      set_.destroy(bytes(part));
      if (turned) set_.reverse(bytes(again));
      parts.push_back(std::move(again));
      at += count;
    }
    while (parts.size() > 1) {
      const std::size_t at = random() % (parts.size() - 1);
      append(parts[at], parts[at + 1]);
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    ASSERT_EQ(text(parts.front()), text(whole)) << "round " << round;
    set_.destroy(bytes(parts.front()));
    set_.destroy(bytes(whole));
  }
}

}  // namespace
}  // namespace flowmeter
