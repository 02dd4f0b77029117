#include "packet/due_fields.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "packet/decoder.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::FrameText;
using Names = std::vector<std::string>;

TransportSet all() {
  TransportSet transports{};
  for (const Transport transport : all_transports) transports.add(transport);
  return transports;
}

FieldSet all_fields() {
  FieldSet fields;
  PacketDecoder::add_fields(fields, all());
  for (const char* more :
       {"tcp.len", "tcp.time_delta", "udp.length", "ip.ttl", "tcp.analysis.flags", "eth.src"}) {
    fields.add(more);
  }
  return fields;
}

/// What is found of frames that come one after the other.
class Due : public testing::Test {
 protected:
  Due() {
    for (const std::string& field : fields_.names()) {
      const bool named = field == "tcp.analysis.flags" || field == "eth.src";
      if (!named && !field.starts_with("tcp.len") && field != "tcp.time_delta" && field != "udp.length" &&
          field != "ip.ttl") {
        due_.require(field);
      }
    }
  }

  /// Another frame of such layers with these values.
  void see(std::string_view protocols, FrameText more, void (Record::*mark)() noexcept = nullptr) {
    more.push_back({"frame.protocols", {protocols}});
    Record record = test::record_of(fields_, more);
    if (mark != nullptr) (record.*mark)();
    if (!columns_.empty()) record.set_columns(columns_);
    const LayerStack plan = parse_layers(protocols, 4, all());
    ++frame_;
    due_.see(record, plan, frame_);
    due_.refuse_loss(record, plan, frame_);
  }

  std::string refusal(std::string_view protocols, const FrameText& more) {
    return test::message_of<InputError>([&] { see(protocols, more); });
  }

  Names lacking() const { return due_.lacking().names; }

  /// From now on the text has columns, all but these.
  void no_columns(std::initializer_list<std::string_view> names) {
    columns_.assign(fields_.size(), true);
    for (const std::string_view name : names) columns_[fields_.find(name)] = false;
  }

  const FieldSet fields_ = all_fields();
  DueFields due_{fields_};
  std::vector<bool> columns_;
  std::uint64_t frame_ = 0;
};

const FrameText frame = {{"frame.time_epoch", {"1"}}, {"frame.len", {"60"}}};
const FrameText addresses = {{"ip.src", {"10.0.0.1"}}, {"ip.dst", {"10.0.0.2"}}};
const FrameText two_addresses = {{"ip.src", {"10.0.0.1", "172.16.0.1"}},
                                 {"ip.dst", {"10.0.0.2", "172.16.0.2"}}};
const FrameText tcp = {
    {"tcp.srcport", {"40000"}}, {"tcp.dstport", {"80"}}, {"tcp.stream", {"0"}}, {"tcp.flags", {"0x0002"}}};
const FrameText udp = {{"udp.srcport", {"40000"}}, {"udp.dstport", {"53"}}, {"udp.stream", {"0"}}};

FrameText operator+(FrameText one, const FrameText& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

FrameText without(FrameText text, std::initializer_list<std::string_view> names) {
  std::erase_if(text, [&](const auto& field) {
    return std::find(names.begin(), names.end(), field.first) != names.end();
  });
  return text;
}

const FrameText syn = frame + addresses + tcp;

TEST_F(Due, NothingIsLackingBeforeTheFirstFrame) {
  EXPECT_FALSE(due_.any_lacking());
  EXPECT_EQ(lacking(), Names{});
}

TEST_F(Due, NothingIsLackingInAWholeFrame) {
  see("eth:ethertype:ip:tcp:http", syn);
  EXPECT_FALSE(due_.any_lacking());
  EXPECT_EQ(lacking(), Names{});
  EXPECT_EQ(due_.doubtful(), Names{});
}

TEST_F(Due, NamesAFieldThatEveryFrameOfTheKindMustHave) {
  for (const char* field : {"frame.time_epoch", "frame.len", "tcp.stream", "tcp.srcport", "tcp.dstport",
                            "tcp.flags", "ip.src", "ip.dst"}) {
    for (const char* protocols : {"eth:ethertype:ip:tcp", "eth:ethertype:ip:tcp:http"}) {
      DueFields due(fields_);
      due.require(field);
      for (const auto& [other, values] : syn) due.require(other);
      FrameText text = without(syn, {field});
      text.push_back({"frame.protocols", {protocols}});
      due.see(test::record_of(fields_, text), parse_layers(protocols, 4, all()), 7);
      EXPECT_TRUE(due.any_lacking()) << field;
      EXPECT_EQ(due.lacking().names, Names{field});
      EXPECT_EQ(due.lacking().frame, 7U);
    }
  }
}

TEST_F(Due, NamesAllOfThem) {
  see("eth:ethertype:ip:tcp:http", {{"tcp.stream", {"0"}}, {"ip.src", {"10.0.0.1"}}});
  EXPECT_EQ(lacking(),
            (Names{"frame.time_epoch", "frame.len", "ip.dst", "tcp.srcport", "tcp.dstport", "tcp.flags"}));
}

TEST_F(Due, WhereLayersAreNotToldWhateverWasNotSeenMayBeLacking) {
  Record record = test::record_of(fields_, without(syn, {"frame.len"}));
  due_.see(record, parse_layers("", 4, all()), 1);
  const Names names = lacking();
  EXPECT_EQ(names[0], "frame.len");
  EXPECT_EQ(names[1], "frame.protocols");
  for (const char* name : {"ipv6.src", "udp.stream", "icmp.type"}) {
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
  }
  EXPECT_EQ(std::count(names.begin(), names.end(), "tcp.stream"), 0);
}

TEST_F(Due, AFieldThatAnyFrameHadIsNotLacking) {
  see("eth:ethertype:ip:tcp", without(syn, {"tcp.flags"}));
  EXPECT_EQ(lacking(), Names{"tcp.flags"});
  see("eth:ethertype:ip:tcp", syn);
  EXPECT_FALSE(due_.any_lacking());
  EXPECT_EQ(lacking(), Names{});
  see("eth:ethertype:ip:tcp", without(syn, {"tcp.flags"}));
  EXPECT_EQ(lacking(), Names{});
}

TEST_F(Due, AFrameOfAnotherProtocolNeedNotHaveTheField) {
  see("eth:arp", frame);
  EXPECT_EQ(lacking(), Names{});
  see("eth:ip:udp:dns", frame + addresses + without(udp, {"udp.dstport"}));
  EXPECT_EQ(lacking(), Names{"udp.dstport"});
}

TEST_F(Due, AQuotedHeaderNeedNotHaveTheField) {
  see("eth:ip:icmp:ip:tcp", frame + two_addresses + FrameText{{"icmp.type", {"3"}}, {"tcp.srcport", {"1"}}});
  EXPECT_EQ(lacking(), Names{});
}

TEST_F(Due, AHeaderThatIsCutNeedNotHaveWhatComesAfterTheCut) {
  see("eth:ethertype:ip:tcp", frame + addresses + FrameText{{"tcp.srcport", {"1"}}, {"tcp.dstport", {"2"}}});
  see("eth:ethertype:ip:tcp", frame + addresses);
  see("eth:ethertype:ip:udp", frame + addresses + FrameText{{"udp.srcport", {"1"}}, {"udp.dstport", {"2"}}});
  see("eth:ethertype:ip:dccp", frame + addresses);
  see("eth:ethertype:ip:sctp",
      frame + addresses + FrameText{{"sctp.srcport", {"1"}}, {"sctp.dstport", {"2"}}});
  see("eth:ethertype:ip:icmp", frame + addresses);
  EXPECT_EQ(lacking(), Names{});
}

TEST_F(Due, WhatAllHeadersMayHaveBeenCutBeforeIsInDoubt) {
  see("eth:ethertype:ip:tcp", frame + addresses + FrameText{{"tcp.srcport", {"1"}}, {"tcp.dstport", {"2"}}});
  EXPECT_EQ(due_.doubtful(), (Names{"tcp.stream", "tcp.flags"}));
  see("eth:ethertype:ip:tcp", syn);
  EXPECT_EQ(due_.doubtful(), Names{});
}

TEST_F(Due, WhatIsLackingIsInNoDoubt) {
  const FrameText ports = {{"tcp.srcport", {"1"}}, {"tcp.dstport", {"2"}}};
  see("eth:ethertype:ip:tcp", frame + addresses + ports);
  see("eth:ethertype:ip:tcp:http", frame + addresses + ports);
  EXPECT_EQ(due_.doubtful(), Names{});
  EXPECT_EQ(lacking(), (Names{"tcp.stream", "tcp.flags"}));
}

TEST_F(Due, OfAWholeDissectionNothingIsInDoubt) {
  see("eth:ethertype:ip:tcp", frame + addresses + FrameText{{"tcp.srcport", {"1"}}, {"tcp.dstport", {"2"}}},
      &Record::mark_complete);
  EXPECT_EQ(due_.doubtful(), Names{});
  EXPECT_EQ(lacking(), Names{});
}

TEST_F(Due, InAWholeDissectionAHeaderWithoutFlagsIsTooShort) {
  see("eth:ethertype:ip:tcp", without(syn, {"tcp.flags"}), &Record::mark_complete);
  EXPECT_EQ(lacking(), Names{});
  see("eth:ethertype:ip:tcp:http", without(syn, {"tcp.flags"}), &Record::mark_complete);
  EXPECT_EQ(lacking(), Names{"tcp.flags"});
}

TEST_F(Due, ATimeIsNotDueWhereTheTextSaysThatThereIsNone) {
  see("eth:ethertype:ip:tcp", without(syn, {"frame.time_epoch"}), &Record::mark_timeless);
  EXPECT_EQ(lacking(), Names{});
  see("eth:ethertype:ip:tcp", without(syn, {"frame.time_epoch"}));
  EXPECT_EQ(lacking(), Names{"frame.time_epoch"});
}

TEST_F(Due, ARequiredFieldMayBeLackingToo) {
  due_.require("tcp.len");
  see("eth:ethertype:ip:tcp", syn);
  EXPECT_EQ(lacking(), Names{"tcp.len"});
  see("eth:ethertype:ip:tcp", syn + FrameText{{"tcp.len", {"0"}}});
  EXPECT_EQ(lacking(), Names{});
}

TEST_F(Due, TimesOfAConnectionAreDueWithAHeaderThatIsWhole) {
  due_.require("tcp.time_delta");
  see("eth:ethertype:ip:tcp", syn);
  EXPECT_EQ(lacking(), Names{});
  see("eth:ethertype:ip:tcp:http", syn);
  EXPECT_EQ(lacking(), Names{"tcp.time_delta"});
}

TEST_F(Due, OtherFieldsOfUdpAreDueWithAStream) {
  due_.require("udp.length");
  see("eth:ethertype:ip:udp", frame + addresses + without(udp, {"udp.stream"}));
  EXPECT_EQ(lacking(), Names{});
  see("eth:ethertype:ip:udp", frame + addresses + udp);
  EXPECT_EQ(lacking(), Names{"udp.length"});
}

TEST_F(Due, ANetworkHeaderIsWholeIfATransportFollows) {
  due_.require("ip.ttl");
  see("eth:ethertype:ip", frame);
  see("eth:ethertype:ip:data", frame);
  EXPECT_EQ(lacking(), Names{});
  see("eth:ethertype:ip:tcp", frame);
  EXPECT_EQ(lacking(), (Names{"ip.src", "ip.dst", "ip.ttl"}));
}

TEST_F(Due, AnAssociationIsLackingWhereThereIsAPayloadOrTheIndexOfNone) {
  const FrameText ports = {{"sctp.srcport", {"1"}}, {"sctp.dstport", {"2"}}};
  see("eth:ethertype:ip:sctp:m3ua", frame + addresses + ports, &Record::mark_complete);
  EXPECT_EQ(lacking(), Names{});  // a chunk that is cut
  see("eth:ethertype:ip:sctp:m3ua", frame + addresses + ports);
  EXPECT_EQ(lacking(), Names{"sctp.assoc_index"});
  see("eth:ethertype:ip:sctp", frame + addresses + ports + FrameText{{"sctp.assoc_index", {"0"}}});
  EXPECT_EQ(lacking(), Names{});
}

TEST_F(Due, TheIndexOfNoAssociationIsNone) {
  const FrameText ports = {{"sctp.srcport", {"1"}}, {"sctp.dstport", {"2"}}};
  see("eth:ethertype:ip:sctp", frame + addresses + ports + FrameText{{"sctp.assoc_index", {"65535"}}},
      &Record::mark_complete);
  EXPECT_EQ(lacking(), Names{"sctp.assoc_index"});
  no_columns({});
  see("eth:ethertype:ip:sctp", frame + addresses + ports + FrameText{{"sctp.assoc_index", {"65535"}}});
  EXPECT_EQ(lacking(), Names{"sctp.assoc_index"});
}

TEST_F(Due, TheIndexOfAQuotedHeaderTellsNothing) {
  const FrameText ports = {{"sctp.srcport", {"1"}}, {"sctp.dstport", {"2"}}};
  const FrameText unnumbered = ports + FrameText{{"sctp.assoc_index", {"65535"}}};
  see("eth:ethertype:ip:sctp", frame + addresses + unnumbered, &Record::mark_complete);
  see("eth:ethertype:ip:icmp:ip:sctp", frame + two_addresses + unnumbered + FrameText{{"icmp.type", {"3"}}},
      &Record::mark_complete);
  EXPECT_EQ(lacking(), Names{"sctp.assoc_index"});
}

TEST_F(Due, WhatOneSegmentHadIsOfNoHelpToTheNext) {
  see("eth:ethertype:ip:udp:dns", frame + addresses + udp);
  due_.begin_segment();
  EXPECT_EQ(lacking(), Names{});
  see("eth:ethertype:ip:udp:dns", frame + FrameText{{"ip.src", {"10.0.0.1"}}} + udp);
  EXPECT_EQ(lacking(), Names{"ip.dst"});
  due_.begin_segment();
  see("eth:ethertype:ip:udp:dns", frame + addresses + udp);
  EXPECT_EQ(lacking(), Names{});
}

TEST_F(Due, DccpAndIcmpByTheirOwnFields) {
  see("eth:ethertype:ip:dccp:data", frame + addresses + FrameText{{"dccp.srcport", {"1"}}});
  EXPECT_EQ(lacking(), (Names{"dccp.stream", "dccp.dstport"}));
  see("eth:ethertype:ipv6:icmpv6:data", frame + FrameText{{"ipv6.src", {"::1"}}, {"ipv6.dst", {"::2"}}});
  EXPECT_EQ(lacking(), (Names{"dccp.stream", "dccp.dstport", "icmpv6.type"}));
}

TEST_F(Due, AnIdentifierIsDueInAnEcho) {
  see("eth:ethertype:ip:icmp:ip:udp", frame + two_addresses + FrameText{{"icmp.type", {"3"}}});
  EXPECT_EQ(lacking(), Names{});
  see("eth:ethertype:ip:icmp:data", frame + addresses + FrameText{{"icmp.type", {"8"}}});
  EXPECT_EQ(lacking(), Names{"icmp.ident"});
}

TEST_F(Due, WhereTheTextNamesItsColumnsThoseAreThere) {
  no_columns({"tcp.flags", "udp.stream"});
  see("eth:ethertype:ip:tcp", frame + addresses);
  EXPECT_EQ(lacking(), (Names{"tcp.flags", "udp.stream"}));
  EXPECT_EQ(due_.doubtful(), Names{});
}

TEST_F(Due, AColumnThatIsAbsentIsNotLackingBeforeItIsNeeded) {
  no_columns({"udp.stream", "ipv6.src"});
  see("eth:ethertype:ip:tcp:http", syn);
  EXPECT_EQ(lacking(), Names{});
  no_columns({});
  see("eth:ethertype:ip:tcp:http", without(syn, {"tcp.flags", "frame.time_epoch"}));
  EXPECT_EQ(lacking(), Names{});
}

TEST_F(Due, OtherColumnsMayLackWhatTheFirstHad) {
  no_columns({"ipv6.src"});
  see("eth:ethertype:ip:tcp:http", syn);
  EXPECT_EQ(lacking(), Names{});
  no_columns({"tcp.flags"});
  see("eth:ethertype:ip:tcp:http", without(syn, {"tcp.flags"}));
  EXPECT_EQ(lacking(), Names{"tcp.flags"});
  EXPECT_EQ(due_.lacking().frame, 2U);
}

TEST_F(Due, AFieldThatHeadersNeedNotHaveIsLackingOnlyAmongColumns) {
  due_.require_column("tcp.analysis.flags");
  due_.require_column("eth.src");
  see("eth:ethertype:ip:tcp:http", syn);
  EXPECT_EQ(lacking(), Names{});
  no_columns({"tcp.analysis.flags", "eth.src"});
  see("eth:ethertype:ip:tcp:http", syn);
  EXPECT_EQ(lacking(), (Names{"tcp.analysis.flags", "eth.src"}));
}

const FrameText two_udp = {
    {"udp.srcport", {"1", "2"}}, {"udp.dstport", {"3", "4"}}, {"udp.stream", {"0", "1"}}};
constexpr const char* gtp = "eth:ethertype:ip:udp:gtp:ip:udp:data";
const std::string reason =
    ", which were thrown away: tshark must be given -E occurrence=a, and --no-duplicate-keys where another "
    "program "
    "reads its JSON first";

TEST_F(Due, ValuesOfEveryHeaderAreThere) {
  see(gtp, frame + two_addresses + two_udp);
  see("eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp", frame + two_addresses + udp + tcp);
}

TEST_F(Due, RefusesWhereTransportsAreMissing) {
  EXPECT_EQ(refusal(gtp, frame + two_addresses + udp),
            "frame 1: 1 of 2 udp headers came without values" + reason);
  EXPECT_EQ(refusal("ip:tcp:x:ip:tcp:x:ip:tcp:http",
                    frame + FrameText{{"ip.src", {"1.1.1.1", "1.1.1.2", "1.1.1.3"}}} + tcp),
            "frame 2: 2 of 3 tcp headers came without values" + reason);
}

TEST_F(Due, RefusesWhereAddressesAreMissing) {
  EXPECT_EQ(refusal("ip:udp:vxlan:eth:ethertype:ip:tcp", frame + addresses + udp + tcp),
            "frame 1: 1 of 2 ip headers came without values" + reason);
  EXPECT_EQ(
      refusal("ipv6:ipv6:udp:dns", frame + FrameText{{"ipv6.src", {"::1"}}, {"ipv6.dst", {"::2"}}} + udp),
      "frame 2: 1 of 2 ipv6 headers came without values" + reason);
}

TEST_F(Due, AHeaderThatIsCutHasLostNothing) {
  see("eth:ethertype:ip:udp:gtp:ip:udp", frame + two_addresses + udp);
  see("eth:ethertype:ip:tcp", frame + addresses);
  see("eth:ethertype:ip:udp:gtp:ip", frame + addresses + udp);
}

TEST_F(Due, AHeaderThatIsCutAmongOthersShowsItsPorts) {
  // An inner packet, of which little was kept, and another message after it.
  see("ip:tcp:openflow:eth:ip:tcp:openflow:eth:ip:tcp:openflow",
      frame + FrameText{{"ip.src", {"1.1.1.1", "1.1.1.2", "1.1.1.3"}}} +
          FrameText{{"tcp.srcport", {"1", "2", "3"}}, {"tcp.stream", {"0", "2"}}, {"tcp.flags", {"0", "2"}}});
}

TEST_F(Due, WhereNoHeaderCountsNothingMatters) {
  see("eth:ethertype:ip:ospf:ip:x", frame + addresses);
  see("eth:ethertype:ip:gre:ip:gre:ip:x", frame + addresses);
}

TEST_F(Due, ALayerThatHandsItsPacketOverShowsNothing) {
  see("eth:ethertype:ip:tcp:http", syn);
  see("eth:ethertype:ip:ipv6:udp:dns", frame + FrameText{{"ipv6.src", {"::1"}}, {"ipv6.dst", {"::2"}}} + udp);
}

TEST_F(Due, ValuesMayBeLostOfTheOnlyHeaderToo) {
  see("eth:ethertype:ip:udp:dns", frame + addresses + udp);
  const std::string lost = ": 1 of 1 udp headers came without values" + reason;
  EXPECT_EQ(refusal("eth:ethertype:ip:tcp:openflow_v1:eth:ethertype:ip:udp:dns", frame + two_addresses + tcp),
            "frame 2" + lost);
}

TEST_F(Due, AFieldThatIsLackingIsNoLoss) {
  see("eth:ethertype:ip:udp:dns", frame + addresses);
  EXPECT_EQ(lacking(), (Names{"udp.stream", "udp.srcport", "udp.dstport"}));
}

}  // namespace
}  // namespace flowmeter
