#include "source/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace flowmeter {
namespace {

using namespace std::chrono_literals;

Command shell(const std::string& script) { return {"/bin/sh", {"-c", script}, {}}; }

std::string read_all(int fd) {
  std::string text;
  char chunk[4096];
  while (true) {
    const ssize_t count = read(fd, chunk, sizeof chunk);
    if (count > 0) {
      text.append(chunk, static_cast<std::size_t>(count));
    } else if (count < 0 && errno == EAGAIN) {
      pollfd wait{fd, POLLIN, 0};
      poll(&wait, 1, 10'000);
    } else {
      return text;
    }
  }
}

/// How it ends, within ten seconds.
ChildExit end_of(Child& child) {
  for (int i = 0; i < 10'000; ++i) {
    if (const auto how = child.poll()) return *how;
    std::this_thread::sleep_for(1ms);
  }
  ADD_FAILURE() << "the child does not end";
  return {};
}

bool runs(pid_t pid) { return kill(pid, 0) == 0; }

bool ends_soon(pid_t pid) {
  for (int i = 0; i < 5000 && runs(pid); ++i) std::this_thread::sleep_for(1ms);
  return !runs(pid);
}

TEST(Child, GivesItsOutput) {
  Child child(shell("echo out; echo err >&2"), Child::Input::none);
  EXPECT_EQ(read_all(child.out().get()), "out\n");
  EXPECT_EQ(read_all(child.err().get()), "err\n");
  EXPECT_EQ(end_of(child).status, 0);
}

TEST(Child, GetsItsArgumentsAsTheyAre) {
  const std::vector<std::string> words = {"", "two words", "it's", "$HOME", "*", "new\nline", "\xff"};
  Command command{"/usr/bin/printf", {"%s|"}, {}};
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  Child child(command, Child::Input::none);
  EXPECT_EQ(read_all(child.out().get()), "|two words|it's|$HOME|*|new\nline|\xff|");
}

TEST(Child, HasOurEnvironmentWithTheChanges) {
  setenv("FLOWMETER_OURS", "kept", 1);
  setenv("FLOWMETER_BOTH", "old", 1);
  Command command = shell("echo $FLOWMETER_OURS $FLOWMETER_BOTH $FLOWMETER_NEW");
  command.environment = {{"FLOWMETER_BOTH", "new"}, {"FLOWMETER_NEW", "added"}};
  Child child(command, Child::Input::none);
  EXPECT_EQ(read_all(child.out().get()), "kept new added\n");
  EXPECT_STREQ(getenv("FLOWMETER_BOTH"), "old");
}

TEST(Child, TellsAnExitStatusFromASignal) {
  for (const int status : {0, 1, 2, 9, 130, 255}) {
    Child child(shell("exit " + std::to_string(status)), Child::Input::none);
    const ChildExit how = end_of(child);
    EXPECT_EQ(how.status, status);
    EXPECT_EQ(how.signal, 0);
  }
  for (const int number : {SIGINT, SIGTERM, SIGKILL, SIGSEGV}) {
    Child child(shell("ulimit -c 0; kill -" + std::to_string(number) + " $$; sleep 60"), Child::Input::none);
    const ChildExit how = end_of(child);
    EXPECT_EQ(how.signal, number);
    EXPECT_EQ(how.status, 0);
  }
}

TEST(Child, SaysAgainHowItEnded) {
  Child child(shell("exit 3"), Child::Input::none);
  EXPECT_EQ(end_of(child).status, 3);
  EXPECT_EQ(child.poll().value().status, 3);
  child.signal(SIGKILL);  // goes to nobody
  EXPECT_EQ(child.poll().value().status, 3);
}

TEST(Child, RunsUntilItIsTold) {
  Child child(shell("exec sleep 60"), Child::Input::none);
  EXPECT_EQ(child.poll(), std::nullopt);
  EXPECT_TRUE(runs(child.pid()));
  child.signal(SIGTERM);
  EXPECT_EQ(end_of(child).signal, SIGTERM);
}

TEST(Child, ReadsNothingUnlessGivenSomething) {
  Child child(shell("wc -c"), Child::Input::none);
  EXPECT_EQ(read_all(child.out().get()), "0\n");
  EXPECT_EQ(child.in().get(), -1);
}

TEST(Child, ReadsADescriptorThatItIsGiven) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(write(ends[1], "hello\n", 6), 6);
  close(ends[1]);
  Child child(shell("cat"), Child::Input::given, ends[0]);
  close(ends[0]);
  EXPECT_EQ(read_all(child.out().get()), "hello\n");
  EXPECT_EQ(end_of(child).status, 0);
}

TEST(Child, ReadsWhatIsWrittenToIt) {
  Child child(shell("cat"), Child::Input::pipe);
  ASSERT_EQ(write(child.in().get(), "hello\n", 6), 6);
  child.in().reset();
  EXPECT_EQ(read_all(child.out().get()), "hello\n");
  EXPECT_EQ(end_of(child).status, 0);
}

TEST(Child, WritingToItDoesNotBlock) {
  Child child(shell("exec sleep 60"), Child::Input::pipe);
  const std::string much(1 << 20, 'x');
  ssize_t count = 0;
  while ((count = write(child.in().get(), much.data(), much.size())) > 0) {
  }
  EXPECT_EQ(count, -1);
  EXPECT_EQ(errno, EAGAIN);
}

TEST(Child, ReadingItsErrorsDoesNotBlock) {
  Child child(shell("exec sleep 60"), Child::Input::none);
  char byte = 0;
  EXPECT_EQ(read(child.err().get(), &byte, 1), -1);
  EXPECT_EQ(errno, EAGAIN);
}

TEST(Child, AnotherChildDoesNotKeepItsPipesOpen) {
  Child first(shell("cat"), Child::Input::pipe);
  Child second(shell("exec sleep 60"), Child::Input::pipe);
  first.in().reset();
  EXPECT_EQ(read_all(first.out().get()), "");
  EXPECT_EQ(end_of(first).status, 0);
}

TEST(Child, HasTheUsualSigpipe) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  Child child(shell("kill -PIPE $$; exit 3"), Child::Input::none);
  EXPECT_EQ(end_of(child).signal, SIGPIPE);
  ::signal(SIGPIPE, before);
}

TEST(Child, EndsWhenNobodyReadsItsOutput) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  Child child({"/usr/bin/yes", {}, {}}, Child::Input::none);
  child.out().reset();
  EXPECT_EQ(end_of(child).signal, SIGPIPE);
  ::signal(SIGPIPE, before);
}

TEST(Child, DiesWithTheObject) {
  pid_t pid = 0;
  {
    Child child(shell("trap '' TERM INT; while :; do sleep 60; done"), Child::Input::none);
    pid = child.pid();
    EXPECT_TRUE(runs(pid));
  }
  EXPECT_FALSE(runs(pid)) << "and is reaped";
}

TEST(Child, DiesWithUsHoweverWeEnd) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t middle = fork();
  ASSERT_GE(middle, 0);
  if (middle == 0) {
    const Child child(shell("exec sleep 60"), Child::Input::none);
    const pid_t pid = child.pid();
    if (write(ends[1], &pid, sizeof pid) != sizeof pid) _exit(1);
    kill(getpid(), SIGKILL);
  }
  pid_t pid = 0;
  ASSERT_EQ(read(ends[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  waitpid(middle, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  EXPECT_TRUE(ends_soon(pid));
}

TEST(Child, SaysWhyItCannotBeStarted) {
  try {
    const Child child({"/none/tshark", {}, {}}, Child::Input::none);
    FAIL() << "it was started";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_NE(std::string(error.what()).find("/none/tshark"), std::string::npos);
  }
}

}  // namespace
}  // namespace flowmeter
