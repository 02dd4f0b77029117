#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/report.h"

namespace flowmeter {

/// How far work on inputs has come.
struct Reached {
  std::uint64_t frames = 0;       ///< read
  std::uint64_t open_flows = 0;   ///< now
  std::uint64_t ended_flows = 0;  ///< written
  std::optional<double> share{};  ///< of the input that was read, 0 to 1, if that is known
  std::optional<std::uint64_t>
      dropped{};  ///< frames that a live capture has lost, as far as that is known yet

  /// Adds the counts of another input.
  void add(const Reached& other) noexcept;
};

/// The line of progress: "x.pcap: 12,345 packets, 2,000/s, flows: 5 open, 6 written, 7 dropped by the
/// interface, 42 %, 1:23 left".
[[nodiscard]] std::string progress_line(const std::string& name, const Reached& reached,
                                        std::chrono::duration<double> elapsed);

/// The counters for one who asks for them: "x.pcap: 12345 frames, 5 flows open, 6 written, 1.2 s".
[[nodiscard]] std::string counters_line(const std::string& name, const Reached& reached,
                                        std::chrono::duration<double> elapsed);

/// The one line on a terminal that is painted over and over. Where standard error is no terminal, whole lines
/// without control characters.
class Progress {
 public:
  /// `reporter` outlives the object; its messages come in the line's place. `terminal`: whether standard
  /// error is one.
  explicit Progress(Reporter& reporter, bool terminal = on_terminal())
      : reporter_(reporter), terminal_(terminal) {}
  ~Progress() { erase(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Whether standard error is a terminal.
  [[nodiscard]] static bool on_terminal();

  /// Shows the line in the place of the one before. Not while another job has the terminal.
  void paint(const std::string& line);

  /// Removes it, so that something else can be written there.
  void erase();

 private:
  Reporter& reporter_;
  const bool terminal_;
  bool painted_ = false;
};

}  // namespace flowmeter
