#include "cli/tshark_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "base/error.h"

namespace flowmeter {

TsharkSetup::TsharkSetup(const Options& options, const MeterPlan& plan, Reporter& reporter)
    : options_(options), plan_(plan), reporter_(reporter) {}

/// By columns where they carry everything exactly, else by EK.
TsharkOutputFormat TsharkSetup::choose_decoder(bool version_was_tried) const {
  if (options_.decoder == TsharkOutputChoice::ek) return TsharkOutputFormat::ek;
  if (options_.decoder == TsharkOutputChoice::json) return TsharkOutputFormat::json;
  // Of its layers columns show a part at least, which may do where they tell packets; not where they are
  // printed.
  const bool prints_layers = plan_.named.find("frame.protocols") != no_field;
  const auto exact = [prints_layers](const std::string& name) {
    return exact_in_columns(name) && !(prints_layers && name == "frame.protocols");
  };
  const auto& names = plan_.fields.names();
  const auto inexact = std::find_if_not(names.begin(), names.end(), exact);
  if (options_.decoder == TsharkOutputChoice::columns) {
    if (inexact == names.end()) return TsharkOutputFormat::columns;
    throw UsageError(fmt::format("--decoder columns cannot carry the field {}", *inexact));
  }
  return inexact == names.end() && version_was_tried ? TsharkOutputFormat::columns : TsharkOutputFormat::ek;
}

/// The protocols that a configuration switches off.
std::set<std::string> disabled_protocols(const std::string& configuration_directory) {
  std::ifstream file(configuration_directory + "/disabled_protos");
  std::set<std::string> names;
  for (std::string name; std::getline(file, name);) names.insert(name);
  return names;
}

/// The table of fields is long: it is looked at only for fields that some tsharks do not have.
FieldSet TsharkSetup::choose_fields() {
  if (plan_.named.size() == 0 && plan_.optional.size() == 0) return plan_.fields;
  const FieldNames& known = installation_->fields();
  for (const std::string& field : plan_.named.names()) {
    if (known.contains(field)) continue;
    throw UsageError(fmt::format("column {}: {} has no field \"{}\"{}", plan_.column_of(field),
                                 options_.tshark.program, field, known.hint(field)));
  }
  FieldSet chosen;
  for (const std::string& field : plan_.fields.names()) {
    if (plan_.optional.find(field) == no_field || known.contains(field)) chosen.add(field);
  }
  return chosen;
}

/// Without its dissector a field would be empty, as if it were in none of the packets.
void TsharkSetup::refuse_fields_without_dissector(const std::string& configuration_directory) const {
  const std::set<std::string> disabled = disabled_protocols(configuration_directory);
  for (const std::string& field : plan_.fields.names()) {
    const std::string protocol = field.substr(0, field.find('.'));
    if (!disabled.contains(protocol)) continue;
    throw UsageError(fmt::format("column {} needs the dissector of {}, which --transport-only switches off",
                                 plan_.column_of(field), protocol));
  }
}

const TsharkSetup::Choice& TsharkSetup::get() {
  if (!choice_) {
    choice_ = choose();
  } else if (options_.tshark.transport_only) {  // somebody may have cleared the cache
    choice_->configuration_directory = installation_->transport_directory();
  }
  return *choice_;
}

TsharkSetup::Choice TsharkSetup::choose() {
  Choice choice;
  choice.tshark = options_.tshark;
  choice.tshark.program = find_program(options_.tshark.program);
  installation_ = std::make_unique<TsharkInstallation>(choice.tshark.program);
  installation_->check();
  choice.tshark.version = installation_->version();
  const TsharkVersion& version = choice.tshark.version;
  if (!version.known()) {
    throw UsageError(fmt::format("{} does not print a version; is it a tshark?", choice.tshark.program));
  }
  const std::string warning = explain_version(version);
  if (!warning.empty()) reporter_.warning(warning);
  choice.decoder = choose_decoder(warning.empty());
  choice.shares = numbers_streams_as_known(version);
  if (!choice.shares && options_.jobs_given && options_.jobs > 1) {
    reporter_.warning(
        fmt::format("flowmeter assigns packets to streams by the rules of tshark 4.0: with {}, -j may give "
                    "other streams than a single tshark",
                    to_string(version)));
  }
  choice.fields = choose_fields();
  if (options_.tshark.transport_only) {
    if (plan_.applications) {
      throw UsageError(
          fmt::format("--schema {} needs the application dissectors that --transport-only switches off",
                      options_.meter.schema));
    }
    choice.configuration_directory = installation_->transport_directory();
    refuse_fields_without_dissector(choice.configuration_directory);
  }
  return choice;
}

}  // namespace flowmeter
