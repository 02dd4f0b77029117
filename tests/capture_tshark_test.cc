// Deals real captures to real tsharks and compares with what one tshark makes of the whole.
// Captures: ../samples, and the folders below $FLOWMETER_SHARED or ../../shared, if any.
// $FLOWMETER_WORKERS: "2 3 5" instead of the 3 that are tried by default.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "../src/capture/dealer.h"
#include "../src/capture/decompress.h"
#include "capture_bytes.h"

namespace flowmeter::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

/// What tells frames apart, whatever state tshark is in: time, lengths, link type, all bytes.
constexpr const char* kFrameFields =
    "-e frame.time_epoch -e frame.len -e frame.cap_len -e frame.encap_type -e frame.md5_hash";
constexpr const char* kAllFields =
    "-e frame.time_epoch -e frame.len -e frame.md5_hash -e frame.protocols -e tcp.stream "
    "-e udp.stream -e ip.src -e ipv6.src -e tcp.srcport -e udp.srcport";

struct Shown {
  Lines lines;
  std::string words;  ///< of stderr, but for the warning to root
};

fs::path scratch() {
  static const fs::path path = [] {
    std::string name = (fs::path(testing::TempDir()) / "capture_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch folder");
    return fs::path(name);
  }();
  return path;
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
  constexpr std::size_t kPiece = 500;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    dealer.feed(bytes.substr(at, kPiece));
    if (filler_every == 0 || at / kPiece % filler_every != 0) continue;
    dealer.filler(static_cast<unsigned>(at / kPiece % dealer.workers()), at % 3 + 1);
  }
  dealer.finish();
}

/// The workers' lines in the order of the log; `places`: of each, worker and place.
Lines in_order(Dealer& dealer, const std::vector<Shown>& shown,
               std::vector<std::pair<unsigned, std::uint64_t>>* places = nullptr) {
  Lines lines;
  const auto add = [&](unsigned worker, std::uint64_t place) {
    if (place >= shown[worker].lines.size()) return false;
    lines.push_back(shown[worker].lines[place]);
    if (places != nullptr) places->emplace_back(worker, place);
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

Lines captures() {
  const fs::path repository = fs::path(__FILE__).parent_path().parent_path();
  const char* given = std::getenv("FLOWMETER_SHARED");
  const fs::path shared = given != nullptr ? fs::path(given) : repository.parent_path() / "shared";
  Lines found;
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
  const Shown whole = tshark(slurp(GetParam()), kAllFields, false);
  const Shown dealt = tshark(dealer.output(0), kAllFields, true);
  if (dealer.reader().state() == ReaderState::unsupported) return;
  EXPECT_EQ(in_order(dealer, {dealt}), whole.lines);
}

TEST_P(CaptureTshark, WorkersGiveTheSameFramesInTheSameOrder) {
  const Shown whole = tshark(slurp(GetParam()), kFrameFields, false);
  for (const unsigned workers : worker_counts()) {
    Dealer dealer(workers, CaptureOrigin::file);
    feed_all(dealer, bytes_, 0);
    if (dealer.reader().state() == ReaderState::unsupported) return;
    std::vector<Shown> shown;
    for (unsigned w = 0; w < workers; ++w) {
      shown.push_back(tshark(dealer.output(w), kFrameFields, true));
      if (w != 0) EXPECT_EQ(shown.back().words, "");
    }
    EXPECT_EQ(in_order(dealer, shown), whole.lines) << workers << " workers";
    // A decompressor's trouble is not in the plain bytes; all else worker 0 says as one tshark.
    if (plain(GetParam()) == slurp(GetParam())) EXPECT_EQ(shown[0].words, whole.words);
  }
}

TEST_P(CaptureTshark, FillersChangeNothing) {
  constexpr unsigned kWorkers = 2;
  Dealer clean(kWorkers, CaptureOrigin::file);
  Dealer filled(kWorkers, CaptureOrigin::file);
  feed_all(clean, bytes_, 0);
  feed_all(filled, bytes_, 2);
  std::vector<Shown> expected;
  std::vector<Shown> got;
  for (unsigned w = 0; w < kWorkers; ++w) {
    expected.push_back(tshark(clean.output(w), kAllFields, true));
    got.push_back(tshark(filled.output(w), kAllFields, true));
  }
  EXPECT_EQ(in_order(filled, got), in_order(clean, expected));
}

INSTANTIATE_TEST_SUITE_P(Captures, CaptureTshark, testing::ValuesIn(captures()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           std::string name = fs::path(info.param).filename().string();
                           for (char& c : name) {
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           }
                           return std::to_string(info.index) + "_" + name;
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CaptureTshark);

}  // namespace
}  // namespace flowmeter::test
