"""`--field SPEC`, computed a second time.

    evaluate("x.pcap", "ip.ttl:fwd:min,max")  ->  [{"ip_ttl_fwd_min": 64, "ip_ttl_fwd_max": 64}, ...] in row order

SPEC = FIELD[:SIDE][:AGG{,AGG}][=NAME].
"""

import re
from collections import Counter
from fractions import Fraction

import reference
import reference_groups as groups
from reference_groups import US, entropy, real, root, values, variance

SIDES = ("fwd", "bwd", "both")
AGGREGATES = (
    "count n any first last distinct mode min max sum mean std var skew kurt sstd svar cv median q25 q75 entropy"
    " list set").split()
PERCENTILE = re.compile(r"p(\d{1,2}|100)")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
DEFAULT = ["first"]  # Decision: without AGG


def parse(spec):
    """(field, side, [aggregate], name or None)"""
    rest, _, name = spec.partition("=")
    field, *words = rest.split(":")
    side = words.pop(0) if words and words[0] in SIDES else "both"
    aggregates = words.pop(0).split(",") if words else DEFAULT
    assert field and not words, spec
    for aggregate in aggregates:
        assert aggregate in AGGREGATES or PERCENTILE.fullmatch(aggregate), spec
    return field, side, aggregates, name or None


def columns(spec):
    """The names. Decision: NAME is the whole name of a single column, of several the beginning; no `@` in names."""
    field, side, aggregates, name = parse(spec)
    if name and len(aggregates) == 1:
        return [name]
    stem = name or field.lstrip("@").replace(".", "_")
    return ["_".join([stem, *([side] if side != "both" else []), aggregate]) for aggregate in aggregates]


# ---- samples --------------------------------------------------------------------------------------------------

def gap_texts(packets, unit):
    return [[]] + [[shown(Fraction(gap, unit))] for gap in groups.gaps(packets)]


def samples(flow, field, side):
    """For each packet of the side the values of the field, as text."""
    kept = [p for p in flow.packets if side == "both" or p.forward == (side == "fwd")]
    if field == "@iat":  # in seconds, to the previous packet of the flow whichever way it went
        before = dict(zip(map(id, flow.packets), gap_texts(flow.packets, reference.NANO)))
        return [before[id(p)] for p in kept]
    if field == "@iatd":  # in us
        before = {}
        for forward in (True, False):
            own = [p for p in flow.packets if p.forward == forward]
            before.update(zip(map(id, own), gap_texts(own, US)))
        return [before[id(p)] for p in kept]
    if field == "@win":  # Decision: as scaled by tshark, every TCP packet
        return [values(p, "tcp.window_size") for p in kept]
    built_in = {"@size": lambda p: p.length, "@ip": groups.ip_size, "@pay": groups.payload, "@hdr": groups.header}
    if field in built_in:
        return [[str(built_in[field](p))] for p in kept]
    return [values(p, field) for p in kept]


def number(text):
    """Exactly, or None for other text. Decision: blanks are not numbers."""
    if text in ("True", "False"):
        return Fraction(text == "True")
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        return Fraction(int(text, 16))
    return Fraction(text) if NUMBER.fullmatch(text) else None


# ---- aggregates -----------------------------------------------------------------------------------------------

def shown(exact):
    """A number as the program prints it."""
    return str(exact.numerator) if exact.denominator == 1 else reference.printed(float(exact))


def whole_or_real(exact):
    return exact.numerator if exact.denominator == 1 else float(exact)


def quantile(ordered, q):
    at = (len(ordered) - 1) * q
    k = int(at)
    above = ordered[min(k + 1, len(ordered) - 1)]
    return ordered[k] + (above - ordered[k]) * (at - k)


def central(x, k):
    mean = sum(x) / len(x)
    return sum((v - mean) ** k for v in x) / len(x)


def numeric(aggregate, x):
    """Of fractions."""
    if not x:
        return -3 if aggregate == "kurt" else 0
    if aggregate in ("min", "max", "sum"):
        return whole_or_real({"min": min, "max": max, "sum": sum}[aggregate](x))
    mean = sum(x) / len(x)
    same = min(x) == max(x)
    if aggregate == "mean":
        return whole_or_real(mean)
    if aggregate in ("var", "svar", "std", "sstd"):
        exact = variance(x, population=not aggregate.startswith("s") or aggregate == "std")
        return root(exact) if aggregate.endswith("std") else real(exact)
    if aggregate == "cv":
        if mean == 0:
            return 0
        return root(variance(x, population=True) / mean**2) * (1 if mean > 0 else -1)
    if aggregate == "skew":
        m3 = 0 if same else central(x, 3)
        return root(m3**2 / central(x, 2) ** 3) * (-1 if m3 < 0 else 1) if m3 else 0
    if aggregate == "kurt":
        return -3 if same else real(central(x, 4) / central(x, 2) ** 2 - 3)
    percent = {"median": 50, "q25": 25, "q75": 75}.get(aggregate) or int(aggregate[1:] if aggregate[0] == "p" else 0)
    return whole_or_real(quantile(sorted(x), Fraction(percent, 100)))


def aggregated(aggregate, packets, list_max=64):
    """`packets`: the texts of each packet."""
    texts = [text for found in packets for text in found]
    if aggregate == "count":
        return sum(1 for found in packets if found)
    if aggregate == "n":
        return len(texts)
    if aggregate == "any":
        return int(bool(texts))
    if aggregate in ("first", "last"):
        return texts[0 if aggregate == "first" else -1] if texts else "-"
    if aggregate == "distinct":
        return len(set(texts))
    if aggregate == "mode":
        return Counter(texts).most_common(1)[0][0] if texts else "-"  # of equals the one met first
    if aggregate == "entropy":
        return entropy(Counter(texts))
    if aggregate in ("list", "set"):
        kept = texts if aggregate == "list" else list(dict.fromkeys(texts))  # Decision: a set in order of appearance
        return "|".join(kept[:list_max]) or "-"
    return numeric(aggregate, [x for x in map(number, texts) if x is not None])


def asked(specs):
    """What tshark must print for them."""
    fields = (parse(spec)[0] for spec in specs)
    return list(dict.fromkeys([*groups.BASE, *(field for field in fields if not field.startswith("@"))]))


def evaluate_all(capture, specs, *, list_max=64, **policy):
    """[{column: value}], in row order; the policy is that of reference_groups.capture_flows."""
    out = []
    for flow in groups.capture_flows(capture, fields=asked(specs), **policy):
        row = {}
        for spec in specs:
            field, side, aggregates, _ = parse(spec)
            packets = samples(flow, field, side)
            row.update(zip(columns(spec), (aggregated(a, packets, list_max) for a in aggregates)))
        out.append(row)
    return out


def evaluate(capture, spec, **options):
    return evaluate_all(capture, [spec], **options)


def not_numbers(capture, spec, **policy):
    """How many occurrences are text that no numeric aggregate takes."""
    field, side, _, _ = parse(spec)
    return sum(1 for flow in groups.capture_flows(capture, fields=asked([spec]), **policy)
               for found in samples(flow, field, side) for text in found if number(text) is None)
