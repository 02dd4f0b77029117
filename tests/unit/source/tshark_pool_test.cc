#include "source/tshark_pool.h"

#include <unistd.h>

#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "capture_bytes.h"
#include "event_loop.h"
#include "line_parser.h"

namespace flowmeter::test {
namespace {

constexpr Order little = Order::little;

/// Each byte of its input in a line of its own, and only when its output buffer is full or at the end, as
/// tshark does.
constexpr const char* buffering = "exec od -An -v -w1 -tx1";
/// Says and reads nothing, and does not end.
constexpr const char* stalled = "exec sleep 600";

std::string tcp(std::uint8_t from, std::uint16_t port) {
  return ethernet(ipv4(6, from, 99, ports(port, 80)));
}

/// A pool of shell scripts in place of tsharks.
class TsharkPoolTest : public EventLoopTest {
 protected:
  using Name = std::pair<unsigned, std::uint32_t>;  ///< slot, generation

  TsharkPool& begin(unsigned workers, const std::string& script, const DispatcherOptions& options = {}) {
    dispatcher.emplace(workers, CaptureOrigin::pipe, options);
    command = {"/bin/sh", {"-c", script}, {}};
    TsharkPool::Setup setup;
    setup.buffers = buffers;
    setup.command = [this](unsigned) -> const Command& { return command; };
    setup.parser = [this](unsigned slot) {
      const auto generation = static_cast<std::uint32_t>(made[slot]++);
      return std::make_unique<LineParser>(lines[{slot, generation}]);
    };
    setup.added = [this](unsigned slot, TsharkProcess& next) {
      processes[{slot, next.generation()}] = &next;
    };
    pool.emplace(io, *dispatcher, std::move(setup),
                 TsharkProcess::Events{guard, [this] { ++outputs; }, [this] { ++written; }});
    feed(section(little) + interface(little));
    return *pool;
  }

  void feed(std::string_view bytes) {
    dispatcher->feed(bytes);
    pool->write_dispatched();
  }

  void end() {
    dispatcher->finish();
    pool->end_input();
  }

  /// The capture that a tshark was given, out of what `buffering` wrote.
  std::string given(unsigned slot, std::uint32_t generation) {
    Record record(0);
    while (processes.at({slot, generation})->records().next(record)) {
    }
    std::string bytes;
    for (const std::string& line : lines.at({slot, generation})) {
      bytes += static_cast<char>(std::stoi(line, nullptr, 16));
    }
    return bytes;
  }

  bool run_to_end() {
    return run_until([this] { return pool->running() == 0; });
  }

  bool buffers = true;
  std::optional<FrameDispatcher> dispatcher;
  Command command;
  std::map<unsigned, int> made;
  std::map<Name, std::vector<std::string>> lines;
  std::map<Name, TsharkProcess*> processes;
  int outputs = 0, written = 0;
  std::optional<TsharkPool> pool;
};

TEST_F(TsharkPoolTest, GivesEachWhatWasDispatchedForIt) {
  begin(3, buffering);
  for (std::uint8_t host = 1; host < 20; ++host) feed(enhanced(little, tcp(host, host)));
  std::map<unsigned, std::vector<std::string>> expected;
  for (std::uint8_t host = 1; host < 20; ++host) {
    expected[worker_of(routing_key(1, tcp(host, host)), 3)].push_back(tcp(host, host));
  }
  end();
  ASSERT_TRUE(run_to_end());
  ASSERT_EQ(expected.size(), 3U);
  for (const auto& [slot, packets] : expected) {
    EXPECT_EQ(read(given(slot, 0), 0, CaptureOrigin::pipe).packets, packets);
  }
  EXPECT_FALSE(pool->replaced_any());
}

TEST_F(TsharkPoolTest, ASlotWithoutFramesHasNoTshark) {
  begin(3, buffering);
  const std::string frame = tcp(1, 1);
  feed(enhanced(little, frame));
  EXPECT_EQ(pool->running(), 1U);
  EXPECT_TRUE(processes.at({worker_of(routing_key(1, frame), 3), 0})->launched());
}

TEST_F(TsharkPoolTest, TheFirstTsharkJudgesACaptureWithoutFrames) {
  begin(3, buffering);
  EXPECT_EQ(pool->running(), 0U);
  end();
  EXPECT_EQ(pool->running(), 1U);
  ASSERT_TRUE(run_to_end());
  EXPECT_EQ(given(0, 0), section(little) + interface(little));
}

TEST_F(TsharkPoolTest, GenerationsHaveSegmentsOfTheirOwn) {
  begin(2, buffering, {.generation_frames = 1});
  for (int i = 0; i < 3; ++i) feed(enhanced(little, tcp(1, 1)));
  const unsigned slot = worker_of(routing_key(1, tcp(1, 1)), 2);
  EXPECT_TRUE(pool->replaced_any());
  ASSERT_EQ(processes.size(), 4U);
  EXPECT_EQ(processes.at({slot, 0})->segment(), slot);
  EXPECT_EQ(processes.at({slot, 1})->segment(), 2U);
  EXPECT_EQ(processes.at({slot, 2})->segment(), 3U);
  end();
  ASSERT_TRUE(run_to_end());
  for (std::uint32_t generation = 0; generation < 3; ++generation) {
    EXPECT_EQ(given(slot, generation), section(little) + interface(little) + enhanced(little, tcp(1, 1)));
  }
}

TEST_F(TsharkPoolTest, NoMoreThanALimitRunAtATime) {
  begin(1, stalled, {.generation_frames = 1});
  for (std::uint16_t i = 0; i < 10; ++i) feed(enhanced(little, tcp(1, i)));
  EXPECT_EQ(pool->running(), 3U);
  EXPECT_FALSE(pool->accepts_more());
  EXPECT_FALSE(processes.at({0, 3})->launched());
  pool->release_oldest(0);
  EXPECT_EQ(pool->oldest(0).generation(), 1U);
  EXPECT_EQ(pool->running(), 3U) << "the next one has its place";
  EXPECT_TRUE(processes.at({0, 3})->launched());
  pool->free_released();
  pool->kill();
  EXPECT_EQ(pool->running(), 0U);
}

TEST_F(TsharkPoolTest, OneThatIsReleasedBeforeItIsLaunchedNeverIs) {
  begin(1, stalled, {.generation_frames = 1});
  for (std::uint16_t i = 0; i < 6; ++i) feed(enhanced(little, tcp(1, i)));
  for (int i = 0; i < 5; ++i) pool->release_oldest(0);
  pool->free_released();
  EXPECT_EQ(pool->running(), 1U);
  EXPECT_EQ(pool->oldest(0).generation(), 5U);
}

TEST_F(TsharkPoolTest, WhoEndsMakesRoomForTheNext) {
  begin(1, buffering, {.generation_frames = 1});
  for (std::uint16_t i = 0; i < 10; ++i) feed(enhanced(little, tcp(1, i)));
  end();
  ASSERT_TRUE(run_until([this] { return processes.at({0, 9})->launched(); }));
  ASSERT_TRUE(run_to_end());
  EXPECT_GT(outputs, 0);
}

TEST_F(TsharkPoolTest, MoreIsNotAcceptedWhileMuchIsWaiting) {
  begin(1, stalled);
  const std::string frame = enhanced(little, std::string(60000, 'x'));
  for (int i = 0; i < 60; ++i) feed(frame);
  EXPECT_TRUE(pool->accepts_more());
  for (int i = 0; i < 20; ++i) feed(frame);
  EXPECT_FALSE(pool->accepts_more());
}

TEST_F(TsharkPoolTest, ASilentTsharkIsFlushed) {
  begin(1, buffering);
  const std::string capture = section(little) + interface(little) + enhanced(little, tcp(1, 1));
  feed(enhanced(little, tcp(1, 1)));
  pool->flush(0, false);
  ASSERT_TRUE(run_until([&] { return given(0, 0).size() >= capture.size(); }));
  EXPECT_TRUE(given(0, 0).starts_with(capture));
  EXPECT_EQ(dispatcher->frames(), 1U);
}

TEST_F(TsharkPoolTest, ATsharkIsFlushedOnceUnlessThatDidNotHelp) {
  begin(1, "exec cat >/dev/null");
  feed(enhanced(little, tcp(1, 1)));
  const auto flush = [this](bool again) {
    EXPECT_TRUE(run_until([this] { return pool->oldest(0).input().waiting() == 0; }));
    const std::uint64_t before = dispatcher->given(0);
    pool->flush(0, again);
    return dispatcher->given(0) - before;
  };
  const std::uint64_t frames = flush(false);
  EXPECT_GT(frames, 0U);
  EXPECT_EQ(flush(false), 0U);
  EXPECT_EQ(flush(true), frames);
}

TEST_F(TsharkPoolTest, PlainFramesNeedMoreFlushFrames) {
  begin(1, "exec cat >/dev/null", {.local_headers = true});
  feed(enhanced(little, tcp(1, 1)) + enhanced(little, ethernet(ipv4(47, 1, 2, "gre"))));
  EXPECT_TRUE(run_until([this] { return pool->oldest(0).input().waiting() == 0; }));
  for (const unsigned slot : {0U, 1U}) pool->flush(slot, false);
  EXPECT_GT(dispatcher->given(0), dispatcher->given(1));
  EXPECT_GT(dispatcher->given(1), 1U);
}

TEST_F(TsharkPoolTest, NothingIsFlushedThatWasNotGivenAllOrIsNotBuffered) {
  begin(1, stalled);
  for (int i = 0; i < 10; ++i) feed(enhanced(little, std::string(60000, 'x')));
  const std::uint64_t before = dispatcher->given(0);
  pool->flush(0, true);
  EXPECT_EQ(dispatcher->given(0), before) << "it has not read what there is";
  pool.reset();
  buffers = false;
  begin(1, "exec cat >/dev/null");
  feed(enhanced(little, tcp(1, 1)));
  pool->flush(0, true);
  EXPECT_EQ(dispatcher->given(0), 1U);
}

TEST_F(TsharkPoolTest, NothingIsFlushedAtTheEnd) {
  begin(1, stalled);
  feed(enhanced(little, tcp(1, 1)));
  end();
  pool->flush(0, true);
  EXPECT_EQ(dispatcher->given(0), 1U);
}

TEST_F(TsharkPoolTest, AnInterruptEndsTheInputWhereItIs) {
  const std::string may_read = testing::TempDir() + "flowmeter-may-read-" + std::to_string(getpid());
  begin(1, "while ! test -e " + may_read + "; do sleep 0.01; done; exec cat >/dev/null");
  for (int i = 0; i < 100; ++i) feed(enhanced(little, std::string(60000, 'x')));
  EXPECT_GT(pool->oldest(0).input().waiting(), 0U);
  std::ofstream(may_read).close();
  pool->interrupt();
  EXPECT_EQ(pool->oldest(0).input().waiting(), 0U);
  EXPECT_TRUE(run_to_end());
  unlink(may_read.c_str());
}

TEST_F(TsharkPoolTest, AProgramThatCannotBeStartedIsAnError) {
  begin(1, stalled);
  command.program = "/no/such/program";
  EXPECT_THROW(feed(enhanced(little, tcp(1, 1))), std::system_error);
}

}  // namespace
}  // namespace flowmeter::test
