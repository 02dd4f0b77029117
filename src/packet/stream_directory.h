#pragma once

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/unordered_set.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "packet/packet.h"

namespace flowmeter {

/// What of a TCP header decides whether a connection begins anew: tcp.seq_raw and tcp.ack_raw.
struct TcpNumbers {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  bool known = false;  ///< false: the header has none (it is cut, or UDP's)
};

/// Turns the stream numbers of several tsharks into those of the whole input, in the order of first
/// appearance for each transport.
///
/// tshark's numbers mean something only within one *segment*, an uninterrupted run of frames that one
/// tshark process dissected. Within a segment its word is taken: a new number is a new stream. Across
/// segments a conversation (the unordered pair of its endpoints) goes on under its number, but a
/// SYN without ACK opens a new stream if its sequence number differs from the initial one of its
/// direction, as in tshark's own dissector (epan/dissectors/packet-tcp.c of 4.0).
///
/// Conversations that were silent for longer than `idle` are forgotten, the longest silent first,
/// as far as there are more than `remembered` of them. With the flow table's own numbers for both,
/// nothing is forgotten that it still knows.
class StreamDirectory {
 public:
  StreamDirectory(std::chrono::nanoseconds idle, std::size_t remembered);
  ~StreamDirectory();
  StreamDirectory(const StreamDirectory&) = delete;
  StreamDirectory& operator=(const StreamDirectory&) = delete;

  /// The whole input's stream for a packet whose key holds its segment's own number. `clock_ns`: the
  /// largest frame time so far. Packets must come in the order of the input.
  /// Throws InputError for a number that no tshark would give.
  std::uint64_t resolve(std::uint32_t segment, const Packet& packet, const TcpNumbers& numbers,
                        std::int64_t clock_ns);

  /// No more packets of the segment will come: lets go of what was kept for it.
  void end_segment(std::uint32_t segment) { segments_.erase(segment); }

  /// Conversations known.
  [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

 private:
  struct Key {
    Endpoint low, high;
    Transport transport = Transport::tcp;

    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  using ListHook =
      boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::normal_link>>;
  using SetHook = boost::intrusive::unordered_set_member_hook<
      boost::intrusive::link_mode<boost::intrusive::normal_link>>;
  struct Conversation {
    ListHook by_recency;
    SetHook by_key;
    Key key;
    bool stale = false;
    bool initial_known[2] = {false, false};     // by sender: low, high
    std::uint32_t generation = 0;               // grows when the memory is used for another one
    std::uint32_t segment = 0, local = 0;       // where its last packet came from
    std::uint32_t initial[2] = {0, 0};          // the sequence number before the first byte
    std::uint64_t stream = 0;
    std::int64_t touched_ns = 0;
  };
  struct KeyOf {
    using type = Key;
    const Key& operator()(const Conversation& c) const noexcept { return c.key; }
  };
  using Recency = boost::intrusive::list<
      Conversation,
      boost::intrusive::member_hook<Conversation, ListHook, &Conversation::by_recency>>;
  using Known = boost::intrusive::unordered_set<
      Conversation, boost::intrusive::member_hook<Conversation, SetHook, &Conversation::by_key>,
      boost::intrusive::key_of_value<KeyOf>, boost::intrusive::hash<KeyHash>,
      boost::intrusive::power_2_buckets<true>>;

  /// What a segment's stream is.
  struct Local {
    Conversation* conversation = nullptr;  // null: not seen yet
    std::uint32_t generation = 0;          // of the conversation then
    std::uint64_t stream = 0;
  };
  struct Segment {
    std::vector<Local> locals[2];  // by transport and the segment's own number
  };

  Local& local(std::uint32_t segment, const StreamKey& key);
  Conversation& find_or_add(const Packet& packet, bool& is_new);
  Conversation& allocate();
  void touch(Conversation& conversation, std::int64_t clock_ns);
  void forget(std::int64_t clock_ns);
  std::uint64_t next(Transport transport) { return next_stream_[transport == Transport::udp]++; }
  static bool opens_anew(const Conversation& conversation, const Packet& packet,
                         const TcpNumbers& numbers);
  static void learn(Conversation& conversation, const Packet& packet, const TcpNumbers& numbers);

  const std::uint64_t idle_ns_;
  const std::size_t remembered_;
  std::deque<Conversation> memory_;
  std::vector<Conversation*> free_;
  std::vector<Known::bucket_type> buckets_;
  Known known_;
  Recency fresh_, stale_;  // longest untouched first
  std::unordered_map<std::uint32_t, Segment> segments_;
  std::uint64_t next_stream_[2] = {0, 0};  // TCP, UDP
};

}  // namespace flowmeter
