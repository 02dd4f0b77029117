"""Captures written byte by byte, so that the tests need no packet library."""

import os
import socket
import struct
import tempfile

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << n for n in range(8))
START = 1_700_000_000
ETHER = bytes.fromhex("020000000002" "020000000001" "0800")


def pcap_header(nano=False):
    return struct.pack("<IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)


def record(ns, frame, nano=False):
    seconds, rest = divmod(ns, 10**9)
    return struct.pack("<IIII", seconds, rest if nano else rest // 1000, len(frame), len(frame)) + frame


def ipv4(src, dst, protocol, payload):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    return head + payload


def tcp(src, dst, sport, dport, flags, payload=b"", seq=1, ack=1):
    head = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 8192, 0, 0)
    return ETHER + ipv4(src, dst, 6, head + payload)


def udp_datagram(sport, dport, payload=b""):
    return struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload


def udp(src, dst, sport, dport, payload=b""):
    return ETHER + ipv4(src, dst, 17, udp_datagram(sport, dport, payload))


def vxlan(src, dst, sport, dport, inner):
    return udp(src, dst, sport, dport, bytes.fromhex("0800000000007b00") + inner)


def ipv6(src, dst, protocol, payload):
    """A whole frame."""
    head = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
    ends = socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
    return ETHER[:12] + bytes.fromhex("86dd") + head + ends + payload


def icmp(kind, rest=0, body=b""):
    """An ICMP or ICMPv6 message; `rest`: what is in its second word, of an echo its identifier (upper half)."""
    return struct.pack("!BBHI", kind, 0, 0, rest) + body


def echo(kind, identifier, sequence=1, body=b"abcdefgh"):
    return icmp(kind, identifier << 16 | sequence, body)


def dccp(sport, dport, kind, sequence):
    """With an acknowledgement unless it is a request (0)."""
    size = {0: 20, 1: 28}.get(kind, 24)
    head = struct.pack("!HHBBHBBHI", sport, dport, size // 4, 0, 0, kind << 1 | 1, 0, 0, sequence)
    return head + bytes(size - len(head))


def sctp(sport, dport, tag, *chunks):
    return struct.pack("!HHII", sport, dport, tag, 0) + b"".join(chunks)


def sctp_chunk(kind, value=b"", flags=0):
    return struct.pack("!BBH", kind, flags, 4 + len(value)) + value + bytes(-len(value) % 4)


def sctp_init(kind, tag):
    """INIT (1) or INIT ACK (2), with a state cookie."""
    cookie = struct.pack("!HH", 7, 8) + b"cook" if kind == 2 else b""
    return sctp_chunk(kind, struct.pack("!IIHHI", tag, 65536, 1, 1, 1) + cookie)


def sctp_data(number, body):
    return sctp_chunk(0, struct.pack("!IHHI", number, 0, 0, 0) + body, flags=3)


def block(kind, body):
    """A block of pcapng, little-endian."""
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def section():
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(resolution=None, offset=None, link=1):
    """`resolution`: if_tsresol, a power of ten, or of two with 0x80; `offset`: if_tsoffset, in seconds."""
    options = b"" if resolution is None else option(9, bytes([resolution]))
    options += b"" if offset is None else option(14, struct.pack("<q", offset))
    return block(1, struct.pack("<HHI", link, 0, 0) + options)


def enhanced(frame, raw, number=0):
    """`raw`: its time, in units of the interface with that number."""
    return block(6, struct.pack("<IIIII", number, raw >> 32, raw & 0xFFFFFFFF, len(frame), len(frame)) + frame)


def capture(frames, nano=False):
    """The bytes of a pcap file; `frames` yields (time in ns, frame)."""
    return b"".join([pcap_header(nano), *(record(ns, frame, nano) for ns, frame in frames)])


def small_frames():
    """Ten conversations, interleaved, 6 packets each; ports 40000+k to 4000+k (TCP), 50000+k to 5000+k (UDP)."""
    a, b = "192.0.2.1", "198.51.100.7"
    ns = START * 10**9
    for step in range(6):
        for k in range(5):
            ns += 1_003_000
            there = step % 2 == 0
            src, dst = (a, b) if there else (b, a)
            flags = (SYN, SYN | ACK, ACK, ACK | PSH, ACK, FIN | ACK)[step]
            size = 10 * k + step if step >= 3 else 0
            ports = (40000 + k, 4000 + k) if there else (4000 + k, 40000 + k)
            yield ns, tcp(src, dst, *ports, flags, bytes(size), seq=1000 + 100 * step, ack=1000 + 100 * step)
            ns += 507_000
            ports = (50000 + k, 5000 + k) if there else (5000 + k, 50000 + k)
            yield ns, udp(src, dst, *ports, bytes(20 + k * step))


def small():
    return capture(small_frames())


def big_frames(packets=200_000, talkers=500):
    """UDP between `talkers` pairs in turn, sizes and gaps from a little congruential generator."""
    ns, state = START * 10**9, 12345
    heads = {}
    body = bytes(range(256)) * 2
    for n in range(packets):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        k = (state >> 8) % talkers
        back = (state >> 20) & 1 and k in heads
        size = 18 + (state >> 12) % 200
        ns += 1000 * (1 + (state >> 5) % 4000)
        heads.setdefault(k, True)
        client, server = f"10.1.{k >> 8}.{k & 255}", "10.2.0.1"
        if back:
            yield ns, udp(server, client, 7777, 20000 + k, body[:size])
        else:
            yield ns, udp(client, server, 20000 + k, 7777, body[:size])


def big():
    return capture(big_frames())


def written_once(path, make):
    """Writes make() to `path`, whole or not at all, unless it is there: several workers may want it."""
    if not path.exists():
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as out:
            out.write(make())
        os.replace(out.name, path)
    return path
