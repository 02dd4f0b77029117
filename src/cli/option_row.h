#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/words.h"
#include "cli/json_document.h"
#include "cli/options.h"

namespace flowmeter {

/// Values that are read when all is parsed.
struct RawOptions {
  std::string timeout = "600", active_timeout, transports = "tcp,udp", delimiter, na, key_file, labels,
              label_zone = "UTC", label_default = "-", duration, end_on, segment;
  LabelTime label_time = LabelTime::overlap;
  std::optional<bool> progress;
  std::int64_t rotate_every = 0;
  bool quiet = false, verbose = false;
};

/// What a command line is parsed into.
struct Given {
  Options options;
  RawOptions raw;
};

/// What a shell completes the value of an option with.
enum class Completion {
  nothing,
  words,
  word_list,
  file,
  directory,
  program,
  interfaces,
  columns,
  fields,
  zones
};
constexpr auto words_of(Completion) noexcept {
  return std::array<std::string_view, 10>{"nothing", "words",      "word list", "file",   "directory",
                                          "program", "interfaces", "columns",   "fields", "zones"};
}

/// Which of the program's commands have an option.
enum Commands : unsigned { flowmeter_command = 1, merge_command = 2, both_commands = 3 };

/// When an option is in --meta, and how.
enum class Recorded { always, or_null, if_set };

/// Writes a value of an option as a member.
template <class Value>
void write_option(JsonDocument& json, const char* name, const Value& value, Recorded when) {
  if (when == Recorded::if_set && value == Value{}) return;
  if constexpr (std::is_same_v<Value, bool>) {
    json.flag(name, value);
  } else if constexpr (std::is_same_v<Value, std::string>) {
    when == Recorded::or_null ? json.text_or_null(name, value) : json.text(name, value);
  } else if constexpr (std::is_same_v<Value, char>) {
    json.text(name, {&value, 1});
  } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
    json.list(name, value);
  } else if constexpr (std::is_enum_v<Value>) {
    json.text(name, word_for(value));
  } else if constexpr (std::is_same_v<Value, Seconds>) {
    json.real(name, value.count());
  } else if constexpr (std::is_integral_v<Value>) {
    json.number(name, value);
  } else if (value) {
    write_option(json, name, *value, Recorded::always);
  }
}

/// All that is known of an option, but for what the manual says.
struct OptionRow {
  std::string names;    ///< "-o,--output"; of a positional argument the word in its place
  std::string value;    ///< the word for its value in --help; empty: it has none
  std::string help;     ///< one line
  std::string group{};  ///< the heading in --help; empty: it is not shown there
  Commands commands = flowmeter_command;
  Completion completion = Completion::nothing;
  std::vector<std::string> words{};  ///< that its value can be, or can begin with
  std::string needs{};               ///< an option without which it is refused
  bool repeats = false;              ///< can be given several times
  bool alone = false;                ///< prints something and ends

  /// Makes it known to the parser. `row` is the complete row.
  std::function<CLI::Option*(CLI::App&, const OptionRow& row, Given&)> bind{};
  std::function<void(CLI::Option&)> limit{};  ///< refuses other values, or shows the default; or none

  /// Writes what it means to --meta; or none.
  std::function<void(JsonDocument&, const Options&)> record{};
  int place = 0;  ///< among the members there: they stand in the order of these numbers

  /// Writes the member of Options that it is bound to; or none.
  std::function<void(JsonDocument&, const char* name, const Options&, Recorded)> write_member{};

  // To write rows with.

  OptionRow&& in(Commands which) && { return commands = which, std::move(*this); }
  OptionRow&& completes(Completion with) && { return completion = with, std::move(*this); }
  OptionRow&& completes(std::vector<std::string> with, Completion how = Completion::words) && {
    return words = std::move(with), completion = how, std::move(*this);
  }
  OptionRow&& only_with(const char* option) && { return needs = option, std::move(*this); }
  OptionRow&& repeatable() && { return repeats = true, std::move(*this); }
  OptionRow&& ends() && { return alone = true, std::move(*this); }
  OptionRow&& shows_default() && {
    return limited([](CLI::Option& option) { option.capture_default_str(); });
  }
  OptionRow&& shows(const char* text) && {
    return limited([text](CLI::Option& option) { option.default_str(text); });
  }
  OptionRow&& checked(const CLI::Validator& check) && {
    return limited([check](CLI::Option& option) { option.check(CLI::Validator(check).description("")); });
  }
  OptionRow&& between(std::uint64_t least, std::uint64_t most) && {
    return std::move(*this).checked(CLI::Range(least, most));
  }
  /// Is in --meta there, under that name.
  OptionRow&& meta(int where, const char* name, Recorded when = Recorded::always) && {
    return std::move(*this).meta(
        where, [name, when, write = write_member](JsonDocument& json, const Options& options) {
          write(json, name, options, when);
        });
  }
  /// Is in --meta there, as `write` writes it.
  OptionRow&& meta(int where, std::function<void(JsonDocument&, const Options&)> write) && {
    return place = where, record = std::move(write), std::move(*this);
  }

 private:
  OptionRow&& limited(std::function<void(CLI::Option&)> more) {
    limit = [before = std::move(limit), more = std::move(more)](CLI::Option& option) {
      if (before) before(option);
      more(option);
    };
    return std::move(*this);
  }
};

namespace option_path {

template <class Object, class Class, class Member, class... Rest>
auto& follow(Object& object, Member Class::*first, Rest... rest) {
  if constexpr (sizeof...(rest) == 0) {
    return object.*first;
  } else {
    return follow(object.*first, rest...);
  }
}
template <class Member, class... Rest>
auto& in(Given& given, Member Options::*first, Rest... rest) {
  return follow(given.options, first, rest...);
}
template <class Member, class... Rest>
auto& in(Given& given, Member RawOptions::*first, Rest... rest) {
  return follow(given.raw, first, rest...);
}

template <class... Rest>
auto recorder(Rest... path) {
  return [path...](JsonDocument& json, const char* name, const Options& options, Recorded when) {
    write_option(json, name, follow(options, path...), when);
  };
}
template <class Member, class... Rest>
void record_in(OptionRow& row, Member Options::*first, Rest... rest) {
  row.write_member = recorder(first, rest...);
}
template <class Member, class... Rest>
void record_in(OptionRow& /*row*/, Member RawOptions::* /*first*/, Rest... /*rest*/) {}

}  // namespace option_path

/// Writes a member of Options, for an option that is parsed into another one.
template <class... Path>
auto member(const char* name, Recorded when, Path... path) {
  return [name, when, write = option_path::recorder(path...)](JsonDocument& json, const Options& options) {
    write(json, name, options, when);
  };
}

/// An option with a value, which the members lead to: of Options or of RawOptions, then of what is in it.
template <class... Path>
OptionRow value_row(const char* names, const char* value, std::string help, Path... path) {
  OptionRow row{names, value, std::move(help)};
  option_path::record_in(row, path...);
  row.bind = [path...](CLI::App& app, const OptionRow& full, Given& given) {
    return app.add_option(full.names, option_path::in(given, path...), full.help)->type_name(full.value);
  };
  return row;
}

/// An option without a value, which sets the member to true.
template <class... Path>
OptionRow flag_row(const char* names, std::string help, Path... path) {
  OptionRow row{names, "", std::move(help)};
  option_path::record_in(row, path...);
  row.bind = [path...](CLI::App& app, const OptionRow& full, Given& given) {
    return app.add_flag(full.names, option_path::in(given, path...), full.help);
  };
  return row;
}

/// Likewise, which sets the member to that value.
template <class... Path>
OptionRow switch_row(const char* names, std::string help, bool to, Path... path) {
  OptionRow row{names, "", std::move(help)};
  option_path::record_in(row, path...);
  row.bind = [to, path...](CLI::App& app, const OptionRow& full, Given& given) {
    auto& target = option_path::in(given, path...);
    return app.add_flag_callback(
        full.names, [&target, to] { target = to; }, full.help);
  };
  return row;
}

/// An option whose value is one of the words of an enumeration, the first of which is the default. `offered`:
/// only so many of them.
template <class... Path>
OptionRow choice_row(const char* names, std::string help, std::size_t offered, Path... path) {
  using Value = std::remove_reference_t<decltype(option_path::in(std::declval<Given&>(), path...))>;
  const auto known = words_of(Value{});
  OptionRow row{names, "NAME", std::move(help)};
  option_path::record_in(row, path...);
  row.words.assign(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(offered));
  row.completion = Completion::words;
  row.bind = [path...](CLI::App& app, const OptionRow& full, Given& given) {
    Value& target = option_path::in(given, path...);
    const auto set = [&target](const std::string& word) { target = *value_for<Value>(word); };
    return app.add_option_function<std::string>(full.names, set, full.help)
        ->type_name(full.value)
        ->check(CLI::IsMember(full.words).description(""))
        ->default_str(full.words.front());
  };
  return row;
}

}  // namespace flowmeter
