#pragma once

#include <array>
#include <string>
#include <vector>

#include "schema/column.h"

namespace flowmeter {

/// One direction, as columns name it.
struct Side {
  const char* prefix;
  const char* adjective;
  Direction way;
};

inline constexpr std::array sides = {Side{"fwd", "forward", Direction::forward},
                                     Side{"bwd", "backward", Direction::backward}};

/// The tshark fields that sizes on that basis come from.
[[nodiscard]] std::vector<std::string> size_fields(SizeBasis basis);

/// The column groups, each in a file of its own (columns_NAME.cc).
[[nodiscard]] std::vector<Column> flowmeter_columns(const FeatureSettings& settings);
[[nodiscard]] std::vector<Column> id_columns(const FeatureSettings& settings);
[[nodiscard]] std::vector<Column> cic_columns(const FeatureSettings& settings);
[[nodiscard]] std::vector<Column> nfstream_columns(const FeatureSettings& settings);
[[nodiscard]] std::vector<Column> tcp_columns(const FeatureSettings& settings);

/// Part of tcp_columns(): the columns of a connection as a whole.
[[nodiscard]] std::vector<Column> tcp_connection_columns(const FeatureSettings& settings);
[[nodiscard]] std::vector<Column> splt_columns(const FeatureSettings& settings);
[[nodiscard]] std::vector<Column> extra_columns(const FeatureSettings& settings);

/// Any tshark fields, as the settings name them. Throws UsageError for what is no specification.
[[nodiscard]] std::vector<Column> field_columns(const FeatureSettings& settings);

/// What the flow's packets say above the transport.
[[nodiscard]] std::vector<Column> l7_columns(const FeatureSettings& settings);

/// What the payloads look like, byte by byte.
[[nodiscard]] std::vector<Column> payload_columns(const FeatureSettings& settings);

/// The label, if the run has rules for it.
[[nodiscard]] std::vector<Column> label_columns(const FeatureSettings& settings);

}  // namespace flowmeter
