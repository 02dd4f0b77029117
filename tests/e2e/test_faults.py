"""Every neighbour broken at every place: exit status, one clear line, and exactly the rows before the damage.

The matrix of it all is tests/FAULTS.md, made by faults.py.
"""

import functools
import os
import re
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

import faults
import packets
import reference
from faults import ALL, BEFORE, BROKEN, FRAMES, NO_TIMES, NONE, OTHERS, TIMELESS
from helpers import NEEDED, REPO, binary, each, flowmeter, release_binary, run, sh

HEADER = ",".join(reference.COLUMNS) + "\n"


def some_frames():
    """Ten conversations of TCP and UDP in turn, between two addresses and on ports that mean nothing to anybody."""
    for n in range(FRAMES):
        k, back = n % 10, n // 10 % 2
        make = packets.tcp if k % 2 == 0 else lambda src, dst, sport, dport, _, payload: packets.udp(src, dst, sport, dport, payload)
        ends = [("192.0.2.1", 40000 + k), ("192.0.2.2", 31000 + k)]
        (src, sport), (dst, dport) = reversed(ends) if back else ends
        yield (packets.START * 1000 + n * 7) * 10**6, make(src, dst, sport, dport, packets.ACK, bytes(20 + n))


@pytest.fixture(scope="module")
def small(common_tmp):
    return packets.written_once(common_tmp / "faults.pcap", lambda: packets.capture(some_frames()))


@functools.cache
def rows_of(numbers, timeless=()):
    """The rows of these frames (from 1), of a run that meets with nothing; some have the time of the frame before."""
    frames, time = [], 0
    for n, (ns, frame) in enumerate(some_frames(), 1):
        time = time if n in timeless else ns
        frames.append((time, frame))
    return flowmeter("-", data=packets.capture(frames[n - 1] for n in numbers)).silent().out.decode()


def expected(rows):
    numbers = {
        ALL: range(1, FRAMES + 1),
        BEFORE: range(1, BROKEN),
        OTHERS: [n for n in range(1, FRAMES + 1) if n != BROKEN],
        f"of the {BROKEN} frames before": range(1, BROKEN + 1),
    }
    every = tuple(numbers[ALL])
    if rows in (TIMELESS, NO_TIMES):
        return rows_of(every, (BROKEN,) if rows == TIMELESS else every)
    return None if rows == NONE else rows_of(tuple(numbers[rows]))


def check(got, status, rows, words=()):
    assert got.status == status, repr(got)
    want = expected(rows)
    if want is None:
        assert got.out.decode() in ("", HEADER), repr(got)
    else:
        assert got.out.decode() == want, repr(got)
    if status == 0 and not words:
        got.silent()
    else:
        got.one_message(*words)
        assert len(got.messages[0]) < 1000, repr(got)


# ---- tshark's output ------------------------------------------------------------------------------------------

class Record:
    """The text of one frame, to be damaged."""

    def __init__(self, kind, data):
        self.kind, self.data = kind, data

    def whole(self, text):
        return text + b"\n"

    def half(self):
        return self.data[: len(self.data) // 2] + b"\n"

    def _members(self, text):
        """More members, in front of all others."""
        start = self.data.index(b"{", self.data.index(b"layers")) + 1
        return self.data[:start] + text + b"," + self.data[start:]

    def long(self, size):
        if self.kind == "fields":
            return self.replace_value("frame.protocols", b"x" * size)
        return self._members(b'"x":"' + b"x" * size + b'"')

    def deep(self, levels):
        return self._members(b'"x":' + b"[" * levels + b"]" * levels)

    def text(self, text):
        return self._members(b'"http.host":"' + text + b'"')

    def name(self, field):
        return field.replace(".", "_") if self.kind == "ek" else field

    def twice(self, field):
        member = re.search(rb'"%s":\s*\[[^\]]*\]' % self.name(field).encode(), self.data)
        return self._members(member.group())

    def of_transport(self, field, text):
        """The frame's own transport has the field."""
        protocol = b"tcp" if BROKEN % 2 else b"udp"
        return self.replace_value(f"{protocol.decode()}.{field}", text)

    def replace_value(self, field, text):
        if self.kind == "fields":
            cells = self.data.rstrip(b"\n").split(b"\t")
            cells[NEEDED.index(field)] = text
            return b"\t".join(cells) + b"\n"
        found, count = re.subn(rb'("%s":\s*\[\s*")[^"]*"' % self.name(field).encode(),
                               lambda match: match.group(1) + text + b'"', self.data)
        assert count == 1
        return found


class Text:
    """tshark's output for the small capture, and where its records are."""

    def __init__(self, kind, data):
        self.kind, self.data = kind, data
        if kind == "ek":
            self.spans = [m.span() for m in re.finditer(rb'\{"timestamp".*\n', data)]
        elif kind == "json":
            self.spans = [m.span() for m in re.finditer(rb"  \{\n(?:   .*\n)*  \}", data)]
        else:
            self.spans = [m.span() for m in re.finditer(rb".*\n", data)][1:]
        assert len(self.spans) == FRAMES

    def with_record(self, number, change):
        start, end = self.spans[number - 1]
        return self.data[:start] + change(Record(self.kind, self.data[start:end])) + self.data[end:]

    def cut(self, number):
        start, end = self.spans[number - 1]
        return self.data[: (start + end) // 2]

    def shifted(self, seconds):
        """Other times, as far from each other as before."""
        def other(match):
            return b"%d.%s" % (int(match.group(1)) + seconds, match.group(2))  # the fraction counts forward

        return re.sub(rb"(1700000\d{3})\.(\d{9})", other, self.data)


@pytest.fixture(scope="module")
def texts(small, tshark):
    def text(kind):
        more = ("-E", "header=y") if kind == "fields" else ()
        return Text(kind, tshark.path("-n", "-r", small, "-T", kind, *more, *each(NEEDED)).read_bytes())

    return {kind: text(kind) for kind in faults.DIALECTS}


def by_dialect(cases):
    return [pytest.param(case, kind, id=f"{case.fault}-{kind}") for case in cases for kind in case.dialects]


def try_text(case, data):
    check(flowmeter("-", data=data, status=None, timeout=60), case.status, case.rows, case.words)
    check(flowmeter("--keep-going", "-", data=data, status=None, timeout=60), case.kept_status, case.kept_rows, case.words)


@pytest.mark.parametrize("case, kind", by_dialect(faults.TEXT))
def test_a_record_of_tsharks_output(case, kind, texts):
    try_text(case, texts[kind].with_record(BROKEN, case.make))


@pytest.mark.parametrize("case, kind", by_dialect(faults.WHOLE))
def test_tsharks_output_as_a_whole(case, kind, texts):
    try_text(case, case.make(texts[kind]))


@pytest.mark.parametrize("kind", faults.DIALECTS)
def test_keep_going_counts(kind, texts):
    """Several records are damaged, two of them side by side: all others count, and all of these are told."""
    data = texts[kind].data
    for number in (59, 32, 31, 4):  # from the end, so that the places of the others stay
        start, end = texts[kind].spans[number - 1]
        data = data[: (start + end) // 2] + b"\n" + data[end:]
    got = flowmeter("--keep-going", "-", data=data, status=1).one_message("4 damaged records were skipped")
    assert got.out.decode() == rows_of(tuple(n for n in range(1, FRAMES + 1) if n not in (4, 31, 32, 59)))


SYSTEM = {}


def system(neighbour, fault, status, rows):
    """A case that is a test of its own, for the matrix."""
    SYSTEM.setdefault(neighbour, []).append((fault, status, rows))
    return lambda test: test


# ---- our own tshark -------------------------------------------------------------------------------------------

STAND_IN = """#!/bin/bash
case " $* " in *" --version "*) exec tshark --version;; esac
out=$(mktemp -p "{folder}")
[[ {needs_output} == no ]] || tshark "$@" > "$out" 2> /dev/null
lines() {{ head -n "$1" "$out"; }}
{script}
"""


@pytest.fixture
def stand_in(tmp_path):
    """Makes a program that does not do what tshark would do."""
    def make(script):
        path = tmp_path / "stand-in"
        needs_output = "yes" if "lines" in script else "no"
        path.write_text(STAND_IN.format(folder=tmp_path, script=script, needs_output=needs_output))
        path.chmod(0o755)
        return path

    return make


#: One tshark, and the same frames by way of a fleet.
WAYS = {"one": ["-j1", "--life-frames", "0"], "fleet": ["-j1", "--life-frames", "1000"]}


#: What one tshark that shows nothing says is what it says of a capture without frames.
NO_FAULT = ("ends at once with status 0", "one")


@pytest.mark.parametrize("case, way", [
    pytest.param(case, way, id=f"{case.fault}-{way}")
    for case in faults.TSHARK for way in WAYS if (case.fault, way) != NO_FAULT
])
def test_our_own_tshark(case, way, small, stand_in):
    command = ["--tshark", stand_in(case.make), *WAYS[way], small]
    check(flowmeter(*command, status=None, timeout=60), case.status, case.rows, case.words)
    check(flowmeter("--keep-going", *command, status=None, timeout=60), case.kept_status, case.kept_rows, case.words)


@system("our own tshark, and the user", "it hangs after some frames, and SIGINT comes", "130", BEFORE)
@pytest.mark.parametrize("way", WAYS)
def test_tshark_hangs(way, small, stand_in):
    """The flows so far come out when the user ends it."""
    program = stand_in("lines 30; exec sleep 1000")
    process = subprocess.Popen([binary(), "--tshark", program, *WAYS[way], small], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, start_new_session=True)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, b"")
    assert out.decode() == rows_of(tuple(range(1, 31)))


@system("our own tshark, and the user", "it ends without reading what comes from a pipe", "2", NONE)
@pytest.mark.parametrize("way", WAYS)
def test_tshark_does_not_read(way, medium, stand_in):
    """It has ended without a word: the capture that goes into a pipe must not block us."""
    script = "exec < /dev/null; sleep 0.5; exit 4"
    got = sh(f'"$FLOWMETER" --tshark {stand_in(script)} {" ".join(WAYS[way])} - < <(cat "{medium}")')
    got.expect(2).one_message("status 4")
    assert got.out == b""


# ---- the system -----------------------------------------------------------------------------------------------

OUTPUT, SIGNALS, LIMITS = "where the rows go", "signals", "limits of the system"


NO_FILE = "no FILE, or the one that was there before"


@system(OUTPUT, "a disk that is full from the beginning, `-o FILE`", "1", NO_FILE)
def test_a_full_disk(small, tmp_path):
    with small_file_system(tmp_path / "disk", 16384) as disk:
        out = disk / "out.csv"
        out.write_text("old")
        fill(disk)
        flowmeter(small, "-o", out, status=1).one_message("out.csv", "No space left on device")
        assert out.read_text() == "old"
        assert sorted(p.name for p in disk.iterdir()) == ["filler", "out.csv"]


@system(OUTPUT, "a disk that becomes full, `-o FILE`", "1", NO_FILE + "; FILE.incomplete: whole rows, as many as it took")
@pytest.mark.parametrize("with_header", [True, False])
def test_a_disk_that_becomes_full(medium, tmp_path, with_header):
    options = ["-t", "0.5"] + ([] if with_header else ["--no-header"])
    rows = flowmeter(*options, medium).out
    with small_file_system(tmp_path / "disk", 100 << 10) as disk:
        assert len(rows) > 150 << 10
        out = disk / "out.csv"
        flowmeter(*options, medium, "-o", out, status=1).one_message("out.csv: No space left", "out.csv.incomplete)")
        kept = (disk / "out.csv.incomplete").read_bytes()
        assert rows.startswith(kept) and kept.endswith(b"\n") and len(kept) > 90 << 10
        assert [p.name for p in disk.iterdir()] == ["out.csv.incomplete"]


@system(OUTPUT, "a disk that becomes full, `-o DIRECTORY`", "1", "whole files; FILE.incomplete for the one that did not fit")
def test_a_directory_on_a_disk_that_becomes_full(medium, small, tmp_path):
    with small_file_system(tmp_path / "disk", 100 << 10) as disk:
        got = flowmeter("-j1", "-t", "0.5", small, medium, "-o", f"{disk}/rows/", status=1)
        got.one_message("medium_flow.csv: No space left", "medium_flow.csv.incomplete)")
        assert sorted(p.name for p in (disk / "rows").iterdir()) == ["faults_flow.csv", "medium_flow.csv.incomplete"]
        assert (disk / "rows/faults_flow.csv").read_bytes() == flowmeter("-t", "0.5", small).out


@system(OUTPUT, "a disk that is full for a while, with rotation", "1", "all but those of the files that failed; a message counts these")
def test_rotation_on_a_full_disk(medium, tmp_path):
    rows = flowmeter("-t", "0.5", medium).out.splitlines(keepends=True)
    with small_file_system(tmp_path / "disk", 200 << 10) as disk:
        fill(disk)
        capture = tmp_path / "x.pcap"
        half = medium.stat().st_size // 2
        capture.write_bytes(medium.read_bytes()[:half])
        process = subprocess.Popen([binary(), "-t", "0.5", "--follow", capture, "-o", disk / "rows.csv", "--rotate-rows", "10"],
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = process.stderr.readline()
        assert "rows.csv: No space left on device; the next file is tried again" in said
        (disk / "filler").unlink()
        with capture.open("ab") as file:
            file.write(medium.read_bytes()[half:])
        meanwhile = process.stderr.readline()
        (lost,) = map(int, re.findall(r"(\d+) rows were lost meanwhile", meanwhile))
        wait_for((disk / "rows-2.csv").exists)
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=30)
        # All of these rows do not fit either.
        kept = [path.read_text().splitlines(keepends=True) for path in disk.iterdir() if path.suffix == ".csv"]
        assert all(text[0].encode() == rows[0] and 1 < len(text) <= 11 for text in kept)
        assert {row.encode() for text in kept for row in text} <= set(rows)
        assert process.returncode == 130 and lost > 0, rest


def test_rotation_where_files_are_bounded(medium, tmp_path):
    """The status tells of rows that no file has, and the messages of how many: none of those that are kept."""
    rows = flowmeter("-t", "0.5", medium).out
    got = sh(f'ulimit -f 20; "$FLOWMETER" -t 0.5 "{medium}" -o "{tmp_path}/out.csv" --rotate-rows 400').expect(1)
    files = sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    assert {path.suffix for path in files} >= {".incomplete"}
    kept = b"".join(path.read_bytes().partition(b"\n")[2] for path in files)
    lost = sum(map(int, re.findall(r"(\d+) rows? w\w+ lost meanwhile", got.err)))
    assert kept.count(b"\n") + lost == rows.count(b"\n") - 1 and lost > 0
    for path in files:
        if path.suffix == ".incomplete":
            assert str(path) in got.err


@system(OUTPUT, "the program is killed (`kill -9`), `-o FILE`", "", NO_FILE + "; FILE.incomplete: what was written; the next run tells of it")
def test_killed(medium, tmp_path):
    out = tmp_path / "out.csv"
    process = subprocess.Popen([binary(), "-t", "0.5", "-", "-o", out], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(medium.read_bytes())
    process.stdin.flush()
    left = tmp_path / "out.csv.incomplete"
    wait_for(lambda: left.exists() and left.stat().st_size > 10_000)
    beside = flowmeter("-t", "0.5", medium, "-o", out).silent()  # another run is no leftover
    assert out.read_bytes() == flowmeter("-t", "0.5", medium).out
    process.kill()
    process.communicate()
    kept = left.read_bytes()
    assert out.read_bytes().startswith(kept[: kept.rindex(b"\n")])
    for name in ("out.csv", "out.csv"):
        flowmeter("-t", "0.5", medium, "-o", tmp_path / name).one_message("out.csv.incomplete: rows of an earlier run")
    assert left.read_bytes() == kept
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv", "out.csv.incomplete"]


def wait_for(what, seconds=30):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def fill(disk):
    filler = os.open(disk / "filler", os.O_CREAT | os.O_WRONLY)
    with pytest.raises(OSError):
        while True:
            os.write(filler, bytes(512))
    os.close(filler)


class small_file_system:
    def __init__(self, path, size):
        self.path, self.size = path, size

    def __enter__(self):
        self.path.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size}", "tmpfs", self.path],
                                 stderr=subprocess.DEVNULL, check=False)
        if mounted.returncode != 0:
            pytest.skip("needs the right to mount")
        return self.path

    def __exit__(self, *_):
        subprocess.run(["umount", self.path], check=True)


@system(OUTPUT, "a file longer than allowed (`ulimit -f`)", "1", NO_FILE + "; FILE.incomplete: whole rows, as many as it took")
def test_a_file_size_limit(medium, tmp_path):
    got = sh(f'ulimit -f 20; "$FLOWMETER" "{medium}" -o "{tmp_path}/out.csv"')
    got.expect(1).one_message("out.csv: File too large", "out.csv.incomplete)")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv.incomplete"]
    kept = (tmp_path / "out.csv.incomplete").read_bytes()
    assert flowmeter(medium).out.startswith(kept) and kept.endswith(b"\n") and 19 << 10 < len(kept) <= 20 << 10


@system(OUTPUT, "no place for temporary files, nor for a cache", "0", ALL)
def test_no_place_for_temporary_files():
    """A small run needs none. What happens when rows must wait and cannot is in sink_spool_test.cc."""
    frames = list(some_frames())
    env = dict(os.environ, TMPDIR="/nonexistent", HOME="/nonexistent", XDG_CACHE_HOME="/nonexistent")
    assert flowmeter("-", data=packets.capture(frames), env=env).silent().out.decode() == expected(ALL)


@system(OUTPUT, "a pipe of 4 KiB, read a byte at a time", "0", ALL)
def test_short_writes(small):
    reader, writer = os.pipe()
    import fcntl
    fcntl.fcntl(writer, 1031, 4096)  # F_SETPIPE_SZ
    process = subprocess.Popen([binary(), small], stdout=writer)
    os.close(writer)
    out = bytearray()
    while chunk := os.read(reader, 1):
        out += chunk
    os.close(reader)
    assert process.wait(20) == 0
    assert out.decode() == expected(ALL)


@system(OUTPUT, "a socket that is slow", "0", ALL)
def test_a_slow_socket(medium):
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    process = subprocess.Popen([binary(), "-t", "1", medium], stdout=theirs, start_new_session=True)
    theirs.close()
    out = bytearray()
    while chunk := ours.recv(1 << 12):
        time.sleep(0.01)
        out += chunk
    assert process.wait(60) == 0
    assert bytes(out) == flowmeter("-t", "1", medium).out


@system("where the input comes from", "a byte at a time", "0", ALL)
def test_short_reads(small, texts):
    for data in (small.read_bytes(), texts["json"].data):
        assert flowmeter("--read-size", "1", "-", data=data).silent().out.decode() == expected(ALL)
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([binary(), "-"], stdin=theirs, stdout=subprocess.PIPE)
    theirs.close()

    def trickle():
        for at in range(0, len(texts["ek"].data), 7):
            ours.send(texts["ek"].data[at : at + 7])
        ours.close()

    writer = threading.Thread(target=trickle)
    writer.start()
    out, _ = process.communicate(timeout=30)
    writer.join()
    assert (process.returncode, out.decode()) == (0, expected(ALL))


@system("where the input comes from", "reading fails (a disk error, a directory)", "2", NONE)
def test_reading_fails(tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        run([binary(), "-"], stdin=folder).expect(2).one_message("standard input")
    finally:
        os.close(folder)


@system(SIGNALS, "stopped and continued all the time", "0", ALL)
def test_interrupted_system_calls(medium):
    """SIGSTOP and SIGCONT interrupt every call that waits."""
    expected_rows = flowmeter("-t", "1", medium).out
    process = subprocess.Popen([binary(), "-t", "1", medium], stdout=subprocess.PIPE, start_new_session=True)
    stop = threading.Event()

    def storm():
        while not stop.is_set():
            try:
                os.killpg(process.pid, signal.SIGSTOP)
                os.killpg(process.pid, signal.SIGCONT)
            except ProcessLookupError:
                return
            time.sleep(0.005)

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        out, _ = process.communicate(timeout=90)
    finally:
        stop.set()
        thread.join()
    assert process.returncode == 0
    assert out == expected_rows


def limited(what, value, command, **options):
    def lower():
        resource.setrlimit(what, (value, value))

    process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=lower, start_new_session=True, **options)
    try:
        out, err = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise AssertionError(f"hangs with a limit of {value}: {process.communicate()}") from None
    return process.returncode, out.decode(), err.decode()


@system(LIMITS, "few descriptors (`ulimit -n`)", "0, or 1 or 2", "all, or none")
@pytest.mark.parametrize("way", WAYS)
def test_few_descriptors(way, small):
    seen = set()
    program = plain_binary()  # a sanitizer that has no descriptors left speaks of faults that are none
    for most in range(4, 48, 2 if way == "one" else 3):
        status, out, err = limited(resource.RLIMIT_NOFILE, most, [program, *WAYS[way], small])
        seen.add(status)
        if status == 0:
            assert (out, err) == (expected(ALL), "")
        else:
            assert status in (1, 2), (most, status, err)
            assert out in ("", HEADER), (most, out, err)
            assert len(err.splitlines()) == 1 and err.startswith("flowmeter: "), (most, err)
    assert 0 in seen and len(seen) > 1


def nobody(folder, *command):
    """A command as a user who has nothing, and the program where that user can run it."""
    program = Path(folder, "flowmeter")
    program.write_bytes(plain_binary().read_bytes())
    program.chmod(0o755)
    os.chmod(folder, 0o755)
    return ["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", "--", "bash", "-c", " ".join(map(str, command))]


@system(LIMITS, "no more processes (`ulimit -u`)", "1 or 2", NONE)
def test_no_more_processes(small):
    if os.geteuid() != 0:
        pytest.skip("needs another user")
    with tempfile.TemporaryDirectory() as folder:
        capture = Path(folder, "small.pcap")
        capture.write_bytes(small.read_bytes())
        capture.chmod(0o644)
        for way in WAYS.values():
            command = nobody(folder, "ulimit -u 1; exec", f"{folder}/flowmeter", *way, capture)
            got = run(command)
            assert got.status in (1, 2), repr(got)
            got.one_message("Resource temporarily unavailable")
            assert got.rows == []


def plain_binary():
    """A build without sanitizers, which want more address space than there is."""
    return Path(release_binary() or binary())


@system(LIMITS, "little memory (`ulimit -v`)", "0, or 1 or 2", "all, or of the frames before")
def test_little_memory(small):
    program, seen = plain_binary(), set()
    text = list(range(8, 64, 4)) + [256, 1024]
    for megabytes in text:
        status, out, err = limited(resource.RLIMIT_AS, megabytes << 20, [program, *WAYS["one"], small])
        if "error while loading shared libraries" in err or (out, err) == ("", "") or status < 0 and megabytes < 16:
            continue  # it could not even be started
        seen.add(status)
        if status == 0:
            assert (out, err) == (expected(ALL), "")
        else:
            assert status in (1, 2), (megabytes, status, out, err)
            assert expected(ALL).startswith(out) or out in ("", HEADER), (megabytes, out)
            assert len(err.splitlines()) == 1, (megabytes, err)
    assert 0 in seen


# ---- the matrix -----------------------------------------------------------------------------------------------

def matrix():
    return "\n".join(faults.matrix(SYSTEM)) + "\n"


def test_the_matrix_is_current():
    """FLOWMETER_UPDATE=1 renews it."""
    path = REPO / "tests/FAULTS.md"
    if os.environ.get("FLOWMETER_UPDATE"):
        path.write_text(matrix())
    assert path.read_text() == matrix(), "run this test with FLOWMETER_UPDATE=1"
