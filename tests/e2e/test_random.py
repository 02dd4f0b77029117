"""Random captures give the same rows in every way.

FLOWMETER_RANDOM_CASES  how many stories (250)
FLOWMETER_RANDOM_SEED   of them (20k)
FLOWMETER_RANDOM_KEEP   a directory for the small captures that differ
"""

import os
import random

import pytest

import random_captures
import random_ways
from helpers import JOINS

pytestmark = pytest.mark.skipif(not JOINS, reason="the streams of several of these tsharks cannot be joined")

CASES = int(os.environ.get("FLOWMETER_RANDOM_CASES", "250"))
SEED = os.environ.get("FLOWMETER_RANDOM_SEED", "20k")
KEEP = os.environ.get("FLOWMETER_RANDOM_KEEP")

#: Stories in one capture.
TOGETHER = 1000


#: Cases that differed once: seed, case, frames of a tshark's life.
FOUND = [("1", 6, 1), ("1", 75, 3)]


@pytest.mark.parametrize("seed, case, border", FOUND)
def test_what_differed_once(seed, case, border):
    way = random_ways.Way("one after the other", "file", random_ways.RICH, ("-j1",), None)
    frames = random_captures.frames(seed, [case])
    expected, got = random_ways.reference(way.columns, frames).expect(0), random_ways.read(way, frames, border).expect(0)
    assert got.out == expected.out


@pytest.mark.parametrize("first", range(0, CASES, TOGETHER))
def test_every_way_gives_the_same(first):
    frames = random_captures.frames(SEED, range(first, min(first + TOGETHER, CASES)))
    random_ways.compare(frames, random.Random(f"{SEED}/{first}"), KEEP, print)
