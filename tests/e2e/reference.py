"""The default schema, computed a second time and in another way.

Reads `tshark -T fields` text and holds every packet of a flow until the flow is over: then two passes over
the samples, as exact integers, give the moments. Slow, and short enough to check by eye.

The other columns are in reference_groups.py and reference_fields.py; they start from the flows made here.
"""

from collections import Counter, defaultdict, namedtuple
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

#: transports: those that count; quoted: {(protocol, stream)} in ICMP errors; values: {field: [text]}, as listed;
#: layers: how often each token is in frame.protocols; every: what `transports` is under the policy `all`.
Frame = namedtuple("Frame", "number time length transports quoted values layers every")

#: source, target: (address, port). at: index of its token in frame.protocols; layer: it is the layer-th (from 0) of its
#: protocol in the frame; under: {"ip" | "ipv6" | "eth" | "vlan": index of the last such layer before it};
#: network: "ip" or "ipv6", what its addresses are of; path: the `at` of the transports that carry it.
Transport = namedtuple("Transport", "protocol stream source target flags at layer under network path")


def moment(text):
    """Nanoseconds since 1970 of frame.time_epoch, whose fraction counts forward; None outside of 1677..2262."""
    seconds, _, fraction = text.partition(".")
    assert seconds != "-0", text
    ns = int(seconds) * NANO + int(fraction.ljust(9, "0"))
    return ns if -2**63 <= ns < 2**63 else None


def nanoseconds(text):
    """Decimal seconds, exactly."""
    scaled = Decimal(text) * NANO
    assert scaled == int(scaled), text
    return int(scaled)


def frames(text, aggregator=",", tunnel="all", wanted=("tcp", "udp")):
    """The frames of `-T fields -E header=y -E separator=/t -E occurrence=a` text; `wanted`: tokens of transports."""
    lines = text.split("\n")  # not splitlines: rare control characters are no line ends
    names = lines[0].split("\t")
    for number, line in enumerate(lines[1:], 1):
        if not line and number == len(lines) - 1:
            return
        field = dict(zip(names, line.split("\t")))
        many = {name: value.split(aggregator) if value else [] for name, value in field.items()}
        time = moment(field["frame.time_epoch"]) if field["frame.time_epoch"] else None
        tokens = field["frame.protocols"].split(":")
        every, quoted = transports(tokens, many, wanted)
        places = {t.at for t in every}
        carriers = {at for t in every for at in t.path}
        chosen = {
            "all": every,
            "inner": [t for t in every if t.at not in carriers],
            "outer": [t for t in every if not places & set(t.path)],
        }[tunnel]
        yield Frame(number, time, int(field["frame.len"]), chosen, quoted, many, layers(tokens), every)


def kind(token):
    return "udp" if token == "udplite" else token  # tshark numbers both with udp.stream


def layers(tokens):
    return Counter(kind(token) for token in tokens)


#: What numbers the streams of a transport. The others' streams are what tells them apart.
STREAM = {"tcp": "tcp.stream", "udp": "udp.stream", "sctp": "sctp.assoc_index", "dccp": "dccp.stream"}

NO_ASSOCIATION = "65535"

#: Of ICMP's tokens: type and identifier, what asks and what answers, and all the types that have an identifier.
ECHO = {
    "icmp": ("icmp.type", "icmp.ident", 8, 0, {0, 8, 13, 14, 15, 16, 17, 18, 42, 43}),
    "icmpv6": ("icmpv6.type", "icmpv6.echo.identifier", 128, 129, {128, 129, 160, 161}),
}


def name(token):
    return "ICMPv6" if token == "icmpv6" else token.upper()


def echo(token, k, many, source, target):
    """Of the k-th message of its protocol in a frame: (requester, responder, identifier) and the two ends; or None."""
    types, identifiers, asks, answers, identified = ECHO[token]
    if k >= len(many[types]):
        return None
    kinds = [int(kind) for kind in many[types]]
    if kinds[k] not in (asks, answers):
        return None
    before = sum(kind in identified for kind in kinds[:k])
    if before >= len(many[identifiers]):
        return None
    identifier = int(many[identifiers][before], 0)
    if kinds[k] == asks:
        return (source, target, identifier), (source, identifier), (target, 0)
    return (target, source, identifier), (source, 0), (target, identifier)


#: What stands in a link layer, unless it begins the next subframe of an A-MSDU.
LINK_LAYERS = {"eth", "vlan", "ieee8021ad", "wlan", "tr", "fddi", "fr", "atm", "lane", "fc", "ipfc"}


def begins_neighbour(token, before):
    """Whether a layer is not in the one before, but beside an earlier layer of its own kind."""
    return (before == "data" or token == "llc" and before not in LINK_LAYERS
            or token.startswith("openflow_") and before != "openflow")


def tells_of_others(token, before):
    """Whether the headers after it are of packets that were not on this wire."""
    return token in ("sflow", "nhrp") or (before, token) in (("ppp", "lcp"), ("gprs-ns", "gprs-ns"))


def transports(tokens, many, wanted):
    """Each packet of a frame, in the order of its layers; and the streams of those that are only quoted."""
    seen = Counter()
    under = {}
    network = None
    state = (), "here"  # of the next token: the transports that carry it; whether it is "quoted" or "elsewhere"
    last = {}  # of each token
    every, quoted = [], set()
    for at, token in enumerate(map(kind, tokens)):
        before = tokens[at - 1] if at else ""
        if token in last and begins_neighbour(token, before):
            state = last[token] if token == "llc" and before not in LINK_LAYERS else (last[token][0], state[1])
        path, where = last[token] = state
        if tells_of_others(token, before):
            state = path, "elsewhere"
        elif token in ("icmp", "icmpv6") and where == "here":
            state = path, "quoted"
        if token in wanted:
            state = (*path, at), state[1]
        k = seen[token]
        seen[token] += 1
        if token in ("ip", "ipv6"):
            network = token
        if token in ("ip", "ipv6", "eth", "vlan"):
            under[token] = k
        if token not in wanted:
            continue
        family, source, target = addresses(network, under, many)
        if token in ECHO:
            conversation = echo(token, k, many, source, target)
            if conversation is None:
                continue
            stream, source_end, target_end = conversation
        elif k >= len(many[STREAM[token]]) or token == "sctp" and many[STREAM[token]][k] == NO_ASSOCIATION:
            continue  # without a stream: cut or malformed before tshark could give it one
        else:
            stream = int(many[STREAM[token]][k])
        if where == "elsewhere" or where == "quoted" and token == "sctp":
            continue
        if where == "quoted":
            quoted.add((name(token), stream))
            continue
        if token == "tcp" and k >= len(many["tcp.flags"]):
            continue
        if token not in ECHO:
            source_end = source, int(many[f"{token}.srcport"][k])
            target_end = target, int(many[f"{token}.dstport"][k])
        every.append(Transport(
            name(token), stream, source_end, target_end,
            int(many["tcp.flags"][k], 0) if token == "tcp" else 0,
            at, k, dict(under), family, path,
        ))
    return every, quoted


def addresses(network, under, many):
    """The family and the two addresses of the ip or ipv6 layer that was met last."""
    if network is not None and under[network] < len(many[f"{network}.src"]):
        k = under[network]
        return network, many[f"{network}.src"][k], many[f"{network}.dst"][k]
    # Some versions leave the ip token out of frame.protocols (after mpls): the last address there is.
    for family in ("ip", "ipv6"):
        if many[f"{family}.src"]:
            return family, many[f"{family}.src"][-1], many[f"{family}.dst"][-1]
    return None, None, None


# ---- flows ----------------------------------------------------------------------------------------------------

Packet = namedtuple("Packet", "time length forward flags frame transport")

SYN, ACK = 0x02, 0x10


class Flow:
    def __init__(self, protocol, number, part, ends, first):
        self.protocol = protocol
        self.number = number  # of the stream, in order of first appearance
        self.part = part
        self.source, self.target, self.basis = ends
        self.first = first  # (frame number, order inside the frame)
        self.packets = []
        self.icmp_errors = 0
        self.last_clock = None
        self.end_reason = None


def ends(t, direction):
    """Who is the source, who the target, and what says so."""
    if t.protocol != "TCP":
        return t.source, t.target, "first"
    if not t.flags & SYN:
        return t.source, t.target, "mid"
    if not t.flags & ACK:
        return t.source, t.target, "syn"
    if direction == "handshake":
        return t.target, t.source, "synack"
    return t.source, t.target, "synack"  # Decision: dir_basis names what was seen, also where it turned nothing


def from_source(t, flow):
    """Whether the flow's source sent it. The ends of an SCTP association may use several addresses."""
    if t.protocol != "SCTP" or t.source in (flow.source, flow.target):
        return t.source == flow.source
    if flow.source[1] != flow.target[1]:
        return t.source[1] == flow.source[1]
    return t.target == flow.target


def flows(all_frames, timeout="600", active=None, direction="first", monotone=False, timeouts=()):
    """The finished flows in the order of their rows. `timeouts`: {protocol: timeout} for those with another."""
    limits = defaultdict(lambda: nanoseconds(timeout), {p: nanoseconds(text) for p, text in dict(timeouts).items()})
    oldest = None if active is None else nanoseconds(active)
    clock, time = None, 0
    open_flows, known, parts = {}, {}, Counter()
    numbers = {name(token): {} for token in (*STREAM, *ECHO)}

    def finished(key, reason):
        flow = open_flows.pop(key)
        flow.end_reason = reason
        return flow

    for frame in all_frames:
        if frame.time is not None:  # a frame without a time counts with that of the one before it
            time = frame.time
        clock = time if clock is None else max(clock, time)
        over = [key for key, flow in open_flows.items() if clock - flow.last_clock > limits[flow.protocol]]
        for key in sorted(over, key=lambda key: (open_flows[key].last_clock + limits[key[0]], open_flows[key].first)):
            yield finished(key, "idle")
        # Any mention of a stream takes its number: also a quoted or a broken header.
        for token, field in STREAM.items():
            if token == "sctp":
                continue  # of these only what counts: one that is quoted has the number of any association
            for stream in frame.values.get(field, ()):
                numbers[name(token)].setdefault(int(stream), len(numbers[name(token)]))
        for protocol, stream in (*((t.protocol, t.stream) for t in frame.every), *sorted(frame.quoted, key=str)):
            numbers[protocol].setdefault(stream, len(numbers[protocol]))
        now = []  # what this frame itself ends: together, so in the order of their first packets
        for order, t in enumerate(frame.transports):
            key = (t.protocol, t.stream)
            flow = open_flows.get(key)
            t_i = time
            if flow is not None:
                if monotone:  # Decision: within a part
                    t_i = max(time, flow.packets[-1].time)
                # Decision: a packet that breaks both limits ends the flow as idle.
                if t_i - flow.packets[-1].time > limits[t.protocol]:
                    now.append(finished(key, "idle"))
                elif oldest is not None and t_i - flow.packets[0].time > oldest:
                    now.append(finished(key, "active"))
            if key not in open_flows:
                # Later parts keep the first's source, target and (Decision) dir_basis.
                fixed = known.setdefault(key, ends(t, direction))
                open_flows[key] = Flow(
                    t.protocol, numbers[t.protocol][t.stream], parts[key], fixed, (frame.number, order))
                parts[key] += 1
            flow = open_flows[key]
            flow.packets.append(Packet(t_i, frame.length, from_source(t, flow), t.flags, frame, t))
            flow.last_clock = clock
        yield from sorted(now, key=lambda flow: flow.first)
        for key in frame.quoted & open_flows.keys():
            open_flows[key].icmp_errors += 1
    for flow in sorted(open_flows.values(), key=lambda flow: flow.first):
        flow.end_reason = "eof"
        yield flow


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


def row(flow, size=lambda packet: packet.length):
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
        sizes = [size(p) for p in own]
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
