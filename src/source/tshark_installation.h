#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "source/field_names.h"
#include "source/file_cache.h"
#include "source/tshark_version.h"

namespace flowmeter {

/// Reads what `tshark --version` prints: "TShark (Wireshark) 4.0.17 (Git v4.0.17 packaged as ...".
/// An unknown version for text that no tshark printed.
[[nodiscard]] TsharkVersion parse_version(std::string_view text);

/// "4.0.17"
[[nodiscard]] std::string to_string(const TsharkVersion& tshark);

/// A warning if flowmeter was not tried with this version, else nothing.
[[nodiscard]] std::string explain_version(const TsharkVersion& tshark);

/// One tshark on this machine: what it is, worked out once and remembered in the user's cache.
///
/// It is known again by its real path, inode, size and time of change, by those of the libwireshark
/// and libwiretap that are found around it or in LD_LIBRARY_PATH, and by the variables that send
/// tshark elsewhere for its parts. What remains unseen: a script in front of a tshark that is
/// exchanged, libraries in unusual places that are exchanged without the program (packages of
/// distributions change both), and new plugins. The harm is small: names of dissectors that a
/// tshark does not have are ignored, and one that is missing stays switched on.
///
/// No cache is no error. Not thread-safe.
class TsharkInstallation {
 public:
  /// `program`: its path (see find_program), which is not run before something is asked, and then
  /// has `patience` to answer.
  explicit TsharkInstallation(std::string program, std::chrono::seconds patience = std::chrono::seconds(10));
  TsharkInstallation(const TsharkInstallation&) = delete;
  TsharkInstallation& operator=(const TsharkInstallation&) = delete;

  /// Its version; unknown if it cannot be run, fails, or does not answer in time.
  [[nodiscard]] const TsharkVersion& version();

  /// Throws UsageError if it is too old for all that flowmeter does. An unknown version passes.
  void check();

  /// The fields that it has. Throws UsageError if it does not tell them, or if a signal came meanwhile.
  [[nodiscard]] const FieldNames& fields();

  /// A directory with the files `disabled_protos` and `heuristic_protos`, by which tshark
  /// (WIRESHARK_CONFIG_DIR) stops at the transport layer; see derive_transport_profile(). Nothing
  /// may be added to it. It lasts as long as this object, unless someone clears the cache: ask
  /// again before each start of tshark, which is cheap.
  /// Throws UsageError if tshark does not tell its dissectors (it fails, does not answer in time,
  /// or its tables say nothing), if a signal came meanwhile (see Interrupt), or if there is no
  /// place for the files at all.
  [[nodiscard]] std::string transport_directory();

 private:
  /// What tells this tshark from others; empty if there is no such file.
  [[nodiscard]] std::string identity() const;
  /// Keeps files if the program is still the one that was asked; returns their directory.
  [[nodiscard]] std::optional<std::string> keep(std::string_view kind, const FileTexts& files) const;

  std::string program_;
  std::chrono::seconds patience_;
  FileCache cache_;
  std::string key_;  ///< the identity when the object was made
  std::optional<TsharkVersion> version_;
  std::optional<FieldNames> fields_;
  std::unique_ptr<TemporaryDirectory> transport_;  ///< where the cache cannot be used
};

}  // namespace flowmeter
