#include "dialect/known_fields.h"

#include <algorithm>
#include <iterator>

namespace flowmeter {
namespace {

using enum ColumnForm;
using enum ColumnSpelling::Kind;
using namespace field_trait;

/// A field in a custom column: numbers, addresses, times and marks, nothing that may have a comma in it.
/// Booleans are left out, whose `number` each version spells as it likes. Of the two fields that a fact is
/// read from, that of IPv4 or TCP stands first.
constexpr KnownField table[] = {
    {"frame.time_epoch", shown, of_frame | local},
    {"frame.len", shown, of_frame | local},
    {"frame.cap_len", shown, of_frame},
    {"frame.protocols", shown, of_frame | of_tshark},
    {"frame.number", shown, of_frame | of_tshark},
    {"eth.src", shown, of_frame, same, Fact::source_mac},
    {"eth.dst", shown, of_frame, same, Fact::destination_mac},
    {"eth.type", none, of_frame},
    {"vlan.id", shown, of_frame, same, Fact::vlan_id},
    {"vlan.priority", none, of_frame},
    {"ip.src", shown, of_frame | local},
    {"ip.dst", shown, of_frame | local},
    {"ip.len", shown, of_frame | each_header, same, Fact::ip_bytes},
    {"ip.hdr_len", shown, of_frame},
    {"ip.ttl", shown, of_frame | each_header, same, Fact::ttl},
    {"ip.id", number, of_frame | each_header, same, Fact::ip_id},
    {"ip.flags", shown, of_frame | each_header, hexadecimal_2, Fact::ip_flags},
    {"ip.frag_offset", shown, of_frame},
    {"ip.proto", number, of_frame},
    {"ip.dsfield", shown, of_frame},
    {"ip.dsfield.dscp", number, of_frame | each_header, same, Fact::dscp},
    {"ip.version", none, of_frame},
    {"ip.flags.df", none, of_frame},
    {"ip.flags.mf", none, of_frame},
    {"ip.dsfield.ecn", none, of_frame},
    {"ipv6.src", shown, of_frame | local},
    {"ipv6.dst", shown, of_frame | local},
    {"ipv6.plen", shown, of_frame | each_header, same, Fact::ip_bytes},
    {"ipv6.hlim", shown, of_frame | each_header, same, Fact::ttl},
    {"ipv6.tclass.dscp", number, of_frame | each_header, same, Fact::dscp},
    {"ipv6.routing.type", number, of_frame},
    {"ipv6.routing.segleft", shown, of_frame},
    {"ipv6.routing.src.addr", shown, of_frame},
    {"ipv6.routing.mipv6.home_address", shown, of_frame},
    {"ipv6.routing.rpl.full_address", shown, of_frame},
    {"ipv6.routing.srh.addr", shown, of_frame},
    {"ipv6.routing.srh.last_entry", shown, of_frame},
    {"ipv6.opt.mipv6.home_address", shown, of_frame},
    {"ipv6.tclass", none, of_frame},
    {"ipv6.flow", none, of_frame},
    {"tcp.stream", shown, of_frame | of_tshark | local},
    {"tcp.srcport", shown, of_frame | local},
    {"tcp.dstport", shown, of_frame | local},
    {"tcp.flags", shown, of_frame | local, hexadecimal_4},
    {"tcp.len", shown, of_frame | each_header, same, Fact::payload_bytes},
    {"tcp.hdr_len", shown, of_frame | each_header, same, Fact::header_bytes},
    {"tcp.seq_raw", shown, of_frame | each_header | local, same, Fact::sequence},
    {"tcp.ack_raw", shown, of_frame | each_header | local, same, Fact::acknowledgement},
    {"tcp.seq", shown, 0},
    {"tcp.ack", shown, 0},
    {"tcp.nxtseq", shown, 0},
    {"tcp.urgent_pointer", shown, of_frame},
    {"tcp.window_size_value", shown, of_frame | each_header, same, Fact::window},
    {"tcp.window_size", shown, each_header},
    {"tcp.window_size_scalefactor", shown, 0},
    {"tcp.options.mss_val", shown, of_frame, same, Fact::segment_bytes},
    {"tcp.options.sack_perm", shown, of_frame, same, Fact::sack_permitted},
    {"tcp.options.wscale.shift", shown, of_frame, same, Fact::window_shift},
    {"tcp.options.timestamp.tsval", shown, of_frame},
    {"tcp.analysis.retransmission", shown, 0, mark},
    {"tcp.analysis.fast_retransmission", shown, 0, mark},
    {"tcp.analysis.spurious_retransmission", shown, 0, mark},
    {"tcp.analysis.out_of_order", shown, 0, mark},
    {"tcp.analysis.lost_segment", shown, 0, mark},
    {"tcp.analysis.ack_lost_segment", shown, 0, mark},
    {"tcp.analysis.duplicate_ack", number, 0, mark},
    {"tcp.analysis.zero_window", shown, 0, mark},
    {"tcp.analysis.window_full", shown, 0, mark},
    {"tcp.analysis.window_update", shown, 0, mark},
    {"tcp.analysis.keep_alive", shown, 0, mark},
    {"tcp.analysis.keep_alive_ack", shown, 0, mark},
    {"tcp.analysis.zero_window_probe", shown, 0, mark},
    {"tcp.analysis.zero_window_probe_ack", shown, 0, mark},
    {"tcp.analysis.reused_ports", shown, 0, mark},
    {"tcp.analysis.ack_rtt", shown, 0},
    {"tcp.analysis.initial_rtt", shown, 0},
    {"tcp.analysis.bytes_in_flight", shown, 0},
    {"tcp.flags.fin", none, of_frame},
    {"tcp.flags.syn", none, of_frame},
    {"tcp.flags.reset", none, of_frame},
    {"tcp.flags.ack", none, of_frame},
    {"udp.stream", shown, of_frame | of_tshark | local},
    {"udp.srcport", shown, of_frame | local},
    {"udp.dstport", shown, of_frame | local},
    {"udp.length", shown, of_frame | each_header, same, Fact::payload_bytes},
    {"sctp.assoc_index", none, 0, same, {}, "sctp.association_index:TRUE"},
};

}  // namespace

std::span<const KnownField> known_fields() noexcept { return table; }

const KnownField* known_field(std::string_view name) noexcept {
  const auto* const found = std::find_if(std::begin(table), std::end(table),
                                         [&](const KnownField& field) { return field.name == name; });
  return found == std::end(table) ? nullptr : found;
}

bool field_has(std::string_view name, unsigned trait) noexcept {
  const KnownField* const field = known_field(name);
  return field != nullptr && field->has(trait);
}

bool exact_in_columns(std::string_view field) noexcept {
  const KnownField* const known = known_field(field);
  return known != nullptr && known->column != ColumnForm::none;
}

bool stateless(std::string_view field) noexcept { return field_has(field, of_frame); }

}  // namespace flowmeter
