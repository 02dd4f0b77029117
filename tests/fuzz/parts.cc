// Parts that the input makes up, merged to rows and to another part, which must be one.

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "base/error.h"
#include "fuzz.h"
#include "part/part_merger.h"
#include "schema/flow_columns.h"
#include "schema/meter.h"
#include "sink/format.h"
#include "sink/text_sink.h"

namespace {

using namespace flowmeter;
using fuzz::require;

const MeterPlan& plan() {
  static const MeterPlan made = [] {
    MeterOptions options;
    options.columns = "flowmeter,id,extra";
    options.features.parts = true;
    return make_plan(options);
  }();
  return made;
}

/// A file that holds the text, under a path that can be opened.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : fd_(memfd_create("part", MFD_CLOEXEC)) {
    require(fd_ >= 0 && ftruncate(fd_, 0) == 0, "a file in memory");
    require(write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()), "written whole");
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

/// The rows; throws InputError for what is no part.
std::string rows_of(std::string_view text) {
  const MemoryFile file(text);
  PartReader reader(file.path());
  TextSink sink;
  const auto writer = make_writer(sink, {}, plan().header);
  const auto rows = plan().columns->make_sink("-", *writer);
  PartMerger merger(plan().policy, plan().columns->accumulators(), *rows, StreamRules::usual());
  require(merger.take(reader), "nobody interrupts");
  merger.end();
  return sink.text;
}

std::string merged_part(std::string_view text) {
  const MemoryFile file(text);
  PartReader reader(file.path());
  TextSink sink;
  RowFormat form;
  form.format = OutputFormat::part;
  const auto writer = make_writer(sink, form, {});
  const PartMerger* facts = nullptr;
  PartLog log(
      plan().columns->accumulators(), [&facts](const Packet&, bool) { return facts->facts(); }, *writer);
  PartHeader header = reader.header();
  header.skipped = 0;
  header.states = plan().columns->accumulators().names();
  log.write(to_line(header));
  PartMerger merger(part_policy(plan().policy), plan().columns->accumulators(), log, StreamRules::usual(),
                    &log);
  facts = &merger;
  require(merger.take(reader), "nobody interrupts");
  merger.end();
  PartTrailer trailer = reader.trailer();
  trailer.parts = log.parts();
  log.write(to_line(trailer));
  return sink.text;
}

}  // namespace

FUZZ_TARGET(parts) {
  const std::string_view text = fuzz::text_of(data, size);
  try {
    (void)rows_of(text);
    const std::string part = merged_part(text);
    (void)rows_of(part);
  } catch (const InputError&) {
    return 0;
  }
  return 0;
}
