#include "cli/tshark_setup.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace flowmeter {

TsharkSetup::TsharkSetup(const Options& options, const FieldSet& fields, Reporter& reporter)
    : options_(options), fields_(fields), reporter_(reporter) {}

/// By columns where they carry everything exactly, else by EK.
Decoder TsharkSetup::choose_decoder(bool version_was_tried) const {
  if (options_.decoder == DecoderChoice::ek) return Decoder::ek;
  if (options_.decoder == DecoderChoice::json) return Decoder::json;
  const auto& names = fields_.names();
  const auto inexact = std::find_if_not(
      names.begin(), names.end(), [](const std::string& name) { return exact_in_columns(name); });
  if (options_.decoder == DecoderChoice::columns) {
    if (inexact == names.end()) return Decoder::columns;
    throw UsageError(fmt::format("--decoder columns cannot carry the field {}", *inexact));
  }
  return inexact == names.end() && version_was_tried ? Decoder::columns : Decoder::ek;
}

const TsharkSetup::Choice& TsharkSetup::get() {
  if (choice_) {
    if (options_.tshark.transport_only) {  // somebody may have cleared the cache
      choice_->configuration_directory = installation_->transport_directory();
    }
    return *choice_;
  }
  Choice choice;
  choice.tshark = options_.tshark;
  choice.tshark.program = find_program(options_.tshark.program);
  installation_ = std::make_unique<TsharkInstallation>(choice.tshark.program);
  installation_->check();
  if (!installation_->version().known()) {
    throw UsageError(fmt::format("{} does not say which version it is; is it a tshark?",
                                 choice.tshark.program));
  }
  const std::string warning = explain_version(installation_->version());
  if (!warning.empty()) reporter_.warning(warning);
  choice.decoder = choose_decoder(warning.empty());
  if (options_.tshark.transport_only) {
    if (options_.meter.schema == "pyflowmeter") {
      throw UsageError(
          "--schema pyflowmeter needs the application dissectors that --transport-only switches off");
    }
    choice.configuration_directory = installation_->transport_directory();
  }
  choice_ = std::move(choice);
  return *choice_;
}

}  // namespace flowmeter
