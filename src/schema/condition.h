#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.h"
#include "schema/value_kind.h"
#include "stats/decimal.h"

namespace flowmeter {

/// The columns that conditions may be about, by name.
using ColumnKinds = std::map<std::string, ValueKind, std::less<>>;

/// Why a text is no condition.
struct ConditionRefusal {
  std::size_t place;  ///< in the text, in bytes from its beginning
  std::string why;    ///< one line
};

/// A condition on the values of a row, such as `protocol = TCP && (dst_port in {80, 8000..8099} || bytes >
/// 1e6)`.
///
///     condition:  comparison | ! condition | ( condition ) | condition && condition | condition || condition
///     comparison: COLUMN OPERATOR VALUE | COLUMN [not] in { VALUE or LOW..HIGH, ... }
///
/// `!` binds more than `&&`, and that more than `||`; the words not, and, or are the same. The operators are
/// = (or ==) != < <= > >= and, for patterns with * and ?, ~ and !~. Numbers are compared exactly, as
/// numbers; addresses with addresses and blocks of them; text as it is written. Only numbers have an order.
/// A value stands in quotes, of either kind, if it has blanks or marks of this language in it; the quote
/// itself is written twice. A value that is no number (a statistic without samples) equals no number, and is
/// neither less nor greater than one.
class Condition {
 public:
  /// Reads it. `missing`: the word that columns of numbers print where they have none, which = and != may
  /// name as well. Throws ConditionRefusal for text that is no condition, columns that are not known, and
  /// comparisons that cannot be: of a number with text, say.
  Condition(std::string_view text, const ColumnKinds& columns,
            const std::optional<std::string>& missing = std::nullopt);

  /// The columns that it looks at, each once.
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }

  /// Gives the value of one of columns(), by its index, as it is printed. It lives until the next call.
  using Values = std::function<std::string_view(std::size_t)>;

  /// Whether these values meet it. Asks for those only that decide.
  [[nodiscard]] bool holds(const Values& values) const;

 private:
  friend class ConditionParser;

  struct Text {
    std::string text;
  };
  struct Pattern {
    std::string glob;
  };
  struct NumberRange {
    std::optional<Decimal> low, high;  ///< none: no bound
    bool open = false;                 ///< the bounds are outside
  };
  struct AddressRange {
    IpAddress low, high;  ///< both inside
  };
  using Accepted = std::variant<Text, Pattern, NumberRange, AddressBlock, AddressRange>;

  struct Node {
    enum class Kind : std::uint8_t {
      test,  ///< the column's value is one of what is accepted
      all,   ///< all operands hold
      any,   ///< any of the operands holds
      none,  ///< none of the operands does
    };
    Kind kind = Kind::test;
    std::size_t column = 0;
    std::vector<Accepted> accepted{};
    std::vector<Node> operands{};
  };

  static bool accepts(const Accepted& accepted, std::string_view value);
  static bool holds(const Node& node, const Values& values);

  std::vector<std::string> columns_;
  Node root_;
};

}  // namespace flowmeter
