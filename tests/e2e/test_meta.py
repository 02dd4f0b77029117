"""--meta: what was run on what, so that rows can be cited and made again; and the same counts with -v."""

import hashlib
import json
import signal
import subprocess
import time

import pytest

from helpers import REPO, binary, flowmeter, run, sh

DNS = REPO / "samples" / "dns.pcap"
SAMPLES = ["dns.pcap", "https.pcapng", "ipv6.pcapng", "unreachable.pcap"]


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def meta(tmp_path, *args, status=0, **options):
    path = tmp_path / "meta.json"
    result = flowmeter("--meta", path, *args, status=status, **options)
    return json.loads(path.read_text()), result


@pytest.mark.parametrize("name", SAMPLES)
def test_files_and_counts(name, tshark, tmp_path):
    capture = REPO / "samples" / name
    told, result = meta(tmp_path, capture)
    assert told["exit_status"] == 0 and told["message"] is None
    assert told["columns"] == result.header
    assert {"frame.time_epoch", "frame.len", "tcp.stream", "udp.stream", "tcp.flags"} <= set(told["fields"])
    assert told["arguments"] == ["--meta", str(tmp_path / "meta.json"), str(capture)]
    assert told["options"]["timeout"] == {"TCP": 600, "UDP": 600}
    assert told["tshark"]["version"] in tshark.text("--version")
    (entry,) = told["inputs"]
    assert (entry["name"], entry["status"], entry["message"]) == (str(capture), "complete", None)
    assert entry["files"] == [{"name": str(capture), "bytes": capture.stat().st_size, "sha256": sha256(capture)}]
    assert "tshark" in entry["command"] and "udp.stream" in entry["command"]

    times = [line for line in tshark.text("-r", capture, "-T", "fields", "-e", "frame.time_epoch").splitlines()]
    frames = entry["frames"]
    assert frames["read"] == len(times)
    assert frames["read"] == sum(
        frames[kind] for kind in ("with_packet", "without_transport", "only_quoted", "cut_header"))
    quoted = tshark.text("-r", capture, "-Y", "(icmp or icmpv6) and (tcp or udp)").splitlines()
    assert frames["only_quoted"] == len(quoted)
    for edge, which in (("earliest_frame", min(times)), ("latest_frame", max(times))):
        seconds, _, fraction = which.partition(".")
        assert entry[edge] == time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(int(seconds))) + fraction + "Z"

    rows = [dict(zip(result.header, row)) for row in result.rows]
    for protocol, ended in entry["flows"].items():
        mine = [row for row in rows if row["protocol"] == protocol]
        assert sum(ended.values()) == ended["end_of_input"] == len(mine)
        assert entry["packets"][protocol] == sum(int(row["fwd_tot_pkt"]) + int(row["bwd_tot_pkt"]) for row in mine)
    assert sum(sum(ended.values()) for ended in entry["flows"].values()) == len(rows)


def test_the_rows_are_the_same(tmp_path):
    assert meta(tmp_path, DNS)[1].out == flowmeter(DNS).out


def test_flows_by_reason(tmp_path):
    told, _ = meta(tmp_path, "-t", "5", REPO / "samples" / "idle.pcap")
    ended = [reasons for reasons in told["inputs"][0]["flows"].values()]
    assert sum(reasons["idle"] for reasons in ended) > 0


def test_standard_input_is_hashed_as_it_comes(tmp_path):
    told, _ = meta(tmp_path, "-", data=DNS.read_bytes())
    assert told["inputs"][0]["files"] == [{"name": "-", "bytes": DNS.stat().st_size, "sha256": sha256(DNS)}]
    with DNS.open() as stdin:
        told, _ = meta(tmp_path, "-", stdin=stdin)
    assert told["inputs"][0]["files"][0]["sha256"] == sha256(DNS)


def test_text_on_standard_input_is_hashed(tshark, tmp_path):
    text = tshark.path("-n", "-r", DNS, "-T", "ek")
    told, _ = meta(tmp_path, "-", data=text.read_bytes())
    assert told["inputs"][0]["files"][0]["sha256"] == sha256(text)
    assert told["inputs"][0]["command"] is None and "tshark" not in told


def test_several_tsharks(tmp_path, small):
    told, _ = meta(tmp_path, "-j", "2", small)
    assert told["inputs"][0]["files"][0]["sha256"] == sha256(small)
    assert told["inputs"][0]["frames"]["read"] == told["inputs"][0]["frames"]["with_packet"] == 60


def test_damage_and_what_was_not_read_are_told(tmp_path):
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(DNS.read_bytes()[:-7])
    told, _ = meta(tmp_path, cut, tmp_path / "none.pcap", DNS, status=1)
    assert told["exit_status"] == 1
    damaged, none, whole = told["inputs"]
    assert damaged["status"] == "damaged" and "cut short" in damaged["message"]
    assert damaged["files"][0]["sha256"] == sha256(cut)
    assert none["status"] == "nothing done" and "No such file" in none["message"]
    assert whole["status"] == "complete"


def test_written_when_the_run_is_interrupted(tmp_path):
    path = tmp_path / "meta.json"
    process = subprocess.Popen([binary(), "--meta", str(path), "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdin.write(DNS.read_bytes())
    process.stdin.flush()
    time.sleep(3)
    assert not path.exists()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    told = json.loads(path.read_text())
    assert told["exit_status"] == 130 and told["inputs"][0]["status"] == "interrupted"
    assert told["inputs"][0]["files"][0]["sha256"] == sha256(DNS)


def test_written_when_the_reader_leaves(tmp_path, big):
    path = tmp_path / "meta.json"
    sh(f'"$FLOWMETER" --meta {path} -t 0.001 {big} | head -1', timeout=60).expect(0)
    assert json.loads(path.read_text())["exit_status"] == 0


def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path):
    result = run([binary(), "--meta", tmp_path / "none" / "meta.json", DNS])
    assert result.status != 0 and result.out == b""
    result.one_message("meta.json", "No such file")


def test_nothing_that_is_read_is_written_over(tmp_path):
    capture, other = tmp_path / "x.pcap", tmp_path / "link.pcap"
    capture.write_bytes((REPO / "samples" / "reset.pcap").read_bytes())
    other.symlink_to(capture)
    for options in (["-o", other], ["--meta", capture], ["--continuous", "-o", capture]):
        flowmeter(*options, capture, status=2).one_message("is an input as well as an output")
    flowmeter("-o", tmp_path / "out", "--meta", tmp_path / "out", capture, status=2).one_message("--meta")
    assert capture.read_bytes() == (REPO / "samples" / "reset.pcap").read_bytes()
    assert sorted(tmp_path.iterdir()) == [other, capture]


def test_verbose_prints_the_counts():
    told = flowmeter("-v", DNS).err
    assert "66 frames: 60 with packets, 6 without a transport" in told
    assert "TCP: 30 packets in 3 flows; UDP: 30 packets in 10 flows" in told
