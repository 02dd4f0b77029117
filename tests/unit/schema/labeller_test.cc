#include "schema/labeller.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "schema/label_rules.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::client;
using test::message_of;
using test::second;
using test::server;

std::vector<LabelRule> rules_of(const std::string& text) { return parse_label_rules(text, "rules.csv"); }

/// A flow from client to server, TCP, from 100 s to 110 s.
Flow flow() {
  Flow flow;
  flow.source = client;
  flow.destination = server;
  flow.first_ns = 100 * second;
  flow.last_ns = 110 * second;
  return flow;
}

TEST(Labeller, TakesTheFirstRuleInTheOrderOfTheFile) {
  const FeatureSettings settings;
  const ColumnRegistry registry(settings);
  Labeller labeller(
      "rules.csv", rules_of("label,src,dport\nnone,10.0.0.7,\nnet,10.0.0.0/24,81\nhost,10.0.0.2,\nany,,80\n"),
      LabelTime::overlap, "other");
  labeller.bind(registry, settings);
  Flow of = flow();
  MomentsMemo memo;
  struct NoWriter final : RowWriter {
    void header(const std::vector<std::string>&) override {}
    void integer(std::int64_t) override {}
    void natural(std::uint64_t) override {}
    void real(double) override {}
    void text(std::string_view) override {}
    void end_row() override {}
  } out;
  const RowContext row{settings, "-", EndReason::idle, 0};
  const Cell cell{of, nullptr, out, memo, row};
  EXPECT_EQ(labeller.label(cell), "host");
  of.source.address.bytes[3] = 5;
  of.destination.address.bytes[3] = 6;
  EXPECT_EQ(labeller.label(cell), "any");
  of.destination.port = of.source.port = 9;
  EXPECT_EQ(labeller.label(cell), "other");
  EXPECT_EQ(labeller.unmatched(), "rules.csv: 2 rules matched no flow: line 2 (none), line 3 (net)");
}

/// What a labeller says of a rule with that filter, quotes in it as they are, in the second column.
std::string filter_refusal(std::string filter) {
  for (std::size_t at = 0; (at = filter.find('"', at)) != std::string::npos; at += 2) filter.insert(at, "\"");
  Labeller labeller("rules.csv", rules_of("label,filter\nx,\"" + filter + "\"\n"), LabelTime::overlap, "-");
  const FeatureSettings settings;
  const ColumnRegistry registry(settings);
  return message_of<UsageError>([&] { labeller.bind(registry, settings); });
}

TEST(Labeller, RefusesFiltersWithFileAndPlace) {
  EXPECT_EQ(filter_refusal("fwd_tot_pkts=1"),
            "--labels rules.csv:2:4: there is no column \"fwd_tot_pkts\", did you mean \"fwd_tot_pkt\"? (see "
            "--list-columns)");
  EXPECT_EQ(filter_refusal("protocol = \"TCP\" | dst_port = 80"),
            "--labels rules.csv:2:23: \"|\" is not an operator: write || or \"or\", in {a, b} for one of "
            "several values, or put text with \"|\" in quotes");
  EXPECT_EQ(
      filter_refusal("dst_port = 80 &&\n  protocol = 6"),
      "--labels rules.csv:3:14: protocol is text, and 6 is a number: put it in quotes to compare it as text");
  EXPECT_TRUE(filter_refusal("label=1").starts_with("--labels rules.csv:2:4: there is no column \"label\""));
}

}  // namespace
}  // namespace flowmeter
