#include "dialect/json_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::field_set;
using test::message_of;
using test::strings;

using Texts = std::vector<std::string>;

class Json : public testing::Test {
 protected:
  /// Parses a document; the values are looked up with of().
  bool parse(const std::string& text) {
    text_ = text;
    return parser_.parse(std::span(text_.data(), text.size()), record_);
  }

  Texts of(std::string_view field) const { return strings(record_.values(fields_.find(field))); }

  /// The field's values in `text`.
  Texts in(const std::string& text, std::string_view field) {
    EXPECT_TRUE(parse(text)) << text;
    return of(field);
  }

  std::string refusal(const std::string& text) {
    return message_of<InputError>([&] { (void)parse(text); });
  }

  const FieldSet fields_ = field_set({"frame.time_epoch", "frame.number", "frame.protocols", "ip.src",
                                      "tcp.stream", "tcp.flags", "tcp.flags.syn", "tcp.time_delta",
                                      "tcp.segments", "udp.stream", "tcp.options.mss_val", "http.host"});
  JsonParser parser_{fields_};
  Record record_{fields_.size()};
  std::string text_;
};

TEST_F(Json, ReadsEkFields) {
  ASSERT_TRUE(parse(R"({"timestamp":"1700000000123","layers":{"frame_number":["1"],)"
                    R"("frame_time_epoch":["1700000000.123456000"],"ip_src":["10.0.0.1"],)"
                    R"("tcp_stream":["0"],"tcp_flags":["0x0002"]}})"));
  EXPECT_EQ(of("frame.number"), (Texts{"1"}));
  EXPECT_EQ(of("frame.time_epoch"), (Texts{"1700000000.123456000"}));
  EXPECT_EQ(of("ip.src"), (Texts{"10.0.0.1"}));
  EXPECT_EQ(of("tcp.stream"), (Texts{"0"}));
  EXPECT_EQ(of("tcp.flags"), (Texts{"0x0002"}));
  EXPECT_EQ(of("udp.stream"), Texts{});
}

TEST_F(Json, ReadsTheWholeEkTree) {
  ASSERT_TRUE(parse(R"({"timestamp":"1","layers":{"frame":{"frame_frame_number":"7"},)"
                    R"("tcp":{"tcp_tcp_stream":"3","tcp_tcp_flags":"2","tcp_tcp_flags_syn":true,)"
                    R"("tcp_tcp_seq_raw":"1460","text":"x"}}})"));
  EXPECT_EQ(of("frame.number"), (Texts{"7"}));
  EXPECT_EQ(of("tcp.stream"), (Texts{"3"}));
  EXPECT_EQ(of("tcp.flags"), (Texts{"2"}));
  EXPECT_EQ(of("tcp.flags.syn"), (Texts{"1"}));
}

TEST_F(Json, ReadsTheKeyOfAFieldBelowItsProtocolsName) {
  EXPECT_EQ(in(R"({"layers":{"tcp":{"tcp_options_tcp_options_mss_val":"1460"}}})", "tcp.options.mss_val"),
            (Texts{"1460"}));
  EXPECT_EQ(in(R"({"layers":{"udplite":{"udp_udp_stream":"4"}}})", "udp.stream"), (Texts{"4"}));
}

TEST_F(Json, ReadsJsonFields) {
  ASSERT_TRUE(parse(R"({"_index":"packets-2023-11-14","_type":"doc","_score":null,"_source":)"
                    R"({"layers":{"frame.number":["1"],"tcp.stream":["0","1"]}}})"));
  EXPECT_EQ(of("frame.number"), (Texts{"1"}));
  EXPECT_EQ(of("tcp.stream"), (Texts{"0", "1"}));
}

TEST_F(Json, ReadsTheWholeJsonTree) {
  ASSERT_TRUE(
      parse("{\n  \"_index\": \"packets-2023-11-14\",\n  \"_score\": null,\n"
            "  \"_source\": {\n    \"layers\": {\n"
            "      \"frame\": {\"frame.number\": \"1\"},\n"
            "      \"tcp\": {\"tcp.stream\": \"5\", \"tcp.flags\": \"0x0002\",\n"
            "        \"tcp.flags_tree\": {\"tcp.flags.syn\": \"1\"},\n"
            "        \"Timestamps\": {\"tcp.time_delta\": \"0.5\"}}\n    }\n  }\n}"));
  EXPECT_EQ(of("frame.number"), (Texts{"1"}));
  EXPECT_EQ(of("tcp.stream"), (Texts{"5"}));
  EXPECT_EQ(of("tcp.flags"), (Texts{"0x0002"}));
  EXPECT_EQ(of("tcp.flags.syn"), (Texts{"1"}));
  EXPECT_EQ(of("tcp.time_delta"), (Texts{"0.5"}));
}

TEST_F(Json, TakesEveryShapeOfAValue) {
  EXPECT_EQ(in(R"({"layers":{"tcp":{"tcp_tcp_stream":"1"}}})", "tcp.stream"), (Texts{"1"}));
  EXPECT_EQ(in(R"({"layers":{"tcp":{"tcp_tcp_stream":["1","2"]}}})", "tcp.stream"), (Texts{"1", "2"}));
  EXPECT_EQ(in(R"({"layers":{"tcp_flags_syn":true}})", "tcp.flags.syn"), (Texts{"1"}));
  EXPECT_EQ(in(R"({"layers":{"tcp_flags_syn":false}})", "tcp.flags.syn"), (Texts{"0"}));
  EXPECT_EQ(in(R"({"layers":{"tcp_flags_syn":[true,false]}})", "tcp.flags.syn"), (Texts{"1", "0"}));
  EXPECT_EQ(in(R"({"layers":{"tcp_segments":null}})", "tcp.segments"), (Texts{""}));
  EXPECT_EQ(in(R"({"layers":{"tcp_segments":""}})", "tcp.segments"), (Texts{""}));
  EXPECT_EQ(in(R"({"layers":{"tcp_stream":[]}})", "tcp.stream"), Texts{});
}

TEST_F(Json, TakesNumbersThatAreNoStrings) {
  EXPECT_EQ(in(R"({"layers":{"tcp_stream":7}})", "tcp.stream"), (Texts{"7"}));
  EXPECT_EQ(in(R"({"layers":{"tcp_stream":[7,18446744073709551615]}})", "tcp.stream"),
            (Texts{"7", "18446744073709551615"}));
  EXPECT_EQ(in(R"({"layers":{"frame_time_epoch":-1700000000.123456789,"x":1}})", "frame.time_epoch"),
            (Texts{"-1700000000.123456789"}));
}

TEST_F(Json, CollectsMembersThatAreThereTwice) {
  EXPECT_EQ(in(R"({"layers":{"ip":{"ip.src":"1.1.1.1"},"ip":{"ip.src":"2.2.2.2"}}})", "ip.src"),
            (Texts{"1.1.1.1", "2.2.2.2"}));
  EXPECT_EQ(in(R"({"layers":{"tcp":{"tcp_tcp_stream":"1","x":"y","tcp_tcp_stream":"2"}}})", "tcp.stream"),
            (Texts{"1", "2"}));
}

TEST_F(Json, TakesLayersInAnArray) {
  ASSERT_TRUE(parse(R"({"layers":{"ip":[{"ip_ip_src":"1.1.1.1"},{"ip_ip_src":["2.2.2.2"]}],)"
                    R"("udp":[{"udp_udp_stream":"0"},{"udp_udp_stream":"1"},{"x":["y"]}],)"
                    R"("tcp":{"tcp_tcp_stream":"9"}}})"));
  EXPECT_EQ(of("ip.src"), (Texts{"1.1.1.1", "2.2.2.2"}));
  EXPECT_EQ(of("udp.stream"), (Texts{"0", "1"}));
  EXPECT_EQ(of("tcp.stream"), (Texts{"9"}));
}

TEST_F(Json, TakesLayersThatAreNoObjects) {
  ASSERT_TRUE(parse(R"({"layers":{"raw":"Raw packet data","tls":null,"tcp_tcp_segment":["4","5"],)"
                    R"("_ws.short":"[Packet size limited]","tcp":{"tcp_tcp_stream":"1"}}})"));
  EXPECT_EQ(of("tcp.stream"), (Texts{"1"}));
}

TEST_F(Json, TakesMembersInAnyOrder) {
  ASSERT_TRUE(parse(R"({"layers":{"tcp":{"tcp_tcp_stream":"1"},"ip":{"ip_ip_src":"1.1.1.1"},)"
                    R"("frame":{"frame_frame_time_epoch":"2023-11-14T22:13:20.123456000Z"}},)"
                    R"("timestamp":"1"})"));
  EXPECT_EQ(of("tcp.stream"), (Texts{"1"}));
  EXPECT_EQ(of("frame.time_epoch"), (Texts{"2023-11-14T22:13:20.123456000Z"}));
}

TEST_F(Json, PutsWhatIcmpQuotesLastWhereLayersHaveNoOrder) {
  // Whole EK trees of 4.2 and later: told by their ISO times, which may come behind.
  const std::string tree = R"({"layers":{"icmp":{"icmp_icmp_type":"3","ip":{"ip_ip_src":"10.0.0.1"},)"
                           R"("udp":{"udp_udp_stream":"0"}},"ip":{"ip_ip_src":"192.0.2.1"},"frame":)"
                           R"({"frame_frame_time_epoch":"2023-11-14T22:13:20.1Z"}}})";
  EXPECT_EQ(in(tree, "ip.src"), (Texts{"192.0.2.1", "10.0.0.1"}));
  EXPECT_EQ(of("udp.stream"), (Texts{"0"}));
}

TEST_F(Json, PutsWhatAnApplicationCarriesLastWhereLayersHaveNoOrder) {
  const std::string tree =
      R"({"layers":{"openflow_v1":[{"ip":{"ip_ip_src":"3.3.3.3"},"tcp":{"tcp_tcp_stream":"1"}},)"
      R"({"tcp":{"tcp_tcp_stream":"2"}}],"ip":[{"ip_ip_src":"1.1.1.1"},{"ip_ip_src":"2.2.2.2"}],)"
      R"("tcp":{"tcp_tcp_stream":"0"},"frame":{"frame_frame_time_epoch":"2023-11-14T22:13:20Z"}}})";
  EXPECT_EQ(in(tree, "tcp.stream"), (Texts{"0", "1", "2"}));
  EXPECT_EQ(of("ip.src"), (Texts{"1.1.1.1", "2.2.2.2", "3.3.3.3"}));
}

TEST_F(Json, KeepsTheOrderOfTreesWithDecimalTimes) {
  const std::string tree = R"({"layers":{"frame":{"frame_frame_time_epoch":"1700000000.1"},"icmp":{"ip":)"
                           R"({"ip_ip_src":"10.0.0.1"}},"ip":{"ip_ip_src":"192.0.2.1"}}})";
  EXPECT_EQ(in(tree, "ip.src"), (Texts{"10.0.0.1", "192.0.2.1"}));
}

TEST_F(Json, KeepsTheOrderOfJsonTreesWithIsoTimes) {
  const std::string tree =
      R"({"_source":{"layers":{"frame":{"frame.time_epoch":"2023-11-14T22:13:20.1Z"},"icmp":)"
      R"({"ip":{"ip.src":"10.0.0.1"}},"ip":{"ip.src":"192.0.2.1"}}}})";
  EXPECT_EQ(in(tree, "ip.src"), (Texts{"10.0.0.1", "192.0.2.1"}));
}

TEST_F(Json, OrdersEachDocumentByItself) {
  ASSERT_TRUE(parse(R"({"layers":{"a":{"x":{"ip_ip_src":"1.1.1.1"}},"ip":{"ip_ip_src":"2.2.2.2"},)"
                    R"("frame":{"frame_frame_time_epoch":"2023-11-14T22:13:20Z"}}})"));
  EXPECT_EQ(in(R"({"layers":{"a":{"x":{"ip_ip_src":"1.1.1.1"}},"ip":{"ip_ip_src":"2.2.2.2"}}})", "ip.src"),
            (Texts{"1.1.1.1", "2.2.2.2"}));
}

TEST_F(Json, AFilteredFieldIsAbsent) {
  ASSERT_TRUE(parse(R"({"layers":{"frame":{"frame_frame_number":{"filtered":"frame.number"},)"
                    R"("frame_frame_protocols":"eth"},"eth":{"filtered":"eth"}}})"));
  EXPECT_EQ(of("frame.number"), Texts{});
  EXPECT_EQ(of("frame.protocols"), (Texts{"eth"}));
}

TEST_F(Json, ATreeInPlaceOfAValueSaysThatTheFieldIsThere) {
  ASSERT_TRUE(parse(R"({"layers":{"tcp":{"tcp.stream":"1"},"tcp.segments":{"tcp.segment":"4",)"
                    R"("tcp.segment":"5"},"tcp.flags":{}}})"));
  EXPECT_EQ(of("tcp.segments").size(), 1U);
  EXPECT_EQ(of("tcp.flags").size(), 1U);
  EXPECT_EQ(of("tcp.stream"), (Texts{"1"}));
}

TEST_F(Json, ReadsFieldsWithinTheTreeOfAField) {
  ASSERT_TRUE(parse(R"({"layers":{"tcp":{"tcp.flags":{"tcp.flags.syn":"1"},"tcp.stream":"2"}}})"));
  EXPECT_EQ(of("tcp.flags.syn"), (Texts{"1"}));
  EXPECT_EQ(of("tcp.stream"), (Texts{"2"}));
}

TEST_F(Json, TakesRawBytesInArrays) {
  ASSERT_TRUE(parse(R"({"layers":{"ip":{"ip.src_raw":["0a000001",26,4,0,32,0],"ip.src":"10.0.0.1"},)"
                    R"("_ws.expert_raw":["",0,0,0,1,null],"frame_raw":[[1],[[]]],"tcp.stream":["3"]}})"));
  EXPECT_EQ(of("ip.src"), (Texts{"10.0.0.1"}));
  EXPECT_EQ(of("tcp.stream"), (Texts{"3"}));
}

TEST_F(Json, TakesAnyCharactersInKeys) {
  ASSERT_TRUE(
      parse("{\"layers\":{\"tcp_tcp_completeness_syn-ack\":\"1\",\"ip_src#1\":[\"x\"],"
            "\"udp_length + 1\":[\"9\"],\"\xe2\x9c\x93\":[\"y\"],\"\":\"z\","
            "\"tcp\\u005fstream\":[\"4\"]}}"));
  EXPECT_EQ(of("tcp.stream"), (Texts{"4"}));
  EXPECT_EQ(of("ip.src"), Texts{});
}

TEST_F(Json, ReadsOnlyBelowLayers) {
  ASSERT_TRUE(parse(R"({"tcp_stream":["8"],"no_":"1","time":"0.0","source":"1.1.1.1",)"
                    R"("layers":{"tcp_stream":["1"]},"tcp.stream":"9","ip_src":{"tcp_stream":"2"}})"));
  EXPECT_EQ(of("tcp.stream"), (Texts{"1"}));
  EXPECT_EQ(of("ip.src"), Texts{});
}

TEST_F(Json, AMemberNamedLayersWithinTheLayersIsNothingSpecial) {
  ASSERT_TRUE(parse(R"({"layers":{"layers":{"x":"y"},"tcp_stream":["1"]},"tcp_stream":"2"})"));
  EXPECT_EQ(of("tcp.stream"), (Texts{"1"}));
}

TEST_F(Json, EmptyLayersAreAFrame) {
  EXPECT_TRUE(parse(R"({"timestamp":"0000","layers":{}})"));
  EXPECT_FALSE(record_.has(fields_.find("tcp.stream")));
}

TEST_F(Json, IndexLinesAreNoFrames) {
  EXPECT_FALSE(parse(R"({"index":{"_index":"packets-2023-11-14","_type":"doc"}})"));
  EXPECT_FALSE(parse(R"({"index":{"_index":"packets-2023-11-14"}})"));
  EXPECT_FALSE(parse(R"({ "index" : {"_index":"packets-2023-11-14"} })"));
}

TEST_F(Json, ADocumentWithoutLayersIsAFrameWithoutFields) {
  for (const char* text :
       {R"({"timestamp":"1","tcp_stream":["3"]})", R"({"layers":"none"})",
        R"({"layers":["none"],"tcp_stream":"3"})", "{}", R"({"a":{"index":{"tcp_stream":"3"}}})"}) {
    EXPECT_TRUE(parse(text)) << text;
    EXPECT_EQ(of("tcp.stream"), Texts{}) << text;
  }
}

TEST_F(Json, BlankLinesAreNoFrames) {
  EXPECT_FALSE(parse(""));
  EXPECT_FALSE(parse(" \t"));
  EXPECT_TRUE(parse(R"({"layers":{}})"));
}

TEST_F(Json, EachFrameBeginsAnew) {
  ASSERT_TRUE(parse(R"({"layers":{"tcp_stream":["1"]}})"));
  ASSERT_TRUE(parse(R"({"layers":{"udp_stream":["2"]}})"));
  EXPECT_EQ(of("tcp.stream"), Texts{});
  EXPECT_EQ(of("udp.stream"), (Texts{"2"}));
}

TEST_F(Json, PassesOverStatisticsBehindTheFrames) {
  ASSERT_TRUE(parse(R"({"layers":{"tcp_stream":["1"]}})"));
  EXPECT_EQ(parser_.before(), Between::nothing);
  for (const char* line : {"", "===================================", "| IO Statistics        |",
                           "| 0 <> 1 |     27 | {}   |", "  Filter:{ } text", "[x]"}) {
    EXPECT_FALSE(parse(line)) << line;
  }
  EXPECT_FALSE(parse(R"({"index":{}})"));
  ASSERT_TRUE(parse(R"({"layers":{"tcp_stream":["1"]}})"));
  EXPECT_EQ(parser_.before(), Between::statistics);
  ASSERT_TRUE(parse(R"({"layers":{"tcp_stream":["1"]}})"));
  EXPECT_EQ(parser_.before(), Between::nothing);
}

TEST_F(Json, TellsOfTextBeforeAFrame) {
  EXPECT_FALSE(parse("some text"));
  EXPECT_FALSE(parse(R"({ "index" : {} })"));
  EXPECT_EQ(refusal("{]"), "not JSON at byte 2: Missing a name for object member.");
  ASSERT_TRUE(parse(R"({"layers":{"tcp_stream":["1"]}})"));
  EXPECT_EQ(parser_.before(), Between::text);
}

TEST_F(Json, NullIsNoFrame) {
  EXPECT_FALSE(parse("null"));
  ASSERT_TRUE(parse(R"({"layers":{}})"));
  EXPECT_EQ(parser_.before(), Between::nothing);
}

TEST_F(Json, BulkLinesThatCreateAreNoFrames) {
  EXPECT_FALSE(parse(R"({"create":{"_index":"packets-2023-11-14"}})"));
  EXPECT_FALSE(parse(R"({ "create" : {"_index":"packets-2023-11-14"} })"));
}

TEST_F(Json, ReadsLayersWithoutADocumentAround) {
  ASSERT_TRUE(parse(R"({"frame":{"frame.number":"7"},"tcp":{"tcp.stream":"3","tcp.flags_tree":)"
                    R"({"tcp.flags.syn":"1"}}})"));
  EXPECT_EQ(of("frame.number"), (Texts{"7"}));
  EXPECT_EQ(of("tcp.stream"), (Texts{"3"}));
  EXPECT_EQ(of("tcp.flags.syn"), (Texts{"1"}));
  EXPECT_EQ(in(R"({"tcp_stream":["4"],"frame_number":["8"]})", "tcp.stream"), (Texts{"4"}));
  EXPECT_EQ(in(R"({"tcp":{"tcp_tcp_stream":"5"},"ip":{"x":{"ip_ip_src":"1.1.1.1"},"ip_ip_src":"2.2.2.2"},)"
               R"("frame":{"frame_frame_time_epoch":"2023-11-14T22:13:20Z"}})",
               "ip.src"),
            (Texts{"2.2.2.2", "1.1.1.1"}));
}

TEST_F(Json, WhatStandsBesideTheLayersIsNotOfThem) {
  EXPECT_EQ(in(R"({"frame":{"frame.number":"7"},"layers":{"tcp.stream":["1"]},"frame.number":"9"})",
               "frame.number"),
            Texts{});
  EXPECT_EQ(of("tcp.stream"), (Texts{"1"}));
}

/// A text in a packet's payload may be any field's name; -T json makes keys of such texts.
TEST_F(Json, ATextIsNoFieldOfAHeader) {
  const FieldSet fields =
      field_set({"tcp.analysis.retransmission", "udp.stream", "http.host", "frame.comment"});
  JsonParser parser(fields);
  Record record(fields.size());
  const auto count = [&](std::string text, std::string_view field) {
    EXPECT_TRUE(parser.parse(std::span(text.data(), text.size()), record)) << text;
    return record.values(fields.find(field)).size();
  };
  const std::string mark = R"("tcp.analysis.retransmission":"")";
  EXPECT_EQ(count(R"({"layers":{"data-text-lines":{)" + mark + "}}}", "tcp.analysis.retransmission"), 0U);
  EXPECT_EQ(count(R"({"layers":{"http":{"GET":{)" + mark + "}}}}", "tcp.analysis.retransmission"), 0U);
  EXPECT_EQ(count(R"({"layers":{"smtp":[{"x":"y"},{"tcp.analysis.retransmission":{"a":"b"}}]}})",
                  "tcp.analysis.retransmission"),
            0U);
  EXPECT_EQ(count(R"({"layers":{"data-text-lines":{"http.host":""}}})", "http.host"), 0U);
  EXPECT_EQ(count(R"({"layers":{"tcp":{"tcp.analysis":"","tcp.analysis.flags_tree":{"_ws.expert":{)" + mark +
                      "}}}}}",
                  "tcp.analysis.retransmission"),
            1U);
  EXPECT_EQ(count(R"({"layers":{"icmp":{"tcp":{)" + mark + "}}}}", "tcp.analysis.retransmission"), 1U);
  EXPECT_EQ(count(R"({"layers":{)" + mark + "}}", "tcp.analysis.retransmission"), 1U);
  EXPECT_EQ(count(R"({"layers":{"udplite":{"udp.stream":""}}})", "udp.stream"), 1U);
  EXPECT_EQ(count(R"({"layers":{"pkt_comment":{"frame.comment":""}}})", "frame.comment"), 1U);
  EXPECT_EQ(count(R"({"layers":{"http":{"http.host":""}}})", "http.host"), 1U);
}

/// -x prints the bytes of a field "x" as "x_raw", which is another field's name now and then.
TEST_F(Json, TheBytesOfAFieldAreNoOtherField) {
  const FieldSet fields = field_set({"tcp.seq_raw", "tcp.ack_raw"});
  JsonParser parser(fields);
  Record record(fields.size());
  std::string text;  // which the record's values are views of
  const auto of = [&](std::string read) {
    text = std::move(read);
    EXPECT_TRUE(parser.parse(std::span(text.data(), text.size()), record)) << text;
    return strings(record.values(0));
  };
  EXPECT_EQ(of(R"({"layers":{"tcp_raw":"9c40","tcp":{"tcp_tcp_seq_raw":"000003e8","tcp_tcp_seq":"0",)"
               R"("tcp_tcp_seq_raw_raw":"000003e8","tcp_tcp_seq_raw":"1000"}}})"),
            (Texts{"1000"}));
  EXPECT_EQ(strings(record.values(1)), Texts{});
  EXPECT_EQ(of(R"({"layers":{"tcp_raw":["9c40","9c41"],"tcp":[{"tcp_tcp_seq_raw_raw":"000003e8",)"
               R"("tcp_tcp_seq_raw":"1000","tcp_tcp_seq_raw":"000003e8","tcp_tcp_seq":"0"},)"
               R"({"tcp_tcp_seq_raw":"00000001","tcp_tcp_seq":"0"}]}})"),
            (Texts{"1000"}))
      << "in no order";
  EXPECT_EQ(of(R"({"layers":{"tcp_raw":["9c40",34,4,0,1],"tcp":{"tcp.seq_raw":["000003e8",38,4,0,7],)"
               R"("tcp.seq":"0","tcp.seq_raw_raw":["000003e8",38,4,0,7],"tcp.seq_raw":"1000"}}})"),
            (Texts{"1000"}));
  EXPECT_EQ(of(R"({"layers":{"tcp":{"tcp_tcp_seq_raw":"1000","tcp_tcp_seq":"0"}}})"), (Texts{"1000"}))
      << "without -x";
  EXPECT_EQ(of(R"({"layers":{"tcp_seq_raw":["1000"],"tcp_seq":["0"],"tcp_ack_raw":["2"]}})"), (Texts{"1000"}))
      << "-e";
  EXPECT_EQ(strings(record.values(1)), (Texts{"2"}));
}

/// Wireshark 2 puts the name of the item above before a field's.
TEST_F(Json, ReadsTheSpellingsOfWiresharkTwo) {
  EXPECT_EQ(in(R"({"layers":{"tcp":{"tcp_options_mss_tcp_options_mss_val":"1460"}}})", "tcp.options.mss_val"),
            (Texts{"1460"}));
  EXPECT_EQ(in(R"({"layers":{"tcp":{"text_tcp_time_delta":"0.5"}}})", "tcp.time_delta"), (Texts{"0.5"}));
  EXPECT_EQ(in(R"({"layers":{"tcp":{"tcp_flags_tcp_flags_syn":"1"}}})", "tcp.flags.syn"), (Texts{"1"}));
  EXPECT_EQ(in(R"({"layers":{"tcp":{"_ws_expert_tcp_segments":""}}})", "tcp.segments"), (Texts{""}));
}

TEST_F(Json, DecodesEscapes) {
  EXPECT_EQ(
      in(R"({"layers":{"http_host":["a\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00"]}})", "http.host"),
      (Texts{"a\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"}));
}

TEST_F(Json, KeepsBrokenUtf8AndDel) {
  const std::string text = "h\xff\xfe\xc3(\xc0\x80\xed\xa0\x80\x7f";
  EXPECT_EQ(in("{\"layers\":{\"http_host\":[\"" + text + "\"],\"tcp_stream\":[\"1\"]}}", "http.host"),
            (Texts{text}));
  EXPECT_EQ(of("tcp.stream"), (Texts{"1"}));
}

TEST_F(Json, TakesLongDocuments) {
  const std::string text(300'000, 'x');
  EXPECT_EQ(in("{\"layers\":{\"http_host\":[\"" + text + "\"],\"tcp_stream\":[\"1\"]}}", "tcp.stream"),
            (Texts{"1"}));
  EXPECT_EQ(of("http.host"), (Texts{text}));
}

TEST_F(Json, SaysWhereTheTextIsNotJson) {
  EXPECT_EQ(refusal(R"({"layers":{"tcp_stream":[x]}})"), "not JSON at byte 26: Invalid value.");
}

TEST_F(Json, RefusesWhatIsNotJson) {
  for (const char* text :
       {R"({"layers":{}}})", R"({"layers":{}} {})", R"({"layers":{}},)", R"({"layers":{"a":tru}})",
        R"({'layers':{}})", R"({"layers":{"a"}})", R"({"layers":{"a":"\x"}})", R"({"layers":{"a":"\u12g4"}})",
        R"({"layers":{"a":"\ud800"}})", R"({"layers":{"a":01}})", "{\"layers\":{\"a\":\"\x01\"}}",
        "{\"layers\":{\"a\":\"x\ny\"}}", R"({"layers":[}})", "{]"}) {
    EXPECT_NE(refusal(text).find("not JSON"), std::string::npos) << text << ": " << refusal(text);
  }
}

TEST_F(Json, RefusesNulBytes) {
  using namespace std::string_literals;
  for (const std::string& text : {"{\"layers\":{\"http_host\":[\"a\0b\"]}}"s, "{\"layers\":\0{}}"s,
                                  "{\"layers\":{}}\0"s, "{\"layers\":{}}\0{}"s}) {
    EXPECT_NE(refusal(text).find("not JSON"), std::string::npos) << refusal(text);
  }
}

TEST_F(Json, SaysThatADocumentIsCutShortWhereverThatIs) {
  const std::string document =
      R"({"timestamp":"17","layers":{"tcp":[{"tcp_tcp_stream":["1",-2.5e3],"a":true,"b":null},)"
      R"({"tcp_tcp_flags":{"c":"x"},"d":false}],"e":{}}})";
  ASSERT_TRUE(parse(document));
  for (std::size_t size = 1; size < document.size(); ++size) {
    EXPECT_EQ(refusal(document.substr(0, size)), "cut short") << document.substr(0, size);
  }
}

TEST_F(Json, SaysThatADocumentIsCutShortWithinAnEscape) {
  const std::string document = R"({"layers":{"a":"\u00e9\ud83d\ude00"}})";
  ASSERT_TRUE(parse(document));
  for (std::size_t size = 1; size < document.size(); ++size) {
    ASSERT_EQ(refusal(document.substr(0, size)), "cut short") << document.substr(0, size);
  }
}

TEST_F(Json, SurvivesDeepNesting) {
  const auto nested = [](std::size_t depth, const std::string& open, const std::string& close) {
    std::string text = R"({"layers":{"x":)";
    for (std::size_t i = 0; i < depth; ++i) text += open;
    text += "1";
    for (std::size_t i = 0; i < depth; ++i) text += close;
    return text + R"(,"tcp_stream":["1"]}})";
  };
  EXPECT_EQ(in(nested(100, "{\"y\":", "}"), "tcp.stream"), (Texts{"1"}));
  EXPECT_EQ(in(nested(100, "[", "]"), "tcp.stream"), (Texts{"1"}));
  const std::string too_deep = "nested deeper than 512 levels";
  EXPECT_EQ(refusal(nested(1'000'000, "{\"y\":", "}")), too_deep);
  EXPECT_EQ(refusal(nested(1'000'000, "[", "]")), too_deep);
  EXPECT_EQ(refusal(nested(1'000'000, "[{\"y\":", "}]")), too_deep);
  EXPECT_EQ(refusal("{\"layers\":" + std::string(2'000'000, '[')), too_deep);
  EXPECT_TRUE(parse(R"({"layers":{"tcp_stream":["1"]}})")) << "a later document";
}

TEST_F(Json, ADamagedDocumentDoesNotSpoilTheNext) {
  (void)refusal(R"({"layers":{"a":{"tcp_stream":["1",)");
  EXPECT_EQ(in(R"({"layers":{"tcp_stream":["2"]}})", "tcp.stream"), (Texts{"2"}));
  EXPECT_EQ(in(R"({"tcp_stream":["3"]})", "tcp.stream"), Texts{});
}

}  // namespace
}  // namespace flowmeter
