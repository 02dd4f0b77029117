// Counts bytes by sending address: an observer of one's own, beside or instead of the flow table.
//
//   tshark -r trace.pcapng -T ek | top_talkers [N]
//
// Prints the N (default 10) addresses that sent the most bytes, in whole tshark EK output on standard
// input. Nothing in flowmeter knows of this program.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/error.h"
#include "source/dialect_source.h"

namespace {

class TopTalkers final : public flowmeter::PacketObserver {
 public:
  explicit TopTalkers(std::size_t most) : most_(most) {}

  void on_packet(const flowmeter::Packet& packet) override {
    bytes_[flowmeter::to_string(packet.source.address)] += packet.frame_bytes;
  }

  void on_end(flowmeter::EndOfInput /*end*/) override {
    std::vector<std::pair<std::string, std::uint64_t>> talkers(bytes_.begin(), bytes_.end());
    std::stable_sort(talkers.begin(), talkers.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    talkers.resize(std::min(talkers.size(), most_));
    for (const auto& [address, bytes] : talkers) {
      std::printf("%s %llu\n", address.c_str(), static_cast<unsigned long long>(bytes));
    }
  }

 private:
  const std::size_t most_;
  std::map<std::string, std::uint64_t> bytes_;
};

}  // namespace

int main(int argc, char** argv) {
  flowmeter::FieldSet fields;
  flowmeter::PacketDecoder::add_fields(fields);
  flowmeter::DialectSource source(flowmeter::InputKind::ek, fields);
  TopTalkers talkers(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10);
  source.attach(talkers);
  try {
    while (true) {
      const auto room = source.room();
      const ssize_t count = read(STDIN_FILENO, room.data(), room.size());
      if (count <= 0) break;
      source.commit(static_cast<std::size_t>(count));
      source.drain();
    }
    source.close();
    source.end(flowmeter::EndOfInput::complete);
  } catch (const flowmeter::InputError& error) {
    std::fprintf(stderr, "top_talkers: %s\n", error.what());
    return 1;
  }
  return 0;
}
