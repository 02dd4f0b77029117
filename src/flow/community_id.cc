#include "flow/community_id.h"

#include <openssl/evp.h>

#include <tuple>
#include <utility>
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

/// The two ends as they are hashed: for the ports of an echo conversation stand the message types that its
/// ends send, of ICMP a request's type and code. The requester has the port (see EchoStreams).
std::pair<Endpoint, Endpoint> hashed_ends(Transport transport, Endpoint source, Endpoint destination) {
  if (transport == Transport::icmp || transport == Transport::icmpv6) {
    const bool source_requests = destination.port == 0;
    (source_requests ? source : destination).port = transport == Transport::icmp ? 8 : 128;
    (source_requests ? destination : source).port = transport == Transport::icmp ? 0 : 129;
  }
  return {source, destination};
}

}  // namespace

std::string community_id(Transport transport, const Endpoint& source, const Endpoint& destination,
                         std::uint16_t seed) {
  if (source.address.version == 0) return "-";
  const auto [from, to] = hashed_ends(transport, source, destination);
  const auto order = [](const Endpoint& end) { return std::tie(end.address.bytes, end.port); };
  const bool in_order = order(from) < order(to);
  const Endpoint& low = in_order ? from : to;
  const Endpoint& high = in_order ? to : from;
  Message message;
  message.word(seed);
  message.address(low.address);
  message.address(high.address);
  message.byte(static_cast<std::uint8_t>(transport));
  message.byte(0);
  if (transport != Transport::dccp) {  // the specification knows no ports of its own
    message.word(low.port);
    message.word(high.port);
  }
  return "1:" + message.hash();
}

}  // namespace flowmeter
