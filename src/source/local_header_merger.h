#pragma once

#include <array>
#include <string_view>

#include "capture/local_header.h"
#include "dialect/fields.h"
#include "dialect/record.h"
#include "packet/stream_facts.h"

namespace flowmeter {

/// Puts together what the splitter read of a plain frame (see FrameDispatcher) and what its tshark says of
/// it: the stream numbers in one column, and whatever other fields the run needs. The Record comes out as if
/// tshark had said all of it; but frame.protocols, unless it is asked for, has no more than the one
/// transport header that is there.
class LocalHeaderMerger {
 public:
  /// Adds the column of streams to the run's fields. `protocols`: tshark is asked for frame.protocols.
  LocalHeaderMerger(FieldSet& fields, bool protocols);

  /// What tshark is to be asked for for plain frames: `fields` without those that headers have.
  [[nodiscard]] static FieldSet remaining(const FieldSet& fields, bool protocols);

  /// Adds the header's values to the record, whose views live until the next call.
  /// False: tshark sees other headers than the splitter, or a time that it may see otherwise.
  [[nodiscard]] bool complete(Record& record, const LocalHeader& header);

  /// Of the header in the record that was completed last.
  [[nodiscard]] const StreamFacts& facts() const noexcept { return facts_; }

  /// Whether the record that was completed last has a stream, so one packet or one quoted header.
  [[nodiscard]] bool has_stream() const noexcept { return has_stream_; }

 private:
  void add_transport(Record& record, const LocalHeader& header, std::string_view stream);
  void add_number(Record& record, FieldId field, std::uint64_t value);
  void add_flags(Record& record, std::uint16_t flags);
  void add_address(Record& record, FieldId field, const IpAddress& address);
  void add(Record& record, FieldId field, char* end);

  struct TransportFields {
    FieldId stream, source_port, destination_port;
  };

  const bool protocols_asked_;
  FieldId streams_, protocols_, time_, bytes_, flags_, sequence_, acknowledgement_;
  FieldId source_[2], destination_[2];  // IPv4, IPv6
  TransportFields tcp_, udp_;
  bool has_stream_ = false;
  StreamFacts facts_;
  std::array<char, 512> text_{};  // of one frame's values
  char* at_ = text_.data();
};

}  // namespace flowmeter
