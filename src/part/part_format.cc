#include "part/part_format.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "flow/state_text.h"

namespace flowmeter {
namespace {

constexpr const char* format_name = "flowmeter_part";

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void string(Writer& json, std::string_view text) {
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void strings(Writer& json, const char* name, const std::vector<std::string>& values) {
  json.Key(name);
  json.StartArray();
  for (const std::string& value : values) string(json, value);
  json.EndArray();
}

rapidjson::Document parse(std::string_view line) {
  rapidjson::Document document;
  document.Parse(line.data(), line.size());
  if (document.HasParseError() || !document.IsObject()) throw InputError("is not a line of a part");
  return document;
}

const rapidjson::Value& member(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd()) throw InputError(fmt::format("has no \"{}\"", name));
  return found->value;
}

std::uint64_t natural(const rapidjson::Value& object, const char* name) {
  const rapidjson::Value& value = member(object, name);
  if (!value.IsUint64()) throw InputError(fmt::format("its \"{}\" is not a number", name));
  return value.GetUint64();
}

std::string text(const rapidjson::Value& value) {
  if (!value.IsString()) throw InputError("has a value that is not text where text must be");
  return {value.GetString(), value.GetStringLength()};
}

std::vector<std::string> texts(const rapidjson::Value& object, const char* name) {
  const rapidjson::Value& value = member(object, name);
  if (!value.IsArray()) throw InputError(fmt::format("its \"{}\" is not a list", name));
  std::vector<std::string> all;
  for (const rapidjson::Value& element : value.GetArray()) all.push_back(text(element));
  return all;
}

std::optional<std::int64_t> time(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd()) return std::nullopt;
  if (!found->value.IsInt64()) throw InputError(fmt::format("its \"{}\" is not a time", name));
  return found->value.GetInt64();
}

std::int64_t difference(std::int64_t later, std::int64_t earlier) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier));
}

std::int64_t sum(std::int64_t time, std::int64_t more) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(time) + static_cast<std::uint64_t>(more));
}

void append_address(std::string& out, const IpAddress& address) {
  out += ",\"";
  if (address.version != 0) out += to_string(address);
  out += '"';
}

void append_endpoint(std::string& out, StateWriter& elements, const Endpoint& endpoint) {
  append_address(out, endpoint.address);
  elements(endpoint.port);
}

IpAddress read_address(StateReader& elements) {
  const std::string_view text = elements.next();
  if (text.empty()) return {};
  const auto address = parse_address(text);
  if (!address) throw InputError(fmt::format("has the address \"{:.40}\"", text));
  return *address;
}

Endpoint read_endpoint(StateReader& elements) {
  Endpoint endpoint;
  endpoint.address = read_address(elements);
  elements(endpoint.port);
  return endpoint;
}

}  // namespace

PartTimes relative(const PartTimes& times, std::int64_t first_packet_ns) noexcept {
  const auto since = [first_packet_ns](std::int64_t time) { return difference(time, first_packet_ns); };
  return {since(times.first_ns), since(times.last_ns), since(times.previous_ns), since(times.touched_ns)};
}

PartTimes absolute(const PartTimes& times, std::int64_t first_packet_ns) noexcept {
  const auto at = [first_packet_ns](std::int64_t time) { return sum(first_packet_ns, time); };
  return {at(times.first_ns), at(times.last_ns), at(times.previous_ns), at(times.touched_ns)};
}

std::string to_line(const PartHeader& header) {
  rapidjson::StringBuffer text;
  Writer json(text);
  json.StartObject();
  json.Key(format_name);
  json.Int(part_version);
  json.Key("program");
  string(json, header.program);
  strings(json, "captures", header.captures);
  if (header.segments) {
    json.Key("segments");
    json.StartArray();
    for (const auto number : {header.segments->first, header.segments->last, header.segments->total}) {
      json.Uint64(number);
    }
    json.EndArray();
  }
  if (header.skipped != 0) {
    json.Key("skipped");
    json.Uint64(header.skipped);
  }
  if (header.first_ns) {
    json.Key("first_ns");
    json.Int64(*header.first_ns);
  }
  json.Key("settings");
  json.StartObject();
  for (const auto& [name, value] : header.settings) {
    json.Key(name.c_str());
    string(json, value);
  }
  json.EndObject();
  strings(json, "states", header.states);
  json.EndObject();
  return std::string(text.GetString(), text.GetSize()) + '\n';
}

std::string to_line(const PartTrailer& trailer) {
  const std::string clock =
      trailer.clock_ns ? fmt::format(",\"clock_ns\":{}", *trailer.clock_ns) : std::string();
  const std::string announcements = trailer.announcements != 0
                                        ? fmt::format(",\"announcements\":{}", trailer.announcements)
                                        : std::string();
  return fmt::format("{{\"end\":\"{}\",\"frames\":{}{},\"parts\":{},\"digest\":\"{:016x}\"{}}}\n",
                     trailer.damaged ? "damaged" : "complete", trailer.frames, clock, trailer.parts,
                     trailer.digest, announcements);
}

PartHeader parse_header(std::string_view line) {
  rapidjson::Document document;
  document.Parse(line.data(), line.size());
  const bool part = !document.HasParseError() && document.IsObject() && document.HasMember(format_name);
  if (!part) throw InputError("is not a part (flowmeter --partial writes parts)", true);
  const rapidjson::Value& version = document[format_name];
  if (!version.IsInt() || version.GetInt() != part_version) {
    throw InputError(
        fmt::format("is a part of another version of flowmeter, whose format is not {}: make it again",
                    part_version),
        true);
  }
  PartHeader header;
  header.program = text(member(document, "program"));
  header.captures = texts(document, "captures");
  header.states = texts(document, "states");
  header.first_ns = time(document, "first_ns");
  if (document.HasMember("skipped")) header.skipped = natural(document, "skipped");
  const rapidjson::Value& settings = member(document, "settings");
  if (!settings.IsObject()) throw InputError("its \"settings\" are not an object");
  for (const auto& [name, value] : settings.GetObject()) {
    header.settings.emplace_back(text(name), text(value));
  }
  if (const auto found = document.FindMember("segments"); found != document.MemberEnd()) {
    const rapidjson::Value& segments = found->value;
    const auto is_number = [](const rapidjson::Value& value) { return value.IsUint64(); };
    const bool numbers = segments.IsArray() && segments.Size() == 3 &&
                         std::all_of(segments.Begin(), segments.End(), is_number);
    if (!numbers) throw InputError("its \"segments\" are not numbers");
    const PartSegments range{segments[0].GetUint64(), segments[1].GetUint64(), segments[2].GetUint64()};
    if (range.first < 1 || range.last < range.first || range.total < range.last) {
      throw InputError("its \"segments\" are out of order");
    }
    header.segments = range;
  }
  return header;
}

PartTrailer parse_trailer(std::string_view line) {
  const rapidjson::Document document = parse(line);
  PartTrailer trailer;
  const std::string end = text(member(document, "end"));
  if (end != "complete" && end != "damaged")
    throw InputError("its \"end\" is neither \"complete\" nor \"damaged\"");
  trailer.damaged = end == "damaged";
  trailer.frames = natural(document, "frames");
  trailer.parts = natural(document, "parts");
  trailer.clock_ns = time(document, "clock_ns");
  if (document.HasMember("announcements")) trailer.announcements = natural(document, "announcements");
  const std::string digest = text(member(document, "digest"));
  const auto [last, error] =
      std::from_chars(digest.data(), digest.data() + digest.size(), trailer.digest, 16);
  if (error != std::errc{} || last != digest.data() + digest.size())
    throw InputError("its \"digest\" is not a SHA-256 digest");
  return trailer;
}

void append_head(std::string& out, char kind, std::uint64_t slot, const PartHead& head) {
  const Packet& header = head.header;
  StateWriter elements(out);
  out += "[\"";
  out += kind;
  out += '"';
  elements(slot, header.key.transport, header.key.stream);
  append_endpoint(out, elements, header.source);
  append_endpoint(out, elements, header.destination);
  elements(header.time_ns, difference(head.clock_ns, header.time_ns), header.frame_number,
           header.order_in_frame);
  const TcpNumbers& numbers = head.facts.numbers;
  if (header.key.transport == Transport::tcp) {
    elements(header.tcp_flags, numbers.known, numbers.teaches, numbers.sequence, numbers.acknowledgement);
  }
  if (head.facts.source != header.source || head.facts.destination != header.destination) {
    append_address(out, head.facts.source.address);
    append_address(out, head.facts.destination.address);
  }
  out += "]\n";
}

SlotAndHead parse_head(std::span<const std::string_view> all) {
  SlotAndHead parsed;
  Packet& header = parsed.head.header;
  StateReader elements(all);
  elements(parsed.slot, header.key.transport, header.key.stream);
  if (header.key.transport != Transport::tcp && header.key.transport != Transport::udp) {
    throw InputError("has a transport that parts do not support");
  }
  header.source = read_endpoint(elements);
  header.destination = read_endpoint(elements);
  std::int64_t ahead = 0;
  elements(header.time_ns, ahead, header.frame_number, header.order_in_frame);
  parsed.head.clock_ns = sum(header.time_ns, ahead);
  StreamFacts& facts = parsed.head.facts;
  facts.source = header.source;
  facts.destination = header.destination;
  std::size_t without_ends = 11;
  if (header.key.transport == Transport::tcp) {
    TcpNumbers& numbers = facts.numbers;
    elements(header.tcp_flags, numbers.known, numbers.teaches, numbers.sequence, numbers.acknowledgement);
    without_ends += 5;
  }
  if (all.size() > without_ends) {
    facts.source.address = read_address(elements);
    facts.destination.address = read_address(elements);
  }
  elements.finish();
  return parsed;
}

}  // namespace flowmeter
