"""The column groups against the reference: every column of every row, on every capture and under every policy."""

import csv
import io
import math
import os

import pytest

import reference_groups
from helpers import CAPTURES, flowmeter, label, text_for
from reference import printed

EVERY = pytest.mark.parametrize("capture", CAPTURES, ids=label)

#: The policies are tried on every capture with FLOWMETER_LONG_TESTS; else on those that hold the cases.
TELLING = ("idle.pcap", "reuse.pcap", "tunnel.pcap", "a.pcap", "b.pcap", "e.pcap", "tunnels.pcap", "layers.pcap", "multi.pcap",
           "icmperr.pcap", "times_ng.pcapng", "frag_bad.pcap")
SOME = pytest.mark.parametrize(
    "capture", [c for c in CAPTURES if os.environ.get("FLOWMETER_LONG_TESTS") or c.name in TELLING], ids=label)

#: The groups that the program has.
GROUPS = ["flowmeter", "id", "tcp", "splt", "extra", "payload", "l7", "cic"]

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
    "splt": (["--splt-packets", "payload"], {"splt_packets": "payload"}),
    "id": (["--cid-seed", "513", "--time-digits", "9"], {"cid_seed": 513, "time_digits": 9}),
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


COLUMNS = ("--columns", ",".join(GROUPS), "--splt", "20")


@EVERY
def test_agrees(capture):
    assert differences(reference_groups.rows(capture, GROUPS), cells(flowmeter(*COLUMNS, capture).silent())) == []


def metered(capture, *arguments):
    """The rows of tshark's text, which is the same whatever the policy. (That text and capture give the same rows is shown elsewhere.)"""
    with text_for(capture, *arguments).open("rb") as text:
        return cells(flowmeter("-q", *arguments, "-", stdin=text).silent())  # -q: text may have no packet with some field


@SOME
@pytest.mark.parametrize("policy", POLICIES)
def test_agrees_under_the_policy(policy, capture):
    arguments, named = POLICIES[policy]
    expected = reference_groups.rows(capture, GROUPS, **named)
    assert differences([row | {"input": "-"} for row in expected], metered(capture, *COLUMNS, *arguments)) == []


#: The schemas of other tools' names.
SCHEMAS = {"cicflowmeter": reference_groups.cicflowmeter_rows, "nfstream": reference_groups.nfstream_rows}
EACH_SCHEMA = pytest.mark.parametrize("schema", SCHEMAS)


@EVERY
@EACH_SCHEMA
def test_the_schema_agrees(schema, capture):
    assert differences(SCHEMAS[schema](capture), cells(flowmeter("--schema", schema, capture).silent())) == []


@SOME
@EACH_SCHEMA
@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy != "splt"])
def test_the_schema_agrees_under_the_policy(policy, schema, capture):
    arguments, named = POLICIES[policy]
    assert differences(SCHEMAS[schema](capture, **named), metered(capture, "--schema", schema, *arguments)) == []


@EACH_SCHEMA
def test_the_schemas_columns_can_be_chosen(schema):
    """By the names in the header as well as by the columns' own."""
    header = flowmeter("--schema", schema, CAPTURES[0]).silent().header
    names = {"cicflowmeter": ("Flow ID", "dst_port", "Dst Port"), "nfstream": ("id", "proto", "protocol")}[schema]
    dropped = flowmeter("--schema", schema, f"--columns=-{names[0]},-{names[1]}", CAPTURES[0]).silent().header
    assert dropped == [name for name in header if name not in (names[0], names[2])]
