#include "flow/tcp_connection.h"

#include <limits>

#include "flow/any_field.h"
#include "flow/tcp_analysis.h"
#include "packet/packet_field.h"

namespace flowmeter {
namespace {

using namespace tcp_flag;
using Side = ConnectionState::Side;
using enum TcpState;

void move(Side& side, TcpState state) {
  if (side.state == state) return;
  side.before = side.state;
  side.state = state;
}

/// One packet of `own` side to its `peer`, for the two states.
class Step {
 public:
  Step(ConnectionState& state, const ConnectionEvent& event)
      : own_(state.sides[event.direction]),
        peer_(state.sides[opposite(event.direction)]),
        originates_(event.direction == Direction::forward),
        payload_(event.payload_bytes != 0),
        flags_(event.flags) {}

  void take() {
    switch (own_.state) {
      case inactive:
        begin();
        break;
      case syn_sent:
      case syn_ack_sent:
        if (has(fin)) move(own_, closed);
        if (has(rst)) move(own_, reset);
        break;
      case partial:
      case established:
        go_on();
        break;
      case closed:
        if (has(rst) && peer_.state != closed) move(own_, reset);
        break;
      case reset:
        break;
    }
  }

 private:
  [[nodiscard]] bool has(std::uint16_t flag) const { return (flags_ & flag) != 0; }

  /// The side's first packet, or one that did not count as such.
  void begin() {
    TcpState next = inactive;
    if (has(syn) && originates_) {
      next = has(ack) ? syn_ack_sent : syn_sent;
    } else if (has(syn)) {
      next = established;
      if (peer_.state == syn_sent) move(peer_, established);
    }
    if (has(fin)) next = closed;
    if (has(rst)) next = reset;
    if (next == inactive) {
      // An answer to a SYN that is neither SYN nor payload says nothing yet.
      if (!originates_ && !payload_ && peer_.state == syn_sent) return;
      next = has(ack) && peer_.state == established ? established : partial;
    }
    move(own_, next);
  }

  void go_on() {
    if (has(syn) && !has(ack) && own_.state == partial && peer_.state == inactive) {
      move(own_, syn_sent);
    }
    if (has(fin) && !has(rst)) {
      move(own_, closed);
      // The peer's reset came after its FIN: it answered what was still under way.
      if (peer_.state == reset && peer_.before == closed) move(peer_, closed);
    }
    if (has(rst)) move(own_, reset);
  }

  Side& own_;
  Side& peer_;
  const bool originates_, payload_;
  const std::uint16_t flags_;
};

/// Writes the letters of one packet.
class Historian {
 public:
  Historian(ConnectionState& state, const ConnectionEvent& event)
      : state_(state), own_(state.sides[event.direction]), event_(event) {}

  void take() {
    const bool is_syn = has(syn), is_fin = has(fin), is_rst = has(rst);
    const int count = int{is_syn} + int{is_fin} + int{is_rst};
    if (count > 1) {
      say_once(is_fin && is_rst ? 'I' : 'Q', is_fin && is_rst ? 1U : 2U);
    } else if (is_syn) {
      say_anew(has(ack) ? 'H' : 'S', 0, event_.sequence);
    } else if (is_fin) {
      say_anew('F', 1, event_.sequence + event_.payload_bytes + 1);
    } else if (is_rst) {
      say_anew('R', 2, event_.sequence);
    } else if (event_.payload_bytes != 0) {
      say_once('D', 4U);
    } else if (has(ack)) {
      say_once('A', 8U);
    }
    say_by_tens('W', 0, event_.zero_window);
    say_by_tens('G', 1, event_.gap);
    say_by_tens('T', 2, event_.retransmission && event_.payload_bytes != 0);
  }

  void say_once(char letter, unsigned bit) {
    if ((own_.said & bit) != 0) return;
    own_.said = static_cast<std::uint8_t>(own_.said | bit);
    say(letter);
  }

 private:
  [[nodiscard]] bool has(std::uint16_t flag) const { return (event_.flags & flag) != 0; }

  void say(char letter) {
    if (state_.history.size() == longest_history) return;
    constexpr char to_lower = 'a' - 'A';
    const bool originates = event_.direction == Direction::forward;
    state_.history += static_cast<char>(originates ? letter : letter + to_lower);
  }

  /// Unless the last one had the same number, and so was the same one.
  void say_anew(char letter, std::size_t which, std::uint32_t number) {
    const unsigned bit = 1U << which;
    if ((own_.numbered & bit) == 0 || own_.numbers[which] != number) say(letter);
    own_.numbered = static_cast<std::uint8_t>(own_.numbered | bit);
    own_.numbers[which] = number;
  }

  /// The first, the tenth, the hundredth time, and so on.
  void say_by_tens(char letter, std::size_t which, bool happens) {
    if (!happens) return;
    own_.events[which].add(1);
    std::uint64_t times = own_.events[which].value();
    while (times % 10 == 0) times /= 10;
    if (times == 1) say(letter);
  }

  ConnectionState& state_;
  Side& own_;
  const ConnectionEvent& event_;
};

bool little(TcpState state) { return state == inactive || state == partial; }

/// The originator gave up before anything else but its own SYNs: its RST is the first of these letters.
bool gave_up(std::string_view history) {
  if (!history.starts_with('S')) return false;
  const std::size_t first = history.find_first_of("HAFGIQR", 1);
  return first != std::string_view::npos && history[first] == 'R';
}

std::string_view tcp_state(const ConnectionState& connection) {
  const TcpState origin = connection.sides[Direction::forward].state,
                 response = connection.sides[Direction::backward].state;
  if (response == reset) {
    const bool refused =
        origin == syn_sent || origin == syn_ack_sent || (origin == reset && !connection.payload);
    return refused ? "REJ" : little(origin) ? "RSTRH" : "RSTR";
  }
  if (origin == reset) {
    if (!little(response)) return "RSTO";
    return gave_up(connection.history) ? "RSTOS0" : "OTH";
  }
  if (origin == closed) return response == closed ? "SF" : little(response) ? "SH" : "S2";
  if (response == closed) return little(origin) ? "SHR" : "S3";
  if (origin == syn_sent && response == inactive) return "S0";
  return origin == established && response == established ? "S1" : "OTH";
}

class Connections final : public WholeAccumulatorOf<ConnectionState> {
 public:
  explicit Connections(AccumulatorContext& context)
      : zero_window_(context.fields, "tcp.analysis.zero_window"),
        gap_(context.fields, "tcp.analysis.lost_segment"),
        retransmission_(context.fields, retransmission_fields) {
    add_fact_fields(context.fields, {Fact::sequence});
    context.fields.add("tcp.len");
  }

 private:
  void add_packet(ConnectionState& state, const Packet& packet, Direction direction) const override {
    if (packet.key.transport != Transport::tcp) {
      add_udp(state, direction);
      return;
    }
    ConnectionEvent event;
    event.direction = direction;
    event.flags = packet.tcp_flags;
    event.sequence = packet.facts.sequence;
    event.payload_bytes = packet.facts.payload_bytes;
    event.zero_window = zero_window_.has(packet);
    event.gap = gap_.has(packet);
    event.retransmission = retransmission_.has(packet);
    add_tcp(state, event);
  }

  const PacketField zero_window_, gap_;
  const AnyField retransmission_;
};

}  // namespace

void add_tcp(ConnectionState& state, const ConnectionEvent& event) {
  Step(state, event).take();
  state.payload |= event.payload_bytes != 0;
  Historian(state, event).take();
}

void add_udp(ConnectionState& state, Direction direction) {
  const ConnectionEvent event{.direction = direction};
  Historian(state, event).say_once('D', 4U);
}

std::string_view connection_state(const ConnectionState& state, Transport transport) {
  if (transport == Transport::tcp) return tcp_state(state);
  return state.history.size() == 2 ? "SF" : "S0";  // both sent, or one did
}

std::unique_ptr<Accumulator> make_connection(AccumulatorContext& context) {
  return std::make_unique<Connections>(context);
}

}  // namespace flowmeter
