// Deals real captures to real tsharks and compares with what one tshark makes of the whole.
// Captures: ../samples, and the folders below $FLOWMETER_SHARED or ../../shared, if any.
// $FLOWMETER_WORKERS: "2 3 5" instead of the 3 that are tried by default.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "capture/dealer.h"
#include "capture/decompress.h"
#include "capture_bytes.h"

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
  const std::string command = from + "tshark -n -o frame.generate_md5_hash:TRUE -r - -T fields " +
                              fields + (pipe ? "" : " < " + input.string()) + " 2> " +
                              words.string();
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

void feed_all(Dealer& dealer, std::string_view bytes, std::size_t filler_every) {
  constexpr std::size_t piece_size = 500;
  for (std::size_t at = 0; at < bytes.size(); at += piece_size) {
    dealer.feed(bytes.substr(at, piece_size));
    if (filler_every == 0 || at / piece_size % filler_every != 0) continue;
    dealer.filler(static_cast<unsigned>(at / piece_size % dealer.workers()), at % 3 + 1);
  }
  dealer.finish();
}

/// The workers' lines in the order of the log.
Lines in_order(Dealer& dealer, const std::vector<Shown>& shown) {
  Lines lines;
  const auto add = [&](unsigned worker, std::uint64_t place) {
    if (place >= shown[worker].lines.size()) return false;
    lines.push_back(shown[worker].lines[place]);
    return true;
  };
  while (!dealer.log().empty()) {
    const DealRun run = dealer.log().front();
    if (run.rest) {
      for (std::uint64_t place = run.first; add(0, place);) ++place;
      break;
    }
    for (std::uint32_t i = 0; i < run.count; ++i) {
      if (!add(run.worker, run.first + i)) return lines;  // ended early: the end for all
    }
    dealer.log().pop();
  }
  return lines;
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

Lines captures() {
  const fs::path repository = fs::path(__FILE__).parent_path().parent_path();
  const char* given = std::getenv("FLOWMETER_SHARED");
  const fs::path shared = given != nullptr ? fs::path(given) : repository.parent_path() / "shared";
  Lines found = {with_every_block()};
  for (const fs::path& folder : {repository / "samples", shared / "oracles/captures",
                                 shared / "handmade", shared / "dialects/captures"}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.is_regular_file()) found.push_back(entry.path().string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

class CaptureTshark : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (std::system("tshark --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no tshark";
    bytes_ = plain(GetParam());
  }
  std::string bytes_;
};

TEST_P(CaptureTshark, OneWorkerGetsTheInput) {
  Dealer dealer(1, CaptureOrigin::file);
  feed_all(dealer, bytes_, 0);
  EXPECT_TRUE(dealer.output(0) == bytes_);
  const Shown whole = tshark(slurp(GetParam()), all_fields, false);
  const Shown dealt = tshark(dealer.output(0), all_fields, true);
  if (dealer.reader().state() == ReaderState::unsupported) return;
  EXPECT_EQ(in_order(dealer, {dealt}), whole.lines);
}

TEST_P(CaptureTshark, WorkersGiveTheSameFramesInTheSameOrder) {
  const Shown whole = tshark(slurp(GetParam()), frame_fields, false);
  for (const unsigned workers : worker_counts()) {
    Dealer dealer(workers, CaptureOrigin::file);
    feed_all(dealer, bytes_, 0);
    if (dealer.reader().state() == ReaderState::unsupported) return;
    std::vector<Shown> shown;
    for (unsigned w = 0; w < workers; ++w) {
      shown.push_back(tshark(dealer.output(w), frame_fields, true));
      EXPECT_TRUE(w == 0 || shown.back().words.empty()) << shown.back().words;
    }
    EXPECT_EQ(in_order(dealer, shown), whole.lines) << workers << " workers";
    // A decompressor's trouble is not in the plain bytes; all else worker 0 says as one tshark.
    const bool packed = bytes_ != slurp(GetParam());
    EXPECT_TRUE(packed || shown[0].words == whole.words) << shown[0].words << whole.words;
  }
}

TEST_P(CaptureTshark, FillersChangeNothing) {
  constexpr unsigned worker_count = 2;
  Dealer clean(worker_count, CaptureOrigin::file);
  Dealer filled(worker_count, CaptureOrigin::file);
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
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CaptureTshark);

}  // namespace
}  // namespace flowmeter::test
