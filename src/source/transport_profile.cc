#include "source/transport_profile.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <span>

namespace flowmeter {
namespace {

using Names = std::set<std::string_view>;

/// Dissectors over TCP or UDP that find packets in their payload without a table that says so.
/// Names that a version does not have do no harm.
constexpr std::string_view kCarriers[] = {"amt",      "aruba_erm", "ayiya",       "bat",
                                          "bat.gw",   "capwap",    "capwap.data", "dvb-s2_modeadapt",
                                          "e100",     "etherip",   "fp",          "fp_mux",
                                          "geneve",   "gprs-ns",   "gre",         "gsmtap",
                                          "gtp",      "gue",       "hp_erm",      "infiniband",
                                          "jmirror",  "l2tp",      "lisp",        "lisp-data",
                                          "llc",      "lwapp",     "lwapp-l3",    "mac-lte",
                                          "mac-nr",   "mint",      "mip",         "mipv6",
                                          "mp2t",     "mpls",      "msrcp",       "nsh",
                                          "pdcp-lte", "pdcp-nr",   "peekremote",  "redbackli",
                                          "rftap",    "rlc",       "rlc-lte",     "rlc-nr",
                                          "scop",     "sctp",      "teredo",      "tzsp",
                                          "udpencap", "vxlan",     "vxlan_gpe",   "wassp",
                                          "wg",       "zep"};

/// The tables by which link and network layers choose what comes next.
constexpr std::string_view kLowerTables[] = {
    "arcnet.protocol_id", "chdlc.protocol", "ethertype",       "gre.proto",      "ip.proto",
    "juniper.proto",      "l2tp.pw_type",   "llc.dsap",        "nsh.next_proto", "null.type",
    "ppp.protocol",       "sll.ltype",      "vxlan.next_proto"};

/// What a table leads to if its owner carries packets.
constexpr std::string_view kPacketLayers[] = {"eth", "ip", "ipv6", "llc", "ppp", "wlan"};

/// Applications that the lower tables list, too: they can also run straight over Ethernet.
constexpr std::string_view kApplications[] = {"snmp"};

constexpr std::string_view kTransports[] = {"tcp", "udp"};

bool among(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

using Row = std::vector<std::string_view>;

/// Calls `visit` with the cells of each row that has at least `columns` of them.
template <class Visit>
void for_each_row(std::string_view table, std::size_t columns, Visit visit) {
  Row row;
  while (!table.empty()) {
    const std::size_t end = std::min(table.find('\n'), table.size());
    std::string_view line = table.substr(0, end);
    table.remove_prefix(std::min(end + 1, table.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);

    row.clear();
    for (std::size_t tab = 0; (tab = line.find('\t')) != std::string_view::npos;) {
      row.push_back(line.substr(0, tab));
      line.remove_prefix(tab + 1);
    }
    row.push_back(line);
    if (row.size() >= columns) visit(row);
  }
}

/// The transport whose ports `table` is keyed by; empty if it is no such table.
std::string_view transport_of_ports(std::string_view table) {
  for (const std::string_view transport : kTransports) {
    if (table.starts_with(transport) && table.substr(transport.size()) == ".port") return transport;
  }
  return {};
}

/// tshark's own name of a heuristic. Versions that print six columns name it; before, most names
/// follow one pattern, and a wrong one is ignored: a disabled protocol is not tried in any case.
std::string heuristic_name(const Row& row) {
  if (row.size() >= 6) return std::string(row[4]);
  std::string name(row[1]);
  std::replace(name.begin(), name.end(), '.', '_');
  return name.append(1, '_').append(row[0]);
}

/// One entry a line.
template <class Entries>
std::string lines(const Entries& entries) {
  std::string text;
  for (const auto& entry : entries) text.append(entry).append(1, '\n');
  return text;
}

}  // namespace

TransportProfile derive_transport_profile(std::string_view g_decodes, std::string_view g_heuristic_decodes,
                                          std::string_view g_protocols) {
  Names known;
  for_each_row(g_protocols, 3, [&](const Row& row) { known.insert(row[2]); });

  Names above;  // what TCP and UDP hand their payload to
  Names keep(std::begin(kCarriers), std::end(kCarriers));
  for_each_row(g_decodes, 3, [&](const Row& row) {
    const std::string_view table = row[0];
    const std::string_view protocol = row[2];
    if (!transport_of_ports(table).empty()) {
      above.insert(protocol);
    } else if (among(kLowerTables, table)) {
      keep.insert(protocol);
    }
    const std::size_t dot = table.find('.');
    if (dot != std::string_view::npos && among(kPacketLayers, protocol)) {
      keep.insert(table.substr(0, dot));
    }
  });
  for_each_row(g_heuristic_decodes, 3, [&](const Row& row) {
    if (among(kTransports, row[0])) above.insert(row[1]);
  });
  for (const std::string_view application : kApplications) keep.erase(application);

  TransportProfile profile;
  for (const std::string_view protocol : above) {
    if (keep.contains(protocol)) {
      profile.kept.emplace_back(protocol);
    } else if (known.contains(protocol)) {
      profile.disabled.emplace_back(protocol);
    }
  }

  std::set<std::string> heuristics;
  for_each_row(g_heuristic_decodes, 3, [&](const Row& row) {
    if (!among(kTransports, row[0]) || keep.contains(row[1]) || !known.contains(row[1])) return;
    heuristics.insert(heuristic_name(row) + ",0");
  });

  profile.disabled_protos = lines(profile.disabled);
  profile.heuristic_protos = lines(heuristics);
  return profile;
}

}  // namespace flowmeter
