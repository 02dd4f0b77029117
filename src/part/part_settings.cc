#include "part/part_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "base/error.h"
#include "sink/row_writer.h"

namespace flowmeter {
namespace {

/// One setting: its name, and how it is written and read.
struct Setting {
  const char* name;
  std::function<std::string(const MeterOptions&)> write;
  std::function<bool(MeterOptions&, const std::string&)> read;
};

template <class Value, class Words>
Setting choice(const char* name, Value MeterOptions::*member, const Words& words) {
  return {name,
          [=](const MeterOptions& options) {
            return std::string(words[static_cast<std::size_t>(options.*member)]);
          },
          [=](MeterOptions& options, const std::string& text) {
            const auto found = std::find(words.begin(), words.end(), text);
            options.*member = static_cast<Value>(found - words.begin());
            return found != words.end();
          }};
}

template <class Value, class Words>
Setting feature(const char* name, Value FeatureSettings::*member, const Words& words) {
  return {name,
          [=](const MeterOptions& options) {
            return std::string(words[static_cast<std::size_t>(options.features.*member)]);
          },
          [=](MeterOptions& options, const std::string& text) {
            const auto found = std::find(words.begin(), words.end(), text);
            options.features.*member = static_cast<Value>(found - words.begin());
            return found != words.end();
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

using Words2 = std::array<std::string_view, 2>;
using Words3 = std::array<std::string_view, 3>;

/// In the order of the enumerations.
const std::vector<Setting>& all_settings() {
  static const std::vector<Setting> all = {
      text("schema", &MeterOptions::schema),
      text("columns", &MeterOptions::columns),
      seconds("timeout of tcp", &MeterOptions::tcp_idle_timeout),
      seconds("timeout of udp", &MeterOptions::udp_idle_timeout),
      choice("direction", &MeterOptions::direction, Words2{"first", "handshake"}),
      choice("tunnel", &MeterOptions::tunnel, Words3{"all", "inner", "outer"}),
      feature("size", &FeatureSettings::size, Words3{"frame", "ip", "payload"}),
      number("splt", &FeatureSettings::splt_packets),
      feature("splt-packets", &FeatureSettings::splt_basis, Words2{"all", "payload"}),
      feature("splt-layout", &FeatureSettings::splt_layout, Words2{"wide", "list"}),
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
