"""One capture through every way into the program: each must give what one tshark says that writes EK."""

from helpers import NEEDED, each, flowmeter

REFERENCE = ("--decoder", "ek", "-j1", "--life-frames", "0")

FROM_CAPTURE = (
    (),
    ("--decoder", "columns", "-j1", "--life-frames", "0"),
    ("--decoder", "json"),
    ("-j2",),
    ("-j3", "--life-frames", "3"),
    ("--decoder", "ek", "-j2"),
)

#: What tshark may be told to write, for the standard columns.
DIALECTS = {
    "ek -e": ("-T", "ek", *each(NEEDED)),
    "json -e": ("-T", "json", *each(NEEDED)),
    "fields": ("-T", "fields", "-E", "header=y", *each(NEEDED)),
    "ek": ("-T", "ek"),
    "json": ("-T", "json", "--no-duplicate-keys"),
}


def rows(capture, *options):
    return flowmeter(*options, *REFERENCE, capture)


def every_way(capture, tshark, folder, *options):
    """(name, result) for each; `folder` takes a part, if one can be made."""
    for way in FROM_CAPTURE:
        yield " ".join(way) or "default", flowmeter(*options, *way, capture)
    data = capture.read_bytes()
    for way in ((), ("-j1", "--life-frames", "0"), ("-j2", "--life-frames", "3")):
        yield "pipe " + " ".join(way), flowmeter(*options, *way, "-", data=data)
    for dialect, arguments in DIALECTS.items():
        yield dialect, flowmeter(*options, "-", data=tshark.path("-n", "-r", capture, *arguments).read_bytes())
    yield "continuous", flowmeter(*options, "--continuous", capture)
    if folder is None:
        return
    part = folder / "one.part"
    flowmeter(*options, "--partial", capture, "-o", part)
    yield "part", flowmeter("merge", part)


def assert_every_way(capture, tshark, folder, *options, but=()):
    """The rows, which are the same in every way but those; and nothing is said but remarks on times."""
    expected = rows(capture, *options).silent()
    for name, got in every_way(capture, tshark, folder, *options):
        if name in but:
            continue
        assert got.silent().out == expected.out, f"{name}: {got!r}{expected!r}"
    return expected
