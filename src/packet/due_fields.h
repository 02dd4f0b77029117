#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/record.h"
#include "packet/layer_stack.h"
#include "packet/transport.h"

namespace flowmeter {

/// Fields that a text should have and does not.
struct LackingFields {
  std::vector<std::string> names;
  std::uint64_t frame = 0;  ///< the first frame that should have had one of them
};

/// Tells whether the text of a tshark that was started by somebody else has what a run needs: whether that
/// tshark was asked for the fields, and whether all of their values have come through.
///
/// Most fields are absent from many frames. A field is due where a header must have it: where another layer
/// follows the header in frame.protocols, so that it is whole, or where the frame has a field that comes
/// after it. A header that the capture has cut may be without any. A field that was due, and is in no frame
/// at all, is lacking.
class DueFields {
 public:
  /// `fields` outlives it.
  explicit DueFields(const FieldSet& fields) : fields_(fields) {}

  /// Looks for a field that each header of its protocol has.
  void require(std::string_view field);

  /// Looks for a field that headers need not have: it can be found to be lacking only if the text names its
  /// columns.
  void require_column(std::string_view field);

  /// Looks at a frame with these layers.
  void see(const Record& record, const LayerStack& plan, std::uint64_t frame);

  /// Throws InputError, as a refusal, if fewer headers of the frame have values than must have some: those of
  /// the others were thrown away. It does not matter where no header counts.
  void refuse_loss(const Record& record, const LayerStack& plan, std::uint64_t frame);

  /// What follows is the text of another tshark, which may have been asked for other fields.
  void begin_segment();

  /// Whether a field is lacking, so far.
  [[nodiscard]] bool any_lacking() const noexcept { return lacking_ != 0; }

  /// The fields that are lacking, so far; where the text does not say what a frame holds, all that it may
  /// lack.
  [[nodiscard]] LackingFields lacking() const;

  /// Fields that packets cannot do without, in no frame so far, of headers which may all have been cut before
  /// them.
  [[nodiscard]] std::vector<std::string> doubtful() const;

 private:
  /// Which header a field is of: a transport by place_of(), or one of these.
  enum Kind : std::size_t { ipv4 = transport_count, ipv6, eth, vlan, frame_itself, other };

  enum class Role : std::uint8_t { plain, stream_index, message_type };
  enum class Column : std::uint8_t { unknown, there, absent };

  struct Expectation {
    FieldId field;
    std::size_t kind;
    unsigned shows = 0;        // signs that it gives
    unsigned due_with = 0;     // signs that make it due
    unsigned likely_with = 0;  // likewise, but for texts that are known to have all fields
    Role role = Role::plain;
    Column column = Column::unknown;  // of the text
    bool each = false;                // each header has it
    bool essential = false;           // there are no packets without it
    bool seen = false;
    bool doubtful = false;                 // there was a header, which may have been cut before it
    std::optional<std::uint64_t> since{};  // the first frame in which it was due
  };
  /// What a frame shows of the headers of each kind, as bits.
  using Signs = std::array<unsigned, other + 1>;

  void add(std::string_view field, bool each);
  [[nodiscard]] static unsigned shown(const Expectation& expectation, const Record& record, unsigned signs);
  static void set_rule(std::string_view field, Expectation& expectation);
  void take_columns(const std::vector<bool>& columns);
  [[nodiscard]] Signs signs(const Record& record, const LayerStack& plan) const;
  void look_for(Expectation& expectation, const Record& record, unsigned signs, std::uint64_t frame);

  const FieldSet& fields_;
  std::vector<Expectation> expectations_;
  std::size_t unseen_ = 0, lacking_ = 0;  // expectations
  std::vector<bool> columns_;             // of the text, by FieldId; empty if it does not say
  bool met_[other]{};                     // some frame had values of that kind
};

}  // namespace flowmeter
