"""Input that is cut, broken or incomplete; output that cannot be written; ends that come early."""

import fcntl
import os
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time

import pytest

import packets
import reference
from helpers import NEEDED, binary, descendants, each, flowmeter, marked, sh

HEADER = ",".join(reference.COLUMNS) + "\n"


def of_frames(count, **options):
    """The rows of the first frames of the small capture."""
    frames = list(packets.small_frames())[:count]
    return flowmeter("-", data=packets.capture(frames), **options).out.decode()


# ---- cut captures ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("missing", [1, 10, 60])
def test_cut_in_the_last_packet(small, missing, tmp_path):
    path = tmp_path / "cut.pcap"
    path.write_bytes(small.read_bytes()[:-missing])
    got = flowmeter(path, status=1).one_message("cut.pcap", "cut short", "packet 60")
    assert got.out.decode() == of_frames(59)


def test_cut_in_the_middle(small, tmp_path):
    frames = list(packets.small_frames())
    path = tmp_path / "cut.pcap"
    path.write_bytes(packets.capture(frames[:30]) + packets.record(*frames[30])[:20])
    got = flowmeter(path, status=1).one_message("cut.pcap", "cut short", "packet 31")
    assert got.out.decode() == of_frames(30)


def test_cut_on_stdin(small):
    got = flowmeter("-", data=small.read_bytes()[:-5], status=1).one_message("cut short", "packet 60")
    assert got.out.decode() == of_frames(59)


def test_cut_in_the_file_header(tmp_path):
    path = tmp_path / "cut.pcap"
    path.write_bytes(packets.pcap_header()[:15])
    got = flowmeter(path, status=1).one_message("cut.pcap", "cut short in the middle of its header")
    assert got.out.decode() == HEADER


def test_cut_among_others(small, tmp_path):
    """What follows the damaged capture is done all the same, and the status tells."""
    path = tmp_path / "cut.pcap"
    path.write_bytes(small.read_bytes()[:-10])
    whole = flowmeter(small).out.decode()
    got = flowmeter(small, path, small, status=1).one_message("cut.pcap")
    assert got.out.decode() == whole + of_frames(59)[len(HEADER):] + whole[len(HEADER):]


def test_damaged_record(tmp_path):
    frames = list(packets.small_frames())
    path = tmp_path / "bad.pcap"
    path.write_bytes(packets.capture(frames[:30]) + struct.pack("<IIII", 1, 1, 0x7FFFFFFF, 0x7FFFFFFF) + bytes(100))
    got = flowmeter(path, status=1).one_message("bad.pcap")
    assert got.out.decode() == of_frames(30)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["cut_in_packet.pcap", "cut_in_header.pcap", "cut_ng.pcapng", "cut_gz.pcap.gz",
                                  "cut_gz2.pcap.gz", "bad_caplen.pcap"])
def test_shared_damage(shared, name):
    """What tshark still shows is counted. (From a pipe it may show more: it cannot look ahead to guess a variant.)"""
    capture = shared / "dialects/captures" / name
    tshark = f"tshark -n -T fields -E header=y {' '.join(each(NEEDED))} 2>/dev/null"
    for command, program in ((f'{tshark} -r "{capture}"', f'"$FLOWMETER" "{capture}"'),
                             (f'cat "{capture}" | {tshark} -r -', f'cat "{capture}" | "$FLOWMETER" -')):
        expected = reference.csv_text(reference.rows(sh(command).out.decode()))
        got = sh(program).expect(1).without_remarks().one_message(name if "cat" not in program else "standard input")
        assert got.out.decode() == expected


# ---- broken text ----------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def thousand(common_tmp):
    """1000 packets, 500 lines of EK and more of JSON before line 1000."""
    frames = [f for f, _ in zip(packets.big_frames(1000, 20), range(1000))]
    return packets.written_once(common_tmp / "thousand.pcap", lambda: packets.capture(frames))


def of_thousand(count):
    frames = [f for f, _ in zip(packets.big_frames(1000, 20), range(count))]
    return flowmeter("-", data=packets.capture(frames)).out.decode()


EK = ("-T", "ek", *each(NEEDED))
JSON = ("-T", "json", *each(NEEDED))


def broken_at(text, number, line):
    lines = text.splitlines(keepends=True)
    lines[number - 1] = line
    return "".join(lines).encode()


@pytest.mark.parametrize("line", [
    '{"timestamp":"1700000000143","layers":{"frame_time\n', '{"timestamp":"1","layers":{"frame_len":["1"]}\n',
    '{"timestamp" "1"}\n', '{]\n',
], ids=["cut", "no end", "no colon", "wrong bracket"])
def test_broken_ek(thousand, line, tshark):
    text = tshark.text("-n", "-r", thousand, *EK)
    got = flowmeter("-", data=broken_at(text, 1000, line), status=1).one_message("line 1000")
    assert got.out.decode() == of_thousand(499)


@pytest.mark.parametrize("line", ['        "frame.len: [\n', "}}}}}\n", "garbage\n"], ids=["quote", "brackets", "word"])
def test_broken_json(thousand, line, tshark):
    text = tshark.text("-n", "-r", thousand, *JSON)
    before = text.splitlines()[:999]
    whole = sum(1 for ln in before if ln in ("  },", "  }"))
    assert 0 < whole < 500
    got = flowmeter("-", data=broken_at(text, 1000, line), status=1).one_message(f"record {whole + 1}")
    assert got.out.decode() == of_thousand(whole)


def test_broken_fields(thousand, tshark):
    text = tshark.text("-n", "-r", thousand, "-T", "fields", "-E", "header=y", *each(NEEDED))
    got = flowmeter("-", data=broken_at(text, 1000, "what\tis\tthis\n"), status=1).one_message("line 1000")
    assert got.out.decode() == of_thousand(998)


@pytest.mark.parametrize("kind", ["ek", "json"])
def test_text_that_ends_early(thousand, kind, tshark):
    text = tshark.text("-n", "-r", thousand, *(EK if kind == "ek" else JSON)).encode()
    got = flowmeter("-", data=text[:-150], status=1)
    got.one_message("line 2000" if kind == "ek" else "record 1000")
    assert got.out.decode() == of_thousand(999)


def test_an_array_that_is_not_closed(thousand, tshark):
    """As a killed `tshark -l -T json` leaves it: all records are whole, and the end is missing."""
    text = tshark.text("-n", "-r", thousand, *JSON)
    assert text.endswith("  }\n]\n")
    got = flowmeter("-", data=text[:-3].encode(), status=1).one_message("record 1000")
    assert got.out.decode() == of_thousand(1000)


@pytest.mark.parametrize("prefix", ["\n", "  \n\t"], ids=["newline", "spaces"])
def test_before_the_first_bracket(thousand, prefix, tshark):
    for kind in (EK, JSON):
        text = prefix + tshark.text("-n", "-r", thousand, *kind)
        assert flowmeter("-", data=text.encode()).silent().out.decode() == of_thousand(1000)


def test_more_blanks_than_are_looked_at(thousand, tshark, tmp_path):
    """They are no empty input: what follows them must not be lost without a word."""
    path = tmp_path / "blanks"
    path.write_bytes(b"\n" * 5000 + tshark.path("-n", "-r", thousand, *EK).read_bytes())
    for got in (flowmeter(path, status=None), flowmeter("-", data=path.read_bytes(), status=None)):
        assert got.one_message().status in (1, 2), repr(got)


def test_windows_line_ends(thousand, tshark):
    for kind in (EK, JSON, ("-T", "fields", "-E", "header=y", *each(NEEDED))):
        text = tshark.text("-n", "-r", thousand, *kind).replace("\n", "\r\n")
        assert flowmeter("-", data=text.encode()).silent().out.decode() == of_thousand(1000)


def test_last_line_without_its_end(thousand, tshark):
    for kind in (EK, JSON, ("-T", "fields", "-E", "header=y", *each(NEEDED))):
        text = tshark.text("-n", "-r", thousand, *kind).rstrip("\n")
        assert flowmeter("-", data=text.encode()).silent().out.decode() == of_thousand(1000)


# ---- a stream without a field ---------------------------------------------------------------------------------

#: A field, and the column that is missed first without it.
REQUIRED = ["frame.time_epoch", "frame.len", "frame.protocols", "ip.src", "ip.dst", "tcp.stream", "tcp.srcport", "tcp.dstport",
            "tcp.flags", "udp.stream", "udp.srcport", "udp.dstport"]


@pytest.mark.parametrize("kind", ["ek", "json", "fields"])
@pytest.mark.parametrize("field", REQUIRED)
def test_missing_field(small, kind, field, tshark):
    options = ("-E", "header=y") if kind == "fields" else ()
    text = tshark.path("-n", "-r", small, "-T", kind, *options, *each(f for f in NEEDED if f != field))
    got = flowmeter("-", data=text.read_bytes(), status=2).one_message(f"-e {field}")
    needing = [*reference.COLUMNS, "to tell flows apart"]  # or all columns, which tell nothing without it
    assert any(f"({what})" in got.err or f"column {what}" in got.err for what in needing), repr(got)
    assert got.rows == []


@pytest.mark.parametrize("protocol, unneeded", [("tcp", "udp"), ("udp", "tcp")])
def test_fields_that_nothing_needs(small, protocol, unneeded, tshark):
    """Without a TCP packet in it, EK says nothing about TCP, and that is no fault."""
    text = tshark.path("-n", "-r", small, "-Y", protocol, *EK)
    assert f"{unneeded}_stream" not in text.read_text()
    got = flowmeter("-", data=text.read_bytes()).silent()
    assert got.out == flowmeter("-Y", protocol, small).out


# ---- where the rows go ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("command", ['"$FLOWMETER" "{small}"', 'cat "{small}" | "$FLOWMETER" -', '"$FLOWMETER" - < /dev/null'])
def test_full_disk(small, command):
    got = sh(f"set -o pipefail; {command.format(small=small)} > /dev/full")
    assert got.status not in (0, 130, 141, 143), repr(got)
    got.one_message("No space left on device")


def test_full_disk_in_the_middle(big):
    got = sh(f'"$FLOWMETER" -t 0.5 "{big}" > /dev/full', timeout=60)
    assert got.status not in (0, 130, 141, 143), repr(got)
    got.one_message("No space left on device")


def test_stdout_is_closed(small):
    got = sh(f'"$FLOWMETER" "{small}" >&-')
    assert got.status != 0, repr(got)
    got.one_message()


def gone(pids, seconds=5):
    """Whether these processes end within some seconds; pids is a function."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not pids():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("source", ['"{big}"', '- < "{big}"', '- < <(cat "{big}")'])
def test_reader_goes_away(big, source, tmp_path):
    mark = str(tmp_path)
    env = dict(os.environ, FLOWMETER_TEST_MARK=mark)
    command = f'"$FLOWMETER" -t 0.5 {source.format(big=big)} | head -1; exit ${{PIPESTATUS[0]}}'
    start = time.monotonic()
    got = sh(command, env=env, timeout=60).expect(0).silent()
    assert got.out.decode() == HEADER
    assert gone(lambda: marked(mark)), "processes are left behind"
    assert time.monotonic() - start < 15


def test_reader_goes_away_late(small):
    got = sh(f'"$FLOWMETER" "{small}" | true; exit ${{PIPESTATUS[0]}}').expect(0).silent()
    assert got.out == b""


# ---- signals --------------------------------------------------------------------------------------------------

class Running:
    """The program with its stdin held open."""

    def __init__(self, *args, **options):
        self.process = subprocess.Popen(
            [binary(), *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True, **options)

    def feed(self, data, seconds=30):
        """Writes all of `data` and waits until it has been read out of the pipe."""
        writer = threading.Thread(target=self._write, args=(data,), daemon=True)
        writer.start()
        writer.join(seconds)
        assert not writer.is_alive(), "the input is not read"
        until = time.monotonic() + seconds
        while struct.unpack("i", fcntl.ioctl(self.process.stdin, termios.FIONREAD, bytes(4)))[0]:
            assert time.monotonic() < until, "the input is not read"
            time.sleep(0.02)
        time.sleep(0.5)

    def _write(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def finish(self, seconds=15):
        """Status, stdout and stderr; stdin stays open until the program has ended."""
        out, err = [], []
        readers = [threading.Thread(target=lambda: out.append(self.process.stdout.read())),
                   threading.Thread(target=lambda: err.append(self.process.stderr.read()))]
        for reader in readers:
            reader.start()
        try:
            status = self.process.wait(seconds)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            for reader in readers:
                reader.join(5)
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        return status, out[0].decode(), err[0].decode()


SIGNALS = pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)],
                                  ids=["SIGINT", "SIGTERM"])


@SIGNALS
def test_signal_while_reading_text(small, number, status, tshark):
    running = Running("-")
    running.feed(tshark.path("-n", "-r", small, *EK).read_bytes())
    running.process.send_signal(number)
    got = running.finish()
    assert got == (status, flowmeter(small).out.decode(), got[2])
    assert len(got[2].splitlines()) <= 1


@pytest.mark.parametrize("ends", ["whole", "damaged", "interrupted"])
def test_what_was_seen_is_told_however_it_ends(ends, small, tshark):
    lines = tshark.path("-n", "-r", small, *EK).read_bytes().splitlines(keepends=True)
    records = [b"".join(lines[i:i + 2]) for i in range(0, len(lines), 2)]
    running = Running("-")
    running.feed(b"".join(reversed(records)) + (b"{]\n" if ends == "damaged" else b""))
    if ends == "interrupted":
        running.process.send_signal(signal.SIGINT)
    else:
        running.process.stdin.close()
    status, out, err = running.finish()
    assert status == {"whole": 0, "damaged": 1, "interrupted": 130}[ends]
    assert out == flowmeter("-q", "-", data=b"".join(reversed(records))).out.decode()
    said = err.splitlines()
    assert len(said) == 1 + (ends == "damaged"), err
    assert " older than the previous packet of the flow" in said[0]


@SIGNALS
@pytest.mark.parametrize("group", [False, True], ids=["program", "group"])
def test_signal_while_reading_packets(big, number, status, group, tmp_path):
    """With tshark between: kill(1) reaches the program alone, Ctrl-C the whole group."""
    mark = str(tmp_path)
    running = Running("-", env=dict(os.environ, FLOWMETER_TEST_MARK=mark))
    frames = packets.capture(f for f, _ in zip(packets.big_frames(), range(50_000)))
    running.feed(frames)
    if group:
        os.killpg(running.process.pid, number)
    else:
        running.process.send_signal(number)
    code, out, err = running.finish()
    assert code == status, err
    lines = out.splitlines(keepends=True)
    assert lines[0] == HEADER
    assert len(lines) == 501  # all talkers were seen by then, and all their flows are open
    assert all(line.endswith("\n") and line.count(",") == 47 for line in lines)
    assert len(err.splitlines()) <= 1, err
    assert gone(lambda: marked(mark)), "processes are left behind"


@SIGNALS
def test_signal_with_an_output_file(small, number, status, tmp_path, tshark):
    out = tmp_path / "out.csv"
    running = Running("-", "-o", out)
    running.feed(tshark.path("-n", "-r", small, *EK).read_bytes())
    assert not out.exists(), "an unfinished file is seen under its name"
    running.process.send_signal(number)
    assert running.finish()[0] == status
    assert out.read_text() == flowmeter(small).out.decode()


def stalling_tshark(folder, stalls):
    """A tshark that does not end on captures of that name until it is told to."""
    program = folder / "stalls"
    program.write_text(f"""#!/bin/bash
case " $* " in
  *{stalls}*) tshark "$@"; touch "$0.there.$$"; exec sleep 1000;;
  *) exec tshark "$@";;
esac
""")
    program.chmod(0o755)
    return program


@SIGNALS
@pytest.mark.parametrize("place", ["table", "directory"])
def test_signal_with_several_inputs_at_once(small, number, status, place, tmp_path):
    """What all of them have read by then is written, not only what the first has."""
    captures = [tmp_path / f"{name}.pcap" for name in ("one", "two", "three")]
    for capture in captures:
        shutil.copy(small, capture)
    out = tmp_path / ("out/" if place == "directory" else "out.csv")
    process = subprocess.Popen([binary(), "-j3", "--life-frames", "0", "--decoder", "ek", "--tshark", stalling_tshark(tmp_path, "pcap"),
                                *captures, "-o", f"{out}/" if place == "directory" else out], stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while len(list(tmp_path.glob("stalls.there.*"))) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    assert process.wait(30) == status
    rows = flowmeter(small).out.decode()
    if place == "directory":
        assert [path.read_text() for path in sorted(out.iterdir())] == [rows] * 3
    else:
        assert out.read_text() == rows + 2 * rows.partition("\n")[2]


def test_killed_with_an_output_file(small, tmp_path, tshark):
    out = tmp_path / "out.csv"
    out.write_text("old")
    running = Running("-", "-o", out)
    running.feed(tshark.path("-n", "-r", small, *EK).read_bytes())
    assert out.read_text() == "old"
    running.process.kill()
    running.finish()
    assert out.read_text() == "old"


def test_tshark_does_not_outlive_a_kill(big, tmp_path):
    mark = str(tmp_path)
    running = Running("-", env=dict(os.environ, FLOWMETER_TEST_MARK=mark))
    running.feed(packets.capture(f for f, _ in zip(packets.big_frames(), range(20_000))))
    assert descendants(running.process.pid), "there is no tshark to look for"
    running.process.kill()
    running.finish()
    assert gone(lambda: marked(mark)), "tshark is left behind"


# ---- rows as they come ----------------------------------------------------------------------------------------

def test_a_row_comes_as_soon_as_its_flow_is_over(tshark, tmp_path):
    second = 10**9
    frames = [(n * second, packets.udp("192.0.2.1", "192.0.2.2", 1000 + n, 9, b"x" * 30)) for n in (1, 2, 3, 700)]
    path = tmp_path / "x.pcap"
    path.write_bytes(packets.capture(frames))
    running = Running("-")
    running.feed(tshark.path("-n", "-r", path, *EK).read_bytes())
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(running.process.stdout.readline() for _ in range(4)))
    reader.start()
    reader.join(5)
    alive = reader.is_alive()
    running.process.kill()
    running.process.wait()
    running.process.stdin.close()
    reader.join(5)
    assert not alive, "the rows did not come while the input was open"
    assert [line.split(b",")[2] for line in lines] == [b"src_port", b"1001", b"1002", b"1003"]


def test_temporary_files_do_not_stay(small, tmp_path):
    """Nor after damage."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    path = tmp_path / "cut.pcap"
    path.write_bytes(small.read_bytes()[:-10])
    env = dict(os.environ, TMPDIR=str(temporary))
    flowmeter(path, status=1, env=env)
    flowmeter("-", data=path.read_bytes(), status=1, env=env)
    out = tmp_path / "out"
    flowmeter(path, "-o", f"{out}/", status=1, env=env)
    assert list(temporary.iterdir()) == []
    assert [p.name for p in out.iterdir()] == ["cut_flow.csv"]
    shutil.rmtree(out)
