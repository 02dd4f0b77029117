#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "flow/splt_accumulator.h"
#include "schema/groups.h"

namespace flowmeter {
namespace {

using Write = void (*)(RowWriter& out, const SpltState& packets, std::size_t k);

/// One value of each packet in the sequence.
struct Family {
  const char* name;
  const char* unit;
  const char* description;
  std::vector<std::string> fields;
  Write write;
  bool mask = false;  ///< its 0 says that there is no packet
};

double gap_us(const SpltState& packets, std::size_t k) {
  return k == 0 ? 0 : microseconds(packets[k].time_ns - packets[k - 1].time_ns);
}

const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      {"dir",
       "-",
       "+1 if forward, -1 if backward",
       {"frame.protocols"},
       [](RowWriter& out, const SpltState& packets, std::size_t k) {
         out.integer(packets[k].forward ? 1 : -1);
       },
       true},
      {"size",
       "byte",
       "size on the wire",
       {"frame.len"},
       [](RowWriter& out, const SpltState& packets, std::size_t k) { out.natural(packets[k].frame_bytes); }},
      {"pay",
       "byte",
       "payload",
       {"tcp.len", "udp.length"},
       [](RowWriter& out, const SpltState& packets, std::size_t k) {
         out.natural(packets[k].payload_bytes);
       }},
      {"iat",
       "us",
       "gap to the one before in the sequence, 0 for the first",
       {"frame.time_epoch"},
       [](RowWriter& out, const SpltState& packets, std::size_t k) { out.real(gap_us(packets, k)); }},
      {"flags",
       "-",
       "all twelve TCP flags as a number, 0 for UDP",
       {"tcp.flags"},
       [](RowWriter& out, const SpltState& packets, std::size_t k) { out.natural(packets[k].tcp_flags); }},
  };
  return all;
}

/// Joins values into one cell.
class ListWriter final : public RowWriter {
 public:
  std::string list;

  void header(const std::vector<std::string>&) override {}
  void integer(std::int64_t value) override { fmt::format_to(next(), "{}", value); }
  void natural(std::uint64_t value) override { fmt::format_to(next(), "{}", value); }
  void real(double value) override {
    next();
    append_real(list, value);
  }
  void text(std::string_view value) override { fmt::format_to(next(), "{}", value); }
  void end_row() override {}

 private:
  std::back_insert_iterator<std::string> next() {
    if (!list.empty()) list += '|';
    return std::back_inserter(list);
  }
};

void write_list(Cell& cell, Write write) {
  const auto& packets = cell.as<SpltState>();
  ListWriter values;
  for (std::size_t k = 0; k < packets.size(); ++k) write(values, packets, k);
  cell.out.text(values.list.empty() ? "-" : values.list);
}

void write_one(Cell& cell, const Family& family, std::size_t k) {
  const auto& packets = cell.as<SpltState>();
  if (k < packets.size()) {
    family.write(cell.out, packets, k);
  } else if (family.mask) {
    cell.out.integer(0);
  } else {
    cell.none();
  }
}

/// The fields that tell which packets are taken come with every column.
std::vector<std::string> fields_of(const Family& family, const FeatureSettings& settings) {
  std::vector<std::string> fields = family.fields;
  if (settings.splt_basis == SpltBasis::payload) {
    for (const char* field : {"tcp.len", "udp.length", "tcp.analysis.retransmission"}) {
      if (std::find(fields.begin(), fields.end(), field) == fields.end()) fields.emplace_back(field);
    }
  }
  return fields;
}

}  // namespace

std::vector<Column> splt_columns(const FeatureSettings& settings) {
  const char* taken = settings.splt_basis == SpltBasis::payload ? "packet with new payload" : "packet";
  std::vector<Column> columns;
  for (const Family& family : families()) {
    const auto fields = fields_of(family, settings);
    if (settings.splt_layout == SpltLayout::list && settings.splt_packets > 0) {
      columns.push_back({fmt::format("splt_{}", family.name), family.unit,
                         fmt::format("of each {} in order, with | between: {}", taken, family.description),
                         fields, &make_splt,
                         [write = family.write](Cell& cell) { write_list(cell, write); }});
      columns.back().kind = ValueKind::text;
      continue;
    }
    for (std::size_t k = 0; k < settings.splt_packets; ++k) {
      columns.push_back({fmt::format("splt_{}_{}", family.name, k + 1), family.unit,
                         fmt::format("{} number {}: {}; 0 without one", taken, k + 1, family.description),
                         fields, &make_splt, [&family, k](Cell& cell) { write_one(cell, family, k); }});
    }
  }
  return columns;
}

}  // namespace flowmeter
