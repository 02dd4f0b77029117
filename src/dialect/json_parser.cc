#include "dialect/json_parser.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "dialect/key_table.h"

namespace flowmeter {
namespace {

/// Deepest nesting of a document; tshark's own trees stay well below.
constexpr unsigned max_depth = 512;

/// Protocols of headers: what their fields are called stands nowhere but in their layers, and in what follows
/// here.
constexpr std::array<std::string_view, 11> header_protocols = {
    "frame", "eth", "vlan", "ip", "ipv6", "tcp", "udp", "sctp", "dccp", "icmp", "icmpv6"};
/// Layers that have the fields of another protocol.
constexpr std::array shared_layers = {std::pair{std::string_view("udp"), std::string_view("udplite")},
                                      std::pair{std::string_view("frame"), std::string_view("pkt_comment")}};
/// A layer whose members are lines of a text.
constexpr std::string_view text_layer = "data-text-lines";

/// The part of a field's or a layer's name that is a protocol's.
std::string_view protocol_of(std::string_view name) { return name.substr(0, name.find('.')); }

bool has_fields_of(std::string_view layer, std::string_view protocol) {
  return protocol_of(layer) == protocol ||
         std::any_of(shared_layers.begin(), shared_layers.end(),
                     [&](const auto& pair) { return pair.first == protocol && pair.second == layer; });
}

/// Whether a member of that name stands around a frame's layers.
bool is_around_layers(std::string_view name) {
  constexpr std::array<std::string_view, 8> names = {"timestamp", "layers", "_index", "_source",
                                                     "_type",     "_score", "index",  "create"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Whether `longer` is `name` with "_raw" behind it: the member of -x that holds the bytes of `name`.
bool is_twin(std::string_view longer, std::string_view name) {
  return longer.size() == name.size() + 4 && longer.ends_with("_raw") && longer.starts_with(name);
}

/// SAX handler: fills the record with the values of the fields that are asked for.
class Handler {
 public:
  using Ch = char;

  Handler(KeyTable& keys, FieldId time) : keys_(keys), time_(time) {}

  void begin(Record& record) {
    record_ = &record;
    depth_ = 0;
    in_arrays_ = 0;
    next_is_layers_ = false;
    seen_layers_ = false;
    index_ = false;
    bare_ = false;
    added_ = false;
    names_[0] = {};
    outer_ = Outer::other;
    timeless_ = false;
    begin_layers(1);
  }

  /// Whether the document is a frame's: it has layers, or is at least no index line.
  bool is_frame() const { return seen_layers_ || !index_; }
  /// Whether the document says of the frame nothing at all.
  bool is_blank() const { return !seen_layers_ && !bare_; }
  /// Whole EK trees (and no other dialect) have their members in no order in the versions in which
  /// they have ISO times.
  bool unordered() const { return unordered_; }
  /// Whether the document is a whole tree, of which nothing was filtered out (-j).
  bool is_complete() const { return nested_ && !filtered_; }
  /// Whether what stands around the layers says that the frame has no time stamp, or has 1970's first.
  bool is_timeless() const { return timeless_; }

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
    if (depth_ == max_depth) return false;
    if (depth_ == layers_depth_) bytes_too_ |= is_twin(before_, names_[depth_]);
    ++depth_;
    names_[depth_] = {};
    if (next_is_layers_) {
      next_is_layers_ = false;
      seen_layers_ = true;
      if (added_) record_->clear();
      begin_layers(depth_);
    }
    return true;
  }

  bool Key(const Ch* text, rapidjson::SizeType length, bool) {
    const std::string_view key(text, length);
    if (tree_ != no_field && key != "filtered") add_tree();
    tree_ = no_field;
    before_ = std::exchange(names_[depth_], key);
    filtered_ |= key == "filtered";
    if (depth_ == 1) {
      outer_ = key == "timestamp" ? Outer::time_stamp : key == "_index" ? Outer::index : Outer::other;
    }
    if (!seen_layers_ && is_around_layers(key)) {
      index_ |= depth_ == 1 && (key == "index" || key == "create");
      next_is_layers_ = depth_ <= 2 && key == "layers";
    } else if (layers_depth_ != 0) {
      // With -x a member "x_raw" is x in hexadecimal, unless it has such a twin itself.
      const bool twin = bytes_too_ && key.ends_with("_raw") && !is_twin(before_, key);
      field_ = twin ? no_field : keys_.find(key);
      if (field_ == time_) flat_time_ = key.find('.') == std::string_view::npos;
      if (!seen_layers_) bare_ |= depth_ == 1 && key.starts_with("frame");
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
  /// The members of the object at that depth are the layers. Until there is a member of that name they may be
  /// those of the document itself, as `jq ._source.layers` leaves them.
  void begin_layers(unsigned depth) {
    layers_depth_ = depth;
    field_ = tree_ = no_field;
    flat_time_ = unordered_ = false;
    bytes_too_ = false;
    nested_ = filtered_ = false;
  }

  void add_tree() {
    if (is_text(depth_ - 1)) return;
    record_->add(tree_, "{", depth_ > layers_depth_ + 2);
    added_ = true;
  }

  bool value(std::string_view text) {
    next_is_layers_ = false;
    if (depth_ == 1) look_around(text);
    if (field_ == no_field) return true;
    if (text.empty() && is_text(depth_)) return true;
    nested_ |= depth_ > layers_depth_;
    // 1: the layers themselves (-e), 2: a layer's members; deeper: a layer inside of another one.
    record_->add(field_, text, depth_ > layers_depth_ + 1);
    added_ = true;
    if (field_ == time_ && flat_time_ && text.ends_with('Z')) unordered_ = true;
    if (in_arrays_ == 0) field_ = no_field;
    return true;
  }

  /// Whether the member that came last at that depth, and has no value, is but a text that reads like a
  /// field's name: in -T json, texts are members of trees in the same way as fields that are merely there.
  [[nodiscard]] bool is_text(unsigned depth) const {
    const std::string_view name = names_[depth];
    if (depth == layers_depth_ || name.find('.') == std::string_view::npos) return false;
    const std::string_view protocol = protocol_of(name);
    const bool of_header =
        std::find(header_protocols.begin(), header_protocols.end(), protocol) != header_protocols.end();
    const auto begin = names_.begin() + layers_depth_, end = names_.begin() + depth;
    if (of_header) {
      return std::none_of(begin, end, [&](std::string_view layer) { return has_fields_of(layer, protocol); });
    }
    return std::find(begin, end, text_layer) != end;
  }

  /// Source: tshark(1) -T ek and -T json, whose index is the local date; seen in 3.4, 4.0, 4.4 and 4.6.
  void look_around(std::string_view text) {
    if (outer_ == Outer::time_stamp) timeless_ |= text == "0000";
    if (outer_ == Outer::index) timeless_ |= text.ends_with("1970-01-01") || text.ends_with("1969-12-31");
    outer_ = Outer::other;
  }

  enum class Outer : std::uint8_t { other, time_stamp, index };

  KeyTable& keys_;
  const FieldId time_;
  Record* record_ = nullptr;
  unsigned depth_ = 0;
  unsigned layers_depth_ = 0;  // depth of the object "layers" while inside of it, else 0
  unsigned in_arrays_ = 0;
  std::array<std::string_view, max_depth + 1> names_{};  // by depth: the member that came last there
  std::string_view before_;                              // the member before the last one
  FieldId field_ = no_field;                             // whose value comes next
  FieldId tree_ = no_field;                              // whose value is the object that has just begun
  bool next_is_layers_ = false;
  bool seen_layers_ = false;
  bool index_ = false;
  bool added_ = false;      // something to the record
  bool bare_ = false;       // the document's own members are a frame's
  bool bytes_too_ = false;  // the document is of -x
  bool flat_time_ = false;  // the time's key is EK's, without dots
  bool unordered_ = false;
  Outer outer_ = Outer::other;  // whose value comes next
  bool timeless_ = false;
  bool nested_ = false;  // some field is a layer's member
  bool filtered_ = false;
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
};

JsonParser::JsonParser(const FieldSet& fields) : state_(std::make_unique<State>(fields)) {}
JsonParser::~JsonParser() = default;

bool JsonParser::parse(std::span<char> text, Record& record) {
  if (starts_with(text, "{\"index\":") || starts_with(text, "{\"create\":")) return false;
  const std::size_t start = std::string_view(text.data(), text.size()).find_first_not_of(" \t");
  if (start == std::string_view::npos) return false;
  if (text[start] != '{') {
    const std::string_view line(text.data(), text.size());
    if (line != "null") meet(is_rule(line) ? Between::statistics : Between::text);
    return false;
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
  if (state_->handler.is_blank()) record.clear();
  record.seal(state_->handler.unordered());
  if (!state_->handler.is_frame()) return false;
  if (state_->handler.is_complete()) record.mark_complete();
  if (state_->handler.is_complete() || state_->handler.is_timeless()) record.mark_timeless();
  take_frame();
  return true;
}

}  // namespace flowmeter
