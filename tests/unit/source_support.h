#pragma once

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <unistd.h>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "packet/decoder.h"
#include "source/child.h"
#include "source/dialect_source.h"
#include "source/frame_source.h"

namespace flowmeter::test {

/// A frame without packets as tshark -T ek writes it, `second` seconds after 1970.
inline std::string ek_frame(int second) {
  return R"({"index":{"_index":"packets-1970-01-01"}})"
         "\n"
         R"({"timestamp":"1","layers":{"frame_time_epoch":[")" +
         std::to_string(second) + R"(.0"],"frame_len":["42"],"frame_protocols":["eth:ethertype:arp"]}})" +
         "\n";
}

inline std::string ek_frames(int count) {
  std::string text;
  for (int second = 1; second <= count; ++second) text += ek_frame(second);
  return text;
}

/// The fields of every packet.
inline const FieldSet& packet_fields() {
  static const FieldSet fields = [] {
    FieldSet made;
    PacketDecoder::add_fields(made);
    return made;
  }();
  return fields;
}

/// Reads the text of a tshark of ours.
inline std::unique_ptr<DialectSource> own_text(TsharkOutputFormat format = TsharkOutputFormat::ek) {
  return std::make_unique<DialectSource>(format, packet_fields());
}

/// A pipe that holds these bytes, and then ends.
inline Descriptor pipe_with(std::string_view bytes) {
  Pipe pipe = make_pipe(1 << 20);
  if (write(pipe.write.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) return {};
  return std::move(pipe.read);
}

/// Runs a source in a loop of its own, and writes down what it tells its host.
class SourceRun : private PacketObserver {
 public:
  /// A host that writes down.
  FrameSource::Host host() {
    FrameSource::Host host;
    host.guard = [this](const std::function<void()>& step) { guard(step); };
    host.progressed = [this] {
      if (on_progress) on_progress();
    };
    host.done = [this] { ++done; };
    host.bytes_read = [this](std::string_view bytes) { input += bytes; };
    host.retry = [this](Retry what) { retry = what; };
    return host;
  }

  /// Runs the source until there is nothing to wait for.
  void run(FrameSource& source) {
    source_ = &source;
    source.attach(*this);
    guard([&] { source.start(); });
    io.run();
  }

  boost::asio::io_context io;
  std::function<void()> on_progress;   // or nothing
  std::vector<std::int64_t> seconds;   // the times of the frames
  std::vector<std::int64_t> times_ns;  // that the observers were told
  std::optional<EndOfInput> end;
  int done = 0;
  std::string error;  // that was thrown
  bool nothing_done = false;
  std::string input;  // bytes that were read of it
  std::optional<Retry> retry;

 private:
  void on_frame(const Frame& frame) override { seconds.push_back(frame.time_ns / 1'000'000'000); }
  void on_time(std::int64_t now_ns) override { times_ns.push_back(now_ns); }
  void on_end(EndOfInput how) override { end = how; }

  void guard(const std::function<void()>& step) {
    if (!error.empty()) return;
    try {
      step();
    } catch (const InputError& thrown) {
      error = thrown.what();
      nothing_done = thrown.nothing_done();
      source_->kill();
    }
  }

  FrameSource* source_ = nullptr;
};

}  // namespace flowmeter::test
