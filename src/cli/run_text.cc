#include "cli/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

namespace flowmeter {

void Run::start_text(InputKind kind) {
  const TsharkOptions& tshark = options_.tshark;
  if (!tshark.display_filter.empty() || !tshark.decode_as.empty() || !tshark.preferences.empty() ||
      !tshark.extra_arguments.empty() || tshark.transport_only) {
    reporter_.warning(
        fmt::format("{}: was dissected already: what is for tshark has no effect on it", name_));
  }
  source_ = std::make_unique<DialectSource>(kind, plan_.fields(), plan_.tunnel(), plan_.transports());
  for (const std::string& field : plan_.required_fields()) source_->require(field);
  if (plan_.ranks_streams()) source_->rank_streams();
  attach_observers(*source_);
  watch_fields();
  if (options_.keep_going) source_->keep_going();
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
  if (head_is_all_) {
    end_of_output();
    return;
  }
  if (!output_) output_ = std::make_unique<Waiter>(io_, fd_);
  read_output();
}

/// Fields that a capture need not have, but that whoever made the text may not have asked for.
void Run::watch_fields() {
  const MeterPlan::UnsureFields unsure = plan_.unsure_fields();
  const auto watch = [this](const FieldSet& fields) {
    auto made = std::make_unique<FieldWatch>(plan_.fields(), fields.names());
    source_->attach(*made);
    return made;
  };
  if (!unsure.named.names().empty()) named_ = watch(unsure.named);
  if (!unsure.optional.names().empty()) application_ = watch(unsure.optional);
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

/// A foreign stream must have the fields that the columns need: refused by name.
void Run::refuse_if_lacking() {
  if (own_stream_ || !source_) return;
  const std::string field = source_->lacking();
  if (field.empty()) return;
  const std::string column = plan_.column_of(field);
  const std::string use = column.empty() ? "telling flows apart" : fmt::format("column {}", column);
  const std::string_view numbered = field == "sctp.assoc_index" ? " -o sctp.association_index:TRUE" : "";
  throw InputError(fmt::format("lacks the field {0}, needed for {1}: add -e {0}{2} to tshark's command "
                               "line (see --print-command)",
                               field, use, numbered),
                   true);
}

}  // namespace flowmeter
