"""Several tsharks, replaced tsharks, other decoders: the rows are those of one tshark that writes EK."""

import os
import random
import struct
import subprocess

import packets
import pytest

from helpers import CAPTURES, JOINS, REPO, SAMPLES, flowmeter, known, label, shared_files

pytestmark = pytest.mark.skipif(not JOINS, reason="the streams of several of these tsharks cannot be joined")

REFERENCE = ("--decoder", "ek", "-j1", "--life-frames", "0")

#: All captures in all ways, which takes half an hour.
LONG = bool(os.environ.get("FLOWMETER_LONG_TESTS"))

#: A tshark for every so many frames takes long: only for captures of up to this many bytes each.
SMALL = 100_000 if LONG else 900

DAMAGED = shared_files("dialects/captures", "cut_*")

#: Application dissectors that remember need one uninterrupted tshark, which only known ports get.
every_capture = pytest.mark.parametrize("capture", CAPTURES, ids=label)
short_lives = pytest.mark.parametrize("capture, frames", [
    pytest.param(capture, frames, id=f"{label(capture)}-{frames}")
    for capture in CAPTURES for frames in (1, 7) if capture.stat().st_size <= SMALL * frames
])
some_captures = pytest.mark.parametrize("capture", CAPTURES if LONG else SAMPLES, ids=label)


def reference(capture, *more):
    return known(*more, *REFERENCE, capture, status=None, timeout=60)


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
        ("-j3", "--life-frames", "10000"),
        ("--decoder", "ek", "-j2"),
    )
    for options in every_way if LONG else every_way[:2]:
        same(expected, flowmeter(*options, capture, status=None, timeout=100))


@short_lives
def test_short_lives(capture, frames):
    same(reference(capture),
         flowmeter("-j2", "--life-frames", frames, capture, status=None, timeout=200))


def frames_of(capture):
    """The records of a capture as pcap, and the header before them."""
    raw = subprocess.run(["tshark", "-n", "-r", capture, "-F", "nsecpcap", "-w", "-"], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60).stdout
    order = "<" if raw[0] == 0x4D else ">"
    at, records = 24, []
    while at < len(raw):
        size = 16 + struct.unpack_from(order + "I", raw, at + 8)[0]
        records.append(raw[at:at + size])
        at += size
    return raw[:24], records


#: Samples of one link type each, which pcap can hold.
ONE_LINK = [path for path in SAMPLES if path.name not in ("interfaces.pcapng",)]


@pytest.mark.parametrize("reach", [3, 1000])
@pytest.mark.parametrize("capture", ONE_LINK if LONG else ONE_LINK[::4], ids=label)
def test_out_of_order(capture, reach, tmp_path):
    """Frames that are stamped in order but stand up to `reach` places from where they belong."""
    header, records = frames_of(capture)
    shuffle = random.Random(reach)
    places = sorted(range(len(records)), key=lambda n: n + shuffle.uniform(0, reach))
    mixed_up = tmp_path / "mixed_up.pcap"
    mixed_up.write_bytes(header + b"".join(records[n] for n in places))
    expected = reference(mixed_up)
    for options in (("-j2",), ("-j3", "--life-frames", "100"), ("-j2", "--life-frames", "31", "-t", "0.5")):
        more = ("-t", "0.5") if "-t" in options else ()
        same(reference(mixed_up, *more) if more else expected,
             flowmeter(*options, mixed_up, status=None, timeout=200))


@pytest.mark.parametrize("kind", ["mixed", "short", "long"] if LONG else ["mixed"])
def test_captures_of_the_bench(kind, tmp_path):
    capture = tmp_path / "bench.pcap"
    subprocess.run([REPO / "scripts" / "make-capture", capture, "50000" if LONG else "2000", kind], check=True,
                   stderr=subprocess.DEVNULL, timeout=60)
    expected = reference(capture)
    for lives in ("0", "10000" if LONG else "500"):
        same(expected, flowmeter("-j2", "--life-frames", lives, capture, timeout=200))


def test_headers_that_only_tshark_sees(tmp_path):
    """Headers are read from the frames until tshark sees one that the splitter did not (of UDP-Lite, here): then
    the capture is read again, and tshark is asked for all of them."""
    log, program = tmp_path / "log", tmp_path / "tshark"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {log}\nexec tshark "$@"\n')
    program.chmod(0o755)
    frames = list(packets.small_frames())[::2]  # TCP, on ports that mean nothing
    light = packets.ETHER + packets.ipv4("192.0.2.1", "192.0.2.9", 136, packets.udp_datagram(5, 6, bytes(8)))
    capture = tmp_path / "capture.pcap"

    def asked_for(frames):
        capture.write_bytes(packets.capture(frames))
        log.write_text("")
        expected = flowmeter(*REFERENCE, capture)
        same(expected, flowmeter("--tshark", program, "-j2", capture))
        runs = [line for line in log.read_text().splitlines() if "gui.column.format" in line]
        return [("ip.src" in run, "tcp.stream || udp.stream" in run) for run in runs]

    spared, everything = (False, True), (True, False)
    assert set(asked_for(frames)) == {spared}
    last = frames[-1][0]
    later = [(last + 10**9 * n, frame) for n, (_, frame) in enumerate(frames, 2)]
    runs = asked_for([*frames, (last + 10**9, light), *later])
    assert spared in runs and runs[-1] == everything, runs


@some_captures
def test_from_a_pipe(capture):
    same(reference(capture), flowmeter("-j2", "-", data=capture.read_bytes(), status=None, timeout=60))


@some_captures
def test_transport_only_agrees_with_itself(capture):
    expected = reference(capture, "--transport-only")
    same(expected, flowmeter("--transport-only", "-j3", "--life-frames", "50", capture, status=None,
                             timeout=100))


@pytest.mark.shared
@pytest.mark.parametrize("capture", DAMAGED, ids=[label(capture) for capture in DAMAGED])
def test_damage_says_the_same(capture):
    expected = reference(capture)
    got = flowmeter("-j2", capture, status=None)
    same(expected, got)
    if expected.status == 1:
        got.without_remarks().one_message(capture.name, "cut short in the middle of packet")
        assert got.err == expected.err


def test_many_inputs_side_by_side(tmp_path):
    expected = flowmeter("-j1", *CAPTURES[:13], timeout=60)
    same(expected, flowmeter("-j3", *CAPTURES[:13], timeout=60))
