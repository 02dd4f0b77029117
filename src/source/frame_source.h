#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "dialect/skipped.h"
#include "packet/decoder.h"
#include "packet/observer.h"

namespace flowmeter {

/// What to try with a capture in a file when a source cannot read the rest of it. The next source begins at
/// the beginning of the file, and does not publish again what was published.
enum class Retry {
  by_one_tshark,          ///< only tshark itself can read the file
  without_local_headers,  ///< tshark sees other headers in the frames than were parsed here
  by_ek,                  ///< a record has more values than tshark's columns hold
};

/// The frames of one input, from wherever they come: tshark's text, one tshark, several tsharks. It works in
/// the event loop that it was made for, and tells its Host what happens.
///
/// Errors are thrown into Host::guard: InputError, after all frames before the damage were published, and
/// CutValue where Retry::by_ek would help.
class FrameSource {
 public:
  /// What a source calls. All of it outlives the source. None of it may destroy the source.
  struct Host {
    std::function<void(const std::function<void()>&)> guard;  ///< runs a step, handles its exceptions
    std::function<void()> progressed;                         ///< frames may have been published
    std::function<void()> done;                               ///< the input is over
    std::function<void(std::string_view)> bytes_read{};       ///< of the input; or nothing
    std::function<void(bool at_end)>
        lacking{};                       ///< a text lacks fields, see DialectSource::on_lack(); or nothing
    std::function<void(Retry)> retry{};  ///< the rest is for another source; this one does nothing more
  };

  virtual ~FrameSource() = default;
  FrameSource(const FrameSource&) = delete;
  FrameSource& operator=(const FrameSource&) = delete;

  /// See PacketSource::attach(). Before start().
  virtual void attach(PacketObserver& observer) = 0;

  /// Begins; everything else happens in the loop. Throws as what is thrown into the guard.
  virtual void start() = 0;

  /// The user ends the run: no more of a capture is read, and what was read is still published.
  virtual void interrupt() = 0;

  /// Ends all children at once; nothing more is read or published. What the loop has in its queue by now must
  /// still find the source.
  virtual void kill() = 0;

  /// Tells the observers what time it is though no frame comes.
  virtual void pass_time(std::int64_t now_ns) = 0;

  /// Tells the observers how the input ended.
  virtual void end(EndOfInput how) = 0;

  /// Whether bytes or frames of the input were read and are not published yet, as far as one can see.
  [[nodiscard]] virtual bool has_frames_in_flight() const { return false; }

  /// Frames that were published, by this source or by those before it.
  [[nodiscard]] virtual std::uint64_t published() const = 0;

  /// Damaged records that were passed over.
  [[nodiscard]] virtual const SkippedRecords& skipped() const = 0;

  /// What makes frames of the records, for its counts.
  [[nodiscard]] virtual const PacketDecoder& decoder() const = 0;

  /// Frames read.
  [[nodiscard]] std::uint64_t frames() const { return decoder().frames(); }

  /// What the text of somebody else's tshark should have; null: the tshark is ours and was asked for it.
  [[nodiscard]] virtual const DueFields* due_fields() const { return nullptr; }

  /// The command of each tshark, as a line for a shell; empty: none is run.
  [[nodiscard]] virtual std::string command_line() const { return {}; }

  /// The process that reads the input's file by its name; none: the input's own descriptor is read.
  [[nodiscard]] virtual std::optional<int> reading_process() const { return std::nullopt; }

  /// What several tsharks that share an input could not keep together.
  struct Separated {
    std::uint64_t packets = 0;  ///< see FrameDispatcher::pairs_refused()
    std::uint64_t media =
        0;  ///< frames that announced media between other hosts than their own, see MediaWatch
  };
  [[nodiscard]] virtual Separated separated() const { return {}; }

  /// What the tsharks are doing, such as "12 frames in 3 tsharks"; empty: nothing that is worth telling.
  [[nodiscard]] virtual std::string activity() const { return {}; }

 protected:
  FrameSource() = default;
};

}  // namespace flowmeter
