#include <gtest/gtest.h>
#include <lz4frame.h>
#include <zstd.h>

#include "capture/decompress.h"
#include "capture_bytes.h"
#include "gzip.h"

namespace flowmeter::test {
namespace {

std::string zstd(std::string_view plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), plain.data(), plain.size()));
  ZSTD_freeCCtx(context);
  return packed;
}

std::string lz4(std::string_view plain) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  std::string packed(LZ4F_compressFrameBound(plain.size(), &preferences), '\0');
  packed.resize(LZ4F_compressFrame(packed.data(), packed.size(), plain.data(), plain.size(), &preferences));
  return packed;
}

struct Result {
  std::string plain;
  PackingEnd end = PackingEnd::whole;
  std::string problem;
  bool compressed = false;
};

Result unpack(std::string_view packed, std::size_t piece = 0) {
  Result result;
  Decompressor decompressor([&](std::string_view plain) { result.plain += plain; });
  while (!packed.empty()) {
    const std::string part(packed.substr(0, piece == 0 ? packed.size() : piece));
    packed.remove_prefix(part.size());
    if (!decompressor.feed(part)) break;
  }
  result.end = decompressor.finish();
  result.problem = decompressor.problem();
  result.compressed = decompressor.compressed();
  return result;
}

/// More than the decompressor's own buffer, partly compressible.
std::string text() {
  std::string plain;
  std::uint32_t state = 1;
  while (plain.size() < 700000) {
    state = state * 1664525 + 1013904223;
    plain += (state >> 30U) == 0 ? std::string(40, 'a') : int32(state, Order::big);
  }
  return plain;
}

const std::string text_sample = text();

void expect_whole(std::string_view packed, std::string_view plain, bool compressed) {
  for (const std::size_t piece : piece_sizes) {
    if (piece == 1 && packed.size() > 100000) continue;
    const Result got = unpack(packed, piece);
    EXPECT_TRUE(got.plain == plain) << "pieces of " << piece;
    EXPECT_EQ(got.end, PackingEnd::whole);
    EXPECT_EQ(got.compressed, compressed);
    EXPECT_EQ(got.problem, "");
  }
}

TEST(Decompressor, EveryFormat) {
  for (auto* const pack : {gzip, zstd, lz4}) {
    expect_whole(pack(text_sample), text_sample, true);
    expect_whole(pack("short"), "short", true);
    expect_whole(pack(""), "", true);
  }
}

TEST(Decompressor, Concatenations) {
  for (auto* const pack : {gzip, zstd, lz4}) {
    for (auto* const other : {gzip, zstd, lz4}) {
      expect_whole(pack("one") + other("two") + pack("three"), "onetwothree", true);
    }
    expect_whole(pack("one") + "tail", "onetail", true);
  }
  const std::string skippable = std::string("\x5d\x2a\x4d\x18\3\0\0\0abc", 11);
  expect_whole(skippable + zstd("one") + skippable + zstd("two"), "onetwo", true);
}

TEST(Decompressor, ZerosAtTheEndArePadding) {
  for (auto* const pack : {gzip, zstd, lz4}) {
    for (const std::size_t zeros : {1U, 3U, 4U, 512U, 600000U}) {
      const std::string padding(zeros, '\0');
      expect_whole(pack("one") + padding, "one", true);
      expect_whole(pack("one") + pack("two") + padding, "onetwo", true);
      expect_whole(pack("one") + padding + "x", "one" + padding + "x", true);
    }
  }
  expect_whole(std::string(10, '\0'), std::string(10, '\0'), false);
}

TEST(Decompressor, PlainGoesThroughWithoutACopy) {
  expect_whole(text_sample, text_sample, false);
  for (const char* plain : {"", "x", "\x1f", "\x1f\x8c", "\x28\xb5\x2f", "\x04\x22", "\x50*"}) {
    expect_whole(plain, plain, false);
  }
  const std::string input = "plain bytes";
  const char* seen = nullptr;
  Decompressor decompressor([&](std::string_view plain) { seen = plain.data() + plain.size(); });
  decompressor.feed(std::string_view(input).substr(0, 4));
  decompressor.feed(std::string_view(input).substr(4));
  EXPECT_EQ(seen, input.data() + input.size());
}

TEST(Decompressor, CutShort) {
  for (auto* const pack : {gzip, zstd, lz4}) {
    const std::string packed = pack(text_sample);
    const Result got = unpack(packed.substr(0, packed.size() / 2), 4096);
    EXPECT_EQ(got.end, PackingEnd::cut_short);
    EXPECT_GT(got.plain.size(), 100000U);
    EXPECT_EQ(text_sample.substr(0, got.plain.size()), got.plain);
    EXPECT_EQ(unpack(packed.substr(0, packed.size() - 1)).end, PackingEnd::cut_short);
  }
}

TEST(Decompressor, Damaged) {
  for (auto* const pack : {gzip, zstd, lz4}) {
    std::string packed = pack(text_sample);
    packed[packed.size() - 3] = static_cast<char>(packed[packed.size() - 3] ^ 0x55);
    const Result got = unpack(packed, 4096);
    EXPECT_EQ(got.end, PackingEnd::damaged);
    EXPECT_NE(got.problem, "");
    EXPECT_GT(got.plain.size(), 100000U);
  }
  EXPECT_EQ(unpack("\x1f\x8b\x09\x09\x09").problem, "gzip: unknown compression method");
}

/// The libraries do not tell what they wrote in a call that meets damage.
TEST(Decompressor, WhatStandsBeforeDamageIsGivenInAnyPieces) {
  for (auto* const pack : {gzip, zstd, lz4}) {
    for (const std::string& plain : {std::string("short"), text_sample.substr(0, 150000)}) {
      std::string packed = pack(plain);
      packed[packed.size() - 3] = static_cast<char>(packed[packed.size() - 3] ^ 0x55);
      for (const std::size_t piece : piece_sizes) {
        const Result got = unpack(packed, piece);
        EXPECT_EQ(got.end, PackingEnd::damaged);
        EXPECT_TRUE(got.plain == plain) << got.plain.size() << " bytes in pieces of " << piece;
      }
    }
  }
}

}  // namespace
}  // namespace flowmeter::test
