#include <fmt/format.h>

#include "flow/content_accumulators.h"
#include "schema/groups.h"
#include "stats/entropy.h"

namespace flowmeter {
namespace {

using Counts = std::vector<std::uint64_t>;

const std::vector<std::string> payload_fields = {"tcp.payload", "udp.payload"};

void print_entropy(Cell& cell, Counts counts) {
  bool any = false;
  for (const std::uint64_t count : counts) any |= count != 0;
  if (!any) return cell.none();
  cell.out.real(entropy_bits(std::move(counts)));
}

}  // namespace

std::vector<Column> payload_columns(const FeatureSettings& /*settings*/) {
  std::vector<Column> columns;
  for (const Side& side : sides) {
    const Direction way = side.way;
    columns.push_back({fmt::format("{}_entropy", side.prefix), "bit",
                       fmt::format("entropy of the bytes of all {} payloads, per byte", side.adjective),
                       payload_fields, &make_byte_counts, [way](Cell& cell) {
                         const auto& counts = cell.as<ByteCounts>()[way];
                         print_entropy(cell, {counts.begin(), counts.end()});
                       }});
  }
  columns.push_back({"tot_entropy", "bit", "entropy of the bytes of all payloads, per byte", payload_fields,
                     &make_byte_counts, [](Cell& cell) {
                       const ByteCounts& counts = cell.as<ByteCounts>();
                       const auto& forward = counts[Direction::forward];
                       Counts both(forward.begin(), forward.end());
                       for (std::size_t i = 0; i < both.size(); ++i)
                         both[i] += counts[Direction::backward][i];
                       print_entropy(cell, std::move(both));
                     }});
  for (const Side& side : sides) {
    const Direction way = side.way;
    columns.push_back({fmt::format("{}_head_hex", side.prefix), "-",
                       fmt::format("first {} bytes of the {} payloads, in hexadecimal; - for none",
                                   payload_head_bytes, side.adjective),
                       payload_fields, &make_payload_heads, [way](Cell& cell) {
                         const std::string& head = cell.as<PayloadHeads>()[way];
                         cell.out.text(head.empty() ? "-" : std::string_view(head));
                       }});
    columns.back().kind = ValueKind::text;
  }
  return columns;
}

}  // namespace flowmeter
