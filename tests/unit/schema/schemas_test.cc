#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/anonymizer.h"
#include "base/error.h"
#include "flow/accumulators.h"
#include "flow/community_id.h"
#include "packet/decoder.h"
#include "schema/column.h"
#include "schema/flow_writer.h"
#include "schema/meter.h"
#include "schema/schemas.h"
#include "sink/csv_writer.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::client;
using test::endpoint;
using test::MemorySink;
using test::message_of;
using test::second;
using test::server;

using Names = std::vector<std::string>;

/// The default schema, as readers of PyFlowMeter's output know it.
const Names default_names = {"duration",
                             "protocol",
                             "src_port",
                             "dst_port",
                             "fwd_tot_pkt",
                             "fwd_tot_byte",
                             "bwd_tot_pkt",
                             "bwd_tot_byte",
                             "fwd_pkt_size_mean",
                             "fwd_pkt_size_std",
                             "fwd_pkt_size_skewness",
                             "fwd_pkt_size_kurtosis",
                             "fwd_pkt_size_min",
                             "fwd_pkt_size_max",
                             "bwd_pkt_size_mean",
                             "bwd_pkt_size_std",
                             "bwd_pkt_size_skewness",
                             "bwd_pkt_size_kurtosis",
                             "bwd_pkt_size_min",
                             "bwd_pkt_size_max",
                             "fwd_iat_mean",
                             "fwd_iat_std",
                             "fwd_iat_skewness",
                             "fwd_iat_kurtosis",
                             "fwd_iat_min",
                             "fwd_iat_max",
                             "bwd_iat_mean",
                             "bwd_iat_std",
                             "bwd_iat_skewness",
                             "bwd_iat_kurtosis",
                             "bwd_iat_min",
                             "bwd_iat_max",
                             "fwd_FIN_cnt",
                             "fwd_SYN_cnt",
                             "fwd_RST_cnt",
                             "fwd_PUSH_cnt",
                             "fwd_ACK_cnt",
                             "fwd_URG_cnt",
                             "fwd_CWE_cnt",
                             "fwd_ECE_cnt",
                             "bwd_FIN_cnt",
                             "bwd_SYN_cnt",
                             "bwd_RST_cnt",
                             "bwd_PUSH_cnt",
                             "bwd_ACK_cnt",
                             "bwd_URG_cnt",
                             "bwd_CWE_cnt",
                             "bwd_ECE_cnt"};

const ColumnRegistry& registry() {
  static const FeatureSettings settings;
  static const ColumnRegistry columns(settings);
  return columns;
}

Names names_of(const std::vector<NamedColumn>& columns) {
  Names names;
  for (const NamedColumn& named : columns) names.push_back(named.name);
  return names;
}

std::vector<NamedColumn> columns_named(const Names& names) {
  std::vector<NamedColumn> columns;
  for (const std::string& name : names) columns.push_back({name, registry().find(name)});
  return columns;
}

Names selected(std::string_view list, const Names& standard) {
  return names_of(select_columns(list, registry(), columns_named(standard)));
}

/// Rows of a meter on hand-made packets.
class Metered {
 public:
  explicit Metered(const MeterOptions& options = {})
      : plan_(make_plan(options)), writer_(sink_, ',', true), meter_(plan_.make("input", writer_)) {}

  void packet(std::int64_t time_ns, const Endpoint& from, const Endpoint& to, std::uint32_t bytes,
              std::uint16_t flags = 0, Transport transport = Transport::tcp, std::uint64_t stream = 0) {
    Packet packet;
    packet.key = {transport, stream};
    packet.time_ns = time_ns;
    packet.frame_number = ++frame_;
    packet.frame_bytes = bytes;
    packet.tcp_flags = flags;
    packet.source = from;
    packet.destination = to;
    const Frame frame{.number = frame_, .time_ns = time_ns, .bytes = bytes, .packets = {&packet, 1}};
    packet.frame = &frame;
    meter_->observer().on_frame(frame);
    meter_->observer().on_packet(packet);
    meter_->observer().on_frame_end(frame);
  }

  /// Ends the input; all rows.
  std::string rows() {
    meter_->observer().on_end(EndOfInput::complete);
    return sink_.text;
  }

  /// Ends the input; the cells of the only row by the columns' names.
  std::map<std::string, std::string> cells() {
    const std::string row = rows();
    EXPECT_EQ(std::count(row.begin(), row.end(), '\n'), 1);
    std::map<std::string, std::string> cells;
    std::size_t at = 0;
    for (const std::string& name : plan_.header) {
      const std::size_t end = row.find_first_of(",\n", at);
      cells[name] = row.substr(at, end - at);
      at = end + 1;
    }
    EXPECT_EQ(at, row.size());
    return cells;
  }

 private:
  MeterPlan plan_;
  MemorySink sink_;
  CsvWriter writer_;
  std::unique_ptr<Meter> meter_;
  std::uint64_t frame_ = 0;
};

TEST(Registry, BeginsWithTheDefaultSchemaInItsOrder) {
  ASSERT_EQ(default_names.size(), 48U);
  EXPECT_EQ(registry().groups().front(), "flowmeter");
  EXPECT_EQ(names_of(group_columns(registry(), "flowmeter")), default_names);
}

TEST(Registry, DescribesEveryColumnOnOneLine) {
  const std::set<std::string> units = {"s",      "ms",     "us",  "ns",    "byte", "byte^2",
                                       "packet", "byte/s", "bit", "bit/s", "1/s",  "-"};
  std::set<std::string> names;
  for (const Column& column : registry().columns()) {
    EXPECT_TRUE(names.insert(column.name).second) << column.name << " is there twice";
    EXPECT_TRUE(units.contains(column.unit)) << column.name << ": " << column.unit;
    EXPECT_FALSE(column.description.empty()) << column.name;
    EXPECT_EQ(column.description.find_first_of("\t\n"), std::string::npos) << column.name;
    EXPECT_FALSE(column.fields.empty()) << column.name;
    EXPECT_TRUE(column.write) << column.name;
    EXPECT_EQ(registry().find(column.name), &column);
    EXPECT_FALSE(column.group.empty()) << column.name;
  }
}

TEST(Registry, DoesNotFindOtherNames) {
  EXPECT_EQ(registry().find(""), nullptr);
  EXPECT_EQ(registry().find("Duration"), nullptr);
  EXPECT_EQ(registry().find("fwd_iat"), nullptr);
}

TEST(DefaultSchema, PrintsEveryColumnOfASmallFlow) {
  using namespace tcp_flag;
  Metered metered;
  metered.packet(1'700'000'000'000'000'000, client, server, 60, syn);
  metered.packet(1'700'000'000'100'000'000, server, client, 60, syn | ack | ece);
  metered.packet(1'700'000'000'200'000'000, client, server, 66, ack);
  metered.packet(1'700'000'000'350'000'000, client, server, 583, psh | ack);
  metered.packet(1'700'000'000'600'000'000, server, client, 1514, ack | cwr | urg);
  metered.packet(1'700'000'001'000'000'000, client, server, 66, fin | ack);
  metered.packet(1'700'000'001'250'000'000, server, client, 66, rst);
  // By exact fractions and fifty decimals, rounded once.
  EXPECT_EQ(metered.rows(),
            "1.25,TCP,40000,80,4,775,3,1640,"
            "193.75,224.74694102478904,1.1542880143773213,-0.6669809542209733,60,583,"
            "546.6666666666666,684.0123455675993,0.7070659756995641,-1.5,60,1514,"
            "0.3333333333333333,0.22484562605386735,0.6809718997018468,-1.5,0.15,0.65,"
            "0.575,0.075,0,-2,0.5,0.65,"
            "1,1,0,1,3,0,0,0,"
            "0,1,1,0,2,1,1,1\n");
}

TEST(DefaultSchema, PrintsAFlowOfOnePacket) {
  Metered metered;
  metered.packet(5 * second, client, server, 74, tcp_flag::syn);
  EXPECT_EQ(metered.rows(),
            "0,TCP,40000,80,1,74,0,0,"
            "74,0,0,-3,74,74,0,0,0,-3,0,0,"
            "0,0,0,-3,0,0,0,0,0,-3,0,0,"
            "0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0\n");
}

TEST(DefaultSchema, UdpHasNoFlags) {
  Metered metered;
  metered.packet(0, endpoint(1, 5000), endpoint(2, 53), 80, 0, Transport::udp);
  metered.packet(39'291'917'000, endpoint(2, 53), endpoint(1, 5000), 120, 0, Transport::udp);
  EXPECT_EQ(metered.rows(),
            "39.291917,UDP,5000,53,1,80,1,120,"
            "80,0,0,-3,80,80,120,0,0,-3,120,120,"
            "0,0,0,-3,0,0,0,0,0,-3,0,0,"
            "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\n");
}

TEST(DefaultSchema, EachFlagHasItsOwnColumn) {
  const std::pair<const char*, std::uint16_t> flags[] = {
      {"FIN", tcp_flag::fin}, {"SYN", tcp_flag::syn}, {"RST", tcp_flag::rst}, {"PUSH", tcp_flag::psh},
      {"ACK", tcp_flag::ack}, {"URG", tcp_flag::urg}, {"CWE", tcp_flag::cwr}, {"ECE", tcp_flag::ece}};
  for (const auto& [label, bit] : flags) {
    Metered metered;
    metered.packet(0, client, server, 60, bit);
    metered.packet(0, server, client, 60, static_cast<std::uint16_t>(0xff ^ bit));
    auto cells = metered.cells();
    for (const auto& [other, _] : flags) {
      const bool same = std::string(other) == label;
      EXPECT_EQ(cells[std::string("fwd_") + other + "_cnt"], same ? "1" : "0") << label << other;
      EXPECT_EQ(cells[std::string("bwd_") + other + "_cnt"], same ? "0" : "1") << label << other;
    }
  }
}

TEST(DefaultSchema, EqualGapsHaveNoSpread) {
  Metered metered;
  for (int i = 0; i < 7; ++i) metered.packet(i * 10'000'000, client, server, 60);
  auto cells = metered.cells();
  EXPECT_EQ(cells["fwd_iat_mean"], "0.01");
  EXPECT_EQ(cells["fwd_iat_std"], "0");
  EXPECT_EQ(cells["fwd_iat_skewness"], "0");
  EXPECT_EQ(cells["fwd_iat_kurtosis"], "-3");
  EXPECT_EQ(cells["duration"], "0.06");
}

TEST(DefaultSchema, TimesThatGoBackwardsGiveNegativeGaps) {
  Metered metered;
  metered.packet(10 * second, client, server, 60);
  metered.packet(8 * second, client, server, 60);
  auto cells = metered.cells();
  EXPECT_EQ(cells["duration"], "2");
  EXPECT_EQ(cells["fwd_iat_mean"], "-2");
  EXPECT_EQ(cells["fwd_iat_min"], "-2");
  EXPECT_EQ(cells["fwd_iat_max"], "-2");
}

TEST(DefaultSchema, TheLongestDurationIsThatOfSixtyFourBits) {
  Metered metered;
  metered.packet(std::numeric_limits<std::int64_t>::max(), client, server, 60);
  metered.packet(0, server, client, 60);
  EXPECT_EQ(metered.cells()["duration"], "9223372036.854776");
}

TEST(DefaultSchema, CutsAtTheTimeoutThatIsAskedFor) {
  MeterOptions options;
  options.tcp_idle_timeout = std::chrono::duration<double>(0.5);
  options.columns = "fwd_tot_pkt";
  Metered metered(options);
  metered.packet(0, client, server, 60);
  metered.packet(500'000'000, client, server, 60);
  metered.packet(1'000'000'001, client, server, 60);
  EXPECT_EQ(metered.rows(), "2\n1\n");
}

TEST(DefaultSchema, ATimeoutBeyondAllTimesNeverCuts) {
  MeterOptions options;
  options.tcp_idle_timeout = std::chrono::duration<double>(1e300);
  options.columns = "fwd_tot_pkt,duration";
  Metered metered(options);
  metered.packet(0, client, server, 60);
  metered.packet(9'000'000'000 * second, client, server, 60);
  EXPECT_EQ(metered.rows(), "2,9000000000\n");
}

TEST(CicflowmeterSchema, HasTheHeaderOfCicflowmeter) {
  const Names names = names_of(schema_columns("cicflowmeter", registry()));
  ASSERT_EQ(names.size(), 84U);
  EXPECT_EQ(names.front(), "Flow ID");
  EXPECT_EQ(names[8], "Total Fwd Packet");
  EXPECT_EQ(names[71], "FWD Init Win Bytes");
  EXPECT_EQ(names.back(), "Label");
}

TEST(NfstreamSchema, HasTheHeaderOfNfstream) {
  const Names names = names_of(schema_columns("nfstream", registry()));
  ASSERT_EQ(names.size(), 77U);
  EXPECT_EQ(names.front(), "id");
  EXPECT_EQ(names[14], "bidirectional_first_seen_ms");
  EXPECT_EQ(names[29], "bidirectional_min_ps");
  EXPECT_EQ(names.back(), "dst2src_fin_packets");
}

TEST(CicColumns, PrintTheWordForNothingWhereThereIsNoSample) {
  MeterOptions options;
  options.columns =
      "cic_bwd_packet_length_mean,cic_flow_iat_max,cic_idle_min,cic_active_std,cic_bwd_segment_size_avg,"
      "cic_total_bwd_packets,cic_fwd_iat_total,cic_flow_bytes_s,cic_down_up_ratio,cic_bwd_bulk_rate_avg";
  options.features.na = "NA";
  Metered metered(options);
  metered.packet(0, client, server, 60);
  EXPECT_EQ(metered.rows(), "NA,NA,NA,NA,NA,0,0,0,0,0\n");
}

TEST(CicColumns, ATimeThatRunsBackwardsGivesANegativeDuration) {
  MeterOptions options;
  options.columns = "cic_flow_duration,cic_flow_packets_s,cic_flow_iat_min,cic_active_max";
  Metered metered(options);
  metered.packet(10 * second, client, server, 60);
  metered.packet(8 * second, client, server, 60);
  EXPECT_EQ(metered.rows(), "-2000000,-1,-2000000,-2000000\n");
}

TEST(NfstreamColumns, SidesAreBothDirectionsAndEach) {
  MeterOptions options;
  options.columns =
      "nfstream_id,expiration_id,bidirectional_first_seen_ms,dst2src_first_seen_ms,dst2src_last_seen_ms,"
      "bidirectional_duration_ms,src2dst_duration_ms,bidirectional_bytes,dst2src_bytes,"
      "bidirectional_stddev_ps,src2dst_mean_piat_ms,bidirectional_max_piat_ms,bidirectional_ack_packets";
  Metered metered(options);
  metered.packet(1'000'999'999, client, server, 60, tcp_flag::syn);
  metered.packet(1'002'000'000, server, client, 100, tcp_flag::ack);
  metered.packet(1'003'500'000, client, server, 60, tcp_flag::ack);
  EXPECT_EQ(metered.rows(),
            "0,0,1000,1002,1002,2.500001,2.500001,220,100,23.09401076758503,2.500001,1.5,2\n");
}

TEST(NfstreamColumns, MomentsBefore1970AreCutDownwards) {
  MeterOptions options;
  options.columns = "bidirectional_first_seen_ms,dst2src_first_seen_ms";
  Metered metered(options);
  metered.packet(-1, client, server, 60);
  EXPECT_EQ(metered.rows(), "-1,0\n");
}

TEST(SelectColumns, TakesTheNamesInTheOrderGiven) {
  EXPECT_EQ(selected("duration", default_names), (Names{"duration"}));
  EXPECT_EQ(selected("src_port,duration", default_names), (Names{"src_port", "duration"}));
}

TEST(SelectColumns, AddsToTheStandardOnes) {
  EXPECT_EQ(selected("+src_port,+dst_port", {"duration", "protocol"}),
            (Names{"duration", "protocol", "src_port", "dst_port"}));
}

TEST(SelectColumns, DropsFromTheStandardOnes) {
  const Names standard{"duration", "protocol", "src_port"};
  EXPECT_EQ(selected("-protocol", standard), (Names{"duration", "src_port"}));
  EXPECT_EQ(selected("-protocol,+protocol", standard), (Names{"duration", "src_port", "protocol"}));
  EXPECT_EQ(selected("+dst_port,-duration", standard), (Names{"protocol", "src_port", "dst_port"}));
}

TEST(SelectColumns, ASignBehindAChoiceChangesTheChoice) {
  const Names standard{"duration", "protocol"};
  EXPECT_EQ(selected("src_port,+dst_port", standard), (Names{"src_port", "dst_port"}));
  EXPECT_EQ(selected("src_port,dst_port,-src_port", standard), (Names{"dst_port"}));
}

TEST(SelectColumns, AGroupStandsForItsColumns) {
  EXPECT_EQ(selected("flowmeter", {"duration"}), default_names);
  EXPECT_EQ(selected("-flowmeter,+duration", default_names), (Names{"duration"}));
}

TEST(SelectColumns, AGroupAddsWhatIsNotChosenYet) {
  Names wanted = default_names;
  std::rotate(wanted.begin(), wanted.begin() + 2, wanted.begin() + 3);  // src_port to the front
  EXPECT_EQ(selected("src_port,flowmeter", {"duration"}), wanted);
}

TEST(SelectColumns, ARenamedColumnIsDroppedByEitherName) {
  const std::vector<NamedColumn> standard{{"Flow Duration", registry().find("duration")},
                                          {"Protocol", registry().find("protocol")}};
  for (const char* list : {"-Flow Duration", "-duration"}) {
    EXPECT_EQ(names_of(select_columns(list, registry(), standard)), (Names{"Protocol"})) << list;
  }
}

std::string refusal_of(std::string_view list) {
  return message_of<UsageError>([&] { (void)selected(list, {"duration", "protocol"}); });
}

TEST(SelectColumns, SaysWhatIsUnknown) {
  EXPECT_EQ(refusal_of("durtion"),
            "there is no column \"durtion\", did you mean \"duration\"? (see --list-columns)");
  EXPECT_EQ(refusal_of("duration,color"), "there is no column \"color\" (see --list-columns)");
  EXPECT_EQ(refusal_of("+color"), "there is no column \"color\" (see --list-columns)");
}

TEST(SelectColumns, SaysWhatIsThereTwice) {
  EXPECT_EQ(refusal_of("duration,duration"), "column \"duration\" is named twice");
  EXPECT_EQ(refusal_of("+duration"), "column \"duration\" is named twice");
}

TEST(SelectColumns, SaysWhatCannotBeDropped) {
  EXPECT_EQ(refusal_of("-src_port"),
            "column \"src_port\" cannot be dropped: it is not among the chosen ones");
  EXPECT_EQ(refusal_of("-duration,-duration"),
            "column \"duration\" cannot be dropped: it is not among the chosen ones");
}

TEST(SelectColumns, AMissingNameIsNoColumn) {
  for (const char* list : {"", ",", ",duration", "duration,,protocol", "duration,", "+", "-", "+src_port,",
                           " duration", "duration, protocol"}) {
    EXPECT_THROW((void)selected(list, default_names), UsageError) << '"' << list << '"';
  }
}

TEST(SelectColumns, SomeColumnMustBeLeft) {
  EXPECT_EQ(refusal_of("-duration,-protocol"), "no columns are left to write");
}

TEST(ColumnPlan, PaysOnlyForWhatItsColumnsUse) {
  const auto size_of = [](const Names& names) {
    FieldSet fields;
    const FeatureSettings settings;
    return ColumnPlan(columns_named(names), fields, settings).accumulators().size();
  };
  EXPECT_EQ(size_of({"duration", "protocol", "src_port", "dst_port"}), 0U);
  EXPECT_EQ(size_of({"fwd_tot_pkt"}), sizeof(SizeState));
  EXPECT_EQ(size_of({"fwd_tot_pkt", "bwd_tot_byte", "fwd_pkt_size_mean"}), sizeof(SizeState));
  EXPECT_EQ(size_of({"fwd_iat_max"}), sizeof(GapState));
  EXPECT_EQ(size_of({"bwd_SYN_cnt", "fwd_ECE_cnt"}), sizeof(FlagState));
  EXPECT_EQ(size_of(default_names), sizeof(SizeState) + sizeof(GapState) + sizeof(FlagState));
}

TEST(ColumnPlan, KeepsTheOrderOfItsColumns) {
  FieldSet fields;
  const FeatureSettings settings;
  const ColumnPlan plan(columns_named({"fwd_SYN_cnt", "duration"}), fields, settings);
  EXPECT_EQ(plan.names(), (Names{"fwd_SYN_cnt", "duration"}));
}

TEST(ColumnPlan, PrintsTheChosenCells) {
  MeterOptions options;
  options.columns = "bwd_SYN_cnt,fwd_iat_max,bwd_tot_byte,src_port";
  Metered metered(options);
  metered.packet(0, client, server, 60, tcp_flag::syn);
  metered.packet(1, server, client, 99, tcp_flag::syn);
  metered.packet(1'500'000'000, client, server, 60);
  EXPECT_EQ(metered.rows(), "1,1.5,99,40000\n");
}

TEST(ColumnPlan, PrintsTheWordForNothingWhereThereIsNoSample) {
  MeterOptions options;
  options.columns = "bwd_tot_pkt,fwd_pkt_size_mean,bwd_pkt_size_mean,bwd_pkt_size_kurtosis,fwd_iat_max";
  options.features.na = "NA";
  Metered metered(options);
  metered.packet(0, client, server, 60);
  EXPECT_EQ(metered.rows(), "0,60,NA,NA,NA\n");
}

TEST(IdColumns, TellWhoWhenAndWhy) {
  MeterOptions options;
  options.columns =
      "src_ip,dst_ip,ip_version,proto,start_ns,end_ns,start_utc,end_utc,duration_us,"
      "first_frame,last_frame,end_reason,dir_basis,ts_disorder_cnt,stream,part,input";
  options.features.time_digits = 3;
  options.active_timeout = std::chrono::duration<double>(1);
  Metered metered(options);
  metered.packet(1'700'000'000'000'000'000, client, server, 60, tcp_flag::syn);
  metered.packet(1'700'000'000'500'000'500, server, client, 60);
  metered.packet(1'700'000'000'250'000'250, client, server, 60);
  metered.packet(1'700'000'002'000'000'000, server, client, 60);
  EXPECT_EQ(metered.rows(),
            "10.0.0.1,10.0.0.2,4,6,1700000000000000000,1700000000250000250,2023-11-14T22:13:20.000Z,"
            "2023-11-14T22:13:20.250Z,250000.25,1,3,active,syn,1,0,0,input\n"
            "10.0.0.1,10.0.0.2,4,6,1700000002000000000,1700000002000000000,2023-11-14T22:13:22.000Z,"
            "2023-11-14T22:13:22.000Z,0,4,4,eof,syn,0,0,1,input\n");
}

TEST(IdColumns, OfAnAnonymizedRunAreMadeOfWhatItShows) {
  const auto anonymizer = std::make_shared<Anonymizer>(Anonymizer::Key{1, 2, 3});
  const auto shown = [&](const Endpoint& end) {
    return Endpoint{anonymizer->anonymize(end.address), end.port};
  };
  MeterOptions options;
  options.columns = "src_ip,dst_ip,community_id";
  options.features.anonymizer = anonymizer;
  Metered metered(options);
  metered.packet(0, client, server, 60);
  EXPECT_EQ(metered.rows(), to_string(shown(client).address) + ',' + to_string(shown(server).address) + ',' +
                                community_id(Transport::tcp, shown(client), shown(server), 0) + '\n');
}

TEST(MeterPlan, RanksStreamsOnlyIfAColumnPrintsThem) {
  EXPECT_FALSE(make_plan({}).ranks_streams);
  MeterOptions options;
  options.columns = "duration,stream";
  EXPECT_TRUE(make_plan(options).ranks_streams);
}

TEST(MeterPlan, SaysWhatTsharkMustDoForIt) {
  const MeterPlan standard = make_plan({});
  EXPECT_FALSE(standard.whole_protocols);
  EXPECT_FALSE(standard.applications);
  EXPECT_NE(standard.columns, nullptr);
  MeterOptions options;
  options.columns = "+src_mac";
  EXPECT_TRUE(make_plan(options).whole_protocols);
  EXPECT_FALSE(make_plan(options).one_tshark);
  options = {};
  options.features.fields = {"frame.number:first"};
  EXPECT_TRUE(make_plan(options).one_tshark);
  options = {};
  options.schema = "pyflowmeter";
  EXPECT_TRUE(make_plan(options).applications);
  EXPECT_EQ(make_plan(options).columns, nullptr);
}

TEST(MeterPlan, AddsTheSequenceOfPacketsToTheSchema) {
  MeterOptions options;
  options.features.splt_packets = 2;
  const Names header = make_plan(options).header;
  ASSERT_EQ(header.size(), default_names.size() + 10);
  EXPECT_EQ(header[48], "splt_dir_1");
  EXPECT_EQ(header.back(), "splt_flags_2");
  options.columns = "splt_size_2";
  EXPECT_EQ(make_plan(options).header, (Names{"splt_size_2"}));
  options.columns = "duration";
  EXPECT_EQ(make_plan(options).header.size(), 11U);
  options.columns = "-splt,-flowmeter,+duration";
  EXPECT_EQ(make_plan(options).header, (Names{"duration"}));
}

TEST(MeterPlan, SaysThatTheSequenceOfPacketsNeedsALength) {
  MeterOptions options;
  options.columns = "splt";
  EXPECT_EQ(message_of<UsageError>([&] { (void)make_plan(options); }),
            "column \"splt\" needs --splt N, the number of packets");
}

TEST(SpltColumns, ArePaddedSoThatEachRowHasAll) {
  MeterOptions options;
  options.columns = "splt";
  options.features.splt_packets = 3;
  const auto row = [](const MeterOptions& with) {
    Metered metered(with);
    metered.packet(0, client, server, 60, tcp_flag::syn);
    metered.packet(1'500, server, client, 70, tcp_flag::syn | tcp_flag::ack);
    return metered.rows();
  };
  EXPECT_EQ(row(options), "1,-1,0,60,70,0,0,0,0,0,1.5,0,2,18,0\n");
  options.features.na = "NA";
  EXPECT_EQ(row(options), "1,-1,0,60,70,NA,0,0,NA,0,1.5,NA,2,18,NA\n");
  options.features.splt_layout = SpltLayout::list;
  EXPECT_EQ(row(options), "1|-1,60|70,0|0,0|1.5,2|18\n");
}

TEST(ExtraColumns, OfVolumeAndTime) {
  MeterOptions options;
  options.columns =
      "pcr,fwd_load_bps,bwd_load_bps,fwd_duration_us,bwd_duration_us,fwd_start_off_us,bwd_start_off_us";
  Metered metered(options);
  metered.packet(0, client, server, 60);
  metered.packet(250'000'000, server, client, 1000);
  metered.packet(500'000'000, client, server, 40);
  EXPECT_EQ(metered.rows(), "0,1600,16000,500000,0,0,250000\n");
}

TEST(MeterPlan, LeavesOutWhatIdentifies) {
  MeterOptions options;
  options.drop_ids = true;
  const auto header = [&](const char* columns, const char* schema = "flowmeter") {
    options.columns = columns;
    options.schema = schema;
    return make_plan(options).header;
  };
  const auto has = [](const Names& names, const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  EXPECT_FALSE(has(header(""), "src_port"));
  EXPECT_TRUE(has(header(""), "duration"));
  EXPECT_FALSE(has(header("+id"), "src_ip"));
  EXPECT_TRUE(has(header("+id"), "end_reason"));
  EXPECT_FALSE(has(header("", "cicflowmeter"), "Flow ID"));
  // What is named column by column is wanted.
  EXPECT_TRUE(has(header("+input"), "input"));
  EXPECT_FALSE(has(header("+input"), "src_port"));
  EXPECT_TRUE(has(header("+src_port"), "src_port"));
  EXPECT_EQ(header("src_port,duration"), (Names{"src_port", "duration"}));
  EXPECT_FALSE(has(header("src_port,flowmeter"), "dst_port"));
  EXPECT_EQ(header("-src_port"), header("")) << "it was dropped before";
  EXPECT_EQ(header("-id"), header(""));
  EXPECT_THROW((void)header("-flowmeter"), UsageError);
}

TEST(SelectColumns, TheGroupOfIdentitiesHasThoseOfOtherTools) {
  const Names left = [] {
    MeterOptions options;
    options.schema = "cicflowmeter";
    options.columns = "-id";
    return make_plan(options).header;
  }();
  for (const char* name : {"Flow ID", "Src IP", "Dst IP", "Timestamp"}) {
    EXPECT_EQ(std::find(left.begin(), left.end(), name), left.end()) << name;
  }
  EXPECT_NE(std::find(left.begin(), left.end(), "Dst Port"), left.end());
}

TEST(ColumnPlan, RowsDoNotMixTheirStatistics) {
  MeterOptions options;
  options.columns = "src_port,fwd_pkt_size_mean,bwd_pkt_size_mean";
  Metered metered(options);
  metered.packet(0, endpoint(1, 1), server, 100, 0, Transport::tcp, 0);
  metered.packet(0, endpoint(1, 2), server, 200, 0, Transport::tcp, 1);
  metered.packet(0, server, endpoint(1, 2), 300, 0, Transport::tcp, 1);
  EXPECT_EQ(metered.rows(), "1,100,0\n2,200,300\n");
}

TEST(MeterPlan, AsksForTheFieldsOfEveryPacketAndOfItsColumns) {
  const auto plan = make_plan({});
  FieldSet base;
  PacketDecoder::add_fields(base);
  for (const std::string& field : base.names()) EXPECT_NE(plan.fields.find(field), no_field) << field;
  for (const Column* column : registry().group("flowmeter")) {
    for (const std::string& field : column->fields) {
      EXPECT_NE(plan.fields.find(field), no_field) << column->name << " needs " << field;
    }
  }
  EXPECT_EQ(plan.header, default_names);
  EXPECT_TRUE(plan.required.empty());
}

TEST(MeterPlan, RequiresTheFieldsThatEveryHeaderHas) {
  MeterOptions options;
  options.columns = "src_mac,fwd_ttl_min,stream,last_frame";
  EXPECT_EQ(make_plan(options).required, (Names{"ip.ttl", "ipv6.hlim"}));
}

TEST(MeterPlan, NamesAColumnThatNeedsTheField) {
  const auto plan = make_plan({});
  EXPECT_EQ(plan.column_of("frame.time_epoch"), "duration");
  EXPECT_EQ(plan.column_of("frame.len"), "fwd_tot_byte");
  EXPECT_EQ(plan.column_of("tcp.flags"), "fwd_FIN_cnt");
  EXPECT_EQ(plan.column_of("tcp.stream"), "");
  MeterOptions ports;
  ports.columns = "src_port";
  EXPECT_EQ(make_plan(ports).column_of("tcp.flags"), "");
}

TEST(MeterPlan, SaysWhichSchemasThereAre) {
  MeterOptions options;
  options.schema = "flowmetre";
  EXPECT_EQ(message_of<UsageError>([&] { (void)make_plan(options); }),
            "there is no schema \"flowmetre\", did you mean \"flowmeter\"? (there are: flowmeter, "
            "cicflowmeter, nfstream, pyflowmeter)");
}

TEST(MeterPlan, TheColumnsOfPyflowmeterAreFixed) {
  MeterOptions options;
  options.schema = "pyflowmeter";
  EXPECT_EQ(make_plan(options).header, default_names);
  EXPECT_EQ(make_plan(options).required, (Names{"tcp.len", "tcp.time_relative", "tcp.time_delta"}));
  options.columns = "duration";
  EXPECT_THROW((void)make_plan(options), UsageError);
  options.columns.clear();
  options.tunnel = TunnelPolicy::inner;
  EXPECT_THROW((void)make_plan(options), UsageError);
}

TEST(MeterPlan, CountsOpenAndEndedFlows) {
  const auto plan = make_plan({});
  MemorySink sink;
  CsvWriter writer(sink, ',', true);
  const auto meter = plan.make("input", writer);
  Packet packet;
  meter->observer().on_packet(packet);
  EXPECT_EQ(meter->counters().open_flows(), 1U);
  EXPECT_EQ(meter->counters().ended_flows(), 0U);
  meter->observer().on_end(EndOfInput::complete);
  EXPECT_EQ(meter->counters().open_flows(), 0U);
  EXPECT_EQ(meter->counters().ended_flows(), 1U);
}

/// Keeps how each cell of the rows was written: 'n' for a number, 't' for text.
class KindWriter final : public RowWriter {
 public:
  std::vector<std::string> rows{""};

  void header(const std::vector<std::string>&) override {}
  void integer(std::int64_t) override { rows.back() += 'n'; }
  void natural(std::uint64_t) override { rows.back() += 'n'; }
  void real(double) override { rows.back() += 'n'; }
  void text(std::string_view) override { rows.back() += 't'; }
  void end_row() override { rows.emplace_back(); }
};

TEST(Columns, PrintWhatTheirKindSays) {
  for (const SpltLayout layout : {SpltLayout::wide, SpltLayout::list}) {
    MeterOptions options;
    options.features.splt_packets = 2;
    options.features.splt_layout = layout;
    options.features.fields = {"@size:count,n,any,first,last,distinct,mode,entropy,set,list=a",
                               "@size:min,max,sum,mean,std,var,sstd,svar,skew,kurt,cv,median,p95=b"};
    const ColumnRegistry of_run(options.features);
    for (const std::string& group : of_run.groups()) {
      options.columns += (options.columns.empty() ? "" : ",") + group;
    }
    const auto plan = make_plan(options);
    KindWriter out;
    const auto meter = plan.make("input", out);
    const FieldSet& fields = plan.fields;
    PacketDecoder decoder(fields, plan.tunnel);
    int number = 0;
    // A flow with packets of both directions, and one of a single packet.
    const std::vector<std::array<std::string, 5>> packets = {{"1.0", "0", "10.0.0.1", "10.0.0.2", "0x0002"},
                                                             {"1.1", "0", "10.0.0.2", "10.0.0.1", "0x0012"},
                                                             {"1.2", "1", "10.0.0.1", "10.0.0.3", "0x0010"}};
    for (const auto& [time, stream, source, destination, flags] : packets) {
      Record record(fields.size());
      std::deque<std::string> texts;  // which the record's values are views of
      const auto add = [&](std::string_view field, const std::string& value) {
        if (const FieldId id = fields.find(field); id != no_field) record.add(id, texts.emplace_back(value));
      };
      add("frame.protocols", "eth:ethertype:ip:tcp");
      add("frame.time_epoch", time);
      add("frame.number", std::to_string(++number));
      add("frame.len", "60");
      add("ip.src", source);
      add("ip.dst", destination);
      add("tcp.stream", stream);
      add("tcp.srcport", "80");
      add("tcp.dstport", "80");
      add("tcp.flags", flags);
      record.seal(false);
      const Frame& frame = decoder.decode(record);
      meter->observer().on_frame(frame);
      for (const Packet& packet : frame.packets) meter->observer().on_packet(packet);
      meter->observer().on_frame_end(frame);
    }
    meter->observer().on_end(EndOfInput::complete);
    ASSERT_EQ(out.rows.size(), 3U);
    const std::vector<std::string> names = plan.header;
    for (const std::string& row : {out.rows[0], out.rows[1]}) {
      ASSERT_EQ(row.size(), names.size());
      for (std::size_t i = 0; i < names.size(); ++i) {
        const char kind = of_run.find(names[i])->kind == ValueKind::number ? 'n' : 't';
        EXPECT_EQ(row[i], kind) << names[i];
      }
    }
  }
}

}  // namespace
}  // namespace flowmeter
