#include "schema/pyflowmeter.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "packet/decoder.h"
#include "sink/csv_writer.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::MemorySink;
using test::message_of;

OnePassMoments moments_of(const std::vector<double>& samples) {
  OnePassMoments moments;
  for (const double sample : samples) moments.update(sample);
  return moments;
}

/// What the original's class gives for the same samples, under Python 3.
struct Literal {
  std::vector<double> samples;
  double mean, std, skewness, kurtosis;
};

TEST(OnePassMoments, GiveTheDigitsOfTheOriginal) {
  std::vector<double> hundred;
  for (int i = 0; i < 100; ++i) hundred.push_back(i * i % 97);
  const std::vector<Literal> literals = {
      {{0, 1}, 0.5, 0.5, 0, -2},
      {{1, 2, 3, 4, 10}, 4, 3.1622776601683795, 1.1384199576606164, -0.2120000000000002},
      {{66, 66, 1514, 66, 1514, 583},
       634.8333333333334,
       647.9800451317068,
       0.494207375291463,
       -1.5734764425088232},
      {{0, 5.5e-05, 0.000353, 1e-06, 12.25, 0.1, 0.2, 0.3},
       1.6063011249999999,
       4.024314750585261,
       2.264706202279651,
       3.135028545577959},
      {hundred, 46.61, 30.902393111213893, 0.040214523241614224, -1.3120614805347008},
      {{1e-09, 2e-09, 4e-09, 1000},
       250.00000000175,
       433.01270189120896,
       1.1547005383792517,
       -0.6666666666666665},
      {{1460, 1460, 1460, 0, 0}, 876, 715.251004892688, -0.408248290463863, -1.8333333333333333},
  };
  for (const Literal& literal : literals) {
    const OnePassMoments got = moments_of(literal.samples);
    const std::string seen = testing::PrintToString(literal.samples);
    EXPECT_FALSE(got.constant()) << seen;
    EXPECT_EQ(got.mean(), literal.mean) << seen;
    EXPECT_EQ(got.std(), literal.std) << seen;
    EXPECT_EQ(got.skewness(), literal.skewness) << seen;
    EXPECT_EQ(got.kurtosis(), literal.kurtosis) << seen;
  }
}

TEST(OnePassMoments, KnowConstantSamplesAsFarAsTheyCanTell) {
  EXPECT_TRUE(moments_of({5}).constant());
  EXPECT_TRUE(moments_of(std::vector<double>(6, 0.1)).constant());
  EXPECT_FALSE(moments_of({1, 2}).constant());
}

TEST(OnePassMoments, KeepCountAndExtremes) {
  const OnePassMoments moments = moments_of({3, -1, 7, 0});
  EXPECT_EQ(moments.count(), 4U);
  EXPECT_EQ(moments.min(), -1);
  EXPECT_EQ(moments.max(), 7);
  EXPECT_EQ(moments_of({-5}).max(), -5);
}

/// One TCP frame, as tshark's fields.
struct TcpFrame {
  std::string stream = "0", time = "0.0", source = "1000", destination = "80";
  std::string length = "0", relative = "0.000000000", delta = "0.000000000", flags = "0x0010";
  std::string protocols = "eth:ethertype:ip:tcp";
  std::optional<std::string> segments = {}, malformed = {};
};

class PyFlowMeter : public testing::Test {
 protected:
  static FieldSet all_fields() {
    FieldSet fields;
    PacketDecoder::add_fields(fields);
    PyFlowMeterTable::add_fields(fields);
    return fields;
  }

  void frame(const TcpFrame& frame) {
    Record record(fields_.size());
    const auto add = [&](std::string_view field, const std::string& value) {
      record.add(fields_.find(field), value);
    };
    add("frame.time_epoch", frame.time);
    add("frame.protocols", frame.protocols);
    add("tcp.stream", frame.stream);
    add("tcp.srcport", frame.source);
    add("tcp.dstport", frame.destination);
    add("tcp.flags", frame.flags);
    add("tcp.len", frame.length);
    add("tcp.time_relative", frame.relative);
    add("tcp.time_delta", frame.delta);
    if (frame.segments) add("tcp.segments", *frame.segments);
    if (frame.malformed) add("_ws.malformed", *frame.malformed);
    record.seal(false);
    publish(record);
  }

  void publish(const Record& record) {
    const Frame& decoded = decoder_->decode(record);
    table_.on_frame(decoded);
    for (const Packet& packet : decoded.packets) table_.on_packet(packet);
  }

  /// The rows since the last call, each as its cells.
  std::vector<std::vector<std::string>> rows() {
    std::vector<std::vector<std::string>> rows;
    std::string text;
    std::swap(text, sink_.text);
    std::vector<std::string> row(1);
    for (const char c : text) {
      if (c == ',') {
        row.emplace_back();
      } else if (c == '\n') {
        EXPECT_EQ(row.size(), 48U);
        rows.push_back(row);
        row.assign(1, "");
      } else {
        row.back() += c;
      }
    }
    return rows;
  }

  std::vector<std::vector<std::string>> finish() {
    table_.on_end(EndOfInput::complete);
    return rows();
  }

  /// The cells of that name, one for each row.
  static std::vector<std::string> cells(const std::vector<std::vector<std::string>>& rows,
                                        std::string_view column) {
    const auto names = PyFlowMeterTable::header();
    std::vector<std::string> cells;
    for (const auto& row : rows) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == column) cells.push_back(row[i]);
      }
    }
    return cells;
  }

  using Cells = std::vector<std::string>;

  const FieldSet fields_ = all_fields();
  std::optional<PacketDecoder> decoder_{std::in_place, fields_};
  MemorySink sink_;
  CsvWriter writer_{sink_, ',', true};
  PyFlowMeterTable table_{fields_, std::chrono::duration<double>(600), writer_};
};

TEST_F(PyFlowMeter, HasTheColumnsOfTheDefaultSchema) {
  const auto header = PyFlowMeterTable::header();
  ASSERT_EQ(header.size(), 48U);
  EXPECT_EQ(header.front(), "duration");
  EXPECT_EQ(header[8], "fwd_pkt_size_mean");
  EXPECT_EQ(header[32], "fwd_FIN_cnt");
  EXPECT_EQ(header.back(), "bwd_ECE_cnt");
}

TEST_F(PyFlowMeter, PrintsAWholeRow) {
  frame({.length = "10", .flags = "0x0002"});
  frame({.time = "0.25",
         .source = "80",
         .destination = "1000",
         .relative = "0.250000000",
         .delta = "0.250000000",
         .flags = "0x0012"});
  frame(
      {.time = "0.75", .length = "30", .relative = "0.750000000", .delta = "0.500000000", .flags = "0x0018"});
  table_.on_end(EndOfInput::complete);
  EXPECT_EQ(sink_.text,
            "0.750000000,TCP,1000,80,2,40,1,0,"
            "20.0,10.0,0.0,-2.0,10,30,"
            "0.0,0.0,0,-3.0,0,0,"
            "0.25,0.25,0.0,-2.0,0.0,0.5,"
            "0.25,0.0,0,-3.0,0.25,0.25,"
            "0,0,0,1,1,0,1,0,"
            "0,0,0,1,0,0,1,0\n");
}

TEST_F(PyFlowMeter, TakesOnlyFramesWhoseLastLayerIsTcp) {
  for (const char* protocols :
       {"eth:ethertype:ip:tcp:http", "eth:ethertype:ip:tcp:tls", "eth:ethertype:ip:tcp:data",
        "eth:ethertype:ip:tcp:xtcp", "eth:ethertype:ip:tcp:x.tcp"}) {
    frame({.protocols = protocols});
  }
  EXPECT_TRUE(finish().empty());
}

TEST_F(PyFlowMeter, TakesAFrameThatIsNothingButTcp) {
  frame({.protocols = "tcp"});
  EXPECT_EQ(finish().size(), 1U);
}

TEST_F(PyFlowMeter, DoesNotTakeAReassembledFrame) {
  frame({.segments = "{"});
  frame({.segments = ""});
  EXPECT_TRUE(finish().empty());
}

TEST_F(PyFlowMeter, DoesNotTakeAFrameThatIsMarkedAsMalformed) {
  frame({.malformed = "[Malformed Packet: TCP]"});
  EXPECT_TRUE(finish().empty());
}

TEST_F(PyFlowMeter, AMarkerOfALowerLayerDoesNotCount) {
  frame({.malformed = "_ws.malformed"});
  EXPECT_EQ(finish().size(), 1U);
}

TEST_F(PyFlowMeter, DoesNotTakeUdp) {
  publish(test::record_of(
      fields_, {{"frame.time_epoch", {"0.0"}}, {"frame.protocols", {"eth:ip:udp"}}, {"udp.stream", {"0"}}}));
  EXPECT_TRUE(finish().empty());
}

TEST_F(PyFlowMeter, TheFirstOfTwoTcpLayersCounts) {
  publish(test::record_of(fields_, {{"frame.time_epoch", {"0.0"}},
                                    {"frame.protocols", {"eth:ip:tcp:openflow_v1:ip:tcp"}},
                                    {"tcp.stream", {"7", "8"}},
                                    {"tcp.srcport", {"1", "3"}},
                                    {"tcp.dstport", {"2", "4"}},
                                    {"tcp.flags", {"0x0010", "0x0002"}},
                                    {"tcp.len", {"168", "0"}},
                                    {"tcp.time_relative", {"1.5", "2.5"}},
                                    {"tcp.time_delta", {"0.5", "0.25"}}}));
  const auto all = finish();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(cells(all, "src_port"), (Cells{"1"}));
  EXPECT_EQ(cells(all, "fwd_tot_byte"), (Cells{"168"}));
  EXPECT_EQ(cells(all, "duration"), (Cells{"1.5"}));
  EXPECT_EQ(cells(all, "fwd_iat_max"), (Cells{"0.5"}));
}

TEST_F(PyFlowMeter, ThePacketSizeIsThePayload) {
  frame({.length = "1460"});
  frame({.length = "0"});
  const auto all = finish();
  EXPECT_EQ(cells(all, "fwd_tot_byte"), (Cells{"1460"}));
  EXPECT_EQ(cells(all, "fwd_pkt_size_min"), (Cells{"0"}));
  EXPECT_EQ(cells(all, "fwd_pkt_size_max"), (Cells{"1460"}));
  EXPECT_EQ(cells(all, "fwd_pkt_size_mean"), (Cells{"730.0"}));
}

TEST_F(PyFlowMeter, TheDurationIsTheTextOfTheLastPacket) {
  frame({.relative = "5.000000000"});
  frame({.relative = "0.100000000"});
  EXPECT_EQ(cells(finish(), "duration"), (Cells{"0.100000000"}));
}

TEST_F(PyFlowMeter, GapsAreThoseToThePacketBeforeInEitherDirection) {
  frame({});
  frame({.time = "1.0", .source = "80", .destination = "1000", .delta = "1.000000000"});
  frame({.time = "3.0", .delta = "2.000000000"});
  const auto all = finish();
  EXPECT_EQ(cells(all, "fwd_iat_min"), (Cells{"0.0"}));
  EXPECT_EQ(cells(all, "fwd_iat_max"), (Cells{"2.0"}));
  EXPECT_EQ(cells(all, "fwd_iat_mean"), (Cells{"1.0"}));
  EXPECT_EQ(cells(all, "bwd_iat_mean"), (Cells{"1.0"}));
}

TEST_F(PyFlowMeter, TheDirectionIsToldByThePort) {
  frame({.source = "500", .destination = "500"});
  frame({.source = "500", .destination = "500"});  // the other way, for all that
  frame({.source = "501", .destination = "500"});
  const auto all = finish();
  EXPECT_EQ(cells(all, "fwd_tot_pkt"), (Cells{"2"}));
  EXPECT_EQ(cells(all, "bwd_tot_pkt"), (Cells{"1"}));
}

TEST_F(PyFlowMeter, WritesTheFlagsUnderReversedLabels) {
  const std::pair<const char*, const char*> flags[] = {
      {"0x0080", "FIN"}, {"0x0040", "SYN"}, {"0x0020", "RST"}, {"0x0010", "PUSH"},
      {"0x0008", "ACK"}, {"0x0004", "URG"}, {"0x0002", "CWE"}, {"0x0001", "ECE"}};
  int stream = 0;
  for (const auto& [bit, label] : flags) {
    frame({.stream = std::to_string(stream++), .flags = bit});
    const auto all = finish();
    ASSERT_EQ(all.size(), 1U);
    for (const auto& [other_bit, other] : flags) {
      EXPECT_EQ(cells(all, std::string("fwd_") + other + "_cnt"),
                (Cells{std::string(other) == label ? "1" : "0"}))
          << bit << " under " << other;
    }
  }
}

TEST_F(PyFlowMeter, CountsOnlyTheLowEightFlags) {
  frame({.flags = "0x0f12"});
  const auto all = finish();
  Cells counts(all.at(0).begin() + 32, all.at(0).begin() + 40);
  EXPECT_EQ(counts, (Cells{"0", "0", "0", "1", "0", "0", "1", "0"}));
}

TEST_F(PyFlowMeter, ASideWithoutPacketsIsAllZeroButTheKurtosis) {
  frame({.length = "5", .delta = "0.5"});
  const auto all = finish();
  EXPECT_EQ(Cells(all.at(0).begin() + 14, all.at(0).begin() + 20), (Cells{"0", "0", "0", "-3", "0", "0"}));
  EXPECT_EQ(Cells(all.at(0).begin() + 26, all.at(0).begin() + 32), (Cells{"0", "0", "0", "-3", "0", "0"}));
  EXPECT_EQ(Cells(all.at(0).begin() + 8, all.at(0).begin() + 14),
            (Cells{"5.0", "0.0", "0", "-3.0", "5", "5"}));
  EXPECT_EQ(Cells(all.at(0).begin() + 20, all.at(0).begin() + 26),
            (Cells{"0.5", "0.0", "0", "-3.0", "0.5", "0.5"}));
}

TEST_F(PyFlowMeter, PrintsRealsAsPythonDoes) {
  frame({.delta = "0.000055000"});
  EXPECT_EQ(cells(finish(), "fwd_iat_mean"), (Cells{"5.5e-05"}));
  frame({.delta = "10000000000000000"});
  EXPECT_EQ(cells(finish(), "fwd_iat_mean"), (Cells{"1e+16"}));
  frame({.delta = "0.1"});
  EXPECT_EQ(cells(finish(), "fwd_iat_mean"), (Cells{"0.1"}));
  frame({.delta = "-3"});
  EXPECT_EQ(cells(finish(), "fwd_iat_mean"), (Cells{"-3.0"}));
}

TEST_F(PyFlowMeter, AFlowEndsWhenItWasIdleForLongerThanTheTimeout) {
  frame({.stream = "0", .time = "0.0"});
  frame({.stream = "1", .time = "600.0"});
  EXPECT_TRUE(rows().empty());
  frame({.stream = "1", .time = "600.000001"});
  EXPECT_EQ(rows().size(), 1U);
  EXPECT_EQ(table_.open_flows(), 1U);
  EXPECT_EQ(table_.ended_flows(), 1U);
}

TEST_F(PyFlowMeter, AFlowThatWakesUpItselfIsNotSplit) {
  frame({.time = "0.0"});
  frame({.time = "5000.0"});
  const auto all = finish();
  EXPECT_EQ(cells(all, "fwd_tot_pkt"), (Cells{"2"}));
}

TEST_F(PyFlowMeter, OnlyFramesThatWereTakenMoveTheClock) {
  frame({.stream = "0", .time = "0.0"});
  frame({.stream = "1", .time = "5000.0", .protocols = "eth:ip:tcp:http"});
  EXPECT_TRUE(rows().empty());
  frame({.stream = "0", .time = "5001.0"});
  EXPECT_EQ(cells(finish(), "fwd_tot_pkt"), (Cells{"2"}));
}

TEST_F(PyFlowMeter, AStreamThatEndedMayBeginAnew) {
  frame({.stream = "0", .time = "0.0", .source = "1000", .destination = "80"});
  frame({.stream = "1", .time = "1000.0"});
  frame({.stream = "0", .time = "1001.0", .source = "80", .destination = "1000"});
  const auto all = finish();
  EXPECT_EQ(cells(all, "src_port"), (Cells{"1000", "80", "1000"}));
}

TEST_F(PyFlowMeter, RowsThatEndTogetherAreInTheOrderOfTheirNumbersAsText) {
  for (const char* stream : {"9", "100", "11", "1", "10", "0", "101", "2"}) {
    frame({.stream = stream, .time = "0.0", .source = stream});
  }
  frame({.stream = "5", .time = "601.0", .source = "5"});
  EXPECT_EQ(cells(rows(), "src_port"), (Cells{"0", "1", "10", "100", "101", "11", "2", "9"}));
}

TEST_F(PyFlowMeter, WhatIsLeftIsInTheOrderOfItsNumbersAsText) {
  for (const char* stream : {"9", "100", "11", "1", "10", "0", "101"}) {
    frame({.stream = stream, .time = stream, .source = stream});
  }
  EXPECT_EQ(cells(finish(), "src_port"), (Cells{"0", "1", "10", "100", "101", "11", "9"}));
}

TEST_F(PyFlowMeter, ASegmentEndsAllFlows) {
  frame({.stream = "1", .time = "5.0", .source = "1"});
  table_.on_segment();
  EXPECT_EQ(cells(rows(), "src_port"), (Cells{"1"}));
  decoder_.emplace(fields_);
  frame({.stream = "1", .time = "1.0", .source = "2"});
  EXPECT_EQ(cells(finish(), "src_port"), (Cells{"2"})) << "whose first frame has the number of the last one";
}

TEST_F(PyFlowMeter, RefusesValuesThatAreNoNumbers) {
  EXPECT_EQ(message_of<InputError>([&] { frame({.length = "many"}); }), "tcp.len has the value \"many\"");
  EXPECT_EQ(message_of<InputError>([&] { frame({.stream = "1", .delta = "soon"}); }),
            "tcp.time_delta has the value \"soon\"");
  EXPECT_THROW(frame({.stream = "2", .delta = "nan"}), InputError);
  EXPECT_THROW(frame({.stream = "3", .delta = "inf"}), InputError);
}

}  // namespace
}  // namespace flowmeter
