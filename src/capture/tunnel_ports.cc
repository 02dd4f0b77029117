#include "capture/tunnel_ports.h"

#include "capture/port_set.h"

namespace flowmeter {
namespace {

const PortSet& udp_ports() {
  static const PortSet ports = {
      434,                         // Mobile IP
      925,                         // AudioCodes debug recording
      1628,  1629,                 // CN/IP
      1701,                        // L2TP
      2123,  2152,  3386,          // GTP
      2268,                        // AMT
      3544,                        // Teredo
      4305,  4306,                 // B.A.T.M.A.N. and its gateway
      4341,  4342,                 // LISP data and control
      4729,                        // GSMTAP
      4754,  4755,                 // GRE in UDP
      4789,  4790,  8472,          // VXLAN and its generic extension
      5000,                        // OmniPeek remote capture
      5072,                        // AYIYA
      5246,  5247,                 // CAPWAP
      6080,                        // GUE
      6081,                        // Geneve
      6343,                        // sFlow
      6635,                        // MPLS
      12220, 12222, 12223,         // LWAPP
      13907, 13908, 13909, 13910,  // WASSP
      17754,                       // ZigBee encapsulation, may carry 6LoWPAN
      24576, 24577,                // MiNT
      30030,                       // Juniper mirror
      37008,                       // TZSP
      48879,                       // iVXLAN
  };
  return ports;
}

const PortSet& tcp_ports() {
  static const PortSet ports = {
      925,         // AudioCodes debug recording
      2002,        // remote capture
      3225,        // FCIP
      6633, 6653,  // OpenFlow
      7471,        // STT
  };
  return ports;
}

}  // namespace

bool is_udp_tunnel(std::uint16_t port) { return udp_ports().has(port); }

bool is_tcp_tunnel(std::uint16_t port) { return tcp_ports().has(port); }

}  // namespace flowmeter
