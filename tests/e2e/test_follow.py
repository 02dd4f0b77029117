"""Input that grows, output that goes from file to file, and the signals that ask for something."""

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers import REPO, binary, descendants, flowmeter, next_message, run

SAMPLES = REPO / "samples"
COLUMNS = ("--columns", "protocol,src_port,dst_port,fwd_tot_pkt,bwd_tot_pkt,duration")


COUNTERS = r"flowmeter: \S+: \d+ frames, \d+ flows open, \d+ written, \d+\.\d s(, .*)?"

#: Only what is broken takes so long, however much else runs on the machine.
LIMIT = 120


class Running:
    def __init__(self, process, out):
        self.process, self.out = process, out

    def wait_for(self, what):
        deadline = time.monotonic() + LIMIT
        while not what():
            assert time.monotonic() < deadline and self.process.poll() is None, (self.process.poll(), self.said())
            time.sleep(0.02)

    def rows(self):
        return self.out.read_text()

    def said(self):
        return self.out.with_suffix(".err").read_text()

    def counters(self):
        """What SIGUSR1 asks for."""
        self.wait_for(lambda: catches(self.process.pid, signal.SIGUSR1))
        before = len(self.said())
        self.process.send_signal(signal.SIGUSR1)
        self.wait_for(lambda: self.said()[before:].endswith("\n"))
        return self.said()[before:]

    def wait_for_frames(self, number):
        """Until so many have been counted."""
        self.wait_for(lambda: f": {number} frames, " in self.counters())

    def messages(self):
        """What it said besides counters."""
        return [line for line in self.said().splitlines() if not re.fullmatch(COUNTERS, line)]

    def end(self, number=signal.SIGINT, status=None):
        self.process.send_signal(number)
        assert self.process.wait(timeout=LIMIT) == (128 + number if status is None else status), self.said()
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


def catches(pid, number):
    (mask,) = re.findall(r"^SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text(), re.M)
    return bool(int(mask, 16) >> (number - 1) & 1)


def frames_in(pcap):
    """How many frames are whole in the bytes of a little-endian pcap."""
    at, count = 24, 0
    while at + 16 <= len(pcap) and (at := at + 16 + struct.unpack_from("<I", pcap, at + 8)[0]) <= len(pcap):
        count += 1
    return count


def append(path, data):
    with open(path, "ab") as file:
        file.write(data)


# ---- --follow -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name, frames", [("dns.pcap", 66), ("https.pcapng", 272)])
def test_a_file_is_read_as_it_grows(name, frames, tmp_path):
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
        meter.wait_for_frames(frames)
        assert meter.end() == expected and meter.messages() == []


def test_a_frame_that_is_not_whole_yet_is_no_damage(tmp_path):
    whole = (SAMPLES / "dns.pcap").read_bytes()
    growing = tmp_path / "x.pcap"
    append(growing, whole[:5000])
    with running(tmp_path, "--follow", growing, *COLUMNS) as meter:
        meter.wait_for_frames(frames_in(whole[:5000]))
        assert meter.end() == flowmeter(*COLUMNS, growing, status=1).out.decode() and meter.messages() == []


def test_a_file_is_followed_for_so_long(tmp_path):
    with running(tmp_path, "--follow", SAMPLES / "dns.pcap", *COLUMNS, "--duration", "0.5") as meter:
        assert meter.process.wait(timeout=LIMIT) == 0 and meter.said() == ""


def test_what_cannot_be_followed_is_refused(tmp_path):
    flowmeter("--follow", tmp_path / "none", status=2).one_message("none")
    flowmeter("--follow", tmp_path, status=2).one_message("not a regular file")
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
        meter.wait_for_frames(1189)
        rows = meter.end()
        assert meter.messages() == []
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


def test_a_damaged_file_does_not_hide_those_after_it(tmp_path):
    watched = tmp_path / "watched"
    watched.mkdir()
    damaged, other = (SAMPLES / "dns.pcap").read_bytes()[:5000], (SAMPLES / "reset.pcap").read_bytes()
    (watched / "a.pcap").write_bytes(damaged)
    (watched / "b.pcap").write_bytes(other)
    frames = frames_in(damaged) + frames_in(other)
    with running(tmp_path, "--watch", watched, "-t", "0.01", *COLUMNS, "-c", frames) as meter:
        assert meter.process.wait(timeout=LIMIT) == 1
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
        meter.wait_for_frames(66)
        meter.end()
    first, second = ((tmp_path / name).read_text().splitlines() for name in ("flows.csv", "flows-2.csv"))
    assert first[0] == second[0] and len(first) > 1 and len(second) > 1
    assert first + second[1:] == flowmeter("-t", "0.01", *COLUMNS, SAMPLES / "dns.pcap").out.decode().splitlines()


def test_counters_on_demand(tmp_path):
    growing = tmp_path / "x.pcap"
    append(growing, (SAMPLES / "dns.pcap").read_bytes())
    with running(tmp_path, "--follow", growing, *COLUMNS) as meter:
        for _ in range(2):
            assert re.fullmatch(COUNTERS + "\n", meter.counters())
        meter.wait_for_frames(66)
        meter.end()
        assert meter.messages() == [] and "x.pcap" in meter.said()


def test_counters_of_all_inputs(tmp_path):
    """Of those that are done and of those that are at work."""
    stand_in = tmp_path / "tshark"
    stand_in.write_text('#!/bin/bash\ncase "$*" in *stall*) tshark "$@"; touch "$0.$$"; exec sleep 1000;; esac\nexec tshark "$@"\n')
    stand_in.chmod(0o755)
    captures = [tmp_path / name for name in ("a.pcap", "stall1.pcap", "stall2.pcap", "z.pcap")]
    for capture in captures:
        capture.write_bytes((SAMPLES / "dns.pcap").read_bytes())
    with running(tmp_path, "--tshark", stand_in, "-j2", "--life-frames", "0", "--decoder", "ek", *captures) as meter:
        meter.wait_for(lambda: len(list(tmp_path.glob("tshark.*"))) == 2)
        told = r"flowmeter: 1 of 4 inputs done: 198 frames, 26 flows open, 13 written, \d+\.\d s"
        each = r"flowmeter: \S*stall{}\.pcap: 66 frames, 13 flows open, 0 written, \d+\.\d s"

        def asked():
            before = len(meter.said())
            meter.process.send_signal(signal.SIGUSR1)
            meter.wait_for(lambda: meter.said()[before:].count("\n") == 3)
            return meter.said()[before:].splitlines()

        meter.wait_for(lambda: re.fullmatch(told, asked()[0]))
        assert [bool(re.fullmatch(each.format(n), line)) for n, line in enumerate(asked()[1:], 1)] == [True, True]


def test_counters_of_a_merge(tmp_path):
    part = flowmeter("--partial", SAMPLES / "dns.pcap").out
    first, second = tmp_path / "first.part", tmp_path / "second.part"
    first.write_bytes(part)
    os.mkfifo(second)
    other = flowmeter("--partial", SAMPLES / "ssh.pcap").out
    with running(tmp_path, "merge", first, second) as meter:
        with second.open("wb", buffering=0) as pipe:
            head, _, rest = other.partition(b"\n")
            pipe.write(head + b"\n")
            meter.process.send_signal(signal.SIGUSR1)
            pipe.write(rest)
        assert meter.process.wait(timeout=LIMIT) == 0
        assert re.fullmatch(r"flowmeter: \d of 2 parts merged: \d+ frames, \d+ flows open, \d+ written, \d+\.\d s\n", meter.said())


def test_the_service_manager_is_told(tmp_path):
    growing = tmp_path / "x.pcap"
    append(growing, (SAMPLES / "dns.pcap").read_bytes())
    for address in (str(tmp_path / "notify"), f"\0flowmeter-{os.getpid()}"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(address)
            manager.settimeout(LIMIT)
            os.environ["NOTIFY_SOCKET"] = address.replace("\0", "@")
            try:
                with running(tmp_path, "--follow", growing, *COLUMNS) as meter:
                    assert next_message(manager) == b"READY=1"
                    status = ""
                    while "66 packets" not in status:  # the first ones may come before any packet
                        status = manager.recv(4096).decode()
                        assert re.fullmatch(r"STATUS=\S*x\.pcap: \d+ packets, [\d,]+/s, flows: \d+ open, 0 written", status), status
                    assert "flows: 13 open" in status
                    for pid in descendants(meter.process.pid):
                        assert b"NOTIFY_SOCKET" not in open(f"/proc/{pid}/environ", "rb").read()
                    meter.process.send_signal(signal.SIGTERM)
                    assert next_message(manager) == b"STOPPING=1"
                    assert meter.process.wait(timeout=LIMIT) == 143 and meter.said() == ""
            finally:
                del os.environ["NOTIFY_SOCKET"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_unit(tmp_path):
    text = (SAMPLES.parent / "src" / "systemd" / "flowmeter@.service.in").read_text().replace("@flowmeter@", binary())
    for name in ("flowmeter@.service", "flowmeter@eth0.service"):
        (tmp_path / name).write_text(text)
    checked = run(["systemd-analyze", "verify", "--man=no", tmp_path / "flowmeter@eth0.service"])
    assert (checked.status, checked.err) == (0, ""), repr(checked)
    # Its command line is one that the program takes.
    (command,) = re.findall(r"^ExecStart=(.*)", text, re.M)
    (options,) = re.findall(r'^Environment="FLOWMETER_OPTIONS=(.*)"', text, re.M)
    words = command.replace("%%", "%").replace("%I", "lo").replace("%i", "lo").replace("%S", str(tmp_path)).split()
    words[-1:] = options.split()
    run([*words, "--print-command"]).expect(0)


def test_stopped_and_continued(tmp_path):
    """As by Ctrl-Z and fg."""
    growing = tmp_path / "x.pcap"
    append(growing, (SAMPLES / "dns.pcap").read_bytes())
    with running(tmp_path, "--follow", growing, "-t", "0.01", *COLUMNS) as meter:
        meter.process.send_signal(signal.SIGTSTP)
        meter.wait_for(lambda: open(f"/proc/{meter.process.pid}/stat").read().rpartition(")")[2].split()[0] == "T")
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
