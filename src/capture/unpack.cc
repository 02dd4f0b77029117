#include "capture/unpack.h"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <new>

namespace flowmeter {
namespace {

/// How much to give zstd or LZ4 at once. A call that meets damage does not tell what it has written, so no
/// call may end a block and look at what stands behind it: a block's last byte ends a call, and checksums
/// and headers (no more than 8 bytes together) go in byte by byte. `hint`: the bytes that the library
/// would like to have, which are the rest of a block and those 8 at most.
std::size_t bytes_at_once(std::size_t hint) {
  constexpr std::size_t overhead = 8;
  return hint > overhead ? hint - overhead : 1;
}

class GzipUnpacker final : public Unpacker {
 public:
  GzipUnpacker() {
    constexpr int gzip_only = 16;
    if (inflateInit2(&stream_, gzip_only + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~GzipUnpacker() override { inflateEnd(&stream_); }
  GzipUnpacker(const GzipUnpacker&) = delete;
  GzipUnpacker& operator=(const GzipUnpacker&) = delete;

  Unpacked unpack(std::string_view packed, char* out, std::size_t room) override {
    constexpr std::size_t most_at_once = 1U << 30U;  // zlib counts in unsigned int
    const auto in_size = static_cast<uInt>(std::min(packed.size(), most_at_once));
    const auto out_size = static_cast<uInt>(std::min(room, most_at_once));
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = in_size;
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = out_size;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    Unpacked result{Unpacked::State::going, in_size - stream_.avail_in, out_size - stream_.avail_out};
    if (code == Z_STREAM_END) {
      result.state = Unpacked::State::done;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      result.state = Unpacked::State::damaged;
      problem_ = std::string("gzip: ") + (stream_.msg != nullptr ? stream_.msg : zError(code));
    }
    return result;
  }

 private:
  z_stream stream_{};
};

class ZstdUnpacker final : public Unpacker {
 public:
  ZstdUnpacker() : stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
  }

  Unpacked unpack(std::string_view packed, char* out, std::size_t room) override {
    ZSTD_inBuffer input{packed.data(), std::min(packed.size(), bytes_at_once(hint_)), 0};
    ZSTD_outBuffer output{out, room, 0};
    const std::size_t code = ZSTD_decompressStream(stream_.get(), &output, &input);
    Unpacked result{Unpacked::State::going, input.pos, output.pos};
    hint_ = code;
    if (ZSTD_isError(code) != 0) {
      result.state = Unpacked::State::damaged;
      problem_ = std::string("zstd: ") + ZSTD_getErrorName(code);
    } else if (code == 0) {
      result.state = Unpacked::State::done;
    }
    return result;
  }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_;
  std::size_t hint_ = 0;
};

class Lz4Unpacker final : public Unpacker {
 public:
  Lz4Unpacker() {
    LZ4F_dctx* context = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0) {
      throw std::bad_alloc();
    }
    context_.reset(context);
  }

  Unpacked unpack(std::string_view packed, char* out, std::size_t room) override {
    std::size_t consumed = std::min(packed.size(), bytes_at_once(hint_));
    std::size_t produced = room;
    const std::size_t code =
        LZ4F_decompress(context_.get(), out, &produced, packed.data(), &consumed, nullptr);
    if (LZ4F_isError(code) != 0) {
      problem_ = std::string("LZ4: ") + LZ4F_getErrorName(code);
      return {Unpacked::State::damaged, 0, 0};
    }
    hint_ = code;
    return {code == 0 ? Unpacked::State::done : Unpacked::State::going, consumed, produced};
  }

 private:
  struct Free {
    void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
  };
  std::unique_ptr<LZ4F_dctx, Free> context_;
  std::size_t hint_ = 0;
};

/// Whether `head` begins with `magic`, or is the beginning of it.
bool agrees(std::string_view head, std::string_view magic) {
  const std::size_t common = std::min(head.size(), magic.size());
  return head.substr(0, common) == magic.substr(0, common);
}

/// A frame that decompressors pass over: sixteen magic numbers, 184D2A50 to 184D2A5F.
bool is_skippable(std::string_view head) {
  return (static_cast<unsigned char>(head[0]) & 0xF0U) == 0x50 && head.substr(1) == "\x2a\x4d\x18";
}

}  // namespace

Packing detect_packing(std::string_view head, bool end) {
  using std::string_view_literals::operator""sv;
  struct Magic {
    std::string_view bytes;
    Packing packing;
  };
  for (const Magic& magic : {Magic{"\x1f\x8b"sv, Packing::gzip}, Magic{"\x28\xb5\x2f\xfd"sv, Packing::zstd},
                             Magic{"\x04\x22\x4d\x18"sv, Packing::lz4}}) {
    if (!agrees(head, magic.bytes)) continue;
    if (head.size() >= magic.bytes.size()) return magic.packing;
    return end ? Packing::none : Packing::unclear;
  }
  const bool perhaps_skippable = (static_cast<unsigned char>(head[0]) & 0xF0U) == 0x50;
  if (!perhaps_skippable) return Packing::none;
  if (head.size() >= 4) return is_skippable(head.substr(0, 4)) ? Packing::zstd : Packing::none;
  return end ? Packing::none : Packing::unclear;
}

std::unique_ptr<Unpacker> make_unpacker(Packing packing) {
  switch (packing) {
    case Packing::gzip:
      return std::make_unique<GzipUnpacker>();
    case Packing::zstd:
      return std::make_unique<ZstdUnpacker>();
    case Packing::lz4:
      return std::make_unique<Lz4Unpacker>();
    case Packing::unclear:
    case Packing::none:
      break;
  }
  return nullptr;
}

}  // namespace flowmeter
