#include "part/part_recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "part/part_settings.h"
#include "schema/flow_columns.h"
#include "source/tshark_command.h"
#include "version.h"

namespace flowmeter {
namespace {

/// Whether a frame of these protocols may announce media between ports that nothing else tells of.
bool may_announce(std::string_view protocols) {
  constexpr std::array<std::string_view, 4> signalling = {"sdp", "rtsp", "h245", "skinny"};
  while (!protocols.empty()) {
    const std::string_view token = protocols.substr(0, protocols.find(':'));
    if (std::find(signalling.begin(), signalling.end(), token) != signalling.end()) return true;
    protocols.remove_prefix(std::min(protocols.size(), token.size() + 1));
  }
  return false;
}

/// The flow table of one capture, whose events become a part.
class PartRecorder final : public Meter, private PacketObserver {
 public:
  PartRecorder(const FlowPolicy& policy, std::shared_ptr<const FlowColumns> columns,
               const StreamFactsReader& facts, FieldId protocols, PartHeader header, RowWriter& out)
      : columns_(std::move(columns)),
        header_(std::move(header)),
        protocols_(protocols),
        log_(
            columns_->accumulators(),
            [facts](const Packet& packet, bool quoted) { return facts.of(packet, quoted); }, out),
        table_(policy, columns_->accumulators(), log_) {
    log_.watch(table_);
  }

  PacketObserver& observer() noexcept override { return *this; }
  const FlowCounters& counters() const noexcept override { return table_; }
  void begin(const InputFacts& input) override {
    header_.captures = input.captures;
    header_.skipped = input.frames_before;
    header_.settings.emplace_back("tshark", input.tshark);
  }

 private:
  void on_frame(const Frame& frame) override {
    if (before_ < header_.skipped) return;
    if (!frame.timed) {
      throw InputError(
          fmt::format("frame {} has no time stamp, which a part needs for every frame", frame.number));
    }
    if (trailer_.frames == 0) {
      header_.first_ns = trailer_.clock_ns = frame.time_ns;
      begin_log();
    }
    ++trailer_.frames;
    trailer_.clock_ns = std::max(*trailer_.clock_ns, frame.time_ns);
    digest_.add(static_cast<std::uint64_t>(frame.time_ns));
    digest_.add(frame.bytes);
    table_.on_frame(frame);
  }

  void on_packet(const Packet& packet) override {
    if (before_ < header_.skipped) return;
    if (packet.order_in_frame == 0 && may_announce(packet.record->first(protocols_)))
      ++trailer_.announcements;
    log_.before_packet(packet);
    table_.on_packet(packet);
  }

  void on_frame_end(const Frame& frame) override {
    if (before_ < header_.skipped) {
      ++before_;
      return;
    }
    log_.mention(frame.number, frame.uncounted, false);
    log_.mention(frame.number, frame.quoted, true);
    table_.on_frame_end(frame);
    log_.frame_over();
  }

  /// What the user has broken off is not whole, and does not say that it is.
  void on_end(EndOfInput end) override {
    begin_log();
    table_.end_all();
    if (end == EndOfInput::interrupted) return;
    trailer_.damaged = end == EndOfInput::damaged;
    trailer_.parts = log_.parts();
    trailer_.digest = digest_.value();
    log_.write(to_line(trailer_));
  }

  void begin_log() {
    if (begun_) return;
    begun_ = true;
    log_.write(to_line(header_));
  }

  const std::shared_ptr<const FlowColumns> columns_;
  PartHeader header_;
  const FieldId protocols_;
  PartTrailer trailer_;
  FrameDigest digest_;
  std::uint64_t before_ = 0;  // frames that are none of the part's
  bool begun_ = false;
  PartLog log_;
  FlowTable table_;
};

/// What cannot be known of a part alone, or what merge is to be told.
void refuse(const MeterOptions& options) {
  const MeterOptions plain;
  const auto refuse_if = [](bool asked, const char* option, const char* why) {
    if (asked) throw UsageError(fmt::format("{} cannot be combined with --partial: {}", option, why));
  };
  constexpr const char* whole = "it depends on the whole flow";
  refuse_if(options.active_timeout.has_value(), "--active-timeout", whole);
  refuse_if(options.close_linger.has_value(), "--end-on", whole);
  refuse_if(options.clock != plain.clock, "--clock monotone", whole);
  refuse_if(options.most_flows != 0, "--max-flows", "it depends on all flows");
  refuse_if(options.transports != plain.transports, "--transport", "parts are of TCP and UDP");
  constexpr const char* later = "give it to flowmeter merge";
  refuse_if(options.features.anonymizer != nullptr, "--anonymize", later);
  refuse_if(options.features.labeller != nullptr, "--labels", later);
  refuse_if(options.features.na.has_value(), "--na", later);
  refuse_if(options.features.cid_seed != plain.features.cid_seed, "--cid-seed", later);
  refuse_if(options.features.time_digits != plain.features.time_digits, "--time-digits", later);
  refuse_if(options.drop_ids, "--drop-ids", later);
}

/// Columns that depend on what a tshark remembers of packets that are in another part.
void refuse_columns(const MeterOptions& options, const MeterPlan& plan) {
  if (!plan.columns) {
    throw UsageError(fmt::format(
        "--schema {} cannot be combined with --partial: it depends on the whole flow", options.schema));
  }
  const auto refuse_column = [](const std::string& column) {
    throw UsageError(fmt::format(
        "column {} cannot be combined with --partial: it depends on all packets of a flow", column));
  };
  if (const AccumulatorKind* const kind = plan.columns->accumulators().not_composing()) {
    refuse_column(plan.columns->column_of(*kind));
  }
  for (const std::string& field : plan.fields.names()) {
    const std::string column = plan.column_of(field);
    const bool own = field == StreamFactsReader::shown_sequence && column.empty();
    if (!stateless(field) && !own) refuse_column(column);
  }
  if (plan.one_tshark)
    throw UsageError("a column cannot be combined with --partial: it needs a single tshark");
  if (plan.ranks_streams && plan.tunnel != TunnelPolicy::all) {
    throw UsageError(
        "stream numbers cannot be combined with --partial and --tunnel: choose columns without `stream`");
  }
}

}  // namespace

MeterPlan make_part_plan(const MeterOptions& options, const PartSettings& how,
                         std::optional<PartSegments> segments) {
  refuse(options);
  MeterPlan plan = make_plan(options);
  refuse_columns(options, plan);
  const std::shared_ptr<const FlowColumns> columns = plan.columns;
  PartHeader header;
  header.program = fmt::format("flowmeter {}", version);
  header.segments = segments;
  header.settings = settings_of(options);
  header.settings.insert(header.settings.end(), how.begin(), how.end());
  header.states = columns->accumulators().names();
  plan.header.clear();
  plan.policy = part_policy(plan.policy);
  plan.ranks_streams = false;   // merge ranks them
  plan.whole_protocols = true;  // which show what may announce media
  plan.make = [=, policy = plan.policy, fields = plan.fields](const std::string& /*input*/, RowWriter& out) {
    FieldSet known = fields;  // which has those of the facts, for the PartEdge
    return std::make_unique<PartRecorder>(policy, columns, StreamFactsReader(known),
                                          fields.find("frame.protocols"), header, out);
  };
  return plan;
}

}  // namespace flowmeter
