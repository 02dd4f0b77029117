"""Captures made by hand of all that can begin a stream: for each story the frames of two hosts of its own."""

import struct

import random_captures
from random_captures import ACK, FIN, PSH, RST, SECOND, START, SYN, Frame, Hosts, Packet, ethernet

MILLISECOND = SECOND // 1000
HOUR = 3600 * SECOND
TOP = 0xFFFFFFFF


class Story:
    """Two hosts, and the packets that they send; `wait` goes before the next one."""

    def __init__(self, case, version=4):
        self.hosts, self.case, self.version = Hosts(case), case, version
        self.now, self.frames = START + case * 1000, []

    def addresses(self, back):
        return (self.hosts.v4 if self.version == 4 else self.hosts.v6)[:2][::-1 if back else 1]

    def segment(self, flags, sequence, acknowledgement=0, back=False, payload=b"", ports=(40000, 40001), words=5):
        head = struct.pack("!HHIIBBHHH", *ports[::-1 if back else 1], sequence & TOP, acknowledgement & TOP, words << 4, flags, 8192, 0, 0)
        return Packet(self.version, *self.addresses(back), 6, head + payload)

    def datagram(self, back=False, ports=(40000, 40001), payload=b"x"):
        head = struct.pack("!HHHH", *ports[::-1 if back else 1], 8 + len(payload), 0)
        return Packet(self.version, *self.addresses(back), 17, head + payload)

    def error(self, quoted, size=576, kind=None):
        """An ICMP error about a packet, of which it quotes `size` bytes."""
        text = quoted.bytes()[:size]
        sender = (self.hosts.v4 if self.version == 4 else self.hosts.v6)[3]
        if self.version == 4:
            return Packet(4, sender, quoted.source, 1, struct.pack("!BBHI", kind or 3, 1, 0, 0) + text)
        return Packet(6, sender, quoted.source, 58, struct.pack("!BBHI", kind or 1, 0, 0, 0) + text)

    def send(self, packet, wait=MILLISECOND, captured=None):
        data = ethernet(random_captures.ETHER_OF_VERSION[self.version], packet.bytes())
        self.now += wait
        self.frames.append(Frame(self.now, data[:captured], len(data), self.case))

    def tcp(self, flags, sequence, acknowledgement=0, back=False, wait=MILLISECOND, captured=None, **more):
        self.send(self.segment(flags, sequence, acknowledgement, back, **more), wait, captured)

    def udp(self, back=False, wait=MILLISECOND, **more):
        self.send(self.datagram(back, **more), wait)

    def handshake(self, client=100, server=500, **more):
        self.tcp(SYN, client, **more)
        self.tcp(SYN | ACK, server, client + 1, True)
        self.tcp(ACK, client + 1, server + 1)

    def data(self, client=100, server=500):
        self.tcp(ACK | PSH, client + 1, server + 1, payload=b"data")
        self.tcp(ACK, server + 1, client + 5, True)


def the_same_syn_again(s):
    s.tcp(SYN, 100)
    s.tcp(SYN, 100)
    s.tcp(SYN | ACK, 500, 101, True)
    s.tcp(SYN, 100)


def the_same_syn_in_a_connection(s):
    s.handshake()
    s.data()
    s.tcp(SYN, 100)


def another_sequence_number(s):
    s.tcp(SYN, 100)
    s.tcp(SYN, 200)
    s.tcp(SYN, 100)


def another_sequence_number_in_a_connection(s):
    s.handshake()
    s.data()
    s.handshake(9000, 20000)
    s.data(9000, 20000)


def the_number_of_before(s):
    """The first one's number, when another connection was between."""
    s.handshake()
    s.handshake(9000, 20000)
    s.handshake()


def after_fin(s, ends=1, client=100):
    s.handshake()
    s.data()
    s.tcp(ACK | FIN, 105, 501)
    if ends == 2:
        s.tcp(ACK | FIN, 501, 106, True)
        s.tcp(ACK, 106, 502)
    s.handshake(client, 500)


def the_same_number_after_fin(s):
    after_fin(s)


def the_same_number_after_both_fins(s):
    after_fin(s, 2)


def another_number_after_both_fins(s):
    after_fin(s, 2, 7000)


def the_same_number_after_fin_of_the_server(s):
    s.handshake()
    s.tcp(ACK | FIN, 501, 101, True)
    s.tcp(SYN, 100)
    s.tcp(SYN, 100)


def the_same_number_after_rst(s):
    s.tcp(SYN, 100)
    s.tcp(RST | ACK, 0, 101, True)
    s.tcp(SYN, 100)
    s.tcp(RST | ACK, 0, 101, True)
    s.tcp(SYN, 100)


def the_same_number_after_rst_without_ack(s):
    s.tcp(SYN, 100)
    s.tcp(RST, 500, 0, True)
    s.tcp(SYN, 100)


def the_same_number_after_rst_of_the_client(s):
    s.handshake()
    s.tcp(RST, 101, 0)
    s.tcp(SYN, 100)


def another_number_after_rst(s):
    s.handshake()
    s.tcp(RST | ACK, 501, 101, True)
    s.tcp(SYN, 4000)


def another_flags_after_rst(s):
    """Not a SYN: it goes on."""
    s.handshake()
    s.tcp(RST, 501, 0, True)
    s.tcp(ACK, 101, 501)
    s.tcp(ACK | PSH, 101, 501, payload=b"x")


def a_syn_ack_after_rst(s):
    s.handshake()
    s.tcp(RST, 501, 0, True)
    s.tcp(SYN | ACK, 500, 101, True)
    s.tcp(SYN | ACK, 700, 101, True)


def the_other_side_opens_after_rst(s):
    s.handshake()
    s.tcp(RST, 101, 0)
    s.tcp(SYN, 500, 0, True)


def the_other_side_opens_after_fin(s):
    s.handshake()
    s.tcp(FIN | ACK, 101, 501)
    s.tcp(SYN, 500, 0, True)
    s.tcp(SYN, 500, 0, True)


def the_first_is_a_rst(s):
    s.tcp(RST, 500, 0, True)
    s.tcp(SYN, 100)
    s.tcp(SYN, 100)


def the_first_is_a_rst_of_the_same_side(s):
    s.tcp(RST, 101, 0)
    s.tcp(SYN, 100)
    s.tcp(SYN, 100)


def the_first_is_a_rst_with_ack(s):
    s.tcp(RST | ACK, 500, 101, True)
    s.tcp(SYN, 100)
    s.tcp(SYN, 100)


def the_first_is_a_fin(s):
    s.tcp(FIN | ACK, 101, 501)
    s.tcp(SYN, 100)
    s.tcp(SYN, 100)


def syn_and_fin(s):
    s.tcp(SYN | FIN, 100)
    s.tcp(SYN, 100)
    s.tcp(SYN, 100)


def syn_and_rst(s):
    s.tcp(SYN | RST, 100)
    s.tcp(SYN, 100)
    s.tcp(SYN, 100)


def syn_and_fin_in_a_connection(s):
    s.handshake()
    s.tcp(SYN | FIN, 100)
    s.tcp(SYN, 100)


def rst_then_fin_then_data(s):
    s.handshake()
    s.tcp(RST, 101)
    s.tcp(SYN, 100)
    s.tcp(SYN | ACK, 500, 101, True)
    s.tcp(FIN | ACK, 101, 501)
    s.tcp(SYN, 100)


def syn_with_data(s):
    s.tcp(SYN, 100, payload=b"fast open")
    s.tcp(SYN, 100, payload=b"fast open")
    s.tcp(SYN, 101, payload=b"fast open")


def after_an_idle_hour(s):
    s.handshake()
    s.tcp(ACK, 101, 501, wait=HOUR)
    s.tcp(SYN, 100, wait=HOUR)
    s.tcp(SYN, 101, wait=HOUR)


def syn_ack_with_another_number(s):
    s.tcp(SYN, 100)
    s.tcp(SYN | ACK, 500, 101, True)
    s.tcp(SYN | ACK, 600, 101, True)
    s.tcp(SYN, 600, 0, True)
    s.tcp(SYN, 500, 0, True)


def syn_ack_first(s):
    s.tcp(SYN | ACK, 500, 101, True)
    s.tcp(SYN, 100)
    s.tcp(SYN, 102)


def syn_ack_of_the_older_connection(s):
    s.handshake(100, 500)
    s.tcp(SYN, 200)
    s.tcp(SYN | ACK, 500, 101, True)
    s.tcp(SYN, 200)
    s.tcp(SYN | ACK, 900, 201, True)


def simultaneous_open(s):
    s.tcp(SYN, 100)
    s.tcp(SYN, 500, 0, True)
    s.tcp(SYN | ACK, 100, 501)
    s.tcp(SYN | ACK, 500, 101, True)
    s.tcp(ACK, 101, 501)


def simultaneous_open_twice(s):
    s.tcp(SYN, 100)
    s.tcp(SYN, 500, 0, True)
    s.tcp(SYN, 100)
    s.tcp(SYN, 501, 0, True)
    s.tcp(SYN, 100)


def from_the_middle(s):
    s.tcp(ACK | PSH, 5000, 9000, payload=b"x")
    s.tcp(ACK, 9000, 5001, True)
    s.tcp(SYN, 4999)  # what it takes for the initial number
    s.tcp(SYN, 5000)


def from_the_middle_of_the_other(s):
    s.tcp(ACK | PSH, 5000, 9000, payload=b"x")
    s.tcp(SYN, 8999, 0, True)
    s.tcp(SYN, 9000, 0, True)


def from_the_middle_without_ack(s):
    s.tcp(0, 5000, 9000)
    s.tcp(SYN, 8999, 0, True)
    s.tcp(SYN, 4999)


def wrap_around(s):
    s.handshake(TOP, TOP)
    s.tcp(ACK | PSH, 0, 0, payload=b"data")
    s.tcp(SYN, TOP)
    s.tcp(SYN, 0)
    s.tcp(SYN, TOP)


def wrap_around_from_the_middle(s):
    s.tcp(ACK, 0, 0)
    s.tcp(SYN, TOP)
    s.tcp(SYN, TOP, 0, True)
    s.tcp(SYN, 0)


def keep_alive(s):
    s.handshake()
    s.data()
    s.tcp(ACK, 104, 501, payload=b"\0")
    s.tcp(ACK, 501, 105, True)
    s.tcp(ACK, 104, 501)


def used_again_at_once(s):
    for n in range(4):
        s.tcp(SYN, 100 + 1000 * n, wait=100)
        s.tcp(RST | ACK, 0, 101 + 1000 * n, True, wait=100)


def used_again_at_the_same_time(s):
    for n in range(4):
        s.tcp(SYN, 100 + 1000 * n, wait=0)


def no_flags_of_a_short_header(s):
    s.tcp(SYN, 100)
    s.tcp(RST, 100, words=4)
    s.tcp(FIN | ACK, 100, 1, words=4)
    s.tcp(SYN, 100)


def longer_than_the_packet(s):
    """The header says more than there is: tshark goes by the flags but takes nothing from the numbers."""
    s.tcp(ACK, 900, 800, words=15)
    s.tcp(SYN, 100)
    s.tcp(RST, 101, words=15)
    s.tcp(SYN, 100)


def cut_before_the_flags(s):
    s.tcp(SYN, 100)
    s.tcp(RST, 100, captured=14 + 20 + 12)
    s.tcp(SYN, 100)
    s.tcp(SYN, 200, captured=14 + 20 + 12)
    s.tcp(ACK, 101)


def cut_after_the_flags(s):
    s.tcp(SYN, 100)
    s.tcp(SYN, 200, captured=14 + 20 + 14)
    s.tcp(RST, 201, 0, captured=14 + 20 + 14)
    s.tcp(SYN, 200)


def cut_after_the_window(s):
    s.tcp(SYN, 100)
    s.tcp(SYN, 200, captured=14 + 20 + 16)
    s.tcp(RST, 201, 0, captured=14 + 20 + 16)
    s.tcp(SYN, 200)


def cut_after_the_checksum(s):
    s.tcp(SYN, 100)
    s.tcp(SYN, 200, captured=14 + 20 + 18)
    s.tcp(RST, 201, 0, captured=14 + 20 + 18)
    s.tcp(SYN, 200)


def one_port_at_both_ends(s):
    ports = 7000, 7000
    s.tcp(SYN, 100, ports=ports)
    s.tcp(SYN, 500, 0, True, ports=ports)
    s.tcp(SYN, 101, ports=ports)
    s.tcp(SYN, 500, 0, True, ports=ports)


def port_zero(s):
    ports = 0, 0
    s.tcp(SYN, 100, ports=ports)
    s.tcp(SYN, 101, ports=ports)
    s.tcp(ACK, 500, 102, True, ports=ports)
    s.udp(ports=ports)
    s.udp(True, ports=ports)


def datagrams(s):
    s.udp()
    s.udp(True)
    s.udp(wait=HOUR)
    s.udp(ports=(40001, 40000))
    s.udp(ports=(40000, 40002))
    s.udp(wait=100)


def an_error_before_the_syn(s):
    syn = s.segment(SYN, 100)
    s.send(s.error(syn))
    s.tcp(SYN, 100)
    s.tcp(SYN, 100)
    s.tcp(SYN, 101)


def an_error_before_another_syn(s):
    s.send(s.error(s.segment(SYN, 100)))
    s.tcp(SYN, 200)
    s.tcp(SYN, 200)


def an_error_about_a_syn(s):
    s.tcp(SYN, 100)
    s.send(s.error(s.segment(SYN, 100)))
    s.tcp(SYN, 100)


def an_error_about_another_syn(s):
    s.tcp(SYN, 100)
    s.send(s.error(s.segment(SYN, 200)))
    s.tcp(SYN, 100)
    s.tcp(SYN, 200)


def an_error_with_eight_bytes(s):
    s.tcp(SYN, 100)
    s.send(s.error(s.segment(SYN, 200), 28))
    s.tcp(SYN, 100)
    s.send(s.error(s.segment(ACK, 101, 1), 28))


def an_error_with_eight_bytes_first(s):
    s.send(s.error(s.segment(SYN, 100), 28))
    s.tcp(SYN, 100)
    s.tcp(SYN, 101)


def an_error_with_twelve_bytes(s):
    s.tcp(SYN, 100)
    s.send(s.error(s.segment(SYN, 200), 32))
    s.tcp(SYN, 100)


def an_error_with_fourteen_bytes(s):
    s.tcp(SYN, 100)
    s.send(s.error(s.segment(SYN, 200), 34))
    s.tcp(SYN, 100)


def an_error_with_sixteen_bytes(s):
    s.tcp(SYN, 100)
    s.send(s.error(s.segment(SYN, 200), 36))
    s.tcp(SYN, 100)
    s.tcp(SYN, 200)


def an_error_about_a_syn_ack(s):
    s.tcp(SYN, 100)
    s.tcp(SYN | ACK, 500, 101, True)
    s.send(s.error(s.segment(SYN | ACK, 600, 101, True)))
    s.tcp(SYN, 600, 0, True)
    s.tcp(SYN, 500, 0, True)


def an_error_about_a_rst(s):
    s.handshake()
    s.send(s.error(s.segment(RST, 101)))
    s.tcp(SYN, 100)


def an_error_about_a_fin(s):
    s.handshake()
    s.send(s.error(s.segment(FIN | ACK, 101, 501)))
    s.tcp(SYN, 100)


def an_error_about_a_rst_of_eight_bytes(s):
    s.handshake()
    s.send(s.error(s.segment(RST, 101), 28))
    s.tcp(SYN, 100)


def an_error_about_a_syn_after_rst(s):
    s.handshake()
    s.tcp(RST, 501, 0, True)
    s.send(s.error(s.segment(SYN, 100)))
    s.tcp(SYN, 100)
    s.tcp(SYN, 100)


def an_error_about_data_first(s):
    s.send(s.error(s.segment(ACK, 101, 501)))
    s.tcp(SYN, 777)
    s.tcp(SYN, 777)


def an_error_about_a_datagram(s):
    s.send(s.error(s.datagram()))
    s.udp()
    s.send(s.error(s.datagram(True)))
    s.send(s.error(s.datagram(ports=(5, 6)), 28))
    s.udp(True, ports=(5, 6))


def an_error_about_the_older_connection(s):
    """It is the newer one's: no header says which."""
    s.handshake()
    s.handshake(9000, 20000)
    s.send(s.error(s.segment(ACK, 101, 501)))
    s.send(s.error(s.segment(SYN, 100)))
    s.tcp(SYN, 9000)


def an_error_about_what_is_longer(s):
    s.tcp(SYN, 100)
    s.send(s.error(s.segment(SYN, 200, words=15)))
    s.tcp(SYN, 200)


def fin_without_ack(s):
    s.handshake()
    s.tcp(FIN, 101)
    s.tcp(SYN, 100)


def a_syn_ack_of_a_new_side_after_rst(s):
    """Where a SYN would begin anew what is known of the end."""
    s.tcp(RST, 101)
    s.tcp(SYN | ACK, 500, 101, True)
    s.tcp(SYN, 100)


def a_syn_of_a_new_side_after_rst(s):
    s.tcp(RST, 101)
    s.tcp(SYN, 500, 0, True)
    s.tcp(SYN, 100)


def a_syn_ack_that_ends(s):
    s.tcp(SYN, 100)
    s.tcp(SYN | ACK | RST, 500, 101, True)
    s.tcp(SYN | ACK, 500, 101, True)
    s.tcp(SYN, 100)
    s.tcp(SYN, 100)


def a_syn_ack_with_fin(s):
    s.tcp(SYN, 100)
    s.tcp(SYN | ACK | FIN, 500, 101, True)
    s.tcp(SYN | ACK, 500, 101, True)
    s.tcp(SYN, 100)


def a_cut_fragment(s, flags=ACK, sequence=900):
    """The first part of a datagram, cut, so that it is never reassembled."""
    packet = s.segment(flags, sequence, payload=bytes(64))
    packet.ident = 7
    text = packet.bytes(payload=packet.payload[:64], fragment=(0, True))
    data = ethernet(random_captures.ETHER_OF_VERSION[s.version], text)
    s.now += MILLISECOND
    s.frames.append(Frame(s.now, data[:-8], len(data), s.case))


def a_fragment_teaches_nothing(s):
    a_cut_fragment(s)
    s.tcp(SYN, 100)
    s.tcp(SYN, 100)


def a_fragment_ends(s):
    s.handshake()
    a_cut_fragment(s, RST, 101)
    s.tcp(SYN, 100)


def a_fragment_opens(s):
    s.tcp(SYN, 100)
    a_cut_fragment(s, SYN, 200)
    s.tcp(SYN, 300)
    s.tcp(SYN, 300)


def a_short_syn_teaches(s):
    s.tcp(SYN, 100, words=15)
    s.tcp(SYN, 200)
    s.tcp(SYN, 200)


def an_error_about_a_syn_of_a_new_side_after_rst(s):
    s.tcp(RST, 101)
    s.send(s.error(s.segment(SYN, 500, 0, True)))
    s.tcp(SYN, 100)


def both_sides_in_turn(s):
    s.tcp(SYN, 100)
    s.tcp(SYN, 500, 0, True)
    s.tcp(SYN, 600, 0, True)
    s.tcp(ACK, 101, 601)
    s.tcp(ACK, 601, 101, True)
    s.tcp(SYN | ACK, 700, 101, True)
    s.tcp(ACK, 701, 101, True)
    s.tcp(SYN | ACK, 100, 101)
    s.tcp(SYN | ACK, 300, 101)
    s.tcp(SYN, 300)


STORIES = [
    fin_without_ack, a_syn_ack_of_a_new_side_after_rst, a_syn_of_a_new_side_after_rst, a_syn_ack_that_ends, a_syn_ack_with_fin,
    a_fragment_teaches_nothing, a_fragment_ends, a_fragment_opens, a_short_syn_teaches,
    an_error_about_a_syn_of_a_new_side_after_rst, both_sides_in_turn,
    the_same_syn_again, the_same_syn_in_a_connection, another_sequence_number, another_sequence_number_in_a_connection,
    the_number_of_before, the_same_number_after_fin, the_same_number_after_both_fins, another_number_after_both_fins,
    the_same_number_after_fin_of_the_server, the_same_number_after_rst, the_same_number_after_rst_without_ack,
    the_same_number_after_rst_of_the_client, another_number_after_rst, another_flags_after_rst, a_syn_ack_after_rst,
    the_other_side_opens_after_rst, the_other_side_opens_after_fin, the_first_is_a_rst, the_first_is_a_rst_of_the_same_side,
    the_first_is_a_rst_with_ack, the_first_is_a_fin, syn_and_fin, syn_and_rst, syn_and_fin_in_a_connection, rst_then_fin_then_data,
    syn_with_data, after_an_idle_hour, syn_ack_with_another_number, syn_ack_first, syn_ack_of_the_older_connection,
    simultaneous_open, simultaneous_open_twice, from_the_middle, from_the_middle_of_the_other, from_the_middle_without_ack,
    wrap_around, wrap_around_from_the_middle, keep_alive, used_again_at_once, used_again_at_the_same_time,
    no_flags_of_a_short_header, longer_than_the_packet, cut_before_the_flags, cut_after_the_flags, cut_after_the_window,
    cut_after_the_checksum, one_port_at_both_ends, port_zero, datagrams, an_error_before_the_syn, an_error_before_another_syn,
    an_error_about_a_syn, an_error_about_another_syn, an_error_with_eight_bytes, an_error_with_eight_bytes_first,
    an_error_with_twelve_bytes, an_error_with_fourteen_bytes, an_error_with_sixteen_bytes, an_error_about_a_syn_ack,
    an_error_about_a_rst, an_error_about_a_fin, an_error_about_a_rst_of_eight_bytes, an_error_about_a_syn_after_rst,
    an_error_about_data_first, an_error_about_a_datagram, an_error_about_the_older_connection, an_error_about_what_is_longer,
]


def random_headers(chance, cases=100, steps=30):
    """Frames of pairs of hosts with few ports, numbers and flags, so that everything happens."""
    frames = []
    for case in range(1, cases + 1):
        story = Story(case, chance.choice((4, 4, 6)))
        for _ in range(steps):
            back, ports = chance.random() < 0.5, chance.choice(((40000, 40000), (40000, 40001)))
            if chance.random() < 0.1:
                packet = story.datagram(back, ports)
            else:
                flags = chance.choice((SYN, SYN, SYN, SYN | ACK, SYN | ACK, ACK, ACK, ACK | PSH, FIN | ACK, RST, RST | ACK, FIN, 0,
                                       SYN | FIN, SYN | RST, SYN | ACK | FIN))
                numbers = [chance.choice((0, 1, 2, 100, TOP, TOP - 1)) for _ in range(2)]
                packet = story.segment(flags, *numbers, back, ports=ports, words=chance.choice((5,) * 15 + (6, 15)))
            if chance.random() < 0.1:
                packet = story.error(packet, chance.choice((48, 60, 68, 576)))
            story.send(packet, chance.choice((100, MILLISECOND, SECOND, 700 * SECOND)))
        frames += story.frames
    return frames


def stories(version=4):
    """By name, each with its frames."""
    found = {}
    for place, tell in enumerate(STORIES):
        story = Story(1 + place, version)
        tell(story)
        found[tell.__name__] = story.frames
    return found


def capture(version=4):
    """All of them, one after the other, as the bytes of a capture."""
    return random_captures.pcap([frame for frames in stories(version).values() for frame in frames])
