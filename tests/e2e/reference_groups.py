"""The column groups and the other schemas, computed a second time: one function per group, from whole flows.

    rows("x.pcap", ["id", "tcp"])                  -> [{column: int, float or str}] in row order
    cicflowmeter_rows("x.pcap"), nfstream_rows(..)    the same under the names of cicflowmeter_header, nfstream_header

All sums are exact (integers, fractions); a real is rounded to a double once, at the end. Where the definitions leave
room, a comment that starts with "Decision:" says what was chosen.
"""

import base64
import functools
import hashlib
import ipaddress
import math
import os
import re
from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction

import reference
from helpers import PINNED, Tshark, each
from reference import NANO, root

SIDES = ("fwd", "bwd")
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << n for n in range(8))
AGGREGATOR = "\x1e"  # in no value of our captures


# ---- tshark ---------------------------------------------------------------------------------------------------

ANALYSIS = {name: f"tcp.analysis.{name}" for name in (
    "retransmission fast_retransmission spurious_retransmission out_of_order lost_segment ack_lost_segment"
    " duplicate_ack zero_window window_full window_update keep_alive keep_alive_ack zero_window_probe"
    " zero_window_probe_ack reused_ports ack_rtt bytes_in_flight initial_rtt").split()}

L7 = {
    "tls_sni": "tls.handshake.extensions_server_name",
    "tls_ja3": "tls.handshake.ja3",
    "tls_ja3s": "tls.handshake.ja3s",
    "tls_ja4": None,  # not in tshark 4.0
    "http_host": "http.host",
    "http_method": "http.request.method",
    "http_user_agent": "http.user_agent",
    "http_status": "http.response.code",
    "dns_qname": "dns.qry.name",
    "dns_qtype": "dns.qry.type",
    "dns_rcode": "dns.flags.rcode",
    "ssh_hassh": "ssh.kex.hassh",
    "ssh_hassh_server": "ssh.kex.hasshserver",
}

BASE = (
    "frame.number frame.time_epoch frame.len frame.protocols ip.src ip.dst ipv6.src ipv6.dst"
    " tcp.stream tcp.srcport tcp.dstport tcp.flags udp.stream udp.srcport udp.dstport"
    " ip.len ipv6.plen tcp.hdr_len tcp.len udp.length tcp.window_size tcp.window_size_value tcp.seq_raw tcp.ack_raw"
).split()

FIELDS = (*BASE, *(
    "eth.src eth.dst vlan.id ip.ttl ipv6.hlim ip.dsfield.dscp ipv6.tclass.dscp ip.flags ip.id"
    " tcp.options.wscale.shift tcp.options.mss_val tcp.options.sack_perm tcp.payload udp.payload"
).split(), *ANALYSIS.values(), *(name for name in L7.values() if name))

#: What tells of the transports besides TCP and UDP.
REACH = ("sctp.assoc_index", "sctp.srcport", "sctp.dstport", "dccp.stream", "dccp.srcport", "dccp.dstport",
         *(field for fields in reference.ECHO.values() for field in fields[:2]))

@functools.lru_cache(maxsize=8)
def _text(path):
    return path.read_bytes().decode("utf-8", "replace")


def tshark_text(capture, fields=FIELDS, preferences=(), tshark="tshark", more=()):
    """`-T fields` text of a capture."""
    command = ["-n"]
    for preference in (*PINNED, *preferences):
        command += ["-o", preference]
    command += ["-r", str(capture), *more, "-T", "fields", "-E", "header=y", "-E", "separator=/t",
                "-E", "occurrence=a", "-E", f"aggregator={AGGREGATOR}"]
    return _text(Tshark(os.environ["FLOWMETER_TEST_CACHE"]).path(*command, *each(fields), program=tshark))


def capture_flows(capture, *, idle="600", active=None, direction="first", tunnel="all", clock="raw",
                  preferences=(), tshark="tshark", fields=FIELDS, transport=("tcp", "udp"), timeouts=()):
    """The finished flows of a capture, in row order."""
    if set(transport) - {"tcp", "udp"}:
        fields, preferences = (*fields, *REACH), (*preferences, "sctp.association_index:TRUE")
    text = tshark_text(capture, fields, preferences, tshark)
    frames = reference.frames(text, AGGREGATOR, tunnel, transport)
    return list(reference.flows(frames, idle, active, direction, clock == "monotone", timeouts))


# ---- which value belongs to which packet ----------------------------------------------------------------------

def values(packet, name):
    """The values of a field that belong to this packet of a flow, as printed.

    A field of the headers belongs to its header: to the transport's own, to the nearest ip or ipv6 (whichever holds
    the addresses), eth or vlan before it. With one such layer in the frame all values are its own; with several and as
    many values, the k-th is the k-th's. With several tcp layers (quoted ones included) and another number of values,
    some have the field and some not, and nothing says which: Decision: all are the last counted one's.
    """
    frame, t = packet.frame, packet.transport
    found = frame.values.get(name) or []
    layer = name.split(".")[0]
    if not found or layer == "frame":
        return found
    if layer in ("tcp", "udp"):
        if layer != t.protocol.lower():
            return []
        k, alike = t.layer, [other for other in frame.every if other.protocol == t.protocol]
    elif layer in ("ip", "ipv6"):
        if layer != t.network:
            return []
        if frame.layers[layer] == 0:
            return found[-1:]  # see reference.addresses
        k, alike = t.under[layer], [other for other in frame.every if other.network == layer]
    elif layer in ("eth", "vlan"):
        # Decision: like addresses, from the nearest before the transport; for vlan that is the last tag.
        if layer not in t.under:
            return []
        k, alike = t.under[layer], [other for other in frame.every if layer in other.under]
    else:
        # Decision: what is above the transports (http, dns, tls, ...) belongs to the last counted one.
        return found if t is frame.every[-1] else []
    if frame.layers[layer] == 1:
        return found
    if len(found) == frame.layers[layer]:
        return [found[k]]
    return found if t is alike[-1] else []


def first(packet, name):
    """The first value as text, or None."""
    return next(iter(values(packet, name)), None)


def number(packet, name, absent=0):
    text = first(packet, name)
    return absent if text is None else int(text, 0)


def has(packet, *analyses):
    return any(values(packet, ANALYSIS[name]) for name in analyses)


def ip_size(packet):
    """I: ip.len, or 40 + ipv6.plen. Decision: 0 for a packet without either."""
    if packet.transport.network == "ipv6":
        return 40 + number(packet, "ipv6.plen", -40)
    return number(packet, "ip.len")


def header(packet):
    """H. Decision: 0 of transports other than TCP and UDP, as Y."""
    return {"TCP": number(packet, "tcp.hdr_len"), "UDP": 8}.get(packet.transport.protocol, 0)


def payload(packet):
    """Y. Decision: 0 where tshark gives no length (a header cut or malformed after its flags), never negative."""
    if packet.transport.protocol == "TCP":
        return number(packet, "tcp.len")
    return max(0, number(packet, "udp.length", 8) - 8)


def sizes(size):
    return {"frame": lambda packet: packet.length, "ip": ip_size, "payload": payload}[size]


def retransmitted(packet):
    return has(packet, "retransmission", "fast_retransmission", "spurious_retransmission")


# ---- numbers --------------------------------------------------------------------------------------------------

def real(numerator, denominator=1):
    """The quotient as a double, 0 over 0."""
    return float(Fraction(numerator) / denominator) if denominator else 0.0


def mean(samples, unit=1):
    return real(sum(samples), len(samples) * unit)


def variance(samples, population):
    """Exactly: the population's (divided by n) or the sample's (by n - 1, 0 for one)."""
    n = len(samples)
    if n < 2:
        return Fraction(0)
    total = sum(samples)
    squares = Fraction(sum((n * x - total) ** 2 for x in samples), n * n)
    return squares / (n if population else n - 1)


def std(samples, unit=1, population=False):
    return root(variance(samples, population) / unit**2)


def low(samples, unit=1):
    return real(min(samples, default=0), unit)


def high(samples, unit=1):
    return real(max(samples, default=0), unit)


US = 1000  # ns
MS = 10**6


class View:
    """A flow with what most groups need."""

    def __init__(self, flow):
        self.flow = flow
        self.all = flow.packets
        self.fwd = [p for p in flow.packets if p.forward]
        self.bwd = [p for p in flow.packets if not p.forward]
        self.start, self.end = self.all[0].time, self.all[-1].time
        self.duration = self.end - self.start  # Decision: last minus first as seen, negative if time ran backwards

    def side(self, d):
        return {"fwd": self.fwd, "bwd": self.bwd}[d]


def gaps(packets):
    return [b.time - a.time for a, b in zip(packets, packets[1:])]


# ---- id -------------------------------------------------------------------------------------------------------

def community_id(protocol, source, target, seed=0):
    """Community ID v1 of two (address, port) ends."""
    if source[0] is None:
        return "-"  # Decision: no addresses, no id
    if protocol in (1, 58):  # for ports, the types of what the ends send, or a request's type and code
        asks, answers = (8, 0) if protocol == 1 else (128, 129)
        source_asks = target[1] == 0  # the one that asks has the identifier
        source = source[0], asks if source_asks else answers
        target = target[0], answers if source_asks else asks
    low_end, high_end = sorted(
        (ipaddress.ip_address(address).packed, port.to_bytes(2, "big")) for address, port in (source, target))
    data = seed.to_bytes(2, "big") + low_end[0] + high_end[0] + bytes([protocol, 0])
    if protocol != 33:  # the specification has no ports for DCCP
        data += low_end[1] + high_end[1]
    return "1:" + base64.b64encode(hashlib.sha1(data).digest()).decode()


def utc(ns, digits):
    """Decision: digits that are not wanted are cut off as written, so before 1970 towards the past."""
    seconds, rest = divmod(ns, NANO)
    text = (datetime(1970, 1, 1) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    if text.index("-") < 4:
        text = text.zfill(19)  # years before 1000
    return text + (f".{rest:09}"[:1 + digits] if digits else "") + "Z"


def proto(flow):
    return {"TCP": 6, "UDP": 17, "SCTP": 132, "DCCP": 33, "ICMP": 1, "ICMPv6": 58}[flow.protocol]


def macs(view):
    """Decision: of the first packet, and turned with it: src_mac is src's."""
    p = view.all[0]
    pair = (first(p, "eth.src") or "-", first(p, "eth.dst") or "-")
    return pair if p.forward else pair[::-1]


def ip_version(view):
    return {"ip": 4, "ipv6": 6, None: 0}[view.all[0].transport.network]


def tunnelled(view):
    return int(any(p.frame.layers["ip"] + p.frame.layers["ipv6"] > 1 for p in view.all))


def disorder(view):
    raw = [p.time if p.frame.time is None else p.frame.time for p in view.all]
    return sum(1 for a, b in zip(raw, raw[1:]) if b < a)


def id_group(view, o):
    flow = view.flow
    community = community_id(proto(flow), flow.source, flow.target, o["cid_seed"])
    src_mac, dst_mac = macs(view)
    return {
        "flow_id": hashlib.sha1(f"{community},{view.start},{flow.part}".encode("ascii")).hexdigest()[:16],
        "community_id": community,
        "input": o["input"],  # Decision: as it was given, with its directory
        "stream": flow.number,
        "part": flow.part,
        "src_ip": flow.source[0] or "-",
        "dst_ip": flow.target[0] or "-",
        "ip_version": ip_version(view),
        "proto": proto(flow),
        "src_mac": src_mac,
        "dst_mac": dst_mac,
        "vlan_id": int((values(view.all[0], "vlan.id") or ["0"])[-1], 0),
        "start_ns": view.start,
        "end_ns": view.end,
        "start_utc": utc(view.start, o["time_digits"]),
        "end_utc": utc(view.end, o["time_digits"]),
        "duration_us": real(view.duration, US),
        "first_frame": view.all[0].frame.number,
        "last_frame": view.all[-1].frame.number,
        "end_reason": flow.end_reason,
        "dir_basis": flow.basis,
        "ts_disorder_cnt": disorder(view),
        "icmp_err_cnt": flow.icmp_errors,
        "tunnel": tunnelled(view),
    }


# ---- tcp ------------------------------------------------------------------------------------------------------

#: column -> the fields of which one must be there
PRESENT = (
    (("ooo_cnt", ("out_of_order",)),),
    (("lost_seg_cnt", ("lost_segment",)), ("ack_lost_cnt", ("ack_lost_segment",))),
    (("dup_ack_cnt", ("duplicate_ack",)),),
    (("zero_win_cnt", ("zero_window",)), ("win_full_cnt", ("window_full",)), ("win_update_cnt", ("window_update",))),
    (("keepalive_cnt", ("keep_alive",)), ("keepalive_ack_cnt", ("keep_alive_ack",))),
    (("zwin_probe_cnt", ("zero_window_probe", "zero_window_probe_ack")),),
)


def tcp_group(view, o):
    tcp = view.flow.protocol == "TCP"
    out = {}

    def each(function):
        """The columns of one line of the definitions: Decision: first all of fwd, then all of bwd."""
        for d in SIDES:
            out.update({f"{d}_{name}": value for name, value in function(view.side(d) if tcp else []).items()})

    def presence(packets, *fields):
        return sum(1 for p in packets if has(p, *fields))

    each(lambda own: {"retx_cnt": sum(1 for p in own if retransmitted(p))})
    each(lambda own: {"retx_byte": sum(payload(p) for p in own if retransmitted(p))})
    each(lambda own: {"fast_retx_cnt": presence(own, "fast_retransmission"),
                      "spur_retx_cnt": presence(own, "spurious_retransmission")})
    for line in PRESENT:
        each(lambda own, line=line: {name: presence(own, *fields) for name, fields in line})
    out["tcp_port_reuse"] = int(any(has(p, "reused_ports") for p in view.all))
    each(lambda own: {"uniq_byte": sum(payload(p) for p in own if not retransmitted(p))})
    each(ack_rtt)
    each(in_flight)
    each(first_syn)
    each(windows)
    out.update(handshake(view) if tcp else dict.fromkeys(HANDSHAKE, 0))
    out["tcp_irtt_tshark_us"] = real(next(
        (reference.nanoseconds(text) for p in view.all for text in values(p, ANALYSIS["initial_rtt"])), 0), US)
    out["tcp_completeness"] = completeness(view) if tcp else 0
    out["tcp_conn_state"] = conn_state(view)
    out["tcp_history"] = history(view) or "-"
    out["tcp_first_fin"] = first_with(view, FIN)
    out["tcp_first_rst"] = first_with(view, RST)
    return out


def ack_rtt(own):
    samples = [reference.nanoseconds(text) for p in own for text in values(p, ANALYSIS["ack_rtt"])]
    return {
        "ack_rtt_cnt": sum(1 for p in own if has(p, "ack_rtt")),
        "ack_rtt_mean": mean(samples, US),
        "ack_rtt_std": std(samples, US, population=True),
        "ack_rtt_min": low(samples, US),
        "ack_rtt_max": high(samples, US),
    }


def in_flight(own):
    samples = [int(text) for p in own for text in values(p, ANALYSIS["bytes_in_flight"])]
    return {"bif_max": max(samples, default=0), "bif_mean": mean(samples)}


def first_syn(own):
    """Decision: without a SYN (so for UDP too) wscale is -1, as without the option: 0 is a shift that occurs."""
    syn = next((p for p in own if p.flags & SYN), None)
    if syn is None:
        return {"init_win": 0, "wscale": -1, "mss": 0, "sack_ok": 0}
    return {
        "init_win": number(syn, "tcp.window_size_value"),
        "wscale": number(syn, "tcp.options.wscale.shift", -1),
        "mss": number(syn, "tcp.options.mss_val"),
        "sack_ok": int(bool(values(syn, "tcp.options.sack_perm"))),
    }


def windows(own):
    samples = [number(p, "tcp.window_size") for p in own if not p.flags & (SYN | RST)]
    return {"win_min": min(samples, default=0), "win_max": max(samples, default=0), "win_mean": mean(samples)}


HANDSHAKE = ("tcp_handshake", "tcp_synack_us", "tcp_ackdat_us", "tcp_irtt_us")


def handshake(view):
    """Decision: the first B SYN+ACK after an F SYN, the last F SYN before that, the first F ACK after it."""
    syn = synack = ack = None
    for p in view.all:
        if p.forward and p.flags & SYN and not p.flags & ACK and synack is None:
            syn = p
        elif not p.forward and p.flags & SYN and p.flags & ACK and syn and synack is None:
            synack = p
        elif p.forward and p.flags & ACK and not p.flags & (SYN | RST) and synack and ack is None:
            ack = p
    there = synack.time - syn.time if synack else 0
    back = ack.time - synack.time if ack else 0
    level = 3 if ack else 2 if synack else 1 if syn else 0
    # Decision: their sum is measured when both are.
    return dict(zip(HANDSHAKE, (level, real(there, US), real(back, US), real(there + back, US) if ack else 0.0)))


def completeness(view):
    bits = 0
    for p in view.all:
        if p.flags & SYN:
            bits |= 2 if p.flags & ACK else 1
        elif p.flags & ACK:
            bits |= 4
        bits |= 8 * (payload(p) > 0) | 16 * bool(p.flags & FIN) | 32 * bool(p.flags & RST)
    return bits


def first_with(view, flag):
    return next(("fwd" if p.forward else "bwd" for p in view.all if p.flags & flag), "-")


class End:
    """One side of a connection."""

    def __init__(self):
        self.state, self.before = "INACTIVE", None

    def to(self, state):
        if state != self.state:
            self.state, self.before = state, self.state


def states(view):
    ends = {True: End(), False: End()}
    for p in view.all:
        e, q = ends[p.forward], ends[not p.forward]
        s, f, r, a = (bool(p.flags & flag) for flag in (SYN, FIN, RST, ACK))
        was = e.state
        if was == "INACTIVE":
            new = None
            if s and p.forward:
                new = "SYN_ACK_SENT" if a else "SYN_SENT"
            elif s:
                new = "ESTABLISHED"
                if q.state == "SYN_SENT":
                    q.to("ESTABLISHED")
            if f:
                new = "CLOSED"
            if r:
                new = "RESET"
            if new is None and not (not p.forward and payload(p) == 0 and q.state == "SYN_SENT"):
                new = "ESTABLISHED" if a and q.state == "ESTABLISHED" else "PARTIAL"
            if new:
                e.to(new)
        elif was in ("SYN_SENT", "SYN_ACK_SENT"):
            if f:
                e.to("CLOSED")
            if r:
                e.to("RESET")
        elif was in ("ESTABLISHED", "PARTIAL"):
            if s and not a and was == "PARTIAL" and q.state == "INACTIVE":
                e.to("SYN_SENT")
            if f and not r:
                e.to("CLOSED")
                if q.state == "RESET" and q.before == "CLOSED":
                    q.to("CLOSED")
            if r:
                e.to("RESET")
        elif was == "CLOSED":
            if r and q.state != "CLOSED":
                e.to("RESET")
    return ends[True].state, ends[False].state


def conn_state(view):
    if view.flow.protocol != "TCP":
        return "SF" if view.fwd and view.bwd else "S0"
    o, r = states(view)
    little = ("INACTIVE", "PARTIAL")
    if r == "RESET":
        if o in ("SYN_SENT", "SYN_ACK_SENT") or o == "RESET" and not any(payload(p) for p in view.all):
            return "REJ"
        return "RSTRH" if o in little else "RSTR"
    if o == "RESET":
        if r in little:
            return "RSTOS0" if re.match(r"^S[^HAFGIQ]*R.*$", history(view)) else "OTH"
        return "RSTO"
    if o == "CLOSED":
        return "SF" if r == "CLOSED" else "SH" if r in little else "S2"
    if r == "CLOSED":
        return "SHR" if o in little else "S3"
    if o == "SYN_SENT" and r == "INACTIVE":
        return "S0"
    return "S1" if o == r == "ESTABLISHED" else "OTH"


LONGEST_HISTORY = 255  # Decision: a flood of resets would be as long as itself


def history(view):
    out = []
    once = set()
    seq_of = {}
    times = Counter()

    def say(letter, p):
        out.append(letter if p.forward else letter.lower())

    def say_once(letter, p):
        if (letter, p.forward) not in once:
            once.add((letter, p.forward))
            say(letter, p)

    for p in view.all:
        if view.flow.protocol != "TCP":
            say_once("D", p)
            continue
        s, f, r, a = (bool(p.flags & flag) for flag in (SYN, FIN, RST, ACK))
        y = payload(p)
        if s + f + r > 1:
            say_once("I" if f and r else "Q", p)
        elif s + f + r == 1:
            kind = "S" if s else "F" if f else "R"  # S and H are one class
            seq = (number(p, "tcp.seq_raw") + (y + 1 if f else 0)) % 2**32
            if seq_of.get((kind, p.forward)) != seq:
                say("H" if s and a else kind, p)
            seq_of[kind, p.forward] = seq
        elif y > 0:
            say_once("D", p)
        elif a:
            say_once("A", p)
        for letter, occurs in (("W", has(p, "zero_window")), ("G", has(p, "lost_segment")),
                               ("T", retransmitted(p) and y > 0)):
            if occurs:
                times[letter, p.forward] += 1
                if str(times[letter, p.forward]).strip("0") == "1":  # 1, 10, 100, ...
                    say(letter, p)
    return "".join(out)[:LONGEST_HISTORY]


# ---- splt -----------------------------------------------------------------------------------------------------

SPLT = ("dir", "size", "pay", "iat", "flags")


def splt_columns(n):
    """Decision: family by family, as the list layout has them."""
    return [f"splt_{family}_{k}" for family in SPLT for k in range(1, n + 1)]


def splt_group(view, o):
    n = o["splt"]
    chosen = view.all
    if o["splt_packets"] == "payload":
        chosen = [p for p in chosen if payload(p) >= 1 and not retransmitted(p)]
    chosen = chosen[:n]
    families = {
        "dir": [1 if p.forward else -1 for p in chosen],
        "size": [p.length for p in chosen],
        "pay": [payload(p) for p in chosen],
        "iat": ([0.0] + [real(gap, US) for gap in gaps(chosen)])[:len(chosen)],
        "flags": [p.flags & 0xFFF for p in chosen],
    }
    cells = [cell for family in SPLT for cell in families[family] + [0] * (n - len(chosen))]
    return dict(zip(splt_columns(n), cells))


# ---- extra ----------------------------------------------------------------------------------------------------

def ttl(p):
    return number(p, "ipv6.hlim" if p.transport.network == "ipv6" else "ip.ttl", None)


def dscp(p):
    return number(p, "ipv6.tclass.dscp" if p.transport.network == "ipv6" else "ip.dsfield.dscp", None)


def duplicate(p, q):
    """p again, as q?"""
    def likeness(x):
        return (x.forward, number(x, "ip.id"), x.length, first(x, "tcp.seq_raw"), first(x, "tcp.ack_raw"))
    return number(q, "ip.id") != 0 and likeness(p) == likeness(q) and q.time - p.time <= MS


def extra_group(view, o):
    out = {}

    def each(function):
        for d in SIDES:
            out.update({f"{d}_{name}": value for name, value in function(view.side(d)).items()})

    each(lambda own: {"ip_byte": sum(ip_size(p) for p in own)})
    each(lambda own: {"pay_byte": sum(payload(p) for p in own)})
    each(lambda own: {"pay_pkt": sum(1 for p in own if payload(p) >= 1)})
    there, back = out["fwd_pay_byte"], out["bwd_pay_byte"]
    out["pcr"] = real(there - back, there + back)
    # Decision: duration_s is duration_us in seconds, the flow's
    each(lambda own: {"load_bps": real(8 * NANO * sum(p.length for p in own), view.duration)})

    def ttls(own):
        found = [ttl(p) for p in own if ttl(p) is not None]
        return {"ttl_first": (found or [0])[0], "ttl_min": min(found, default=0), "ttl_max": max(found, default=0)}

    each(ttls)
    each(lambda own: {"dscp_first": (dscp(own[0]) or 0) if own else 0})
    each(lambda own: {"df_cnt": sum(1 for p in own if number(p, "ip.flags") & 2)})
    out["dup_pkt_cnt"] = sum(1 for p, q in zip(view.all, view.all[1:]) if duplicate(p, q))
    each(lambda own: {"duration_us": real(own[-1].time - own[0].time, US) if own else 0.0})
    each(lambda own: {"start_off_us": real(own[0].time - view.start, US) if own else 0.0})
    return out


# ---- payload --------------------------------------------------------------------------------------------------

def body(p):
    """The payload bytes that the capture holds."""
    return bytes.fromhex("".join(values(p, f"{p.transport.protocol.lower()}.payload")).replace(":", ""))


def entropy(counts):
    """Of a Counter, in bits: 0 when there is nothing, or only one kind."""
    total = sum(counts.values())
    return math.fsum(c / total * math.log2(total / c) for c in counts.values()) if len(counts) > 1 else 0.0


def payload_group(view, o):
    bodies = {d: b"".join(body(p) for p in view.side(d)) for d in SIDES}
    out = {f"{d}_entropy": entropy(Counter(bodies[d])) for d in SIDES}
    out["tot_entropy"] = entropy(Counter(bodies["fwd"]) + Counter(bodies["bwd"]))
    out.update({f"{d}_head_hex": bodies[d][:32].hex() or "-" for d in SIDES})
    return out


# ---- l7 -------------------------------------------------------------------------------------------------------

def unescaped(text):
    """What -T fields escapes, so that its lines stay lines. It leaves backslashes alone: two are a dissector's own."""
    return re.sub(r"(?<!\\)\\([tnrbf])", lambda escape: {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}[escape[1]], text)


def l7_group(view, o):
    out = {}
    for column, name in L7.items():
        found = (text for p in view.all for text in (values(p, name) if name else []) if text)
        out[column] = unescaped(next(found, "-"))
    out["l7_proto"] = next((token for p in view.all for token in above(p) if token != "data"), "-")
    return out


def above(p):
    """The token after the transport's own, in a list of at most one."""
    tokens = p.frame.values["frame.protocols"][0].split(":")
    return tokens[p.transport.at + 1:p.transport.at + 2]


# ---- cic ------------------------------------------------------------------------------------------------------

BULK_GAP = SUBFLOW_GAP = NANO
ACTIVE_GAP = 5 * NANO


def bulks(view, forward):
    """The bulks of one direction, as lists of packets."""
    runs, run = [], []
    for p in view.all:
        if payload(p) < 1:
            continue
        if p.forward != forward:
            runs.append(run)
            run = []
        else:
            if run and p.time - run[-1].time > BULK_GAP:
                runs.append(run)
                run = []
            run.append(p)
    return [run for run in [*runs, run] if len(run) >= 4]


def active_periods(view):
    lengths, start = [], view.start
    for p, q in zip(view.all, view.all[1:]):
        if q.time - p.time > ACTIVE_GAP:
            lengths.append(p.time - start)
            start = q.time
    lengths.append(view.end - start)
    return [length for length in lengths if length != 0]


def cic_group(view, o):
    flow = view.flow
    out = {
        # Decision: the flow's src and dst, so also in later parts, which may begin with a backward packet
        "flow_id": "{}-{}-{}-{}-{}".format(
            flow.source[0] or "-", flow.target[0] or "-", flow.source[1], flow.target[1], proto(flow)),
        "timestamp": utc(view.start, o["time_digits"]),
        "flow_duration": real(view.duration, US),
    }
    y = {d: [payload(p) for p in view.side(d)] for d in SIDES}
    y["all"] = [payload(p) for p in view.all]
    for d in SIDES:
        out[f"total_{d}_packets"] = len(y[d])
    for d in SIDES:
        out[f"total_length_{d}"] = sum(y[d])
    for d in SIDES:
        out[f"{d}_packet_length_max"] = max(y[d], default=0)
        out[f"{d}_packet_length_min"] = min(y[d], default=0)
        out[f"{d}_packet_length_mean"] = mean(y[d])
        out[f"{d}_packet_length_std"] = std(y[d])
    out["flow_bytes_s"] = real(sum(y["all"]) * NANO, view.duration)
    out["flow_packets_s"] = real(len(y["all"]) * NANO, view.duration)

    def stats(name, samples):
        out.update({f"{name}_mean": mean(samples, US), f"{name}_std": std(samples, US),
                    f"{name}_max": high(samples, US), f"{name}_min": low(samples, US)})

    stats("flow_iat", gaps(view.all))
    for d in SIDES:
        out[f"{d}_iat_total"] = real(sum(gaps(view.side(d))), US)
        stats(f"{d}_iat", gaps(view.side(d)))
    for flag, bit in (("psh", PSH), ("urg", URG)):
        for d in SIDES:
            out[f"{d}_{flag}_flags"] = sum(1 for p in view.side(d) if p.flags & bit)
    for d in SIDES:
        out[f"{d}_header_length"] = sum(header(p) for p in view.side(d))
    for d in SIDES:
        out[f"{d}_packets_s"] = real(len(y[d]) * NANO, view.duration)
    out["packet_length_min"] = min(y["all"])
    out["packet_length_max"] = max(y["all"])
    out["packet_length_mean"] = mean(y["all"])
    out["packet_length_std"] = std(y["all"])
    out["packet_length_variance"] = real(variance(y["all"], population=False))
    for flag, bit in (("fin", FIN), ("syn", SYN), ("rst", RST), ("psh", PSH), ("ack", ACK), ("urg", URG),
                      ("cwr", CWR), ("ece", ECE)):
        out[f"{flag}_flag_count"] = sum(1 for p in view.all if p.flags & bit)
    out["down_up_ratio"] = real(len(y["bwd"]), len(y["fwd"]))
    out["average_packet_size"] = mean(y["all"])
    for d in SIDES:
        out[f"{d}_segment_size_avg"] = mean(y[d])
    for d in SIDES:
        found = bulks(view, d == "fwd")
        total = sum(payload(p) for run in found for p in run)
        out[f"{d}_bytes_bulk_avg"] = real(total, len(found))
        out[f"{d}_packet_bulk_avg"] = real(sum(map(len, found)), len(found))
        out[f"{d}_bulk_rate_avg"] = real(total * NANO, sum(run[-1].time - run[0].time for run in found))
    subflows = 1 + sum(1 for gap in gaps(view.all) if gap > SUBFLOW_GAP)
    for d in SIDES:
        out[f"subflow_{d}_packets"] = real(len(y[d]), subflows)
        out[f"subflow_{d}_bytes"] = real(sum(y[d]), subflows)
    for d in SIDES:
        own = view.side(d)
        out[f"{d}_init_win_bytes"] = number(own[0], "tcp.window_size_value") if own else 0
    out["fwd_act_data_pkts"] = sum(1 for length in y["fwd"] if length >= 1)
    out["fwd_seg_size_min"] = min(map(header, view.fwd), default=0)
    stats("active", active_periods(view))
    stats("idle", [gap for gap in gaps(view.all) if gap > ACTIVE_GAP])
    return {f"cic_{name}": value for name, value in out.items()}


# ---- all of them ----------------------------------------------------------------------------------------------

def default_group(view, o):
    """The 48 columns of the default schema, under the same policies."""
    return reference.row(view.flow, sizes(o["size"]))


FUNCTIONS = {
    "flowmeter": default_group, "id": id_group, "tcp": tcp_group, "splt": splt_group, "extra": extra_group,
    "payload": payload_group, "l7": l7_group, "cic": cic_group,
}

OPTIONS = {"splt": 20, "splt_packets": "all", "time_digits": 6, "cid_seed": 0, "size": "frame"}


def columns(group):
    """The names of a group's columns: those of a flow of one packet that has nothing."""
    bare = {name: [] for name in FIELDS} | {"frame.protocols": ["udp"]}
    t = reference.Transport("UDP", 0, (None, 0), (None, 0), 0, 0, 0, {}, None, ())
    frame = reference.Frame(1, 0, 0, [t], set(), bare, Counter(["udp"]), [t])
    flow = reference.Flow("UDP", 0, 0, (t.source, t.target, "first"), (1, 0))
    flow.packets.append(reference.Packet(0, 0, True, 0, frame, t))
    return list(FUNCTIONS[group](View(flow), OPTIONS | {"input": "-"}))


GROUPS = {group: splt_columns if group == "splt" else columns(group) for group in FUNCTIONS}


def rows(capture, groups, *, idle="600", active=None, direction="first", tunnel="all", size="frame", splt=20,
         splt_packets="all", time_digits=6, cid_seed=0, clock="raw", preferences=(), tshark="tshark",
         transport=("tcp", "udp"), timeouts=()):
    o = {"size": size, "splt": splt, "splt_packets": splt_packets, "time_digits": time_digits, "cid_seed": cid_seed,
         "input": str(capture)}
    out = []
    for flow in capture_flows(capture, idle=idle, active=active, direction=direction, tunnel=tunnel,
                              clock=clock, preferences=preferences, tshark=tshark, transport=transport,
                              timeouts=timeouts):
        view = View(flow)
        row = {}
        for group in groups:
            row.update(FUNCTIONS[group](view, o))
        out.append(row)
    return out


# ---- CICFlowMeter's own header --------------------------------------------------------------------------------

_CIC_NAMES = """
Flow ID=cic_flow_id|Src IP=src_ip|Src Port=src_port|Dst IP=dst_ip|Dst Port=dst_port|Protocol=proto
Timestamp=cic_timestamp|Flow Duration=cic_flow_duration
Total Fwd Packet=cic_total_fwd_packets|Total Bwd packets=cic_total_bwd_packets
Total Length of Fwd Packet=cic_total_length_fwd|Total Length of Bwd Packet=cic_total_length_bwd
Fwd Packet Length Max|Fwd Packet Length Min|Fwd Packet Length Mean|Fwd Packet Length Std
Bwd Packet Length Max|Bwd Packet Length Min|Bwd Packet Length Mean|Bwd Packet Length Std
Flow Bytes/s|Flow Packets/s|Flow IAT Mean|Flow IAT Std|Flow IAT Max|Flow IAT Min
Fwd IAT Total|Fwd IAT Mean|Fwd IAT Std|Fwd IAT Max|Fwd IAT Min
Bwd IAT Total|Bwd IAT Mean|Bwd IAT Std|Bwd IAT Max|Bwd IAT Min
Fwd PSH Flags|Bwd PSH Flags|Fwd URG Flags|Bwd URG Flags|Fwd Header Length|Bwd Header Length
Fwd Packets/s|Bwd Packets/s
Packet Length Min|Packet Length Max|Packet Length Mean|Packet Length Std|Packet Length Variance
FIN Flag Count|SYN Flag Count|RST Flag Count|PSH Flag Count
ACK Flag Count|URG Flag Count|CWR Flag Count|ECE Flag Count
Down/Up Ratio|Average Packet Size|Fwd Segment Size Avg|Bwd Segment Size Avg
Fwd Bytes/Bulk Avg|Fwd Packet/Bulk Avg|Fwd Bulk Rate Avg|Bwd Bytes/Bulk Avg|Bwd Packet/Bulk Avg|Bwd Bulk Rate Avg
Subflow Fwd Packets|Subflow Fwd Bytes|Subflow Bwd Packets|Subflow Bwd Bytes
FWD Init Win Bytes|Bwd Init Win Bytes|Fwd Act Data Pkts|Fwd Seg Size Min
Active Mean|Active Std|Active Max|Active Min|Idle Mean|Idle Std|Idle Max|Idle Min|Label=label
"""
_CIC = {}
for _name in _CIC_NAMES.strip().replace("\n", "|").split("|"):
    _header, _, _column = _name.partition("=")
    _CIC[_header] = _column or "cic_" + _header.lower().replace(" ", "_").replace("/", "_")

cicflowmeter_header = list(_CIC)


def cicflowmeter_rows(capture, **policy):
    """Under CICFlowMeter's names, with the corrected values. Decision: Label is `-`, as an absent string is."""
    return [
        {name: (row | {"label": "-"})[column] for name, column in _CIC.items()}
        for row in rows(capture, ["flowmeter", "id", "cic"], **policy)
    ]


# ---- NFStream's core and statistical columns ------------------------------------------------------------------

_NF_SIDES = ("bidirectional", "src2dst", "dst2src")
_NF_FLAGS = (("syn", SYN), ("cwr", CWR), ("ece", ECE), ("urg", URG), ("ack", ACK), ("psh", PSH), ("rst", RST),
             ("fin", FIN))

nfstream_header = (
    "id expiration_id src_ip src_mac src_oui src_port dst_ip dst_mac dst_oui dst_port protocol ip_version vlan_id"
    " tunnel_id".split()
    + [f"{s}_{what}" for s in _NF_SIDES for what in "first_seen_ms last_seen_ms duration_ms packets bytes".split()]
    + [f"{s}_{stat}_{what}" for what in ("ps", "piat_ms") for s in _NF_SIDES for stat in "min mean stddev max".split()]
    + [f"{s}_{flag}_packets" for s in _NF_SIDES for flag, _ in _NF_FLAGS]
)


def oui(mac):
    return mac[:8] if mac != "-" else "-"


def nfstream_rows(capture, *, size="frame", **policy):
    for option in ("splt", "splt_packets", "time_digits", "cid_seed"):
        policy.pop(option, None)
    size_of = sizes(size)
    out = []
    for n, flow in enumerate(capture_flows(capture, **policy)):
        view = View(flow)
        src_mac, dst_mac = macs(view)
        row = {
            "id": n,
            "expiration_id": 1 if flow.end_reason == "active" else 0,  # Decision: 0 also at the end of the input
            "src_ip": flow.source[0] or "-", "src_mac": src_mac, "src_oui": oui(src_mac), "src_port": flow.source[1],
            "dst_ip": flow.target[0] or "-", "dst_mac": dst_mac, "dst_oui": oui(dst_mac), "dst_port": flow.target[1],
            "protocol": proto(flow), "ip_version": ip_version(view),
            "vlan_id": int((values(view.all[0], "vlan.id") or ["0"])[-1], 0),
            "tunnel_id": tunnelled(view),  # Decision: the flag `tunnel`, not NFStream's kinds of tunnel
        }
        for side, own in zip(_NF_SIDES, (view.all, view.fwd, view.bwd)):
            # Decision: moments in whole ms, cut off; what is between them is exact.
            row[f"{side}_first_seen_ms"] = own[0].time // MS if own else 0
            row[f"{side}_last_seen_ms"] = own[-1].time // MS if own else 0
            row[f"{side}_duration_ms"] = real(own[-1].time - own[0].time, MS) if own else 0.0
            row[f"{side}_packets"] = len(own)
            row[f"{side}_bytes"] = sum(map(size_of, own))
            ps, piat = list(map(size_of, own)), gaps(own)
            row.update({f"{side}_min_ps": min(ps, default=0), f"{side}_mean_ps": mean(ps),
                        f"{side}_stddev_ps": std(ps), f"{side}_max_ps": max(ps, default=0),
                        f"{side}_min_piat_ms": low(piat, MS), f"{side}_mean_piat_ms": mean(piat, MS),
                        f"{side}_stddev_piat_ms": std(piat, MS), f"{side}_max_piat_ms": high(piat, MS)})
            row.update({f"{side}_{flag}_packets": sum(1 for p in own if p.flags & bit) for flag, bit in _NF_FLAGS})
        out.append({name: row[name] for name in nfstream_header})
    return out
