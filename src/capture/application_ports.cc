#include "capture/application_ports.h"

#include "capture/port_set.h"

// Not here, as they are tunnels: OpenFlow (6633, 6653), sFlow (6343), remote capture (2002), L2TP.
// Not here, as no port tells them: RTP, RTCP, T.38 and whatever else is announced by signalling
// between the same hosts; it comes along by its pair of addresses.

namespace flowmeter {
namespace {

const PortSet& udp_ports_with_own_memory() {
  static const PortSet ports = {
      161,  162,  8161,        // SNMP: a new conversation for what has one already
      2055, 4739, 9995, 9996,  // NetFlow, IPFIX: templates
  };
  return ports;
}

const PortSet& tcp_ports_with_own_memory() {
  static const PortSet ports = {
      161, 162, 199,  // SNMP, SMUX
      4739,           // IPFIX: templates
  };
  return ports;
}

const PortSet& announcing_udp_ports() {
  static const PortSet ports = {
      69,                         // TFTP: answers come from another port
      88,                         // Kerberos: conversation with any port of the server
      111,   2049,  4045, 20048,  // ONC RPC: port mapper, NFS, locks, mounts; any address, port
      173,                        // Xyplex: sets up TCP conversations
      1718,  1719,                // H.225 RAS: announces where the calls are
      1745,                       // MS proxy: sets up redirected conversations
      1755,                       // MMS: data on other ports
      2222,  44818,               // EtherNet/IP: TCP sets up UDP
      2427,  2727,                // MGCP: sets up media
      2944,  2945,                // Megaco, H.248: sets up media
      2948,  2949,  9200, 9201,   // WSP: redirections to other addresses and ports
      9202,  9203,                // and the same in WTLS
      3205,                       // iSNS: announces ports
      3567,  5567,                // DOF: conversation with any address and port
      5004,  5005,                // AppleMIDI: turns its conversation into RTP
      5060,  5061,                // SIP: sets up media
      5094,                       // HART-IP: answers from another port
      5683,                       // CoAP: conversation with any address and port
      6087,                       // LDSS: announces TCP transfers
      9875,                       // SAP: announces media
      22222,                      // RTPproxy: sets up media
  };
  return ports;
}

const PortSet& announcing_tcp_ports() {
  static const PortSet ports = {
      20,    21,                       // FTP: announces the ports of data
      88,                              // Kerberos
      111,   2049, 4045, 20048,        // ONC RPC: port mapper, NFS, locks, mounts
      554,   7236, 8554,               // RTSP: sets up media
      639,                             // MSDP: carries IP packets
      862,                             // TWAMP: sets up test sessions over UDP
      1080,                            // SOCKS: relays, over UDP as well
      1720,                            // H.225: sets up H.245 and media on other ports
      1755,                            // MMS: data on other ports
      2000,  2443,                     // Skinny: sets up media
      2427,  2727,                     // MGCP: sets up media
      2502,                            // Kismet: carries wireless frames
      2855,                            // MSRP: conversation with any address and port
      2944,  2945,                     // Megaco, H.248: sets up media
      3002,  3003,                     // GSM A-bis over IP: sets up media
      3205,                            // iSNS: announces ports
      3260,                            // iSCSI: conversation with any port, when moved
      3567,  3568, 5567, 8567,         // DOF
      4369,                            // Erlang port mapper: announces ports
      5060,  5061,                     // SIP: sets up media
      5094,                            // HART-IP
      5500,  5501, 5900, 5901,  5902,  // VNC: a second conversation, so a second stream number,
      5903,  5904, 5905, 5906,  5907,  // where its first message is recognized; more displays than
      5908,  5909, 5910,               // are registered
      5683,                            // CoAP
      14001,                           // UMA: sets up UDP for packet data
      22222,                           // RTPproxy: sets up media
      44818,                           // EtherNet/IP: sets up UDP
  };
  return ports;
}

ApplicationMemory memory(std::uint16_t port, const PortSet& own, const PortSet& announcing) {
  if (announcing.has(port)) return ApplicationMemory::announced;
  return own.has(port) ? ApplicationMemory::own : ApplicationMemory::none;
}

}  // namespace

ApplicationMemory udp_application(std::uint16_t port) {
  return memory(port, udp_ports_with_own_memory(), announcing_udp_ports());
}

ApplicationMemory tcp_application(std::uint16_t port) {
  return memory(port, tcp_ports_with_own_memory(), announcing_tcp_ports());
}

}  // namespace flowmeter
