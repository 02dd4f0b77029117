#include "part/part_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <rapidjson/reader.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/error.h"

namespace flowmeter {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{256} << 10;

}  // namespace

/// Takes one array of numbers and strings apart.
class PartReader::LineHandler
    : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, PartReader::LineHandler> {
 public:
  explicit LineHandler(std::vector<std::string_view>& elements) : elements_(elements) {}

  bool StartArray() { return ++depth_ == 1; }
  bool EndArray(rapidjson::SizeType /*count*/) { return true; }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) { return add(text, size); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool /*copy*/) { return add(text, size); }
  bool Default() { return false; }

 private:
  bool add(const char* text, std::size_t size) {
    if (depth_ != 1) return false;
    elements_.emplace_back(text, size);
    return true;
  }

  std::vector<std::string_view>& elements_;
  int depth_ = 0;
};

PartReader::PartReader(const std::string& path)
    : decompressor_([this](std::string_view plain) {
        const std::span<char> room = lines_.room(plain.size());
        std::memcpy(room.data(), plain.data(), plain.size());
        lines_.commit(plain.size());
      }),
      chunk_(chunk_bytes) {
  if (path == "-") {
    fd_ = STDIN_FILENO;
  } else {
    file_.reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    fd_ = file_.get();
  }
  struct stat status {};
  if (fd_ < 0 || fstat(fd_, &status) != 0) throw InputError(std::strerror(errno), true);
  if (S_ISDIR(status.st_mode)) throw InputError("is a directory", true);
  regular_ = S_ISREG(status.st_mode) && path != "-";
  const auto line = next_line();
  if (!line) throw InputError("is empty and therefore not a part", true);
  header_ = parse_header({line->data(), line->size()});
}

PartReader::~PartReader() = default;

std::optional<std::span<char>> PartReader::next_line() {
  while (true) {
    if (auto line = lines_.next()) return line;
    if (over_) return std::nullopt;
    const std::size_t count = read_some(fd_, chunk_);
    if (!decompressor_.feed({chunk_.data(), count})) {
      throw InputError(fmt::format("damaged after {}: {}", place(), decompressor_.problem()));
    }
    if (count != 0) continue;
    over_ = true;
    if (decompressor_.finish() != PackingEnd::whole) {
      throw InputError(fmt::format("cut short after {}", place()));
    }
    lines_.close();
  }
}

const PartEvent* PartReader::next() {
  const auto line = next_line();
  if (!line)
    throw InputError(fmt::format("cut short after {}: the part was not written to its end", place()));
  try {
    if (!line->empty() && line->front() == '{') {
      end(*line);
      return nullptr;
    }
    parse(*line);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", place(), error.what()));
  }
  return &event_;
}

void PartReader::end(std::span<char> line) {
  trailer_ = parse_trailer({line.data(), line.size()});
  if (next_line()) throw InputError("something follows the end of the part");
}

void PartReader::parse(std::span<char> line) {
  elements_.clear();
  LineHandler handler(elements_);
  rapidjson::InsituStringStream text(line.data());
  rapidjson::Reader reader;
  constexpr unsigned flags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;
  if (!reader.Parse<flags>(text, handler) || elements_.size() < 2 || elements_.front().size() != 1) {
    throw InputError("is not a line of a part");
  }
  const std::span<const std::string_view> all(elements_);
  const char kind = all.front().front();
  if (kind == 'e') {
    const std::string_view slot = all[1];
    const auto [end, error] = std::from_chars(slot.data(), slot.data() + slot.size(), event_.slot);
    if (error != std::errc{} || end != slot.data() + slot.size()) throw InputError("has no flow");
    event_.kind = PartEvent::Kind::ends;
    event_.elements = all.subspan(2);
    return;
  }
  if (kind != 'b' && kind != 'q' && kind != 'm') throw InputError("is of an unknown kind");
  event_.kind = kind == 'b'   ? PartEvent::Kind::begins
                : kind == 'q' ? PartEvent::Kind::quoted
                              : PartEvent::Kind::mentioned;
  const SlotAndHead parsed = parse_head(all.subspan(1));
  event_.slot = parsed.slot;
  event_.head = parsed.head;
}

}  // namespace flowmeter
