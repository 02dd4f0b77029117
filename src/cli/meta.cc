#include "cli/meta.h"

#include <fmt/format.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>

#include "base/utc.h"
#include "base/utf8.h"
#include "commit.h"
#include "version.h"

namespace flowmeter {
namespace {

/// The document as it grows: members by name, text made valid.
class Document {
 public:
  Document() { json_.SetIndent(' ', 2); }

  void text(std::string_view value) {
    const std::string valid = to_utf8(value);
    json_.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
  }
  void text(const char* name, std::string_view value) {
    json_.Key(name);
    text(value);
  }
  void text_or_null(const char* name, std::string_view value) {
    json_.Key(name);
    if (value.empty()) {
      json_.Null();
    } else {
      text(value);
    }
  }
  void time(const char* name, const std::optional<std::int64_t>& ns) {
    text_or_null(name, ns ? utc_text(*ns, 9) : "");
  }
  void number(const char* name, std::uint64_t value) {
    json_.Key(name);
    json_.Uint64(value);
  }
  void real(const char* name, double value) {
    json_.Key(name);
    std::string digits;
    append_real(digits, value);
    json_.RawValue(digits.data(), digits.size(), rapidjson::kNumberType);
  }
  void flag(const char* name, bool value) {
    json_.Key(name);
    json_.Bool(value);
  }
  void list(const char* name, const std::vector<std::string>& values) {
    json_.Key(name);
    json_.StartArray();
    for (const std::string& value : values) text(value);
    json_.EndArray();
  }
  template <class Body>
  void object(const char* name, Body body) {
    json_.Key(name);
    object(body);
  }
  template <class Body>
  void object(Body body) {
    json_.StartObject();
    body();
    json_.EndObject();
  }
  template <class List, class Body>
  void objects(const char* name, const List& all, Body body) {
    json_.Key(name);
    json_.StartArray();
    for (const auto& one : all) object([&] { body(one); });
    json_.EndArray();
  }

  [[nodiscard]] std::string finished() const { return std::string(text_.GetString()) + '\n'; }

 private:
  rapidjson::StringBuffer text_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json_{text_};
};

const char* word_for(ExitStatus status) {
  switch (status) {
    case ExitStatus::ok:
      return "complete";
    case ExitStatus::damaged:
      return "damaged";
    case ExitStatus::nothing_done:
      return "nothing done";
    case ExitStatus::interrupted:
      return "interrupted";
    case ExitStatus::terminated:
      return "terminated";
  }
  return "";
}

const char* word_for(TsharkOutputFormat decoder) {
  switch (decoder) {
    case TsharkOutputFormat::ek:
      return "ek";
    case TsharkOutputFormat::json:
      return "json";
    case TsharkOutputFormat::columns:
      return "columns";
  }
  return "";
}

template <class Value>
const char* word_for(Value value, std::initializer_list<const char*> words) {
  return words.begin()[static_cast<std::size_t>(value)];
}

void write_meter(Document& json, const MeterOptions& meter) {
  json.text("schema", meter.schema);
  json.text_or_null("columns", meter.columns);
  json.flag("drop_ids", meter.drop_ids);
  json.text("size", word_for(meter.features.size, {"frame", "ip", "payload"}));
  const FeatureSettings& features = meter.features;
  json.text_or_null("na", features.na.value_or(""));
  json.list("field", features.fields);
  json.number("list_max", features.list_max);
  json.number("cid_seed", features.cid_seed);
  json.number("time_digits", features.time_digits);
  if (features.splt_packets != 0) {
    json.object("splt", [&] {
      json.number("packets", features.splt_packets);
      json.text("of", word_for(features.splt_basis, {"all", "payload"}));
      json.text("layout", word_for(features.splt_layout, {"wide", "list"}));
    });
  }
  json.object("timeout", [&] {
    const auto write = [&](Transport transport, Seconds timeout) {
      if (meter.transports.has(transport)) json.real(name_of(transport).data(), timeout.count());
    };
    write(Transport::tcp, meter.tcp_idle_timeout);
    write(Transport::udp, meter.udp_idle_timeout);
    write(Transport::sctp, meter.sctp_idle_timeout);
    write(Transport::dccp, meter.dccp_idle_timeout);
    write(Transport::icmp, meter.icmp_idle_timeout);
    write(Transport::icmpv6, meter.icmp_idle_timeout);
  });
  if (meter.active_timeout) json.real("active_timeout", meter.active_timeout->count());
  if (meter.close_linger) json.real("close_linger", meter.close_linger->count());
  if (meter.most_flows != 0) json.number("max_flows", meter.most_flows);
  json.text("direction", word_for(meter.direction, {"first", "handshake"}));
  json.text("tunnel", word_for(meter.tunnel, {"all", "inner", "outer"}));
  json.text("clock", word_for(meter.clock, {"raw", "monotone"}));
}

void write_live(Document& json, const Options& options) {
  const LiveOptions& live = options.live;
  if (!options.follow.empty()) json.text("follow", options.follow);
  if (!options.watch.empty()) json.text("watch", options.watch);
  if (options.duration) json.real("duration", options.duration->count());
  if (live.frames != 0) json.number("stop_frames", live.frames);
  if (live.interfaces.empty()) return;
  json.list("interfaces", live.interfaces);
  json.text_or_null("capture_filter", live.filter);
  if (live.snaplen) json.number("snaplen", *live.snaplen);
  json.number("buffer_mib", live.buffer_mib);
  json.flag("promiscuous", live.promiscuous);
}

/// Files by their digests: of a key nothing else is told.
void write_files(Document& json, const GivenFiles& files) {
  if (files.key) {
    json.object("anonymize", [&] { json.text("sha256", files.key->sha256); });
  }
  if (!files.labels) return;
  json.object("labels", [&] {
    json.text("name", files.labels->name);
    json.text("sha256", files.labels->sha256);
    json.text("time", word_for(files.label_time, {"overlap", "start"}));
    json.text("time_zone", files.label_zone);
    json.text("default", files.label_default);
  });
}

void write_part(Document& json, const Options& options) {
  json.flag("partial", options.partial);
  if (options.segment) {
    json.text("segment", fmt::format("{}/{}", options.segment->first, options.segment->total));
  }
  if (!options.after.empty()) json.text("after", options.after);
}

/// What the command line means, defaults included.
void write_options(Document& json, const Options& options) {
  write_meter(json, options.meter);
  write_files(json, options.files);
  const TsharkOptions& tshark = options.tshark;
  json.text("tshark", tshark.program);
  json.text("decoder", word_for(options.decoder, {"auto", "ek", "json", "columns"}));
  json.text_or_null("display_filter", tshark.display_filter);
  json.list("decode_as", tshark.decode_as);
  json.list("preferences", tshark.preferences);
  json.flag("transport_only", tshark.transport_only);
  if (!tshark.read_format.empty()) json.text("read_format", tshark.read_format);
  json.list("tshark_arguments", tshark.extra_arguments);
  json.number("jobs", options.jobs);
  json.number("life_frames", options.life_frames);
  write_live(json, options);
  json.flag("keep_going", options.keep_going);
  json.flag("recursive", options.recursive);
  json.flag("continuous", options.continuous);
  write_part(json, options);
  json.text("format", name_of(options.rows.format));
  json.text("delimiter", std::string_view(&options.rows.delimiter, 1));
  json.flag("header", options.rows.header);
  json.flag("safe_cells", options.rows.safe_cells);
  json.text_or_null("output", options.output);
  if (options.rotation.every)
    json.number("rotate_every", static_cast<std::uint64_t>(options.rotation.every->count()));
  if (options.rotation.rows != 0) json.number("rotate_rows", options.rotation.rows);
}

void write_frames(Document& json, const FrameTally& frames) {
  json.number("read", frames.frames);
  json.number("with_packet", frames.with_packet);
  json.number("without_transport", frames.without_transport);
  json.number("only_quoted", frames.only_quoted);
  json.number("cut_header", frames.cut_header);
  json.number("without_time", frames.without_time);
  json.number("older_than_before", frames.older);
}

/// Transports that did not occur are left out.
void write_traffic(Document& json, const InputAccount& account) {
  json.object("packets", [&] {
    for (const Transport transport : all_transports) {
      const std::uint64_t count = account.frames.packets[place_of(transport)];
      if (count != 0) json.number(name_of(transport).data(), count);
    }
  });
  json.object("flows", [&] {
    for (const Transport transport : all_transports) {
      const auto& ended = account.flows[place_of(transport)];
      if (std::all_of(ended.begin(), ended.end(), [](auto count) { return count == 0; })) continue;
      json.object(name_of(transport).data(), [&] {
        for (std::size_t reason = 0; reason < ended.size(); ++reason) {
          json.number(name_of(static_cast<EndReason>(reason)), ended[reason]);
        }
      });
    }
  });
}

void write_account(Document& json, const InputAccount& account) {
  json.objects("files", account.files, [&](const FileAccount& file) {
    json.text("name", file.name);
    if (file.bytes) json.number("bytes", *file.bytes);
    json.text_or_null("sha256", file.sha256);
  });
  if (!account.interfaces.empty()) {
    json.objects("interfaces", account.interfaces, [&](const InterfaceCounts& counts) {
      json.text("name", counts.name);
      json.number("received", counts.received);
      json.number("dropped", counts.dropped);
    });
  }
  json.text_or_null("command", account.command);
  json.object("frames", [&] { write_frames(json, account.frames); });
  write_traffic(json, account);
  json.number("media_announced_elsewhere", account.media_elsewhere);
  json.time("earliest_frame", account.frames.earliest_ns);
  json.time("latest_frame", account.frames.latest_ns);
  json.real("seconds", account.seconds);
}

void write_input(Document& json, const MetaFile::Entry& entry) {
  json.text("name", entry.name);
  json.text("status", entry.started ? word_for(entry.result.status) : "not read");
  json.text_or_null("message", entry.result.message);
  if (entry.result.account) write_account(json, *entry.result.account);
}

}  // namespace

MetaFile::MetaFile(const std::string& path, Reporter& reporter)
    : sink_(open_sink(path, FileKeeper{reporter}, Unfinished::removed)) {}

void MetaFile::write(const Run& run) {
  using Nanoseconds = std::chrono::nanoseconds;
  Document json;
  json.object([&] {
    json.object("flowmeter", [&] {
      json.text("version", version);
      json.text_or_null("commit", commit == "-" ? "" : commit);
    });
    if (const TsharkSetup::Choice* choice = run.setup.made()) {
      json.object("tshark", [&] {
        json.text("version", to_string(choice->tshark.version));
        json.text("program", choice->tshark.program);
        json.text("decoder", word_for(choice->decoder));
      });
    }
    std::error_code unknown;
    json.text_or_null("directory", std::filesystem::current_path(unknown).string());
    json.list("arguments", run.options.given);
    json.object("options", [&] { write_options(json, run.options); });
    json.list("columns", run.plan.header);
    json.list("fields", run.plan.fields.names());
    json.time("began", std::chrono::duration_cast<Nanoseconds>(began_.time_since_epoch()).count());
    json.real("seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count());
    json.object("cpu_seconds", [&] {
      const CpuTime cpu = cpu_time();
      json.real("flowmeter", cpu.own);
      json.real("tshark", cpu.others);
    });
    json.number("exit_status", static_cast<unsigned>(run.status));
    json.text_or_null("message", run.failure);
    json.objects("inputs", run.inputs, [&](const Entry& entry) { write_input(json, entry); });
    json.objects("outputs", run.outputs, [&](const WrittenFile& file) {
      json.text("name", file.name);
      json.number("bytes", file.bytes);
      json.text_or_null("sha256", file.sha256);
      json.flag("complete", file.complete);
    });
  });
  sink_->write(json.finished());
  sink_->finish();
}

}  // namespace flowmeter
