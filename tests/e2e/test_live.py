"""On a wire: two network namespaces with a veth pair between them. Needs root."""

import csv
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager

import pytest

from helpers import binary, descendants, flowmeter, next_message, run

A, B = "10.98.0.1", "10.98.0.2"
COLUMNS = "protocol,src_port,dst_port,fwd_tot_pkt,fwd_tot_byte,bwd_tot_pkt,bwd_tot_byte,end_reason"


class Wire:
    """Two hosts; commands run in one of them."""

    def __init__(self, number):
        self.names = [f"fmtest{os.getpid()}x{number}{side}" for side in "ab"]

    def setup(self):
        for name in self.names:
            subprocess.run(["ip", "netns", "add", name], check=True, stderr=subprocess.PIPE)
        first, second = self.names
        subprocess.run(["ip", "link", "add", "wire", "netns", first, "type", "veth", "peer", "name", "wire", "netns", second],
                       check=True, stderr=subprocess.PIPE)
        for name, address in zip(self.names, (A, B)):
            # IPv6 would make frames of its own.
            self.run(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            for words in (("address", "add", f"{address}/24", "dev", "wire"), ("link", "set", "lo", "up"), ("link", "set", "wire", "up")):
                subprocess.run(["ip", "-n", name, *words], check=True)

    def close(self):
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)

    def inside(self, name, *command):
        return ["ip", "netns", "exec", name, *map(str, command)]

    def run(self, name, *command):
        return subprocess.run(self.inside(name, *command), check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)

    def python(self, side, text):
        """Runs a script on a host, which may listen before it prints a line."""
        return subprocess.Popen(self.inside(self.names[side], sys.executable, "-uc", textwrap.dedent(text)),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def wire():
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("needs root and iproute2, for network namespaces")
    made = Wire(0)
    try:
        made.setup()
    except subprocess.CalledProcessError as error:
        made.close()
        pytest.skip(f"no network namespaces here: {error.stderr.decode().strip()}")
    yield made
    made.close()


class Live:
    """A flowmeter on the wire that has begun to capture."""

    def __init__(self, process, rows):
        self.process, self.rows = process, rows

    def text(self):
        return self.rows.read_text()

    def wait_for(self, what, seconds=20):
        """Waits until the rows are so."""
        deadline = time.monotonic() + seconds
        while not what(self.text()):
            assert time.monotonic() < deadline, f"not within {seconds} s: {self.text()}{self.process.poll()}"
            time.sleep(0.05)

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.result()

    def result(self):
        self.process.wait(timeout=20)
        return self.process.returncode, list(csv.DictReader(io.StringIO(self.text()))), self.process.stderr.read().decode()


@contextmanager
def live(wire, tmp_path, *options):
    rows = tmp_path / "rows.csv"
    with rows.open("wb") as out:
        process = subprocess.Popen(wire.inside(wire.names[0], binary(), "-i", "wire", "--columns", COLUMNS, *options),
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE)
    try:
        begun(process)
        yield Live(process, rows)
    finally:
        process.kill()
        process.wait()


def begun(process):
    """Waits until dumpcap has the interface: it holds a packet socket then."""
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        for pid in descendants(process.pid):
            try:
                if "dumpcap" in open(f"/proc/{pid}/comm").read() and len(open(f"/proc/{pid}/net/packet").readlines()) > 1:
                    time.sleep(0.2)
                    return
            except OSError:
                pass
        time.sleep(0.02)


def talk(wire, datagrams=3, port=5001):
    """Requests of one flow, each with its answer."""
    server = wire.python(1, f"""
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("{B}", {port}))
        print("there")
        for _ in range({datagrams}):
            data, source = s.recvfrom(2048)
            s.sendto(data, source)
    """)
    server.stdout.readline()
    client = wire.python(0, f"""
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.connect(("{B}", {port}))
        for _ in range({datagrams}):
            s.send(b"x" * 100)
            s.recv(2048)
    """)
    assert client.wait(timeout=20) == 0 and server.wait(timeout=20) == 0


def download(wire, size=300_000, port=8080):
    """A TCP connection that carries something, from its SYN to both FINs."""
    server = wire.python(1, f"""
        import socket
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("{B}", {port}))
        s.listen()
        print("there")
        peer, _ = s.accept()
        peer.recv(2048)
        peer.sendall(b"x" * {size})
        peer.close()
    """)
    server.stdout.readline()
    client = wire.python(0, f"""
        import socket
        s = socket.create_connection(("{B}", {port}))
        s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        while s.recv(65536):
            pass
        s.close()
    """)
    assert client.wait(timeout=20) == 0 and server.wait(timeout=20) == 0


def scan(wire, ports=range(100, 160)):
    wire.python(0, f"""
        import socket
        for port in {list(ports)}:
            s = socket.socket()
            s.connect_ex(("{B}", port))
            s.close()
    """).wait(timeout=20)


def test_a_flow_is_written_while_the_wire_is_silent(wire, tmp_path):
    """Nothing comes after it, and still it ends by its time-out."""
    with live(wire, tmp_path, "-t", "1", "-f", "udp") as meter:
        talk(wire)
        meter.wait_for(lambda text: "idle" in text)
        status, rows, said = meter.end()
    assert (status, said) == (130, "")
    assert [(row["dst_port"], row["fwd_tot_pkt"], row["bwd_tot_byte"], row["end_reason"]) for row in rows] == [
        ("5001", "3", str(3 * 142), "idle")]


def test_the_same_as_of_a_file_captured_beside_it(wire, tmp_path):
    capture = tmp_path / "beside.pcapng"
    beside = subprocess.Popen(wire.inside(wire.names[0], "dumpcap", "-q", "-B", "16", "-i", "wire", "-f", "tcp or udp", "-w", capture),
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    begun(beside)
    with live(wire, tmp_path, "-f", "tcp or udp", "-t", "2") as meter:
        talk(wire)
        download(wire, 300_000)
        scan(wire)
        time.sleep(1)
        status, rows, said = meter.end()
    beside.send_signal(signal.SIGINT)
    assert beside.wait(timeout=20) == 0 and (status, said) == (130, "")

    def flows(all_rows):
        return sorted(tuple(row[name] for name in COLUMNS.split(",")[:-1]) for row in all_rows)

    file = flowmeter("--columns", COLUMNS, "-t", "2", capture)
    assert flows(rows) == flows(dict(zip(file.header, row)) for row in file.rows)
    assert len(rows) > 60
    assert max(int(row["bwd_tot_byte"]) for row in rows) > 300_000


def test_so_many_frames(wire, tmp_path):
    with live(wire, tmp_path, "-f", "udp", "-c", "4") as meter:
        talk(wire)
        status, rows, said = meter.result()
    assert (status, said) == (0, "")
    assert [(row["fwd_tot_pkt"], row["bwd_tot_pkt"], row["end_reason"]) for row in rows] == [("2", "2", "eof")]


def test_for_so_long(wire, tmp_path):
    with live(wire, tmp_path, "-f", "udp", "--duration", "3", "--meta", tmp_path / "run.json") as meter:
        talk(wire)
        status, rows, _ = meter.result()
    assert status == 0 and len(rows) == 1
    [told] = json.loads((tmp_path / "run.json").read_text())["inputs"]
    assert "6" in json.dumps(told["frames"])
    assert "dropped" in json.dumps(told)


def test_a_closed_connection_ends(wire, tmp_path):
    with live(wire, tmp_path, "-f", "tcp", "--end-on", "close=0.5") as meter:
        download(wire, 1000)
        meter.wait_for(lambda text: "close" in text)
        status, rows, _ = meter.end()
    assert status == 130 and [row["end_reason"] for row in rows] == ["close"]


def test_several_interfaces(wire, tmp_path):
    with live(wire, tmp_path, "-i", "lo", "-f", "udp", "-c", "8") as meter:
        talk(wire)
        wire.python(0, """
            import socket
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for _ in range(2):
                s.sendto(b"x", ("127.0.0.1", 5002))
        """).wait(timeout=20)
        status, rows, _ = meter.result()
    assert status == 0 and {row["dst_port"] for row in rows} == {"5001", "5002"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_all_rows(wire, tmp_path, number):
    with live(wire, tmp_path) as meter:
        talk(wire)
        helpers = descendants(meter.process.pid)
        start = time.monotonic()
        status, rows, _ = meter.end(number)
        took = time.monotonic() - start
    assert status == 128 + number and "5001" in {row["dst_port"] for row in rows}
    assert took < 10  # two seconds on a machine with nothing else to do
    assert_gone(helpers)


def test_nothing_survives_its_sudden_death(wire, tmp_path):
    with live(wire, tmp_path) as meter:
        talk(wire)
        helpers = descendants(meter.process.pid)
        assert len(helpers) >= 1
        meter.process.kill()
        meter.process.wait()
        assert_gone(helpers)


def assert_gone(pids):
    deadline = time.monotonic() + 10
    while any(os.path.exists(f"/proc/{pid}") and "Z" not in state_of(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still there: {[state_of(pid) for pid in pids]}"
        time.sleep(0.05)


def state_of(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_no_temporary_file(wire, tmp_path):
    (tmp_path / "tmp").mkdir()
    rows = tmp_path / "rows.csv"
    process = subprocess.Popen(wire.inside(wire.names[0], binary(), "-i", "wire", "-o", rows),
                               stdin=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(tmp_path / "tmp")})
    begun(process)
    talk(wire)
    assert os.listdir(tmp_path / "tmp") == []
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)
    assert len(rows.read_text().splitlines()) >= 2


def test_a_slow_reader_loses_nothing(wire, tmp_path):
    """Rows wait in the pipe and in us, frames in dumpcap and the kernel."""
    process = subprocess.Popen(wire.inside(wire.names[0], binary(), "-i", "wire", "-f", "udp", "-t", "0.2", "--columns", COLUMNS),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    begun(process)
    for _ in range(3):
        talk(wire)
        time.sleep(0.5)
    out = []
    reader = threading.Thread(target=lambda: out.append(process.stdout.read()))
    process.send_signal(signal.SIGSTOP)
    talk(wire)
    time.sleep(0.5)
    process.send_signal(signal.SIGCONT)
    time.sleep(1)
    reader.start()
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)
    reader.join(timeout=20)
    rows = list(csv.DictReader(io.StringIO(out[0].decode())))
    assert sum(int(row["fwd_tot_pkt"]) + int(row["bwd_tot_pkt"]) for row in rows) == 4 * 6


def test_what_dumpcap_cannot_do_is_told(wire):
    inside = [*wire.inside(wire.names[0], binary())]
    run([*inside, "-i", "nosuch0"]).expect(2).one_message("nosuch0", "--list-interfaces")
    run([*inside, "-i", "wire", "-f", "udp port port"]).expect(2).one_message("filter")


def test_rights_that_are_missing_are_told(wire, tmp_path):
    if not shutil.which("setpriv"):
        pytest.skip("needs setpriv")
    dumpcap = shutil.which("dumpcap")
    if subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", dumpcap, "-v"], check=False,
                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
        words = "no permission to capture"
    else:
        words = "no permission to run it"  # Debian can be told so
    done = run(wire.inside(wire.names[0], "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", reachable(tmp_path), "-i", "wire"),
               env={**os.environ, "HOME": "/nonexistent", "ASAN_OPTIONS": "detect_leaks=0"})
    done.expect(2).one_message(words, "setcap")


def rights_of(pid):
    """All sets of capabilities of a process, but for the bound."""
    status = open(f"/proc/{pid}/status").read()
    return {name: int(value, 16) for name, value in re.findall(r"^(Cap(?:Inh|Prm|Eff|Amb)):\t(\w+)", status, re.M)}


def test_rights_are_handed_to_dumpcap_alone(wire, tmp_path):
    """As the service's unit has it: the right to capture comes with the process, and nothing that reads packets has it."""
    if not shutil.which("setpriv"):
        pytest.skip("needs setpriv")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    os.chmod(tmp_path / "notify", 0o777)
    manager.settimeout(30)
    program = reachable(tmp_path)
    process = subprocess.Popen(
        wire.inside(wire.names[0], "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
                    "--bounding-set=-all,+net_raw,+net_admin", "--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw",
                    program, "-i", "wire", "-f", "udp", "--columns", COLUMNS),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "HOME": "/nonexistent", "NOTIFY_SOCKET": str(tmp_path / "notify"), "ASAN_OPTIONS": "detect_leaks=0"})
    try:
        assert next_message(manager) == b"READY=1"  # so it captures
        talk(wire)
        deadline = time.monotonic() + 20
        names = {}
        while "tshark" not in names.values() and time.monotonic() < deadline:
            names = {pid: open(f"/proc/{pid}/comm").read().strip() for pid in descendants(process.pid)}
        assert {"dumpcap", "tshark"} <= set(names.values())
        for pid in (process.pid, *(pid for pid, name in names.items() if name == "tshark")):
            assert set(rights_of(pid).values()) == {0}, names.get(pid, "flowmeter")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, err) == (143, "")
        assert [(row["dst_port"], row["fwd_tot_pkt"]) for row in csv.DictReader(io.StringIO(out))] == [("5001", "3")]
    finally:
        process.kill()
        manager.close()


def test_the_service_is_ready_though_the_wire_is_silent(wire, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        process = subprocess.Popen(wire.inside(wire.names[0], binary(), "-i", "wire", "-f", "udp"), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert next_message(manager) == b"READY=1"
        assert len(wire.run(wire.names[0], "cat", "/proc/net/packet").stdout.splitlines()) > 1
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130


def test_progress_tells_of_frames_flows_and_losses(wire, tmp_path):
    with live(wire, tmp_path, "--progress", "-f", "udp") as meter:
        talk(wire)
        line = r"wire: 6 packets, \d+/s, flows: 1 open, 0 written, 0 dropped by the interface\n"
        for said in iter(lambda: meter.process.stderr.readline().decode(), ""):
            if re.fullmatch(line, said):
                break
            assert "0 packets" in said, said
        meter.process.send_signal(signal.SIGUSR1)
        said = meter.process.stderr.readline().decode()
        assert re.match(r"flowmeter: wire: 6 frames, 1 flows open, 0 written, \d+\.\d s, 0 frames dropped by the interface", said), said
        meter.end()


def reachable(tmp_path):
    """The program where everybody may run it."""
    for place in (tmp_path, *tmp_path.parents):
        if place.owner() == "root" and str(place).startswith("/tmp/"):
            place.chmod(0o755)
    return shutil.copy(binary(), tmp_path / "flowmeter")


def test_options_that_need_a_wire():
    for option in (["-f", "udp"], ["--duration", "1"]):
        flowmeter(*option, "x.pcap", status=2).one_message(option[0] if option[0].startswith("--") else "-i")
    flowmeter("-i", "lo", "x.pcap", status=2).one_message("-i")


def test_interfaces_are_listed():
    done = run([binary(), "--list-interfaces"])
    if done.status != 0:
        pytest.skip("dumpcap sees no interface")
    assert re.search(r"\blo\b", done.out.decode())
