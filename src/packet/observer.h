#pragma once

#include <vector>

#include "packet/packet.h"

namespace flowmeter {

/// How an input ended.
enum class EndOfInput {
  complete,     ///< all of it was read
  damaged,      ///< it is damaged or cut short from here on
  interrupted,  ///< the user ended the run
};

/// Sees every frame of an input, in the input's order. What it is handed lives until it returns.
class PacketObserver {
 public:
  virtual ~PacketObserver() = default;

  /// A frame, whether or not it holds packets; before its packets.
  virtual void on_frame(const Frame& /*frame*/) {}

  /// A packet; a frame may have several, of one conversation or more.
  virtual void on_packet(const Packet& /*packet*/) {}

  /// All packets of the frame were handed over.
  virtual void on_frame_end(const Frame& /*frame*/) {}

  /// By now no frame will come that was captured before this time (nanoseconds since the epoch): what has
  /// been waiting for later frames need not wait for them any longer. Between frames, if at all.
  virtual void on_time(std::int64_t /*now_ns*/) {}

  /// What follows is another output of tshark: frames and streams are numbered anew, and the time may be any
  /// other. What is open is over. Between frames.
  virtual void on_segment() {}

  /// The input is over; called once.
  virtual void on_end(EndOfInput /*end*/) {}
};

/// Where packets come from, as observers see it. Observers are told in the order in which they were
/// attached; one that attaches while a frame is handed on counts from the next frame.
class PacketSource {
 public:
  /// `observer` must stay alive until the source is gone.
  void attach(PacketObserver& observer);

 protected:
  PacketSource() = default;
  ~PacketSource() = default;
  PacketSource(const PacketSource&) = delete;
  PacketSource& operator=(const PacketSource&) = delete;

  void publish(const Frame& frame);
  void publish_time(std::int64_t now_ns);
  void publish_segment();
  void publish_end(EndOfInput end);

 private:
  void add_new();

  std::vector<PacketObserver*> observers_;
  std::vector<PacketObserver*> new_;  // join them between frames
};

}  // namespace flowmeter
