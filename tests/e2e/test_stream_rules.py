"""What begins a stream, by the rules of several versions of tshark: stories made by hand, and real captures."""

import os
import random
import subprocess
from pathlib import Path

import pytest

import random_captures
import stream_captures
from helpers import CAPTURES, SAMPLES, TSHARK, binary, run

#: A version that has these rules, and the streams of each story, from 0: as the tsharks of these versions gave them.
EXPECTED = Path(__file__).with_name("stream_rules.txt")
VERSIONS = {"4.0": ((4, 0),), "4.2": ((4, 2),), "4.4": ((4, 4), (4, 6))}
#: Of what cannot be read without a dissector: other versions cut or reassemble in other ways.
NOT_PLAIN = ("a_fragment_", "cut_", "an_error_with_fourteen_bytes", "no_flags_of_a_short_header")
HERE = next((name for name, versions in VERSIONS.items() if TSHARK[:2] in versions), None)


def number_streams(version, *captures):
    """For each capture a line for each frame."""
    program = Path(binary()).resolve().parent.parent / "tests" / "number_streams"
    if not program.is_file():
        pytest.skip("number_streams was not built")
    done = subprocess.run([program, version, *captures], capture_output=True, text=True, timeout=600)
    assert not done.stderr
    return [part.splitlines() for part in done.stdout.split("\n\n")[:-1]] if len(captures) > 1 else [done.stdout.split("\n")[:-2]]


@pytest.fixture(scope="session")
def transport_alone(tmp_path_factory):
    """Variables with which tshark has no application dissectors, which would begin streams of their own."""
    cache = tmp_path_factory.mktemp("cache")
    run([binary(), "-q", "--transport-only", SAMPLES[0]], env=dict(os.environ, XDG_CACHE_HOME=str(cache), HOME=str(cache))).expect(0)
    (folder,) = {path.parent for path in cache.rglob("disabled_protos")}
    return dict(os.environ, WIRESHARK_CONFIG_DIR=str(folder))


def tshark_streams(capture, env):
    """For each frame the numbers that tshark gives, spelled as number_streams does."""
    done = subprocess.run(["tshark", "-n", "-r", capture, "-T", "fields", "-e", "tcp.stream", "-e", "udp.stream"],
                          capture_output=True, text=True, timeout=600, env=env)
    found = []
    for line in done.stdout.splitlines():
        columns = line.split("\t")
        found.append([f"{letter} {number}" for letter, text in zip("tu", columns) for number in text.split(",") if number])
    return found


def told(numbers):
    """Those of a story as text: from 0 on in the order in which they appear."""
    places = {}
    return " ".join("-" if number == "-" else str(places.setdefault(number, len(places))) for number in numbers)


def stories(version):
    return {name: frames for name, frames in stream_captures.stories(version).items() if not name.startswith(NOT_PLAIN)}


def write(folder, version):
    path = folder / f"ipv{version}.pcap"
    path.write_bytes(random_captures.pcap([frame for frames in stories(version).values() for frame in frames]))
    return path


def by_story(version, numbers):
    found, at = {}, 0
    for name, frames in stories(version).items():
        found[name] = told(numbers[at:at + len(frames)])
        at += len(frames)
    assert at == len(numbers)
    return found


def expected(rules, version):
    """The table has a line for a story, or one for each of some rules where they differ: IPv, rules, story, streams."""
    found = {}
    for line in EXPECTED.read_text().splitlines():
        family, names, story, streams = line.split(None, 3)
        if int(family) == version and (names == "all" or rules in names.split(",")):
            found[story] = streams
    return found


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("rules", VERSIONS)
def test_each_rule_set_gives_the_streams_of_its_tshark(rules, version, tmp_path):
    for one in VERSIONS[rules]:
        (numbers,) = number_streams(".".join(map(str, one)), write(tmp_path, version))
        assert by_story(version, numbers) == expected(rules, version)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.skipif(HERE is None, reason="no rules for this tshark")
def test_this_tshark_has_the_rules_that_are_known(version, transport_alone, tmp_path):
    numbers = [" ".join(streams) or "-" for streams in tshark_streams(write(tmp_path, version), transport_alone)]
    assert by_story(version, numbers) == expected(HERE, version)


@pytest.mark.skipif(HERE is None, reason="no rules for this tshark")
@pytest.mark.parametrize("seed", range(3))
def test_random_headers_are_numbered_as_by_this_tshark(seed, transport_alone, tmp_path):
    path = tmp_path / "random.pcap"
    path.write_bytes(random_captures.pcap(stream_captures.random_headers(random.Random(seed))))
    (numbers,) = number_streams(".".join(map(str, TSHARK[:2])), path)
    assert "?" not in numbers
    assert [" ".join(seen) or "-" for seen in tshark_streams(path, transport_alone)] == numbers


@pytest.mark.skipif(HERE is None, reason="no rules for this tshark")
@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.name)
def test_plain_captures_are_numbered_as_by_this_tshark(capture, transport_alone):
    if capture.suffix in (".gz", ".zst", ".lz4"):
        pytest.skip("compressed")
    (numbers,) = number_streams(".".join(map(str, TSHARK[:2])), capture)
    streams = tshark_streams(capture, transport_alone)
    if len(streams) != len(numbers) or any(number == "?" and seen for number, seen in zip(numbers, streams)):
        pytest.skip("not all of its frames are plain")
    assert [" ".join(seen) or "-" for seen in streams] == ["-" if number == "?" else number for number in numbers]
