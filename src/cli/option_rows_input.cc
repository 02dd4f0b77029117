#include <cstdint>

#include "cli/option_rows.h"

namespace flowmeter::option_rows {
namespace {

using enum Recorded;

constexpr std::uint64_t most_frames = INT32_MAX;

/// What belongs to live captures only.
template <class... Path>
auto live_member(const char* name, Recorded when, Path... path) {
  return [write = member(name, when, &Options::live, path...)](JsonDocument& json, const Options& options) {
    if (!options.live.interfaces.empty()) write(json, options);
  };
}

}  // namespace

Rows input() {
  return {
      flag_row("-r,--recursive", "Take all captures below directories", &Options::recursive)
          .meta(40, "recursive"),
      flag_row("--continuous",
               "The captures are parts of one: flows continue from file to file, in time order",
               &Options::continuous)
          .meta(41, "continuous"),
      value_row("-Y,--display-filter", "FILTER", "Count only frames that match this display filter of tshark",
                &Options::tshark, &TsharkOptions::display_filter)
          .meta(22, "display_filter", or_null),
      value_row("-d,--decode-as", "RULE", "tshark's decode-as rule (repeatable)", &Options::tshark,
                &TsharkOptions::decode_as)
          .repeatable()
          .meta(23, "decode_as"),
      value_row("--pref", "NAME:VALUE", "A tshark preference, as its -o takes it (repeatable)",
                &Options::tshark, &TsharkOptions::preferences)
          .repeatable()
          .meta(24, "preferences"),
      value_row("--read-format", "NAME",
                "What the inputs are, as tshark -X read_format: names it; for formats that it can only guess",
                &Options::tshark, &TsharkOptions::read_format)
          .meta(26, "read_format", if_set),
      value_row("--tshark", "PATH", "The tshark to run", &Options::tshark, &TsharkOptions::program)
          .shows_default()
          .completes(Completion::program)
          .meta(20, "tshark"),
      flag_row("--transport-only",
               "Switch application dissectors off: faster; see doc/tshark.md for what differs",
               &Options::tshark, &TsharkOptions::transport_only)
          .meta(25, "transport_only"),
      choice_row("--decoder",
                 "Format to read from tshark: ek, json, columns, or auto (the fastest exact one)", 4,
                 &Options::decoder)
          .meta(21, "decoder"),
      value_row("-j,--jobs", "N", "Number of tsharks to run at once (default: one for each core)",
                &Options::jobs)
          .between(1, 256)
          .meta(28, "jobs"),
      value_row("--life-frames", "N",
                "Frames after which a tshark is replaced, to bound its memory (0: never)",
                &Options::life_frames)
          .checked(CLI::NonNegativeNumber)
          .shows_default()
          .meta(29, "life_frames"),
      flag_row("--keep-going", "Skip damaged records of tshark's output and report their number",
               &Options::keep_going)
          .meta(39, "keep_going"),
      flag_row("--print-command", "Print the tshark command line that would be run, and exit",
               &Options::print_command),
      value_row("-c,--frames", "N", "Stop after this number of frames: captured ones, or those of each input",
                &Options::live, &LiveOptions::frames)
          .between(1, most_frames)
          .meta(33, "stop_frames", if_set),
  };
}

Rows live() {
  return {
      value_row("-i,--interface", "NAME", "Capture on this interface until SIGINT (repeatable)",
                &Options::live, &LiveOptions::interfaces)
          .repeatable()
          .completes(Completion::interfaces)
          .meta(34, "interfaces", if_set),
      value_row("-f,--capture-filter", "FILTER", "Capture only what this filter matches (syntax of tcpdump)",
                &Options::live, &LiveOptions::filter)
          .meta(35, live_member("capture_filter", or_null, &LiveOptions::filter)),
      value_row("--duration", "SECONDS", "Stop after this number of seconds", &RawOptions::duration)
          .meta(32, member("duration", if_set, &Options::duration)),
      value_row("-s,--snaplen", "BYTES", "Bytes to capture of each frame (default: all)", &Options::live,
                &LiveOptions::snaplen)
          .between(1, 262'144)
          .meta(36, live_member("snaplen", if_set, &LiveOptions::snaplen)),
      value_row("-B,--buffer-size", "MIB", "The kernel's buffer for each interface", &Options::live,
                &LiveOptions::buffer_mib)
          .between(1, 2047)
          .shows_default()
          .meta(37, live_member("buffer_mib", always, &LiveOptions::buffer_mib)),
      switch_row("-p,--no-promiscuous", "Only frames from and to this machine", false, &Options::live,
                 &LiveOptions::promiscuous)
          .meta(38, live_member("promiscuous", always, &LiveOptions::promiscuous)),
      value_row("--follow", "FILE", "Read this file and what is appended to it, until SIGINT",
                &Options::follow)
          .completes(Completion::file)
          .meta(30, "follow", if_set),
      value_row("--watch", "DIRECTORY",
                "Read the captures that are finished in this directory (tcpdump -G, dumpcap -b) as one, "
                "until SIGINT",
                &Options::watch)
          .completes(Completion::directory)
          .meta(31, "watch", if_set),
      flag_row("-D,--list-interfaces", "List the interfaces, and exit", &Options::list_interfaces).ends(),
  };
}

}  // namespace flowmeter::option_rows
