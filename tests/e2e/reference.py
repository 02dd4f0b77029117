"""The default schema, computed a second time and in another way.

Reads `tshark -T fields` text and holds every packet of a flow until the flow is over: then two passes over
the samples, as exact integers, give the moments. Slow, and short enough to check by eye.
"""

from collections import namedtuple
from decimal import Decimal
from fractions import Fraction
from math import isqrt

FLAGS = (("FIN", 0x01), ("SYN", 0x02), ("RST", 0x04), ("PUSH", 0x08),
         ("ACK", 0x10), ("URG", 0x20), ("CWE", 0x80), ("ECE", 0x40))
MOMENTS = ("mean", "std", "skewness", "kurtosis", "min", "max")

COLUMNS = (
    ["duration", "protocol", "src_port", "dst_port",
     "fwd_tot_pkt", "fwd_tot_byte", "bwd_tot_pkt", "bwd_tot_byte"]
    + [f"{side}_{what}_{m}" for what in ("pkt_size", "iat") for side in ("fwd", "bwd") for m in MOMENTS]
    + [f"{side}_{flag}_cnt" for side in ("fwd", "bwd") for flag, _ in FLAGS]
)
SECONDS = {"duration"} | {f"{side}_iat_{m}" for side in ("fwd", "bwd") for m in MOMENTS}
REALS = SECONDS | {f"{side}_pkt_size_{m}" for side in ("fwd", "bwd") for m in ("mean", "std", "skewness", "kurtosis")}

NANO = 10**9


# ---- frames ---------------------------------------------------------------------------------------------------

Frame = namedtuple("Frame", "number time length transports")
Transport = namedtuple("Transport", "protocol stream source target flags")  # source, target: (address, port)


def nanoseconds(text):
    """Decimal seconds, exactly."""
    scaled = Decimal(text) * NANO
    assert scaled == int(scaled), text
    return int(scaled)


def frames(text):
    """The frames of `-T fields -E header=y -E separator=/t -E occurrence=a` text."""
    lines = text.splitlines()
    if not lines:
        return
    names = lines[0].split("\t")
    for number, line in enumerate(lines[1:], 1):
        field = dict(zip(names, line.split("\t")))
        many = {name: value.split(",") if value else [] for name, value in field.items()}
        time = nanoseconds(field["frame.time_epoch"]) if field["frame.time_epoch"] else None
        yield Frame(number, time, int(field["frame.len"]), list(transports(field["frame.protocols"], many)))


def transports(protocols, many):
    """Each distinct (transport, stream) of a frame, in the order of its layers."""
    seen = {"tcp": 0, "udp": 0, "ip": 0, "ipv6": 0}
    address = None
    counted = set()
    for token in protocols.split(":"):
        if token in ("icmp", "icmpv6"):
            return  # all that follows is quoted
        if token in ("ip", "ipv6"):
            address = (token, seen[token])
            seen[token] += 1
        if token not in ("tcp", "udp", "udplite"):
            continue
        name = "tcp" if token == "tcp" else "udp"
        k = seen[name]
        seen[name] += 1
        if k >= len(many[f"{name}.stream"]):
            continue  # cut or malformed before tshark could give it a stream
        if name == "tcp" and k >= len(many["tcp.flags"]):
            continue
        stream = int(many[f"{name}.stream"][k])
        if (name, stream) in counted:
            continue
        counted.add((name, stream))
        source, target = addresses(address, many)
        yield Transport(
            name.upper(), stream,
            (source, int(many[f"{name}.srcport"][k])), (target, int(many[f"{name}.dstport"][k])),
            int(many["tcp.flags"][k], 0) if name == "tcp" else 0,
        )


def addresses(address, many):
    """The two addresses of the ip or ipv6 layer `address` = (token, index)."""
    if address is not None and address[1] < len(many[f"{address[0]}.src"]):
        family, k = address
        return many[f"{family}.src"][k], many[f"{family}.dst"][k]
    # Some versions leave the ip token out of frame.protocols (after mpls): the last address there is.
    for family in ("ip", "ipv6"):
        if many[f"{family}.src"]:
            return many[f"{family}.src"][-1], many[f"{family}.dst"][-1]
    return None, None


# ---- flows ----------------------------------------------------------------------------------------------------

Packet = namedtuple("Packet", "time length forward flags")


class Flow:
    def __init__(self, protocol, source, target, first):
        self.protocol = protocol
        self.source = source
        self.target = target
        self.first = first  # (frame number, order inside the frame)
        self.packets = []
        self.last_clock = None


def flows(all_frames, timeout="600"):
    """The finished flows in the order of their rows."""
    limit = nanoseconds(timeout)
    clock, time = None, 0
    open_flows, ends = {}, {}
    for frame in all_frames:
        if frame.time is not None:  # a frame without a time counts with that of the one before it
            time = frame.time
        clock = time if clock is None else max(clock, time)
        over = [key for key, flow in open_flows.items() if clock - flow.last_clock > limit]
        for key in sorted(over, key=lambda key: (open_flows[key].last_clock, open_flows[key].first)):
            yield open_flows.pop(key)
        for order, t in enumerate(frame.transports):
            key = (t.protocol, t.stream)
            flow = open_flows.get(key)
            if flow is not None and time - flow.packets[-1].time > limit:
                yield open_flows.pop(key)
                flow = None
            if flow is None:
                source, target = ends.setdefault(key, (t.source, t.target))  # later parts keep the first's
                flow = open_flows[key] = Flow(t.protocol, source, target, (frame.number, order))
            flow.packets.append(Packet(time, frame.length, t.source == flow.source, t.flags))
            flow.last_clock = clock
    yield from sorted(open_flows.values(), key=lambda flow: flow.first)


# ---- numbers --------------------------------------------------------------------------------------------------

def root(q):
    """The double nearest to the square root of a fraction."""
    if q == 0:
        return 0.0
    shift = max(0, 256 - q.numerator.bit_length() + q.denominator.bit_length())
    shift += shift & 1
    scaled = (q.numerator << shift) // q.denominator
    digits = isqrt(scaled)
    exact = digits * digits == scaled and (q.numerator << shift) % q.denominator == 0
    # A sticky bit below 128 right ones: the rounding to 53 cannot be misled.
    return float(Fraction(2 * digits + (not exact), 2 << (shift // 2)))


def moments(samples, unit=1):
    """mean, std, skewness, kurtosis, min, max of integers, as exact as a double can say them; `unit` to one."""
    n = len(samples)
    if n == 0:
        return [0, 0, 0, -3, 0, 0]
    total = sum(samples)
    away = [n * x - total for x in samples]  # n times the distance from the mean
    m2, m3, m4 = (sum(d**k for d in away) for k in (2, 3, 4))  # n^(k+1) times the moment
    low, high = min(samples), max(samples)
    if unit != 1:
        low, high = float(Fraction(low, unit)), float(Fraction(high, unit))
    mean = float(Fraction(total, n * unit))
    if m2 == 0:
        return [mean, 0, 0, -3, low, high]
    std = root(Fraction(m2, n**3 * unit**2))
    skewness = root(Fraction(m3**2 * n, m2**3)) * (-1 if m3 < 0 else 1)
    kurtosis = float(Fraction(m4 * n, m2**2) - 3)
    return [mean, std, skewness, kurtosis, low, high]


def row(flow):
    """{column: int, float or str}"""
    times = [p.time for p in flow.packets]
    out = {
        "duration": float(Fraction(max(times) - min(times), NANO)),
        "protocol": flow.protocol,
        "src_port": flow.source[1],
        "dst_port": flow.target[1],
    }
    for side, forward in (("fwd", True), ("bwd", False)):
        own = [p for p in flow.packets if p.forward == forward]
        sizes = [p.length for p in own]
        gaps = [b.time - a.time for a, b in zip(own, own[1:])]
        out[f"{side}_tot_pkt"] = len(own)
        out[f"{side}_tot_byte"] = sum(sizes)
        out.update(zip((f"{side}_pkt_size_{m}" for m in MOMENTS), moments(sizes)))
        out.update(zip((f"{side}_iat_{m}" for m in MOMENTS), moments(gaps, NANO)))
        for flag, bit in FLAGS:
            out[f"{side}_{flag}_cnt"] = sum(1 for p in own if p.flags & bit)
    return {column: out[column] for column in COLUMNS}


def rows(fields_text, timeout="600"):
    return [row(flow) for flow in flows(frames(fields_text), timeout)]


# ---- text -----------------------------------------------------------------------------------------------------

def printed(value):
    """Shortest text that reads back equal; whole numbers without `.0`."""
    if isinstance(value, float):
        text = repr(value + 0.0)  # no -0
        return text[:-2] if text.endswith(".0") else text
    return str(value)


def csv_text(all_rows):
    lines = [",".join(COLUMNS)] + [",".join(printed(value) for value in r.values()) for r in all_rows]
    return "\n".join(lines) + "\n"


def differences(expected, got, tolerance=1e-9):
    """What is wrong with the rows `got` (lists of text), as lines to print: integers exactly, reals closely."""
    wrong = []
    if len(expected) != len(got):
        wrong.append(f"{len(expected)} rows expected, {len(got)} rows printed")
    for number, (want, have) in enumerate(zip(expected, got), 1):
        if len(have) != len(COLUMNS):
            wrong.append(f"row {number}: {len(have)} columns")
            continue
        for (column, value), text in zip(want.items(), have):
            if column in REALS:
                distance = abs(float(text) - value)
                good = distance <= tolerance * abs(value)
            else:
                good = text == str(value)
            if not good:
                wrong.append(f"row {number}, {column}: expected {printed(value)}, got {text}")
    return wrong
