#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "cli/option_rows.h"
#include "cli/option_values.h"
#include "schema/schemas.h"

namespace flowmeter::option_rows {
namespace {

using enum Recorded;

constexpr std::uint64_t most_splt_packets = 1024;

void write_splt(JsonDocument& json, const Options& options) {
  const FeatureSettings& features = options.meter.features;
  if (features.splt_packets == 0) return;
  json.object("splt", [&] {
    json.number("packets", features.splt_packets);
    json.text("of", word_for(features.splt_basis));
    json.text("layout", word_for(features.splt_layout));
  });
}

void write_timeouts(JsonDocument& json, const Options& options) {
  json.object("timeout", [&] {
    for (const Transport transport : all_transports) {
      if (!options.meter.transports.has(transport)) continue;
      json.real(name_of(transport).data(), idle_timeout(options.meter, transport).count());
    }
  });
}

/// Files by their digests: of a key nothing else is told.
void write_key(JsonDocument& json, const Options& options) {
  if (!options.files.key) return;
  json.object("anonymize", [&] { json.text("sha256", options.files.key->sha256); });
}

void write_labels(JsonDocument& json, const Options& options) {
  const GivenFiles& files = options.files;
  if (!files.labels) return;
  json.object("labels", [&] {
    json.text("name", files.labels->name);
    json.text("sha256", files.labels->sha256);
    json.text("time", word_for(files.label_time));
    json.text("time_zone", files.label_zone);
    json.text("default", files.label_default);
  });
}

}  // namespace

Rows flows() {
  return {
      value_row("--transport", "LIST",
                fmt::format("Protocols that flows are kept for: {} (echo conversations)",
                            fmt::join(transport_words(), ", ")),
                &RawOptions::transports)
          .shows_default()
          .completes(transport_words(), Completion::word_list),
      value_row("-t,--timeout", "SECONDS",
                "A flow ends when its stream is idle for longer than this; 600,udp=60: by protocol",
                &RawOptions::timeout)
          .shows_default()
          .meta(11, &write_timeouts),
      value_row("--active-timeout", "SECONDS",
                "A flow ends at a packet that is later than its first one by more than this",
                &RawOptions::active_timeout)
          .meta(12, member("active_timeout", if_set, &Options::meter, &MeterOptions::active_timeout)),
      value_row("--end-on", "EVENT",
                "close: a TCP flow also ends 2 s after both FINs or a RST; close=SECONDS: after that long",
                &RawOptions::end_on)
          .completes({"close"})
          .meta(13, member("close_linger", if_set, &Options::meter, &MeterOptions::close_linger)),
      value_row("--max-flows", "N",
                "Maximum number of open flows; the flow that is idle for the longest time ends for a new one",
                &Options::meter, &MeterOptions::most_flows)
          .between(1, std::numeric_limits<std::uint64_t>::max())
          .meta(14, "max_flows", if_set),
      choice_row("--direction",
                 "Forward is from the sender of the first packet (first), or from its receiver if it is a "
                 "SYN+ACK (handshake)",
                 2, &Options::meter, &MeterOptions::direction)
          .meta(15, "direction"),
      choice_row("--tunnel", "Which transport headers of a frame with several count: all, inner, outer", 3,
                 &Options::meter, &MeterOptions::tunnel)
          .meta(16, "tunnel"),
      choice_row("--clock",
                 "Times of packets: their own (raw), or never earlier than the previous packet's (monotone)",
                 2, &Options::meter, &MeterOptions::clock)
          .meta(17, "clock"),
  };
}

/// Which columns, and which states flows have for them.
Rows columns() {
  return {
      value_row("--schema", "NAME", fmt::format("Set of columns: {}", fmt::join(schema_names(), ", ")),
                &Options::meter, &MeterOptions::schema)
          .in(both_commands)
          .shows_default()
          .completes(schema_names())
          .meta(1, "schema"),
      value_row("--columns", "LIST", "Columns and groups: a,b chooses; +a adds to the schema's; =-a drops",
                &Options::meter, &MeterOptions::columns)
          .in(both_commands)
          .completes(Completion::columns)
          .meta(2, "columns", or_null),
      choice_row("--size", "Sizes in the default columns: frame, ip, payload", 3, &Options::meter,
                 &MeterOptions::features, &FeatureSettings::size)
          .meta(4, "size"),
      value_row("--splt", "N", "Add the group splt: sizes, gaps and flags of the first N packets",
                &Options::meter, &MeterOptions::features, &FeatureSettings::splt_packets)
          .between(1, most_splt_packets)
          .meta(10, &write_splt),
      choice_row("--splt-packets", "Packets of --splt: all, or payload (no empty ones, no retransmissions)",
                 2, &Options::meter, &MeterOptions::features, &FeatureSettings::splt_basis)
          .only_with("--splt"),
      choice_row("--splt-layout", "Columns of --splt: one for each packet (wide) or one cell for all (list)",
                 2, &Options::meter, &MeterOptions::features, &FeatureSettings::splt_layout)
          .only_with("--splt"),
      value_row("--field", "SPEC",
                "Columns of any tshark field: FIELD[:fwd|bwd|both][:AGGREGATE,...][=NAME] (repeatable)",
                &Options::meter, &MeterOptions::features, &FeatureSettings::fields)
          .repeatable()
          .completes(Completion::fields)
          .meta(6, "field"),
      value_row("--list-max", "N", "Maximum number of values in a cell that lists them", &Options::meter,
                &MeterOptions::features, &FeatureSettings::list_max)
          .between(1, 1'000'000)
          .shows_default()
          .meta(7, "list_max"),
  };
}

/// How the columns print them.
Rows cells() {
  return {
      value_row("--cid-seed", "N", "Seed of community_id", &Options::meter, &MeterOptions::features,
                &FeatureSettings::cid_seed)
          .in(both_commands)
          .between(0, 0xffff)
          .shows_default()
          .meta(8, "cid_seed"),
      value_row("--time-digits", "N", "Decimals of start_utc and end_utc", &Options::meter,
                &MeterOptions::features, &FeatureSettings::time_digits)
          .in(both_commands)
          .between(0, 9)
          .shows_default()
          .meta(9, "time_digits"),
      value_row("--anonymize", "KEYFILE",
                "Replace addresses, prefix-preserving (Crypto-PAn), by the key in that file",
                &RawOptions::key_file)
          .in(both_commands)
          .completes(Completion::file)
          .meta(18, &write_key),
      flag_row("--drop-ids", "Leave out the columns that identify a flow: addresses, ports, times, ids",
               &Options::meter, &MeterOptions::drop_ids)
          .in(both_commands)
          .meta(3, "drop_ids"),
      value_row("--na", "TOKEN", "Text for statistics without samples (default: 0; kurtosis -3)",
                &RawOptions::na)
          .in(both_commands)
          .meta(5,
                [](JsonDocument& json, const Options& options) {
                  json.text_or_null("na", options.meter.features.na.value_or(""));
                }),
      value_row("--labels", "FILE", "Add the column `label` by the rules in a CSV file", &RawOptions::labels)
          .in(both_commands)
          .completes(Completion::file)
          .meta(19, &write_labels),
      choice_row("--label-time",
                 "What must lie in a rule's time window: any part of a flow (overlap) or its start", 2,
                 &RawOptions::label_time)
          .in(both_commands),
      value_row("--label-tz", "ZONE", "Time zone of times in rules without one: UTC, +02:00, Europe/Berlin",
                &RawOptions::label_zone)
          .in(both_commands)
          .shows_default()
          .completes(Completion::zones),
      value_row("--label-default", "TEXT", "Label of flows that no rule matches", &RawOptions::label_default)
          .in(both_commands)
          .shows_default(),
      flag_row("--list-columns", "List columns with their meaning: all, or those of --schema and --columns",
               &Options::list_columns)
          .ends(),
  };
}

}  // namespace flowmeter::option_rows
