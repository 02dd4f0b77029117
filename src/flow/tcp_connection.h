#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "flow/accumulators.h"

namespace flowmeter {

/// How far one side of a TCP connection is, by the packets that it sent, as Zeek tells states apart.
enum class TcpState : std::uint8_t {
  inactive,  ///< sent nothing
  syn_sent,
  syn_ack_sent,
  partial,  ///< sent something, though no handshake was seen
  established,
  closed,  ///< sent FIN
  reset,   ///< sent RST
};

/// Letters that a history may have; later ones are left out. Only a flood of resets or FINs, each with
/// another sequence number, has that many.
inline constexpr std::size_t longest_history = 255;

/// What becomes of a connection, as Zeek sums it up in conn_state and history. The originator is the
/// forward side. Source: Zeek's TCPSessionAdapter and base/protocols/conn.
struct ConnectionState {
  struct Side {
    TcpState state = TcpState::inactive;
    TcpState before = TcpState::inactive;    ///< the state before that one
    std::uint8_t said = 0;                   ///< letters that are said once
    std::uint8_t numbered = 0;               ///< which of `numbers` are known
    std::array<std::uint32_t, 3> numbers{};  ///< sequence numbers of the last SYN, FIN, RST
    std::array<SmallCounter, 3> events;      ///< zero windows, gaps, retransmissions
  };
  PerDirection<Side> sides;  ///< by direction
  bool payload = false;      ///< one of them sent some
  std::string history;       ///< letters: upper case for the originator
};

/// Takes what one packet has to say into account; see make_connection() for where it comes from.
struct ConnectionEvent {
  Direction direction = Direction::forward;
  std::uint16_t flags = 0;     ///< see tcp_flag
  std::uint32_t sequence = 0;  ///< raw
  std::uint32_t payload_bytes = 0;
  bool zero_window = false, gap = false, retransmission = false;
};
void add_tcp(ConnectionState& state, const ConnectionEvent& event);

/// The same for a UDP packet, which has no more to say than who sent it.
void add_udp(ConnectionState& state, Direction direction);

/// Zeek's name for the state: "SF" for a connection that was opened and closed, and so on.
[[nodiscard]] std::string_view connection_state(const ConnectionState& state, Transport transport);

/// ConnectionState of a flow.
[[nodiscard]] std::unique_ptr<Accumulator> make_connection(AccumulatorContext& context);

}  // namespace flowmeter
