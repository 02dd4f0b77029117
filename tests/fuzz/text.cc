#include "text.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>

#include "base/error.h"
#include "fuzz.h"
#include "schema/meter.h"
#include "sink/csv_writer.h"
#include "sink/text_sink.h"

namespace flowmeter::fuzz {
namespace {

struct Outcome {
  std::string rows, error, lacking;
  std::uint64_t frames = 0, skipped = 0;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

MeterPlan plan_of(const char* schema, const char* columns) {
  MeterOptions options;
  options.schema = schema;
  options.columns = columns;
  options.tcp_idle_timeout = options.udp_idle_timeout = Seconds(1);
  return make_plan(options);
}

void feed(DialectSource& source, std::string_view text, std::size_t chunk) {
  source.set_chunk(chunk);
  while (!text.empty()) {
    const std::size_t count = std::min(text.size(), chunk);
    std::memcpy(source.room().data(), text.data(), count);
    source.commit(count);
    text.remove_prefix(count);
    source.drain();
  }
  source.close();
}

Outcome meter(const MeterPlan& plan, const MakeSource& make_source, std::string_view text, std::size_t chunk,
              bool keep_going = false) {
  Outcome outcome;
  TextSink sink;
  CsvWriter writer(sink, ',', true);
  const auto meter = plan.make("-", writer);
  const auto source = make_source(plan.fields);
  source->attach(meter->observer());
  if (plan.ranks_streams) source->rank_streams();
  if (keep_going) source->keep_going();
  try {
    feed(*source, text, chunk);
  } catch (const InputError& error) {
    outcome.error = error.what();
  }
  source->end(outcome.error.empty() ? EndOfInput::complete : EndOfInput::damaged);
  outcome.rows = std::move(sink.text);
  if (const DueFields* due = source->due_fields()) {
    const LackingFields lacking = due->lacking();
    for (const std::string& name : lacking.names) outcome.lacking += name + ' ';
    outcome.lacking += std::to_string(lacking.frame);
  }
  outcome.frames = source->frames();
  outcome.skipped = source->skipped().count;
  return outcome;
}

}  // namespace

void meter_text(const MakeSource& make_source, std::string_view text) {
  static const MeterPlan plans[] = {plan_of("flowmeter", ""),
                                    plan_of("flowmeter", "flowmeter,id,cic,nfstream"),
                                    plan_of("pyflowmeter", "")};
  const MeterPlan& plan = plans[pick(text, std::size(plans)) - 1];
  const Outcome whole = meter(plan, make_source, text, std::max<std::size_t>(text.size(), 1));
  const Outcome pieces = meter(plan, make_source, text, pick(text, 40));
  require(whole == pieces, "the pieces in which text comes make no difference");
  require(whole.rows.find("nan") == std::string::npos && whole.rows.find("inf") == std::string::npos,
          "no cell is NaN or infinite");
  if (whole.error.empty()) return;
  const Outcome further = meter(plan, make_source, text, std::max<std::size_t>(text.size(), 1), true);
  require(further == meter(plan, make_source, text, pick(text, 40), true),
          "the pieces make no difference to what is passed over");
  require(further.frames >= whole.frames, "going on loses nothing");
  require((further.skipped != 0) == (!whole.error.empty() && further.error != whole.error),
          "what is damage is passed over, and nothing else");
  require(whole.error.find('\n') == std::string::npos, "a message is one line");
}

}  // namespace flowmeter::fuzz
