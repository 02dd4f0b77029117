"""What can go wrong around the program, and what it is to do about each: the fault matrix.

The tests of test_faults.py go through the cases; `faults.py` prints them as tests/FAULTS.md.
"""

from dataclasses import dataclass

DIALECTS = ("ek", "json", "fields")
FRAMES = 60  # of the capture on which most cases are tried
BROKEN = 31  # the frame whose record is damaged

ALL, NONE, BEFORE, OTHERS = "all", "none", f"of the {BROKEN - 1} frames before", "of all frames but that one"
#: All frames, but with other times.
TIMELESS, NO_TIMES = "all, the frame with the time of the one before", "all, with the time 0"


@dataclass
class Case:
    """A fault: `make` changes the record of frame BROKEN in a text (see test_faults.py), or is a script."""

    fault: str
    make: object
    status: int = 1
    rows: str = BEFORE
    words: tuple = ()
    kept_status: int = 1  # with --keep-going
    kept_rows: str = OTHERS
    dialects: tuple = DIALECTS


def value(name, text):
    """Another value for a field of the record."""
    return lambda record: record.replace_value(name, text)


def accepted(fault, make, dialects=DIALECTS, rows=ALL, words=()):
    return Case(fault, make, 0, rows, words, 0, rows, dialects)


#: The record of one frame in tshark's output from elsewhere.
TEXT = [
    Case("half a record, then the next one", lambda r: r.half()),
    Case("garbage in place of a record", lambda r: r.whole(b"garbage")),
    Case("a record of 70 MB", lambda r: r.long(70_000_000), words=("longer than 64 MiB",)),
    Case("100,000 brackets in each other", lambda r: r.deep(100_000), words=("nested deeper",), dialects=("ek", "json")),
    Case("a NUL in a value", value("frame.len", b"5\0004")),
    Case("invalid UTF-8 in a number", value("frame.len", b"5\xff")),
    accepted("invalid UTF-8 in text that nothing needs", lambda r: r.text(b"\xff\xfe\xc3(\xed\xa0\x80"), ("ek", "json")),
    accepted("a lone surrogate, escaped", lambda r: r.text(b"\\udc00 \\u0041"), ("ek",)),
    Case("half of a surrogate pair, escaped", lambda r: r.text(b"\\ud800 x"), dialects=("ek", "json")),
    accepted("a member twice", lambda r: r.twice("frame.len"), ("ek", "json")),
    Case("a length of 2^32", value("frame.len", b"4294967296"), words=("frame.len",)),
    Case("a stream number of 2^32", lambda r: r.of_transport("stream", b"4294967296"), words=("stream",)),
    Case("port 65536", lambda r: r.of_transport("srcport", b"65536"), words=("srcport",)),
    Case("a negative length", value("frame.len", b"-1"), words=("frame.len",)),
    Case("a length that is no number", value("frame.len", b"many"), words=("frame.len",)),
    Case("an address that is none", value("ip.src", b"192.0.2.256"), words=("ip.src",)),
    Case("a time that is none", value("frame.time_epoch", b"yesterday"), words=("frame.time_epoch",)),
    accepted("a time in 2263", value("frame.time_epoch", b"9246182400.000000000"), rows=TIMELESS, words=("1 frame without a time",)),
    accepted("a time in 1676", value("frame.time_epoch", b"-9277977600.000000000"), rows=TIMELESS, words=("1 frame without a time",)),
    Case("a cell too many", lambda r: r.whole(r.data.rstrip(b"\n") + b"\tx"), words=("columns",), dialects=("fields",)),
    Case("a cell missing", lambda r: r.whole(r.data.rpartition(b"\t")[0]), words=("columns",), dialects=("fields",)),
    Case("an end of the array between two records", lambda r: r.whole(b"  ]"), dialects=("json",)),
    Case("a bracket too many after a record", lambda r: r.whole(r.data.rstrip() + b"}"),
         rows=f"of the {BROKEN} frames before", kept_rows=ALL, dialects=("json",)),
]

#: The whole text.
WHOLE = [
    Case("it ends in the middle of a record", lambda t: t.cut(BROKEN), kept_rows=BEFORE, words=("cut short",), dialects=("ek", "json")),
    Case("the array is not closed", lambda t: t.data.rstrip().rstrip(b"]"), rows=ALL, kept_rows=ALL, words=("no end",),
         dialects=("json",)),
    accepted("its last line has no end", lambda t: t.data.rstrip(b"\n")),
    accepted("CR LF line ends", lambda t: t.data.replace(b"\n", b"\r\n")),
    accepted("all times before 1970", lambda t: t.shifted(-3_000_000_000)),
    accepted("all times up to 2262", lambda t: t.shifted(7_520_000_000)),
    accepted("all times after 2262", lambda t: t.shifted(7_600_000_000), rows=NO_TIMES, words=("60 frames without a time",)),
    Case("UTF-16", lambda t: t.data.decode().encode("utf-16"), 2, NONE, ("UTF-16",), 2, NONE),
]

#: Our own tshark, replaced by a script: "$@" is its command line, `lines N` gives the output's first N lines.
TSHARK = [
    Case("ends at once with status 3", "exit 3", 2, NONE, ("status 3",), 2, NONE),
    Case("ends at once with status 0", "exit 0", 2, NONE, ("ended after 0 frames",), 2, NONE),
    Case("ends with status 1 after some frames", 'lines 30; echo "tshark: no more" >&2; exit 1', words=("no more", "30 frames"),
         kept_rows=BEFORE),
    Case("is killed after some frames", "lines 30; kill -KILL $$", words=("signal 9", "30 frames"), kept_rows=BEFORE),
    Case("is killed in the middle of a line", "lines 30; lines 31 | tail -n 1 | head -c -2; kill -KILL $$",
         words=("signal 9", "30 frames"), kept_rows=BEFORE),
    Case("ends in the middle of a line", "lines 30; lines 31 | tail -n 1 | head -c -2", kept_rows=BEFORE),
    Case("writes a line of garbage", "lines 30; echo garbage; lines 60 | tail -n 29"),
    Case("writes a line of 70 MB", 'lines 30; head -c 70000000 /dev/zero | tr "\\0" x; echo; lines 60 | tail -n 29',
         words=("longer than 64 MiB",)),
    Case("complains without end, and does its work", 'head -c 10000000 /dev/zero | tr "\\0" "\\n" >&2; exec tshark "$@"',
         0, ALL, (), 0, ALL),
]


def line(*cells):
    return "| " + " | ".join(cells) + " |"


def rows_of(cases, neighbour):
    for case in cases:
        kinds = "" if case.dialects == DIALECTS else f" ({', '.join(case.dialects)})"
        kept = "the same" if (case.kept_status, case.kept_rows) == (case.status, case.rows) else f"{case.kept_status}: {case.kept_rows}"
        yield line(neighbour, case.fault + kinds, str(case.status), case.rows, kept)
        neighbour = ""


def matrix(system):
    """The text of tests/FAULTS.md; `system` are the cases of test_faults.py that are functions of their own."""
    yield "# What happens when things go wrong"
    yield ""
    yield "Made by `tests/e2e/faults.py` of the cases that `tests/e2e/test_faults.py` tries. Each fault has an exit status and one"
    yield "line on standard error, unless the status is 0; the rows are those of a run over just the frames that are named."
    yield ""
    yield "| neighbour | fault | status | rows | with `--keep-going` |"
    yield "|---|---|--:|---|---|"
    yield from rows_of(TEXT, "one record of tshark's output")
    yield from rows_of(WHOLE, "tshark's output as a whole")
    yield from rows_of(TSHARK, "our own tshark")
    for neighbour, cases in system.items():
        for fault, status, rows in cases:
            yield line(neighbour, fault, status, rows, "")
            neighbour = ""
