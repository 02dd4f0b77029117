#include "part/part_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>

#include "base/error.h"
#include "base/words.h"
#include "sink/row_writer.h"

namespace flowmeter {
namespace {

/// One setting: its name, and how it is written and read.
struct Setting {
  const char* name;
  std::function<std::string(const MeterOptions&)> write;
  std::function<bool(MeterOptions&, const std::string&)> read;
};

/// Sets the value that the word is for; false: there is none.
template <class Value>
bool read_word(Value& value, const std::string& word) {
  const std::optional<Value> known = value_for<Value>(word);
  if (known) value = *known;
  return known.has_value();
}

template <class Value>
Setting choice(const char* name, Value MeterOptions::*member) {
  return {name, [=](const MeterOptions& options) { return std::string(word_for(options.*member)); },
          [=](MeterOptions& options, const std::string& text) { return read_word(options.*member, text); }};
}

template <class Value>
Setting feature(const char* name, Value FeatureSettings::*member) {
  return {name, [=](const MeterOptions& options) { return std::string(word_for(options.features.*member)); },
          [=](MeterOptions& options, const std::string& text) {
            return read_word(options.features.*member, text);
          }};
}

Setting number(const char* name, std::size_t FeatureSettings::*member) {
  return {name, [=](const MeterOptions& options) { return std::to_string(options.features.*member); },
          [=](MeterOptions& options, const std::string& text) {
            const char* const last = text.data() + text.size();
            const auto [end, error] = std::from_chars(text.data(), last, options.features.*member);
            return error == std::errc{} && end == last;
          }};
}

Setting seconds(const char* name, Seconds MeterOptions::*member) {
  return {name,
          [=](const MeterOptions& options) {
            std::string text;
            append_real(text, (options.*member).count());
            return text;
          },
          [=](MeterOptions& options, const std::string& text) {
            double value = 0;
            const char* const last = text.data() + text.size();
            const auto [end, error] = std::from_chars(text.data(), last, value);
            options.*member = Seconds(value);
            return error == std::errc{} && end == last && value >= 0;
          }};
}

Setting text(const char* name, std::string MeterOptions::*member) {
  return {name, [=](const MeterOptions& options) { return options.*member; },
          [=](MeterOptions& options, const std::string& value) {
            options.*member = value;
            return true;
          }};
}

/// Specifications have no line ends.
Setting fields() {
  return {"field",
          [](const MeterOptions& options) {
            std::string all;
            for (const std::string& field : options.features.fields) all += field + '\n';
            return all;
          },
          [](MeterOptions& options, const std::string& all) {
            options.features.fields.clear();
            for (std::size_t at = 0; at < all.size();) {
              const std::size_t end = std::min(all.find('\n', at), all.size());
              options.features.fields.push_back(all.substr(at, end - at));
              at = end + 1;
            }
            return true;
          }};
}

const std::vector<Setting>& all_settings() {
  static const std::vector<Setting> all = {
      text("schema", &MeterOptions::schema),
      text("columns", &MeterOptions::columns),
      seconds("timeout of tcp", &MeterOptions::tcp_idle_timeout),
      seconds("timeout of udp", &MeterOptions::udp_idle_timeout),
      choice("direction", &MeterOptions::direction),
      choice("tunnel", &MeterOptions::tunnel),
      feature("size", &FeatureSettings::size),
      number("splt", &FeatureSettings::splt_packets),
      feature("splt-packets", &FeatureSettings::splt_basis),
      feature("splt-layout", &FeatureSettings::splt_layout),
      number("list-max", &FeatureSettings::list_max),
      fields(),
  };
  return all;
}

}  // namespace

PartSettings settings_of(const MeterOptions& options) {
  PartSettings settings;
  for (const Setting& setting : all_settings()) settings.emplace_back(setting.name, setting.write(options));
  return settings;
}

void read_settings(const PartSettings& settings, MeterOptions& options) {
  for (const Setting& setting : all_settings()) {
    const auto found = std::find_if(settings.begin(), settings.end(),
                                    [&](const auto& member) { return member.first == setting.name; });
    if (found == settings.end()) throw InputError(fmt::format("lacks the setting {}", setting.name));
    if (!setting.read(options, found->second)) {
      throw InputError(
          fmt::format("its setting {} has the invalid value \"{:.40}\"", setting.name, found->second));
    }
  }
}

StreamRules rules_of(const PartSettings& settings) {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [](const auto& member) { return member.first == tshark_setting; });
  const auto rules = found == settings.end() ? std::nullopt : StreamRules::of(found->second);
  return rules.value_or(StreamRules::usual());
}

std::string difference(const PartSettings& settings, const PartSettings& others) {
  const auto value_in = [](const PartSettings& all, const std::string& name) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& member) { return member.first == name; });
    return found == all.end() ? std::string("unknown") : found->second;
  };
  const auto compare = [&](const PartSettings& names) -> std::string {
    for (const auto& [name, ignored] : names) {
      const std::string value = value_in(settings, name), other = value_in(others, name);
      if (value != other) return fmt::format("its {} is \"{}\", not \"{}\"", name, value, other);
    }
    return {};
  };
  const std::string found = compare(settings);
  return found.empty() ? compare(others) : found;
}

}  // namespace flowmeter
