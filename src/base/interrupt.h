#pragma once

namespace flowmeter {

/// SIGINT and SIGTERM as a state that every wait of the program can look at: the signal is noted and
/// a descriptor becomes readable; nothing is interrupted by force. One object for the process.
///
/// Not a boost::asio::signal_set: sinks wait for it by poll(2) outside of any loop, each input that is being
/// metered waits for it, and parts are merged without a loop.
class Interrupt {
 public:
  /// Installs the handlers, and ignores SIGPIPE and SIGXFSZ: writing to a closed pipe, or more than a
  /// file may have, is an error like others.
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// The signal that came (the first of them), or 0.
  [[nodiscard]] static int signal() noexcept;

  /// Becomes and stays readable when a signal came; -1 without an Interrupt.
  [[nodiscard]] static int descriptor() noexcept;
};

}  // namespace flowmeter
