#pragma once

#include <optional>

#include "source/capture_feed.h"
#include "source/child.h"
#include "source/message_reader.h"
#include "source/timer.h"

namespace flowmeter {

/// What is to be captured, and how.
struct LiveOptions {
  std::vector<std::string> interfaces;
  std::string filter;                    ///< libpcap's; empty: all frames
  std::uint64_t frames = 0;              ///< after which it ends; 0: it goes on
  std::optional<std::uint32_t> snaplen;  ///< bytes of each frame; none: all
  std::uint32_t buffer_mib = 16;  ///< of the kernel for each interface (dumpcap's own 2 overflow in bursts)
  bool promiscuous = true;
};

/// dumpcap: the one that comes with the tshark of that path, else the one in PATH.
/// Throws UsageError if there is none that may be run.
[[nodiscard]] std::string find_dumpcap(const std::string& tshark);

/// The command by which dumpcap captures to its standard output, as pcapng.
[[nodiscard]] Command dumpcap_command(const std::string& program, const LiveOptions& options);

/// What a dumpcap that failed means, in one line, with what can be done about it.
/// Source: messages of dumpcap 3.4 to 4.6.
[[nodiscard]] std::string explain_dumpcap(const std::string& program, const ChildExit& how,
                                          std::string_view errors);

/// Frames off the wire: a dumpcap that writes them to a pipe as they come. Only dumpcap needs the right to
/// capture, and nothing is kept in files on the way.
class LiveCapture final : public CaptureFeed {
 public:
  LiveCapture(EventLoop& io, std::string dumpcap, const LiveOptions& options);

  [[nodiscard]] int fd() const noexcept override { return pipe_.read.get(); }
  /// dumpcap writes what the kernel has by now, and ends.
  void end() override;
  [[nodiscard]] const std::string& failure() const noexcept override { return failure_; }
  [[nodiscard]] bool begun() const override;
  /// What the interfaces themselves have lost since the beginning. dumpcap tells at its end alone what the
  /// kernel's buffer has lost besides.
  [[nodiscard]] std::optional<std::uint64_t> dropped() const override;
  [[nodiscard]] std::vector<InterfaceCounts> counts() const override { return counts_; }

 private:
  void over();

  const std::string program_;
  const std::vector<std::string> interfaces_;
  const std::uint64_t lost_before_;  // by them
  Pipe pipe_;  // its end for writing is closed behind dumpcap's: so its exit is known first
  Child child_;
  MessageReader errors_;
  Timer last_;  // until the kernel has handed over what it holds
  std::vector<InterfaceCounts> counts_;
  std::string failure_;
};

}  // namespace flowmeter
