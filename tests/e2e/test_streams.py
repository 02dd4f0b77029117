"""Streams that several tsharks, or parts, see are those of a single tshark: captures in which that is hard, in every way."""

import json
import socket
import struct

import pytest

import random_captures
import random_ways
from helpers import JOINS, flowmeter
from random_captures import ACK, FIN, RST, SECOND, START, SYN, Frame, Hosts, Packet, ethernet, home_address, routing_header

pytestmark = pytest.mark.skipif(not JOINS, reason="the streams of several of these tsharks cannot be joined")


def tcp(version, flags, sequence=0, acknowledgement=0, back=False, ports=(40000, 80), payload=b"", hosts=None):
    source, destination = (hosts.v4 if version == 4 else hosts.v6)[:2][::-1 if back else 1]
    sport, dport = ports[::-1] if back else ports
    head = struct.pack("!HHIIBBHHH", sport, dport, sequence, acknowledgement, 5 << 4, flags, 8192, 0, 0)
    return Packet(version, source, destination, 6, head + payload)


def error(packet, hosts, size=576):
    text = packet.bytes()[:size]
    sender = (hosts.v4 if packet.version == 4 else hosts.v6)[3]
    if packet.version == 4:
        return Packet(4, sender, packet.source, 1, struct.pack("!BBHI", 3, 1, 0, 0) + text)
    return Packet(6, sender, packet.source, 58, struct.pack("!BBHI", 1, 0, 0, 0) + text)


def routed(packet, kind, waypoint):
    """On its way to `waypoint`, with where it goes in a routing header."""
    packet.extensions.append((43, routing_header(kind, 1, [socket.inet_pton(socket.AF_INET6, packet.destination)])))
    packet.sent_to = waypoint
    return packet


def at_home(packet, address):
    """Sent from `address`, with the host's own in a home address option."""
    packet.extensions.append((60, home_address(socket.inet_pton(socket.AF_INET6, packet.source))))
    packet.sent_from = address
    return packet


def source_routed(packet, hop):
    packet.options = bytes([131, 7, 4]) + socket.inet_aton(packet.destination)
    packet.sent_to = hop
    return packet


def tunnel(packet, hosts):
    return Packet(4, hosts.v4[4], hosts.v4[5], 4 if packet.version == 4 else 41, packet.bytes())


def fragments(packet):
    packet.ident = 7
    return [packet.bytes(payload=packet.payload[:24], fragment=(0, True)),
            packet.bytes(payload=packet.payload[24:], fragment=(24, False))]


def handshake(version, hosts, ports=(40000, 80), first=1000):
    return [tcp(version, SYN, first, hosts=hosts, ports=ports),
            tcp(version, SYN | ACK, 5000, first + 1, True, hosts=hosts, ports=ports),
            tcp(version, ACK, first + 1, 5001, hosts=hosts, ports=ports)]


def error_before_the_syn(h):
    """An error teaches no numbers: the SYN goes on with the stream."""
    quoted = tcp(4, ACK, 7, 1000, True, hosts=h)
    return [tcp(4, RST, 2000, 0, True, hosts=h), error(quoted, h), tcp(4, SYN, 1000, hosts=h)]


def error_quotes_another_syn(h):
    """But a SYN in it may open a connection."""
    return [*handshake(4, h), error(tcp(4, SYN, 9000, hosts=h), h), tcp(4, SYN, 1000, hosts=h), tcp(4, ACK, 5, 6, True, hosts=h)]


def error_quotes_a_syn_ack(h):
    return [*handshake(6, h), error(tcp(6, SYN | ACK, 77, 5, hosts=h), h), tcp(6, SYN, 77, hosts=h), tcp(6, SYN, 1000, hosts=h)]


def segment_routing(h):
    """One side's packets go by a waypoint."""
    syn, syn_ack, ack = handshake(6, h)
    return [routed(syn, 4, h.v6[8 - 1]), syn_ack, routed(ack, 4, h.v6[7]), tcp(6, ACK | FIN, 5001, 1001, True, hosts=h)]


def mobile(h):
    """A host away from home, and what comes to it."""
    syn, syn_ack, ack = handshake(6, h)
    return [at_home(syn, h.v6[6]), routed(syn_ack, 2, h.v6[6]), at_home(ack, h.v6[6]), tcp(6, SYN, 4444, hosts=h)]


def source_routes(h):
    syn, syn_ack, ack = handshake(4, h)
    return [source_routed(syn, h.v4[6]), syn_ack, source_routed(ack, h.v4[7]), tcp(4, SYN, 4444, hosts=h)]


def quoted_routing_header(h):
    """There tshark goes by the printed destination."""
    syn, syn_ack, ack = handshake(6, h)
    return [routed(syn, 4, h.v6[7]), error(routed(tcp(6, ACK, 3, 4, hosts=h), 4, h.v6[7]), h), syn_ack, ack]


def snmp_in_a_tunnel(h):
    """SNMP's dissector begins a conversation of its own, over TCP as well; it goes on in a tunnel."""
    ports = 40000, 161
    return [tcp(4, ACK, 2000, 1001, payload=b"?", ports=ports, hosts=h),
            tunnel(tcp(4, ACK | FIN, 5, 1000, True, ports=ports, hosts=h), h), tcp(4, ACK, 2001, 1001, ports=ports, hosts=h)]


def vnc_on_any_port(h):
    """So does VNC's; then comes the very SYN that is expected."""
    ports = 40001, 40002
    return [tcp(6, ACK, 1, 0, True, payload=b"RFB 003.008\n", ports=ports, hosts=h),
            tcp(6, SYN, 0xFFFFFFFF, ports=ports, hosts=h), tcp(6, ACK, 1, 1, True, ports=ports, hosts=h)]


def vnc_in_what_is_http(h):
    """HTTP's dissector, which claimed the conversation, is given what would else be VNC's first message."""
    ports = 40001, 40002
    return [tcp(4, ACK, 1, 1, payload=b"GET / HTTP/1.1\r\n\r\n", ports=ports, hosts=h),
            tcp(4, ACK, 1, 19, True, payload=b"RFB 003.008\n", ports=ports, hosts=h),
            tcp(4, ACK, 19, 13, ports=ports, hosts=h)]


def fragments_in_a_tunnel(h):
    """Half of a segment in a tunnel, half of it not."""
    first, second = fragments(tcp(4, ACK, 1, 2, payload=bytes(40), hosts=h))
    outer = Packet(4, h.v4[4], h.v4[5], 4, first)
    return [tcp(4, SYN, 0, hosts=h), outer, second, tcp(4, SYN, 7, hosts=h)]


STORIES = {
    1: error_before_the_syn, 2: error_quotes_another_syn, 4: error_quotes_a_syn_ack, 5: segment_routing, 7: source_routes,
    8: quoted_routing_header, 10: fragments_in_a_tunnel, 3: mobile, 6: snmp_in_a_tunnel, 9: vnc_on_any_port, 12: vnc_in_what_is_http,
}


def invitation(hosts, media):
    """A SIP message that says where media is expected."""
    body = f"v=0\r\no=- 1 1 IN IP4 {media}\r\ns=-\r\nc=IN IP4 {media}\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n"
    head = ("INVITE sip:b@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nFrom: <sip:a@a>\r\nTo: <sip:b@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
            f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n")
    text = (head + body).encode()
    return Packet(4, hosts.v4[0], hosts.v4[1], 17, struct.pack("!HHHH", 5060, 5060, 8 + len(text), 0) + text)


def signalled(folder, media, start=START):
    hosts = Hosts(1)
    packets = [invitation(hosts, hosts.v4[media]), Packet(4, hosts.v4[2], hosts.v4[1], 17, struct.pack("!HHHH", 7000, 6000, 8, 0))]
    frames = [Frame(start + n, data, len(data), 1) for n, data in enumerate(ethernet(0x0800, p.bytes()) for p in packets)]
    path = folder / f"{media}.pcap"
    path.write_bytes(random_captures.pcap(frames))
    return path


@pytest.mark.parametrize("options", [("-j2",), ("-j1", "--life-frames", "1"), ("--decoder", "ek", "-j2")], ids=" ".join)
def test_signalling_between_other_hosts_than_the_media_is_told(options, tmp_path):
    told = tmp_path / "meta.json"

    def announced(media, *how):
        got = flowmeter("--meta", told, *how, signalled(tmp_path, media))
        return got, json.loads(told.read_text())["inputs"][0]["media_announced_elsewhere"]

    got, count = announced(2, *options)
    got.one_message("1 packet of signalling announced media between other hosts than its own")
    assert count == 1
    for media, how in ((0, options), (2, ("-j1", "--life-frames", "0"))):
        got, count = announced(media, *how)
        got.silent()
        assert count == 0


def test_parts_of_signalling_are_told(tmp_path):
    first, second = (tmp_path / name for name in ("first.part", "second.part"))
    for part, media, start in ((first, 2, START), (second, 0, START + SECOND)):
        flowmeter("-q", "--partial", signalled(tmp_path, media, start), "-o", part)
    middle = tmp_path / "middle.part"
    flowmeter("merge", first, second).one_message("1 packet of signalling may have announced media")
    flowmeter("merge", "--partial", first, second, "-o", middle)
    assert '"announcements":2' in middle.read_text()


@pytest.fixture(scope="module")
def stories():
    frames = []
    for case, story in STORIES.items():
        for step, packet in enumerate(story(Hosts(case))):
            version, text = (4, packet) if isinstance(packet, bytes) else (packet.version, packet.bytes())
            data = ethernet(random_captures.ETHER_OF_VERSION[version], text)
            frames.append(Frame(START + step * SECOND + case * 1000, data, len(data), case))
    return sorted(frames)


@pytest.mark.parametrize("kind, options, border", [
    ("file", ("-j1",), 1), ("file", ("-j2",), None), ("file", ("-j3",), 7), ("pipe", ("-j2",), 4), ("file", ("--decoder", "ek", "-j1"), 3),
    ("parts", (), 3), ("parts", (), 11),
])
def test_every_way_gives_the_same(kind, options, border, stories):
    way = random_ways.Way("made on purpose", kind, random_ways.RICH, options, None)
    frames = random_ways.seen_by(way, stories)
    expected, got = random_ways.reference(way.columns, frames).expect(0), random_ways.read(way, frames, border).expect(0)
    assert got.out == expected.out, f"cases {random_ways.cases_of(way, frames, border)}: {expected!r}{got!r}"
