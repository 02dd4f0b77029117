#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "sink/byte_sink.h"

namespace flowmeter {

/// Holds output back until its turn comes: in memory while it is small, else in an unnamed temporary
/// file. From then on it hands everything on.
class Spool final : public ByteSink {
 public:
  /// `sink` outlives the spool.
  explicit Spool(ByteSink& sink) : sink_(sink) {}

  void write(std::string_view bytes) override;
  void flush() override {
    if (open_) sink_.flush();
  }
  void finish() override { flush(); }

  /// Its turn has come: hands on what was held back.
  void open();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  ByteSink& sink_;
  bool open_ = false;
  std::string memory_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace flowmeter
