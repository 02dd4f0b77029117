#include "schema/labeller.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "schema/flow_writer.h"

namespace flowmeter {
namespace {

constexpr std::size_t most_named = 10;  // rules in the remark on those that took no flow

/// Keeps the text of a cell.
class TextWriter final : public RowWriter {
 public:
  explicit TextWriter(std::string& out) : out_(out) {}
  void header(const std::vector<std::string>& /*names*/) override {}
  void integer(std::int64_t value) override { out_ = fmt::to_string(value); }
  void natural(std::uint64_t value) override { out_ = fmt::to_string(value); }
  void real(double value) override {
    out_.clear();
    append_real(out_, value);
  }
  void text(std::string_view value) override { out_ = value; }
  void end_row() override {}

 private:
  std::string& out_;
};

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

/// The single hosts on one side of the rule, if it has only such on that side.
const std::vector<AddressBlock>* hosts_of(const LabelRule& rule) {
  for (const auto* side : {&rule.sources, &rule.destinations}) {
    const bool all =
        std::all_of(side->begin(), side->end(), [](const AddressBlock& block) { return block.is_host(); });
    if (!side->empty() && all) return side;
  }
  return nullptr;
}

}  // namespace

std::size_t Labeller::AddressHash::operator()(const IpAddress& address) const noexcept {
  return static_cast<std::size_t>(mix(0, address));
}

Labeller::Labeller(std::string file, std::vector<LabelRule> rules, LabelTime time, std::string standard)
    : file_(std::move(file)),
      rules_(std::move(rules)),
      time_(time),
      standard_(std::move(standard)),
      matched_(rules_.size()) {
  for (std::uint32_t place = 0; place < rules_.size(); ++place) {
    const std::vector<AddressBlock>* const hosts = hosts_of(rules_[place]);
    if (hosts == nullptr) {
      other_.push_back(place);
      continue;
    }
    for (const AddressBlock& host : *hosts) {
      Places& places = by_host_[host.address];
      if (places.empty() || places.back() != place) places.push_back(place);
    }
  }
}

void Labeller::bind(const ColumnRegistry& registry, const FeatureSettings& settings) {
  settings_ = settings;
  settings_.anonymizer = nullptr;
  settings_.labeller = nullptr;  // which would own itself
  ColumnKinds kinds;
  for (const Column& column : registry.columns()) {
    if (column.group != "label") kinds.emplace(column.name, column.kind);
  }
  columns_.clear();
  filters_.assign(rules_.size(), std::nullopt);
  for (std::size_t place = 0; place < rules_.size(); ++place) {
    const CsvCell& cell = rules_[place].filter;
    if (is_blank(cell.text)) continue;
    try {
      Filter filter{Condition(cell.text, kinds, settings.na), {}};
      for (const std::string& name : filter.condition.columns()) {
        const Column* const column = registry.find(name);
        const auto known = std::find(columns_.begin(), columns_.end(), column);
        filter.columns.push_back(static_cast<std::size_t>(known - columns_.begin()));
        if (known == columns_.end()) columns_.push_back(column);
      }
      filters_[place] = std::move(filter);
    } catch (const ConditionRefusal& refusal) {
      throw UsageError(fmt::format("{}: {}", label_place(file_, cell.place_of(refusal.place)), refusal.why));
    }
  }
  texts_.assign(columns_.size(), {});
}

const Labeller::Places& Labeller::at_host(const IpAddress& address) const {
  static const Places none;
  const auto found = by_host_.find(address);
  return found == by_host_.end() ? none : found->second;
}

const std::string& Labeller::text_of(std::size_t column, const Cell& cell) {
  if (!known_[column]) {
    TextWriter out(texts_[column]);
    const RowContext row{settings_, cell.row.input, cell.row.reason, cell.row.number};
    const Cell plain{cell.flow, cell.state, out, cell.memo, row, cell.plan};
    cell.plan->print(*columns_[column], plain, out);
    known_[column] = true;
  }
  return texts_[column];
}

bool Labeller::meets_filter(std::size_t place, const Cell& cell) {
  if (filters_.empty() || !filters_[place]) return true;
  const Filter& filter = *filters_[place];
  return filter.condition.holds(
      [&](std::size_t column) -> std::string_view { return text_of(filter.columns[column], cell); });
}

std::string_view Labeller::label(const Cell& cell) {
  const Flow& flow = cell.flow;
  known_.assign(columns_.size(), false);
  std::array<const Places*, 3> lists = {&other_, &at_host(flow.source.address),
                                        &at_host(flow.destination.address)};
  std::array<std::size_t, 3> at{};
  while (true) {
    // The rule that comes first in the file, of those at the heads of the lists.
    std::uint32_t place = UINT32_MAX;
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (at[i] < lists[i]->size()) place = std::min(place, (*lists[i])[at[i]]);
    }
    if (place == UINT32_MAX) return standard_;
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (at[i] < lists[i]->size() && (*lists[i])[at[i]] == place) ++at[i];
    }
    if (!rules_[place].takes(flow, cell.row.input, time_) || !meets_filter(place, cell)) continue;
    matched_[place] = true;
    return rules_[place].label;
  }
}

std::string Labeller::unmatched() const {
  std::vector<std::string> names;
  std::size_t count = 0;
  for (std::size_t place = 0; place < rules_.size(); ++place) {
    if (matched_[place]) continue;
    if (++count <= most_named)
      names.push_back(fmt::format("line {} ({})", rules_[place].line, rules_[place].label));
  }
  if (count == 0) return {};
  return fmt::format("{}: {} rule{} matched no flow: {}{}", file_, count, count == 1 ? "" : "s",
                     fmt::join(names, ", "), count > most_named ? ", ..." : "");
}

}  // namespace flowmeter
