#include "cli/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

namespace flowmeter {
namespace {

/// Frames after which a field that none of them had is not waited for any longer.
constexpr std::uint64_t frames_before_lack = 1000;

}  // namespace

void Run::start_text(InputKind kind) {
  const TsharkOptions& tshark = options_.tshark;
  if (!tshark.display_filter.empty() || !tshark.decode_as.empty() || !tshark.preferences.empty() ||
      !tshark.extra_arguments.empty() || tshark.transport_only) {
    reporter_.warning(
        fmt::format("{}: was dissected already: what is for tshark has no effect on it", name_));
  }
  std::optional<Joining> joining;
  if (options_.continuous) {
    if (!plan_.columns) {
      throw InputError(
          fmt::format("--continuous joins streams, which --schema {} takes as tshark numbers them",
                      options_.meter.schema),
          true);
    }
    const FlowPolicy policy = plan_.policy;
    joining = {policy.longest_idle_timeout(), policy.remembered_streams};
  }
  source_ = std::make_unique<DialectSource>(kind, plan_.fields, plan_.tunnel, plan_.transports, joining);
  expect_fields();
  if (plan_.ranks_streams) source_->rank_streams();
  attach_observers(*source_);
  watch_fields();
  if (options_.keep_going) source_->keep_going();
  source_->stop_after(options_.live.frames);
  if (options_.read_bytes != 0) source_->set_chunk(options_.read_bytes);
  if (!seekable_) {  // the head cannot be read again
    const auto room = source_->room();
    std::size_t done = 0;
    while (done < head_.size()) {
      const auto space = done == 0 ? room : source_->room();
      const std::size_t count = std::min(space.size(), head_.size() - done);
      std::memcpy(space.data(), head_.data() + done, count);
      source_->commit(count);
      done += count;
    }
    source_->drain();
    sink_.flush();
  }
  if (head_is_all_ || source_->reached()) {
    end_of_output();
    return;
  }
  if (!output_) output_ = std::make_unique<FdWatcher>(io_, fd_);
  read_output();
}

/// Fields that a capture need not have, but that whoever made the text may not have asked for.
void Run::watch_fields() {
  const auto watch = [this](const FieldSet& fields) {
    auto made = std::make_unique<FieldWatch>(plan_.fields, fields.names());
    source_->attach(*made);
    return made;
  };
  if (plan_.named.size() != 0) named_ = watch(plan_.named);
  if (plan_.optional.size() != 0) application_ = watch(plan_.optional);
}

/// Of those that the user has named each is due; of what applications have, any.
void Run::warn_of_unseen_fields() const {
  if (!source_ || source_->frames() == 0) return;
  const auto warn = [this](const std::vector<std::string>& unseen) {
    if (unseen.empty()) return;
    reporter_.warning(
        fmt::format("{}: no packet has {}: tshark must be asked for what a column is made of, with -e "
                    "for each field (see --print-command)",
                    name_, fmt::join(unseen, ", ")));
  };
  if (named_) warn(named_->unseen());
  if (application_ && !application_->any_seen()) warn(application_->unseen());
}

/// What the text must have beyond the fields of every packet. A lack is told once enough frames were seen, or
/// before the first row.
void Run::expect_fields() {
  DueFields& due = *source_->due_fields();
  for (const std::string& field : plan_.required) due.require(field);
  for (const std::string& field : plan_.fields.names()) {
    const bool is_unsure = plan_.named.find(field) != no_field || plan_.optional.find(field) != no_field;
    if (!is_unsure && !plan_.column_of(field).empty()) due.require_column(field);
  }
  source_->on_lack([this](bool at_end) {
    if (at_end || sink_.is_open() || source_->frames() >= frames_before_lack) refuse_if_lacking();
  });
}

/// A foreign stream must have the fields that the columns need: refused by their names.
void Run::refuse_if_lacking() {
  if (own_stream_ || !source_ || refused_) return;
  const LackingFields lacking = source_->due_fields()->lacking();
  if (lacking.names.empty()) return;
  refused_ = true;
  std::vector<std::pair<std::string, std::vector<std::string>>> by_use;
  std::string options;
  for (const std::string& field : lacking.names) {
    const std::string column = plan_.column_of(field);
    const std::string use = column.empty() ? "to tell flows apart" : fmt::format("for column {}", column);
    auto found =
        std::find_if(by_use.begin(), by_use.end(), [&](const auto& entry) { return entry.first == use; });
    if (found == by_use.end()) found = by_use.insert(found, {use, {}});
    found->second.push_back(field);
    options += fmt::format(" -e {}", field);
    if (field == "sctp.assoc_index") options += " -o sctp.association_index:TRUE";
  }
  std::vector<std::string> needs;
  for (const auto& [use, fields] : by_use)
    needs.push_back(fmt::format("{} ({})", fmt::join(fields, ", "), use));
  const std::string where = sink_.is_open() ? fmt::format("frame {}: ", lacking.frame) : std::string{};
  throw InputError(
      fmt::format("{}lacks {}; add to tshark's command line:{}", where, fmt::join(needs, ", "), options),
      true);
}

/// What a text may lack, or its capture.
void Run::warn_of_doubtful_fields() const {
  if (own_stream_ || !source_) return;
  const std::vector<std::string> doubtful = source_->due_fields()->doubtful();
  if (doubtful.empty()) return;
  reporter_.warning(
      fmt::format("{}: no frame has {}: either the capture has cut all headers before that, or tshark was "
                  "not asked for it "
                  "(-e {})",
                  name_, fmt::join(doubtful, ", "), fmt::join(doubtful, " -e ")));
}

}  // namespace flowmeter
