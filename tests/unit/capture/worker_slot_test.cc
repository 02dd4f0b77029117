#include "capture/worker_slot.h"

#include <gtest/gtest.h>

#include "capture_bytes.h"

namespace flowmeter::test {
namespace {

constexpr Order little = Order::little;

class WorkerSlotTest : public testing::Test {
 protected:
  WorkerSlotTest() { add(section(little) + interface(little)); }

  /// Adds blocks that are not frames, as a dispatcher does.
  void add(std::string_view blocks) {
    CaptureReader reader(CaptureOrigin::pipe);
    reader.put(blocks);
    CaptureItem item;
    while (reader.next(item)) {
      preamble.remember(item);
      slot.add_block(item);
    }
  }

  static std::string begin() { return section(little) + interface(little); }

  CapturePreamble preamble;
  WorkerSlot slot;
};

TEST_F(WorkerSlotTest, CountsFramesAndAllThatItWasGiven) {
  slot.add_frame("frame");
  slot.add_rest("rest");
  FlushFrame flush;
  slot.add_flush_frames(flush, 2);
  EXPECT_EQ(slot.frames(), 1U);
  EXPECT_EQ(slot.given(), 3U);
  EXPECT_TRUE(slot.output().starts_with(begin() + "framerest"));
}

TEST_F(WorkerSlotTest, ANewGenerationHasThePreambleAndTheFragments) {
  slot.add_frame("first part");
  slot.keep_fragment("first part", 7, 1);
  slot.output().clear();
  slot.begin_generation(preamble);
  EXPECT_EQ(slot.output(), begin() + "first part");
  EXPECT_EQ(slot.generation(), 1U);
  EXPECT_EQ(slot.given(), 1U);
  EXPECT_EQ(slot.frames(), 0U);
}

TEST_F(WorkerSlotTest, FragmentsMeanNothingInAnotherSection) {
  slot.keep_fragment("part", 7, 1);
  add(begin());
  slot.begin_generation(preamble);
  EXPECT_EQ(slot.output(), begin());
}

TEST_F(WorkerSlotTest, GetsTheFragmentsOfAPairFromAnotherSlot) {
  WorkerSlot other;
  other.keep_fragment("mine", 7, 1);
  other.keep_fragment("not mine", 8, 2);
  other.keep_fragment("mine too", 7, 3);
  slot.add_context(other.fragments(), 7);
  EXPECT_EQ(slot.output(), begin() + "minemine too");
  EXPECT_EQ(slot.given(), 2U);
  EXPECT_EQ(slot.frames(), 0U);
  slot.output().clear();
  slot.begin_generation(preamble);
  EXPECT_EQ(slot.output(), begin() + "minemine too");
}

TEST_F(WorkerSlotTest, ABeginningThatBecameLongIsShortened) {
  add(section(little) + interface(little, 113));
  slot.shorten_beginning(preamble);
  EXPECT_EQ(slot.output(), begin() + section(little) + interface(little, 113)) << "it is not long";
  for (int i = 0; i < 10000; ++i) add(block(little, 5, std::string(12, '\0')));
  slot.shorten_beginning(preamble);
  EXPECT_EQ(slot.output(), section(little) + interface(little, 113));
}

TEST_F(WorkerSlotTest, ABeginningThatIsInUseStays) {
  for (int i = 0; i < 10000; ++i) add(block(little, 5, std::string(12, '\0')));
  WorkerSlot drained = slot;
  drained.output().erase(0, 1);
  drained.shorten_beginning(preamble);
  EXPECT_EQ(drained.output().size(), slot.output().size() - 1);
  const std::size_t size = slot.output().size();
  slot.add_frame("frame");
  slot.shorten_beginning(preamble);
  EXPECT_EQ(slot.output().size(), size + 5);
}

}  // namespace
}  // namespace flowmeter::test
