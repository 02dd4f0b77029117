#include "source/capture_ingest.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "capture_bytes.h"
#include "event_loop.h"
#include "gzip.h"
#include "source/child.h"

namespace flowmeter::test {
namespace {

constexpr Order little = Order::little;
constexpr int pipe_bytes = 1 << 20;

std::string capture(unsigned frames) {
  std::string bytes = pcap_header(little);
  for (unsigned i = 0; i < frames; ++i) {
    bytes += pcap_record(little, ethernet(ipv4(6, 1, 2, ports(1, static_cast<std::uint16_t>(i)))));
  }
  return bytes;
}

class CaptureIngestTest : public EventLoopTest {
 protected:
  CaptureIngestTest() {
    host.guard = guard;
    host.may_read = [this] { return may_read; };
    host.read = [this](std::string_view bytes) { read_bytes += bytes; };
    host.dispatched = [this] { ++dispatched; };
    host.ended = [this] { ++ended; };
  }

  CaptureIngest& begin(int fd, std::string_view head = {}) {
    ingest.emplace(io, fd, dispatcher, host);
    ingest->start(head);
    return *ingest;
  }

  /// Puts bytes into the pipe, which has room for them.
  void put(std::string_view bytes) {
    ASSERT_EQ(::write(pipe.write.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  [[nodiscard]] std::size_t unread() const {
    int count = 0;
    ioctl(pipe.read.get(), FIONREAD, &count);
    return static_cast<std::size_t>(count);
  }

  bool run_to_end() {
    pipe.write.reset();
    return run_until([this] { return ended != 0 || !failure.empty(); });
  }

  Pipe pipe = make_pipe(pipe_bytes);
  CaptureIngest::Host host;
  FrameDispatcher dispatcher{1, CaptureOrigin::pipe};
  std::optional<CaptureIngest> ingest;
  bool may_read = true;
  std::string read_bytes;
  int dispatched = 0, ended = 0;
};

TEST_F(CaptureIngestTest, FeedsTheDispatcherAndTellsWhatWasRead) {
  const std::string bytes = capture(100);
  begin(pipe.read.get());
  put(bytes);
  ASSERT_TRUE(run_to_end());
  EXPECT_EQ(dispatcher.output(0), bytes);
  EXPECT_EQ(dispatcher.frames(), 100U);
  EXPECT_EQ(read_bytes, bytes);
  EXPECT_EQ(ended, 1);
  EXPECT_GT(dispatched, 0);
  EXPECT_TRUE(ingest->ended());
  EXPECT_EQ(ingest->packing(), PackingEnd::whole);
}

TEST_F(CaptureIngestTest, TheHeadComesFirstAndWasReadBySomebodyElse) {
  const std::string bytes = capture(10);
  put(bytes.substr(50));
  begin(pipe.read.get(), bytes.substr(0, 50));
  ASSERT_TRUE(run_to_end());
  EXPECT_EQ(dispatcher.output(0), bytes);
  EXPECT_EQ(read_bytes, bytes.substr(50));
}

TEST_F(CaptureIngestTest, ReadsNothingWhileItMayNot) {
  may_read = false;
  const std::string bytes = capture(10);
  put(bytes);
  begin(pipe.read.get());
  run_ready();
  EXPECT_EQ(unread(), bytes.size());
  may_read = true;
  ingest->resume();
  ingest->resume();  // which changes nothing: it waits already
  EXPECT_TRUE(run_until([&] { return dispatcher.frames() == 10; }));
  EXPECT_EQ(unread(), 0U);
}

TEST_F(CaptureIngestTest, StopsAfterThePieceWithWhichItMayNoMore) {
  host.dispatched = [this] {
    ++dispatched;
    may_read = false;
  };
  put(capture(5000));
  const std::size_t all = unread();
  begin(pipe.read.get());
  ASSERT_TRUE(run_until([this] { return dispatched == 1; }));
  run_ready();
  EXPECT_EQ(dispatched, 1);
  EXPECT_EQ(read_bytes.size() + unread(), all);
  EXPECT_GT(unread(), 0U);
  may_read = true;
  ingest->resume();
  EXPECT_TRUE(run_until([this] { return dispatched == 2; }));
}

TEST_F(CaptureIngestTest, DecompressesAndTellsThePackedBytes) {
  const std::string bytes = capture(100), packed = gzip(bytes);
  put(packed);
  begin(pipe.read.get());
  ASSERT_TRUE(run_to_end());
  EXPECT_EQ(dispatcher.output(0), bytes);
  EXPECT_EQ(read_bytes, packed);
}

TEST_F(CaptureIngestTest, ACompressedCaptureThatIsCutShortEndsThere) {
  const std::string packed = gzip(capture(1000));
  put(packed.substr(0, packed.size() / 2));
  begin(pipe.read.get());
  ASSERT_TRUE(run_to_end());
  EXPECT_EQ(ingest->packing(), PackingEnd::cut_short);
  EXPECT_LT(dispatcher.frames(), 1000U);
}

TEST_F(CaptureIngestTest, DamageEndsTheCaptureAtOnce) {
  std::string packed = gzip(capture(100));
  packed[packed.size() - 8] ^= 1;  // of the check sum
  put(packed);
  begin(pipe.read.get());
  ASSERT_TRUE(run_until([this] { return ended != 0; }));
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(ingest->packing(), PackingEnd::damaged);
  EXPECT_NE(ingest->problem(), "");
  EXPECT_EQ(dispatcher.frames(), 100U);
}

TEST_F(CaptureIngestTest, ReadsNothingAfterItWasStopped) {
  begin(pipe.read.get()).stop();
  put(capture(10));
  run_ready();
  EXPECT_NE(unread(), 0U);
  EXPECT_TRUE(ingest->ended());
  EXPECT_EQ(ended, 0);
}

TEST_F(CaptureIngestTest, MayBeStoppedByItsHost) {
  host.dispatched = [this] { ingest->stop(); };
  put(capture(10));
  begin(pipe.read.get());
  EXPECT_TRUE(run_until([this] { return ingest->ended(); }));
  run_ready();
  EXPECT_EQ(ended, 0);
}

TEST_F(CaptureIngestTest, WhatCannotBeReadIsTheGuardsConcern) {
  const Descriptor directory(open("/", O_RDONLY | O_CLOEXEC));
  begin(directory.get());
  EXPECT_TRUE(run_until([this] { return !failure.empty(); }));
  EXPECT_TRUE(failure.starts_with("cannot be read: ")) << failure;
  EXPECT_EQ(ended, 0);
}

}  // namespace
}  // namespace flowmeter::test
