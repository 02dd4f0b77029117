#include <fmt/format.h>

#include "flow/content_accumulators.h"
#include "schema/groups.h"

namespace flowmeter {
namespace {

/// A column that shows the first value of a field.
struct FirstValue {
  const char* name;
  const char* field;
  const char* meaning;
  ValueKind kind = ValueKind::text;
};

constexpr std::array first_values = {
    FirstValue{"tls_sni", "tls.handshake.extensions_server_name", "server name in the TLS ClientHello"},
    FirstValue{"tls_ja3", "tls.handshake.ja3", "JA3 fingerprint of the TLS client"},
    FirstValue{"tls_ja3s", "tls.handshake.ja3s", "JA3S fingerprint of the TLS server"},
    FirstValue{"tls_ja4", "tls.handshake.ja4", "JA4 fingerprint of the TLS client (tshark 4.2 or later)"},
    FirstValue{"http_host", "http.host", "Host of the HTTP request"},
    FirstValue{"http_method", "http.request.method", "method of the HTTP request"},
    FirstValue{"http_user_agent", "http.user_agent", "User-Agent of the HTTP request"},
    FirstValue{"http_status", "http.response.code", "status code of the HTTP response", ValueKind::value},
    FirstValue{"dns_qname", "dns.qry.name", "name asked for in DNS"},
    FirstValue{"dns_qtype", "dns.qry.type", "type asked for in DNS, a number", ValueKind::value},
    FirstValue{"dns_rcode", "dns.flags.rcode", "response code of the DNS answer, a number", ValueKind::value},
    FirstValue{"ssh_hassh", "ssh.kex.hassh", "HASSH fingerprint of the SSH client"},
    FirstValue{"ssh_hassh_server", "ssh.kex.hasshserver", "HASSH fingerprint of the SSH server"},
};

void print_text(Cell& cell, const std::string& text) {
  cell.out.text(text.empty() ? "-" : std::string_view(text));
}

}  // namespace

std::vector<Column> l7_columns(const FeatureSettings& /*settings*/) {
  std::vector<Column> columns;
  for (const FirstValue& value : first_values) {
    columns.push_back({value.name,
                       "-",
                       fmt::format("{}: the first in the flow; - for none", value.meaning),
                       {value.field},
                       AccumulatorKind(&make_first_text, value.field),
                       [](Cell& cell) { print_text(cell, cell.as<FirstText>()); },
                       false,
                       FieldOrigin::optional});
    columns.back().kind = value.kind;
  }
  columns.push_back({"l7_proto",
                     "-",
                     "protocol that tshark sees above TCP or UDP, the first that is not data; - for none",
                     {"frame.protocols"},
                     &make_application,
                     [](Cell& cell) { print_text(cell, cell.as<ApplicationName>()); }});
  columns.back().kind = ValueKind::text;
  columns.back().one_tshark = true;  // a message in several segments has its name where tshark has them all
  return columns;
}

}  // namespace flowmeter
