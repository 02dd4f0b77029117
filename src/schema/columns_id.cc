#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "base/sha1.h"
#include "base/utc.h"
#include "flow/accumulators.h"
#include "flow/community_id.h"
#include "flow/id_accumulators.h"
#include "schema/groups.h"

namespace flowmeter {
namespace {

const std::vector<std::string> address_fields = {"ip.src", "ip.dst", "ipv6.src", "ipv6.dst"};
const std::vector<std::string> stream_fields = {"tcp.stream", "udp.stream"};
const std::vector<std::string> tuple_fields = {"ip.src",      "ip.dst",      "ipv6.src",
                                               "ipv6.dst",    "tcp.srcport", "tcp.dstport",
                                               "udp.srcport", "udp.dstport", "frame.protocols"};

std::int64_t start_of(const Cell& cell) { return cell.as<StartState>().ns; }

/// Of the last packet, which need not have the largest time.
std::int64_t end_of(const Cell& cell) { return cell.flow.previous_ns; }

std::string community_id_of(const Cell& cell) {
  return community_id(cell.flow.key.transport, cell.source(), cell.destination(), cell.row.settings.cid_seed);
}

std::string flow_id_of(const Cell& cell) {
  const std::string text =
      fmt::format("{},{},{}", community_id_of(cell), start_of(cell), cell.flow.split_index);
  const auto digest = sha1({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + 8, ""));
}

void add_names(std::vector<Column>& columns) {
  std::vector<std::string> fields = tuple_fields;
  fields.emplace_back("frame.time_epoch");
  columns.push_back({"flow_id", "-",
                     "the first 16 hexadecimal digits of the SHA-1 of \"community_id,start_ns,part\": the "
                     "same in every run over the same packets",
                     fields, &make_start, [](Cell& cell) { cell.out.text(flow_id_of(cell)); }, true});
  columns.back().kind = ValueKind::text;
  columns.push_back({"community_id", "-",
                     "Community ID v1 of the conversation, the same in both directions (--cid-seed)",
                     tuple_fields, nullptr, [](Cell& cell) { cell.out.text(community_id_of(cell)); }, true});
  columns.back().kind = ValueKind::text;
  columns.push_back({"input",
                     "-",
                     "the input's name as it was given; - for standard input",
                     {"frame.protocols"},
                     nullptr,
                     [](Cell& cell) { cell.out.text(cell.row.input); },
                     true});
  columns.back().kind = ValueKind::text;
  columns.push_back({"stream", "-",
                     "the stream's number in order of first appearance in the input, from 0 for each of "
                     "TCP and UDP",
                     stream_fields, nullptr, [](Cell& cell) { cell.out.natural(cell.flow.key.stream); },
                     true});
  columns.back().ranks_streams = true;
  columns.push_back({"part", "-", "how often a time-out had cut the stream before", stream_fields, nullptr,
                     [](Cell& cell) { cell.out.natural(cell.flow.split_index); }});
}

void add_addresses(std::vector<Column>& columns) {
  columns.push_back({"src_ip", "-", "address of the flow's source", address_fields, nullptr,
                     [](Cell& cell) { cell.out.text(to_string(cell.source().address)); }, true});
  columns.back().kind = ValueKind::address;
  columns.push_back({"dst_ip", "-", "address of the flow's destination", address_fields, nullptr,
                     [](Cell& cell) { cell.out.text(to_string(cell.destination().address)); }, true});
  columns.back().kind = ValueKind::address;
  columns.push_back({"ip_version", "-", "4 or 6; 0 without a network layer", address_fields, nullptr,
                     [](Cell& cell) { cell.out.natural(cell.flow.source.address.version); }});
  columns.push_back(
      {"proto",
       "-",
       "IP protocol number: 6 for TCP, 17 for UDP and UDP-Lite",
       {"frame.protocols"},
       nullptr,
       [](Cell& cell) { cell.out.natural(static_cast<std::uint64_t>(cell.flow.key.transport)); }});
}

void add_link(std::vector<Column>& columns) {
  struct End {
    const char* name;
    const char* description;
    std::size_t place;
  };
  constexpr std::array ends = {
      End{"src_mac", "link-layer address on the source's side, in the flow's first packet", 0},
      End{"dst_mac", "link-layer address on the destination's side, in the flow's first packet", 1}};
  for (const End& end : ends) {
    const std::size_t place = end.place;
    columns.push_back({end.name,
                       "-",
                       end.description,
                       {"eth.src", "eth.dst"},
                       &make_macs,
                       [place](Cell& cell) {
                         const auto& mac = cell.as<MacState>().of[place];
                         cell.out.text(mac ? to_string(cell.row.shown(*mac)) : "-");
                       },
                       true});
    columns.back().kind = ValueKind::text;
  }
  columns.push_back({"vlan_id",
                     "-",
                     "VLAN of the flow's first packet, of its last tag; 0 without one",
                     {"vlan.id"},
                     &make_vlan,
                     [](Cell& cell) { cell.out.natural(cell.as<VlanState>().id); },
                     true});
}

void add_times(std::vector<Column>& columns) {
  const std::vector<std::string> time = {"frame.time_epoch"};
  columns.push_back({"start_ns", "ns", "time of the first packet, since the Unix epoch", time, &make_start,
                     [](Cell& cell) { cell.out.integer(start_of(cell)); }, true});
  columns.push_back({"end_ns", "ns", "time of the last packet, since the Unix epoch", time, nullptr,
                     [](Cell& cell) { cell.out.integer(end_of(cell)); }, true});
  columns.push_back(
      {"start_utc", "-", "time of the first packet, in UTC (--time-digits)", time, &make_start,
       [](Cell& cell) { cell.out.text(utc_text(start_of(cell), cell.row.settings.time_digits)); }, true});
  columns.back().kind = ValueKind::text;
  columns.push_back({"end_utc", "-", "time of the last packet, in UTC (--time-digits)", time, nullptr,
                     [](Cell& cell) { cell.out.text(utc_text(end_of(cell), cell.row.settings.time_digits)); },
                     true});
  columns.back().kind = ValueKind::text;
  columns.push_back({"duration_us", "us", "time of the last packet less that of the first", time, &make_start,
                     [](Cell& cell) { cell.out.real(microseconds(end_of(cell) - start_of(cell))); }});
  columns.push_back({"first_frame",
                     "-",
                     "frame number of the first packet, in its output of tshark",
                     {"frame.number"},
                     nullptr,
                     [](Cell& cell) { cell.out.natural(cell.flow.first_frame); },
                     true});
  columns.push_back({"last_frame",
                     "-",
                     "frame number of the last packet, in its output of tshark",
                     {"frame.number"},
                     &make_last_frame,
                     [](Cell& cell) { cell.out.natural(cell.as<LastFrameState>().number); },
                     true});
}

const char* word_of(EndReason reason) {
  switch (reason) {
    case EndReason::idle:
      return "idle";
    case EndReason::active:
      return "active";
    case EndReason::end_of_input:
      return "eof";
    case EndReason::forced:
      return "forced";
    case EndReason::close:
      return "close";
  }
  return "-";
}

const char* name_of(DirectionBasis basis) {
  switch (basis) {
    case DirectionBasis::first:
      return "first";
    case DirectionBasis::syn:
      return "syn";
    case DirectionBasis::synack:
      return "synack";
    case DirectionBasis::middle:
      return "mid";
  }
  return "-";
}

void add_provenance(std::vector<Column>& columns) {
  columns.push_back({"end_reason",
                     "-",
                     "idle or active (time-outs), eof (open at the end of the input), close (--end-on "
                     "close), forced (the user ended the run, or --max-flows)",
                     {"frame.time_epoch"},
                     nullptr,
                     [](Cell& cell) { cell.out.text(word_of(cell.row.reason)); }});
  columns.back().kind = ValueKind::text;
  columns.push_back({"dir_basis",
                     "-",
                     "what tells the source: first (UDP's first packet), or TCP's first packet: syn, synack, "
                     "or mid for any other",
                     {"tcp.flags"},
                     nullptr,
                     [](Cell& cell) { cell.out.text(name_of(cell.flow.basis)); }});
  columns.back().kind = ValueKind::text;
  columns.push_back({"ts_disorder_cnt",
                     "packet",
                     "packets stamped earlier than the one before",
                     {"frame.time_epoch"},
                     &make_disorder,
                     [](Cell& cell) { cell.out.natural(cell.as<DisorderState>().count); }});
  columns.push_back({"icmp_err_cnt",
                     "packet",
                     "ICMP and ICMPv6 errors that quote a packet of the flow",
                     {"frame.protocols", "tcp.stream", "udp.stream"},
                     &make_icmp_errors,
                     [](Cell& cell) { cell.out.natural(cell.as<IcmpErrorState>().count); }});
  columns.push_back({"tunnel",
                     "-",
                     "1 if any packet's frame had several IP headers, else 0",
                     {"frame.protocols"},
                     &make_tunnel,
                     [](Cell& cell) { cell.out.natural(cell.as<TunnelState>().seen ? 1 : 0); }});
}

}  // namespace

std::vector<Column> id_columns(const FeatureSettings& /*settings*/) {
  std::vector<Column> columns;
  add_names(columns);
  add_addresses(columns);
  add_link(columns);
  add_times(columns);
  add_provenance(columns);
  return columns;
}

}  // namespace flowmeter
