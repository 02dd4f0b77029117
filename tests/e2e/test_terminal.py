"""Under a real terminal: tmux types, and shows what a user would see."""

import os
import re
import shutil
import subprocess
import time

import pytest

from helpers import REPO, binary, descendants

pytestmark = pytest.mark.skipif(not shutil.which("tmux"), reason="needs tmux")

PROGRESS = re.compile(r"x\.pcap: [\d,]+ packets, [\d,]+/s, flows: [\d,]+ open, [\d,]+ written(, (?P<percent>\d+) %)?(, \d+:\d\d left)?")


class Terminal:
    """A shell in a terminal of its own; `settings` are variables of its environment."""

    def __init__(self, directory, shell=("bash", "--norc", "--noprofile"), **settings):
        self.socket = directory / "tmux"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "30", "-c", directory, "env", "-u", "TMUX", "PS1=ready$ ",
                  f"FLOWMETER={binary()}", *(f"{name}={value}" for name, value in settings.items()), *shell)
        self.wait_for(lambda: "ready$" in self.screen())

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True,
                              stdin=subprocess.DEVNULL, timeout=20).stdout

    def type(self, text):
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")

    def key(self, name):
        self.tmux("send-keys", name)

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def shell(self):
        return int(self.tmux("display-message", "-p", "#{pane_pid}"))

    def wait_for(self, what, seconds=30):
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, self.screen()
            time.sleep(0.05)

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], check=False, stderr=subprocess.DEVNULL)


@pytest.fixture
def terminal(tmp_path):
    # The path of a socket is short.
    made = Terminal(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A capture that takes some seconds, which a single tshark reads."""
    path = tmp_path_factory.mktemp("large") / "x.pcap"
    subprocess.run([REPO / "scripts" / "make-capture", path, "200000"], check=True, stderr=subprocess.DEVNULL, timeout=100)
    return path


def test_a_progress_line_that_leaves_nothing_behind(terminal, large):
    terminal.type(f'"$FLOWMETER" --decoder ek -j1 --life-frames 0 {large} > rows.csv; echo "status $?"')
    terminal.wait_for(lambda: PROGRESS.search(terminal.screen()) and " left" in terminal.screen())

    def percent():
        shown = PROGRESS.search(terminal.screen())
        return int(shown["percent"] or 0) if shown else 0

    terminal.wait_for(lambda: 20 <= percent() < 100)  # as tshark reads: it alone has the file
    terminal.tmux("resize-window", "-x", "40", "-y", "20")
    time.sleep(1)
    lines = [line for line in terminal.screen().splitlines() if "x.pcap:" in line and "FLOWMETER" not in line]
    assert len(lines) <= 1 or PROGRESS.search(lines[0]) is None, terminal.screen()  # it is cut, and does not wrap
    terminal.tmux("resize-window", "-x", "120", "-y", "30")
    terminal.key("C-c")
    terminal.wait_for(lambda: "status 130" in terminal.screen())
    assert not PROGRESS.search(terminal.screen().splitlines()[-1])
    assert descendants(terminal.shell()) == []


def test_the_end_of_the_rows_is_not_waited_for(terminal, large):
    terminal.type(f'"$FLOWMETER" {large} | head -n 2 | cut -c 1-17; echo "status ${{PIPESTATUS[*]}}"')
    terminal.wait_for(lambda: "status 0 0 0" in terminal.screen())
    assert "duration,protocol" in terminal.screen()
    assert "flowmeter:" not in terminal.screen()


def test_in_front_of_less(terminal):
    if not shutil.which("less"):
        pytest.skip("needs less")
    terminal.type(f'"$FLOWMETER" {REPO / "samples" / "slowloris.pcap"} | less -S; echo "status ${{PIPESTATUS[*]}}"')
    terminal.wait_for(lambda: "duration,protocol" in terminal.screen())
    terminal.key("G")
    terminal.wait_for(lambda: "(END)" in terminal.screen())
    terminal.key("q")
    terminal.wait_for(lambda: "status 0 0" in terminal.screen())


def test_rows_on_the_terminal_itself(terminal):
    """Where rows are seen, no line of progress comes between them."""
    terminal.type(f'"$FLOWMETER" --columns protocol,src_port {REPO / "samples" / "reset.pcap"}; echo "status $?"')
    terminal.wait_for(lambda: "status 0" in terminal.screen())
    shown = terminal.screen().splitlines()
    assert "protocol,src_port" in shown and not PROGRESS.search(terminal.screen())


def test_stopped_by_the_terminal_and_continued(terminal, large):
    terminal.type(f'"$FLOWMETER" --decoder ek -j1 --life-frames 0 {large} > rows.csv')
    terminal.wait_for(lambda: PROGRESS.search(terminal.screen()))
    terminal.key("C-z")
    terminal.wait_for(lambda: "Stopped" in terminal.screen())
    terminal.type('kill -INT %1; fg; echo "status $?"')
    terminal.wait_for(lambda: "status 130" in terminal.screen())
    assert os.path.getsize(terminal.socket.parent / "rows.csv") > 1000


INPUTS = re.compile(r"(\d+) of 14 inputs: [\d,]+ packets, [\d,]+/s, flows: [\d,]+ open, [\d,]+ written, (?P<percent>\d+) %, \d+:\d\d left")


@pytest.fixture
def many(tmp_path, large):
    """A large capture below a directory, and small ones before and after it."""
    folder = tmp_path / "many"
    folder.mkdir()
    (folder / "m.pcap").symlink_to(large)
    for name in "abcdefguvwxyz":
        shutil.copy(REPO / "samples" / "dns.pcap", folder / f"{name}.pcap")
    return folder


@pytest.mark.parametrize("place", ["-o rows.csv", "-o rows/", "> rows.csv"])
def test_progress_over_all_inputs(terminal, many, place):
    terminal.type(f'"$FLOWMETER" -j1 -r {many} {place}; echo "status $?"')

    def shown():
        return INPUTS.search(terminal.screen())

    terminal.wait_for(lambda: shown() and 1 < int(shown()["percent"]) < 100)
    assert shown()[1] == "7"
    terminal.wait_for(lambda: "status 0" in terminal.screen())
    assert not shown()


def test_progress_where_the_rows_are_in_a_file(terminal, large):
    """Standard output is the terminal, and nothing goes there."""
    terminal.type(f'"$FLOWMETER" {large} -o rows.csv; echo "status $?"')
    terminal.wait_for(lambda: PROGRESS.search(terminal.screen()))
    terminal.wait_for(lambda: "status 0" in terminal.screen())
    assert not PROGRESS.search(terminal.screen())


@pytest.mark.parametrize("place", ["", "-o /dev/tty"])
def test_progress_makes_way_for_rows(terminal, large, place):
    """On one screen with them, if somebody wants that: rows are whole, and nothing of the line stays between them."""
    rows = subprocess.run([binary(), "-t", "0.5", "--columns", "protocol,src_port", large], check=True, stdout=subprocess.PIPE,
                          text=True, timeout=100).stdout.splitlines()
    terminal.tmux("set-option", "-g", "history-limit", "1000000")
    terminal.tmux("new-window", "-c", terminal.socket.parent, "env", "-u", "TMUX", "PS1=ready$ ", f"FLOWMETER={binary()}", "bash",
                  "--norc", "--noprofile")
    terminal.wait_for(lambda: "ready$" in terminal.screen())
    terminal.type(f'"$FLOWMETER" -t 0.5 --progress --columns protocol,src_port {large} {place}; echo "status $?"')
    terminal.wait_for(lambda: PROGRESS.search(terminal.screen()))
    terminal.wait_for(lambda: "status 0" in terminal.screen(), 100)
    shown = terminal.tmux("capture-pane", "-p", "-S", "-").splitlines()
    shown = shown[shown.index("protocol,src_port"):]
    assert shown[: shown.index("status 0")] == rows


def test_no_progress_by_default_where_rows_are(terminal, large):
    terminal.type(f'"$FLOWMETER" -j1 --columns protocol,src_port {large} -o /dev/tty | cat; echo "status $?"')
    seen = []
    terminal.wait_for(lambda: seen.append(terminal.screen()) or "status 0" in seen[-1], 100)
    assert not any(PROGRESS.search(screen) for screen in seen)


def test_no_progress_from_the_background(terminal, large):
    terminal.type(f'"$FLOWMETER" -j1 {large} > rows.csv & wait; echo "status $?"')
    seen = []
    terminal.wait_for(lambda: seen.append(terminal.screen()) or "status 0" in seen[-1], 100)
    assert not any(PROGRESS.search(screen) for screen in seen)


# ---- the example of a live pipe ----------------------------------------------------------------------------------

#: What stands for tcpdump: frames of a capture until somebody ends it.
TCPDUMP = """#!/usr/bin/env python3
import signal, sys
sys.path.insert(0, "{tests}")
import packets
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
def put(seconds, port):
    frame = packets.udp("192.0.2.1", "192.0.2.2", port, 9, b"x" * 30)
    sys.stdout.buffer.write(packets.record((packets.START + seconds) * 10**9, frame))
    sys.stdout.buffer.flush()
sys.stdout.buffer.write(packets.pcap_header())
put(1, 1001)
put(200, 1002)
signal.pause()
"""


def readme_example():
    """The line of the README that begins with tcpdump."""
    (line,) = re.findall(r"^tcpdump .*\n(?:  .*\n)*", (REPO / "README.md").read_text(), re.M)
    return " ".join(line.split())


@pytest.mark.skipif(not shutil.which("mlr"), reason="needs Miller")
def test_the_live_pipe_of_the_readme(terminal, tmp_path):
    """Rows come as flows end, and after Ctrl-C those of the flows that were open."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "flowmeter").symlink_to(binary())
    (programs / "tcpdump").write_text(TCPDUMP.format(tests=REPO / "tests" / "e2e"))
    (programs / "tcpdump").chmod(0o755)
    terminal.type(f"PATH={programs}:$PATH; clear")
    terminal.type(readme_example() + '; echo "status $?"')

    def ports():
        return re.findall(r'"src_port": (\d+)', re.sub(r"\x1b\[[0-9;]*m", "", terminal.screen()))

    terminal.wait_for(lambda: ports() == ["1001"])
    terminal.key("C-c")
    terminal.wait_for(lambda: ports() == ["1001", "1002"])
    terminal.wait_for(lambda: "status" in terminal.screen())
    terminal.wait_for(lambda: descendants(terminal.shell()) == [])
