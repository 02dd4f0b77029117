#include "cli/text_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "dialect/known_fields.h"

namespace flowmeter {
namespace {

/// Frames after which a field that none of them had is not waited for any longer.
constexpr std::uint64_t frames_before_lack = 1000;

/// The lacking fields, what they are needed for, and what to add to tshark's command line.
std::string explain_lack(const std::vector<std::string>& names, const MeterPlan& plan) {
  std::vector<std::pair<std::string, std::vector<std::string>>> by_use;
  std::string options;
  for (const std::string& field : names) {
    const std::string column = plan.column_of(field);
    const std::string use = column.empty() ? "to tell flows apart" : fmt::format("for column {}", column);
    auto found =
        std::find_if(by_use.begin(), by_use.end(), [&](const auto& entry) { return entry.first == use; });
    if (found == by_use.end()) found = by_use.insert(found, {use, {}});
    found->second.push_back(field);
    options += fmt::format(" -e {}", field);
    if (const KnownField* const known = known_field(field); known != nullptr && !known->preference.empty()) {
      options += fmt::format(" -o {}", known->preference);
    }
  }
  std::vector<std::string> needs;
  for (const auto& [use, fields] : by_use) {
    needs.push_back(fmt::format("{} ({})", fmt::join(fields, ", "), use));
  }
  return fmt::format("lacks {}; add to tshark's command line:{}", fmt::join(needs, ", "), options);
}

std::string explain_unseen(const std::vector<std::string>& fields) {
  return fmt::format(
      "no packet has {}: tshark must be asked for what a column is made of, with -e for each field (see "
      "--print-command)",
      fmt::join(fields, ", "));
}

}  // namespace

void expect_fields(DueFields& due, const MeterPlan& plan) {
  for (const std::string& field : plan.required) due.require(field);
  for (const std::string& field : plan.fields.names()) {
    const bool is_unsure = plan.named.find(field) != no_field || plan.optional.find(field) != no_field;
    if (!is_unsure && !plan.column_of(field).empty()) due.require_column(field);
  }
}

TextFields::TextFields(const MeterPlan& plan, FrameSource& source)
    : plan_(plan), source_(source), named_(watch(plan.named)), application_(watch(plan.optional)) {}

/// Watches fields that a capture need not have. Null: there are none.
std::unique_ptr<FieldWatch> TextFields::watch(const FieldSet& fields) {
  if (fields.size() == 0) return nullptr;
  auto made = std::make_unique<FieldWatch>(plan_.fields, fields.names());
  source_.attach(*made);
  return made;
}

void TextFields::refuse_if_lacking(bool rows_written) {
  if (refused_) return;
  const LackingFields lacking = source_.due_fields()->lacking();
  if (lacking.names.empty()) return;
  refused_ = true;
  const std::string where = rows_written ? fmt::format("frame {}: ", lacking.frame) : std::string{};
  throw InputError(where + explain_lack(lacking.names, plan_), true);
}

void TextFields::refuse_if_lacking_for_long(bool at_end, bool rows_written) {
  if (at_end || rows_written || source_.frames() >= frames_before_lack) refuse_if_lacking(rows_written);
}

/// Of the fields that the user has named each is due; of what applications have, any.
std::vector<std::string> TextFields::remarks() const {
  std::vector<std::string> remarks;
  if (source_.frames() != 0) {
    if (named_ && !named_->unseen().empty()) remarks.push_back(explain_unseen(named_->unseen()));
    if (application_ && !application_->any_seen()) remarks.push_back(explain_unseen(application_->unseen()));
  }
  const std::vector<std::string> doubtful = source_.due_fields()->doubtful();
  if (!doubtful.empty()) {
    remarks.push_back(
        fmt::format("no frame has {}: either the capture has cut all headers before that, or tshark was not "
                    "asked for it (-e {})",
                    fmt::join(doubtful, ", "), fmt::join(doubtful, " -e ")));
  }
  return remarks;
}

}  // namespace flowmeter
