#include "cli/text_fields.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/text_source.h"
#include "source_support.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::message_of;

class TextFieldsTest : public testing::Test {
 protected:
  TextFieldsTest() {
    MeterOptions options;
    options.columns = "src_ip,dns_qname";
    plan = make_plan(options);
  }

  /// Reads the text to its end.
  void read(const std::string& text) {
    auto dialect = std::make_unique<DialectSource>(InputKind::ek, plan.fields);
    expect_fields(*dialect->due_fields(), plan);
    source = std::make_unique<TextSource>(run.io, -1, TextSource::Head{text, true}, std::move(dialect),
                                          run.host());
    fields = std::make_unique<TextFields>(plan, *source);
    run.run(*source);
    EXPECT_EQ(run.error, "");
  }

  static std::string packet(const std::string& more) {
    return R"({"layers":{"frame_time_epoch":["5.0"],"frame_len":["60"],)"
           R"("frame_protocols":["eth:ethertype:ip:udp:dns"],"ip_src":["10.0.0.1"],"ip_dst":["10.0.0.2"],)"
           R"("udp_srcport":["1"],"udp_dstport":["2"])" +
           more + "}}\n";
  }

  MeterPlan plan;
  test::SourceRun run;
  std::unique_ptr<TextSource> source;
  std::unique_ptr<TextFields> fields;
};

TEST_F(TextFieldsTest, FindNothingWrongWithATextThatHasAll) {
  read(packet(R"(,"udp_stream":["0"],"dns_qry_name":["x"])"));
  fields->refuse_if_lacking(false);
  EXPECT_EQ(fields->remarks(), std::vector<std::string>{});
}

TEST_F(TextFieldsTest, RefuseATextOnceForWhatIsLacking) {
  read(packet(R"(,"dns_qry_name":["x"])"));
  const std::string message = message_of<InputError>([&] { fields->refuse_if_lacking(false); });
  EXPECT_TRUE(message.starts_with("lacks udp.stream (to tell flows apart); add to tshark's command line:"))
      << message;
  fields->refuse_if_lacking(false);
}

TEST_F(TextFieldsTest, NameTheFrameIfRowsAreWrittenAlready) {
  read(packet(R"(,"dns_qry_name":["x"])"));
  const std::string message = message_of<InputError>([&] { fields->refuse_if_lacking(true); });
  EXPECT_TRUE(message.starts_with("frame 1: lacks udp.stream")) << message;
}

TEST_F(TextFieldsTest, WaitForMoreFramesBeforeTheFirstRow) {
  read(packet(R"(,"dns_qry_name":["x"])"));
  fields->refuse_if_lacking_for_long(false, false);
  EXPECT_NE(message_of<InputError>([&] { fields->refuse_if_lacking_for_long(true, false); }), "");
}

TEST_F(TextFieldsTest, RemarkOnFieldsThatNoPacketHas) {
  read(packet(R"(,"udp_stream":["0"])"));
  const std::vector<std::string> remarks = fields->remarks();
  ASSERT_EQ(remarks.size(), 1U);
  EXPECT_TRUE(remarks[0].starts_with("no packet has dns.qry.name: ")) << remarks[0];
}

}  // namespace
}  // namespace flowmeter
