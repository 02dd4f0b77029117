#include "source/frame_collector.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <utility>

#include "capture_bytes.h"
#include "dialect/table_parser.h"
#include "support.h"

namespace flowmeter::test {
namespace {

constexpr Order little = Order::little;
constexpr std::uint32_t least_bytes = 1000;

/// Collects frames of a capture made by hand from what a test writes in place of the tsharks.
class FrameCollectorTest : public testing::Test {
 protected:
  void begin(unsigned workers, const DispatcherOptions& dispatching = {}, const CollectorOptions& more = {}) {
    CollectorOptions options = more;
    options.idle = std::chrono::seconds(600);
    options.remembered_streams = 100;
    options.read_headers = dispatching.local_headers;
    options.protocols = false;
    FieldSet fields;
    PacketDecoder::add_fields(fields);
    dispatcher.emplace(workers, CaptureOrigin::pipe, dispatching);
    collector.emplace(*dispatcher, options, fields, true);
    collector->on_generation_done([this](unsigned slot) { done.push_back(slot); });
    for (unsigned slot = 0; slot < dispatcher->slots(); ++slot) add(slot, 0);
    dispatcher->on_generation_end([this](unsigned slot) {
      dispatcher->output(slot).clear();
      add(slot, dispatcher->generation(slot) + 1);
    });
    dispatcher->feed(section(little) + interface(little));
  }

  static std::string packet(std::uint8_t host) {
    return ethernet(ipv4(17, host, 99, ports(1000, 2000) + std::string(4, '\0')));
  }

  /// Dispatches a UDP frame between a host and host 99, marked by its time and its length.
  void dispatch(std::uint8_t host, std::uint16_t mark) {
    std::string record = enhanced(little, packet(host), 0, seconds(mark));
    const std::string length = int32(least_bytes + mark, little);
    record.replace(24, length.size(), length);  // on the wire
    dispatcher->feed(record);
  }

  [[nodiscard]] unsigned slot_of(std::uint8_t host) const {
    return worker_of(routing_key(1, packet(host)), dispatcher->workers());
  }

  /// A host whose frames another worker has than that of host 1.
  [[nodiscard]] std::uint8_t host_elsewhere() const {
    std::uint8_t host = 2;
    while (slot_of(host) == slot_of(1)) ++host;
    return host;
  }

  /// In microseconds, the unit of the capture.
  static std::uint64_t seconds(std::uint64_t count) { return count * 1'000'000; }

  /// What a tshark says of such a frame.
  [[nodiscard]] std::string udp(std::uint8_t host, std::uint16_t mark, unsigned stream) const {
    const std::map<std::string, std::string> values = {
        {"frame.time_epoch", fmt::format("{}.000000000", mark)},
        {"frame.len", std::to_string(least_bytes + mark)},
        {"frame.protocols", "eth:ethertype:ip:udp"},
        {"ip.src", fmt::format("10.0.0.{}", host)},
        {"ip.dst", "10.0.0.99"},
        {"udp.stream", std::to_string(stream)},
        {"udp.srcport", "1000"},
        {"udp.dstport", "2000"},
    };
    return line(values);
  }

  [[nodiscard]] std::string line(const std::map<std::string, std::string>& values) const {
    std::string text;
    for (const std::string& name : collector->asked().names()) {
      const auto value = values.find(name);
      text += (value == values.end() ? std::string() : value->second) + '\t';
    }
    text.back() = '\n';
    return text;
  }

  /// What a tshark says of a plain frame: its streams, and nothing of other fields.
  [[nodiscard]] std::string plain(std::string_view numbers) const {
    std::string text;
    for (const std::string& name : collector->asked_of_plain().names()) {
      if (name == "tcp.stream || udp.stream") text += numbers;
      text += '\t';
    }
    text.back() = '\n';
    return text;
  }

  void write(unsigned slot, std::string_view text, std::uint32_t generation = 0) {
    TsharkRecords& records = *tsharks.at({slot, generation});
    std::copy(text.begin(), text.end(), records.room(text.size()).begin());
    records.commit(text.size());
  }

  void end(unsigned slot, std::uint32_t generation = 0) { tsharks.at({slot, generation})->end(); }

  /// Collects until that does not go on, which is returned; the frames are in `marks` and `streams`.
  NextFrame collect() {
    while (true) {
      const NextFrame next = collector->next();
      if (next == NextFrame::left_out) {
        ++left_out;
      } else if (next != NextFrame::ready) {
        return next;
      } else {
        const Frame& frame = collector->frame();
        EXPECT_EQ(frame.time_ns, (frame.bytes - least_bytes) * second);
        marks.push_back(frame.bytes - least_bytes);
        for (const Packet& packet : frame.packets) streams.push_back(packet.key.stream);
      }
    }
  }

  std::optional<FrameDispatcher> dispatcher;
  std::optional<FrameCollector> collector;
  std::map<std::pair<unsigned, std::uint32_t>, std::unique_ptr<TsharkRecords>> tsharks;
  std::vector<unsigned> done;  // slots whose generations are
  std::vector<std::uint32_t> marks;
  std::vector<std::uint64_t> streams;
  int left_out = 0;

 private:
  void add(unsigned slot, std::uint32_t generation) {
    const FieldSet& asked =
        dispatcher->has_local_headers(slot) ? collector->asked_of_plain() : collector->asked();
    auto records =
        std::make_unique<TsharkRecords>(std::make_unique<TableParser>(collector->fields(), asked.names()));
    collector->add(slot, generation, static_cast<std::uint32_t>(tsharks.size()), *records);
    tsharks[{slot, generation}] = std::move(records);
  }
};

using Marks = std::vector<std::uint32_t>;
using Streams = std::vector<std::uint64_t>;

TEST_F(FrameCollectorTest, FramesComeInTheOrderOfTheCapture) {
  begin(3);
  std::map<unsigned, std::string> output;
  Marks expected;
  for (std::uint16_t i = 0; i < 60; ++i) {
    const auto host = static_cast<std::uint8_t>(1 + i % 7);
    dispatch(host, i);
    output[slot_of(host)] += udp(host, i, host);
    expected.push_back(i);
  }
  ASSERT_GT(output.size(), 1U);
  for (auto slot = output.rbegin(); slot != output.rend(); ++slot) {
    EXPECT_EQ(collect(), NextFrame::waiting);
    write(slot->first, slot->second);
  }
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, expected);
  EXPECT_TRUE(collector->complete());
  EXPECT_EQ(collector->collected(), 60U);
  for (std::size_t i = 0; i < streams.size(); ++i) EXPECT_EQ(streams[i], i % 7);
}

TEST_F(FrameCollectorTest, ThePiecesOfTheOutputMakeNoDifference) {
  begin(1);
  std::string output;
  for (std::uint8_t i = 1; i < 9; ++i) {
    dispatch(i, i);
    output += udp(i, i, i);
  }
  for (const char c : output) {
    write(0, {&c, 1});
    EXPECT_EQ(collect(), NextFrame::waiting);
  }
  EXPECT_EQ(marks, (Marks{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST_F(FrameCollectorTest, FlushFramesAreNotHandedOut) {
  begin(1);
  dispatch(1, 50);
  dispatcher->add_flush_frames(0, 2);
  dispatch(1, 60);
  write(0, udp(1, 50, 0) + line({{"frame.len", "14"}}) + line({{"frame.len", "14"}}) + udp(1, 60, 0));
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, (Marks{50, 60}));
}

TEST_F(FrameCollectorTest, GenerationsFollowEachOtherAndStreamsGoOn) {
  begin(1, {.generation_frames = 2});
  for (std::uint16_t i = 0; i < 5; ++i) dispatch(static_cast<std::uint8_t>(1 + i % 2), i);
  write(0, udp(1, 4, 0), 2);
  write(0, udp(1, 2, 0) + udp(2, 3, 1), 1);
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_TRUE(done.empty());
  write(0, udp(1, 0, 0) + udp(2, 1, 1));
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, (Marks{0, 1, 2, 3, 4}));
  EXPECT_EQ(streams, (Streams{0, 1, 0, 1, 0}));
  EXPECT_EQ(done, (std::vector<unsigned>{0, 0}));
}

TEST_F(FrameCollectorTest, WhatADoneGenerationStillSaysIsNotRead) {
  begin(1, {.generation_frames = 1});
  dispatch(1, 50);
  dispatch(1, 60);
  write(0, udp(1, 50, 0) + line({{"frame.len", "14"}}) + "no record\n");
  write(0, udp(1, 60, 0), 1);
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, (Marks{50, 60}));
}

TEST_F(FrameCollectorTest, AnEarlyEndIsTheEndForAll) {
  begin(2);
  const std::uint8_t other = host_elsewhere();
  dispatch(1, 50);
  dispatch(other, 60);
  dispatch(1, 70);
  dispatch(other, 80);
  write(slot_of(1), udp(1, 50, 0));
  write(slot_of(other), udp(other, 60, 0) + udp(other, 80, 0));
  end(slot_of(1));
  EXPECT_EQ(collect(), NextFrame::missing);
  EXPECT_EQ(marks, (Marks{50, 60}));
  EXPECT_FALSE(collector->complete());
  EXPECT_EQ(dispatcher->log().front().slot, slot_of(1));
}

TEST_F(FrameCollectorTest, AStalledTsharkHoldsUpThoseAfterIt) {
  begin(2);
  const std::uint8_t other = host_elsewhere();
  dispatch(other, 50);
  dispatch(1, 60);
  dispatch(other, 70);
  write(slot_of(other), udp(other, 50, 0) + udp(other, 70, 0));
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, Marks{50});
  write(slot_of(1), udp(1, 60, 0));
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, (Marks{50, 60, 70}));
}

TEST_F(FrameCollectorTest, TooManyRecordsAreNotRead) {
  begin(1);
  dispatch(1, 50);
  write(0, udp(1, 50, 0) + udp(1, 51, 0) + "no record\n");
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, Marks{50});
  EXPECT_TRUE(collector->complete());
}

TEST_F(FrameCollectorTest, TooFewRecordsAreMissedAtTheEnd) {
  begin(1);
  for (std::uint16_t i = 0; i < 3; ++i) dispatch(1, i);
  write(0, udp(1, 0, 0) + udp(1, 1, 0));
  EXPECT_EQ(collect(), NextFrame::waiting);
  end(0);
  EXPECT_EQ(collect(), NextFrame::missing);
  EXPECT_EQ(marks, (Marks{0, 1}));
}

TEST_F(FrameCollectorTest, TextThatIsNoRecordEndsTheInputWhereItIs) {
  begin(1);
  dispatch(1, 50);
  dispatch(1, 60);
  write(0, udp(1, 50, 0) + "no record\n");
  const std::string message = message_of<InputError>([&] { collect(); });
  EXPECT_TRUE(message.starts_with("tshark's output after frame 1: 1 columns instead of")) << message;
  EXPECT_EQ(marks, Marks{50});
}

TEST_F(FrameCollectorTest, TextThatIsNoRecordIsLeftOutIfTheUserWants) {
  begin(1, {}, {.keep_going = true});
  for (std::uint16_t i = 0; i < 4; ++i) dispatch(1, i);
  write(0, udp(1, 0, 0) + "no record\n" + "none either\n" + udp(1, 3, 0));
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, (Marks{0, 3}));
  EXPECT_EQ(left_out, 2);
  EXPECT_EQ(collector->skipped().count, 2U);
  EXPECT_TRUE(collector->skipped().first.starts_with("tshark's output after frame 1: "));
  EXPECT_TRUE(collector->complete());
}

TEST_F(FrameCollectorTest, AFrameWithoutSenseIsToldByItsNumber) {
  begin(1);
  dispatch(1, 50);
  write(0, line({{"frame.len", "many"}}));
  const std::string message = message_of<InputError>([&] { collect(); });
  EXPECT_TRUE(message.starts_with("frame 1: ")) << message;
}

TEST_F(FrameCollectorTest, WhatObserversRefuseIsDamageToo) {
  begin(1);
  dispatch(1, 50);
  write(0, udp(1, 50, 0));
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(message_of<InputError>([&] { collector->leave_out(InputError("no sense")); }),
            "frame 1: no sense");
  begin(1, {}, {.keep_going = true});
  collector->leave_out(InputError("no sense"));
  EXPECT_EQ(collector->skipped().count, 1U);
}

TEST_F(FrameCollectorTest, ACutValueIsThrownBeforeItsFrameCounts) {
  begin(1, {}, {.refuse_cut_values = true});
  dispatch(1, 50);
  dispatch(1, 60);
  write(0, udp(1, 50, 0) + line({{"ip.src", std::string(3000, '1')}}));
  EXPECT_NE(message_of<CutValue>([&] { collect(); }), "");
  EXPECT_EQ(collector->published(), 1U);
}

TEST_F(FrameCollectorTest, ACutValueThatNobodyCanHelpIsLeftOut) {
  begin(1);
  dispatch(1, 50);
  dispatch(1, 60);
  write(0, line({{"ip.src", std::string(3000, '1')}}) + udp(1, 60, 0));
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, Marks{60});
  EXPECT_EQ(collector->skipped().count, 1U);
}

TEST_F(FrameCollectorTest, FramesThatWereHandedOutBeforeAreCountedOnly) {
  begin(1, {}, {.frames_before = 2});
  std::string output;
  for (std::uint16_t i = 0; i < 3; ++i) {
    dispatch(static_cast<std::uint8_t>(i), i);
    output += udp(static_cast<std::uint8_t>(i), i, i);
  }
  EXPECT_EQ(collector->published(), 2U);
  write(0, output);
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, Marks{2});
  EXPECT_EQ(streams, Streams{2});
  EXPECT_EQ(collector->published(), 3U);
}

TEST_F(FrameCollectorTest, TheRestIsHandedOutUntilItsTsharkEnds) {
  begin(1);
  dispatch(1, 50);
  dispatcher->feed("\x01\x02\x03\x04 torn, and more of it");
  dispatcher->finish();
  write(0, udp(1, 50, 0) + udp(1, 60, 0));
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_FALSE(collector->complete());
  write(0, udp(1, 70, 0));
  end(0);
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, (Marks{50, 60, 70}));
  EXPECT_TRUE(collector->complete());
  EXPECT_TRUE(collector->rest_ended());
  EXPECT_EQ(collector->collected(), 1U);
}

const DispatcherOptions local_headers{.local_headers = true};

TEST_F(FrameCollectorTest, APlainFrameIsItsHeaderAndATsharksStream) {
  begin(1, local_headers);
  dispatch(7, 50);
  write(0, plain("4"));
  ASSERT_EQ(collector->next(), NextFrame::ready);
  const Frame& frame = collector->frame();
  EXPECT_EQ(frame.bytes, least_bytes + 50);
  EXPECT_EQ(frame.time_ns, 50 * second);
  ASSERT_EQ(frame.packets.size(), 1U);
  EXPECT_EQ(frame.packets[0].source, endpoint(7, 1000));
  EXPECT_EQ(frame.packets[0].destination, endpoint(99, 2000));
  EXPECT_EQ(frame.packets[0].key.stream, 0U);
}

TEST_F(FrameCollectorTest, AWrongOrderChangesNoHeaderOfPlainFrames) {
  begin(1, local_headers);
  for (std::uint16_t i = 0; i < 3; ++i) dispatch(static_cast<std::uint8_t>(i), i);
  write(0, plain("2") + plain("0") + plain("1"));
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, (Marks{0, 1, 2}));
  EXPECT_EQ(streams, (Streams{0, 1, 2})) << "they are told apart by their endpoints";
}

TEST_F(FrameCollectorTest, SeveralStreamsInAPlainFrameAreADisagreement) {
  begin(1, local_headers);
  dispatch(1, 50);
  dispatch(1, 60);
  write(0, plain("0") + plain("0,1"));
  EXPECT_EQ(collect(), NextFrame::disagreed);
  EXPECT_EQ(marks, Marks{50});
  EXPECT_EQ(collector->published(), 1U);
}

TEST_F(FrameCollectorTest, AStreamWithoutAHeaderIsADisagreement) {
  begin(1, local_headers);
  dispatcher->feed(enhanced(little, ethernet("arp", 0x806)));
  write(0, plain("0"));
  EXPECT_EQ(collect(), NextFrame::disagreed);
}

TEST_F(FrameCollectorTest, AHeaderWithoutAStreamIsAFrameWithoutPackets) {
  begin(1, local_headers);
  dispatch(1, 50);
  write(0, plain(""));
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, Marks{50});
  EXPECT_TRUE(streams.empty());
}

TEST_F(FrameCollectorTest, ADamagedRecordLosesItsOwnHeaderAlone) {
  begin(1, local_headers, {.keep_going = true});
  for (std::uint16_t i = 0; i < 3; ++i) dispatch(1, i);
  write(0,
        plain("0") + "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\n" + plain("0"));
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, (Marks{0, 2}));
  EXPECT_EQ(left_out, 1);
}

TEST_F(FrameCollectorTest, TheFallbackWorkersFramesAreAllOfItsTshark) {
  begin(1, local_headers);
  dispatch(1, 50);
  dispatcher->feed(enhanced(little, ethernet(ipv4(47, 1, 2, "gre"))));
  dispatch(1, 70);
  write(1, udp(1, 60, 0));
  write(0, plain("0") + plain("0"));
  EXPECT_EQ(collect(), NextFrame::waiting);
  EXPECT_EQ(marks, (Marks{50, 60, 70}));
  EXPECT_EQ(streams, (Streams{0, 0, 0}));
}

}  // namespace
}  // namespace flowmeter::test
