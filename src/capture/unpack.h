#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace flowmeter {

/// What a compressed member or frame gave in one call.
struct Unpacked {
  enum class State : std::uint8_t { going, done, damaged };
  State state = State::going;
  std::size_t consumed = 0;  ///< bytes of the input
  std::size_t produced = 0;  ///< bytes of the output
};

/// Decompresses one gzip member, one zstd frame or one LZ4 frame.
class Unpacker {
 public:
  virtual ~Unpacker() = default;

  /// Turns some of `packed` into at most `room` bytes at `out`.
  virtual Unpacked unpack(std::string_view packed, char* out, std::size_t room) = 0;

  /// The library's words on the damage.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 protected:
  std::string problem_;
};

/// What the first bytes of a member or frame say.
enum class Packing : std::uint8_t { unclear, none, gzip, zstd, lz4 };

/// Tells the format by `head`; `unclear` while it is too short and there is more to come.
Packing detect_packing(std::string_view head, bool end);

/// An unpacker for one member or frame. Throws std::bad_alloc.
std::unique_ptr<Unpacker> make_unpacker(Packing packing);

}  // namespace flowmeter
