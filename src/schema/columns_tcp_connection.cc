#include "flow/tcp_analysis.h"
#include "flow/tcp_connection.h"
#include "flow/tcp_headers.h"
#include "schema/groups.h"

namespace flowmeter {
namespace {

using Columns = std::vector<Column>;

void add_handshake(Columns& columns) {
  const std::vector<std::string> fields = {"tcp.flags", "frame.time_epoch"};
  columns.push_back({"tcp_handshake",
                     "-",
                     "steps of the handshake that were seen: 0 to 3",
                     {"tcp.flags"},
                     &make_handshake,
                     [](Cell& cell) { cell.out.natural(cell.as<HandshakeState>().steps); }});
  // `steps` must have been seen for a time that `span` gives.
  const auto add = [&](const char* name, const char* what, unsigned steps, auto span) {
    columns.push_back({name, "us", what, fields, &make_handshake, [steps, span](Cell& cell) {
                         const auto& state = cell.as<HandshakeState>();
                         if (state.steps < steps) {
                           cell.none();
                         } else {
                           cell.out.real(microseconds(span(state)));
                         }
                       }});
  };
  add("tcp_synack_us", "time from SYN to SYN+ACK; 0: not seen", 2,
      [](const HandshakeState& state) { return state.synack_ns - state.syn_ns; });
  add("tcp_ackdat_us", "time from SYN+ACK to the forward ACK; 0: not seen", 3,
      [](const HandshakeState& state) { return state.ack_ns - state.synack_ns; });
  add("tcp_irtt_us", "time from SYN to the forward ACK; 0: not seen", 3,
      [](const HandshakeState& state) { return state.ack_ns - state.syn_ns; });
  columns.push_back({"tcp_irtt_tshark_us",
                     "us",
                     "the same by tshark, which has it for resets of a SYN, too",
                     {"tcp.analysis.initial_rtt"},
                     &make_initial_rtt,
                     [](Cell& cell) {
                       const auto& rtt = cell.as<InitialRttState>();
                       if (rtt.known) {
                         cell.out.real(microseconds(rtt.ns));
                       } else {
                         cell.none();
                       }
                     }});
}

void add_connection(Columns& columns) {
  std::vector<std::string> fields = {"tcp.flags", "tcp.len", "tcp.seq_raw", "tcp.analysis.zero_window",
                                     "tcp.analysis.lost_segment"};
  fields.insert(fields.end(), retransmission_fields.begin(), retransmission_fields.end());
  columns.push_back({"tcp_completeness",
                     "-",
                     "sum of what was seen: SYN 1, SYN+ACK 2, ACK 4, payload 8, FIN 16, RST 32",
                     {"tcp.flags", "tcp.len"},
                     &make_completeness,
                     [](Cell& cell) { cell.out.natural(cell.as<CompletenessState>().bits); }});
  columns.push_back({"tcp_conn_state", "-", "Zeek's conn_state (UDP: SF if both sides sent, else S0)", fields,
                     &make_connection, [](Cell& cell) {
                       cell.out.text(connection_state(cell.as<ConnectionState>(), cell.flow.key.transport));
                     }});
  columns.back().kind = ValueKind::text;
  columns.push_back({"tcp_history", "-", "Zeek's history: letters in upper case for forward packets", fields,
                     &make_connection, [](Cell& cell) {
                       const std::string& history = cell.as<ConnectionState>().history;
                       cell.out.text(history.empty() ? "-" : std::string_view(history));
                     }});
  columns.back().kind = ValueKind::text;
}

void add_endings(Columns& columns) {
  const auto add = [&](const char* name, const char* what, std::optional<Direction> EndingState::*which) {
    columns.push_back({name, "-", what, {"tcp.flags"}, &make_endings, [which](Cell& cell) {
                         const auto direction = cell.as<EndingState>().*which;
                         cell.out.text(direction ? sides[static_cast<std::size_t>(*direction)].prefix : "-");
                       }});
    columns.back().kind = ValueKind::text;
  };
  add("tcp_first_fin", "direction of the first FIN: fwd, bwd, or - for none", &EndingState::fin);
  add("tcp_first_rst", "direction of the first RST: fwd, bwd, or - for none", &EndingState::rst);
}

}  // namespace

std::vector<Column> tcp_connection_columns(const FeatureSettings& /*settings*/) {
  Columns columns;
  add_handshake(columns);
  add_connection(columns);
  add_endings(columns);
  return columns;
}

}  // namespace flowmeter
