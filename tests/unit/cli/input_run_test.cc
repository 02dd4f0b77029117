#include "cli/input_run.h"

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <optional>
#include <string>

#include "scratch.h"
#include "support.h"

namespace flowmeter {
namespace {

const std::string packet =
    R"({"layers":{"frame_time_epoch":["5.0"],"frame_len":["60"],"frame_protocols":["eth:ethertype:ip:udp"],)"
    R"("ip_src":["10.0.0.1"],"ip_dst":["10.0.0.2"],"udp_stream":["0"],"udp_srcport":["1"],"udp_dstport":["2"]}})"
    "\n";

class InputRunTest : public test::Scratch {
 protected:
  /// Meters the file of the directory, and returns how that ended.
  InputResult meter(const std::string& name) {
    sink.text.clear();
    Output output(sink, "header\n");
    input = {directory / name, name};
    std::optional<InputResult> result;
    InputRun run({io, options, plan, setup, input, 1, reporter}, output, [&](const InputResult& how) {
      EXPECT_FALSE(result.has_value()) << "it ended before";
      result = how;
      reached = run_of_test->reached();
    });
    run_of_test = &run;
    run.begin();
    EXPECT_FALSE(result.has_value()) << "the end is told in the loop";
    io.restart();
    io.run();
    EXPECT_TRUE(result.has_value());
    return result.value_or(InputResult{});
  }

  InputResult meter_text(const std::string& text) {
    put(directory / "text", text);
    return meter("text");
  }

  [[nodiscard]] auto rows() const { return std::count(sink.text.begin(), sink.text.end(), '\n') - 1; }
  [[nodiscard]] std::string named(const std::string& name, const std::string& message) const {
    return (directory / name).string() + ": " + message;
  }

  boost::asio::io_context io;
  Options options;
  MeterOptions columns = [] {
    MeterOptions chosen;
    chosen.columns = "src_ip,dst_ip";
    return chosen;
  }();
  const MeterPlan plan = make_plan(columns);
  Reporter reporter{Reporter::Level::quiet};
  TsharkSetup setup{options, plan, reporter};
  Input input;
  test::MemorySink sink;
  InputRun* run_of_test = nullptr;
  Reached reached;
};

TEST_F(InputRunTest, WritesTheRowsOfAText) {
  const InputResult result = meter_text(packet + packet);
  EXPECT_EQ(result.status, ExitStatus::ok);
  EXPECT_EQ(result.message, "");
  EXPECT_EQ(result.account, nullptr) << "nobody asked for one";
  EXPECT_EQ(sink.text, "header\n10.0.0.1,10.0.0.2\n");
  EXPECT_EQ(reached.frames, 2U);
  EXPECT_EQ(reached.ended_flows, 1U);
}

TEST_F(InputRunTest, WritesTheHeaderOfAnEmptyInput) {
  EXPECT_EQ(meter_text("").status, ExitStatus::ok);
  EXPECT_EQ(sink.text, "header\n");
}

TEST_F(InputRunTest, DoesNothingWithWhatItCannotRead) {
  InputResult result = meter("missing");
  EXPECT_EQ(result.status, ExitStatus::nothing_done);
  EXPECT_EQ(result.message, named("missing", "No such file or directory"));
  EXPECT_FALSE(result.not_a_capture);
  result = meter_text("a letter\n");
  EXPECT_EQ(result.status, ExitStatus::nothing_done);
  EXPECT_TRUE(result.not_a_capture);
  result = meter_text("<?xml version=\"1.0\"?>\n<pdml>\n");
  EXPECT_EQ(result.status, ExitStatus::nothing_done);
  EXPECT_TRUE(result.message.starts_with(named("text", "is XML"))) << result.message;
  EXPECT_EQ(sink.text, "");
}

TEST_F(InputRunTest, WritesWhatCameBeforeDamage) {
  const InputResult result = meter_text(packet + "{\"layers\": nonsense}\n" + packet);
  EXPECT_EQ(result.status, ExitStatus::damaged);
  EXPECT_NE(result.message.find("the flows up to there are written"), std::string::npos) << result.message;
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(reached.frames, 1U);
}

TEST_F(InputRunTest, GoesOnAfterDamageIfToldSo) {
  options.keep_going = true;
  const InputResult result = meter_text(packet + "{\"layers\": nonsense}\n" + packet);
  EXPECT_EQ(result.status, ExitStatus::damaged);
  EXPECT_TRUE(result.message.starts_with(named("text", "1 damaged record was skipped: "))) << result.message;
  EXPECT_EQ(reached.frames, 2U);
}

TEST_F(InputRunTest, RefusesATextThatLacksFields) {
  const InputResult result = meter_text(
      R"({"layers":{"frame_time_epoch":["5.0"],"frame_len":["60"],"frame_protocols":["eth:ethertype:ip:udp:dns"],)"
      R"("ip_src":["10.0.0.1"],"ip_dst":["10.0.0.2"],"udp_srcport":["1"],"udp_dstport":["2"]}})"
      "\n");
  EXPECT_EQ(result.status, ExitStatus::nothing_done);
  EXPECT_NE(result.message.find("lacks udp.stream (to tell flows apart)"), std::string::npos)
      << result.message;
  EXPECT_NE(result.message.find("-e udp.stream"), std::string::npos) << result.message;
  EXPECT_EQ(sink.text, "");
}

TEST_F(InputRunTest, KeepsAnAccountIfAskedTo) {
  options.meta = "meta.json";
  const InputResult result = meter_text(packet);
  ASSERT_NE(result.account, nullptr);
  ASSERT_EQ(result.account->files.size(), 1U);
  EXPECT_EQ(result.account->files[0].bytes, packet.size());
  EXPECT_EQ(result.account->files[0].sha256.size(), 64U);
  EXPECT_EQ(result.account->frames.frames, 1U);
  EXPECT_EQ(result.account->command, "") << "no tshark was run";
}

}  // namespace
}  // namespace flowmeter
