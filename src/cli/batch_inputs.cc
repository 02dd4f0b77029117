#include "cli/batch_inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <string>

#include "base/error.h"
#include "cli/continuous.h"
#include "source/tshark_command.h"

namespace flowmeter {
namespace {

/// An input that goes on until somebody ends it is the only one.
BatchInputs single(const std::string& path, const std::filesystem::path& below, InputOrigin origin) {
  return {{{path, below, false, {}, origin}}};
}

}  // namespace

BatchInputs inputs_of(const Options& options, Reporter& reporter) {
  if (const auto& interfaces = options.live.interfaces; !interfaces.empty()) {
    const std::string name = fmt::format("{}", fmt::join(interfaces, ","));
    return single(name, name, InputOrigin::interface);
  }
  for (const auto& [path, origin] :
       {std::pair(options.follow, InputOrigin::growing), std::pair(options.watch, InputOrigin::directory)}) {
    if (!path.empty()) return single(path, std::filesystem::path(path).filename(), origin);
  }
  auto [inputs, others] = list_inputs(options.inputs, options.recursive, !options.tshark.read_format.empty());
  for (const std::string& path : others) reporter.note(fmt::format("{}: is no capture, passed over", path));
  if (inputs.empty()) {
    throw UsageError(fmt::format("{}: no captures found below", fmt::join(options.inputs, ", ")));
  }
  if (!options.continuous) return {std::move(inputs), others.size()};
  return {{one_after_the_other(inputs, find_program(options.tshark.program), reporter)}};
}

}  // namespace flowmeter
