"""The column groups against the reference: every column of every row, on every capture and under every policy."""

import csv
import io
import math

import pytest

import reference_groups
from helpers import CAPTURES, flowmeter, label
from reference import printed

EVERY = pytest.mark.parametrize("capture", CAPTURES, ids=label)

#: The groups that the program has.
GROUPS = ["flowmeter", "id", "cic"]

#: Policies, as options of the program and of the reference.
POLICIES = {
    "active": (["--active-timeout", "0.2"], {"active": "0.2"}),
    "idle": (["-t", "0.05"], {"idle": "0.05"}),
    "handshake": (["--direction", "handshake"], {"direction": "handshake"}),
    "inner": (["--tunnel", "inner"], {"tunnel": "inner"}),
    "outer": (["--tunnel", "outer"], {"tunnel": "outer"}),
    "monotone": (["--clock", "monotone"], {"clock": "monotone"}),
    "ip": (["--size", "ip"], {"size": "ip"}),
    "payload": (["--size", "payload"], {"size": "payload"}),
}


def cells(result):
    """The rows, as dictionaries of text."""
    return list(csv.DictReader(io.StringIO(result.out.decode())))


def same(value, text):
    if isinstance(value, float):
        return math.isclose(float(text), value, rel_tol=1e-9, abs_tol=0)
    return text == str(value)


def differences(expected, got):
    """Integers and text exactly, reals to 1e-9."""
    wrong = []
    if len(expected) != len(got):
        wrong.append(f"{len(expected)} rows expected, {len(got)} rows printed")
    for number, (want, have) in enumerate(zip(expected, got), 1):
        if list(want) != list(have):
            wrong.append(f"row {number}: columns {list(have)}, expected {list(want)}")
            break
        wrong += [f"row {number}, {column}: expected {printed(value)}, got {have[column]}"
                  for column, value in want.items() if not same(value, have[column])]
    return wrong


def differs(capture, arguments=(), **policy):
    """What is wrong with all groups of a capture, in one run."""
    got = flowmeter("--columns", ",".join(GROUPS), *arguments, capture).silent()
    return differences(reference_groups.rows(capture, GROUPS, **policy), cells(got))


@EVERY
def test_agrees(capture):
    assert differs(capture) == []


@EVERY
@pytest.mark.parametrize("policy", POLICIES)
def test_agrees_under_the_policy(policy, capture):
    arguments, named = POLICIES[policy]
    assert differs(capture, arguments, **named) == []
