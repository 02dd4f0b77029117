#pragma once

#include <span>

namespace flowmeter {

/// A name in another tool's header, and the column that has the values for it.
struct HeaderName {
  const char* name;
  const char* column;
};

/// The 84 names of CICFlowMeter's output, in order: FlowFeature.java of January 2022 (98a5ebad), the
/// last there is.
[[nodiscard]] std::span<const HeaderName> cicflowmeter_header();

/// NFStream's core features, up to the first of those that have columns of their own under NFStream's
/// names, the group nfstream.
[[nodiscard]] std::span<const HeaderName> nfstream_core_header();

}  // namespace flowmeter
