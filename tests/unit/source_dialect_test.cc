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
  source.require("tcp.len");
  EXPECT_EQ(source.lacking(), "");
  feed(source, ek, 4096);
  EXPECT_EQ(source.lacking(), "tcp.len");
}

TEST(DialectSource, CountsFramesWithoutATime) {
  const FieldSet fields = packet_fields();
  DialectSource source(InputKind::ek, fields);
  feed(source, "{\"timestamp\":\"0000\",\"layers\":{\"frame_len\":[\"60\"]}}\n" + ek, 4096);
  EXPECT_EQ(source.frames(), 3U);
  EXPECT_EQ(source.decoder().timeless_frames(), 1U);
}

}  // namespace
}  // namespace flowmeter
