#include "schema/pyflowmeter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/parse.h"
#include "schema/groups.h"
#include "stats/moments.h"

namespace flowmeter {
namespace {

double parse_real(const char* field, std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end || !std::isfinite(value)) {
    throw InputError(fmt::format("{} has the value \"{:.40}\"", field, text));
  }
  return value;
}

/// Python's x**y; by a function pointer, since a compiler may turn pow(x, 2) into another operation.
double python_power(double x, double y) {
  double (*volatile power)(double, double) = std::pow;
  return power(x, y);
}

}  // namespace

void OnePassMoments::update(double sample) {
  const double delta = sample - mean_;
  const double delta_n = delta / (n_ + 1);
  const double delta_n2 = python_power(delta_n, 2);
  const double term1 = delta * delta_n * n_;
  mean_ = mean_ + delta_n;
  m4_ = m4_ + term1 * delta_n2 * ((n_ + 1) * (n_ + 1) - 3 * (n_ + 1) + 3) + 6 * delta_n2 * m2_ -
        4 * delta_n * m3_;
  m3_ = m3_ + term1 * delta_n * (n_ - 1) - 3 * delta_n * m2_;
  m2_ = m2_ + term1;
  min_ = n_ == 0 ? sample : std::min(min_, sample);
  max_ = n_ == 0 ? sample : std::max(max_, sample);
  n_ += 1;
}

double OnePassMoments::std() const { return std::sqrt(m2_ / n_); }

double OnePassMoments::skewness() const { return std::sqrt(n_) * m3_ / python_power(m2_, 1.5); }

double OnePassMoments::kurtosis() const { return (n_ * m4_) / (m2_ * m2_) - 3; }

void PyFlowMeterTable::add_fields(FieldSet& fields) {
  for (const std::string& name : required_fields()) fields.add(name);
  fields.add("tcp.segments");
  fields.add("_ws.malformed");
}

std::vector<std::string> PyFlowMeterTable::required_fields() {
  return {"tcp.len", "tcp.time_relative", "tcp.time_delta"};
}

std::vector<std::string> PyFlowMeterTable::header() {
  std::vector<std::string> names;  // the default schema keeps its names and order
  for (const Column& column : flowmeter_columns({})) names.push_back(column.name);
  return names;
}

PyFlowMeterTable::PyFlowMeterTable(const FieldSet& fields, std::chrono::duration<double> timeout,
                                   RowWriter& out)
    : protocols_(fields.find("frame.protocols")),
      stream_(fields.find("tcp.stream")),
      length_(fields.find("tcp.len")),
      relative_(fields.find("tcp.time_relative")),
      delta_(fields.find("tcp.time_delta")),
      segments_(fields.find("tcp.segments")),
      malformed_(fields.find("_ws.malformed")),
      timeout_(timeout.count()),
      out_(out) {}

/// pyshark's highest_layer: the last token of frame.protocols, unless the dissection has something
/// behind it at its top level: a reassembly tree, or a marker of a malformed packet (whose text is in
/// brackets; the bare "_ws.malformed" of a lower layer's expert information does not count).
bool PyFlowMeterTable::highest_layer_is_tcp(const Record& record) const {
  const std::string_view protocols = record.first(protocols_);
  if (protocols != "tcp" && !protocols.ends_with(":tcp")) return false;
  if (record.has(segments_)) return false;
  const auto markers = record.values(malformed_);
  return std::none_of(markers.begin(), markers.end(), [](std::string_view marker) {
    return marker.starts_with('[') || marker.starts_with('{');
  });
}

void PyFlowMeterTable::on_packet(const Packet& packet) {
  const Record& record = *packet.record;
  // A frame counts once, by the first of its TCP headers.
  if (packet.key.transport != Transport::tcp || packet.occurrence != 0) return;
  if (packet.frame_number == last_frame_ || !highest_layer_is_tcp(record)) return;
  last_frame_ = packet.frame_number;
  if (!record.has(length_) || !record.has(relative_) || !record.has(delta_)) return;

  const std::string stream(record.first(stream_));
  const auto [found, is_new] = flows_.try_emplace(stream);
  PyFlow& flow = found->second;
  if (is_new) {
    flow.source_port = packet.source.port;
    flow.destination_port = packet.destination.port;
  } else {
    by_last_time_.erase({flow.last_time, stream});
  }
  flow.duration = record.first(relative_);
  flow.last_time = seconds(packet.time_ns);
  by_last_time_.emplace(flow.last_time, stream);
  update(flow, packet, record.first(length_), record.first(delta_));
  check_timeout(flow.last_time);
}

void PyFlowMeterTable::update(PyFlow& flow, const Packet& packet, std::string_view length,
                              std::string_view delta) {
  Side& side = flow.sides[packet.source.port == flow.source_port ? Direction::forward : Direction::backward];
  const auto bytes = parse_number(length);
  if (!bytes) throw InputError(fmt::format("tcp.len has the value \"{:.40}\"", length));
  side.bytes += *bytes;
  side.sizes.update(static_cast<double>(*bytes));
  side.gaps.update(parse_real("tcp.time_delta", delta));
  for (std::size_t i = 0; i < side.flags.size(); ++i) {
    side.flags[i] += (packet.tcp_flags >> (7 - i)) & 1U;
  }
}

void PyFlowMeterTable::check_timeout(double now) {
  std::vector<std::string> due;
  for (const auto& [time, stream] : by_last_time_) {
    if (!(now - time > timeout_)) break;
    due.push_back(stream);
  }
  write(due, EndReason::idle);
}

void PyFlowMeterTable::write(const std::vector<std::string>& streams, EndReason reason) {
  std::vector<std::string> in_order = streams;
  std::sort(in_order.begin(), in_order.end());
  for (const std::string& stream : in_order) {
    const auto found = flows_.find(stream);
    write_row(found->second);
    by_last_time_.erase({found->second.last_time, stream});
    flows_.erase(found);
    ++ended_;
    ++tally_[place_of(Transport::tcp)][static_cast<std::size_t>(reason)];
  }
}

void PyFlowMeterTable::write_open(EndReason reason) {
  std::vector<std::string> all;
  for (const auto& [stream, flow] : flows_) all.push_back(stream);
  write(all, reason);
}

void PyFlowMeterTable::on_segment() {
  write_open(EndReason::end_of_input);
  last_frame_ = 0;
}

void PyFlowMeterTable::on_end(EndOfInput end) {
  write_open(end == EndOfInput::interrupted ? EndReason::forced : EndReason::end_of_input);
}

void PyFlowMeterTable::write_row(const PyFlow& flow) {
  out_.text(flow.duration);
  out_.text("TCP");
  out_.natural(flow.source_port);
  out_.natural(flow.destination_port);
  for (const Side& side : flow.sides) {
    out_.natural(side.sizes.count());
    out_.natural(side.bytes);
  }
  for (const Side& side : flow.sides) write_statistics(side.sizes, true);
  for (const Side& side : flow.sides) write_statistics(side.gaps, false);
  for (const Side& side : flow.sides) {
    for (const std::uint64_t count : side.flags) out_.natural(count);
  }
  out_.end_row();
}

void PyFlowMeterTable::write_statistics(const OnePassMoments& moments, bool integers) {
  if (moments.count() == 0) {
    for (const int value : {0, 0, 0, -3, 0, 0}) out_.integer(value);
    return;
  }
  write_real(moments.mean());
  write_real(moments.std());
  if (moments.constant()) {
    out_.integer(0);
    write_real(-3);
  } else {
    write_real(moments.skewness());
    write_real(moments.kurtosis());
  }
  for (const double extreme : {moments.min(), moments.max()}) {
    if (integers) {
      out_.natural(static_cast<std::uint64_t>(extreme));
    } else {
      write_real(extreme);
    }
  }
}

/// As Python prints a float: 5.0, 5.5e-05, nan.
void PyFlowMeterTable::write_real(double value) {
  std::string text;
  append_real(text, value);
  if (text.find_first_not_of("0123456789-") == std::string::npos) text += ".0";
  out_.text(text);
}

}  // namespace flowmeter
