#include "packet/due_fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/parse.h"
#include "packet/echo_streams.h"

namespace flowmeter {
namespace {

/// What a frame shows of its headers of a kind.
enum Sign : unsigned {
  present = 1,      ///< there is one, be it cut
  whole = 2,        ///< another layer follows one
  numbered = 4,     ///< one has a stream number
  identified = 8,   ///< one has a port, or an identifier
  flagged = 16,     ///< one has flags
  unnumbered = 32,  ///< one says that tshark does not number streams
  echo = 64,        ///< one is whole, and of a type that has an identifier
  timed = 128,      ///< of the frame: nothing says that it has no time stamp
};

/// What the names of a kind's fields begin with.
constexpr std::array<std::string_view, 11> protocols = {"tcp", "udp",  "sctp", "dccp", "icmp", "icmpv6",
                                                        "ip",  "ipv6", "eth",  "vlan", "frame"};

}  // namespace

void DueFields::require(std::string_view field) { add(field, true); }
void DueFields::require_column(std::string_view field) { add(field, false); }

void DueFields::add(std::string_view field, bool each) {
  const FieldId id = fields_.find(field);
  const bool known = std::any_of(expectations_.begin(), expectations_.end(),
                                 [id](const Expectation& expectation) { return expectation.field == id; });
  if (id == no_field || known) return;
  const auto kind = std::find(protocols.begin(), protocols.end(), field.substr(0, field.find('.')));
  Expectation expectation{.field = id, .kind = static_cast<std::size_t>(kind - protocols.begin())};
  expectation.each = each;
  if (each) set_rule(field, expectation);
  expectations_.push_back(expectation);
  ++unseen_;
}

/// A header's fields are shown in this order: ports, stream number, flags, others.
void DueFields::set_rule(std::string_view field, Expectation& expectation) {
  const std::string_view name = field.substr(field.find('.') + 1);
  expectation.due_with = whole;
  if (field == "frame.time_epoch") {
    expectation.due_with = timed;
  } else if (expectation.kind >= transport_count) {
    // Nothing else tells of it.
  } else if (name == "srcport" || name == "dstport") {
    expectation.shows = identified;
    expectation.due_with = whole | identified | numbered | flagged;
  } else if (name == "stream") {
    expectation.essential = true;
    expectation.shows = numbered;
    expectation.due_with = whole | flagged;
  } else if (name == "assoc_index") {
    // It is shown after the chunks, and not at all if one of them is cut.
    expectation.role = Role::stream_index;
    expectation.essential = true;
    expectation.due_with = unnumbered;
    expectation.likely_with = whole;
  } else if (name == "flags") {
    // A header that says that it is too short has a stream all the same, but no flags.
    expectation.essential = true;
    expectation.shows = flagged;
    expectation.likely_with = numbered;
  } else if (name == "type") {
    expectation.role = Role::message_type;
    expectation.essential = true;
    expectation.due_with = whole | identified;
  } else if (name == "ident" || name == "echo.identifier") {
    expectation.shows = identified;
    expectation.due_with = echo;
  } else if (expectation.kind == place_of(Transport::udp)) {
    expectation.due_with = whole | numbered;
  } else if (!name.starts_with("time_")) {  // those are the last that a TCP header has
    expectation.due_with = whole | flagged;
  }
}

void DueFields::see(const Record& record, const LayerStack& plan, std::uint64_t frame) {
  if (record.columns() != nullptr && *record.columns() != columns_) take_columns(*record.columns());
  if (unseen_ == 0) return;
  const Signs all = signs(record, plan);
  for (Expectation& expectation : expectations_) {
    if (!expectation.seen) look_for(expectation, record, all[expectation.kind], frame);
  }
}

void DueFields::begin_segment() {
  for (Expectation& expectation : expectations_) {
    expectation.doubtful &= !expectation.seen;
    expectation.seen = false;
    expectation.since.reset();
  }
  unseen_ = expectations_.size();
  lacking_ = 0;
  std::fill(std::begin(met_), std::end(met_), false);
}

/// What the columns before had does not help those that come.
void DueFields::take_columns(const std::vector<bool>& columns) {
  columns_ = columns;
  for (Expectation& expectation : expectations_) {
    expectation.column = columns[expectation.field] ? Column::there : Column::absent;
    if (!expectation.seen || expectation.column == Column::there) continue;
    expectation.seen = false;
    expectation.since.reset();
    ++unseen_;
  }
}

DueFields::Signs DueFields::signs(const Record& record, const LayerStack& plan) const {
  Signs all{};
  all[frame_itself] = present | whole | (record.is_timeless() ? 0U : unsigned{timed});
  if (plan.eth_layers != 0) all[eth] = present;
  if (plan.vlan_layers != 0) all[vlan] = present;
  for (const TransportLayer& layer : plan.transports) {
    if (layer.role != LayerRole::packet) continue;
    if (layer.ip_version != 0) all[layer.ip_version == 6 ? ipv6 : ipv4] = present | whole;
    all[place_of(layer.transport)] |= layer.is_whole() ? present | whole : unsigned{present};
  }
  for (const Expectation& expectation : expectations_) {
    unsigned& of_kind = all[expectation.kind];
    if (of_kind != 0) of_kind |= shown(expectation, record, of_kind);
  }
  return all;
}

/// The signs that the field gives in a frame whose headers of its kind give others already.
unsigned DueFields::shown(const Expectation& expectation, const Record& record, unsigned signs) {
  const auto values = record.values(expectation.field);
  const auto any = [&](auto is_it) {
    return std::any_of(values.begin(), values.end(), [&](std::string_view text) {
      const auto value = parse_number(text);
      return value && is_it(*value);
    });
  };
  if (values.empty()) return 0;
  switch (expectation.role) {
    case Role::plain:
      break;
    case Role::stream_index:
      return any([](std::uint64_t index) { return index != no_association; }) ? numbered : unnumbered;
    case Role::message_type: {
      const Transport transport = all_transports[expectation.kind];
      const bool identifies = any([&](std::uint64_t type) { return has_identifier(transport, type); });
      return (signs & whole) != 0 && identifies ? unsigned{echo} : 0U;
    }
  }
  return expectation.shows;
}

void DueFields::look_for(Expectation& expectation, const Record& record, unsigned signs,
                         std::uint64_t frame) {
  // A header that an ICMP error quotes has an index as well, though it gives no sign.
  const bool refused =
      expectation.role == Role::stream_index && (shown(expectation, record, signs) & numbered) == 0;
  if (record.has(expectation.field) && !refused) {
    expectation.seen = true;
    --unseen_;
    if (expectation.since) --lacking_;
    return;
  }
  unsigned due_with = expectation.due_with;
  if (record.columns() != nullptr) {
    due_with = expectation.column == Column::absent ? unsigned{present} : due_with & unnumbered;
  } else if (!record.is_complete()) {
    due_with |= expectation.likely_with;
    expectation.doubtful |= (signs & present) != 0;
  }
  if ((signs & due_with) == 0 || expectation.since) return;
  expectation.since = frame;
  ++lacking_;
}

LackingFields DueFields::lacking() const {
  LackingFields lacking;
  if (lacking_ == 0) return lacking;
  const auto& names = fields_.names();
  const auto is_due = [](const Expectation& expectation) { return !expectation.seen && expectation.since; };
  const bool all =
      std::any_of(expectations_.begin(), expectations_.end(), [&](const Expectation& expectation) {
        return is_due(expectation) && names[expectation.field] == "frame.protocols";
      });
  for (const Expectation& expectation : expectations_) {
    if (expectation.seen) continue;
    const bool may_lack = all && expectation.each && expectation.column == Column::unknown;
    if (!expectation.since && !may_lack && expectation.column != Column::absent) continue;
    lacking.names.push_back(names[expectation.field]);
    if (expectation.since && (lacking.frame == 0 || *expectation.since < lacking.frame)) {
      lacking.frame = *expectation.since;
    }
  }
  return lacking;
}

std::vector<std::string> DueFields::doubtful() const {
  std::vector<std::string> doubtful;
  for (const Expectation& expectation : expectations_) {
    if (expectation.seen || expectation.since || !expectation.essential || !expectation.doubtful) continue;
    doubtful.push_back(fields_.names()[expectation.field]);
  }
  return doubtful;
}

void DueFields::refuse_loss(const Record& record, const LayerStack& plan, std::uint64_t frame) {
  const bool packets =
      std::any_of(plan.transports.begin(), plan.transports.end(),
                  [](const TransportLayer& layer) { return layer.role == LayerRole::packet; });
  if (!packets) return;
  std::array<std::size_t, other + 1> came{};
  for (const Expectation& expectation : expectations_) {
    if (!expectation.each) continue;
    std::size_t& most = came[expectation.kind];
    most = std::max(most, record.values(expectation.field).size());
  }
  const auto look = [&](std::size_t kind, std::size_t count, std::size_t must) {
    met_[kind] |= count != 0;
    if (count >= must || !met_[kind]) return;
    throw InputError(
        fmt::format(
            "frame {}: {} of {} {} headers came without values, which were thrown away: tshark must be "
            "given -E occurrence=a, and --no-duplicate-keys where another program reads its JSON first",
            frame, must - count, must, protocols[kind]),
        true);
  };
  for (std::size_t place = 0; place < transport_count; ++place)
    look(place, came[place], plan.whole_headers[place]);
  look(ipv4, came[ipv4], plan.whole_networks[0]);
  look(ipv6, came[ipv6], plan.whole_networks[1]);
}

}  // namespace flowmeter
