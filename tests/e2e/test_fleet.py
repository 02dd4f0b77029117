"""Several tsharks, replaced tsharks, other decoders: the rows are those of one tshark that writes EK."""

import functools
import os

import pytest

from helpers import CAPTURES, SAMPLES, SHARED, flowmeter, label

REFERENCE = ("--decoder", "ek", "-j1", "--life-frames", "0")

#: All captures in all ways, which takes a quarter of an hour.
LONG = bool(os.environ.get("FLOWMETER_LONG_TESTS"))

#: A tshark for every so many frames takes long: only for captures of up to this many bytes each.
SMALL = 100_000 if LONG else 900

DAMAGED = [] if SHARED is None else sorted((SHARED / "dialects" / "captures").glob("cut_*"))

#: Application dissectors that remember need one uninterrupted tshark, which only known ports get.
every_capture = pytest.mark.parametrize("capture", CAPTURES, ids=label)
some_captures = pytest.mark.parametrize("capture", CAPTURES if LONG else SAMPLES, ids=label)


def words(options):
    return "_".join(options).replace("-", "")


@functools.lru_cache(maxsize=4)
def reference(capture, *more):
    return flowmeter(*more, *REFERENCE, capture, status=None, timeout=60)


def same(expected, got):
    assert got.out == expected.out, f"{expected!r}{got!r}"
    assert got.status == expected.status, f"{expected!r}{got!r}"


@every_capture
def test_decoders_jobs_and_lives(capture):
    expected = reference(capture)
    every_way = (
        ("--decoder", "columns", "-j1", "--life-frames", "0"),
        ("-j5", "--life-frames", "100"),
        ("-j2",),
        ("--decoder", "ek", "-j2"),
    )
    for options in every_way if LONG else every_way[:2]:
        same(expected, flowmeter(*options, capture, status=None, timeout=100))


@every_capture
@pytest.mark.parametrize("frames", [1, 7])
def test_short_lives(capture, frames):
    if capture.stat().st_size > SMALL * frames:
        pytest.skip("too many tsharks")
    same(reference(capture),
         flowmeter("-j2", "--life-frames", frames, capture, status=None, timeout=200))


@some_captures
def test_from_a_pipe(capture):
    same(reference(capture), flowmeter("-j2", "-", data=capture.read_bytes(), status=None, timeout=60))


@some_captures
def test_transport_only_agrees_with_itself(capture):
    expected = reference(capture, "--transport-only")
    same(expected, flowmeter("--transport-only", "-j3", "--life-frames", "50", capture, status=None,
                             timeout=100))


@pytest.mark.parametrize("capture", DAMAGED, ids=label)
def test_damage_says_the_same(capture):
    expected = reference(capture)
    got = flowmeter("-j2", capture, status=None)
    same(expected, got)
    if expected.status == 1:
        got.one_message(capture.name, "cut short in the middle of packet")
        assert got.err == expected.err


def test_many_inputs_side_by_side(tmp_path):
    expected = flowmeter("-j1", *CAPTURES[:13], timeout=60)
    same(expected, flowmeter("-j3", *CAPTURES[:13], timeout=60))
