#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "schema/label_rules.h"

namespace flowmeter {

/// A file that options name, as it was read.
struct GivenFile {
  std::string name;
  std::string sha256;  ///< of its bytes, hexadecimal
};

/// The files that decide how columns print flows, with the options that go with them.
struct GivenFiles {
  std::optional<GivenFile> key;  ///< of --anonymize
  std::optional<GivenFile> labels;
  LabelTime label_time = LabelTime::overlap;
  std::string label_zone;  ///< of the rules' times
  std::string label_default;
};

[[nodiscard]] inline GivenFile given_file(const std::string& name, std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return {name, digest.hex()};
}

}  // namespace flowmeter
