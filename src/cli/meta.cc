#include "cli/meta.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/words.h"
#include "cli/json_document.h"
#include "cli/option_table.h"
#include "commit.h"
#include "version.h"

namespace flowmeter {
namespace {

const char* name_of(ExitStatus status) {
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

void write_frames(JsonDocument& json, const FrameTally& frames) {
  json.number("read", frames.frames);
  json.number("with_packet", frames.with_packet);
  json.number("without_transport", frames.without_transport);
  json.number("only_quoted", frames.only_quoted);
  json.number("cut_header", frames.cut_header);
  json.number("without_time", frames.without_time);
  json.number("older_than_before", frames.older);
}

/// Transports that did not occur are left out.
void write_traffic(JsonDocument& json, const InputAccount& account) {
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

void write_account(JsonDocument& json, const InputAccount& account) {
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

void write_input(JsonDocument& json, const MetaFile::Entry& entry) {
  json.text("name", entry.name);
  json.text("status", entry.started ? name_of(entry.result.status) : "not read");
  json.text_or_null("message", entry.result.message);
  if (entry.result.account) write_account(json, *entry.result.account);
}

}  // namespace

MetaFile::MetaFile(const std::string& path, Reporter& reporter)
    : sink_(open_sink(path, FileKeeper{reporter}, Unfinished::removed)) {}

void MetaFile::write(const Run& run) {
  using Nanoseconds = std::chrono::nanoseconds;
  JsonDocument json;
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
    json.object("options", [&] { record_options(json, run.options); });
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
