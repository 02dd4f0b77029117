#pragma once

#include <memory>
#include <string>

#include "source/frame_source.h"
#include "source/text_reader.h"

namespace flowmeter {

/// tshark's text, which somebody else's tshark has written, as a source of frames.
class TextSource final : public FrameSource {
 public:
  /// What was read of the input before.
  struct Head {
    std::string bytes;
    bool is_all = false;  ///< there is no more
  };

  /// `fd`, the input's, outlives the source. `text` gets all bytes.
  TextSource(EventLoop& io, int fd, Head head, std::unique_ptr<DialectSource> text, Host host);

  void attach(PacketObserver& observer) override { text_->attach(observer); }
  void start() override;
  /// Who writes the text is told to end as well: what still comes is read.
  void interrupt() override {}
  void kill() override { reader_.stop(); }
  void pass_time(std::int64_t now_ns) override { text_->pass_time(now_ns); }
  void end(EndOfInput how) override { text_->end(how); }

  [[nodiscard]] std::uint64_t published() const override { return text_->published(); }
  [[nodiscard]] const SkippedRecords& skipped() const override { return text_->skipped(); }
  [[nodiscard]] const PacketDecoder& decoder() const override { return text_->decoder(); }
  [[nodiscard]] const DueFields* due_fields() const override { return text_->decoder().due_fields(); }

 private:
  void finish();

  Head head_;
  const std::unique_ptr<DialectSource> text_;
  const Host host_;
  TextReader reader_;
};

}  // namespace flowmeter
