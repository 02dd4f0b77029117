"""--continuous: a capture in several files is metered as the whole."""

import gzip
import random
import subprocess

import pytest

from helpers import NEEDED, REPO, each, flowmeter, known

SAMPLES = ["https.pcapng", "ssh.pcap", "reuse.pcap", "tunnel.pcap", "dns.pcap"]


def split(capture, frames, folder):
    """The capture in files of so many frames, in order."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["editcap", "-c", str(frames), capture, folder / "part.pcapng"], check=True)
    return sorted(folder.iterdir())


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("frames", [7, 20])
@pytest.mark.parametrize("jobs", [1, 2])
def test_parts_give_the_rows_of_the_whole(name, frames, jobs, tmp_path):
    capture = REPO / "samples" / name
    parts = split(capture, frames, tmp_path / "parts")
    assert len(parts) > 1
    random.Random(frames + jobs).shuffle(parts)
    whole = known(capture)
    got = flowmeter("--continuous", "-j", jobs, *parts, timeout=120).silent()
    assert got.out == whole.out
    slow = flowmeter("--continuous", "-j", jobs, "--decoder", "ek", "--life-frames", "0", *parts, timeout=120)
    assert slow.out == whole.out


def test_many_files(tmp_path, small):
    """More of them than one mergecap is given."""
    parts = split(small, 1, tmp_path / "parts") * 4
    one = tmp_path / "one.pcapng"
    subprocess.run(["mergecap", "-a", "-w", one, *sorted(parts)], check=True)
    random.Random(1).shuffle(parts)
    assert len(parts) == 240
    assert flowmeter("--continuous", *parts, timeout=60).out == flowmeter(one).out


def test_a_directory(tmp_path, small):
    split(small, 20, tmp_path / "parts")
    (tmp_path / "parts" / "notes.txt").write_text("not a capture\n")
    assert flowmeter("--continuous", "-r", tmp_path / "parts").silent().out == known(small).out


def test_formats_packings_and_link_types_may_differ(tmp_path):
    """A pcap under gzip of raw IP packets, between two pcapngs of Ethernet frames."""
    first, middle, last = split(REPO / "samples" / "ssh.pcap", 80, tmp_path / "parts")
    subprocess.run(["editcap", "-F", "pcap", "-T", "rawip", "-C", "14", middle, tmp_path / "raw.pcap"], check=True)
    (tmp_path / "raw.pcap.gz").write_bytes(gzip.compress((tmp_path / "raw.pcap").read_bytes()))
    one = tmp_path / "one.pcapng"
    subprocess.run(["mergecap", "-a", "-w", one, first, tmp_path / "raw.pcap", last], check=True)
    got = flowmeter("--continuous", last, tmp_path / "raw.pcap.gz", first).silent()
    assert len(got.rows) >= 1
    assert got.out == flowmeter(one).out


@pytest.mark.parametrize("packed", [False, True])
def test_order_of_formats_that_only_tshark_knows(packed, tmp_path):
    parts = []
    for part in split(REPO / "samples" / "dns.pcap", 20, tmp_path / "parts"):
        snoop = tmp_path / part.with_suffix(".snoop").name
        subprocess.run(["editcap", "-F", "snoop", part, snoop], check=True)
        if packed:
            snoop.write_bytes(gzip.compress(snoop.read_bytes()))
        parts.append(snoop.rename(tmp_path / f"{len(parts) * 7 % 10}.snoop"))
    assert len(parts) in range(2, 11)
    merged = tmp_path / "merged.pcapng"
    subprocess.run(["mergecap", "-w", merged, *parts], check=True)
    assert flowmeter("--continuous", *sorted(parts)).silent().out == flowmeter(merged).silent().out


@pytest.mark.parametrize("jobs", [1, 2])
def test_damage_ends_it(jobs, tmp_path):
    capture = REPO / "samples" / "ssh.pcap"
    first, middle, last = split(capture, 80, tmp_path / "parts")
    cut = tmp_path / "cut.pcap"
    subprocess.run(["editcap", "-F", "pcap", middle, cut], check=True)
    cut.write_bytes(cut.read_bytes()[:-5])
    got = flowmeter("--continuous", "-j", jobs, last, first, cut, status=1)
    got.one_message("cut.pcap", "cut short", "packet 159 of all", "the flows up to there are written")
    upto = tmp_path / "upto.pcapng"
    subprocess.run(["editcap", "-r", capture, upto, "1-159"], check=True)
    assert got.out == flowmeter(upto).out


COLUMNS = "flowmeter,stream,part,src_ip,dst_ip,start_ns,first_frame,last_frame,end_reason"


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("output", ["ek", "json", "fields"])
def test_texts_of_parts_give_the_rows_of_the_whole(name, output, tmp_path):
    """In one text, one after the other."""
    capture = REPO / "samples" / name
    fields = ["frame.number", "tcp.seq_raw", "tcp.ack_raw", *NEEDED]
    options = ["-E", "header=y", *each(fields)] if output == "fields" else []
    text = b"".join(subprocess.run(["tshark", "-n", "-r", part, "-T", output, *options], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, check=True).stdout
                    for part in split(capture, 20, tmp_path / "parts"))
    whole = known("--columns", COLUMNS, capture).out
    assert flowmeter("--columns", COLUMNS, "--continuous", "-", data=text).silent().out == whole
    path = tmp_path / "text"
    path.write_bytes(text)
    assert flowmeter("--columns", COLUMNS, "--continuous", "--read-size", "7", path).silent().out == whole
    assert flowmeter("--columns", COLUMNS, path).silent().out != whole


def test_text_without_sequence_numbers_is_joined_by_endpoints(tmp_path, tshark):
    """A connection that begins anew on its ports is not told from the one before it."""
    parts = split(REPO / "samples" / "ssh.pcap", 80, tmp_path / "parts")
    text = b"".join(tshark.path("-n", "-r", part, "-T", "ek", *each(("frame.number", *NEEDED))).read_bytes() for part in parts)
    whole = flowmeter("--columns", COLUMNS, REPO / "samples" / "ssh.pcap").out
    assert flowmeter("--columns", COLUMNS, "--continuous", "-", data=text).silent().out == whole


def test_the_schema_that_takes_streams_as_they_are_refuses_text(tmp_path, tshark, small):
    text = tshark.path("-n", "-r", small, "-T", "ek")
    flowmeter("--schema", "pyflowmeter", "--continuous", text, status=2).one_message("--continuous", "pyflowmeter")


def test_captures_on_standard_input_are_one_already(small):
    assert flowmeter("--continuous", "-", data=small.read_bytes()).silent().out == known(small).out


def test_what_is_no_capture_is_refused(tmp_path, tshark, small):
    text = tshark.path("-n", "-r", small, "-T", "ek")
    flowmeter("--continuous", small, text, status=2).one_message(text.name, "captures")
    flowmeter("--continuous", small, "-", status=2).one_message("standard input")
    flowmeter("--continuous", small, tmp_path / "none.pcap", status=2).one_message("none.pcap", "No such file")
    other = tmp_path / "other"
    other.write_bytes(bytes(range(256)) * 10)
    flowmeter("--continuous", small, other, status=2).one_message("other", "not a capture")


def test_one_file_is_no_different(small):
    assert flowmeter("--continuous", small).silent().out == known(small).out
