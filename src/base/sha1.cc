#include "base/sha1.h"

#include <openssl/sha.h>

namespace flowmeter {

std::array<std::uint8_t, 20> sha1(std::span<const std::uint8_t> data) {
  std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest;
  SHA1(data.data(), data.size(), digest.data());
  return digest;
}

}  // namespace flowmeter
