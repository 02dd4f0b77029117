#pragma once

#include <functional>
#include <string>
#include <utility>

#include "sink/byte_sink.h"

namespace flowmeter {

/// Rows of one or several inputs on their way to one place, under one header.
class Output final : public ByteSink {
 public:
  /// `header` is the finished line, or empty. `sink` outlives the output. `before` is called before anything
  /// is handed on, if it is given.
  Output(ByteSink& sink, std::string header, std::function<void()> before = {})
      : sink_(sink), header_(std::move(header)), before_(std::move(before)) {}

  /// Writes the header unless that is done.
  void begin() {
    if (begun_) return;
    begun_ = true;
    hand_on([&] { sink_.write(header_); });
  }

  /// No bytes at all begin the output, too.
  void write(std::string_view bytes) override {
    begin();
    if (!bytes.empty()) hand_on([&] { sink_.write(bytes); });
  }

  void flush() override {
    hand_on([&] { sink_.flush(); });
  }
  void finish() override {
    hand_on([&] { sink_.finish(); });
  }

 private:
  template <class Step>
  void hand_on(Step step) {
    if (before_) before_();
    step();
  }

  ByteSink& sink_;
  std::string header_;
  const std::function<void()> before_;
  bool begun_ = false;
};

/// The rows of one input: asks once, before the first of them, whether there may be rows at all.
class GatedSink final : public ByteSink {
 public:
  /// `gate` throws to refuse. `output` outlives the sink.
  GatedSink(Output& output, std::function<void()> gate) : output_(output), gate_(std::move(gate)) {}

  void write(std::string_view bytes) override {
    open();
    output_.write(bytes);
  }
  void flush() override { output_.flush(); }
  void finish() override {
    open();
    output_.begin();
    output_.flush();
  }

  /// Whether something was written.
  [[nodiscard]] bool is_open() const noexcept { return open_; }

 private:
  void open() {
    if (open_) return;
    gate_();
    open_ = true;
  }

  Output& output_;
  const std::function<void()> gate_;
  bool open_ = false;
};

}  // namespace flowmeter
