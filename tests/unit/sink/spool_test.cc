#include "sink/spool.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "base/error.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::MemorySink;

TEST(Spool, HoldsBackUntilItsTurn) {
  MemorySink sink;
  Spool spool(sink);
  spool.write("a\n");
  spool.flush();
  spool.write("b\n");
  EXPECT_EQ(sink.text, "");
  EXPECT_EQ(sink.flushes, 0);
  spool.open();
  EXPECT_EQ(sink.text, "a\nb\n");
}

TEST(Spool, HandsOnFromThenOn) {
  MemorySink sink;
  Spool spool(sink);
  spool.write("a\n");
  spool.open();
  spool.write("b\n");
  EXPECT_EQ(sink.text, "a\nb\n");
  spool.flush();
  EXPECT_EQ(sink.flushes, 1);
  spool.finish();
  EXPECT_EQ(sink.finishes, 0) << "the sink is for others, too";
}

TEST(Spool, MayBeEmpty) {
  MemorySink sink;
  Spool spool(sink);
  spool.open();
  EXPECT_EQ(sink.text, "");
}

TEST(Spool, HoldsMoreThanMemoryShould) {
  MemorySink sink;
  Spool spool(sink);
  std::string all;
  for (int i = 0; i < 300'000; ++i) {
    const std::string row = std::to_string(i) + ",a row of some cells,0,0,0,-3,0,0\n";
    spool.write(row);
    all += row;
  }
  EXPECT_EQ(sink.text, "");
  spool.open();
  EXPECT_TRUE(sink.text == all);
  spool.write("last\n");
  EXPECT_TRUE(sink.text == all + "last\n");
}

/// Exits with 0 if a spool, whose file may have that many bytes, says that these could not be held.
[[noreturn]] void spool_on_a_full_disk(std::size_t room, std::size_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{room, room};
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(1);
  MemorySink sink;
  Spool spool(sink);
  try {
    spool.write(std::string(bytes, 'x'));
    spool.open();
  } catch (const OutputError&) {
    _exit(0);
  }
  _exit(sink.text.size() == bytes ? 2 : 3);
}

TEST(Spool, SaysThatTheDiskIsFull) {
  EXPECT_EXIT(spool_on_a_full_disk(100'000, 5'000'000), testing::ExitedWithCode(0), "");
}

TEST(Spool, SaysThatTheDiskIsFullForTheLastBytes) {
  EXPECT_EXIT(spool_on_a_full_disk(2 << 20, (2 << 20) + 100), testing::ExitedWithCode(0), "");
}

TEST(Spool, IsDroppedWithoutATrace) {
  MemorySink sink;
  {
    Spool spool(sink);
    spool.write(std::string(10'000'000, 'x'));
  }
  EXPECT_EQ(sink.text, "");
}

}  // namespace
}  // namespace flowmeter
