#include "cli/source_choice.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "capture/first_frame.h"
#include "cli/text_fields.h"
#include "source/parallel_tshark.h"
#include "source/single_tshark.h"
#include "source/text_source.h"

namespace flowmeter {
namespace {

constexpr std::size_t output_buffer = std::size_t{64} << 10;          // of a single tshark
constexpr std::uintmax_t worth_replacing = std::uintmax_t{64} << 20;  // bytes of a capture

/// Several tsharks pay, and one that is replaced is needed, from some size on. They cannot share a
/// capture that only tshark can read, a run in which frames are left out or that ends before the capture,
/// fields whose values come of what tshark remembers of a stream, nor transports other than TCP and UDP.
/// Versions whose streams are not known in all cases do so on demand only, and where memory would grow for
/// ever.
bool wants_several(const InputContext& context, const OpenedInput& input) {
  const Options& options = context.options;
  const MeterPlan& plan = context.plan;
  if (!context.setup.get().shares && !options.jobs_given && !context.input.endless()) return false;
  if (input.kind() != InputKind::capture || options.decoder == TsharkOutputChoice::json) return false;
  if (!options.tshark.display_filter.empty() || !options.tshark.extra_arguments.empty()) return false;
  if (plan.transports != tcp_and_udp) return false;
  const auto& names = plan.fields.names();
  if (!std::all_of(names.begin(), names.end(), stateless)) return false;
  if (plan.one_tshark) return false;
  if (options.live.frames != 0 && options.live.interfaces.empty()) return false;
  if (options.jobs_given || !input.is_file()) return context.jobs > 1 || options.life_frames != 0;
  struct stat status {};
  if (fstat(input.fd(), &status) != 0) return false;
  return static_cast<std::uintmax_t>(status.st_size) >= (context.jobs > 1 ? worth_sharing : worth_replacing);
}

/// Headers can be parsed here as long as tshark is not told to see something else in the frames, and if the
/// capture can be read again should it see something else all the same.
bool may_parse_headers(const TsharkSetup::Choice& setup, const OpenedInput& input) {
  return input.is_file() && setup.decoder == TsharkOutputFormat::columns && setup.tshark.decode_as.empty() &&
         setup.tshark.preferences.empty();
}

/// Whether EK may be tried if columns turn out not to hold what the capture has: if the user has not asked
/// for columns, and the capture can be read again.
bool may_change_format(const InputContext& context, const OpenedInput& input, TsharkOutputFormat format) {
  return input.is_file() && format == TsharkOutputFormat::columns &&
         context.options.decoder == TsharkOutputChoice::automatic;
}

/// A compressed capture is decompressed here, so that one tshark and several of them see the same bytes:
/// after the last member of a gzip file tshark itself takes padding for packets. What only tshark can read
/// must be a file for it, since some of that cannot be read from a pipe.
bool is_decompressed_here(const OpenedInput& input) {
  if (!input.is_file() || !input.is_compressed() || input.kind() != InputKind::capture) return false;
  const bool only_tshark = FirstFrame(input.fd()).unsupported();
  input.rewind();
  return !only_tshark;
}

/// What the options say of the reading of text, whoever writes it.
void set_options(DialectSource& text, const InputContext& context) {
  if (context.plan.ranks_streams) text.rank_streams();
  if (context.options.keep_going) text.keep_going();
  if (context.options.read_bytes != 0) text.set_chunk(context.options.read_bytes);
}

std::unique_ptr<FrameSource> make_text(const InputContext& context, const OpenedInput& input,
                                       FrameSource::Host host) {
  const MeterPlan& plan = context.plan;
  const TsharkOptions& tshark = context.options.tshark;
  if (!tshark.display_filter.empty() || !tshark.decode_as.empty() || !tshark.preferences.empty() ||
      !tshark.extra_arguments.empty() || tshark.transport_only) {
    context.reporter.warning(fmt::format("{}: was dissected already: what is for tshark has no effect on it",
                                         input_name(context.input)));
  }
  std::optional<Joining> joining;
  if (context.options.continuous) {
    if (!plan.columns) {
      throw InputError(
          fmt::format("--continuous joins streams, which --schema {} takes as tshark numbers them",
                      context.options.meter.schema),
          true);
    }
    joining = {plan.policy.longest_idle_timeout(), plan.policy.remembered_streams};
  }
  auto text =
      std::make_unique<DialectSource>(input.kind(), plan.fields, plan.tunnel, plan.transports, joining);
  expect_fields(*text->due_fields(), plan);
  set_options(*text, context);
  text->stop_after(context.options.live.frames);
  return std::make_unique<TextSource>(context.io, input.fd(),
                                      TextSource::Head{input.head(), input.head_is_all()}, std::move(text),
                                      std::move(host));
}

std::unique_ptr<FrameSource> make_single(const InputContext& context, const OpenedInput& input,
                                         const SourceChoice& choice, FrameSource::Host host) {
  const Options& options = context.options;
  const MeterPlan& plan = context.plan;
  const TsharkSetup::Choice& setup = context.setup.get();
  const bool as_file = input.is_file() && !is_decompressed_here(input);
  const bool by_name = as_file && context.input.path != "-";
  TsharkInvocation run;
  run.decoder = choice.format;
  run.input = by_name ? context.input.path : "-";
  run.configuration_directory = setup.configuration_directory;
  run.at_once = !input.is_file() && context.input.parts.empty();
  run.shielded = context.input.endless();
  run.buffer_bytes = output_buffer;
  if (options.live.interfaces.empty()) run.frames = options.live.frames;
  SingleTshark::Setup single;
  single.command = tshark_command(setup.tshark, setup.fields, run);
  single.command_line = shell_line(single.command, setup.fields, TsharkOutputFormat::ek);
  single.input = by_name ? Child::Input::none : as_file ? Child::Input::given : Child::Input::pipe;
  single.fd = input.fd();
  single.head = input.head();
  auto text = std::make_unique<DialectSource>(choice.format, plan.fields, plan.tunnel, plan.transports);
  text->begin_after(choice.frames_before);
  if (may_change_format(context, input, choice.format)) text->refuse_cut_values();
  if (!options.tshark.extra_arguments.empty()) text->expect_all_values();
  set_options(*text, context);
  return std::make_unique<SingleTshark>(context.io, std::move(single), std::move(text), std::move(host));
}

std::unique_ptr<FrameSource> make_parallel(const InputContext& context, const OpenedInput& input,
                                           const SourceChoice& choice, FrameSource::Host host) {
  const MeterPlan& plan = context.plan;
  const TsharkSetup::Choice& setup = context.setup.get();
  ParallelOptions parallel;
  parallel.tshark = setup.tshark;
  parallel.decoder = choice.format;
  parallel.configuration_directory = setup.configuration_directory;
  parallel.jobs = context.jobs;
  parallel.life_frames = context.options.life_frames;
  parallel.idle = plan.policy.longest_idle_timeout();
  parallel.remembered_streams = plan.policy.remembered_streams;
  parallel.at_once = context.input.endless();
  parallel.shielded = context.input.endless();
  parallel.keep_going = context.options.keep_going;
  parallel.read_headers = choice.local_headers;
  parallel.refuse_cut_values = may_change_format(context, input, choice.format);
  parallel.protocols = plan.whole_protocols;
  parallel.rules =
      StreamRules::of(setup.tshark.version.major, setup.tshark.version.minor).value_or(StreamRules::usual());
  parallel.watch_media =
      setup.shares && !setup.tshark.transport_only;  // other versions may not have the fields
  parallel.frames_before = choice.frames_before;
  parallel.tunnel = plan.tunnel;
  return std::make_unique<ParallelTshark>(context.io, parallel, plan.fields,
                                          input.is_file() ? CaptureOrigin::file : CaptureOrigin::pipe,
                                          input.fd(), input.head(), std::move(host));
}

}  // namespace

SourceChoice choose_source(const InputContext& context, const OpenedInput& input) {
  if (!is_capture(input.kind())) return {};
  const TsharkSetup::Choice& setup = context.setup.get();
  if (!wants_several(context, input)) return {SourceChoice::Kind::single_tshark, setup.decoder};
  return {SourceChoice::Kind::parallel_tshark, setup.decoder, may_parse_headers(setup, input)};
}

SourceChoice choose_again(SourceChoice choice, Retry retry, std::uint64_t published) {
  choice.local_headers = false;
  choice.frames_before = published;
  if (retry == Retry::by_one_tshark) choice.kind = SourceChoice::Kind::single_tshark;
  if (retry == Retry::by_ek) choice.format = TsharkOutputFormat::ek;
  return choice;
}

std::unique_ptr<FrameSource> make_source(const InputContext& context, const OpenedInput& input,
                                         const SourceChoice& choice, FrameSource::Host host) {
  switch (choice.kind) {
    case SourceChoice::Kind::text:
      return make_text(context, input, std::move(host));
    case SourceChoice::Kind::single_tshark:
      return make_single(context, input, choice, std::move(host));
    case SourceChoice::Kind::parallel_tshark:
      break;
  }
  return make_parallel(context, input, choice, std::move(host));
}

}  // namespace flowmeter
