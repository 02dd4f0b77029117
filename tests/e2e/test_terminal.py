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
