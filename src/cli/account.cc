#include "cli/account.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <numeric>

#include "base/utc.h"

namespace flowmeter {
namespace {

std::string count(std::uint64_t number, const char* thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

std::uint64_t flows_of(const FlowTally& flows, Transport transport) {
  const auto& ended = flows[place_of(transport)];
  return std::accumulate(ended.begin(), ended.end(), std::uint64_t{0});
}

}  // namespace

InputResult result_of_exception(const std::string& name) {
  try {
    throw;
  } catch (const ReaderGone&) {
    return {ExitStatus::ok, "", true, false};
  } catch (const InputError& error) {
    return {error.nothing_done() ? ExitStatus::nothing_done : ExitStatus::damaged,
            fmt::format("{}: {}", name, error.what()), false, false};
  } catch (const OutputError& error) {
    return {ExitStatus::damaged, error.what(), true, false};
  } catch (const UsageError& error) {
    return {ExitStatus::nothing_done, error.what(), true, false};
  } catch (const std::exception& error) {
    return {ExitStatus::damaged, fmt::format("{}: {}", name, error.what()), false, false};
  }
}

CpuTime cpu_time() {
  const auto of = [](int who) {
    rusage usage{};
    getrusage(who, &usage);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  };
  return {of(RUSAGE_SELF), of(RUSAGE_CHILDREN)};
}

std::string in_words(const CpuTime& time) {
  const double all = time.own + time.others;
  return fmt::format("{:.2f} s, {:.0f} % of them in tshark", all, all > 0 ? time.others / all * 100 : 0);
}

std::vector<std::string> remarks_on(const FlowCounters& counters) {
  std::vector<std::string> remarks;
  if (const std::uint64_t number = counters.disordered_packets(); number != 0) {
    remarks.push_back(
        fmt::format("{} {} older than the previous packet of the flow; reordercap sorts a capture by time",
                    count(number, "packet"), number == 1 ? "is" : "are"));
  }
  if (const std::uint64_t number = counters.forgotten_streams(); number != 0) {
    remarks.push_back(
        fmt::format("{} {} split by a time-out so long ago that direction and part number are no longer "
                    "known; the next part counts as a first one",
                    count(number, "stream"), number == 1 ? "was" : "were"));
  }
  return remarks;
}

std::string summary(const InputAccount& account) {
  const FrameTally& frames = account.frames;
  std::string text = fmt::format(
      "{}: {} with packets, {} without a transport, {} quoted by ICMP errors only, {} with a cut header",
      count(frames.frames, "frame"), frames.with_packet, frames.without_transport, frames.only_quoted,
      frames.cut_header);
  if (frames.without_time != 0) text += fmt::format(", {} without a time stamp", frames.without_time);
  if (frames.older != 0) text += fmt::format(", {} older than the one before", frames.older);
  for (const Transport transport : all_transports) {
    const std::uint64_t packets = frames.packets[place_of(transport)];
    const std::uint64_t flows = flows_of(account.flows, transport);
    if (packets == 0 && flows == 0) continue;
    text += fmt::format("; {}: {} in {}", name_of(transport), count(packets, "packet"), count(flows, "flow"));
  }
  if (frames.earliest_ns) {
    text += fmt::format("; {} to {}", utc_text(*frames.earliest_ns, 9), utc_text(*frames.latest_ns, 9));
  }
  return text + fmt::format("; {:.3f} s", account.seconds);
}

}  // namespace flowmeter
