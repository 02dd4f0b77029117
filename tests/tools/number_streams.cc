// number_streams VERSION CAPTURE…: the streams that a tshark of that version gives the frames of captures,
// without it. For each frame a line: "t" or "u" and the number; "-": it has no TCP or UDP header; "?": no
// frame whose one header can be read without a dissector. After each capture an empty line. Status 1: no
// capture, or no rules for the version.

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "capture/local_header.h"
#include "capture/reader.h"
#include "packet/stream_directory.h"

namespace {

using namespace flowmeter;

constexpr std::uint8_t tcp = 6;
/// Of a TCP header: without that much no tshark gives it a stream, with so much all do.
constexpr std::size_t least_bytes = 14, enough_bytes = 16;

class Numbering {
 public:
  explicit Numbering(StreamRules rules) : streams_(std::chrono::hours(1), std::size_t{1} << 20, rules) {}

  std::string of(const CaptureItem& frame) {
    if (frame.link_type == no_link_type) return "-";
    const RoutingKey key = routing_key(frame.link_type, frame.packet);
    const bool other = key.fixed ? key.reason != RoutingReason::not_ip : key.readdressed || key.fragment;
    if (other) return "?";
    if (key.fixed || key.protocol == 0) return "-";
    const LocalHeader header = local_header(frame, key);
    if (header.protocol == 0) return key.protocol == tcp && key.transport.size() >= least_bytes ? "?" : "-";
    if (header.protocol == tcp && key.transport.size() < enough_bytes) return "?";
    return numbered(header);
  }

 private:
  std::string numbered(const LocalHeader& header) {
    using Teaches = TcpNumbers::Teaches;
    const bool is_tcp = header.protocol == tcp;
    const Teaches teaches = header.quoted  ? Teaches::none
                            : header.whole ? Teaches::all
                                           : Teaches::some_tsharks;
    const StreamFacts facts{{header.source, header.source_port},
                            {header.destination, header.destination_port},
                            {header.sequence, header.acknowledgement, is_tcp, teaches}};
    clock_ns_ = std::max(clock_ns_, header.time_ns);
    const std::uint64_t stream =
        streams_.follow(is_tcp ? Transport::tcp : Transport::udp, facts, header.tcp_flags, clock_ns_);
    return (is_tcp ? "t " : "u ") + std::to_string(stream);
  }

  StreamDirectory streams_;
  std::int64_t clock_ns_ = INT64_MIN;
};

bool number(const std::string& path, StreamRules rules) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  Numbering numbering(rules);
  CaptureReader reader(CaptureOrigin::file);
  CaptureItem item;
  const auto number_all = [&] {
    while (reader.next(item)) {
      if (item.kind == ItemKind::frame) std::cout << numbering.of(item) << '\n';
    }
  };
  reader.put(bytes);
  number_all();
  reader.finish();
  number_all();
  std::cout << '\n';
  return reader.state() == ReaderState::ended || reader.state() == ReaderState::truncated;
}

}  // namespace

int main(int argc, char** argv) try {
  const auto rules = argc > 1 ? StreamRules::of(std::string_view(argv[1])) : std::nullopt;
  if (!rules) {
    std::cerr << "number_streams: no rules\n";
    return 1;
  }
  bool all = true;
  for (int i = 2; i < argc; ++i) all &= number(argv[i], *rules);
  return all ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
