"""The column groups in every way to run tsharks: the rows are those of one tshark that writes EK."""

import functools

import pytest

from helpers import flowmeter, known
from test_fleet import LONG, REFERENCE, every_capture, pytestmark, same, short_lives  # noqa: F401
from test_groups import GROUPS

#: What tshark remembers of a connection: no other tshark may go on with it.
REMEMBERED = ("tcp.analysis.", "tcp.window_size", "tcp.seq", "tcp.ack", "tcp.nxtseq", "tcp.payload", "udp.payload")
OF_FRAMES = ("tcp.window_size_value", "tcp.seq_raw", "tcp.ack_raw")
HEADERS = ("frame", "eth", "vlan", "ip", "ipv6", "tcp", "udp")


def of_its_frame(field):
    return field.split(".")[0] in HEADERS and (field in OF_FRAMES or not field.startswith(REMEMBERED))


@functools.cache
def columns():
    """{name: fields} of the groups under test."""
    listed = (line.split("\t") for line in flowmeter("--list-columns", "--no-header").lines)
    return {name: fields.split(",") for name, group, _, _, fields, _ in listed if group in GROUPS}


def choice(kind):
    """All columns, or those for which several tsharks may share a capture."""
    return ",".join(name for name, fields in columns().items() if kind == "all" or all(map(of_its_frame, fields)))


EVERY_KIND = pytest.mark.parametrize("kind", ["all", "headers"])


def expected(capture, kind):
    return known("--columns", choice(kind), *REFERENCE, capture, status=None, timeout=60)


def metered(capture, kind, *options):
    return flowmeter("--columns", choice(kind), *options, capture, status=None, timeout=200)


def test_the_columns_of_headers_are_many():
    """More than the default schema, fewer than all: both kinds test something."""
    names = choice("headers").split(",")
    assert {"duration", "fwd_wscale", "tcp_completeness", "tcp_synack_us"} <= set(names)
    assert not {"fwd_retx_cnt", "fwd_win_max", "tcp_history"} & set(names)


@every_capture
@EVERY_KIND
def test_decoders_jobs_and_lives(kind, capture):
    every_way = (
        ("-j5", "--life-frames", "100"),
        ("-j2",),
        ("-j2", "--decoder", "ek"),
    )
    for options in every_way if LONG else every_way[:1]:
        same(expected(capture, kind), metered(capture, kind, *options))


@every_capture
def test_columns_where_they_can_carry_it_all(capture):
    got = metered(capture, "all", "--decoder", "columns", "-j1", "--life-frames", "0")
    if got.status == 2:  # some group needs what columns cannot carry
        got.one_message("--decoder columns cannot carry the field")
        got = metered(capture, "headers", "--decoder", "columns", "-j1", "--life-frames", "0")
        same(expected(capture, "headers"), got)
    else:
        same(expected(capture, "all"), got)


@short_lives
def test_short_lives(capture, frames):
    for kind in ("all", "headers") if LONG else ("headers",):
        same(expected(capture, kind), metered(capture, kind, "-j2", "--life-frames", frames))
