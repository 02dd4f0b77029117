#pragma once

#include <string>
#include <vector>

#include "dialect/parser.h"

namespace flowmeter::test {

/// Every line is a record, and is kept.
class LineParser final : public RecordParser {
 public:
  /// `lines` outlives the parser.
  explicit LineParser(std::vector<std::string>& lines) : lines_(lines) {}

  bool parse(std::span<char> text, Record& record) override {
    record.clear();
    lines_.emplace_back(text.begin(), text.end());
    return true;
  }

 private:
  std::vector<std::string>& lines_;
};

}  // namespace flowmeter::test
