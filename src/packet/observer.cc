#include "packet/observer.h"

namespace flowmeter {

void PacketSource::attach(PacketObserver& observer) { new_.push_back(&observer); }

void PacketSource::add_new() {
  observers_.insert(observers_.end(), new_.begin(), new_.end());
  new_.clear();
}

void PacketSource::publish(const Frame& frame) {
  add_new();
  for (PacketObserver* observer : observers_) observer->on_frame(frame);
  for (const Packet& packet : frame.packets) {
    for (PacketObserver* observer : observers_) observer->on_packet(packet);
  }
  for (PacketObserver* observer : observers_) observer->on_frame_end(frame);
}

void PacketSource::publish_time(std::int64_t now_ns) {
  add_new();
  for (PacketObserver* observer : observers_) observer->on_time(now_ns);
}

void PacketSource::publish_segment() {
  add_new();
  for (PacketObserver* observer : observers_) observer->on_segment();
}

void PacketSource::publish_end(EndOfInput end) {
  add_new();
  for (PacketObserver* observer : observers_) observer->on_end(end);
}

}  // namespace flowmeter
