#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flow/tcp_connection.h"

namespace flowmeter {
namespace {

using namespace tcp_flag;

constexpr Direction forward = Direction::forward, backward = Direction::backward;

/// One packet: who sent it, flags, sequence number, payload.
ConnectionEvent sent(Direction direction, std::uint16_t flags, std::uint32_t sequence = 1,
                     std::uint32_t payload = 0) {
  ConnectionEvent event;
  event.direction = direction;
  event.flags = flags;
  event.sequence = sequence;
  event.payload_bytes = payload;
  return event;
}
ConnectionEvent f(std::uint16_t flags, std::uint32_t sequence = 1, std::uint32_t payload = 0) {
  return sent(forward, flags, sequence, payload);
}
ConnectionEvent b(std::uint16_t flags, std::uint32_t sequence = 1, std::uint32_t payload = 0) {
  return sent(backward, flags, sequence, payload);
}

/// State and history behind these packets: "SF ShADaFf".
std::string summary(const std::vector<ConnectionEvent>& events) {
  ConnectionState state;
  for (const ConnectionEvent& event : events) add_tcp(state, event);
  return std::string(connection_state(state, Transport::tcp)) + ' ' + state.history;
}

/// The same behind a whole handshake.
std::string opened(std::vector<ConnectionEvent> events) {
  events.insert(events.begin(), {f(syn, 100), b(syn | ack, 500), f(ack, 101)});
  return summary(events);
}

struct Case {
  const char* name;
  std::string got, want;
};

TEST(Connection, IsSummedUpAsZeekDoes) {
  const Case cases[] = {
      {"attempt", summary({f(syn)}), "S0 S"},
      {"attempt sent again", summary({f(syn), f(syn)}), "S0 S"},
      {"attempt with another number", summary({f(syn, 1), f(syn, 9)}), "S0 SS"},
      {"refused", summary({f(syn), b(rst | ack, 0)}), "REJ Sr"},
      {"refused in the middle of the handshake", summary({f(syn), b(syn | ack, 5), b(rst, 6)}), "RSTR Shr"},
      {"established", opened({}), "S1 ShA"},
      {"closed by both",
       opened({f(ack | psh, 101, 8), b(ack, 501), f(fin | ack, 109), b(fin | ack, 501), f(ack, 110)}),
       "SF ShADaFf"},
      {"closed by the originator", opened({f(fin | ack, 101), b(ack, 501)}), "S2 ShAFa"},
      {"closed by the responder", opened({b(fin | ack, 501)}), "S3 ShAf"},
      {"reset by the originator", opened({f(rst, 101)}), "RSTO ShAR"},
      {"reset by the responder", opened({b(rst, 501)}), "RSTR ShAr"},
      {"reset by both, nothing sent", opened({f(rst, 101), b(rst, 501)}), "REJ ShARr"},
      {"reset by both, something sent", opened({f(ack, 101, 1), f(rst, 102), b(rst, 501)}), "RSTR ShADRr"},
      {"half open", summary({f(syn), f(fin, 2)}), "SH SF"},
      {"only the answer, closed", summary({b(syn | ack), b(fin | ack, 2)}), "SHR hf"},
      {"only the answer, reset", summary({b(syn | ack), b(rst | ack, 2)}), "RSTRH hr"},
      {"in the middle", summary({f(ack, 9, 4), b(ack, 7, 4)}), "OTH Dd"},
      {"answered before the handshake is over", summary({f(syn), b(ack, 3)}), "S0 Sa"},
      {"answered with payload", summary({f(syn), b(ack, 3, 1)}), "OTH Sd"},
      {"simultaneous open", summary({f(syn, 1), b(syn, 7)}), "S1 Ss"},
      {"no flags at all", summary({f(0)}), "OTH "},
      {"SYN and FIN", summary({f(syn | fin), f(syn | fin)}), "SH Q"},
      {"FIN and RST", opened({f(fin | rst | ack, 101), f(fin | rst | ack, 101)}), "RSTO ShAI"},
      {"FIN, RST, the peer's FIN", opened({f(fin | ack, 101), f(rst, 102), b(fin | ack, 501)}), "SF ShAFRf"},
      {"FIN, the peer's FIN, RST", opened({f(fin | ack, 101), b(fin | ack, 501), f(rst, 102)}), "SF ShAFfR"},
  };
  for (const Case& one : cases) EXPECT_EQ(one.got, one.want) << one.name;
}

TEST(Connection, WasGivenUpIfTheResetComesBeforeAllElse) {
  const Case cases[] = {
      {"at once", summary({f(syn), f(rst, 2)}), "RSTOS0 SR"},
      {"after another attempt", summary({f(syn, 1), f(syn, 5), f(rst, 6)}), "RSTOS0 SSR"},
      {"after data", summary({f(syn), f(psh, 2, 3), f(rst, 5)}), "RSTOS0 SDR"},
      {"after a packet of the peer", summary({f(syn), b(ack, 2), f(rst, 2)}), "RSTOS0 SaR"},
      {"after an ACK", summary({f(syn), f(ack, 2), f(rst, 2)}), "OTH SAR"},
      {"after SYN and FIN at once", summary({f(syn), f(syn | fin, 2), f(rst, 2)}), "OTH SQR"},
      {"an ACK behind the reset", summary({f(syn), f(rst, 2), f(ack, 2)}), "RSTOS0 SRA"},
      {"without a SYN", summary({f(rst)}), "OTH R"},
      {"after SYN+ACK", summary({f(syn | ack), f(rst, 2)}), "OTH HR"},
  };
  for (const Case& one : cases) EXPECT_EQ(one.got, one.want) << one.name;
  ConnectionEvent behind_a_gap = f(psh, 2, 3);
  behind_a_gap.gap = true;
  EXPECT_EQ(summary({f(syn), behind_a_gap, f(rst, 5)}), "OTH SDGR");
}

TEST(History, TellsSegmentsSentAgainFromOthers) {
  EXPECT_EQ(opened({f(fin | ack, 101), f(fin | ack, 101)}), "S2 ShAF");
  EXPECT_EQ(opened({f(fin | ack, 101, 8), f(fin | ack, 109)}), "S2 ShAF") << "the FIN has the same number";
  EXPECT_EQ(opened({f(fin | ack, 101), f(fin | ack, 150)}), "S2 ShAFF");
  EXPECT_EQ(opened({f(rst, 101), f(rst, 102), f(rst, 102)}), "RSTO ShARR");
  EXPECT_EQ(summary({f(syn, 0), f(syn | ack, 0)}), "S0 S") << "SYN and SYN+ACK are one class";
  EXPECT_EQ(summary({f(syn, 0), f(syn | ack, 1)}), "S0 SH");
}

TEST(History, CountsInTheNumbersOfTcp) {
  EXPECT_EQ(opened({f(fin | ack, 0xffffffff, 10), f(fin | ack, 9)}), "S2 ShAF");
}

TEST(History, MarksTheFirstTheTenthTheHundredthTime) {
  ConnectionState state;
  ConnectionEvent event = b(ack, 501);
  event.zero_window = true;
  const auto after = [&](int more) {
    for (int i = 0; i < more; ++i) add_tcp(state, event);
    return state.history;
  };
  EXPECT_EQ(after(1), "aw");
  EXPECT_EQ(after(8), "aw");
  EXPECT_EQ(after(1), "aww");
  EXPECT_EQ(after(89), "aww");
  EXPECT_EQ(after(1), "awww");
  EXPECT_EQ(after(1900), "awwww");
}

TEST(History, MarksRetransmissionsOfPayload) {
  ConnectionEvent again = f(ack, 101, 8);
  again.retransmission = true;
  EXPECT_EQ(opened({f(ack, 101, 8), again, again}), "S1 ShADT");
  again.payload_bytes = 0;
  EXPECT_EQ(opened({again}), "S1 ShA");
}

TEST(History, IsBounded) {
  ConnectionState state;
  for (std::uint32_t number = 0; number < 10'000; ++number) add_tcp(state, f(rst, number));
  EXPECT_EQ(state.history, std::string(longest_history, 'R'));
}

TEST(UdpConnection, IsWhoSent) {
  ConnectionState state;
  add_udp(state, forward);
  add_udp(state, forward);
  EXPECT_EQ(connection_state(state, Transport::udp), "S0");
  EXPECT_EQ(state.history, "D");
  add_udp(state, backward);
  add_udp(state, backward);
  EXPECT_EQ(connection_state(state, Transport::udp), "SF");
  EXPECT_EQ(state.history, "Dd");
}

}  // namespace
}  // namespace flowmeter
