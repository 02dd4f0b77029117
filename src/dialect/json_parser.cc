#include "dialect/json_parser.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "dialect/key_table.h"

namespace flowmeter {
namespace {

/// Deepest nesting of a document; tshark's own trees stay well below.
constexpr unsigned max_depth = 512;

/// SAX handler: fills the record with the values of the fields that are asked for.
class Handler {
 public:
  using Ch = char;

  Handler(KeyTable& keys, FieldId time) : keys_(keys), time_(time) {}

  void begin(Record& record) {
    record_ = &record;
    depth_ = 0;
    layers_depth_ = 0;
    in_arrays_ = 0;
    field_ = no_field;
    tree_ = no_field;
    next_is_layers_ = false;
    seen_layers_ = false;
    index_ = false;
    unordered_ = false;
  }

  /// Whether the document is a frame's: it has layers, or is at least no index line.
  bool is_frame() const { return seen_layers_ || !index_; }
  /// Whole EK trees (and no other dialect) have their members in no order in the versions in which
  /// they have ISO times.
  bool unordered() const { return unordered_; }

  bool Null() { return value({}); }
  bool Bool(bool b) { return value(b ? "1" : "0"); }
  bool Int(int) { return true; }  // numbers come as text, see parse flags
  bool Uint(unsigned) { return true; }
  bool Int64(std::int64_t) { return true; }
  bool Uint64(std::uint64_t) { return true; }
  bool Double(double) { return true; }
  bool RawNumber(const Ch* text, rapidjson::SizeType length, bool) { return value({text, length}); }
  bool String(const Ch* text, rapidjson::SizeType length, bool) { return value({text, length}); }

  bool StartObject() {
    // A tree in place of a value: it is there, unless its only member says that it was filtered out.
    tree_ = field_;
    field_ = no_field;
    if (++depth_ > max_depth) return false;
    if (next_is_layers_) {
      next_is_layers_ = false;
      layers_depth_ = depth_;
      seen_layers_ = true;
    }
    return true;
  }

  bool Key(const Ch* text, rapidjson::SizeType length, bool) {
    const std::string_view key(text, length);
    if (tree_ != no_field && key != "filtered") add_tree();
    tree_ = no_field;
    if (layers_depth_ != 0) {
      field_ = keys_.find(key);
      if (field_ == time_) flat_time_ = key.find('.') == std::string_view::npos;
    } else {
      index_ |= depth_ == 1 && key == "index";
      next_is_layers_ = !seen_layers_ && depth_ <= 2 && key == "layers";
    }
    return true;
  }

  bool EndObject(rapidjson::SizeType) {
    if (tree_ != no_field) add_tree();
    tree_ = no_field;
    if (depth_ == layers_depth_) layers_depth_ = 0;
    --depth_;
    field_ = no_field;
    return true;
  }

  bool StartArray() {
    next_is_layers_ = false;
    return ++in_arrays_ <= max_depth;
  }

  bool EndArray(rapidjson::SizeType) {
    if (--in_arrays_ == 0) field_ = no_field;
    return true;
  }

 private:
  void add_tree() { record_->add(tree_, "{", depth_ > layers_depth_ + 2); }

  bool value(std::string_view text) {
    next_is_layers_ = false;
    if (field_ == no_field) return true;
    // 1: the layers themselves (-e), 2: a layer's members; deeper: a layer inside of another one.
    record_->add(field_, text, depth_ > layers_depth_ + 1);
    if (field_ == time_ && flat_time_ && text.ends_with('Z')) unordered_ = true;
    if (in_arrays_ == 0) field_ = no_field;
    return true;
  }

  KeyTable& keys_;
  const FieldId time_;
  Record* record_ = nullptr;
  unsigned depth_ = 0;
  unsigned layers_depth_ = 0;  // depth of the object "layers" while inside of it, else 0
  unsigned in_arrays_ = 0;
  FieldId field_ = no_field;  // whose value comes next
  FieldId tree_ = no_field;   // whose value is the object that has just begun
  bool next_is_layers_ = false;
  bool seen_layers_ = false;
  bool index_ = false;
  bool flat_time_ = false;  // the time's key is EK's, without dots
  bool unordered_ = false;
};

constexpr unsigned parse_flags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;

/// Whether the document cannot be nested too deeply, having no more brackets than that in it.
bool is_shallow(std::span<const char> text) {
  const auto opens = [](char c) { return c == '{' || c == '['; };
  return std::cmp_less_equal(std::count_if(text.begin(), text.end(), opens), max_depth);
}

/// Whether the document breaks off within an escape sequence, whose start the error names.
bool ends_in_escape(const rapidjson::ParseResult& result, std::span<char> text) {
  const bool escape = result.Code() == rapidjson::kParseErrorStringEscapeInvalid ||
                      result.Code() == rapidjson::kParseErrorStringUnicodeEscapeInvalidHex ||
                      result.Code() == rapidjson::kParseErrorStringUnicodeSurrogateInvalid;
  const std::string_view rest(text.data() + result.Offset(), text.size() - result.Offset());
  return escape && rest.find('"') == std::string_view::npos;
}

bool starts_with(std::span<char> text, std::string_view prefix) {
  return std::string_view(text.data(), text.size()).starts_with(prefix);
}

}  // namespace

struct JsonParser::State {
  explicit State(const FieldSet& fields) : keys(fields), handler(keys, fields.find("frame.time_epoch")) {}

  KeyTable keys;
  Handler handler;
  rapidjson::Reader reader;
  bool in_statistics = false;
};

JsonParser::JsonParser(const FieldSet& fields) : state_(std::make_unique<State>(fields)) {}
JsonParser::~JsonParser() = default;

bool JsonParser::parse(std::span<char> text, Record& record) {
  if (starts_with(text, "{\"index\":")) return false;
  const std::size_t start = std::string_view(text.data(), text.size()).find_first_not_of(" \t");
  if (start == std::string_view::npos) return false;
  if (text[start] != '{') {
    state_->in_statistics = true;
    return false;
  }
  if (std::exchange(state_->in_statistics, false)) {
    throw MisplacedRecord("a frame behind text that is not JSON");
  }
  record.clear();
  state_->handler.begin(record);
  rapidjson::InsituStringStream stream(text.data());
  // RapidJSON's recursive parser is the faster one, but takes stack for each level.
  const rapidjson::ParseResult result =
      is_shallow(text)
          ? state_->reader.Parse<parse_flags>(stream, state_->handler)
          : state_->reader.Parse<parse_flags | rapidjson::kParseIterativeFlag>(stream, state_->handler);
  if (result.IsError()) {
    if (result.Code() == rapidjson::kParseErrorTermination) {
      throw InputError(fmt::format("nested deeper than {} levels", max_depth));
    }
    const bool at_end = result.Offset() >= text.size() || ends_in_escape(result, text);
    throw InputError(at_end ? std::string("cut short")
                            : fmt::format("not JSON at byte {}: {}", result.Offset() + 1,
                                          rapidjson::GetParseError_En(result.Code())));
  }
  if (stream.Tell() < text.size()) throw InputError("not JSON: a NUL byte");
  record.seal(state_->handler.unordered());
  return state_->handler.is_frame();
}

}  // namespace flowmeter
