#include "dialect/sniff.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace flowmeter {
namespace {

using namespace std::string_literals;

struct Start {
  const char* name;
  std::string head;
  InputKind kind;
};

const std::string pcap_rest(20, '\1');
const std::string pcapng_rest(16, '\0');

/// The first bytes of every input that is told apart.
const std::vector<Start> starts = {
    {"EK index line", "{\"index\":{\"_index\":\"packets-2023-11-14\"}}\n", InputKind::ek},
    {"EK document", "{\"timestamp\":\"0000\",\"layers\":{}}\n", InputKind::ek},
    {"JSON", "[\n  {\n    \"_index\"", InputKind::json},
    {"empty JSON", "[]\n", InputKind::json},
    {"frame.", "frame.number\ttcp.stream\n", InputKind::fields},
    {"_ws.", "_ws.col.Protocol\tip.src\n", InputKind::fields},
    {"one field", "tcp.stream\n", InputKind::fields},
    {"dots behind the first name", "tcp\tip.src\n", InputKind::fields},
    {"EK after a byte order mark", "\xef\xbb\xbf{\"index\"", InputKind::ek},
    {"JSON after a byte order mark", "\xef\xbb\xbf\n[", InputKind::json},
    {"a header after a byte order mark",
     "\xef\xbb\xbf"
     "frame.number\ttcp.stream\n",
     InputKind::fields},
    {"null before JSON", "null\nnull\r\n{\"frame\"", InputKind::ek},
    {"a name that begins like null", "nullx.y\tip.src\n", InputKind::fields},
    {"CR LF header", "frame.number\tip.src\r\n", InputKind::fields},
    {"name with a dash", "tcp.completeness.syn-ack\tip.src\n", InputKind::fields},
    {"commas between names", "frame.number,ip.src\n", InputKind::separated},
    {"quoted names", "_ws.col.Info \"ip.src\"\n", InputKind::separated},
    {"values without names", "1\t1700000000.123\t10.0.0.1\t0x0002\n", InputKind::headerless},
    {"values, some missing", "1\t\t2001:db8::1\t3,4\n", InputKind::headerless},
    {"semicolons between names", "ip.src;tcp.stream\n", InputKind::separated},
    {"colons between names", "tcp.stream:ip.src\n", InputKind::separated},
    {"quoted names between tabs", "\"frame.number\"\t\"ip.src\"\n", InputKind::separated},
    {"values, the first missing", "\t\t10.0.0.1\t3\n", InputKind::headerless},
    {"values after a frame without any", "\t\t\n\t10.0.0.1\t3\n", InputKind::headerless},
    {"values, the first a text", "Nov 14, 2023 22:13:20.000000000 UTC\t10.0.0.1\n", InputKind::headerless},
    {"protocols", "eth:ethertype:ip:tcp\n", InputKind::headerless},
    {"protocols and values", "eth:ethertype:ip:tcp\t10.0.0.1\r\n", InputKind::headerless},
    {"values in quotes", "\"1\"\t\"10.0.0.1\"\n", InputKind::headerless},
    {"semicolons between values", "1;1700000000.5;;10.0.0.1\n", InputKind::headerless},
    {"a name that looks like a host", "example.com\t443\n", InputKind::headerless},
    {"pcap", "\xa1\xb2\xc3\xd4"s + pcap_rest, InputKind::capture},
    {"pcap, swapped", "\xd4\xc3\xb2\xa1"s + pcap_rest, InputKind::capture},
    {"pcap, nanoseconds", "\xa1\xb2\x3c\x4d"s + pcap_rest, InputKind::capture},
    {"pcap, nanoseconds, swapped", "\x4d\x3c\xb2\xa1"s + pcap_rest, InputKind::capture},
    {"modified pcap", "\xa1\xb2\xcd\x34"s + pcap_rest, InputKind::capture},
    {"modified pcap, swapped", "\x34\xcd\xb2\xa1"s + pcap_rest, InputKind::capture},
    {"Ixia's pcap", "\x1c\0\1\xac"s + pcap_rest, InputKind::capture},
    {"pcapng", "\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d"s + pcapng_rest, InputKind::capture},
    {"pcapng, swapped", "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a"s + pcapng_rest, InputKind::capture},
    {"snoop", "snoop\0\0\0"s, InputKind::other},
    {"Network Monitor", "GMBU"s, InputKind::other},
    {"Sniffer", "TRSNIFF data    \x1a"s, InputKind::other},
    {"NetScaler", "\1\1\x38\0\1\0\0\0NetScaler V20 Performance Data"s, InputKind::other},
    {"XML", "<?xml version=\"1.0\"?>\n", InputKind::xml},
    {"UTF-16, little end first", "\xff\xfe{\0"s, InputKind::utf16},
    {"UTF-16, big end first", "\xfe\xff\0{"s, InputKind::utf16},
};

TEST(Sniff, TellsEveryKindByItsFirstBytes) {
  for (const Start& start : starts) {
    EXPECT_EQ(sniff(start.head, true), start.kind) << start.name;
    EXPECT_EQ(sniff(start.head, false), start.kind) << start.name;
    EXPECT_EQ(sniff(start.head + "\x01\x02 more"s, false), start.kind) << start.name;
  }
}

TEST(Sniff, NeverSaysAnotherThingOfAPartialHead) {
  for (const Start& start : starts) {
    for (std::size_t size = 0; size < start.head.size(); ++size) {
      const auto kind = sniff(std::string_view(start.head).substr(0, size), false);
      EXPECT_EQ(kind.value_or(start.kind), start.kind) << start.name << ", first " << size << " bytes";
    }
  }
}

TEST(Sniff, WaitsForTheWholeMagic) {
  for (const Start& start : starts) {
    if (start.kind != InputKind::capture && start.kind != InputKind::other) continue;
    for (std::size_t size = 0; size < start.head.size(); ++size) {
      EXPECT_EQ(sniff(std::string_view(start.head).substr(0, size), false), std::nullopt)
          << start.name << ", first " << size << " bytes";
    }
  }
}

TEST(Sniff, WaitsForTheEndOfAHeaderLine) {
  EXPECT_EQ(sniff("frame.number\tip", false), std::nullopt);
  EXPECT_EQ(sniff("frame.number\tip", true), InputKind::fields);
  EXPECT_EQ(sniff("tcp", false), std::nullopt);
  EXPECT_EQ(sniff("1\t10.0.", false), std::nullopt);
  EXPECT_EQ(sniff("frame.len,ip.", false), std::nullopt);
  EXPECT_EQ(sniff("frame.len,ip.src\n", false), InputKind::separated);
  EXPECT_EQ(sniff("frame.len,ip.\x01", true), InputKind::unknown);
}

TEST(Sniff, DoesNotWaitForAHeaderLineForever) {
  std::string head;
  while (head.size() < sniff_bytes) head += "frame.number\t";
  EXPECT_EQ(sniff(head, false), InputKind::fields);
}

TEST(Sniff, NothingIsEmpty) {
  EXPECT_EQ(sniff("", false), std::nullopt);
  EXPECT_EQ(sniff("", true), InputKind::empty);
  EXPECT_EQ(sniff("\n \r\n\t", false), std::nullopt);
  EXPECT_EQ(sniff("\n \r\n\t", true), InputKind::empty);
  EXPECT_EQ(sniff("\n", false), std::nullopt);
  EXPECT_EQ(sniff("\n", true), InputKind::empty);
}

TEST(Sniff, NothingBehindAByteOrderMarkIsEmpty) {
  EXPECT_EQ(sniff("\xef\xbb\xbf", true), InputKind::empty);
  EXPECT_EQ(sniff("\xef\xbb\xbf", false), std::nullopt);
  EXPECT_EQ(sniff("\xef\xbb", true), InputKind::unknown);
}

TEST(Sniff, NullAloneIsUnknown) {
  for (const char* head : {"null", "null\n", "null\n\x01", "nul", "null null"}) {
    EXPECT_EQ(sniff(head, true), InputKind::unknown) << head;
  }
  EXPECT_EQ(sniff("null\n", false), std::nullopt);
}

TEST(Sniff, PassesOverBlanksBeforeJson) {
  EXPECT_EQ(sniff(" \n{", false), InputKind::ek);
  EXPECT_EQ(sniff("\r\n[", false), InputKind::json);
  EXPECT_EQ(sniff("\n<", false), InputKind::xml);
}

TEST(Sniff, ReadsNoEndlessBlanks) {
  EXPECT_EQ(sniff(std::string(sniff_bytes, ' '), false), InputKind::unknown);
}

TEST(Sniff, OtherBytesAreUnknown) {
  for (const std::string& head :
       {"hello, world\n"s, "hello\n"s,
        "\x7f"
        "ELF"s,
        "\x89PNG\r\n\x1a\n"s, "\0\0\0\0"s, "\n\r\r\nsome more text"s, "../captures/x.pcap\n"s, "GIF89a"s,
        "1 packet\n"s, "ab\n"s, "name\tplace\n"s, "name,place\n1,2\n"s, "0000  00 11 22\n"s, "1\t2\x01\t3\n"s,
        "key: value\n"s, "example.com,example.org\n"s}) {
    EXPECT_EQ(sniff(head, true), InputKind::unknown) << testing::PrintToString(head);
  }
}

TEST(Sniff, ACutMagicIsUnknown) {
  EXPECT_EQ(sniff("\xa1\xb2", true), InputKind::unknown);
  EXPECT_EQ(sniff("snoop", true), InputKind::unknown);
}

TEST(Sniff, ACaptureMayEndInItsHeader) {
  for (const Start& start : starts) {
    if (start.kind != InputKind::capture) continue;
    for (std::size_t size = 4; size < start.head.size(); ++size) {
      EXPECT_EQ(sniff(std::string_view(start.head).substr(0, size), true), InputKind::cut)
          << start.name << size;
    }
  }
  const std::string comments = "\x0a\x0d\x0d\x0a\0\0\x20\0\x1a\x2b\x3c\x4d"s + std::string(sniff_bytes, 'x');
  EXPECT_EQ(sniff(comments.substr(0, 100), false), std::nullopt);
  EXPECT_EQ(sniff(comments.substr(0, 100), true), InputKind::cut);
  EXPECT_EQ(sniff(comments.substr(0, sniff_bytes), false), InputKind::capture)
      << "one need not see all of it";
}

/// A record of ERF: type Ethernet, `size` bytes.
std::string erf_record(std::uint8_t seconds, std::uint8_t size, char type = 2) {
  std::string record("\x12\x34\x56\x78\0\0\0\x60\2\0\0\0\0\0\0\0"s);
  record[4] = static_cast<char>(seconds);
  record[8] = type;
  record[11] = static_cast<char>(size);
  return record + std::string(size - record.size(), 'x');
}

TEST(Sniff, FollowsTheRecordsOfErf) {
  const std::string two = erf_record(5, 80) + erf_record(6, 60);
  EXPECT_EQ(sniff(two, true), InputKind::other);
  EXPECT_EQ(sniff(two, false), InputKind::other);
  EXPECT_EQ(sniff(two.substr(0, 100), false), std::nullopt);
  EXPECT_EQ(sniff(two.substr(0, 100), true), InputKind::unknown) << "one record, and half of one";
  EXPECT_EQ(sniff(erf_record(5, 80), true), InputKind::other);
  EXPECT_EQ(sniff(erf_record(5, 80) + erf_record(2, 80), true), InputKind::unknown) << "time goes back";
  EXPECT_EQ(sniff(erf_record(5, 80) + erf_record(5, 80, 0), true), InputKind::unknown);
  EXPECT_EQ(sniff(erf_record(5, 80) + erf_record(0, 80, 48), true), InputKind::other)
      << "padding has no time";
}

TEST(Sniff, LooksOnlyAtTheFirstLine) {
  EXPECT_EQ(sniff("hello\nframe.number\n", true), InputKind::unknown);
  EXPECT_EQ(sniff("ip.src\n\x01\x02", true), InputKind::fields);
}

}  // namespace
}  // namespace flowmeter
