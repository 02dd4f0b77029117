#pragma once

#include <memory>

#include "dialect/parser.h"

namespace flowmeter {

/// Reads one JSON document for each frame: a line of `-T ek` or an element of `-T json`, whole tree
/// or -e fields. Looks for the run's fields anywhere below the member "layers", whatever their
/// order, keeps repeated members, and takes strings, arrays of strings, booleans and numbers alike.
/// EK's index lines hold no frame; any other document without "layers" is a frame without fields. Statistics
/// that tshark's -z prints behind the last frame are passed over; the same in between is damage. Source:
/// tshark(1) -T ek and -T json; output of 3.4, 4.0, 4.4 and 4.6.
class JsonParser final : public RecordParser {
 public:
  explicit JsonParser(const FieldSet& fields);
  ~JsonParser() override;

  bool parse(std::span<char> text, Record& record) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace flowmeter
