#include "packet/stream_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/address.h"
#include "base/error.h"
#include "base/hash.h"

namespace flowmeter {
namespace {

constexpr std::size_t first_buckets = 1024;
constexpr std::uint64_t most_local_streams = std::uint64_t{1} << 28;

std::uint64_t random_word() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

/// From how many conversations on the next sweep pays: work for a quarter of new ones.
std::size_t next_sweep(std::size_t now, std::size_t remembered) {
  const std::size_t base = std::max(now, remembered);
  return base + base / 4 + 1024;
}

}  // namespace

StreamDirectory::StreamDirectory(std::chrono::nanoseconds idle, std::size_t remembered, StreamRules rules)
    : idle_ns_(static_cast<std::uint64_t>(idle.count())),
      remembered_(remembered),
      rules_(rules),
      seeds_{random_word(), random_word()},
      buckets_(first_buckets),
      known_(Known::bucket_traits(buckets_.data(), buckets_.size())),
      sweep_at_(next_sweep(0, remembered)) {}

StreamDirectory::~StreamDirectory() = default;

StreamDirectory::Local& StreamDirectory::local(Segment& segment, const StreamKey& key) {
  if (key.stream >= most_local_streams) {
    throw InputError(fmt::format("a stream number of {} is out of bounds", key.stream));
  }
  auto& locals = segment.locals[key.transport == Transport::udp];
  if (key.stream >= locals.size()) locals.resize(static_cast<std::size_t>(key.stream) + 1);
  return locals[static_cast<std::size_t>(key.stream)];
}

void StreamDirectory::renew(Conversation& conversation, Transport transport) {
  std::uint64_t& next = next_stream_[transport == Transport::udp];
  if (next > UINT32_MAX) throw InputError("more than 2^32 streams");
  conversation.stream = static_cast<std::uint32_t>(next++);
  conversation.initial = {};
}

std::uint64_t StreamDirectory::resolve(std::uint32_t segment_number, const Packet& packet,
                                       const StreamFacts& facts, std::int64_t clock_ns) {
  const TcpNumbers& numbers = facts.numbers;
  const StreamEnd sender = sender_of(facts);
  if (known_.size() >= sweep_at_) sweep(clock_ns);
  Segment& segment = segments_[segment_number];
  const Local known = local(segment, packet.key);
  const bool first_here =
      known.conversation == 0 || memory_[known.conversation - 1].generation != known.generation;
  const Digest key = first_here ? digest(packet.key.transport, facts) : Digest{};
  Conversation* const found = first_here ? find(key) : &memory_[known.conversation - 1];
  const bool is_new = found == nullptr;
  Conversation& conversation = is_new ? add(key) : *found;
  const auto number = static_cast<std::uint32_t>(packet.key.stream);
  const bool other_here = !is_new && conversation.segment == segment_number && conversation.local != number;
  const auto opens = [&](const InitialNumbers& initial) {
    return rules_.opens(initial, sender, packet.tcp_flags, numbers);
  };
  const bool may_open = numbers.known && rules_.may_open(packet.tcp_flags);
  // UDP's and TCP's numbers are apart.
  const auto own = [&packet](std::uint64_t stream) {
    return stream << 1 | (packet.key.transport == Transport::udp ? 1U : 0U);
  };
  const std::uint32_t before = conversation.stream;

  // Whether a dissector began another stream where the tshark itself would have gone on.
  const auto begun_by_dissector = [&] {
    const StreamKey older{packet.key.transport, conversation.local};
    return other_here && first_here && !opens(local(segment, older).initial);
  };
  if (is_new || opens(conversation.initial) || begun_by_dissector()) {
    renew(conversation, packet.key.transport);
  } else if (other_here && !may_open) {
    const auto older = segment.superseded.find(own(number));
    if (older != segment.superseded.end()) conversation.stream = older->second;
  }
  if (other_here) segment.superseded[own(conversation.local)] = before;
  conversation.segment = segment_number;
  conversation.local = number;
  conversation.touched_ns = clock_ns;
  Local& now = local(segment, packet.key);
  now.conversation = conversation.index + 1;
  now.generation = conversation.generation;
  rules_.learn(conversation.initial, sender, packet.tcp_flags, numbers);
  rules_.learn(now.initial, sender, packet.tcp_flags, numbers);
  return conversation.stream;
}

std::uint64_t StreamDirectory::follow(Transport transport, const StreamFacts& facts, std::uint16_t tcp_flags,
                                      std::int64_t clock_ns) {
  const StreamEnd sender = sender_of(facts);
  if (known_.size() >= sweep_at_) sweep(clock_ns);
  const Digest key = digest(transport, facts);
  Conversation* const found = find(key);
  Conversation& conversation = found == nullptr ? add(key) : *found;
  if (found == nullptr || rules_.opens(conversation.initial, sender, tcp_flags, facts.numbers)) {
    renew(conversation, transport);
  }
  conversation.segment = no_segment;
  conversation.touched_ns = clock_ns;
  rules_.learn(conversation.initial, sender, tcp_flags, facts.numbers);
  return conversation.stream;
}

void StreamDirectory::learn_context(std::uint32_t segment, const Packet& packet, const StreamFacts& facts) {
  rules_.learn(local(segments_[segment], packet.key).initial, sender_of(facts), packet.tcp_flags,
               facts.numbers);
}

void StreamDirectory::hold(std::uint32_t segment, const StreamKey& key) {
  memory_[local(segments_[segment], key).conversation - 1].held = true;
}

void StreamDirectory::learn(std::uint32_t segment, const StreamKey& key, const InitialNumbers& initial,
                            std::int64_t clock_ns) {
  Local& known = local(segments_[segment], key);
  if (known.conversation == 0) return;
  rules_.append(known.initial, initial);
  Conversation& conversation = memory_[known.conversation - 1];
  if (conversation.generation == known.generation) conversation.held = false;
  // If it has gone on in another stream meanwhile, that one's numbers count.
  const bool current = conversation.generation == known.generation && conversation.segment == segment &&
                       conversation.local == static_cast<std::uint32_t>(key.stream);
  if (!current) return;
  rules_.append(conversation.initial, initial);
  conversation.touched_ns = std::max(conversation.touched_ns, clock_ns);
}

StreamDirectory::Digest StreamDirectory::digest(Transport transport, const StreamFacts& facts) const {
  const bool low = sender_of(facts) == StreamEnd::lower;
  const Endpoint& first = low ? facts.source : facts.destination;
  const Endpoint& second = low ? facts.destination : facts.source;
  const auto hash = [&](std::uint64_t seed) {
    return mix(mix(mix(seed, static_cast<std::uint64_t>(transport)), first), second);
  };
  return {hash(seeds_[0]), hash(seeds_[1])};
}

StreamDirectory::Conversation* StreamDirectory::find(const Digest& key) {
  const auto found = known_.find(key);
  return found == known_.end() ? nullptr : &*found;
}

StreamDirectory::Conversation& StreamDirectory::add(const Digest& key) {
  if (known_.size() == buckets_.size()) {
    std::vector<Known::bucket_type> buckets(buckets_.size() * 2);
    known_.rehash(Known::bucket_traits(buckets.data(), buckets.size()));
    buckets_.swap(buckets);
  }
  const std::uint32_t index = allocate();
  Conversation& conversation = memory_[index];
  conversation.key = key;
  conversation.used = true;
  conversation.index = index;
  known_.insert(conversation);
  return conversation;
}

std::uint32_t StreamDirectory::allocate() {
  if (free_.empty()) {
    memory_.emplace_back();
    return static_cast<std::uint32_t>(memory_.size() - 1);
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  return index;
}

/// Forgets the conversations that were silent the longest, as far as there are too many silent ones.
void StreamDirectory::sweep(std::int64_t clock_ns) {
  std::vector<std::uint32_t> silent;
  for (std::uint32_t index = 0; index < memory_.size(); ++index) {
    const Conversation& conversation = memory_[index];
    const std::uint64_t silence =
        static_cast<std::uint64_t>(clock_ns) - static_cast<std::uint64_t>(conversation.touched_ns);
    if (conversation.used && !conversation.held && silence > idle_ns_) silent.push_back(index);
  }
  if (silent.size() > remembered_) {
    const auto kept = silent.end() - static_cast<std::ptrdiff_t>(remembered_);
    std::nth_element(silent.begin(), kept, silent.end(), [this](std::uint32_t a, std::uint32_t b) {
      return memory_[a].touched_ns < memory_[b].touched_ns;
    });
    std::for_each(silent.begin(), kept, [this](std::uint32_t index) {
      Conversation& conversation = memory_[index];
      known_.erase(known_.iterator_to(conversation));
      conversation.used = false;
      ++conversation.generation;
      free_.push_back(index);
    });
  }
  sweep_at_ = next_sweep(known_.size(), remembered_);
}

}  // namespace flowmeter
