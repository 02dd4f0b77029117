"""All ways of reading a capture, compared with one tshark that sees everything; and what is left of one that differs."""

import csv
import io
import random
import re
import tempfile
from collections import namedtuple
from pathlib import Path

from helpers import binary, run
from random_captures import case_of, is_special, pcap

REFERENCE = ("--decoder", "ek", "-j1", "--life-frames", "0")

#: Columns that are no more than the standard ones are read from the frames themselves as far as that goes; others tell which
#: flow is which.
STANDARD = ()
RICH = ("--columns", "flowmeter,flow_id,stream,part,src_ip,dst_ip,start_ns,end_ns,first_frame,last_frame,end_reason,dir_basis,"
        "ts_disorder_cnt,icmp_err_cnt,tunnel")

#: `kind`: file, pipe or parts; `options`: of the program; `lives`: frames of a tshark's life, or of a part, as a share of all.
Way = namedtuple("Way", "name kind columns options lives")


def ways(chance):
    """Ways to try, with borders where chance has them."""
    def share():
        return chance.uniform(0.15, 0.7)

    columns = [STANDARD, RICH]
    chance.shuffle(columns)
    return [
        Way("one tshark", "file", columns[0], (), None),
        Way("one after the other", "file", STANDARD, ("-j1",), share()),
        Way("two", "file", columns[0], ("-j2",), None),
        Way("two, other columns", "file", columns[1], ("-j2",), share()),
        Way("five", "file", columns[1], ("-j5",), share()),
        Way("pipe", "pipe", columns[0], ("-j2",), share()),
        Way("EK", "file", RICH, ("--decoder", "ek", "-j3"), share()),
        Way("parts", "parts", RICH, (), share()),
    ]


def seen_by(way, frames):
    """The frames that the way can have."""
    return [frame for frame in frames if not is_special(frame.case)] if way.kind == "parts" else frames


def read(way, frames, border=None):
    """What the program writes. `border`: of lives or parts, in frames; else by the way's share."""
    with tempfile.TemporaryDirectory() as folder:
        return _read(way, frames, border, Path(folder))


def _read(way, frames, border, folder):
    command = [binary(), "-q", *way.columns, *way.options]
    if border is None and way.lives:
        border = max(1, round(way.lives * len(frames)))
    if way.kind == "parts":
        return _parts(way, frames, border or len(frames), folder)
    if border:
        command += ["--life-frames", str(border)]
    if way.kind == "pipe":
        return run([*command, "-"], data=pcap(frames), timeout=300)
    path = folder / "capture.pcap"
    path.write_bytes(pcap(frames))
    return run([*command, path], timeout=300)


def _parts(way, frames, border, folder):
    pieces = [frames[at:at + border] for at in range(0, len(frames), border)]
    parts = []
    for i, piece in enumerate(pieces):
        capture, part, before = (folder / f"{i}.{end}" for end in ("pcap", "part", "before"))
        capture.write_bytes(pcap(piece))
        before.write_bytes(pcap(frames[:i * border]))
        more = ["--after", before] if i else []
        made = run([binary(), "-q", "--partial", *way.columns, *way.options, "--segment", f"{i + 1}/{len(pieces)}", *more, capture, "-o",
                    part], timeout=300)
        if made.status != 0:
            return made
        parts.append(part)
    return run([binary(), "merge", "-q", *parts], timeout=300)


def reference(columns, frames):
    return read(Way("reference", "file", columns, REFERENCE, None), frames)


def differs(way, frames, border=None):
    """Whether the rows differ; None: the reference itself fails."""
    expected = reference(way.columns, frames)
    if expected.status != 0:
        return None
    got = read(way, frames, border)
    return got.status != 0 or got.out != expected.out


def cases_of(way, frames, border=None):
    """The cases whose rows differ, stream numbers aside, where columns tell."""
    if way.columns is not RICH:
        return []

    def rows(result):
        found = {}
        for row in csv.DictReader(io.StringIO(result.out.decode())):
            row.pop("stream")
            address = row["src_ip"] if row["src_ip"] != "-" else row["dst_ip"]
            case = case_of(address) if re.search("[.:]", address) else None
            found.setdefault(case, []).append(row)
        return found

    expected, got = rows(reference(way.columns, frames)), rows(read(way, frames, border))
    return [case for case in expected.keys() | got.keys() if expected.get(case) != got.get(case) and case is not None]


def borders(way, frames):
    """Borders to try with few frames."""
    if way.lives is None:
        return [None]
    return range(1, len(frames) + 1)


def fails(way, frames):
    """The border with which so few frames differ, as a list; else none."""
    return next(([border] for border in borders(way, frames) if differs(way, frames, border)), None)


def minimised(way, frames, log=lambda text: None):
    """Few frames with which the way still differs, and the border."""
    frames = seen_by(way, frames)
    suspects = sorted(cases_of(way, frames)) or sorted({frame.case for frame in frames})
    for case in suspects[:300]:
        alone = [frame for frame in frames if frame.case == case]
        found = fails(way, alone)
        if found:
            log(f"case {case} alone, {len(alone)} frames")
            break
    else:
        return frames, None
    left, border = alone, found[0]
    changed = True
    while changed:
        changed = False
        for place in reversed(range(len(left))):
            fewer = left[:place] + left[place + 1:]
            found = fewer and fails(way, fewer)
            if found:
                left, border, changed = fewer, found[0], True
    return left, border


def described(way, frames, border):
    expected, got = reference(way.columns, frames), read(way, frames, border)
    return (f"way: {way.name} {' '.join(way.options)}, border {border}; case {frames[0].case}\n"
            + "".join(f"  {frame.ns} {len(frame.data)}/{frame.size} {frame.data.hex()}\n" for frame in frames)
            + f"expected: {expected!r}\ngot: {got!r}")


def compare(frames, chance, keep=None, log=lambda text: None):
    """Fails with a small capture if some way differs. `keep`: a directory for it."""
    expected = {}
    for way in ways(chance):
        seen = seen_by(way, frames)
        key = way.columns, len(seen)
        if key not in expected:
            expected[key] = reference(way.columns, seen).expect(0)
        got = read(way, seen)
        if got.status == 0 and got.out == expected[key].out:
            continue
        log(f"differs: {way}")
        left, border = minimised(way, frames, log)
        if keep:
            (Path(keep) / f"case-{left[0].case}-{way.kind}.pcap").write_bytes(pcap(left))
        raise AssertionError(described(way, left, border))
