#pragma once

#include <memory>

#include "dialect/parser.h"

namespace flowmeter {

/// Reads one JSON document for each frame: a line of `-T ek` or an element of `-T json`, whole tree
/// or -e fields. Looks for the run's fields anywhere below the member "layers", whatever their
/// order, keeps repeated members, and takes strings, arrays of strings, booleans and numbers alike.
/// A document without "layers" may be the layers themselves (`jq ._source.layers`), if it has a member of the
/// layer frame. Bulk lines of the actions index and create, and null, hold no frame; any other document
/// without "layers" is a frame without fields. Lines of text are no frames either, see before().
///
/// What only reads like a field is none: the bytes of a field beside it (-x: "tcp.seq_raw" of tcp.seq), and
/// the texts that -T json has for keys. Source: tshark(1) -T ek and -T json; output of 3.4, 4.0, 4.4 and 4.6,
/// and the spellings of Wireshark 2.
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
