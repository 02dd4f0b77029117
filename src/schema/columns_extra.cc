#include <fmt/format.h>

#include <array>

#include "flow/extra_accumulators.h"
#include "schema/groups.h"

namespace flowmeter {
namespace {

/// Appends a column for each direction. `text` has a place for "forward" or "backward"; `write` takes
/// the cell and the direction's index.
template <class Write>
void add_both(std::vector<Column>& columns, const char* name, const char* unit, const char* text,
              const std::vector<std::string>& fields, const AccumulatorKind& kind, Write write) {
  for (const Side& side : sides) {
    columns.push_back({fmt::format("{}_{}", side.prefix, name), unit,
                       fmt::format(fmt::runtime(text), side.adjective), fields, kind,
                       [write, way = side.way](Cell& cell) { write(cell, way); }});
  }
}

void add_volume(std::vector<Column>& columns) {
  const std::vector<std::string> payload = {"tcp.len", "udp.length"};
  add_both(columns, "ip_byte", "byte", "sum of the {} packets' sizes as IP packets", {"ip.len", "ipv6.plen"},
           &make_ip_bytes, [](Cell& cell, Direction way) { cell.out.natural(cell.as<IpBytesState>()[way]); });
  add_both(columns, "pay_byte", "byte", "sum of the {} packets' payloads", payload, &make_carried,
           [](Cell& cell, Direction way) { cell.out.natural(cell.as<CarriedState>().bytes[way]); });
  add_both(columns, "pay_pkt", "packet", "{} packets with payload", payload, &make_carried,
           [](Cell& cell, Direction way) { cell.out.natural(cell.as<CarriedState>().packets[way]); });
  columns.push_back({"pcr", "-",
                     "producer/consumer ratio: forward less backward payload, divided by their sum; 0 "
                     "without payload",
                     payload, &make_carried, [](Cell& cell) {
                       const auto& bytes = cell.as<CarriedState>().bytes;
                       const std::uint64_t there = bytes[Direction::forward],
                                           back = bytes[Direction::backward];
                       cell.out.real(quotient(static_cast<std::int64_t>(there - back),
                                              static_cast<std::int64_t>(there + back)));
                     }});
  add_both(columns, "load_bps", "bit/s",
           "bits of the {} packets on the wire, divided by the flow's duration; 0 without one",
           {"frame.len", "frame.time_epoch"}, &make_load, [](Cell& cell, Direction way) {
             const auto& load = cell.as<LoadState>();
             cell.out.real(per_second(8 * load.bytes[way], cell.flow.previous_ns - load.start_ns));
           });
}

void add_ttls(std::vector<Column>& columns) {
  struct Which {
    const char* name;
    const char* what;
    std::uint8_t TtlState::Way::*value;
  };
  constexpr std::array which = {Which{"first", "first", &TtlState::Way::first},
                                Which{"min", "smallest", &TtlState::Way::min},
                                Which{"max", "largest", &TtlState::Way::max}};
  for (const Side& side : sides) {
    for (const auto& [name, what, value] : which) {
      columns.push_back({fmt::format("{}_ttl_{}", side.prefix, name),
                         "-",
                         fmt::format("{} time to live (hop limit) of the {} packets", what, side.adjective),
                         {"ip.ttl", "ipv6.hlim"},
                         &make_ttl,
                         [way = side.way, value = value](Cell& cell) {
                           const TtlState::Way& ttl = cell.as<TtlState>().of[way];
                           if (!ttl.known) return cell.none();
                           cell.out.natural(ttl.*value);
                         }});
    }
  }
}

void add_headers(std::vector<Column>& columns) {
  add_ttls(columns);
  add_both(columns, "dscp_first", "-", "differentiated services code point of the first {} packet",
           {"ip.dsfield.dscp", "ipv6.tclass.dscp"}, &make_dscp, [](Cell& cell, Direction way) {
             const auto& dscp = cell.as<DscpState>().of[way].first;
             if (!dscp) return cell.none();
             cell.out.natural(*dscp);
           });
  add_both(columns, "df_cnt", "packet", "{} packets that must not be fragmented (IPv4)", {"ip.flags"},
           &make_dont_fragment,
           [](Cell& cell, Direction way) { cell.out.natural(cell.as<DontFragmentState>()[way]); });
  columns.push_back({"dup_pkt_cnt",
                     "packet",
                     "packets that repeat the one before within 1 ms, ip.id and sequence numbers included: "
                     "captured twice",
                     {"ip.id", "frame.len", "tcp.seq_raw", "tcp.ack_raw", "frame.time_epoch"},
                     &make_duplicates,
                     [](Cell& cell) { cell.out.natural(cell.as<DuplicateState>().count); }});
}

void add_spans(std::vector<Column>& columns) {
  const std::vector<std::string> time = {"frame.time_epoch"};
  add_both(columns, "duration_us", "us", "time of the last {} packet less that of the first", time,
           &make_spans, [](Cell& cell, Direction way) {
             const SpanState::Way& span = cell.as<SpanState>().of[way];
             cell.out.real(microseconds(span.last_ns - span.first_ns));
           });
  add_both(columns, "start_off_us", "us", "time of the first {} packet less that of the flow's first", time,
           &make_spans, [](Cell& cell, Direction way) {
             const auto& spans = cell.as<SpanState>();
             if (!spans.of[way].started) return cell.none();
             cell.out.real(microseconds(spans.of[way].first_ns - spans.start_ns));
           });
}

}  // namespace

std::vector<Column> extra_columns(const FeatureSettings& /*settings*/) {
  std::vector<Column> columns;
  add_volume(columns);
  add_headers(columns);
  add_spans(columns);
  return columns;
}

}  // namespace flowmeter
