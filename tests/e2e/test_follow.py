"""Input that grows, output that goes from file to file, and the signals that ask for something."""

import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest

from helpers import REPO, binary, flowmeter

SAMPLES = REPO / "samples"
COLUMNS = ("--columns", "protocol,src_port,dst_port,fwd_tot_pkt,bwd_tot_pkt,duration")


class Running:
    def __init__(self, process, out):
        self.process, self.out = process, out

    def wait_for(self, what, seconds=20):
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline and self.process.poll() is None, (self.process.poll(), self.said())
            time.sleep(0.02)

    def rows(self):
        return self.out.read_text()

    def said(self):
        return self.out.with_suffix(".err").read_text()

    def end(self, number=signal.SIGINT, status=None):
        self.process.send_signal(number)
        assert self.process.wait(timeout=20) == (128 + number if status is None else status), self.said()
        return self.rows()


@contextmanager
def running(tmp_path, *options):
    out = tmp_path / "printed"
    with out.open("wb") as rows, out.with_suffix(".err").open("wb") as err:
        # A group of its own in our session, as a shell gives it: one without a shell cannot be stopped by SIGTSTP.
        process = subprocess.Popen([binary(), *map(str, options)], stdin=subprocess.DEVNULL, stdout=rows, stderr=err, cwd=tmp_path,
                                   process_group=0)
    try:
        yield Running(process, out)
    finally:
        process.kill()
        process.wait()


def append(path, data):
    with open(path, "ab") as file:
        file.write(data)


# ---- --follow -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["dns.pcap", "https.pcapng"])
def test_a_file_is_read_as_it_grows(name, tmp_path):
    whole = (SAMPLES / name).read_bytes()
    growing = tmp_path / name
    third = len(whole) // 3
    append(growing, whole[:third])
    with running(tmp_path, "--follow", growing, "-t", "0.05", *COLUMNS) as meter:
        meter.wait_for(lambda: meter.rows().count("\n") > 1)
        append(growing, whole[third:2 * third])
        append(growing, whole[2 * third:])
        expected = flowmeter("-t", "0.05", *COLUMNS, SAMPLES / name).out.decode()
        # What is open at the end stays open: others may come.
        meter.wait_for(lambda: expected.startswith(meter.rows()) and meter.rows().count("\n") > expected.count("\n") // 2)
        time.sleep(0.3)
        assert meter.end() == expected and meter.said() == ""


def test_a_frame_that_is_not_whole_yet_is_no_damage(tmp_path):
    whole = (SAMPLES / "dns.pcap").read_bytes()
    growing = tmp_path / "x.pcap"
    append(growing, whole[:5000])
    with running(tmp_path, "--follow", growing, *COLUMNS, "--duration", "1.5") as meter:
        assert meter.process.wait(timeout=20) == 0 and meter.said() == ""
        assert meter.rows() == flowmeter(*COLUMNS, growing, status=1).out.decode()


def test_what_cannot_be_followed_is_refused(tmp_path):
    flowmeter("--follow", tmp_path / "none", status=2).one_message("none")
    flowmeter("--follow", tmp_path, status=2).one_message("no regular file")
    flowmeter("--follow", tmp_path / "x", "y.pcap", status=2).one_message("only input")
    flowmeter("--follow", tmp_path / "x", "--watch", tmp_path, status=2).one_message("only one")


# ---- --watch --------------------------------------------------------------------------------------------------

def pieces(name, directory, count):
    """A sample in so many files, as dumpcap -b leaves them."""
    directory.mkdir()
    subprocess.run(["editcap", "-c", str(count), SAMPLES / name, directory / "piece.pcap"], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return sorted(directory.iterdir())


def test_files_that_are_left_in_a_directory_are_one_capture(tmp_path):
    files = pieces("slowloris.pcap", tmp_path / "pieces", 200)
    assert len(files) > 4
    watched = tmp_path / "watched"
    watched.mkdir()
    for file in files[:2]:
        (watched / file.name).write_bytes(file.read_bytes())
    with running(tmp_path, "--watch", watched, "-t", "5", *COLUMNS) as meter:
        meter.wait_for(lambda: meter.rows() != "")
        (watched / "notes.txt").write_text("no capture\n")
        for n, file in enumerate(files[2:]):
            if n % 2:  # written in place, or moved there
                (watched / file.name).write_bytes(file.read_bytes())
            else:
                os.rename(file, watched / file.name)
        time.sleep(1)
        rows = meter.end()
        assert meter.said() == ""
    assert rows == flowmeter("-t", "5", *COLUMNS, SAMPLES / "slowloris.pcap").out.decode()


def test_a_file_that_is_being_written_is_waited_for(tmp_path):
    watched = tmp_path / "watched"
    watched.mkdir()
    whole = (SAMPLES / "dns.pcap").read_bytes()
    with open(watched / "a.pcap", "wb", buffering=0) as file:
        file.write(whole[:3000])
        with running(tmp_path, "--watch", watched, "-t", "0.01", *COLUMNS) as meter:
            time.sleep(1)
            assert meter.rows() == ""
            file.write(whole[3000:])
            file.close()
            meter.wait_for(lambda: meter.rows().count("\n") > 5)
            assert meter.end() == flowmeter("-t", "0.01", *COLUMNS, SAMPLES / "dns.pcap").out.decode()


def test_a_damaged_file_does_not_hide_those_behind_it(tmp_path):
    watched = tmp_path / "watched"
    watched.mkdir()
    (watched / "a.pcap").write_bytes((SAMPLES / "dns.pcap").read_bytes()[:5000])
    (watched / "b.pcap").write_bytes((SAMPLES / "reset.pcap").read_bytes())
    with running(tmp_path, "--watch", watched, "-t", "0.01", *COLUMNS, "--duration", "2") as meter:
        assert meter.process.wait(timeout=20) == 1
        assert "a.pcap" in meter.said()
        ports = {row.split(",")[2] for row in meter.rows().splitlines()}
    assert {"53"} < ports  # of the one and of the other


# ---- where rows go --------------------------------------------------------------------------------------------

def test_files_of_so_many_rows(tmp_path):
    flowmeter("-o", tmp_path / "flows.csv", "--rotate-rows", "10", *COLUMNS, SAMPLES / "dns.pcap").silent()
    files = sorted(tmp_path.glob("*.csv"), key=lambda path: int((re.findall(r"-(\d+)", path.name) or [1])[0]))
    texts = [file.read_text().splitlines() for file in files]
    whole = flowmeter(*COLUMNS, SAMPLES / "dns.pcap").out.decode().splitlines()
    assert {text[0] for text in texts} == {whole[0]}
    assert [len(text) - 1 for text in texts] == [10] * ((len(whole) - 1) // 10) + [(len(whole) - 1) % 10] * ((len(whole) - 1) % 10 > 0)
    assert [row for text in texts for row in text[1:]] == whole[1:]
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".incomplete"]


def test_rotation_needs_a_file():
    flowmeter("--rotate-rows", "10", "x.pcap", status=2).one_message("-o FILE")


def test_a_hangup_begins_another_file(tmp_path):
    growing, whole = tmp_path / "x.pcap", (SAMPLES / "dns.pcap").read_bytes()
    append(growing, whole[:5000])
    with running(tmp_path, "--follow", growing, "-t", "0.01", "-o", "flows.csv", "--rotate-every", "31622400", *COLUMNS) as meter:
        meter.wait_for((tmp_path / "flows.csv.incomplete").exists)
        meter.process.send_signal(signal.SIGHUP)
        meter.wait_for((tmp_path / "flows.csv").exists)
        append(growing, whole[5000:])
        time.sleep(0.5)
        meter.end()
    first, second = ((tmp_path / name).read_text().splitlines() for name in ("flows.csv", "flows-2.csv"))
    assert first[0] == second[0] and len(first) > 1 and len(second) > 1
    assert first + second[1:] == flowmeter("-t", "0.01", *COLUMNS, SAMPLES / "dns.pcap").out.decode().splitlines()


def test_counters_on_demand(tmp_path):
    growing = tmp_path / "x.pcap"
    append(growing, (SAMPLES / "dns.pcap").read_bytes())
    with running(tmp_path, "--follow", growing, *COLUMNS) as meter:
        for times in (1, 2):
            time.sleep(0.5)
            meter.process.send_signal(signal.SIGUSR1)
            meter.wait_for(lambda: meter.said().count("\n") >= times)
        meter.end()
        for line in meter.said().splitlines():
            assert re.fullmatch(r"flowmeter: \S*x\.pcap: \d+ frames, \d+ flows open, \d+ written, \d+\.\d s(, .*)?", line), line


def test_stopped_and_continued(tmp_path):
    """As by Ctrl-Z and fg."""
    growing = tmp_path / "x.pcap"
    append(growing, (SAMPLES / "dns.pcap").read_bytes())
    with running(tmp_path, "--follow", growing, "-t", "0.01", *COLUMNS) as meter:
        meter.process.send_signal(signal.SIGTSTP)
        deadline = time.monotonic() + 10
        while open(f"/proc/{meter.process.pid}/stat").read().rpartition(")")[2].split()[0] != "T":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        meter.process.send_signal(signal.SIGCONT)
        meter.wait_for(lambda: meter.rows().count("\n") > 5)
        assert meter.end() == flowmeter("-t", "0.01", *COLUMNS, growing).out.decode()


def test_progress_without_a_terminal_is_plain_lines(tmp_path):
    growing = tmp_path / "x.pcap"
    append(growing, (SAMPLES / "dns.pcap").read_bytes())
    with running(tmp_path, "--follow", growing, "--progress", *COLUMNS) as meter:
        meter.wait_for(lambda: "packets" in meter.said())
        meter.end()
        assert re.fullmatch(r"(\S*x\.pcap: \d+ packets, [\d,]+/s, flows: \d+ open, \d+ written\n)+", meter.said()), repr(meter.said())
