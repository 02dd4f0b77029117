#include "base/interrupt.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

namespace flowmeter {
namespace {

bool readable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  return poll(&wait, 1, 0) == 1;
}

// Signals are the process's: each of these runs in a child of its own.
TEST(Interrupt, NotesTheFirstSignal) {
  EXPECT_EXIT(
      {
        const Interrupt interrupt;
        if (Interrupt::signal() != 0 || readable(Interrupt::descriptor())) _exit(1);
        raise(SIGTERM);
        raise(SIGINT);
        _exit(Interrupt::signal() == SIGTERM && readable(Interrupt::descriptor()) ? 0 : 2);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Interrupt, LetsWritesToAClosedPipeFail) {
  EXPECT_EXIT(
      {
        const Interrupt interrupt;
        raise(SIGPIPE);
        _exit(0);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Interrupt, GivesTheSignalsBack) {
  EXPECT_EXIT(
      {
        { const Interrupt interrupt; }
        raise(SIGTERM);
        _exit(0);
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST(Interrupt, HasNoDescriptorOnItsOwn) {
  EXPECT_EQ(Interrupt::descriptor(), -1);
  EXPECT_EQ(Interrupt::signal(), 0);
}

}  // namespace
}  // namespace flowmeter
