#include "source/transport_profile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {
namespace {

constexpr std::string_view kDecodes =
    "ethertype\t2048\tip\n"
    "ethertype\t33100\tsnmp\n"
    "ethertype\t35047\tlwapp\n"
    "ip.proto\t47\tgre\n"
    "ip.proto\t6\ttcp\n"
    "ip.proto\t17\tudp\n"
    "ip.proto\t115\tl2tp\n"
    "sctp.port\t2905\tm3ua\n"
    "tcp.port\t80\thttp\n"
    "tcp.port\t22\tssh\n"
    "tcp.port\t2152\tgtp\n"
    "udp.port\t53\tdns\n"
    "udp.port\t161\tsnmp\n"
    "udp.port\t1701\tl2tp\n"
    "udp.port\t2152\tgtp\n"
    "udp.port\t4754\tgre\n"
    "udp.port\t4789\tvxlan\n"
    "udp.port\t6343\tsflow\n"
    "udp.port\t7000\tnewtunnel\n"
    "udp.port\t12222\tlwapp\n"
    "sflow_245.header_protocol\t1\teth\n"
    "newtunnel.next\t1\tip\n"
    "http.port\t631\tipp\n"
    "media.type\t1\tjson\n";

constexpr std::string_view kHeuristics =
    "sctp\tnbap\tT\n"
    "tcp\thttp\tT\n"
    "tcp\trpcap\tT\n"
    "udp\trpcap\tT\n"
    "udp\tteredo\tF\n"
    "udp\tbat.vis\tT\n"
    "http\tjson\tT\n";

constexpr std::string_view kProtocols =
    "Dynamic Name Service\tDNS\tdns\n"
    "Hypertext Transfer Protocol\tHTTP\thttp\n"
    "Secure Shell\tSSH\tssh\n"
    "sFlow datagram\tsFlow\tsflow\n"
    "Remote Packet Capture\tRPCAP\trpcap\n"
    "Simple Network Management Protocol\tSNMP\tsnmp\n"
    "BAT vis\tBAT Vis\tbat.vis\n"
    "GPRS Tunneling Protocol\tGTP\tgtp\n"
    "Virtual eXtensible Local Area Network\tVXLAN\tvxlan\n"
    "Internet Printing Protocol\tIPP\tipp\n";

TransportProfile profile() { return derive_transport_profile(kDecodes, kHeuristics, kProtocols); }

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

TEST(TransportProfile, SwitchesOffWhatTcpAndUdpHandTheirPayloadTo) {
  EXPECT_EQ(profile().disabled,
            (std::vector<std::string>{"bat.vis", "dns", "http", "rpcap", "sflow", "snmp", "ssh"}));
}

TEST(TransportProfile, KeepsTunnels) {
  const TransportProfile p = profile();
  EXPECT_TRUE(has(p.kept, "vxlan"));
  EXPECT_TRUE(has(p.kept, "gtp"));
  EXPECT_TRUE(has(p.kept, "teredo"));
}

TEST(TransportProfile, KeepsWhatLowerLayersHandPacketsToAsWell) {
  const TransportProfile p = profile();
  EXPECT_TRUE(has(p.kept, "gre"));
  EXPECT_TRUE(has(p.kept, "l2tp"));
  EXPECT_TRUE(has(p.kept, "lwapp"));
}

TEST(TransportProfile, KeepsAnUnknownTunnelWhoseTableLeadsToIp) {
  EXPECT_TRUE(has(profile().kept, "newtunnel"));
}

TEST(TransportProfile, SnmpIsAnApplicationAlsoOverEthernet) { EXPECT_TRUE(has(profile().disabled, "snmp")); }

TEST(TransportProfile, LeavesAloneWhatIsOnlyReachedBehindAnApplication) {
  const TransportProfile p = profile();
  for (const std::string_view name : {"ipp", "json", "m3ua", "nbap", "tcp", "udp", "ip"}) {
    EXPECT_FALSE(has(p.disabled, name)) << name;
  }
}

TEST(TransportProfile, WritesOnlyNamesThatThisTsharkHas) {
  const TransportProfile p = derive_transport_profile("tcp.port\t80\thttp\ntcp.port\t22\tssh\n",
                                                      "tcp\tgone\tT\n", "Secure Shell\tSSH\tssh\n");
  EXPECT_EQ(p.disabled_protos, "ssh\n");
  EXPECT_EQ(p.heuristic_protos, "");
}

TEST(TransportProfile, FilesHaveOneEntryALine) {
  const TransportProfile p = profile();
  EXPECT_EQ(p.disabled_protos, "bat.vis\ndns\nhttp\nrpcap\nsflow\nsnmp\nssh\n");
  EXPECT_EQ(p.heuristic_protos, "bat_vis_udp,0\nhttp_tcp,0\nrpcap_tcp,0\nrpcap_udp,0\n");
}

TEST(TransportProfile, TakesTheHeuristicsNameFromVersionsThatPrintIt) {
  const TransportProfile p =
      derive_transport_profile("tcp.port\t80\thttp\n", "tcp\thttp\tT\tT\thttp_over_tcp\tHTTP over TCP\n",
                               "Hypertext Transfer Protocol\tHTTP\thttp\n");
  EXPECT_EQ(p.heuristic_protos, "http_over_tcp,0\n");
}

TEST(TransportProfile, SkipsLinesThatAreNoRows) {
  const TransportProfile p =
      derive_transport_profile("Running as user \"root\".\n\ntcp.port\t80\ntcp.port\t22\tssh\r\n", "\n\t\n",
                               "Secure Shell\tSSH\tssh\r\n");
  EXPECT_EQ(p.disabled, std::vector<std::string>{"ssh"});
}

TEST(TransportProfile, OfNoTablesIsEmpty) {
  const TransportProfile p = derive_transport_profile("", "", "");
  EXPECT_TRUE(p.empty());
  EXPECT_EQ(p.disabled_protos, "");
  EXPECT_EQ(p.heuristic_protos, "");
}

TEST(TransportProfile, LastLineNeedsNoEnd) {
  EXPECT_EQ(derive_transport_profile("tcp.port\t22\tssh", "", "Secure Shell\tSSH\tssh").disabled,
            std::vector<std::string>{"ssh"});
}

TEST(TransportProfile, IsSortedWhateverTheOrderOfTheTables) {
  const TransportProfile p =
      derive_transport_profile("tcp.port\t22\tssh\nudp.port\t53\tdns\ntcp.port\t53\tdns\n", "",
                               "Secure Shell\tSSH\tssh\nDomain Name System\tDNS\tdns\n");
  EXPECT_EQ(p.disabled, (std::vector<std::string>{"dns", "ssh"}));
}

}  // namespace
}  // namespace flowmeter
