// Captures, compressed ones too, dispatched to several tsharks that are replaced.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "capture/decompress.h"
#include "capture/frame_dispatcher.h"
#include "fuzz.h"

namespace {

using namespace flowmeter;
using fuzz::require;

constexpr std::size_t most_plain = std::size_t{1} << 20;  // of a small input that unpacks to much

using TsharkName = std::pair<unsigned, std::uint32_t>;  // a slot, and which of its generations

/// What became of an input.
struct Outcome {
  std::map<TsharkName, std::string> generations;
  std::vector<TsharkName> frames;  // who has it
  std::vector<std::uint64_t> places;
  std::string plain, problem;
  PackingEnd end = PackingEnd::whole;
  ReaderState state = ReaderState::reading;
  std::uint64_t trouble = 0;
  bool rest = false;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

void drain(FrameDispatcher& dispatcher, Outcome& outcome) {
  for (unsigned slot = 0; slot < dispatcher.slots(); ++slot) {
    outcome.generations[{slot, dispatcher.generation(slot)}] += dispatcher.output(slot);
  }
}

Outcome dispatch(std::string_view input, std::size_t piece, unsigned workers,
                 const DispatcherOptions& options) {
  Outcome outcome;
  FrameDispatcher dispatcher(workers, CaptureOrigin::pipe, options);
  dispatcher.on_generation_end([&](unsigned slot) {
    outcome.generations[{slot, dispatcher.generation(slot)}] += dispatcher.output(slot);
    dispatcher.output(slot).clear();
  });
  Decompressor decompressor([&](std::string_view plain) {
    plain = plain.substr(0, most_plain - outcome.plain.size());
    outcome.plain += plain;
    dispatcher.feed(plain);
  });
  bool going = true;
  while (!input.empty() && going) {
    const std::string part(input.substr(0, piece));  // what is read behind its end is seen
    input.remove_prefix(part.size());
    going = decompressor.feed(part);
  }
  outcome.end = decompressor.finish();
  outcome.problem = decompressor.problem();
  dispatcher.finish();
  drain(dispatcher, outcome);
  while (!dispatcher.log().empty()) {
    const DispatchSpan& front = dispatcher.log().front();
    outcome.rest = front.rest;
    if (front.rest) break;
    const DispatchSpan one = dispatcher.log().pop_frame();
    outcome.frames.emplace_back(one.slot, one.generation);
    outcome.places.push_back(one.first);
  }
  outcome.state = dispatcher.reader().state();
  outcome.trouble = dispatcher.reader().trouble_offset();
  return outcome;
}

std::vector<std::string> packets_in(std::string_view capture) {
  std::vector<std::string> packets;
  CaptureReader reader(CaptureOrigin::pipe);
  CaptureItem item;
  reader.put(capture);
  const auto take = [&] {
    while (reader.next(item)) {
      if (item.kind == ItemKind::frame) packets.emplace_back(item.packet);
    }
  };
  take();
  reader.finish();
  take();
  return packets;
}

/// Each frame of the input is where the log says that it is.
void check_log(const Outcome& outcome) {
  const auto expected = packets_in(outcome.plain);
  require(outcome.frames.size() == expected.size(), "the log has all frames");
  std::map<TsharkName, std::vector<std::string>> given;
  for (const auto& [name, bytes] : outcome.generations) given[name] = packets_in(bytes);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& packets = given[outcome.frames[i]];
    require(outcome.places[i] < packets.size(), "a tshark has what the log says");
    require(packets[outcome.places[i]] == expected[i], "a frame is where the log says");
  }
}

}  // namespace

FUZZ_TARGET(capture) {
  const std::string_view input = fuzz::text_of(data, size);
  const std::size_t piece = fuzz::pick(input, 50);

  const Outcome one = dispatch(input, piece, 1, {});
  require((one.generations.at({0, 0}) == one.plain), "one tshark gets the input, byte for byte");

  DispatcherOptions options;
  options.generation_frames = fuzz::pick(input, 7);
  options.stateful_worker = size % 2 == 0;
  options.stateful_pairs = 3;
  const Outcome several = dispatch(input, std::max<std::size_t>(size, 1), 3, options);
  require(several == dispatch(input, piece, 3, options), "the pieces make no difference");
  check_log(several);
  return 0;
}
