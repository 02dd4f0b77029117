#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dialect/fields.h"

namespace flowmeter {

/// Finds a run's fields under the member names that tshark's JSON dialects give them:
/// "tcp.stream" (-T json), "tcp_stream" (-T ek -e) and "tcp_tcp_stream" (-T ek, whole tree: the
/// abbreviation of the field's protocol comes first, which for tcp.options.mss_val is
/// tcp.options.mss). In Wireshark 2 that of the item above the field came first, which may be text or an
/// expert's remark (tcp_options_mss_tcp_options_mss_val, text_tcp_time_delta,
/// _ws_expert_tcp_analysis_retransmission).
class KeyTable {
 public:
  explicit KeyTable(const FieldSet& fields);

  /// The field, or no_field. Members mostly follow each other in the same order in every record, so
  /// what followed the last key the last time is tried first.
  FieldId find(std::string_view key) noexcept;

 private:
  struct Entry {
    std::string key;
    FieldId field;
    std::size_t successor;
  };

  void add(std::string key, FieldId field);

  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, std::size_t> index_;
  std::size_t last_ = 0;
};

}  // namespace flowmeter
