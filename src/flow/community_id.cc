#include "flow/community_id.h"

#include <openssl/evp.h>

#include <tuple>
#include <vector>

#include "base/sha1.h"

namespace flowmeter {
namespace {

class Message {
 public:
  void byte(std::uint8_t value) { bytes_.push_back(value); }
  void word(std::uint16_t value) {
    byte(static_cast<std::uint8_t>(value >> 8));
    byte(static_cast<std::uint8_t>(value & 0xff));
  }
  void address(const IpAddress& value) {
    const auto begin = value.bytes.begin();
    bytes_.insert(bytes_.end(), begin, begin + (value.version == 4 ? 4 : 16));
  }
  [[nodiscard]] std::string hash() const {
    const auto digest = sha1(bytes_);
    unsigned char text[29];  // base64 of 20 bytes, and the 0 that the library writes behind
    EVP_EncodeBlock(text, digest.data(), static_cast<int>(digest.size()));
    return {text, text + sizeof text - 1};
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace

std::string community_id(Transport transport, const Endpoint& source, const Endpoint& destination,
                         std::uint16_t seed) {
  if (source.address.version == 0) return "-";
  const auto order = [](const Endpoint& end) { return std::tie(end.address.bytes, end.port); };
  const bool in_order = order(source) < order(destination);
  const Endpoint& low = in_order ? source : destination;
  const Endpoint& high = in_order ? destination : source;
  Message message;
  message.word(seed);
  message.address(low.address);
  message.address(high.address);
  message.byte(static_cast<std::uint8_t>(transport));
  message.byte(0);
  message.word(low.port);
  message.word(high.port);
  return "1:" + message.hash();
}

}  // namespace flowmeter
