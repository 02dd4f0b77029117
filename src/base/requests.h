#pragma once

namespace flowmeter {

/// Signals by which a running program is asked for something, and that end nothing: SIGHUP for new output
/// files, SIGUSR1 for the counters. One object for the process.
///
/// Not a boost::asio::signal_set: parts are merged without a loop, and ask any() for every event.
class Requests {
 public:
  /// What was asked for.
  struct Asked {
    bool reopen = false;
    bool counters = false;
  };

  /// Installs the handlers. SIGHUP keeps its meaning, the end of the terminal, unless `reopens`.
  explicit Requests(bool reopens);
  ~Requests();
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;

  /// What was asked for since the last call.
  [[nodiscard]] Asked take() noexcept;

  /// Whether there may be something to take; costs nothing.
  [[nodiscard]] static bool any() noexcept;

  /// Readable while there is something to take.
  [[nodiscard]] int descriptor() const noexcept;

 private:
  const bool reopens_;
};

}  // namespace flowmeter
