#pragma once

#include <optional>
#include <string_view>

namespace flowmeter {

/// What an input is, told by its first bytes.
enum class InputKind {
  empty,       ///< nothing at all
  ek,          ///< JSON documents one after the other: `tshark -T ek`, and what jq makes of an array
  json,        ///< arrays of `tshark -T json`
  fields,      ///< `tshark -T fields -E header=y`
  xml,         ///< PDML or PSML: refused
  headerless,  ///< values of `tshark -T fields` without their names: refused
  separated,   ///< names, but in quotes or with another separator than a tab: refused
  utf16,       ///< text that a Windows shell recoded: refused
  packed,      ///< text of tshark under gzip, zstd or LZ4: refused
  capture,     ///< pcap or pcapng, compressed or not
  cut,         ///< such a capture that ends in its header
  other,       ///< a capture of another format that has a mark of its own; only tshark can read it
  unknown,     ///< none of these: refused
};

/// Whether tshark can be asked for packets of it.
[[nodiscard]] constexpr bool is_capture(InputKind kind) noexcept {
  return kind == InputKind::capture || kind == InputKind::cut || kind == InputKind::other;
}

/// Bytes that are enough to tell: more need not be read ahead.
inline constexpr std::size_t sniff_bytes = 4096;

/// Tells what an input is that is not compressed, or nothing as long as `head` is too short for that. A byte
/// order mark says nothing. `at_end`: the input ends with `head`.
[[nodiscard]] std::optional<InputKind> sniff(std::string_view head, bool at_end) noexcept;

}  // namespace flowmeter
