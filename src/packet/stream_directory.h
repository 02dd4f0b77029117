#pragma once

#include <boost/intrusive/unordered_set.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "packet/packet.h"
#include "packet/stream_facts.h"
#include "packet/stream_rules.h"
#include "packet/tcp_numbers.h"

namespace flowmeter {

/// Turns the stream numbers of several tsharks into those of the whole input, in the order of first
/// appearance for each transport.
///
/// tshark's numbers mean something only within one *segment*, an uninterrupted run of frames that one
/// tshark process dissected. Across segments a conversation (the unordered pair of its endpoints) goes on
/// under its number, and opens new streams, by the rules of the tshark at hand. A new number within a segment
/// that these do not explain is an application dissector's work: a new stream.
///
/// Headers that no tshark has seen are numbered by the same rules alone, see follow().
///
/// Conversations that were silent for longer than `idle` are forgotten now and then, the longest silent
/// first, down to `remembered` of them. With the flow table's own numbers for both, nothing is
/// forgotten that it still knows. Conversations are told apart by 128 bits of a hash with a seed of
/// its own in every process: two of 2^32 are taken for one with a probability of 2^-65.
class StreamDirectory {
 public:
  StreamDirectory(std::chrono::nanoseconds idle, std::size_t remembered, StreamRules rules);
  ~StreamDirectory();
  StreamDirectory(const StreamDirectory&) = delete;
  StreamDirectory& operator=(const StreamDirectory&) = delete;

  /// The whole input's stream for a packet whose key holds its segment's own number. `clock_ns`: the
  /// largest frame time so far. Packets must come in the order of the input.
  /// Throws InputError for a number that no tshark would give.
  std::uint64_t resolve(std::uint32_t segment, const Packet& packet, const StreamFacts& facts,
                        std::int64_t clock_ns);

  /// The whole input's stream for a header that a tshark with these rules would see, with all before it.
  /// Needs no tshark, and no segment. Headers must come in the order of the input.
  std::uint64_t follow(Transport transport, const StreamFacts& facts, std::uint16_t tcp_flags,
                       std::int64_t clock_ns);

  /// Adds what a header has taught the segment's tshark that the tshark was shown as context, before its own
  /// frames: the input had it earlier, in another segment, so that it belongs to no packet here.
  void learn_context(std::uint32_t segment, const Packet& packet, const StreamFacts& facts);

  /// Keeps in mind the conversation of that stream, which was resolved, however silent it seems to be, until
  /// learn() is called for it.
  void hold(std::uint32_t segment, const StreamKey& local);

  /// Adds what the packets after the one of the last resolve() for that stream have taught, in the order of
  /// (lower, higher) endpoint, see sender_of(); for who resolves the first packet only of those that follow
  /// each other. `clock_ns`: when the last of them came.
  void learn(std::uint32_t segment, const StreamKey& local, const InitialNumbers& initial,
             std::int64_t clock_ns);

  /// No more packets of the segment will come: lets go of what was kept for it.
  void end_segment(std::uint32_t segment) { segments_.erase(segment); }

  /// Conversations known.
  [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

 private:
  struct Digest {
    std::uint64_t first = 0, second = 0;

    friend bool operator==(const Digest&, const Digest&) = default;
  };
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const noexcept {
      return static_cast<std::size_t>(digest.first);
    }
  };
  using SetHook =
      boost::intrusive::unordered_set_member_hook<boost::intrusive::link_mode<boost::intrusive::normal_link>>;
  /// Kept for every open flow: 64 bytes.
  struct Conversation {
    SetHook by_key;
    Digest key;
    std::int64_t touched_ns = 0;
    std::uint32_t stream = 0;
    std::uint32_t segment = 0, local = 0;          // where its last packet came from
    std::uint32_t generation = 0;                  // grows when the memory is used for another one
    std::uint32_t index = 0;                       // in memory_
    [[no_unique_address]] InitialNumbers initial;  // by sender_of()
    bool used : 1 = false;
    bool held : 1 = false;
  };
  static_assert(sizeof(Conversation) <= 64);
  struct KeyOf {
    using type = Digest;
    const Digest& operator()(const Conversation& c) const noexcept { return c.key; }
  };
  using Known = boost::intrusive::unordered_set<
      Conversation, boost::intrusive::member_hook<Conversation, SetHook, &Conversation::by_key>,
      boost::intrusive::key_of_value<KeyOf>, boost::intrusive::hash<DigestHash>,
      boost::intrusive::power_2_buckets<true>>;

  /// Which conversation a segment's stream is.
  struct Local {
    std::uint32_t conversation = 0;                // index plus 1; 0: not seen yet
    std::uint32_t generation = 0;                  // of the conversation then
    [[no_unique_address]] InitialNumbers initial;  // as that tshark has them
  };
  static constexpr std::uint32_t no_segment = UINT32_MAX;
  struct Segment {
    std::vector<Local> locals[2];                                 // by transport and the segment's own number
    std::unordered_map<std::uint64_t, std::uint32_t> superseded;  // own number to stream
  };

  static Local& local(Segment& segment, const StreamKey& key);
  Digest digest(Transport transport, const StreamFacts& facts) const;
  Conversation* find(const Digest& key);
  Conversation& add(const Digest& key);
  std::uint32_t allocate();
  void sweep(std::int64_t clock_ns);
  void renew(Conversation& conversation, Transport transport);

  const std::uint64_t idle_ns_;
  const std::size_t remembered_;
  const StreamRules rules_;
  const std::uint64_t seeds_[2];
  std::deque<Conversation> memory_;
  std::vector<std::uint32_t> free_;
  std::vector<Known::bucket_type> buckets_;
  Known known_;
  std::size_t sweep_at_;  // conversations
  std::unordered_map<std::uint32_t, Segment> segments_;
  std::uint64_t next_stream_[2] = {0, 0};  // TCP, UDP; 32 bits, as tshark's own
};

}  // namespace flowmeter
