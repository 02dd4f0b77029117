#include "source/pipe_writer.h"

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>

#include <string>

namespace flowmeter {
namespace {

class PipeWriterTest : public testing::Test {
 protected:
  PipeWriterTest() {
    fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
    fcntl(pipe.write.get(), F_SETFL, O_NONBLOCK);
  }
  ~PipeWriterTest() override { ::signal(SIGPIPE, before); }

  /// What is in the pipe by now.
  std::string read_pipe() {
    std::string text;
    char piece[4096];
    ssize_t count = 0;
    while ((count = read(pipe.read.get(), piece, sizeof piece)) > 0) {
      text.append(piece, static_cast<std::size_t>(count));
    }
    at_end = count == 0;
    return text;
  }

  /// Reads until the writer has written all that was added.
  std::string read_all() {
    std::string text = read_pipe();
    while (writer.is_blocked()) {
      io.restart();
      io.run_one();
      text += read_pipe();
    }
    return text + read_pipe();
  }

  static std::string much() {
    std::string text;
    while (text.size() < (std::size_t{3} << 20)) text += std::to_string(text.size()) + ' ';
    return text;
  }

  void (*const before)(int) = ::signal(SIGPIPE, SIG_IGN);
  boost::asio::io_context io;
  Pipe pipe = make_pipe();
  int progressed = 0;
  bool at_end = false;
  PipeWriter writer{io, [this] { ++progressed; }};
};

TEST_F(PipeWriterTest, KeepsWhatIsAddedBeforeThePipeIsThere) {
  writer.add("one ");
  writer.write();
  writer.add("two");
  EXPECT_EQ(writer.waiting(), 7U);
  EXPECT_FALSE(writer.is_open());
  writer.open(std::move(pipe.write));
  writer.write();
  EXPECT_EQ(read_pipe(), "one two");
  EXPECT_EQ(writer.waiting(), 0U);
  EXPECT_FALSE(at_end);
}

TEST_F(PipeWriterTest, WritesTheRestWhenThePipeHasRoom) {
  const std::string text = much();
  writer.open(std::move(pipe.write));
  writer.add(text);
  writer.write();
  EXPECT_TRUE(writer.is_blocked());
  EXPECT_TRUE(writer.has_unread());
  EXPECT_NE(writer.waiting(), 0U);
  EXPECT_EQ(read_all(), text);
  EXPECT_GT(progressed, 0);
  EXPECT_EQ(writer.waiting(), 0U);
  EXPECT_FALSE(writer.has_unread());
}

TEST_F(PipeWriterTest, WritesInOrderWhatIsAddedWhileThePipeIsFull) {
  const std::string text = much();
  writer.open(std::move(pipe.write));
  writer.add(text);
  writer.write();
  writer.add("more");
  writer.write();
  EXPECT_EQ(read_all(), text + "more");
}

TEST_F(PipeWriterTest, ClosesThePipeAfterTheLastByte) {
  const std::string text = much();
  writer.open(std::move(pipe.write));
  writer.add(text);
  writer.write();
  writer.finish();
  EXPECT_TRUE(writer.is_open());
  EXPECT_EQ(read_all(), text);
  EXPECT_TRUE(at_end);
  EXPECT_FALSE(writer.is_open());
}

TEST_F(PipeWriterTest, ClosesAtOnceIfNothingIsWaiting) {
  writer.open(std::move(pipe.write));
  writer.finish();
  EXPECT_FALSE(writer.is_open());
  EXPECT_EQ(read_pipe(), "");
  EXPECT_TRUE(at_end);
}

TEST_F(PipeWriterTest, MayBeFinishedBeforeItIsOpened) {
  writer.add("all");
  writer.finish();
  writer.open(std::move(pipe.write));
  writer.write();
  EXPECT_EQ(read_pipe(), "all");
  EXPECT_TRUE(at_end);
}

TEST_F(PipeWriterTest, DropsEverythingWhenTheReaderHasGone) {
  writer.open(std::move(pipe.write));
  pipe.read.reset();
  writer.add("unread");
  writer.write();
  EXPECT_FALSE(writer.is_open());
  writer.add("unread");
  std::string more = "unread";
  writer.add_all_of(more);
  EXPECT_EQ(more, "");
  EXPECT_EQ(writer.waiting(), 0U);
}

TEST_F(PipeWriterTest, TellsThatTheReaderHasGoneWhileBytesWereWaiting) {
  writer.open(std::move(pipe.write));
  writer.add(much());
  writer.write();
  pipe.read.reset();
  io.run();
  EXPECT_EQ(progressed, 1);
  EXPECT_FALSE(writer.is_open());
  EXPECT_EQ(writer.waiting(), 0U);
}

TEST_F(PipeWriterTest, DoesNotCopyIfNothingIsWaiting) {
  std::string bytes(1000, 'x'), more = "y";
  writer.add_all_of(bytes);
  writer.add_all_of(more);
  EXPECT_EQ(bytes + more, "");
  writer.open(std::move(pipe.write));
  writer.write();
  EXPECT_EQ(read_pipe(), std::string(1000, 'x') + "y");
}

TEST_F(PipeWriterTest, DiscardsWhatIsWaiting) {
  writer.open(std::move(pipe.write));
  writer.add("kept");
  writer.write();
  writer.add("dropped");
  writer.discard();
  writer.write();
  EXPECT_EQ(read_pipe(), "kept");
  EXPECT_TRUE(writer.is_open());
}

}  // namespace
}  // namespace flowmeter
