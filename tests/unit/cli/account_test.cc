#include "cli/account.h"

#include "support.h"

namespace flowmeter::test {
namespace {

TEST(Account, SummaryIsOneLine) {
  InputAccount account;
  account.frames.frames = 1;
  account.frames.with_packet = 1;
  account.frames.packets[place_of(Transport::udp)] = 1;
  account.flows[place_of(Transport::udp)][0] = 2;
  account.frames.older = 3;
  account.seconds = 0.5;
  EXPECT_EQ(summary(account),
            "1 frame: 1 with packets, 0 without a transport, 0 quoted by ICMP errors only, 0 with a cut "
            "header, 3 older than the one before; UDP: 1 packet in 2 flows; 0.500 s");
}

}  // namespace
}  // namespace flowmeter::test
