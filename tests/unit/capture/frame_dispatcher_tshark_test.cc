// Dispatches real captures to real tsharks and compares with what one tshark makes of the whole.
// Captures: some made by hand; with $FLOWMETER_LONG_TESTS set to 1 also the samples, and those below
// $FLOWMETER_CAPTURES, if that is set.
// $FLOWMETER_WORKERS: "2 3 5" instead of the 3 that are tried by default.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "capture/decompress.h"
#include "capture/frame_dispatcher.h"
#include "capture_bytes.h"
#include "capture_generations.h"

namespace flowmeter::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

/// What tells frames apart, whatever state tshark is in: time, lengths, link type, all bytes.
constexpr const char* frame_fields =
    "-e frame.time_epoch -e frame.len -e frame.cap_len -e frame.encap_type -e frame.md5_hash";
constexpr const char* all_fields =
    "-e frame.time_epoch -e frame.len -e frame.md5_hash -e frame.protocols -e tcp.stream "
    "-e udp.stream -e ip.src -e ipv6.src -e tcp.srcport -e udp.srcport";

struct Shown {
  Lines lines;
  std::string words;  ///< of stderr, but for the warning to root
};

/// A folder of this run's own, gone at its end.
const fs::path& scratch() {
  struct Folder {
    fs::path path;
    ~Folder() {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
  };
  static const Folder folder = [] {
    std::string name = (fs::path(testing::TempDir()) / "capture_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch folder");
    return Folder{name};
  }();
  return folder.path;
}

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Runs tshark on `bytes`: from a file, or through a pipe as the workers are.
Shown tshark(const std::string& bytes, const std::string& fields, bool pipe) {
  const fs::path input = scratch() / "input";
  const fs::path words = scratch() / "words";
  std::ofstream(input, std::ios::binary) << bytes;
  const std::string from = pipe ? "cat " + input.string() + " | " : "";
  const std::string command = from + "tshark -n -o frame.generate_md5_hash:TRUE -r - -T fields " + fields +
                              (pipe ? "" : " < " + input.string()) + " 2> " + words.string();
  Shown shown;
  FILE* output = popen(command.c_str(), "r");
  std::string text;
  for (int c = fgetc(output); c != EOF; c = fgetc(output)) text += static_cast<char>(c);
  pclose(output);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) shown.lines.push_back(line);
  std::ifstream error(words);
  for (std::string line; std::getline(error, line);) {
    if (!line.starts_with("Running as user") && !line.empty()) shown.words += line + "\n";
  }
  return shown;
}

/// Feeds a capture file in pieces, decompressed. What was damaged is left out, as tshark does.
std::string plain(const fs::path& path) {
  std::string bytes;
  Decompressor decompressor([&](std::string_view piece) { bytes += piece; });
  decompressor.feed(slurp(path));
  decompressor.finish();
  return bytes;
}

void feed_all(FrameDispatcher& dispatcher, std::string_view bytes, std::size_t filler_every) {
  constexpr std::size_t piece_size = 500;
  for (std::size_t at = 0; at < bytes.size(); at += piece_size) {
    dispatcher.feed(bytes.substr(at, piece_size));
    if (filler_every == 0 || at / piece_size % filler_every != 0) continue;
    dispatcher.add_flush_frames(static_cast<unsigned>(at / piece_size % dispatcher.workers()), at % 3 + 1);
  }
  dispatcher.finish();
}

/// What tsharks gave, in the order of the log. `lines_of`: of the tshark that had a span.
template <class LinesOf>
Lines in_order(FrameDispatcher& dispatcher, LinesOf lines_of) {
  Lines lines;
  for (; !dispatcher.log().empty(); dispatcher.log().pop_span()) {
    const DispatchSpan& span = dispatcher.log().front();
    const Lines& given = lines_of(span);
    const std::size_t end = span.rest ? given.size() : span.first + span.count;
    for (std::size_t place = span.first; place < end; ++place) {
      if (place >= given.size()) return lines;  // ended early: the end for all
      lines.push_back(given[place]);
    }
  }
  return lines;
}

/// The same, with one generation for each worker.
Lines in_order(FrameDispatcher& dispatcher, const std::vector<Shown>& shown) {
  return in_order(dispatcher,
                  [&](const DispatchSpan& span) -> const Lines& { return shown[span.slot].lines; });
}

std::vector<unsigned> worker_counts() {
  const char* wanted = std::getenv("FLOWMETER_WORKERS");
  std::istringstream text(wanted != nullptr ? wanted : "3");
  std::vector<unsigned> counts;
  for (unsigned n = 0; text >> n;) counts.push_back(n);
  return counts;
}

/// A pcapng file with blocks of all kinds, in two sections.
std::string with_every_block() {
  const fs::path path = scratch() / "blocks.pcapng";
  std::ofstream out(path, std::ios::binary);
  for (const Order order : {Order::little, Order::big}) {
    const std::string nanoseconds = option(order, 9, "\x09");
    out << section(order) << interface(order, 1) << interface(order, 101, 0, nanoseconds);
    out << block(order, 10, int32(0x544c534b, order) + int32(4, order) + "# x\n");
    out << block(order, 4, std::string(4, '\0'));
    for (std::uint8_t host = 0; host < 9; ++host) {
      const std::string ip = ipv4(17, host, 99, ports(4096, 8192));
      out << enhanced(order, ethernet(ip)) << simple(order, ethernet(ip + "!"), 51);
      out << enhanced(order, ip + "?", 1) << obsolete(order, ip, 1);
    }
    out << block(order, 5, std::string(12, '\0')) << block(order, 0x99, "unknown");
    out << block(order, 0xBAD, int32(12345, order) + "custom");
    out << block(order, 9, "__REALTIME_TIMESTAMP=1700000000000000\nMESSAGE=hi\n");
    out << block(order, 0x204, std::string(30, '\1'));
    out << enhanced(order, ethernet("last", 0x0806));
  }
  return path.string();
}

bool long_tests() {
  const char* wanted = std::getenv("FLOWMETER_LONG_TESTS");
  return wanted != nullptr && std::string_view(wanted) == "1";
}

fs::path repository() { return FLOWMETER_ROOT; }

/// A file or folder below $FLOWMETER_CAPTURES; an empty path, at which nothing is, when that is not set.
fs::path shared(const char* name) {
  const char* given = std::getenv("FLOWMETER_CAPTURES");
  return given != nullptr ? fs::path(given) / name : fs::path();
}

Lines captures() {
  Lines found = {with_every_block()};
  if (!long_tests()) return found;
  for (const fs::path& folder : {repository() / "samples", shared("oracles/captures"), shared("handmade"),
                                 shared("dialects/captures")}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.is_regular_file()) found.push_back(entry.path().string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool no_tshark() {
  static const bool missing = std::system("tshark --version > /dev/null 2>&1") != 0;
  return missing;
}

class CaptureTshark : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (no_tshark()) GTEST_SKIP() << "no tshark";
    bytes_ = plain(GetParam());
  }
  std::string bytes_;
};

TEST_P(CaptureTshark, OneWorkerGetsTheInput) {
  FrameDispatcher dispatcher(1, CaptureOrigin::file);
  feed_all(dispatcher, bytes_, 0);
  EXPECT_TRUE(dispatcher.output(0) == bytes_);
  const Shown whole = tshark(slurp(GetParam()), all_fields, false);
  const Shown dispatched = tshark(dispatcher.output(0), all_fields, true);
  if (dispatcher.reader().state() == ReaderState::unsupported) return;
  EXPECT_EQ(in_order(dispatcher, {dispatched}), whole.lines);
}

TEST_P(CaptureTshark, WorkersGiveTheSameFramesInTheSameOrder) {
  const Shown whole = tshark(slurp(GetParam()), frame_fields, false);
  for (const unsigned workers : worker_counts()) {
    FrameDispatcher dispatcher(workers, CaptureOrigin::file);
    feed_all(dispatcher, bytes_, 0);
    if (dispatcher.reader().state() == ReaderState::unsupported) return;
    std::vector<Shown> shown;
    for (unsigned w = 0; w < workers; ++w) {
      shown.push_back(tshark(dispatcher.output(w), frame_fields, true));
      EXPECT_TRUE(w == 0 || shown.back().words.empty()) << shown.back().words;
    }
    EXPECT_EQ(in_order(dispatcher, shown), whole.lines) << workers << " workers";
    // A decompressor's trouble is not in the plain bytes; all else worker 0 says as one tshark.
    const bool packed = bytes_ != slurp(GetParam());
    EXPECT_TRUE(packed || shown[0].words == whole.words) << shown[0].words << whole.words;
  }
}

TEST_P(CaptureTshark, FlushFramesChangeNothing) {
  constexpr unsigned worker_count = 2;
  FrameDispatcher clean(worker_count, CaptureOrigin::file);
  FrameDispatcher filled(worker_count, CaptureOrigin::file);
  feed_all(clean, bytes_, 0);
  feed_all(filled, bytes_, 2);
  std::vector<Shown> expected;
  std::vector<Shown> got;
  for (unsigned w = 0; w < worker_count; ++w) {
    expected.push_back(tshark(clean.output(w), all_fields, true));
    got.push_back(tshark(filled.output(w), all_fields, true));
  }
  EXPECT_EQ(in_order(filled, got), in_order(clean, expected));
}

INSTANTIATE_TEST_SUITE_P(Captures, CaptureTshark, testing::ValuesIn(captures()),
                         [](const testing::TestParamInfo<std::string>& capture) {
                           std::string name = fs::path(capture.param).filename().string();
                           for (char& c : name) {
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           }
                           return std::to_string(capture.index) + "_" + name;
                         });

/// What is above TCP is not the same in a tshark that comes in the middle: its state is of no use
/// to anyone who looks at transports.
std::string up_to_tcp(const std::string& line) {
  const std::size_t tcp = line.find(":tcp:");
  return tcp == std::string::npos ? line : line.substr(0, tcp + 4);
}

/// Layers of each frame, as one tshark has them and as those of many generations have them.
/// Gives the former.
Lines expect_same_layers(const std::string& bytes, unsigned workers, const DispatcherOptions& options) {
  const std::string fields = "-e frame.time_epoch -e frame.len -e frame.protocols";
  Lines whole = tshark(bytes, fields, true).lines;
  FrameDispatcher dispatcher(workers, CaptureOrigin::pipe, options);
  Generations generations(dispatcher);
  feed_all(dispatcher, bytes, 0);
  generations.finish();
  std::map<Generations::Generation, Lines> shown;
  for (const auto& [generation, capture] : generations.captures()) {
    shown[generation] = tshark(capture, fields, true).lines;
  }
  Lines dispatched = in_order(dispatcher, [&](const DispatchSpan& span) -> const Lines& {
    return shown[{span.slot, span.generation}];
  });
  for (Lines* lines : {&whole, &dispatched}) {
    std::transform(lines->begin(), lines->end(), lines->begin(), up_to_tcp);
  }
  EXPECT_EQ(dispatched, whole) << workers << " workers, " << options.generation_frames
                               << " frames in a generation";
  return whole;
}

std::string udp(std::uint16_t from, std::uint16_t to, std::string_view payload) {
  const auto size = static_cast<std::uint32_t>(8 + payload.size());
  return int16(from, Order::big) + int16(to, Order::big) + int16(size, Order::big) + int16(0, Order::big) +
         std::string(payload);
}

/// The third part of a datagram of 48 bytes, of three; each with its own datagrams by `host`.
std::string third(std::uint8_t host, std::uint16_t i) {
  const std::string payload = udp(40000, 40001, std::string(40, 'x')).substr(i * 16U, 16);
  const auto place = static_cast<std::uint16_t>(i * 2U + (i == 2 ? 0 : 0x2000U));
  if (host % 2 == 0) return ethernet(ipv4(17, host, 99, payload, place));
  const std::string head =
      std::string{17, 0} + int16(i * 16U + (i == 2 ? 0 : 1), Order::big) + int32(host, Order::big);
  return ethernet(ipv6(44, host, 99, head + payload), 0x86DD);
}

/// Datagrams in parts, between one another, in any order and more than once.
std::string with_fragments() {
  constexpr std::pair<std::uint8_t, std::uint16_t> order[] = {{2, 0}, {4, 2}, {2, 1}, {1, 1}, {2, 2},
                                                              {1, 0}, {4, 0}, {2, 0}, {2, 1}, {1, 2},
                                                              {4, 1}, {2, 2}, {1, 2}, {6, 0}, {6, 2}};
  std::string bytes = section(Order::little) + interface(Order::little);
  for (const auto& [host, i] : order) bytes += enhanced(Order::little, third(host, i));
  return bytes;
}

/// A transfer from a port that only the request makes known, and other packets.
std::string with_tftp() {
  using namespace std::string_literals;
  const std::string frames[] = {
      ipv4(17, 1, 2, udp(40000, 69, "\0\1name\0octet\0"s)), ipv4(17, 3, 4, udp(40000, 40001, "other")),
      ipv4(17, 2, 1, udp(50000, 40000, "\0\3\0\1data"s)),   ipv4(17, 1, 2, udp(40000, 50000, "\0\4\0\1"s)),
      ipv4(17, 4, 3, udp(40001, 40000, "other")),
  };
  std::string bytes = pcap_header(Order::big);
  for (const std::string& frame : frames) bytes += pcap_record(Order::big, ethernet(frame));
  return bytes;
}

class CaptureGenerations : public testing::Test {
 protected:
  void SetUp() override {
    if (no_tshark()) GTEST_SKIP() << "no tshark";
  }
};

TEST_F(CaptureGenerations, DatagramsAreWholeAcrossThem) {
  const std::string bytes = with_fragments();
  const Lines whole = expect_same_layers(bytes, 1, {.generation_frames = 1});
  const auto is_whole = [](const std::string& line) { return line.ends_with(":udp:data"); };
  EXPECT_EQ(std::count_if(whole.begin(), whole.end(), is_whole), 4);
  if (!long_tests()) return;
  for (const std::uint64_t frames : {1U, 2U, 7U}) {
    for (const unsigned workers : {1U, 2U, 3U}) {
      expect_same_layers(bytes, workers, {.generation_frames = frames});
    }
  }
}

TEST_F(CaptureGenerations, TheStatefulWorkerRemembers) {
  const std::string bytes = with_tftp();
  const Lines whole = expect_same_layers(bytes, 1, {.generation_frames = 1, .stateful_worker = true});
  ASSERT_EQ(whole.size(), 5U);
  EXPECT_TRUE(whole[2].ends_with(":udp:tftp:data"));
  EXPECT_TRUE(whole[3].ends_with(":udp:tftp"));
  if (long_tests()) expect_same_layers(bytes, 2, {.generation_frames = 1, .stateful_worker = true});
}

TEST_F(CaptureGenerations, RealCapturesHaveTheSameLayers) {
  const std::string sample = (repository() / "samples/ipv6.pcapng").string();
  expect_same_layers(plain(sample), 2, {.generation_frames = 30});
  const fs::path damaged = shared("dialects/captures/frag_bad.pcap");
  if (fs::exists(damaged)) expect_same_layers(plain(damaged), 2, {.generation_frames = 10});
  if (!long_tests()) return;
  expect_same_layers(plain(sample), 1, {.generation_frames = 1});
  if (fs::exists(damaged)) expect_same_layers(plain(damaged), 1, {.generation_frames = 1});
  for (const char* name : {"dns.pcap", "ntp.pcap", "scan.pcap", "unreachable.pcap"}) {
    const std::string path = (repository() / "samples" / name).string();
    expect_same_layers(plain(path), 3, {.generation_frames = 7, .stateful_worker = true});
  }
}

}  // namespace
}  // namespace flowmeter::test
