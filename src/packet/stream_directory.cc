#include "packet/stream_directory.h"

#include <fmt/format.h>

#include <cstring>
#include <tuple>

#include "base/error.h"

namespace flowmeter {
namespace {

constexpr std::size_t first_buckets = 1024;
constexpr std::uint64_t most_local_streams = std::uint64_t{1} << 28;

auto order(const Endpoint& endpoint) {
  return std::tie(endpoint.address.version, endpoint.address.bytes, endpoint.port);
}

bool is_low(const Packet& packet) { return order(packet.source) <= order(packet.destination); }

bool is_opening(const Packet& packet) {
  return (packet.tcp_flags & (tcp_flag::syn | tcp_flag::ack)) == tcp_flag::syn;
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 32);
}

std::uint64_t mix(std::uint64_t hash, const Endpoint& endpoint) {
  std::uint64_t words[2];
  std::memcpy(words, endpoint.address.bytes.data(), sizeof words);
  return mix(mix(mix(hash, words[0]), words[1]), endpoint.port);
}

}  // namespace

std::size_t StreamDirectory::KeyHash::operator()(const Key& key) const noexcept {
  const auto seed = static_cast<std::uint64_t>(key.transport);
  return static_cast<std::size_t>(mix(mix(seed, key.low), key.high));
}

StreamDirectory::StreamDirectory(std::chrono::nanoseconds idle, std::size_t remembered)
    : idle_ns_(static_cast<std::uint64_t>(idle.count())),
      remembered_(remembered),
      buckets_(first_buckets),
      known_(Known::bucket_traits(buckets_.data(), buckets_.size())) {}

StreamDirectory::~StreamDirectory() = default;

StreamDirectory::Local& StreamDirectory::local(std::uint32_t segment, const StreamKey& key) {
  if (key.stream >= most_local_streams) {
    throw InputError(fmt::format("a stream number of {} is out of bounds", key.stream));
  }
  auto& locals = segments_[segment].locals[key.transport == Transport::udp];
  if (key.stream >= locals.size()) locals.resize(static_cast<std::size_t>(key.stream) + 1);
  return locals[static_cast<std::size_t>(key.stream)];
}

std::uint64_t StreamDirectory::resolve(std::uint32_t segment, const Packet& packet,
                                       const TcpNumbers& numbers, std::int64_t clock_ns) {
  forget(clock_ns);
  Local& known = local(segment, packet.key);
  const bool first_here =
      known.conversation == nullptr || known.conversation->generation != known.generation;
  bool is_new = false;
  Conversation& conversation = first_here ? find_or_add(packet, is_new) : *known.conversation;
  const auto number = static_cast<std::uint32_t>(packet.key.stream);
  const bool came_from_here = conversation.segment == segment && !is_new;

  if (is_new) {
    conversation.stream = next(packet.key.transport);
  } else if (numbers.known && is_opening(packet)) {
    if (opens_anew(conversation, packet, numbers)) {
      conversation.stream = next(packet.key.transport);
      conversation.initial_known[0] = conversation.initial_known[1] = false;
    }
  } else if (first_here && came_from_here && conversation.local != number) {
    // A dissector began another stream in the middle, without a SYN.
    conversation.stream = next(packet.key.transport);
    conversation.initial_known[0] = conversation.initial_known[1] = false;
  } else if (!first_here && came_from_here && conversation.local != number) {
    conversation.stream = known.stream;  // back to an older one of the same tshark
  }
  conversation.segment = segment;
  conversation.local = number;
  known = {&conversation, conversation.generation, conversation.stream};
  if (numbers.known) learn(conversation, packet, numbers);
  touch(conversation, clock_ns);
  return conversation.stream;
}

bool StreamDirectory::opens_anew(const Conversation& conversation, const Packet& packet,
                                 const TcpNumbers& numbers) {
  const std::size_t side = is_low(packet) ? 0 : 1;
  return conversation.initial_known[side] && conversation.initial[side] != numbers.sequence;
}

/// The initial sequence numbers as tshark takes them: from a SYN, else what comes before the first
/// byte seen; the other side's from an acknowledgement. A SYN-ACK sets its own anew.
void StreamDirectory::learn(Conversation& conversation, const Packet& packet,
                            const TcpNumbers& numbers) {
  const std::size_t side = is_low(packet) ? 0 : 1, other = 1 - side;
  const bool syn = (packet.tcp_flags & tcp_flag::syn) != 0;
  const bool ack = (packet.tcp_flags & tcp_flag::ack) != 0;
  if (!conversation.initial_known[side] || (syn && ack)) {
    conversation.initial[side] = numbers.sequence - (syn ? 0 : 1);
    conversation.initial_known[side] = true;
  }
  if (!conversation.initial_known[other] && ack) {
    conversation.initial[other] = numbers.acknowledgement - 1;
    conversation.initial_known[other] = true;
  }
}

StreamDirectory::Conversation& StreamDirectory::find_or_add(const Packet& packet, bool& is_new) {
  const bool low = is_low(packet);
  const Key key{low ? packet.source : packet.destination, low ? packet.destination : packet.source,
                packet.key.transport};
  const auto found = known_.find(key);
  if (found != known_.end()) return *found;
  is_new = true;
  if (known_.size() == buckets_.size()) {
    std::vector<Known::bucket_type> buckets(buckets_.size() * 2);
    known_.rehash(Known::bucket_traits(buckets.data(), buckets.size()));
    buckets_.swap(buckets);
  }
  Conversation& conversation = allocate();
  conversation.key = key;
  known_.insert(conversation);
  fresh_.push_back(conversation);
  return conversation;
}

StreamDirectory::Conversation& StreamDirectory::allocate() {
  if (free_.empty()) return memory_.emplace_back();
  Conversation& conversation = *free_.back();
  free_.pop_back();
  conversation.stale = false;
  conversation.initial_known[0] = conversation.initial_known[1] = false;
  return conversation;
}

void StreamDirectory::touch(Conversation& conversation, std::int64_t clock_ns) {
  Recency& from = conversation.stale ? stale_ : fresh_;
  from.erase(from.iterator_to(conversation));
  conversation.stale = false;
  conversation.touched_ns = clock_ns;
  fresh_.push_back(conversation);
}

void StreamDirectory::forget(std::int64_t clock_ns) {
  while (!fresh_.empty()) {
    Conversation& oldest = fresh_.front();
    if (static_cast<std::uint64_t>(clock_ns) - static_cast<std::uint64_t>(oldest.touched_ns) <=
        idle_ns_) {
      break;
    }
    fresh_.pop_front();
    oldest.stale = true;
    stale_.push_back(oldest);
  }
  while (stale_.size() > remembered_) {
    Conversation& oldest = stale_.front();
    stale_.pop_front();
    known_.erase(known_.iterator_to(oldest));
    ++oldest.generation;
    free_.push_back(&oldest);
  }
}

}  // namespace flowmeter
