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
from helpers import TSHARK

pytestmark = pytest.mark.skipif(TSHARK[:2] != (4, 0), reason="several tsharks agree with one where it is 4.0")

CASES = int(os.environ.get("FLOWMETER_RANDOM_CASES", "250"))
SEED = os.environ.get("FLOWMETER_RANDOM_SEED", "20k")
KEEP = os.environ.get("FLOWMETER_RANDOM_KEEP")

#: Stories in one capture.
TOGETHER = 1000


@pytest.mark.parametrize("first", range(0, CASES, TOGETHER))
def test_every_way_gives_the_same(first):
    frames = random_captures.frames(SEED, range(first, min(first + TOGETHER, CASES)))
    random_ways.compare(frames, random.Random(f"{SEED}/{first}"), KEEP, print)
