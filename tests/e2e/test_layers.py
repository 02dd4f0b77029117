"""Which headers of a frame are packets: all that tshark's table of conversations counts, in every way into the program."""

import gzip
import struct
from collections import Counter

import packets
import pytest
import reference
from helpers import PINNED, flowmeter
from packets import ACK, ETHER, START, ipv4, record, tcp, udp, udp_datagram

from test_conversations import as_printed, conversations, counted, tables
from ways import assert_every_way

A, B = "192.0.2.1", "198.51.100.7"


def pcap(*frames, link=1):
    head = packets.pcap_header()[:20] + struct.pack("<I", link)
    return head + b"".join(record((START + n) * 10**9, frame) for n, frame in enumerate(frames))


def datagram(k, size=20):
    return ipv4("10.1.0.1", "10.1.0.2", 17, udp_datagram(31000 + k, 6000, bytes(size)))


def segment(k):
    return tcp("10.1.0.1", "10.1.0.2", 32000 + k, 33000, ACK)[len(ETHER):]


def sflow(*sampled):
    """A datagram with a sample of each of these frames."""
    def sample(frame):
        header = struct.pack("!IIII", 1, len(frame) + 4, 4, len(frame)) + frame + bytes(-len(frame) % 4)
        body = struct.pack("!IIIIIIII", 1, 0x101, 100, 100, 0, 1, 2, 1) + struct.pack("!II", 1, len(header)) + header
        return struct.pack("!II", 1, len(body)) + body

    head = struct.pack("!II4sIIII", 5, 1, b"\x0a\0\0\x09", 0, 1, 1000, len(sampled))
    return udp(A, B, 40000, 6343, head + b"".join(map(sample, sampled)))


def protocol_reject(packet):
    return b"\xff\x03\xc0\x21" + struct.pack("!BBH", 8, 1, 6 + len(packet)) + b"\0\x21" + packet


def nhrp_error(packet):
    part = struct.pack("!BBHHH", 4, 4, 0, 0, 0) + b"\x0a\0\0\x01" * 3 + packet
    head = struct.pack("!HHHBBBBHHHBBBB", 1, 0x0800, 0, 0, 0, 0, 255, 20 + len(part), 0, 0, 1, 8, 4, 0)
    return ETHER + ipv4(A, B, 54, head + part)


def gprs_ns(packet, status=False):
    """The packet on its way through a mobile network; or in a status about such a message."""
    unit = b"\x43\xc0\x01" + b"\x65\0\0\0" + packet + bytes(3)
    message = b"\0\0\0\x02" + b"\0" + bytes(7) + b"\x16\x82\0\x10" + b"\x0e" + bytes([0x80 | len(unit)]) + unit
    if status:
        message = b"\x08" + b"\0\x81\x0d" + b"\x02" + bytes([0x80 | len(message)]) + message
    return udp(A, B, 2157, 2157, message)


def icmp_error(packet):
    return ipv4(B, A, 1, packets.icmp(3, 0, packet))


def amsdu(*payloads):
    """An 802.11 frame of several IP packets."""
    def subframe(payload):
        body = bytes.fromhex("aaaa030000000800") + payload
        frame = bytes(12) + struct.pack("!H", len(body)) + body
        return frame + bytes(-len(frame) % 4)

    return bytes.fromhex("88000000") + bytes(20) + struct.pack("<H", 0x80) + b"".join(map(subframe, payloads))


def multiplexed(*payloads):
    """PPP of several IP packets."""
    first, *others = payloads
    return (b"\xff\x03\0\x59" + bytes([0x80 | len(first) + 1]) + b"\x21" + first
            + b"".join(bytes([len(payload)]) + payload for payload in others))


def packets_in(*frames, seq=1):
    """OpenFlow messages that bring frames to the controller."""
    def message(frame):
        body = struct.pack("!IHHBB", 0xFFFFFFFF, len(frame), 1, 0, 0) + frame
        return struct.pack("!BBHI", 1, 10, 8 + len(body), 1) + body

    return tcp(A, B, 40000, 6653, ACK, b"".join(map(message, frames)), seq=seq)


def ethernet(packet):
    return ETHER + packet


ETHERNET, PPP, WLAN = 1, 9, 105

#: Name: (link type, frames, the ports of their packets: all of them, and under --tunnel inner and outer).
CASES = {
    "sflow": (ETHERNET, [sflow(ethernet(segment(0)), ethernet(datagram(1)), ethernet(segment(0))), ethernet(segment(0)),
                         ethernet(datagram(1))], [40000, 32000, 31001], None, None),
    "sflow of icmp": (ETHERNET, [sflow(ethernet(icmp_error(datagram(1))), ethernet(segment(1)))], [40000], None, None),
    "lcp": (PPP, [protocol_reject(segment(0)), protocol_reject(datagram(1)), b"\xff\x03\0\x21" + segment(0)], [32000], None, None),
    "nhrp": (ETHERNET, [nhrp_error(segment(0)), nhrp_error(datagram(1)), ethernet(segment(0))], [32000], None, None),
    "gprs-ns": (ETHERNET, [gprs_ns(segment(0)), gprs_ns(segment(0), status=True)], [2157, 2157, 32000], [32000, 2157], [2157, 2157]),
    "a-msdu": (WLAN, [amsdu(datagram(0), datagram(0)), amsdu(datagram(0), datagram(1), segment(2))],
               [31000, 31000, 31000, 31001, 32002], None, None),
    "a-msdu without payload": (WLAN, [amsdu(segment(0), segment(0), segment(1)), amsdu(datagram(0, 0), datagram(1, 0))],
                               [32000, 32000, 32001, 31000, 31001], None, None),
    "a-msdu and icmp": (WLAN, [amsdu(datagram(0), icmp_error(datagram(0)), datagram(1), icmp_error(segment(0)), segment(1))],
                        [31000, 31001, 32001], None, None),
    "pppmux": (PPP, [multiplexed(datagram(0), datagram(0)), multiplexed(datagram(0), segment(0))],
               [31000, 31000, 31000, 32000], None, None),
    "openflow": (ETHERNET, [packets_in(ethernet(datagram(0)), ethernet(datagram(0)), ethernet(segment(1)), ethernet(segment(2)))],
                 [40000, 31000, 31000, 32001, 32002], [31000, 31000, 32001, 32002], [40000]),
    "the same inside": (ETHERNET, [packets.vxlan(A, B, 4000, 4789, packets.vxlan(A, B, 4000, 4789, udp(A, B, 4000, 4789)))],
                        [4000, 4000, 4000], [4000], [4000]),
}

every_case = pytest.mark.parametrize("case", CASES)


@pytest.fixture
def capture(case, tmp_path):
    link, frames, *_ = CASES[case]
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(*frames, link=link))
    return path


def ports(result):
    """The source port of each packet."""
    found = Counter()
    for row in result.rows:
        r = dict(zip(result.header, row))
        found[int(r["src_port"])] += int(r["fwd_tot_pkt"]) + int(r["bwd_tot_pkt"])
    return found


@every_case
def test_every_way(case, capture, tshark, tmp_path):
    """What a table of tshark counts is counted, and nothing else; in all ways alike."""
    # A whole tree as EK does not tell which of several headers of a frame is quoted, other than by depth.
    got = assert_every_way(capture, tshark, tmp_path, but=["ek"] if case == "a-msdu and icmp" else [])
    pinned = [word for pref in PINNED for word in ("-o", pref)]
    table = tables(tshark.text("-n", *pinned, "-r", capture, "-q", "-z", "conv,tcp", "-z", "conv,udp"))
    assert conversations(got, as_printed) == table, repr(got)
    assert ports(got) == Counter(CASES[case][2])
    assert conversations(got) == counted(tshark.fields(capture).read_text()), repr(got)


@every_case
@pytest.mark.parametrize("policy", ["inner", "outer"])
def test_tunnel_policy(case, policy, capture, tshark):
    """Neighbours in a frame are all innermost; outermost is what no other carries."""
    expected = CASES[case][2 + ["all", "inner", "outer"].index(policy)] or CASES[case][2]
    got = flowmeter("--tunnel", policy, capture)
    assert ports(got) == Counter(expected), repr(got)
    rows = [reference.row(flow) for flow in reference.flows(reference.frames(tshark.fields(capture).read_text(), tunnel=policy))]
    assert reference.csv_text(rows) == got.out.decode()


def multipart(depth):
    """An HTTP answer of so many multipart bodies in each other."""
    body = b"x"
    for n in range(depth):
        body = b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n%s\r\n--b%d--\r\n" % (n, n - 1, body, n)
    return (b"HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=b%d\r\nContent-Length: %d\r\n\r\n"
            % (depth - 1, len(body)) + body)


@pytest.fixture
def many_layers(tmp_path):
    """A frame whose frame.protocols is longer than a column of tshark."""
    answer = multipart(170)
    pieces = [answer[at:at + 1400] for at in range(0, len(answer), 1400)]
    frames = [tcp(A, B, 40000, 80, ACK, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    for n, piece in enumerate(pieces):
        frames.append(tcp(B, A, 80, 40000, ACK, piece, seq=1 + 1400 * n, ack=28))
    frames += [udp(A, B, 4000 + n, 5000) for n in range(5)]
    path = tmp_path / "long.pcap"
    path.write_bytes(pcap(*frames))
    return path


def longest(tshark, capture, field="frame.protocols"):
    return max(map(len, tshark.text("-n", "-r", capture, "-T", "fields", "-e", field).splitlines()))


@pytest.mark.parametrize("columns", ["duration", "flowmeter", "+extra,tcp"])
def test_more_layers_than_a_column_holds(columns, many_layers, tshark, tmp_path):
    assert longest(tshark, many_layers) > 2047
    if columns == "flowmeter":
        assert_every_way(many_layers, tshark, tmp_path)
        return
    expected = flowmeter("--columns", columns, "--decoder", "ek", "-j1", "--life-frames", "0", many_layers)
    assert flowmeter("--columns", columns, many_layers).silent().out == expected.out
    assert flowmeter("--columns", columns, "-", data=many_layers.read_bytes()).silent().out == expected.out
    packed = tmp_path / "long.pcap.gz"
    packed.write_bytes(gzip.compress(many_layers.read_bytes()))
    assert flowmeter("--columns", columns, packed).silent().out == expected.out


def test_all_layers_are_shown(many_layers):
    """Whoever prints them gets them whole; columns alone cannot carry them."""
    options = ["--columns", "duration", "--field", "frame.protocols:list"]
    expected = flowmeter(*options, "--decoder", "ek", "-j1", many_layers).silent()
    assert flowmeter(*options, many_layers).silent().out == expected.out
    assert flowmeter(*options, "-", data=many_layers.read_bytes()).silent().out == expected.out
    flowmeter(*options, "--decoder", "columns", many_layers, status=2).one_message("frame.protocols")


def many_packets():
    """Frames with packets after the 2,047th letter of frame.protocols, and frames before and after them."""
    plain = [udp(A, B, 4000 + n, 5000) for n in range(6)]
    crowd = [packets_in(*(ethernet(datagram(n, 10)) for n in range(60)), seq=1 + n * 4200) for n in (0, 1)]
    return pcap(*plain, crowd[0], *plain, crowd[1], *plain)


@pytest.mark.parametrize("way", [(), ("-j2",), ("-j3", "--life-frames", "4"), ("-j1", "--life-frames", "0")], ids=" ".join)
def test_packets_that_a_column_does_not_hold(way, tshark, tmp_path):
    """The capture is read again in another form: no packet is lost, and none comes twice."""
    capture = tmp_path / "x.pcap"
    capture.write_bytes(many_packets())
    assert longest(tshark, capture) > 2047
    expected = flowmeter("--decoder", "ek", "-j1", "--life-frames", "0", capture)
    assert sum(ports(expected).values()) == 18 + 2 * 61
    got = flowmeter(*way, capture).silent()
    assert got.out == expected.out


@pytest.mark.parametrize("way", [(), ("-j1", "--life-frames", "0"), ("--decoder", "columns")], ids=" ".join)
def test_what_cannot_be_read_again_goes_on(way, tshark, tmp_path):
    """From a pipe, or where columns are asked for, such a frame is left out and told."""
    capture = tmp_path / "x.pcap"
    capture.write_bytes(many_packets())
    got = flowmeter(*way, "-", data=capture.read_bytes(), status=1).one_message("2 ", "skipped", "frame.protocols", "--decoder ek")
    assert sum(ports(got).values()) == 18, repr(got)


def test_more_addresses_than_a_column_holds(tshark, tmp_path):
    """Any field may have many values."""
    packet = datagram(0)
    for _ in range(300):
        packet = ipv4("203.0.113.101", "203.0.113.102", 4, packet)
    capture = tmp_path / "x.pcap"
    capture.write_bytes(pcap(udp(A, B, 4000, 5000), ethernet(packet), udp(A, B, 4000, 5000)))
    if longest(tshark, capture, "ip.src") <= 2047:
        pytest.skip("tshark takes no so many layers")
    expected = flowmeter("--decoder", "ek", "-j1", capture)
    assert flowmeter(capture).silent().out == expected.out

