#include "source/input_sniffer.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>

#include "gzip.h"
#include "scratch.h"
#include "source/child.h"

namespace flowmeter {
namespace {

using namespace std::string_literals;
using test::gzip;

const std::string pcap = "\xd4\xc3\xb2\xa1\2\0\4\0"s + std::string(16, '\0');

/// What it says of an input that comes byte by byte, which must be what it says of the whole.
InputKind kind_of(const std::string& bytes) {
  InputSniffer whole, slow;
  const InputKind kind = whole.add(bytes).value_or(InputKind::unknown);
  const InputKind at_once = kind == InputKind::unknown ? whole.finish() : kind;
  for (const char byte : bytes) {
    if (const auto early = slow.add({&byte, 1})) {
      EXPECT_EQ(*early, at_once);
      return at_once;
    }
  }
  EXPECT_EQ(slow.finish(), at_once);
  return at_once;
}

TEST(InputSniffer, LooksIntoCompressedInputs) {
  EXPECT_EQ(kind_of(pcap), InputKind::capture);
  EXPECT_EQ(kind_of(gzip(pcap)), InputKind::capture);
  EXPECT_EQ(kind_of(gzip("snoop\0\0\0\0"s)), InputKind::other);
  EXPECT_EQ(kind_of(gzip("{\"index\":{}}\n")), InputKind::packed);
  EXPECT_EQ(kind_of(gzip("frame.len\tip.src\n")), InputKind::packed);
  EXPECT_EQ(kind_of(gzip("<?xml")), InputKind::packed);
  EXPECT_EQ(kind_of(gzip("dns.pcap\0\0\0\0000644"s)), InputKind::unknown);
  EXPECT_EQ(kind_of(gzip("")), InputKind::empty);
  EXPECT_EQ(kind_of(""), InputKind::empty);
}

TEST(InputSniffer, TellsWhatIsCut) {
  const std::string packed = gzip(pcap);
  for (std::size_t size = 2; size < packed.size(); ++size) {
    const InputKind kind = kind_of(packed.substr(0, size));
    EXPECT_TRUE(kind == InputKind::cut || (size > 12 && kind == InputKind::capture)) << size;
  }
  EXPECT_EQ(kind_of(gzip(pcap.substr(0, 20))), InputKind::cut);
  EXPECT_EQ(kind_of(pcap.substr(0, 20)), InputKind::cut);
}

TEST(InputSniffer, LeavesBrokenCompressionToWhoReadsIt) {
  EXPECT_EQ(kind_of("\x1f\x8b garbage that is no deflate"), InputKind::capture);
}

class SniffFile : public test::Scratch {};

TEST_F(SniffFile, ReadsAsMuchAsItNeeds) {
  // LZ4 and zstd give nothing before a block is whole; gzip's header may hold a long name.
  std::string packed = gzip(pcap);
  packed[3] = 8;
  packed.insert(10, std::string(3 * sniff_bytes, 'n') + '\0');
  put(directory / "x.gz", "before" + packed);
  const Descriptor file(open((directory / "x.gz").c_str(), O_RDONLY | O_CLOEXEC));
  const SniffedFile seen = sniff_file(file.get(), 6);
  EXPECT_EQ(seen.kind, InputKind::capture);
  EXPECT_TRUE(seen.compressed);
  EXPECT_EQ(lseek(file.get(), 0, SEEK_CUR), 0);
  EXPECT_EQ(sniff_file(file.get()).kind, InputKind::unknown);
}

}  // namespace
}  // namespace flowmeter
