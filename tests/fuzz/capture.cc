// Captures, compressed ones too, dealt to several tsharks that are replaced.

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

using LifeName = std::pair<unsigned, std::uint32_t>;  // a lane, and which of its lives

/// What became of an input.
struct Deal {
  std::map<LifeName, std::string> lives;
  std::vector<LifeName> frames;  // who has it
  std::vector<std::uint64_t> places;
  std::string plain, problem;
  PackingEnd end = PackingEnd::whole;
  ReaderState state = ReaderState::reading;
  std::uint64_t trouble = 0;
  bool rest = false;

  friend bool operator==(const Deal&, const Deal&) = default;
};

void drain(FrameDispatcher& dealer, Deal& deal) {
  for (unsigned lane = 0; lane < dealer.lanes(); ++lane) {
    deal.lives[{lane, dealer.life(lane)}] += dealer.output(lane);
  }
}

Deal deal_out(std::string_view input, std::size_t piece, unsigned workers, const DispatcherOptions& options) {
  Deal deal;
  FrameDispatcher dealer(workers, CaptureOrigin::pipe, options);
  dealer.on_life_end([&](unsigned lane) {
    deal.lives[{lane, dealer.life(lane)}] += dealer.output(lane);
    dealer.output(lane).clear();
  });
  Decompressor decompressor([&](std::string_view plain) {
    plain = plain.substr(0, most_plain - deal.plain.size());
    deal.plain += plain;
    dealer.feed(plain);
  });
  bool going = true;
  while (!input.empty() && going) {
    const std::string part(input.substr(0, piece));  // what is read behind its end is seen
    input.remove_prefix(part.size());
    going = decompressor.feed(part);
  }
  deal.end = decompressor.finish();
  deal.problem = decompressor.problem();
  dealer.finish();
  drain(dealer, deal);
  while (!dealer.log().empty()) {
    const DispatchSpan& front = dealer.log().front();
    deal.rest = front.rest;
    if (front.rest) break;
    const DispatchSpan one = dealer.log().take();
    deal.frames.emplace_back(one.worker, one.life);
    deal.places.push_back(one.first);
  }
  deal.state = dealer.reader().state();
  deal.trouble = dealer.reader().trouble_offset();
  return deal;
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
void check_log(const Deal& deal) {
  const auto expected = packets_in(deal.plain);
  require(deal.frames.size() == expected.size(), "the log has all frames");
  std::map<LifeName, std::vector<std::string>> given;
  for (const auto& [name, bytes] : deal.lives) given[name] = packets_in(bytes);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& packets = given[deal.frames[i]];
    require(deal.places[i] < packets.size(), "a tshark has what the log says");
    require(packets[deal.places[i]] == expected[i], "a frame is where the log says");
  }
}

}  // namespace

FUZZ_TARGET(capture) {
  const std::string_view input = fuzz::text_of(data, size);
  const std::size_t piece = fuzz::pick(input, 50);

  const Deal one = deal_out(input, piece, 1, {});
  require((one.lives.at({0, 0}) == one.plain), "one tshark gets the input, byte for byte");

  DispatcherOptions options;
  options.life_frames = fuzz::pick(input, 7);
  options.keeper = size % 2 == 0;
  options.keeper_pairs = 3;
  const Deal several = deal_out(input, std::max<std::size_t>(size, 1), 3, options);
  require(several == deal_out(input, piece, 3, options), "the pieces make no difference");
  check_log(several);
  return 0;
}
