#include "dealer.h"

#include <algorithm>

namespace flowmeter {

Dealer::Dealer(unsigned workers, CaptureOrigin origin)
    : reader_(origin), lanes_(std::max(workers, 1U)) {}

void Dealer::feed(std::string_view piece) {
  reader_.put(piece);
  deal_all();
}

void Dealer::finish() {
  reader_.finish();
  deal_all();
}

void Dealer::deal_all() {
  CaptureItem item;
  while (reader_.next(item)) deal(item);
}

void Dealer::deal(const CaptureItem& item) {
  if (item.kind == ItemKind::frame) return deal_frame(item);
  if (item.kind == ItemKind::tail) return deal_tail(item);
  prologue_.remember(item);
  filler_.remember(item);
  for (Lane& lane : lanes_) lane.output += item.bytes;
}

void Dealer::deal_frame(const CaptureItem& item) {
  const unsigned worker = worker_for(item);
  Lane& lane = lanes_[worker];
  lane.output += item.bytes;
  log_.add(worker, lane.life, lane.given);
  filler_.remember(item);
  ++lane.given;
  ++frames_;
}

void Dealer::deal_tail(const CaptureItem& item) {
  Lane& lane = lanes_.front();
  if (!rest_) {
    // A tshark that meets damage before its first frame says so in other words.
    if (lane.given == 0 && frames_ != 0) filler(0);
    log_.add_rest(0, lane.life, lane.given);
    rest_ = true;
  }
  lane.output += item.bytes;
}

unsigned Dealer::worker_for(const CaptureItem& frame) const {
  if (lanes_.size() == 1) return 0;
  if (frame.link_type == kNoLinkType) return 0;
  return worker_of(deal_key(frame.link_type, frame.packet), workers());
}

bool Dealer::filler(unsigned worker, std::size_t count) {
  if (!filler_.possible() || (rest_ && worker == 0)) return false;
  Lane& lane = lanes_[worker];
  for (std::size_t i = 0; i < count; ++i) filler_.append_to(lane.output);
  lane.given += count;
  return true;
}

void Dealer::new_life(unsigned worker) {
  Lane& lane = lanes_[worker];
  lane.output.clear();
  prologue_.append_to(lane.output);
  lane.given = 0;
  ++lane.life;
}

}  // namespace flowmeter
