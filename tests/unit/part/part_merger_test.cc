// A capture that is cut anywhere, metered in parts and merged in any tree gives the rows of the whole.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "cli/merge.h"
#include "packet/decoder.h"
#include "packet/stream_directory.h"
#include "packet/stream_facts.h"
#include "part/part_recorder.h"
#include "scratch.h"
#include "sink/format.h"
#include "support.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;

using test::message_of;

/// Fields of one frame.
using Text = std::vector<std::pair<std::string, std::vector<std::string>>>;

/// Numbers streams as tshark does, of all the frames that it is shown.
class ModelTshark final : public StreamNumbers {
 public:
  ModelTshark(FieldSet& fields, StreamRules rules) : reader_(fields), rules_(rules) {}

  std::uint64_t translate(const Packet& header, bool quoted) override {
    const StreamFacts facts = reader_.of(header, quoted);
    const StreamEnd sender = sender_of(facts);
    const bool low = sender == StreamEnd::lower;
    const auto key = std::tuple(header.key.transport, text_of(low ? header.source : header.destination),
                                text_of(low ? header.destination : header.source));
    const auto [found, is_new] = conversations_.try_emplace(key);
    Conversation& conversation = found->second;
    std::uint64_t& next = next_[header.key.transport == Transport::udp];
    if (is_new || rules_.opens(conversation.initial, sender, header.tcp_flags, facts.numbers)) {
      conversation = {next++, {}};
    }
    rules_.learn(conversation.initial, sender, header.tcp_flags, facts.numbers);
    return conversation.stream;
  }

 private:
  struct Conversation {
    std::uint64_t stream = 0;
    InitialNumbers initial;
  };
  static std::string text_of(const Endpoint& end) {
    return to_string(end.address) + ' ' + std::to_string(end.port);
  }

  StreamFactsReader reader_;
  StreamRules rules_;
  std::map<std::tuple<Transport, std::string, std::string>, Conversation> conversations_;
  std::uint64_t next_[2] = {0, 0};
};

/// What a plan's meter writes when it is shown these frames by a tshark of its own.
std::string metered(const MeterPlan& plan, const RowFormat& form, const std::vector<Text>& frames,
                    std::size_t from, std::size_t to, const std::string& name, const std::string& version) {
  test::MemorySink sink;
  sink.text = header_line(form, plan.header);
  const auto writer = make_writer(sink, form, plan.header);
  const auto meter = plan.make("whole", *writer);
  meter->begin({version, {name}});
  FieldSet fields = plan.fields;
  ModelTshark tshark(fields, StreamRules::of(version).value());
  PacketDecoder decoder(fields, plan.tunnel);
  decoder.translate_streams(tshark);
  decoder.count_frames();
  Record record(fields.size());
  for (std::size_t i = from; i < to; ++i) {
    record.clear();
    for (const auto& [field, values] : frames[i]) {
      const FieldId id = fields.find(field);
      if (id == no_field) continue;
      for (const std::string& value : values) record.add(id, value);
    }
    record.seal(false);
    const Frame& frame = decoder.decode(record);
    PacketObserver& observer = meter->observer();
    observer.on_frame(frame);
    for (const Packet& packet : frame.packets) observer.on_packet(packet);
    observer.on_frame_end(frame);
  }
  meter->observer().on_end(EndOfInput::complete);
  return sink.text;
}

class Merging : public test::Scratch, public testing::WithParamInterface<const char*> {
 protected:
  using Random = std::mt19937_64;

  /// A TCP or UDP header between few ends, with few numbers, so that everything happens.
  struct Header {
    bool tcp;
    std::string source, destination, source_port, destination_port, flags, sequence, acknowledgement;
  };
  static Header random_header(Random& random) {
    const std::string hosts[] = {"10.0.0.1", "10.0.0.2"};
    const std::string ports[] = {"80", "90"};
    const std::string flags[] = {"0x0002", "0x0002", "0x0012", "0x0010",
                                 "0x0018", "0x0011", "0x0004", "0x0000"};
    const auto number = [&] { return std::to_string(100 * (1 + random() % 2) + random() % 2); };
    const std::size_t way = random() % 2;
    return {random() % 4 != 0,
            hosts[way],
            hosts[1 - way],
            ports[random() % 2],
            ports[random() % 2],
            flags[random() % std::size(flags)],
            number(),
            number()};
  }

  static void add(Text& frame, const std::string& field, const std::string& value) {
    for (auto& [name, values] : frame) {
      if (name == field) {
        values.push_back(value);
        return;
      }
    }
    frame.push_back({field, {value}});
  }

  static void add(Text& frame, const Header& header, bool flags = true, bool teaches = true) {
    add(frame, "ip.src", header.source);
    add(frame, "ip.dst", header.destination);
    const std::string transport = header.tcp ? "tcp" : "udp";
    add(frame, transport + ".stream", "0");  // the model numbers them
    add(frame, transport + ".srcport", header.source_port);
    add(frame, transport + ".dstport", header.destination_port);
    if (!header.tcp) return;
    add(frame, "tcp.seq_raw", header.sequence);
    add(frame, "tcp.ack_raw", header.acknowledgement);
    add(frame, "tcp.seq", header.sequence);  // relative, but in errors
    if (flags) add(frame, "tcp.flags", header.flags);
    if (teaches) add(frame, "tcp.len", "0");
  }

  static std::vector<Text> random_frames(Random& random) {
    std::vector<Text> frames(1 + random() % 60);
    std::int64_t time_ms = 1'700'000'000'000;
    for (Text& frame : frames) {
      const std::int64_t steps[] = {0, 1, 50, 400, 500, 501, 1000, 2100, -1, -450, -600, -3000};
      time_ms += steps[random() % std::size(steps)];
      add(frame, "frame.time_epoch",
          std::to_string(time_ms / 1000) + "." + std::to_string(time_ms % 1000 + 1000).substr(1));
      add(frame, "frame.len", std::to_string(40 + random() % 1000));
      const Header header = random_header(random);
      const std::string name = header.tcp ? "tcp" : "udp";
      switch (random() % 12) {
        case 0:
          add(frame, "frame.protocols", "eth:ethertype:arp");
          break;
        case 1: {  // an ICMP error
          add(frame, "frame.protocols", "eth:ethertype:ip:icmp:ip:" + name);
          add(frame, "ip.src", "10.0.0.9");
          add(frame, "ip.dst", "10.0.0.1");
          add(frame, "icmp.type", "3");
          add(frame, header, random() % 2 == 0, false);
          break;
        }
        case 2: {  // a tunnel
          add(frame, "frame.protocols", "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:" + name);
          add(frame, "ip.src", "10.0.0.1");
          add(frame, "ip.dst", "10.0.0.2");
          add(frame, "udp.stream", "0");
          add(frame, "udp.srcport", "80");
          add(frame, "udp.dstport", "4789");
          add(frame, header);
          break;
        }
        case 3:  // cut before the flags, if it is TCP
          add(frame, "frame.protocols", "eth:ethertype:ip:" + name);
          add(frame, header, false);
          break;
        default:
          add(frame, "frame.protocols", "eth:ethertype:ip:" + name);
          add(frame, header);
      }
    }
    return frames;
  }

  static MeterOptions random_options(Random& random) {
    MeterOptions options;
    const char* columns[] = {"", "flowmeter,id"};
    options.columns = columns[random() % 2];
    const double timeouts[] = {0.4, 0.5, 2, 600};
    options.tcp_idle_timeout = Seconds(timeouts[random() % 4]);
    options.udp_idle_timeout = Seconds(timeouts[random() % 4]);
    options.direction = random() % 2 == 0 ? DirectionPolicy::first : DirectionPolicy::handshake;
    return options;
  }

  static void merge(std::vector<std::string> words) {
    words.insert(words.begin(), "merge");
    std::vector<const char*> arguments;
    for (const std::string& word : words) arguments.push_back(word.c_str());
    Reporter reporter(Reporter::Level::quiet);
    ASSERT_EQ(run_merge(static_cast<int>(arguments.size()), arguments.data(), reporter), ExitStatus::ok);
  }

  /// Merges neighbours until few are left.
  void merge_some(std::vector<std::string>& parts, Random& random) {
    for (int round = 0; parts.size() > 1 && random() % 3 != 0; ++round) {
      const std::size_t from = random() % (parts.size() - 1);
      const std::size_t count = std::min<std::size_t>(2 + random() % 2, parts.size() - from);
      const auto first = parts.begin() + static_cast<std::ptrdiff_t>(from);
      const auto last = first + static_cast<std::ptrdiff_t>(count);
      const std::string merged = directory / ("merged" + std::to_string(round));
      std::vector<std::string> words = {"--partial", "-o", merged};
      words.insert(words.end(), first, last);
      merge(words);
      *first = merged;
      parts.erase(first + 1, last);
    }
  }

  /// The rows of all frames as one capture.
  [[nodiscard]] static std::string whole(const MeterOptions& options, const std::vector<Text>& frames) {
    return metered(make_plan(options), {}, frames, 0, frames.size(), "whole", GetParam());
  }

  /// Parts of the frames between the borders.
  std::vector<std::string> make_parts(MeterOptions options, const std::vector<Text>& frames,
                                      const std::vector<std::size_t>& borders) {
    options.features.parts = true;
    std::vector<std::string> parts;
    const std::size_t total = borders.size() - 1;
    for (std::size_t i = 0; i < total; ++i) {
      const auto plan = make_part_plan(options, {}, PartSegments{i + 1, i + 1, total});
      RowFormat form;
      form.format = OutputFormat::part;
      const std::string name = "capture" + std::to_string(i);
      parts.push_back(directory / name);
      put(parts.back(), metered(plan, form, frames, borders[i], borders[i + 1], name, GetParam()));
    }
    return parts;
  }

  std::string rows_of(const std::vector<std::string>& parts) {
    const std::string rows = directory / "rows";
    std::vector<std::string> words = {"-o", rows};
    words.insert(words.end(), parts.begin(), parts.end());
    merge(words);
    std::string merged = get(rows);
    for (std::size_t at = 0; (at = merged.find("capture0", at)) != std::string::npos;)
      merged.replace(at, 8, "whole");
    return merged;
  }

  static Text frame_at(const std::string& time, const Header& header) {
    Text frame;
    add(frame, "frame.time_epoch", time);
    add(frame, "frame.len", "60");
    add(frame, "frame.protocols", header.tcp ? "eth:ethertype:ip:tcp" : "eth:ethertype:ip:udp");
    add(frame, header);
    return frame;
  }
  static Header there(const std::string& flags, const std::string& sequence) {
    return {true, "10.0.0.1", "10.0.0.2", "80", "90", flags, sequence, "0"};
  }
  static Header back(const std::string& flags, const std::string& sequence) {
    return {true, "10.0.0.2", "10.0.0.1", "90", "80", flags, sequence, "100"};
  }
};

TEST_P(Merging, AFlowGoesOnOverABorder) {
  const std::vector<Text> frames = {frame_at("1.0", there("0x0002", "100")),
                                    frame_at("1.1", back("0x0012", "200")),
                                    frame_at("1.2", there("0x0010", "101"))};
  const std::string expected = whole({}, frames);
  EXPECT_EQ(std::count(expected.begin(), expected.end(), '\n'), 2) << "a header and one flow";
  for (const std::vector<std::size_t>& borders :
       {std::vector<std::size_t>{0, 3}, {0, 1, 3}, {0, 2, 3}, {0, 1, 2, 3}}) {
    EXPECT_EQ(rows_of(make_parts({}, frames, borders)), expected) << borders.size() - 1 << " parts";
  }
}

TEST_P(Merging, ATimeOutMayPassBetweenParts) {
  MeterOptions options;
  options.tcp_idle_timeout = Seconds(1);
  const std::vector<Text> frames = {frame_at("1.0", there("0x0010", "100")),
                                    frame_at("2.0", there("0x0010", "101")),
                                    frame_at("3.001", back("0x0010", "200"))};
  const std::string expected = whole(options, frames);
  EXPECT_EQ(std::count(expected.begin(), expected.end(), '\n'), 3) << "a header and two flows";
  EXPECT_EQ(rows_of(make_parts(options, frames, {0, 1, 3})), expected);
  EXPECT_EQ(rows_of(make_parts(options, frames, {0, 2, 3})), expected);
}

TEST_P(Merging, ASynAfterABorderMayBeARepeatedOne) {
  for (const char* sequence : {"100", "500"}) {
    const std::vector<Text> frames = {frame_at("1.0", there("0x0002", "100")),
                                      frame_at("1.5", there("0x0002", sequence))};
    EXPECT_EQ(rows_of(make_parts({}, frames, {0, 1, 2})), whole({}, frames)) << sequence;
  }
}

TEST_P(Merging, PartsMayStandInAnyOrder) {
  const std::vector<Text> frames = {frame_at("1.0", there("0x0002", "100")),
                                    frame_at("1.1", back("0x0012", "200")),
                                    frame_at("1.2", there("0x0010", "101"))};
  std::vector<std::string> parts = make_parts({}, frames, {0, 1, 2, 3});
  std::reverse(parts.begin(), parts.end());
  EXPECT_EQ(rows_of(parts), whole({}, frames));
}

TEST_P(Merging, GivesTheRowsOfTheWholeInAnyTree) {
  Random random(20);
  // With sanitizers each takes a tenth of a second.
  const int rounds = std::getenv("FLOWMETER_LONG_TESTS") != nullptr ? 1000 : 100;
  for (int round = 0; round < rounds; ++round) {
    const std::vector<Text> frames = random_frames(random);
    const MeterOptions options = random_options(random);
    std::vector<std::size_t> borders = {0};
    while (borders.back() != frames.size()) {
      borders.push_back(std::min<std::size_t>(borders.back() + random() % 20, frames.size()));
      if (borders.size() == 9) borders.back() = frames.size();
    }
    std::vector<std::string> parts = make_parts(options, frames, borders);
    merge_some(parts, random);
    std::shuffle(parts.begin(), parts.end(), random);
    ASSERT_EQ(rows_of(parts), whole(options, frames))
        << "round " << round << ", " << frames.size() << " frames in " << borders.size() - 1 << " parts";
  }
}

INSTANTIATE_TEST_SUITE_P(OfEachVersion, Merging, testing::Values("4.0.17", "4.2.2", "4.4.2"),
                         [](const auto& version) { return std::string("of_4_") + version.param[2]; });

}  // namespace
}  // namespace flowmeter
