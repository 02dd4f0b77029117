#include "source/dialect_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::message_of;

constexpr std::size_t chunk_sizes[] = {1, 7, 4096, std::size_t{1} << 20};

/// Writes down frames and packets: "1@5000000000:60 tcp3 10.0.0.1:40000>10.0.0.2:80/2".
class Scribe final : public PacketObserver {
 public:
  void on_frame(const Frame& frame) override {
    lines.push_back(std::to_string(frame.number) + "@" + std::to_string(frame.time_ns) + ":" +
                    std::to_string(frame.bytes));
  }
  void on_packet(const Packet& packet) override {
    lines.back() += (packet.key.transport == Transport::tcp ? " tcp" : " udp") +
                    std::to_string(packet.key.stream) + " " + end(packet.source) + ">" +
                    end(packet.destination) + "/" + std::to_string(packet.tcp_flags);
  }
  void on_end(EndOfInput how) override { lines.push_back("end " + std::to_string(static_cast<int>(how))); }

  std::vector<std::string> lines;

 private:
  static std::string end(const Endpoint& endpoint) {
    return to_string(endpoint.address) + ":" + std::to_string(endpoint.port);
  }
};

using Lines = std::vector<std::string>;

FieldSet packet_fields() {
  FieldSet fields;
  PacketDecoder::add_fields(fields);
  return fields;
}

void feed(DialectSource& source, std::string_view text, std::size_t chunk) {
  source.set_chunk(chunk);
  while (!text.empty()) {
    const std::span<char> room = source.room();
    const std::size_t count = std::min({room.size(), chunk, text.size()});
    std::memcpy(room.data(), text.data(), count);
    source.commit(count);
    text.remove_prefix(count);
    source.drain();
  }
}

void expect_frames(InputKind kind, const std::string& text, const Lines& expected) {
  const FieldSet fields = packet_fields();
  for (const std::size_t chunk : chunk_sizes) {
    DialectSource source(kind, fields);
    Scribe scribe;
    source.attach(scribe);
    feed(source, text, chunk);
    source.close();
    source.end(EndOfInput::complete);
    Lines all = expected;
    all.push_back("end 0");
    EXPECT_EQ(scribe.lines, all) << "chunks of " << chunk;
    EXPECT_EQ(source.frames(), expected.size());
  }
}

/// Frames before the damage, and what is said of it.
std::pair<Lines, std::string> damaged(InputKind kind, const std::string& text) {
  std::pair<Lines, std::string> first;
  const FieldSet fields = packet_fields();
  for (const std::size_t chunk : chunk_sizes) {
    DialectSource source(kind, fields);
    Scribe scribe;
    source.attach(scribe);
    const std::string message = message_of<InputError>([&] {
      feed(source, text, chunk);
      source.close();
    });
    if (chunk == chunk_sizes[0]) first = {scribe.lines, message};
    EXPECT_EQ(scribe.lines, first.first) << "chunks of " << chunk;
    EXPECT_EQ(message, first.second) << "chunks of " << chunk;
  }
  return first;
}

const Lines two_frames = {"1@5000000000:60 tcp3 10.0.0.1:40000>10.0.0.2:80/2", "2@6000000000:42"};

const std::string ek =
    R"({"index":{"_index":"packets-1970-01-01"}})"
    "\n"
    R"({"timestamp":"5000","layers":{"frame_time_epoch":["5.000000000"],"frame_len":["60"],)"
    R"("frame_protocols":["eth:ethertype:ip:tcp"],"ip_src":["10.0.0.1"],"ip_dst":["10.0.0.2"],)"
    R"("tcp_stream":["3"],"tcp_srcport":["40000"],"tcp_dstport":["80"],"tcp_flags":["0x0002"]}})"
    "\n"
    R"({"index":{"_index":"packets-1970-01-01"}})"
    "\n"
    R"({"timestamp":"6000","layers":{"frame_time_epoch":["6.000000000"],"frame_len":["42"],)"
    R"("frame_protocols":["eth:ethertype:arp"]}})"
    "\n";

const std::string json = R"([
  {
    "_index": "packets-1970-01-01",
    "_score": null,
    "_source": {
      "layers": {
        "frame": {"frame.time_epoch": "5.000000000", "frame.len": "60",
          "frame.protocols": "eth:ethertype:ip:tcp"},
        "ip": {"ip.src": "10.0.0.1", "ip.dst": "10.0.0.2"},
        "tcp": {"tcp.srcport": "40000", "tcp.dstport": "80", "tcp.stream": "3",
          "tcp.flags": "0x0002", "tcp.flags_tree": {"tcp.flags.syn": "1"}}
      }
    }
  },
  {
    "_source": {
      "layers": {
        "frame.time_epoch": ["6.000000000"],
        "frame.len": ["42"],
        "frame.protocols": ["eth:ethertype:arp"]
      }
    }
  }
]
)";

const std::string table =
    "frame.time_epoch\tframe.len\tframe.protocols\tip.src\tip.dst\tipv6.src\tipv6.dst\ttcp.stream\t"
    "tcp.srcport\ttcp.dstport\ttcp.flags\tudp.stream\tudp.srcport\tudp.dstport\n"
    "5.000000000\t60\teth:ethertype:ip:tcp\t10.0.0.1\t10.0.0.2\t\t\t3\t40000\t80\t0x0002\t\t\t\n"
    "6.000000000\t42\teth:ethertype:arp\t\t\t\t\t\t\t\t\t\t\t\n";

TEST(DialectSource, ReadsEk) { expect_frames(InputKind::ek, ek, two_frames); }

TEST(DialectSource, ReadsJson) { expect_frames(InputKind::json, json, two_frames); }

TEST(DialectSource, ReadsFields) { expect_frames(InputKind::fields, table, two_frames); }

TEST(DialectSource, ReadsWindowsLineEnds) {
  const auto with_cr = [](std::string text) {
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
      text.insert(at, 1, '\r');
    return text;
  };
  expect_frames(InputKind::ek, with_cr(ek), two_frames);
  expect_frames(InputKind::json, with_cr(json), two_frames);
  expect_frames(InputKind::fields, with_cr(table), two_frames);
}

TEST(DialectSource, ALastLineNeedsNoEnd) {
  expect_frames(InputKind::ek, ek.substr(0, ek.size() - 1), two_frames);
  expect_frames(InputKind::fields, table.substr(0, table.size() - 1), two_frames);
}

TEST(DialectSource, StatisticsBehindTheFramesAreNoDamage) {
  const std::string statistics = "\n=======\n| IO Statistics {} |\n=======\n";
  expect_frames(InputKind::ek, ek + statistics, two_frames);
  expect_frames(InputKind::json, json + statistics, two_frames);
}

TEST(DialectSource, NothingHoldsNoFrames) {
  expect_frames(InputKind::ek, "", {});
  expect_frames(InputKind::json, "[]\n", {});
  expect_frames(InputKind::fields, "frame.number\n", {});
}

TEST(DialectSource, SaysWhereEkIsCut) {
  const auto [lines, message] = damaged(InputKind::ek, ek.substr(0, ek.size() - 10));
  EXPECT_EQ(lines, (Lines{two_frames[0]}));
  EXPECT_EQ(message, "line 4: cut short");
}

TEST(DialectSource, SaysWhereJsonIsCut) {
  const auto [lines, message] = damaged(InputKind::json, json.substr(0, json.size() - 10));
  EXPECT_EQ(lines, (Lines{two_frames[0]}));
  EXPECT_EQ(message, "cut short in the middle of record 2");
  const auto [all, end] = damaged(InputKind::json, json.substr(0, json.size() - 3));
  EXPECT_EQ(all, two_frames);
  EXPECT_EQ(end, "cut short: the array has no end (after record 2)");
}

TEST(DialectSource, SaysWhereALineHasTooFewColumns) {
  const auto [lines, message] = damaged(InputKind::fields, table.substr(0, table.size() - 3));
  EXPECT_EQ(lines, (Lines{two_frames[0]}));
  EXPECT_EQ(message, "line 3: 12 columns instead of the header's 14");
}

TEST(DialectSource, SaysWhereAValueIsWrong) {
  std::string text = ek;
  text.replace(text.find("10.0.0.2"), 8, "10.0.0.x");
  const auto [lines, message] = damaged(InputKind::ek, text);
  EXPECT_EQ(lines, Lines{});
  EXPECT_EQ(message, "line 2: ip.dst has the value \"10.0.0.x\"");
}

TEST(DialectSource, SaysWhichFieldIsLacking) {
  FieldSet fields = packet_fields();
  fields.add("tcp.len");
  DialectSource source(InputKind::ek, fields);
  source.due_fields()->require("tcp.len");
  EXPECT_FALSE(source.due_fields()->any_lacking());
  feed(source, ek, 4096);
  EXPECT_EQ(source.due_fields()->lacking().names, Lines{"tcp.len"});
}

TEST(DialectSource, ALackIsToldBeforeTheFrameIsPublished) {
  const FieldSet fields = packet_fields();
  std::string text = ek;
  for (std::size_t at = 0; (at = text.find("frame_len", at)) != std::string::npos;)
    text.replace(at, 9, "frame_lex");
  DialectSource source(InputKind::ek, fields);
  Scribe scribe;
  source.attach(scribe);
  source.on_lack([](bool at_end) { throw InputError(at_end ? "refused too late" : "refused", true); });
  EXPECT_EQ(test::message_of<InputError>([&] { feed(source, text, 7); }), "refused");
  EXPECT_EQ(scribe.lines, Lines{});
}

TEST(DialectSource, ExpectsNothingOfATsharkOfOurs) {
  const FieldSet fields = packet_fields();
  DialectSource source(TsharkOutputFormat::ek, fields);
  EXPECT_EQ(source.due_fields(), nullptr);
  source.expect_all_values();
  EXPECT_NE(source.due_fields(), nullptr);
}

TEST(DialectSource, RefusesValuesInQuotes) {
  const auto quoted = [](std::string_view line) {
    return damaged(InputKind::fields, "frame.len\tip.src\n" + std::string(line)).second;
  };
  EXPECT_EQ(quoted("\"60\"\t\"10.0.0.1\"\n"),
            "line 2: has its values in quotes (leave tshark's -E quote out)");
  EXPECT_EQ(quoted("'60'\t\n"), "line 2: has its values in quotes (leave tshark's -E quote out)");
  EXPECT_EQ(quoted("\"60\t\"10.0.0.1\"\n"), "line 2: frame.len has the value \"\"60\"");
}

TEST(DialectSource, CountsFramesWithoutATime) {
  const FieldSet fields = packet_fields();
  DialectSource source(InputKind::ek, fields);
  feed(source, "{\"timestamp\":\"0000\",\"layers\":{\"frame_len\":[\"60\"]}}\n" + ek, 4096);
  EXPECT_EQ(source.frames(), 3U);
  EXPECT_EQ(source.decoder().timeless_frames(), 1U);
}

// ---- several outputs, one after the other ----

/// Frames of two UDP streams between 10.0.`net`.1 and 10.0.`net`.2, as -e prints them: numbers, times and
/// streams.
struct Output {
  std::vector<int> frames{1, 2, 3};
  int net = 1;
  bool numbered = true;
  std::string statistics{};

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> cells(int frame) const {
    const std::string ip = "10.0." + std::to_string(net) + ".";
    std::vector<std::pair<std::string, std::string>> all = {
        {"frame.time_epoch", std::to_string(net * 10 + frame) + ".5"},
        {"frame.len", "60"},
        {"frame.protocols", "eth:ethertype:ip:udp"},
        {"ip.src", ip + "1"},
        {"ip.dst", ip + "2"},
        {"udp.stream", std::to_string(frame % 2)},
        {"udp.srcport", std::to_string(1 + frame % 2)},
        {"udp.dstport", "2"}};
    if (numbered) all.insert(all.begin() + 2, {"frame.number", std::to_string(frame)});
    return all;
  }

  [[nodiscard]] std::string text(InputKind kind) const {
    std::string text = kind == InputKind::json ? "[" : "";
    for (const int frame : frames) {
      const auto all = cells(frame);
      if (kind == InputKind::fields && frame == frames.front()) {
        for (const auto& [name, value] : all) text += name + (name == all.back().first ? "\n" : "\t");
      }
      if (kind == InputKind::json && frame != frames.front()) text += ",";
      if (kind != InputKind::fields) text += R"({"layers":{)";
      for (const auto& [name, value] : all) {
        const bool last = name == all.back().first;
        if (kind == InputKind::fields) {
          text += value + (last ? "\n" : "\t");
        } else {
          text += '"' + name + "\":[\"" + value + "\"]" + (last ? "}}\n" : ",");
        }
      }
    }
    if (kind == InputKind::json) text += "]\n";
    return text + statistics;
  }
};

/// How frames come out: "f1 f2 | f1" with "|" for a new segment, and what is said of damage.
class Segments final : public PacketObserver {
 public:
  void on_frame(const Frame& frame) override { text += " f" + std::to_string(frame.number); }
  void on_packet(const Packet& packet) override { text += "s" + std::to_string(packet.key.stream); }
  void on_segment() override { text += " |"; }

  std::string text;
};

std::string segments(InputKind kind, const std::string& text, bool keep_going = false) {
  std::string first;
  for (const std::size_t chunk : chunk_sizes) {
    FieldSet fields = packet_fields();
    fields.add("frame.number");
    DialectSource source(kind, fields);
    source.rank_streams();
    if (keep_going) source.keep_going();
    Segments seen;
    source.attach(seen);
    try {
      feed(source, text, chunk);
      source.close();
    } catch (const InputError& error) {
      seen.text += std::string(" ! ") + error.what();
    }
    if (source.skipped().count != 0) seen.text += " skipped: " + source.skipped().first;
    if (chunk == chunk_sizes[0]) first = seen.text;
    EXPECT_EQ(seen.text, first) << "chunks of " << chunk;
  }
  return first;
}

constexpr InputKind kinds[] = {InputKind::ek, InputKind::json, InputKind::fields};

TEST(Segments, FrameNumbersThatGoBackBeginOne) {
  const Output one, other{.net = 2}, short_one{.frames = {1}};
  for (const InputKind kind : kinds) {
    EXPECT_EQ(segments(kind, one.text(kind)), " f1s0 f2s1 f3s0");
    EXPECT_EQ(segments(kind, one.text(kind) + other.text(kind)), " f1s0 f2s1 f3s0 | f1s2 f2s3 f3s2");
    EXPECT_EQ(segments(kind, one.text(kind) + one.text(kind)), " f1s0 f2s1 f3s0 | f1s2 f2s3 f3s2");
    EXPECT_EQ(segments(kind, short_one.text(kind) + short_one.text(kind)), " f1s0 | f1s1") << "or stay";
  }
  const std::string fields = one.text(InputKind::fields);
  EXPECT_EQ(segments(InputKind::fields, fields + fields.substr(fields.find('\n') + 1)),
            " f1s0 f2s1 f3s0 | f1s2 f2s3 f3s2")
      << "under one header";
}

TEST(Segments, WithoutNumbersWhatBeginsAnOutputBeginsOne) {
  const Output one{.numbered = false};
  for (const InputKind kind : {InputKind::json, InputKind::fields}) {
    EXPECT_EQ(segments(kind, one.text(kind) + one.text(kind)), " f1s0 f2s1 f3s0 | f4s2 f5s3 f6s2");
  }
}

TEST(Segments, WithoutNumbersAStreamBetweenOthersBeginsOne) {
  const Output one{.numbered = false}, other{.net = 2, .numbered = false};
  const InputKind kind = InputKind::ek;
  EXPECT_EQ(segments(kind, one.text(kind) + other.text(kind)), " f1s0 f2s1 f3s0 | f4s2 f5s3 f6s2");
  EXPECT_EQ(segments(kind, one.text(kind) + one.text(kind)), " f1s0 f2s1 f3s0 f4s0 f5s1 f6s0")
      << "nothing tells";
}

TEST(Segments, NumbersWithGapsDoNotSayThatItGoesOn) {
  const Output one{.frames = {2, 3, 5}}, other{.frames = {7, 9}, .net = 2}, next{.frames = {6, 7}};
  EXPECT_EQ(segments(InputKind::ek, one.text(InputKind::ek) + other.text(InputKind::ek)),
            " f2s0 f3s1 f5s1 | f7s2 f9s2");
  for (const InputKind kind : {InputKind::json, InputKind::fields}) {
    EXPECT_EQ(segments(kind, one.text(kind) + other.text(kind)), " f2s0 f3s1 f5s1 | f7s2 f9s2");
    EXPECT_EQ(segments(kind, one.text(kind) + next.text(kind)), " f2s0 f3s1 f5s1 f6s0 f7s1")
        << "cut in pieces";
  }
}

TEST(Segments, NumbersWithoutGapsAreBelieved) {
  const Output one, other{.frames = {4, 5}, .net = 2};
  for (const InputKind kind : kinds) {
    EXPECT_EQ(segments(kind, one.text(kind) + other.text(kind)), " f1s0 f2s1 f3s0 f4s1 f5s0");
  }
}

TEST(Segments, ATextMayStandBetweenThem) {
  const Output one{.statistics = "\n=========\n| x |\n=========\n"};
  const Output noisy{.statistics = "Running as user\n"};
  for (const InputKind kind : kinds) {
    EXPECT_EQ(segments(kind, one.text(kind) + one.text(kind)), " f1s0 f2s1 f3s0 | f1s2 f2s3 f3s2");
  }
  for (const InputKind kind : {InputKind::ek, InputKind::json}) {
    EXPECT_EQ(segments(kind, noisy.text(kind) + noisy.text(kind)), " f1s0 f2s1 f3s0 | f1s2 f2s3 f3s2");
  }
  Output unnumbered = one;
  unnumbered.numbered = false;
  for (const InputKind kind : kinds) {
    EXPECT_EQ(segments(kind, unnumbered.text(kind) + unnumbered.text(kind)),
              " f1s0 f2s1 f3s0 | f4s2 f5s3 f6s2");
  }
}

TEST(Segments, ATextWithinOneIsDamage) {
  const Output one{.statistics = "garbage\n"}, next{.frames = {4}};
  const InputKind kind = InputKind::ek;
  const std::string text = one.text(kind) + next.text(kind);
  EXPECT_EQ(segments(kind, text), " f1s0 f2s1 f3s0 ! line 5: a frame after text that tshark does not write");
  EXPECT_EQ(segments(kind, text, true),
            " f1s0 f2s1 f3s0 f4s1 skipped: before line 5: a frame after text that tshark does not write");
}

TEST(Segments, ADamagedRecordMayBeTheFirstOfOne) {
  const Output one;
  std::string other = Output{.net = 2}.text(InputKind::ek);
  other.erase(10, other.find('\n') - 10);
  EXPECT_EQ(segments(InputKind::ek, one.text(InputKind::ek) + other, true),
            " f1s0 f2s1 f3s0 | f2s2 f3s3 skipped: line 4: cut short");
}

TEST(Segments, TheColumnsMayBeOthers) {
  const Output one{.numbered = false};
  const InputKind kind = InputKind::fields;
  EXPECT_EQ(segments(kind, Output{}.text(kind) + one.text(kind) + Output{}.text(kind)),
            " f1s0 f2s1 f3s0 | f4s2 f5s3 f6s2 | f1s4 f2s5 f3s4");
}

TEST(Segments, OursHasButOne) {
  DialectSource source(TsharkOutputFormat::ek, packet_fields());
  Segments seen;
  source.attach(seen);
  feed(source, Output{}.text(InputKind::ek) + Output{}.text(InputKind::ek), 4096);
  EXPECT_EQ(seen.text, " f1s1 f2s0 f3s1 f4s1 f5s0 f6s1");
}

TEST(Segments, MayBeJoined) {
  const Joining joining{std::chrono::seconds(600), 100};
  for (const InputKind kind : kinds) {
    const Output one{.frames = {1, 2}}, other{.frames = {1, 3}, .net = 2};
    FieldSet fields = packet_fields();
    fields.add("frame.number");
    DialectSource source(kind, fields, TunnelPolicy::all, tcp_and_udp, joining);
    source.rank_streams();
    Segments seen;
    source.attach(seen);
    feed(source, one.text(kind) + other.text(kind) + one.text(kind), 7);
    EXPECT_EQ(seen.text, " f1s0 f2s1 f3s2 f5s2 f6s0 f7s1");
  }
}

}  // namespace
}  // namespace flowmeter
