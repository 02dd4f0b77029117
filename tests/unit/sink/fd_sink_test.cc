#include "sink/fd_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/interrupt.h"
#include "scratch.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::message_of;

/// Ends of a pipe; SIGPIPE is ignored as in the program.
class FdSinkOnAPipe : public testing::Test {
 protected:
  FdSinkOnAPipe() : before_(::signal(SIGPIPE, SIG_IGN)) {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
  ~FdSinkOnAPipe() override {
    ::signal(SIGPIPE, before_);
    for (int& end : ends) close_end(end);
  }

  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }

  /// Everything until the writing end is closed.
  static std::string read_all(int fd, std::chrono::microseconds pause = {}) {
    std::string text;
    char chunk[4096];
    for (ssize_t count = 0; (count = read(fd, chunk, sizeof chunk)) > 0;) {
      text.append(chunk, static_cast<std::size_t>(count));
      if (pause.count() != 0) std::this_thread::sleep_for(pause);
    }
    return text;
  }

  static std::string many_rows() {
    std::string text;
    for (int i = 0; i < 60'000; ++i) text += std::to_string(i) + ",row\n";
    return text;
  }

  int ends[2] = {-1, -1};

 private:
  sighandler_t before_;
};

TEST_F(FdSinkOnAPipe, KeepsAFewBytesBackUntilFlush) {
  FdSink sink(ends[1], "out");
  sink.write("a row\n");
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  char text[16];
  EXPECT_EQ(read(ends[0], text, sizeof text), -1);
  sink.flush();
  EXPECT_EQ(read(ends[0], text, sizeof text), 6);
}

TEST_F(FdSinkOnAPipe, FinishFlushes) {
  FdSink sink(ends[1], "out");
  sink.write("a row\n");
  sink.finish();
  close_end(ends[1]);
  EXPECT_EQ(read_all(ends[0]), "a row\n");
}

TEST_F(FdSinkOnAPipe, WaitsForASlowReader) {
  const std::string rows = many_rows();
  std::string got;
  std::thread reader([&] { got = read_all(ends[0], std::chrono::microseconds(200)); });
  FdSink sink(ends[1], "out");
  for (std::size_t at = 0; at < rows.size(); at += 1000) {
    sink.write(std::string_view(rows).substr(at, 1000));
  }
  sink.finish();
  close_end(ends[1]);
  reader.join();
  EXPECT_TRUE(got == rows);
}

TEST_F(FdSinkOnAPipe, WaitsOnADescriptorThatDoesNotBlock) {
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  const std::string rows = many_rows();
  std::string got;
  std::thread reader([&] { got = read_all(ends[0], std::chrono::microseconds(200)); });
  FdSink sink(ends[1], "out");
  sink.write(rows);
  sink.finish();
  close_end(ends[1]);
  reader.join();
  EXPECT_TRUE(got == rows);
}

TEST_F(FdSinkOnAPipe, SaysThatTheReaderHasGone) {
  FdSink sink(ends[1], "out");
  sink.write("a row\n");
  close_end(ends[0]);
  EXPECT_THROW(sink.flush(), ReaderGone);
  EXPECT_NO_THROW(sink.finish()) << "what was kept back is let go";
}

TEST_F(FdSinkOnAPipe, SaysThatTheReaderWentAwayMeanwhile) {
  const std::string rows = many_rows();
  std::thread reader([&] {
    char text[100];
    EXPECT_GT(read(ends[0], text, sizeof text), 0);
    close_end(ends[0]);
  });
  FdSink sink(ends[1], "out");
  EXPECT_THROW(
      {
        sink.write(rows);
        sink.finish();
      },
      ReaderGone);
  reader.join();
}

TEST(FdSink, SaysThatTheDiskIsFull) {
  const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  FdSink sink(fd, "flows.csv");
  sink.write("a row\n");
  EXPECT_EQ(message_of<OutputError>([&] { sink.finish(); }), "flows.csv: No space left on device");
  close(fd);
}

TEST(FdSink, SaysThatTheDescriptorIsClosed) {
  FdSink sink(999, "standard output");
  sink.write("a row\n");
  EXPECT_EQ(message_of<OutputError>([&] { sink.finish(); }), "standard output: Bad file descriptor");
}

TEST(FdSink, HandsOnWhatWouldNotFit) {
  const int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
  FdSink sink(fd, "out");
  EXPECT_THROW(sink.write(std::string(1 << 20, 'x')), OutputError);
  close(fd);
}

using FdSinkOnAFile = test::Scratch;

TEST_F(FdSinkOnAFile, WritesAllOfIt) {
  const auto path = directory / "out";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  FdSink sink(fd, "out");
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    const std::string row(static_cast<std::size_t>(i), 'x');
    sink.write(row);
    all += row;
  }
  sink.finish();
  close(fd);
  EXPECT_TRUE(get(path) == all);
}

// The signal is the process's: in a child of its own.
TEST(FdSink, DoesNotWaitForeverWhenTheUserEndsTheRun) {
  EXPECT_EXIT(
      {
        const Interrupt interrupt;
        int pipe_ends[2];
        if (pipe(pipe_ends) != 0) _exit(1);
        raise(SIGINT);
        FdSink sink(pipe_ends[1], "out");
        const auto start = std::chrono::steady_clock::now();
        try {
          sink.write(std::string(1 << 20, 'x'));  // more than a pipe holds, and nobody reads
          _exit(2);
        } catch (const OutputError&) {
          const auto waited = std::chrono::steady_clock::now() - start;
          _exit(waited >= std::chrono::milliseconds(900) && waited < std::chrono::seconds(10) ? 0 : 3);
        }
      },
      testing::ExitedWithCode(0), "");
}

TEST(FdSink, AReaderThatIsThereGetsTheLastRowsAfterASignal) {
  EXPECT_EXIT(
      {
        const Interrupt interrupt;
        int pipe_ends[2];
        if (pipe(pipe_ends) != 0) _exit(1);
        raise(SIGTERM);
        FdSink sink(pipe_ends[1], "out");
        sink.write("last\n");
        sink.finish();
        char text[16];
        _exit(read(pipe_ends[0], text, sizeof text) == 5 ? 0 : 2);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(FdSinkOnAPipe, CountsAndDigestsWhatIsWritten) {
  FdSink sink(ends[1], "out");
  EXPECT_EQ(sink.digest(), "");
  sink.keep_digest();
  sink.write("ab");
  sink.write("c");
  EXPECT_EQ(sink.bytes(), 0U);
  sink.flush();
  EXPECT_EQ(sink.bytes(), 3U);
  EXPECT_EQ(sink.whole_writes(), 2U);
  EXPECT_EQ(sink.torn_bytes(), 0U);
  EXPECT_EQ(sink.digest(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace flowmeter
