#include "cli/option_hints.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/suggest.h"

namespace flowmeter {
namespace {

struct Hint {
  std::string_view words;  ///< options, with blanks around each
  std::string_view text;
};

constexpr std::string_view profile =
    "tshark runs without your profiles, so that they cannot change the rows; say what you need of one by "
    "--pref "
    "and -d";
constexpr std::string_view prints_flows = "flowmeter prints flows; packets are printed by tshark itself";

/// Options of tshark, and what people try: what is there in place of them.
constexpr std::array hints = {
    Hint{" -w ", "rows go to standard output, or to a file by -o; captures are not written"},
    Hint{" -n -N ", "names are never looked up: leave it out"},
    Hint{" -l ", "rows are written as soon as flows end: leave it out"},
    Hint{" -T -E --csv --tsv --json --jsonl ",
         "the form of the rows is chosen by --format (csv, tsv, jsonl)"},
    Hint{" -e ", "columns are chosen by --columns, and made of any field of tshark by --field"},
    Hint{" -z ", "flowmeter prints a row for each flow; other statistics are printed by tshark itself"},
    Hint{" -V -x -O -P -S ", prints_flows},
    Hint{" -R --filter ", "frames are chosen by -Y (display filter) or, while capturing, by -f"},
    Hint{" -a ", "a capture is ended by -c N or --duration SECONDS"},
    Hint{" -b ", "output files are replaced by --rotate-every SECONDS or --rotate-rows N"},
    Hint{" -F -W ", "captures are not written"},
    Hint{
        " -X ",
        "the format of the input is told by --read-format NAME; anything else of -X comes after --, with the "
        "other arguments for tshark"},
    Hint{" -C --config-profile ", profile},
    Hint{" -G ", "what tshark knows is printed by tshark -G"},
    Hint{" --input --read --file ", "inputs are named without an option"},
    Hint{" -2 -K -H -M -u --disable-protocol --enable-protocol --only-protocols --disable-all-protocols "
         "--enable-heuristic --disable-heuristic ",
         "arguments for tshark come last, after --"},
};

const Hint* hint_for(std::string_view name) {
  const std::string word = fmt::format(" {} ", name);
  const auto* const found = std::find_if(hints.begin(), hints.end(), [&](const Hint& hint) {
    return hint.words.find(word) != std::string_view::npos;
  });
  return found == hints.end() ? nullptr : found;
}

/// Names without the dashes.
std::vector<std::string> long_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    names.insert(names.end(), option->get_lnames().begin(), option->get_lnames().end());
  }
  return names;
}

/// The options that were meant: those whose names were cut, as getopt takes them, or the closest.
std::string options_meant(const CLI::App& app, std::string_view name) {
  if (!name.starts_with("--")) return {};
  name.remove_prefix(2);
  const std::vector<std::string> known = long_options(app);
  std::vector<std::string> meant;
  for (const std::string& option : known) {
    if (option.starts_with(name)) meant.push_back("--" + option);
  }
  if (meant.empty()) {
    if (const auto one = closest(name, known)) meant.push_back("--" + *one);
  }
  return meant.empty() ? std::string{} : fmt::format(", did you mean {}?", fmt::join(meant, " or "));
}

}  // namespace

std::string explain_unknown(const CLI::App& app, std::string_view word) {
  const std::string_view name = word.substr(0, word.find('='));
  const bool runs_tshark = app.get_option_no_throw("--tshark") != nullptr;
  if (runs_tshark) {
    if (const Hint* hint = hint_for(name.starts_with("--") ? name : name.substr(0, 2)); hint != nullptr) {
      return fmt::format("{} is no option here: {} (see --help)", name, hint->text);
    }
  }
  return fmt::format("there is no option {}{} (see --help)", name, options_meant(app, name));
}

void refuse_for_tshark(std::string_view argument) {
  const std::string_view name =
      argument.starts_with("--") ? argument.substr(0, argument.find('=')) : argument.substr(0, 2);
  const auto refuse = [&](std::string_view why) {
    throw UsageError(fmt::format("{} among the arguments for tshark: {}", argument, why));
  };
  if (name == "-C" || name == "--config-profile") refuse(profile);
  constexpr std::array form = {"-T", "-E", "-e", "-V", "-x", "-O", "-P", "-t"};
  if (std::find(form.begin(), form.end(), name) != form.end()) {
    refuse("flowmeter reads what tshark prints, and asks for it in a form of its own");
  }
  if (name == "-r" || name == "-i") refuse("inputs are named before --");
}

void refuse_preference_as_output(const std::string& output) {
  const std::size_t colon = output.find(':');
  if (colon == std::string::npos || output.find('/') != std::string::npos) return;
  const std::string_view name = std::string_view(output).substr(0, colon);
  const bool preference =
      name.find('.') != std::string_view::npos &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string_view::npos;
  std::error_code ignored;
  if (!preference || std::filesystem::exists(output, ignored)) return;
  throw UsageError(fmt::format(
      "-o {0}: names a file for the rows; preferences of tshark are set by --pref (-o ./{0} is that file)",
      output));
}

}  // namespace flowmeter
