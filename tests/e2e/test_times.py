"""Times are those of frame.time_epoch, whatever clock a capture has, in every way into the program."""

import subprocess
from fractions import Fraction

import packets
import pytest
import reference
from packets import START, enhanced, interface, section, udp

from ways import assert_every_way, every_way, rows

A, B = "192.0.2.1", "198.51.100.7"

def frames():
    for n in range(12):
        there = n % 3 != 1
        src, dst, sport, dport = (A, B, 4000 + n % 2, 5000) if there else (B, A, 5000, 4000 + n % 2)
        yield udp(src, dst, sport, dport, bytes(10 + n))


def clocked(raws, resolution, offset=None):
    """The frames with these raw times."""
    return section() + interface(resolution, offset) + b"".join(map(enhanced, frames(), raws))


def columns(result, *names):
    return [tuple(row[result.header.index(name)] for name in names) for row in result.rows]


def units(resolution):
    return 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution


def deltas(capture, tshark):
    """[(source port, seconds since the frame before)] as tshark has it."""
    text = tshark.text("-n", "-r", capture, "-T", "fields", "-e", "udp.srcport", "-e", "frame.time_delta")
    return [(int(port), float(delta)) for port, delta in map(str.split, text.splitlines())]


@pytest.mark.parametrize("resolution", [0, 1, 4, 5, 7, 8, 11, 12, 0x80 + 1, 0x80 + 10, 0x80 + 24, 0x80 + 34, 0x80 + 40])
def test_a_clock_of_any_resolution(resolution, tshark, tmp_path):
    unit = units(resolution)
    first = START if START * unit < 2**63 else 1000
    raws = [first * unit + n * max(1, unit // 7) + n * n for n in range(12)]
    capture = tmp_path / "x.pcapng"
    capture.write_bytes(clocked(raws, resolution))
    got = assert_every_way(capture, tshark, tmp_path)
    if unit * 10**9 < 2**64:  # beyond, tshark's own arithmetic is not exact
        ns = [raw // unit * 10**9 + raw % unit * 10**9 // unit for raw in raws]
        assert columns(got, "duration") == [(reference.printed(float(Fraction(ns[n + 10] - ns[n], 10**9))),) for n in (0, 1)]


@pytest.mark.parametrize("resolution, offset", [
    (3, -START - 10), (6, -2 * START), (7, -START - 1), (9, -START - 5), (0x80 + 16, -START - 3), (6, 3600)])
def test_a_clock_that_is_set_elsewhere(resolution, offset, tshark, tmp_path):
    """A fraction counts forward before 1970 as well: the times are as far from each other as tshark says."""
    capture = tmp_path / "x.pcapng"
    step = units(resolution) * 3 // 4
    capture.write_bytes(clocked([START * units(resolution) + n * step for n in range(12)], resolution, offset))
    got = assert_every_way(capture, tshark, tmp_path)
    assert columns(got, "duration") == [("7.5",), ("7.5",)]
    assert all(delta >= 0 for _, delta in deltas(capture, tshark))
    assert got.err == "", repr(got)


def test_every_interface_has_a_clock_of_its_own(tshark, tmp_path):
    clocks = [(6, None), (9, 86400), (0x80 + 16, -START - 5), (1, None), (None, -2 * START), (7, None)]
    capture = tmp_path / "x.pcapng"
    capture.write_bytes(section() + b"".join(interface(*clock) for clock in clocks) + b"".join(
        enhanced(frame, (START - (clocks[n % 6][1] or 0)) * units(clocks[n % 6][0] or 6) + n, n % 6)
        for n, frame in enumerate(frames())))
    assert_every_way(capture, tshark, tmp_path)


# What 64 bits of nanoseconds hold ends in 2262, and begins in 1677.
LAST, FIRST = 9223372036, -9223372036


@pytest.mark.parametrize("seconds, known", [
    (LAST, True), (LAST + 1, False), (FIRST + 2 * 10**9, True), (FIRST - 2, False), (2**62, False), (-2**62, False)])
def test_times_beyond_2262_and_before_1677(seconds, known, tshark, tmp_path):
    """Frames that have one count as those do that have none, and tshark reads on."""
    capture = tmp_path / "x.pcapng"
    all_frames = list(frames())
    capture.write_bytes(
        section() + interface(6) + interface(6, seconds - START)
        + b"".join(enhanced(f, (START + n) * 10**6, 0) for n, f in enumerate(all_frames[:6]))
        + enhanced(all_frames[6], START * 10**6 + 500_000, 1)
        + b"".join(enhanced(f, (START + n) * 10**6, 0) for n, f in enumerate(all_frames[7:], 7)))
    # Of frames without a time no part can be made.
    got = assert_every_way(capture, tshark, tmp_path if known else None, "-t", "9000000000")
    assert sum(int(n) for row in columns(got, "fwd_tot_pkt", "bwd_tot_pkt") for n in row) == 12
    assert ("1 frame without a time stamp" in got.err) == (not known), repr(got)
    if not known:
        assert columns(got, "duration") == [("10",), ("10",)]


def test_all_times_beyond_2262(tshark, tmp_path):
    capture = tmp_path / "x.pcapng"
    capture.write_bytes(clocked([START * 10**6 + n for n in range(12)], 6, 10**11))
    expected = rows(capture)
    assert "12 frames without a time stamp" in expected.err, repr(expected)
    for name, got in every_way(capture, tshark, None):  # of frames without a time no part can be made
        assert got.out == expected.out, f"{name}: {got!r}{expected!r}"
    assert columns(expected, "duration", "fwd_tot_pkt", "bwd_tot_pkt") == [("0", "4", "2"), ("0", "2", "4")]


def test_frames_that_are_no_packets_have_times_too(tshark, tmp_path):
    """An entry of a system's journal, long after the packets: the flows are over."""
    entry = f"__REALTIME_TIMESTAMP={(START + 5000) * 10**6}\n__MONOTONIC_TIMESTAMP=1\nMESSAGE=x\n".encode()
    data = clocked([START * 10**6 + n for n in range(6)], 6)
    more = [enhanced(frame, (START + 5001) * 10**6) for frame in list(frames())[6:]]
    capture = tmp_path / "x.pcapng"
    capture.write_bytes(data + packets.block(9, entry) + b"".join(more))
    got = assert_every_way(capture, tshark, tmp_path)
    assert got.err == "", repr(got)
    assert len(got.rows) == 4


def test_a_length_of_2_to_the_31_and_more(tshark, tmp_path):
    """frame.len ends there, whatever the record says."""
    capture = tmp_path / "x.pcap"
    records = []
    for n, length in enumerate([2**31 - 2, 2**31 - 1, 2**31, 4_000_000_000, 2**32 - 1]):
        data = packets.record((START + n) * 10**9, udp(A, B, 4000 + n, 5000))
        records.append(data[:12] + length.to_bytes(4, "little") + data[16:])
    capture.write_bytes(packets.pcap_header() + b"".join(records))
    got = assert_every_way(capture, tshark, tmp_path)
    assert columns(got, "fwd_tot_byte") == [(str(n),) for n in (2**31 - 2, *[2**31 - 1] * 4)]
    said = subprocess.run(["tshark", "-n", "-r", capture, "-T", "fields", "-e", "frame.len"], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.split()
    assert said == [row[0] for row in columns(got, "fwd_tot_byte")]
