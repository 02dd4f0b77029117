#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "schema/column.h"
#include "schema/field_spec.h"
#include "schema/groups.h"
#include "schema/meter.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::message_of;

using Words = std::vector<std::string>;

TEST(FieldSpec, HasFourParts) {
  EXPECT_EQ(parse_field_spec("ip.ttl"), (FieldSpec{"ip.ttl", PacketSide::both, {"first"}, ""}));
  EXPECT_EQ(parse_field_spec("ip.ttl:fwd"), (FieldSpec{"ip.ttl", PacketSide::forward, {"first"}, ""}));
  EXPECT_EQ(parse_field_spec("ip.ttl:min,p95"), (FieldSpec{"ip.ttl", PacketSide::both, {"min", "p95"}, ""}));
  EXPECT_EQ(parse_field_spec("@iat:bwd:mean=gap"),
            (FieldSpec{"@iat", PacketSide::backward, {"mean"}, "gap"}));
  EXPECT_EQ(parse_field_spec("tcp.len=a:b"), (FieldSpec{"tcp.len", PacketSide::both, {"first"}, "a:b"}));
}

TEST(FieldSpec, NamesColumns) {
  const auto names = [](const char* text) { return column_names(parse_field_spec(text)); };
  EXPECT_EQ(names("ip.ttl"), Words{"ip_ttl_first"});
  EXPECT_EQ(names("ip.ttl:fwd:min,max"), (Words{"ip_ttl_fwd_min", "ip_ttl_fwd_max"}));
  EXPECT_EQ(names("@size:both:mean"), Words{"size_mean"});
  EXPECT_EQ(names("ip.ttl:bwd:min=ttl"), Words{"ttl"});
  EXPECT_EQ(names("ip.ttl:bwd:min,max=ttl"), (Words{"ttl_bwd_min", "ttl_bwd_max"}));
}

TEST(FieldSpec, IsRefusedWithThePlace) {
  const auto refusal = [](const char* text) {
    return message_of<UsageError>([&] { (void)parse_field_spec(text); });
  };
  EXPECT_TRUE(refusal("ip.ttl:fwd:avg").starts_with("--field \"ip.ttl:fwd:avg\", character 12: "))
      << refusal("ip.ttl:fwd:avg");
  EXPECT_NE(refusal("ip.ttl:meen").find("did you mean \"mean\"?"), std::string::npos);
  for (const char* text :
       {"", ":", "=x", "ip.ttl:", "ip.ttl:fwd:", "ip.ttl:min,", "ip.ttl:min:max", "ip.ttl=", "ip.ttl=a b",
        "ip.ttl=+a", "@sizes", "a b", "ip.ttl:min,min", "ip.ttl:p101", "ip.ttl:p"}) {
    EXPECT_NE(refusal(text), "") << text;
  }
}

TEST(FieldSpec, KnowsQuantiles) {
  EXPECT_EQ(percentage_of("median"), 50);
  EXPECT_EQ(percentage_of("q75"), 75);
  EXPECT_EQ(percentage_of("p0"), 0);
  EXPECT_EQ(percentage_of("p05"), 5);
  EXPECT_EQ(percentage_of("p100"), 100);
  for (const char* other : {"p", "p101", "p-1", "px", "min", "q50"})
    EXPECT_EQ(percentage_of(other), -1) << other;
}

Words header_of(const std::string& columns) {
  MeterOptions options;
  options.columns = columns;
  options.features.fields = {"ip.ttl:min=ttl", "@size:mean"};
  return make_plan(options).header;
}

TEST(FieldColumns, ComeBehindWhatIsChosen) {
  EXPECT_EQ(header_of("duration"), (Words{"duration", "ttl", "size_mean"}));
  EXPECT_EQ(header_of("size_mean,duration"), (Words{"size_mean", "duration", "ttl"}));
  EXPECT_EQ(header_of("field,duration"), (Words{"ttl", "size_mean", "duration"}));
  EXPECT_EQ(header_of("").size(), 50U);
  EXPECT_EQ(header_of("-ttl").size(), 49U);
}

TEST(FieldColumns, TellWhatTheyAre) {
  struct {
    const char *spec, *unit, *description;
  } const cases[] = {
      {"@size:fwd:max", "byte", "largest of the sizes on the wire, forward packets"},
      {"@ip:min", "byte", "smallest of the sizes of the IP packets"},
      {"@pay:bwd:std", "byte", "population standard deviation of the payload sizes, backward packets"},
      {"@hdr:sum", "byte", "sum of the sizes of the transport headers"},
      {"@iat:mean", "s", "mean of the gaps to the flow's packet before"},
      {"@iatd:p50", "us", "median of the gaps to the packet before in the same direction"},
      {"@win:p95", "byte", "95 % quantile of the TCP windows, scaled"},
      {"ip.ttl:first", "-", "first value of ip.ttl"},
  };
  for (const auto& [spec, unit, description] : cases) {
    FeatureSettings settings;
    settings.fields = {spec};
    const std::vector<Column> columns = field_columns(settings);
    ASSERT_EQ(columns.size(), 1U);
    EXPECT_EQ(columns.front().unit, unit) << spec;
    EXPECT_EQ(columns.front().description, description) << spec;
  }
}

TEST(FieldColumns, MustNotClash) {
  MeterOptions options;
  options.features.fields = {"ip.ttl:min=duration"};
  EXPECT_NE(message_of<UsageError>([&] { (void)make_plan(options); }).find("\"duration\""),
            std::string::npos);
}

TEST(FieldColumns, AreOfFieldsThatTsharkMustHave) {
  MeterOptions options;
  options.columns = "tls_ja4";
  options.features.fields = {"ip.ttl:min", "@size:mean"};
  const MeterPlan plan = make_plan(options);
  EXPECT_EQ(plan.named.names(), Words{"ip.ttl"});
  EXPECT_EQ(plan.optional.names(), Words{"tls.handshake.ja4"});
}

}  // namespace
}  // namespace flowmeter
