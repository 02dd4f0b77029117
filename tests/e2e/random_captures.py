"""Random captures: small stories of a few hosts, full of what makes stream numbers hard, many of them side by side.

A *case* is one story. Its hosts are its own (see Hosts), so that cases in one capture do not touch each other and share the
start of a tshark; the same number gives the same story on every machine.
"""

import random
import socket
import struct
from collections import namedtuple

START = 1_700_000_000 * 10**9
SECOND = 10**9
FIN, SYN, RST, PSH, ACK = (1 << n for n in range(5))

#: A captured frame. `size`: its length on the wire, of which `data` may be a part.
Frame = namedtuple("Frame", "ns data size case")

#: Ports: such that mean nothing, and some whose dissectors keep conversations of their own.
PORTS = (40000, 40001, 40002, 80, 53)
SPECIAL_PORTS = (161, 162, 199, 69, 5900, 5901, 21, 111, 88, 5060, 5683, 2000)
MACS = (bytes.fromhex("020000000001"), bytes.fromhex("020000000002"))

ETHER_OF_VERSION = {4: 0x0800, 6: 0x86DD}


def ethernet(kind, payload):
    return MACS[1] + MACS[0] + struct.pack("!H", kind) + payload


class Hosts:
    """Addresses of a case: four of each family, and as many for the ends of tunnels."""

    def __init__(self, case):
        self.v4 = [f"10.{case >> 12 & 255}.{case >> 4 & 255}.{(case & 15) * 16 + n}" for n in range(1, 9)]
        self.v6 = [f"fd00:0:{case >> 16:x}:{case & 0xffff:x}::{n}" for n in range(1, 9)]


def case_of(address):
    """The case whose hosts have that address, as a row prints it."""
    if ":" in address:
        words = struct.unpack("!8H", socket.inet_pton(socket.AF_INET6, address))
        return words[2] << 16 | words[3]
    _, a, b, c = map(int, address.split("."))
    return a << 12 | b << 4 | c >> 4


class Packet:
    """An IP packet: how it is to be written, so that errors can quote it and tunnels and fragments hold it."""

    def __init__(self, version, source, destination, protocol, payload):
        self.version, self.source, self.destination = version, source, destination
        self.protocol, self.payload = protocol, payload
        self.extensions = []  # of IPv6: (protocol, bytes from the second on)
        self.options = b""  # of IPv4
        self.sent_to = destination  # what stands in the header
        self.sent_from = source
        self.length_off = 0
        self.ident = 0

    def bytes(self, flags=0, payload=None, fragment=None):
        """`fragment`: (offset in bytes, whether more come), of `payload`."""
        body = self.payload if payload is None else payload
        return self._v4(body, fragment) if self.version == 4 else self._v6(body, fragment)

    def _v4(self, body, fragment):
        options = self.options + bytes(-len(self.options) % 4)
        offset, more = fragment or (0, False)
        length = max(0, 20 + len(options) + len(body) + self.length_off)
        head = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, length, self.ident, offset // 8 | more << 13, 64,
                           self.protocol, 0, socket.inet_aton(self.sent_from), socket.inet_aton(self.sent_to))
        return head + options + body

    def _v6(self, body, fragment):
        chain = list(self.extensions)
        if fragment:
            offset, more = fragment
            chain.append((44, struct.pack("!BHI", 0, offset | more, self.ident)))
        text, following = b"", self.protocol
        for kind, rest in reversed(chain):
            text = bytes([following]) + rest + text
            following = kind
        length = max(0, len(text) + len(body) + self.length_off)
        return struct.pack("!IHBB", 6 << 28, length, following, 64) + socket.inet_pton(
            socket.AF_INET6, self.sent_from) + socket.inet_pton(socket.AF_INET6, self.sent_to) + text + body


def routing_header(kind, left, hops):
    """Everything but its first byte. `hops`: addresses of 16 bytes."""
    body = b"".join(hops)
    if kind == 4:
        return struct.pack("!BBBBBH", len(body) // 8, 4, left, len(hops) - 1, 0, 0) + body
    return struct.pack("!BBBI", len(body) // 8, kind, left, 0) + body


def home_address(address):
    """A destination options header, but for its first byte: padding, then the option."""
    return bytes([2, 1, 2, 0, 0, 201, 16]) + address


SNMP_GET = bytes.fromhex("302602010104067075626c6963a019020101020100020100300e300c06082b060102010101000500")
SNMP_ANSWER = bytes.fromhex("302902010104067075626c6963a21c0201010201000201003011300f06082b06010201010100040361626300"[:86])
TFTP_READ = b"\x00\x01name\x00octet\x00"
VNC = b"RFB 003.008\n"
DNS_QUERY = bytes.fromhex("00010100000100000000000001610000010001")
PAYLOADS = (b"", b"", b"x", bytes(40), b"hello, world", DNS_QUERY, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
SPECIAL_PAYLOADS = (SNMP_GET, SNMP_ANSWER, TFTP_READ, VNC, b"SIP/2.0 200 OK\r\n\r\n")


def is_special(case):
    """Whether the story has what parts do not know: applications that remember, and hosts under two addresses."""
    return case % 3 == 0


class Connection:
    """A TCP connection or a UDP exchange, as far as it has come."""

    def __init__(self, story, tcp):
        self.story, self.tcp = story, tcp
        chance = story.random
        self.version = chance.choice((4, 4, 6))
        hosts = story.hosts.v4 if self.version == 4 else story.hosts.v6
        self.ends = chance.sample(hosts[:3], 2) if chance.random() < 0.97 else [hosts[0]] * 2
        ports = SPECIAL_PORTS if chance.random() < story.special else PORTS
        self.payloads = PAYLOADS + SPECIAL_PAYLOADS if story.special else PAYLOADS
        self.ports = [chance.choice(PORTS[:3]), chance.choice(ports)]
        if chance.random() < 0.1:
            self.ports[0] = self.ports[1]
        self.begin()

    def begin(self):
        """Anew, with other numbers or, rarely, with the old ones."""
        chance = self.story.random
        if not hasattr(self, "initial") or chance.random() < 0.8:
            self.initial = [chance.choice((1000, 2000, 0xFFFFFFFF, 0, chance.getrandbits(32))) for _ in range(2)]
        self.next = list(self.initial)
        self.script = list(self.story.choose(
            (("S", 0), ("SA", 1), ("A", 0)), (("S", 0), ("SA", 1), ("A", 0)), (("S", 0), ("S", 0), ("SA", 1)), (("S", 0), ("R", 1)),
            (("SA", 1), ("S", 0)), (), (), (("S", 0),), (("S", 0), ("S", 1), ("A", 0)), (("R", 1), ("S", 0)), (("S", 0), ("A", 1))))

    def transport(self, side, flags, sequence, acknowledgement, payload):
        chance = self.story.random
        ports = self.ports[side], self.ports[1 - side]
        if not self.tcp:
            length = 8 + len(payload)
            if chance.random() < 0.02:
                length = chance.choice((0, 7, 8, length + 4, 100))
            return struct.pack("!HHHH", *ports, length, 0) + payload
        words = 5
        options = b""
        if chance.random() < 0.1:
            options, words = b"\x02\x04\x05\xb4", 6
        if chance.random() < 0.03:
            # A header that says it is shorter than it can be shows no flags: nobody could know of its SYN.
            words = chance.choice((6, 8, 15) if flags & SYN else (0, 4, 6, 8, 15))
        return struct.pack("!HHIIBBHHH", *ports, sequence & 0xFFFFFFFF, acknowledgement & 0xFFFFFFFF, words << 4, flags, 8192, 0,
                           0) + options + payload

    def packet(self):
        chance, side = self.story.random, self.story.random.randrange(2)
        flags, payload = ACK, b""
        if not self.tcp:
            payload = chance.choice(self.payloads)
            return self.wrap(side, 17, self.transport(side, 0, 0, 0, payload))
        if self.script and chance.random() < 0.9:
            letters, side = self.script.pop(0)
            flags = sum({"S": SYN, "A": ACK, "R": RST}[letter] for letter in letters)
        else:
            flags = chance.choice((ACK, ACK, ACK | PSH, ACK | PSH, ACK | PSH, ACK | FIN, RST, RST | ACK, SYN, SYN | ACK, 0, SYN | FIN))
            if flags & PSH:
                payload = chance.choice(self.payloads)
        sequence, acknowledgement = self.next[side], self.next[1 - side] if flags & ACK else 0
        kind = chance.random()
        if flags & SYN:
            sequence = self.initial[side]
        if kind < 0.05:
            sequence -= 1  # a keep-alive
        elif kind < 0.1:
            sequence = chance.choice((self.initial[side], chance.getrandbits(32)))
        elif kind < 0.14:
            acknowledgement = chance.getrandbits(32)
        else:
            self.next[side] = sequence + len(payload) + bool(flags & (SYN | FIN)) & 0xFFFFFFFF
        return self.wrap(side, 6, self.transport(side, flags, sequence, acknowledgement, payload))

    def wrap(self, side, protocol, payload):
        return Packet(self.version, self.ends[side], self.ends[1 - side], protocol, payload)


class Story:
    """One case."""

    def __init__(self, seed, case):
        self.random = random.Random(f"{seed}/{case}")
        self.case, self.hosts = case, Hosts(case)
        chance = self.random
        self.special = chance.choice((0.1, 0.5)) if is_special(case) else 0
        #: How often what happens; each story has its own mixture, so that some have much of one thing.
        self.weights = {kind: chance.choice((0, 0, 1, 3)) for kind in
                        ("new", "again", "error", "tunnel", "fragment", "cut", "route", "odd", "swap", "repeat")}
        self.idle = chance.choice((0, 0, 0.05, 0.2))
        self.now = START + chance.randrange(60 * SECOND)
        self.frames, self.seen, self.ident = [], [], 0
        self.connections = [Connection(self, chance.random() < 0.7) for _ in range(chance.randint(1, 3))]
        for _ in range(chance.randint(2, 22)):
            self.step()

    def choose(self, *what):
        return self.random.choice(what)

    def does(self, kind, share):
        return self.random.random() < share * self.weights[kind]

    def step(self):
        chance = self.random
        self.now += chance.choice((1_000, 1_000_000, 20_000_000, 300_000_000, SECOND))
        if chance.random() < self.idle:
            self.now += chance.choice((599, 600, 601, 700, 2000)) * SECOND
        if self.does("new", 0.04):
            self.connections.append(Connection(self, chance.random() < 0.7))
        connection = chance.choice(self.connections)
        if self.does("again", 0.06):
            connection.begin()
        packet = connection.packet()
        if self.does("odd", 0.05):
            packet.length_off = chance.choice((-1, -4, -8, -20, 4, 40, -10**6))
        if self.does("route", 0.2):
            self.route(packet)
        if self.does("error", 0.12):
            packet = self.error(packet)
        elif self.does("repeat", 0.05) and self.seen:
            packet = chance.choice(self.seen)
        else:
            self.seen.append(packet)
        if self.does("fragment", 0.1):
            pieces = self.fragments(packet)
        else:
            pieces = [packet.bytes()]
        for piece in pieces:
            self.send(packet.version, piece)

    def send(self, version, text):
        chance = self.random
        kind = ETHER_OF_VERSION[version]
        while self.does("tunnel", 0.12):
            version, kind, text = self.tunnel(version, kind, text)
        if self.does("odd", 0.03):
            text, kind = struct.pack("!HH", 5, kind) + text, 0x8100
        frame = ethernet(kind, text)
        if self.does("odd", 0.05):
            frame += bytes(chance.choice((1, 4, 30)))
        size = len(frame)
        if self.does("cut", 0.1):
            frame = frame[:chance.choice((34, 38, 42, 48, 54, 60, 62, 70, 74, 80, 96, 128, len(frame) - 1))]
        at = self.now
        if self.does("swap", 0.1):
            at -= chance.choice((2_000, 2_000_000, 2 * SECOND, 30 * SECOND))
        self.now += 1000
        self.frames.append(Frame(at, frame, size, self.case))
        if self.does("swap", 0.1) and len(self.frames) > 1:  # where it stands, with whatever time
            a, b = self.frames[-2], self.frames[-1]
            self.frames[-2:] = [b._replace(ns=a.ns), a._replace(ns=b.ns)]

    def route(self, packet):
        """Its header gets another address than the one it is for."""
        chance = self.random
        hosts = self.hosts.v4 if packet.version == 4 else self.hosts.v6
        waypoint = chance.choice(hosts[:5])
        if packet.version == 4:
            hops = [socket.inet_aton(a) for a in (chance.choice(hosts), packet.destination)][chance.randrange(2):]
            pointer = chance.choice((4, 4, 4, 8, 4 + 4 * len(hops)))
            packet.options = bytes([chance.choice((131, 137)), 3 + 4 * len(hops), pointer]) + b"".join(hops)
            packet.options = chance.choice((b"", b"\x01")) + packet.options
            packet.sent_to = waypoint
            return
        final = socket.inet_pton(socket.AF_INET6, packet.destination)
        other = socket.inet_pton(socket.AF_INET6, chance.choice(hosts))
        what = chance.choice((4, 4, 0, 2, 3, "none left", 253) + (("home", "both") if self.special else ()))
        if what in ("home", "both"):
            packet.extensions.append((60, home_address(socket.inet_pton(socket.AF_INET6, packet.source))))
            packet.sent_from = waypoint
        if what == "none left":
            packet.extensions.append((43, routing_header(chance.choice((0, 2, 4)), 0, [other])))
        if what in (4, "both"):
            packet.extensions.append((43, routing_header(4, chance.choice((1, 1, 2)), [final, other][:chance.randint(1, 2)])))
        elif what == 253:
            packet.extensions.append((43, routing_header(253, 1, [final])))
        elif what in (0, 2, 3):
            hops = [other, final] if what != 2 and chance.random() < 0.5 else [final]
            packet.extensions.append((43, routing_header(what, 1, hops)))
        if what not in ("home", "none left"):
            packet.sent_to = chance.choice(hosts[:5])
        if chance.random() < 0.2:
            packet.extensions.insert(0, (0, bytes([0, 1, 4, 0, 0, 0, 0])))

    def error(self, about):
        """An ICMP error that quotes a packet that was, or this one, which is not sent then."""
        chance = self.random
        quoted = chance.choice(self.seen) if self.seen and chance.random() < 0.6 else about
        text = quoted.bytes()
        text = text[:chance.choice((28, 40, 48, 60, 68, 80, 88, 576))]
        hosts = self.hosts.v4 if quoted.version == 4 else self.hosts.v6
        source = chance.choice((quoted.destination, hosts[3]))
        if quoted.version == 4:
            kind = chance.choice((3, 3, 11, 4, 5, 12))
            return Packet(4, source, quoted.source, 1, struct.pack("!BBHI", kind, chance.choice((1, 3)), 0, 0) + text)
        kind = chance.choice((1, 1, 2, 3, 4))
        return Packet(6, source, quoted.source, 58, struct.pack("!BBHI", kind, 0, 0, 0) + text)

    def fragments(self, packet):
        chance = self.random
        self.ident += 1
        packet.ident = self.ident if chance.random() < 0.95 else 1
        body = packet.payload
        at = 8 * chance.randint(1, max(1, len(body) // 8))
        if at >= len(body):
            return [packet.bytes(fragment=(0, False))]
        pieces = [packet.bytes(payload=body[:at], fragment=(0, True)), packet.bytes(payload=body[at:], fragment=(at, False))]
        if chance.random() < 0.2:
            pieces.reverse()
        if chance.random() < 0.1:
            pieces.pop(chance.randrange(2))
        packet.ident = 0
        return pieces

    def tunnel(self, version, kind, text):
        """Something around it: what it is, as an EtherType, and the bytes."""
        chance = self.random
        outer = chance.choice((4, 4, 6))
        hosts = self.hosts.v4 if outer == 4 else self.hosts.v6
        ends = chance.sample(hosts[chance.choice((0, 4)):], 2)
        inner_ip = kind in (0x0800, 0x86DD)
        what = chance.choice(("ip", "ip", "gre", "vxlan", "gtp", "geneve", "teredo", "mpls", "etherip", "udp", "l2 gre"))
        if what in ("ip", "gtp", "teredo", "mpls") and not inner_ip:
            what = "gre"

        def udp(port, body):
            return Packet(outer, *ends, 17, struct.pack("!HHHH", chance.choice((port, 50000)), port, 8 + len(body), 0) + body)

        if what == "ip":
            packet = Packet(outer, *ends, 4 if version == 4 else 41, text)
        elif what == "gre":
            packet = Packet(outer, *ends, 47, struct.pack("!HH", 0, kind) + text)
        elif what == "l2 gre":
            packet = Packet(outer, *ends, 47, struct.pack("!HH", 0, 0x6558) + ethernet(kind, text))
        elif what == "etherip":
            packet = Packet(outer, *ends, 97, b"\x30\x00" + ethernet(kind, text))
        elif what == "vxlan":
            packet = udp(4789, bytes.fromhex("0800000000007b00") + ethernet(kind, text))
        elif what == "geneve":
            packet = udp(6081, struct.pack("!BBHI", 0, 0, 0x6558, 0x100) + ethernet(kind, text))
        elif what == "gtp":
            packet = udp(2152, struct.pack("!BBHI", 0x30, 0xFF, len(text), 1) + text)
        elif what == "teredo":
            packet = udp(3544, text)
        elif what == "mpls":
            return version, 0x8847, struct.pack("!I", 100 << 12 | 1 << 8 | 64) + text
        else:
            packet = udp(chance.choice((4000, 9000)), text)
        if self.does("odd", 0.05):
            packet.length_off = chance.choice((-4, 4))
        return outer, ETHER_OF_VERSION[outer], packet.bytes()


def frames(seed, cases):
    """The frames of these cases, in one capture's order: each case's own, interleaved by time."""
    placed = []
    for case in cases:
        clock = 0
        for place, frame in enumerate(Story(seed, case).frames):
            clock = max(clock, frame.ns)  # a frame stands after those before it, however it is stamped
            placed.append((clock, case, place, frame))
    return [frame for *_, frame in sorted(placed)]


def pcap(some):
    """The bytes of a capture of frames."""
    out = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)]
    for frame in some:
        seconds, rest = divmod(frame.ns, SECOND)
        out.append(struct.pack("<IIII", seconds, rest, len(frame.data), frame.size) + frame.data)
    return b"".join(out)
