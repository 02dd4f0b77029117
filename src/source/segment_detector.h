#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "dialect/parser.h"
#include "dialect/record.h"

namespace flowmeter {

/// Tells where in a stream of records another output of tshark begins, whose frames and streams are numbered
/// anew: where somebody has put several of them one after the other.
///
/// Frame numbers that do not grow are the surest sign. What stands between outputs (a header line, the
/// beginning of an array, statistics) is one as well, unless the frame numbers go on without a gap: somebody
/// may have cut one output into pieces. Where frames have no numbers, or only some were written (-Y), so is a
/// stream number that comes back with two addresses of which its stream had neither. One such address is
/// none: dissectors that announce a conversation give its stream several endpoints.
class SegmentDetector {
 public:
  /// Adds to `fields` what it looks at.
  explicit SegmentDetector(FieldSet& fields);

  /// Whether another output begins with that record; to be asked once for each, in their order. `between`:
  /// what stood before it.
  bool begins_with(const Record& record, Between between);

 private:
  /// Addresses that a stream had, as hashes.
  struct Ends {
    static constexpr std::uint8_t most = 4;  // of more of them nothing is concluded

    std::array<std::uint64_t, most> addresses{};
    std::uint8_t count = 0;
  };
  using Pair = std::array<std::uint64_t, 2>;
  /// A frame's transport header, if it has but one.
  struct Header {
    std::size_t transport;
    std::size_t stream;
  };

  [[nodiscard]] bool is_other(const Record& record, std::optional<std::uint64_t> number, Between between,
                              const std::optional<Header>& header) const;
  [[nodiscard]] std::optional<Header> header_of(const Record& record) const;
  [[nodiscard]] std::optional<Pair> addresses_of(const Record& record) const;
  [[nodiscard]] bool contradicts(const Record& record, const Header& header) const;
  void note(const Record& record, const Header& header);

  FieldId number_;
  std::array<FieldId, 4> streams_;  // of the transports that tshark numbers
  FieldId addresses_[2][2];         // IPv4 and IPv6; source and destination
  bool begun_ = false;
  std::optional<std::uint64_t> last_;      // frame number
  std::uint64_t frames_ = 0;               // of the output
  bool gaps_ = true;                       // the numbers do not tell everything
  std::array<std::vector<Ends>, 4> ends_;  // by stream number, as far as these are low: they come back first
};

}  // namespace flowmeter
