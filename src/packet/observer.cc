#include "packet/observer.h"

#include <algorithm>

namespace flowmeter {

void PacketSource::attach(PacketObserver& observer) {
  wanted_.push_back(&observer);
  changed_ = true;
}

void PacketSource::detach(PacketObserver& observer) {
  std::erase(wanted_, &observer);
  changed_ = true;
}

void PacketSource::settle() {
  if (!changed_) return;
  observers_ = wanted_;
  changed_ = false;
}

void PacketSource::publish(const Frame& frame) {
  settle();
  for (PacketObserver* observer : observers_) observer->on_frame(frame);
  for (const Packet& packet : frame.packets) {
    for (PacketObserver* observer : observers_) observer->on_packet(packet);
  }
  for (PacketObserver* observer : observers_) observer->on_frame_end(frame);
}

void PacketSource::publish_time(std::int64_t now_ns) {
  settle();
  for (PacketObserver* observer : observers_) observer->on_time(now_ns);
}

void PacketSource::publish_segment() {
  settle();
  for (PacketObserver* observer : observers_) observer->on_segment();
}

void PacketSource::publish_end(EndOfInput end) {
  settle();
  for (PacketObserver* observer : observers_) observer->on_end(end);
}

}  // namespace flowmeter
