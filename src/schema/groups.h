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
  std::size_t way;  ///< index into states that are kept by direction
};

inline constexpr std::array sides = {Side{"fwd", "forward", 0}, Side{"bwd", "backward", 1}};

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

}  // namespace flowmeter
