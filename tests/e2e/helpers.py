"""Running flowmeter and tshark from the end-to-end tests, and finding captures."""

import csv
import fcntl
import functools
import hashlib
import io
import os
import pickle
import re
import shutil
import signal
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
SAMPLES = sorted((REPO / "samples").glob("*.pcap*"))

#: What the default schema needs from tshark, as -e arguments.
NEEDED = (
    "frame.time_epoch frame.len frame.protocols ip.src ip.dst ipv6.src ipv6.dst"
    " tcp.stream tcp.srcport tcp.dstport tcp.flags"
    " udp.stream udp.srcport udp.dstport"
).split()


def tshark_version():
    """The version of the tshark in PATH, such as (4, 0, 17)."""
    text = subprocess.run(["tshark", "--version"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, timeout=60).stdout
    return tuple(map(int, re.search(r"(\d+)\.(\d+)\.(\d+)", text).groups()))


TSHARK = tshark_version()

#: Preferences that change numbers; the program pins them, and so does the reference. Older versions lack the last one.
PINNED = (
    "ip.defragment:TRUE",
    "tcp.analyze_sequence_numbers:TRUE",
    "tcp.check_checksum:FALSE",
    "udp.check_checksum:FALSE",
    "tcp.default_window_scaling:Not known",
    *(["tcp.fastrt_supersedes_ooo:TRUE"] if TSHARK >= (4, 0, 0) else []),
)

#: Longer than any gap in a capture that has times from 1916 to 2106.
NO_SPLIT = "9000000000"


def shared_dir():
    """Where further captures are, and what is known of them; None when that is not told."""
    named = os.environ.get("FLOWMETER_CAPTURES")
    if not named:
        return None
    path = Path(named).resolve()
    if not path.is_dir():
        raise RuntimeError(f"FLOWMETER_CAPTURES={named} is not a directory")
    return path


SHARED = shared_dir()


def shared_files(folder, pattern):
    """The files of that kind among the further captures; none when there are no further captures."""
    return sorted((SHARED / folder).glob(pattern)) if SHARED else []


DAMAGED = ("cut_", "short_", "magic_", "bad_", "notcapture")


def shared_captures():
    """Every further capture that tshark reads from end to end."""
    found = []
    for folder in ("oracles/captures", "handmade", "dialects/captures"):
        found += [path for path in shared_files(folder, "*") if not path.name.startswith(DAMAGED)]
    return found


#: Whether the streams of several of them can be joined.
JOINS = TSHARK[:2] in ((4, 0), (4, 2), (4, 4), (4, 6))

#: tshark 3.4 reads gzip only.
CAPTURES = [path for path in SAMPLES + shared_captures() if TSHARK >= (4, 0, 0) or path.suffix not in (".zst", ".lz4")]

#: Captures in which later versions give one udp.stream to what their table has as two conversations: probes of port 514.
JOINED = {"scan.pcap"} if TSHARK >= (4, 2, 0) else set()


def label(path):
    """A short test id for a capture: its name, and its folder when that is needed."""
    return f"{path.parent.name}/{path.name}"


def executable(variable):
    """The program that an environment variable names, or None."""
    path = os.environ.get(variable)
    if not path:
        return None
    path = os.path.abspath(path)
    if not os.access(path, os.X_OK):
        raise RuntimeError(f"{variable}={path} is not an executable file")
    return path


#: Whether binary() is the build without sanitizers, where there are two; conftest.py sets it for each test.
prefer_release = False


def release_binary():
    """A build without sanitizers of the same sources, or None."""
    return executable("FLOWMETER_RELEASE")


def binary():
    """The program under test."""
    path = prefer_release and release_binary() or executable("FLOWMETER")
    if not path:
        raise RuntimeError("set FLOWMETER to the path of the flowmeter binary")
    return path


# ---- what is made once for all tests ----------------------------------------------------------------------------

def kept(key, make):
    """The path of a file that holds make(), bytes; made once for all the workers of a session. `key`: its strings."""
    folder = Path(os.environ["FLOWMETER_TEST_CACHE"])  # conftest.py makes and removes it
    path = folder / hashlib.sha256("\0".join(key).encode("utf-8", "surrogateescape")).hexdigest()
    if not path.exists():
        with open(path.with_suffix(".lock"), "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                part = path.with_suffix(".part")
                part.write_bytes(make())
                part.rename(path)
    return path


@functools.lru_cache(maxsize=None)
def _digest(path, size, changed):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def content(path):
    """What tells the content of a file from others, as a part of a key."""
    state = os.stat(path)
    return _digest(str(path), state.st_size, state.st_mtime_ns)


#: What is said of captures that lack times or order, beside the rows that they give all the same.
REMARKS = re.compile(r"flowmeter: \S+( input)?: (1 frames? without a time stamp, |\d+ packets? (is|are) older than ).*")


class Result:
    """What a finished command left: status, stdout (bytes) and stderr (text)."""

    def __init__(self, command, status, out, err):
        self.command = [str(c) for c in command]
        self.status = status
        self.out = out
        self.err = err

    def __repr__(self):
        head = self.out[:2000].decode("utf-8", "replace")
        return (
            f"\n  command: {' '.join(self.command)}\n  status:  {self.status}"
            f"\n  stdout ({len(self.out)} bytes): {head}\n  stderr:  {self.err}"
        )

    @property
    def lines(self):
        return self.out.decode().splitlines()

    @property
    def header(self):
        return self.lines[0].split(",")

    @property
    def rows(self):
        """The data rows, as lists of text."""
        return list(csv.reader(io.StringIO(self.out.decode())))[1:]

    @property
    def messages(self):
        return self.err.splitlines()

    def expect(self, status):
        assert self.status == status, f"expected status {status}: {self!r}"
        return self

    def one_message(self, *words):
        """Asserts that stderr is one line `flowmeter: ...` that holds each of `words`."""
        assert len(self.messages) == 1, f"expected one line on stderr: {self!r}"
        assert self.messages[0].startswith("flowmeter: "), repr(self)
        for word in words:
            assert word in self.messages[0], f"{word!r} is not in the message: {self!r}"
        return self

    def without_remarks(self):
        """The same without the remarks on frames without times and packets out of order."""
        said = "".join(line + "\n" for line in self.messages if not REMARKS.fullmatch(line))
        return Result(self.command, self.status, self.out, said)

    def silent(self):
        """Asserts that stderr is empty, but for such remarks."""
        assert self.without_remarks().err == "", f"expected nothing on stderr: {self!r}"
        return self


def run(command, *, data=None, stdin=None, env=None, cwd=None, timeout=30):
    """Runs a command to its end. `data` is fed to it; `stdin` is an open file instead."""
    command = [str(c) for c in command]
    if data is not None:
        stdin = subprocess.PIPE
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL if stdin is None else stdin, env=env, cwd=cwd,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )
    try:
        out, err = process.communicate(data, timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # and all that it started
        out, err = process.communicate()
        raise AssertionError(
            f"did not end in {timeout} s: {' '.join(command)}\n  stdout: {out[:2000]!r}\n  stderr: {err[:2000]!r}"
        ) from None
    return Result(command, process.returncode, out, err.decode("utf-8", "replace"))


def flowmeter(*args, status=0, **options):
    """Runs the program under test; fails unless it ends with `status` (None: any)."""
    result = run([binary(), *args], **options)
    return result if status is None else result.expect(status)


def known(*args, **options):
    """What flowmeter(*args) gives of captures that do not change: run once for all the workers of a session."""
    words = [str(a) for a in args]
    key = [f"{word} {content(word)}" if os.path.isfile(word) else word for word in words]
    path = kept(("flowmeter", *key, repr(sorted(options.items()))), lambda: pickle.dumps(flowmeter(*args, **options)))
    return pickle.loads(path.read_bytes())


def text_for(capture, *options):
    """The file with what tshark prints by the command that the program names for these options (--print-command)."""
    command = flowmeter(*options, "--print-command", capture).out.decode()

    def ask():
        return subprocess.run(["bash", "-c", command], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=120).stdout

    return kept((command, content(capture)), ask)


def sh(script, **options):
    """Runs a bash script in which $FLOWMETER is the binary; $PIPESTATUS is the script's to look at."""
    env = dict(options.pop("env", None) or os.environ, FLOWMETER=binary())
    return run(["bash", "-c", script], env=env, **options)


def plain_env(**more):
    """The environment for a tshark that no user profile touches."""
    env = dict(os.environ, LC_ALL="C", TZ="UTC", **more)
    for name in ("WIRESHARK_CONFIG_DIR", "XDG_CONFIG_HOME"):
        env.pop(name, None)
    return env


class Tshark:
    """tshark under an empty profile; each question is asked once for all the workers of a session."""

    def __init__(self, cache):
        self.home = Path(cache) / "home"
        self.home.mkdir(parents=True, exist_ok=True)

    def path(self, *args, program="tshark"):
        """The file that holds the standard output of `tshark args...`. The same content in another file is the same question."""
        args = [str(a) for a in args]
        files = [at + 1 for at, word in enumerate(args) if word == "-r"]
        key = [content(word) if at in files else word for at, word in enumerate(args)]

        def ask():
            done = subprocess.run([str(program), *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=plain_env(HOME=str(self.home)), timeout=120)
            assert done.returncode == 0, f"tshark {' '.join(args)}: {done.returncode}: {done.stderr.decode('utf-8', 'replace')}"
            return done.stdout

        return kept((str(program), *key), ask)

    def text(self, *args):
        return self.path(*args).read_text(errors="replace")

    def fields(self, capture, *fields, more=()):
        """`-T fields` text with a header line, under the pinned preferences."""
        command = ["-n"]
        for pref in PINNED:
            command += ["-o", pref]
        command += ["-r", capture, *more, "-T", "fields", "-E", "header=y", "-E", "separator=/t", "-E", "occurrence=a"]
        for field in fields or NEEDED:
            command += ["-e", field]
        return self.path(*command)


def each(fields):
    """['-e', f1, '-e', f2, ...]"""
    return [word for field in fields for word in ("-e", field)]


def descendants(pid):
    """Process ids of all living descendants of `pid`."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if words[0] != "Z":
            children.setdefault(int(words[1]), []).append(int(stat.parent.name))
    found, todo = [], [pid]
    while todo:
        for child in children.get(todo.pop(), []):
            found.append(child)
            todo.append(child)
    return found


def marked(value):
    """Process ids of living processes whose environment holds FLOWMETER_TEST_MARK=value."""
    want, found = f"FLOWMETER_TEST_MARK={value}".encode(), []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if want in environ.read_bytes().split(b"\0"):
                found.append(int(environ.parent.name))
        except OSError:
            continue
    return found


def next_message(manager):
    """The service manager's next message that is not about progress, of which how many come depends on the machine."""
    message = manager.recv(4096)
    while message.startswith(b"STATUS="):
        message = manager.recv(4096)
    return message
