#include "packet/layer_stack.h"

#include <gtest/gtest.h>

#include <string>

namespace flowmeter {
namespace {

/// The transports of a plan: "tcp0 ip4:1" is the first value of tcp.*, with the second of ip.*.
std::string summary(const LayerStack& plan) {
  std::string text;
  for (const TransportLayer& layer : plan.transports) {
    if (layer.role != LayerRole::packet) continue;
    if (!text.empty()) text += ", ";
    text += layer.transport == Transport::tcp ? "tcp" : "udp";
    text += std::to_string(layer.occurrence) + " ip" + std::to_string(layer.ip_version) + ":" +
            std::to_string(layer.ip_occurrence);
  }
  return text;
}

std::string layers(std::string_view protocols, std::uint8_t implicit_version = 4) {
  return summary(parse_layers(protocols, implicit_version));
}

/// The role of each transport (packet, quoted, sampled), and how many carry it.
std::string roles(std::string_view protocols) {
  std::string text;
  const LayerStack plan = parse_layers(protocols, 4);
  for (const TransportLayer& layer : plan.transports) {
    text += "pqs"[static_cast<std::size_t>(layer.role)];
    text += std::to_string(layer.depth) + ' ';
  }
  return text;
}

TEST(Layers, AFrameWithoutATransportHoldsNothing) {
  EXPECT_EQ(layers(""), "");
  EXPECT_EQ(layers("eth:ethertype:arp"), "");
  EXPECT_EQ(layers("eth:ethertype:ip:data"), "");
  EXPECT_EQ(layers("eth:ethertype:ip:sctp"), "");
}

TEST(Layers, FindsTheTransport) {
  EXPECT_EQ(layers("eth:ethertype:ip:tcp"), "tcp0 ip4:0");
  EXPECT_EQ(layers("eth:ethertype:ip:tcp:http:data-text-lines"), "tcp0 ip4:0");
  EXPECT_EQ(layers("eth:ethertype:ipv6:udp:dns"), "udp0 ip6:0");
  EXPECT_EQ(layers("raw:ip:udp"), "udp0 ip4:0");
}

TEST(Layers, FindsTheOtherTransportsIfTheyAreWanted) {
  const TransportSet wanted{Transport::sctp, Transport::icmp};
  const LayerStack sctp = parse_layers("eth:ethertype:ip:sctp:data", 4, wanted);
  ASSERT_EQ(sctp.transports.size(), 1U);
  EXPECT_EQ(sctp.transports[0].transport, Transport::sctp);
  EXPECT_EQ(sctp.transports[0].carried, "data");
  EXPECT_TRUE(parse_layers("eth:ethertype:ip:tcp", 4, wanted).transports.empty());
  EXPECT_TRUE(parse_layers("eth:ethertype:ip:dccp", 4, wanted).transports.empty());
}

TEST(Layers, AnIcmpLayerIsNoneOfThoseThatItQuotes) {
  const LayerStack plan = parse_layers("eth:ethertype:ip:icmp:ip:icmp:data", 4, {Transport::icmp});
  ASSERT_EQ(plan.transports.size(), 2U);
  EXPECT_EQ(plan.transports[0].occurrence, 0);
  EXPECT_EQ(plan.transports[0].role, LayerRole::packet);
  EXPECT_EQ(plan.transports[1].role, LayerRole::quoted);
  EXPECT_EQ(plan.transports[1].occurrence, 1);
  EXPECT_EQ(plan.transports[1].ip_occurrence, 1);
  EXPECT_EQ(plan.headers[place_of(Transport::icmp)], 2U);
}

TEST(Layers, LooksAtWholeTokens) {
  EXPECT_EQ(layers("eth:ip:tcpencap:x"), "");
  EXPECT_EQ(layers("eth:ip:gtp:xudp:udpx:tcp.x"), "");
  EXPECT_EQ(layers("eth:ipx:ip:tcp"), "tcp0 ip4:0");
  EXPECT_EQ(layers("eth:ipv6.hopopts:tcp"), "tcp0 ip0:0");
}

TEST(Layers, UdpLiteIsUdp) {
  EXPECT_EQ(layers("eth:ethertype:ip:udplite:data"), "udp0 ip4:0");
  EXPECT_EQ(layers("eth:ip:udp:vxlan:eth:ip:udplite"), "udp0 ip4:0, udp1 ip4:1");
}

TEST(Layers, ATunnelHasTwoTransports) {
  EXPECT_EQ(layers("eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp:http"), "udp0 ip4:0, tcp0 ip4:1");
  EXPECT_EQ(layers("eth:ethertype:ip:udp:gtp:ip:udp:dns"), "udp0 ip4:0, udp1 ip4:1");
  EXPECT_EQ(layers("eth:ethertype:ip:udp:geneve:eth:ethertype:ipv6:tcp"), "udp0 ip4:0, tcp0 ip6:0");
  EXPECT_EQ(layers("eth:ethertype:ip:udp:teredo:ipv6:udp"), "udp0 ip4:0, udp1 ip6:0");
}

TEST(Layers, TheAddressesAreThoseOfTheNearestNetworkLayer) {
  EXPECT_EQ(layers("eth:ethertype:ip:ip:tcp"), "tcp0 ip4:1");
  EXPECT_EQ(layers("eth:ethertype:ip:ipv6:tcp"), "tcp0 ip6:0");
  EXPECT_EQ(layers("eth:ethertype:ipv6:ip:udp"), "udp0 ip4:0");
  EXPECT_EQ(layers("eth:ethertype:ip:gre:ip:ip:ipv6:ipv6:udp"), "udp0 ip6:1");
  EXPECT_EQ(layers("ip:udp:x:ipv6:udp:x:ip:tcp"), "udp0 ip4:0, udp1 ip6:0, tcp0 ip4:1");
}

TEST(Layers, ATransportWithoutANetworkLayerHasNoAddress) {
  EXPECT_EQ(layers("eth:tcp"), "tcp0 ip0:0");
  EXPECT_EQ(layers("usb:udp"), "udp0 ip0:0");
}

TEST(Layers, AMessageMayCarryTransportsOfItsOwn) {
  EXPECT_EQ(layers("eth:ethertype:ip:tcp:openflow_v1:eth:ethertype:ip:tcp:openflow_v1:ip:tcp"),
            "tcp0 ip4:0, tcp1 ip4:1, tcp2 ip4:2");
}

TEST(Layers, WhatIcmpQuotesDoesNotCount) {
  const LayerStack plan = parse_layers("eth:ethertype:ip:icmp:ip:udp:data", 4);
  EXPECT_EQ(summary(plan), "");
  EXPECT_EQ(plan.headers[place_of(Transport::udp)], 1U);
  EXPECT_EQ(plan.ipv4_layers, 2U);
  EXPECT_EQ(layers("eth:ethertype:ipv6:icmpv6:ipv6:tcp"), "");
}

TEST(Layers, ATransportAroundAnIcmpErrorDoesCount) {
  const LayerStack plan = parse_layers("eth:ip:udp:vxlan:eth:ip:icmp:ip:udp", 4);
  EXPECT_EQ(summary(plan), "udp0 ip4:0");
  EXPECT_EQ(plan.headers[place_of(Transport::udp)], 2U);
}

TEST(Layers, TellsWhichTransportsCount) {
  const LayerStack plan = parse_layers("eth:ip:udp:vxlan:eth:ip:tcp", 4);
  EXPECT_EQ(plan.headers[place_of(Transport::tcp)], 1U);
  EXPECT_EQ(plan.headers[place_of(Transport::udp)], 1U);
  EXPECT_EQ(plan.ipv4_layers, 2U);
  EXPECT_FALSE(plan.implicit_ip);
}

TEST(Layers, SampledHeadersAreNoPackets) {
  EXPECT_EQ(
      roles("eth:ethertype:ip:udp:sflow:eth:ethertype:ip:tcp:eth:ethertype:ip:udp:data:eth:ethertype:ip:tcp"),
      "p0 s1 s2 s2 ");
  EXPECT_EQ(roles("eth:ethertype:ip:udp:sflow:data:eth:ethertype:ip:udp:dns"), "p0 s0 ");
  EXPECT_EQ(roles("eth:ethertype:ip:udp:sflow:eth:ethertype:ip:icmp:ip:udp"), "p0 s1 ");
  EXPECT_EQ(roles("eth:ethertype:ip:icmp:ip:udp:sflow:eth:ethertype:ip:udp"), "q0 s1 ");
}

TEST(Layers, WhatAPeerRejectsIsNoPacket) {
  EXPECT_EQ(roles("ppp:lcp:ip:tcp"), "s0 ");
  EXPECT_EQ(roles("eth:ethertype:pppoes:ppp:lcp:ip:udp:dns"), "s0 ");
  EXPECT_EQ(roles("eth:ethertype:ip:nhrp:ip:tcp"), "s0 ");
  EXPECT_EQ(roles("eth:ethertype:ip:udp:gprs-ns:bssgp:llcgprs:sndcp:ip:tcp"), "p0 p1 ");
  EXPECT_EQ(roles("eth:ethertype:ip:udp:gprs-ns:gprs-ns:bssgp:llcgprs:sndcp:ip:tcp"), "p0 s1 ");
}

TEST(Layers, AFrameOfPppAfterOthersIsNotRejected) {
  EXPECT_EQ(roles("eth:ethertype:ip:gre:ppp_hdlc:lcp:ip:udp:data"), "p0 ");
  EXPECT_EQ(roles("ppp:pppmux:lcp:ip:udp:data"), "p0 ");
}

TEST(Layers, SubframesStandSideBySide) {
  EXPECT_EQ(roles("radiotap:wlan_radio:wlan:llc:ip:udp:data:llc:ip:udp:data"), "p0 p0 ");
  EXPECT_EQ(roles("wlan:llc:ip:tcp:llc:ip:tcp:tls:llc:ipv6:udp"), "p0 p0 p0 ");
  EXPECT_EQ(roles("wlan:llc:ip:udp:vxlan:eth:llc:ip:udp:data"), "p0 p1 ");
  EXPECT_EQ(roles("eth:ethertype:ip:udp:capwap.data:wlan:llc:ip:udp:dns:llc:ip:tcp"), "p0 p1 p1 ");
}

TEST(Layers, AnIcmpErrorQuotesNothingOfTheNextSubframe) {
  EXPECT_EQ(roles("wlan:llc:ip:icmp:ip:udp:data:llc:ip:udp:data"), "q0 p0 ");
  EXPECT_EQ(roles("wlan:llc:ip:icmp:ip:tcp:llc:ip:icmp:ip:tcp:llc:ip:tcp"), "q0 q0 p0 ");
}

TEST(Layers, NothingIsCarriedInData) {
  EXPECT_EQ(roles("ppp:pppmux:ip:udp:data:ip:udp:data"), "p0 p0 ");
  EXPECT_EQ(roles("eth:ethertype:ip:gre:ppp_hdlc:ip:udp:data:ip:tcp"), "p0 p0 ");
}

TEST(Layers, MessagesOfOpenFlowStandSideBySide) {
  EXPECT_EQ(roles("eth:ethertype:ip:tcp:openflow:openflow_v1:eth:ethertype:ip:tcp:openflow_v1:eth:ethertype:"
                  "ip:udp:dns"
                  ":openflow_v1:eth:ethertype:ip:udp"),
            "p0 p1 p1 p1 ");
}

TEST(Layers, MplsMayLeaveTheNetworkLayerUnnamed) {
  const LayerStack named = parse_layers("eth:ethertype:mpls:ip:tcp", 4);
  EXPECT_EQ(summary(named), "tcp0 ip4:0");
  EXPECT_FALSE(named.implicit_ip);
  const LayerStack unnamed = parse_layers("eth:ethertype:mpls:tcp", 4);
  EXPECT_EQ(summary(unnamed), "tcp0 ip4:0");
  EXPECT_TRUE(unnamed.implicit_ip);
  EXPECT_EQ(unnamed.ipv4_layers, 0U);
  EXPECT_EQ(layers("eth:ethertype:mpls:udp:dns", 6), "udp0 ip6:0");
}

TEST(Layers, AnUnnamedNetworkLayerTakesItsPlaceAmongTheOthers) {
  EXPECT_EQ(layers("ip:udp:mpls:tcp", 4), "udp0 ip4:0, tcp0 ip4:1");
  EXPECT_EQ(layers("ip:udp:mpls:tcp", 6), "udp0 ip4:0, tcp0 ip6:0");
  EXPECT_EQ(layers("eth:mpls:udp:vxlan:eth:ip:tcp", 4), "udp0 ip4:0, tcp0 ip4:1");
}

TEST(Layers, IcmpBehindMplsQuotesToo) {
  const LayerStack plan = parse_layers("eth:ethertype:mpls:icmp:ip:tcp", 4);
  EXPECT_EQ(summary(plan), "");
  EXPECT_TRUE(plan.implicit_ip);
}

TEST(Layers, TakesNoMoreLayersThanCanBeNumbered) {
  std::string protocols = "ip";
  for (int i = 0; i < 300; ++i) protocols += ":udp";
  const LayerStack plan = parse_layers(protocols, 4);
  ASSERT_LE(plan.transports.size(), 256U);
  for (std::size_t i = 0; i < plan.transports.size(); ++i) {
    ASSERT_EQ(plan.transports[i].occurrence, i);
  }
}

TEST(LayerStackCache, RemembersPlansByTextAndVersion) {
  LayerStackCache plans;
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(summary(plans.find("eth:mpls:tcp")), "tcp0 ip4:0");
    EXPECT_EQ(summary(plans.find("eth:mpls:tcp", 6)), "tcp0 ip6:0");
    EXPECT_EQ(summary(plans.find("eth:mpls:tcp")), "tcp0 ip4:0");
    EXPECT_EQ(summary(plans.find("eth:ip:udp")), "udp0 ip4:0");
    EXPECT_EQ(summary(plans.find("")), "");
  }
}

TEST(LayerStackCache, StaysRightWhenItHasSeenMoreThanItRemembers) {
  LayerStackCache plans;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 5000; ++i) {
      const std::string protocols = "x" + std::to_string(i) + (i % 2 == 0 ? ":ip:tcp" : ":ip:udp");
      ASSERT_EQ(summary(plans.find(protocols)), i % 2 == 0 ? "tcp0 ip4:0" : "udp0 ip4:0");
      ASSERT_EQ(summary(plans.find(protocols, 6)), i % 2 == 0 ? "tcp0 ip4:0" : "udp0 ip4:0");
    }
  }
}

}  // namespace
}  // namespace flowmeter
