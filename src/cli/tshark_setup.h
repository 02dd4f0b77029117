#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/report.h"
#include "cli/options.h"
#include "source/tshark_installation.h"

namespace flowmeter {

/// How the tshark of this machine is to be run for what the options ask for. Resolved once, when the
/// first capture needs it: an input that is tshark's output needs no tshark.
class TsharkSetup {
 public:
  struct Choice {
    TsharkOptions tshark;  ///< its program is a path
    TsharkOutputFormat decoder = TsharkOutputFormat::ek;
    std::string configuration_directory;  ///< private; empty: none
    FieldSet fields;                      ///< those of the plan that this tshark has
    bool shares = true;                   ///< several of its version number streams as one does
  };

  /// All of them outlive the object.
  TsharkSetup(const Options& options, const MeterPlan& plan, Reporter& reporter);

  /// Throws UsageError if there is no tshark, or none that can do it.
  [[nodiscard]] const Choice& get();

  /// The choice if it was made; null: nothing needed tshark.
  [[nodiscard]] const Choice* made() const noexcept { return choice_ ? &*choice_ : nullptr; }

 private:
  [[nodiscard]] Choice choose();
  [[nodiscard]] TsharkOutputFormat choose_decoder(bool version_was_tried) const;
  [[nodiscard]] FieldSet choose_fields();
  void refuse_fields_without_dissector(const std::string& configuration_directory) const;

  const Options& options_;
  const MeterPlan& plan_;
  Reporter& reporter_;
  std::unique_ptr<TsharkInstallation> installation_;
  std::optional<Choice> choice_;
};

}  // namespace flowmeter
