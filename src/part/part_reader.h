#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "capture/decompress.h"
#include "dialect/record_splitter.h"
#include "part/part_format.h"

namespace flowmeter {

/// What stands in one line of a part behind its header.
struct PartEvent {
  enum class Kind : std::uint8_t {
    begins,     ///< a flow, with `head`
    ends,       ///< a flow, with `elements`: times and states
    quoted,     ///< a header that an ICMP error quotes, `head`
    mentioned,  ///< a header that is no packet, `head`
  };
  Kind kind = Kind::begins;
  std::uint64_t slot = 0;  ///< of the flow; may be given to another one once it has ended
  PartHead head;
  std::span<const std::string_view> elements;  ///< behind the slot; until the next event is read
};

/// Reads a part line by line. gzip, zstd and LZ4 are unpacked. Throws InputError, whose text names the
/// place, for damage, and for an end without a trailer.
class PartReader {
 public:
  /// Opens the file ("-": standard input) and reads the header. Throws InputError without damage done.
  explicit PartReader(const std::string& path);
  ~PartReader();
  PartReader(const PartReader&) = delete;
  PartReader& operator=(const PartReader&) = delete;

  [[nodiscard]] const PartHeader& header() const noexcept { return header_; }

  /// Whether the file can be opened and read again.
  [[nodiscard]] bool regular() const noexcept { return regular_; }

  /// The next event; nothing at the end, when trailer() is known.
  [[nodiscard]] const PartEvent* next();

  [[nodiscard]] const PartTrailer& trailer() const noexcept { return trailer_; }

  /// Where the event stands: "line 12".
  [[nodiscard]] std::string place() const { return lines_.place(); }

 private:
  class LineHandler;

  [[nodiscard]] std::optional<std::span<char>> next_line();
  void parse(std::span<char> line);
  void end(std::span<char> line);

  Descriptor file_;
  int fd_ = -1;
  bool regular_ = false;
  bool over_ = false;
  LineSplitter lines_{LineSplitter::LastLine::torn};
  Decompressor decompressor_;
  std::vector<char> chunk_;
  PartHeader header_;
  PartTrailer trailer_;
  std::vector<std::string_view> elements_;
  PartEvent event_;
};

}  // namespace flowmeter
