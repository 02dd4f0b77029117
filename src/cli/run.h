#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/sha256.h"
#include "capture/decompress.h"
#include "cli/input_run.h"
#include "observer/field_watch.h"
#include "observer/live_clock.h"
#include "source/capture_feed.h"
#include "source/child.h"
#include "source/dialect_source.h"
#include "source/fd_watcher.h"
#include "source/fleet.h"
#include "source/input_sniffer.h"
#include "source/timer.h"

namespace flowmeter {

/// The one InputRun that there is; who meters inputs needs no more than that.
///
/// run_open.cc opens the input and sees what it is; run_text.cc and run_tshark.cc read tshark's text and
/// captures; run_end.cc ends it, run_progress.cc tells how far it is, and run.cc holds it together.
class Run final : public InputRun {
 public:
  Run(EventLoop& io, const Options& options, const MeterPlan& plan, TsharkSetup& setup, const Input& input,
      unsigned jobs, Output& output, Reporter& reporter, std::function<void(const InputResult&)> done)
      : options_(options),
        plan_(plan),
        setup_(setup),
        given_(input),
        input_(input.path),
        name_(input_name(input)),
        reporter_(reporter),
        sink_(output, [this] { refuse_if_lacking(); }),
        writer_(make_writer(sink_, options.rows, plan.header)),
        meter_(plan.make(input_, *writer_)),
        jobs_(jobs),
        done_(std::move(done)),
        account_(options.accounts() ? std::make_shared<InputAccount>() : nullptr),
        digest_(options.meta.empty() || input.endless() ? nullptr : std::make_unique<Sha256>()),
        io_(io),
        deadline_(io),
        stop_at_(io),
        live_tick_(io),
        child_wait_(io) {}

  void begin();
  [[nodiscard]] Reached reached() const override;
  [[nodiscard]] std::string counters() const override;

 private:
  void open();
  void look_before();
  void sniff_head();
  [[nodiscard]] InputKind kind_of(InputKind seen) const;
  void begin_part(InputKind kind);
  void start(InputKind kind);
  void start_text(InputKind kind);
  void expect_fields();
  void watch_fields();
  void warn_of_unseen_fields() const;
  void warn_of_doubtful_fields() const;
  void start_tshark(InputKind kind);
  void start_single(const TsharkSetup::Choice& choice, TsharkOutputFormat decoder,
                    std::uint64_t frames_before = 0);
  void start_fleet(const TsharkSetup::Choice& choice, TsharkOutputFormat decoder, bool read_headers,
                   std::uint64_t frames_before = 0);
  void begin_again(std::function<void()> how);
  void begin_again_by_ek();
  [[nodiscard]] bool may_change_decoder(TsharkOutputFormat decoder) const;
  [[nodiscard]] bool wants_fleet(InputKind kind) const;
  [[nodiscard]] bool may_read_headers(const TsharkSetup::Choice& choice) const;
  [[nodiscard]] std::uint64_t frames() const;
  void watch_interrupt();
  void read_output();
  void read_errors();
  void pump();
  void fill_pump();
  [[nodiscard]] bool unpacks() const;
  void refuse_if_packing_is_broken() const;
  void end_of_output();
  void wait_for_child();
  void conclude();
  [[nodiscard]] std::string feed_failure() const;
  void start_feed();
  void tell_time();
  [[nodiscard]] bool in_flight() const;
  void warn_of_drops();
  void warn_of_frames();
  void conclude_tshark(const ChildExit& how);
  void finish(EndOfInput end);
  [[nodiscard]] const SkippedRecords& skipped() const;
  [[nodiscard]] std::string skipped_in_words() const;
  template <class Source>
  void attach_observers(Source& source);
  void take(std::string_view bytes);
  void close_account();
  void hash_file();
  void refuse_if_lacking();
  void stop();
  [[nodiscard]] std::optional<double> share() const;

  template <class Function>
  void guarded(Function function);
  void fail(const InputError& error);
  void fail_without_rows();

  const Options& options_;
  const MeterPlan& plan_;
  TsharkSetup& setup_;
  const Input& given_;
  const std::string input_;
  const std::string name_;
  Reporter& reporter_;
  GatedSink sink_;
  std::unique_ptr<RowWriter> writer_;
  std::unique_ptr<Meter> meter_;

  const unsigned jobs_;
  const std::function<void(const InputResult&)> done_;
  const std::shared_ptr<InputAccount> account_;  // or none
  const std::unique_ptr<Sha256> digest_;         // of the input's bytes, or none
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  EventLoop& io_;
  Timer deadline_, stop_at_, live_tick_, child_wait_;
  std::unique_ptr<CaptureFeed> feed_;  // or none
  std::unique_ptr<LiveClock> clock_;   // or none
  Descriptor file_, interrupt_fd_;
  std::optional<Descriptor> fragments_;  // of the capture before, as a capture
  std::uint64_t frames_before_ = 0;      // in it
  int fd_ = -1;                          // the input's
  bool seekable_ = false;                // a regular file
  off_t begin_ = 0;                      // where it begins for us
  InputSniffer sniffer_;                 // of a pipe
  std::string head_;                     // bytes of it that were read to see what it is
  bool head_is_all_ = false;
  InputKind kind_ = InputKind::unknown;
  bool compressed_ = false;
  std::unique_ptr<DialectSource> source_;  // one of the two
  std::unique_ptr<TsharkFleet> fleet_;
  std::unique_ptr<FieldWatch> named_, application_;  // or none
  std::unique_ptr<Child> child_;
  std::unique_ptr<FdWatcher> output_, errors_, interrupt_, pump_in_, pump_out_;
  std::string pump_buffer_;               // plain bytes for tshark
  std::size_t pump_done_ = 0;             // of them
  std::optional<Decompressor> unpacker_;  // of what the pump moves
  PackingEnd packing_ = PackingEnd::whole;
  bool own_stream_ = false;  // from our own tshark: its fields are the ones that were asked for
  bool refused_ = false;     // for the fields that it lacks
  bool finished_ = false;
  bool ended_ = false;
  bool begun_ = false;    // a live capture
  bool stopped_ = false;  // an endless input was told to end
  InputResult result_;
};

/// Runs a step; whatever it throws ends the run the way it should.
template <class Function>
void Run::guarded(Function function) {
  if (finished_) return;
  try {
    function();
  } catch (const CutValue&) {
    begin_again_by_ek();
  } catch (const InputError& error) {
    fail(error);
  } catch (const std::bad_alloc&) {
    fail(InputError("out of memory"));  // what was asked for was much; to write what there is takes little
  } catch (...) {
    fail_without_rows();
  }
}

template <class Source>
void Run::attach_observers(Source& source) {
  source.attach(meter_->observer());
  if (account_) source.attach(account_->frames);
  if (clock_) source.attach(*clock_);
}

}  // namespace flowmeter
