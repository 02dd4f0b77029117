"""--meta: what was run on what, so that rows can be cited and made again; and the same counts with -v."""

import hashlib
import json
import os
import re
import shutil
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


def told_of(path, complete=True):
    return {"name": str(path), "bytes": path.stat().st_size, "sha256": sha256(path) if complete else None, "complete": complete}


def test_the_output_is_told(tmp_path):
    out = tmp_path / "rows.csv"
    assert meta(tmp_path, DNS, "-o", out)[0]["outputs"] == [told_of(out)]
    told, result = meta(tmp_path, DNS)
    assert told["outputs"] == [{"name": "-", "bytes": len(result.out), "sha256": hashlib.sha256(result.out).hexdigest(), "complete": True}]
    captures = [REPO / "samples" / name for name in SAMPLES]
    told, _ = meta(tmp_path, *captures, "-o", f"{tmp_path}/rows/")
    assert told["outputs"] == [told_of(tmp_path / "rows" / f"{capture.stem}_flow.csv") for capture in captures]
    told, _ = meta(tmp_path, DNS, "-o", tmp_path / "part.csv", "--rotate-rows", "5")
    assert told["outputs"] == [told_of(tmp_path / f"part{end}.csv") for end in ("", "-2", "-3")]
    told, _ = meta(tmp_path, tmp_path / "none.pcap", "-o", out, status=2)
    assert told["outputs"] == []


def test_an_output_that_is_not_whole_is_told_as_such(tmp_path, medium):
    path, out = tmp_path / "meta.json", tmp_path / "rows.csv"
    sh(f'ulimit -f 40; "$FLOWMETER" --meta {path} -t 0.5 {medium} -o {out}').expect(1)
    assert json.loads(path.read_text())["outputs"] == [told_of(tmp_path / "rows.csv.incomplete", complete=False)]


def test_all_options_are_told(tmp_path):
    rules, key = tmp_path / "rules.csv", tmp_path / "key"
    rules.write_text("label,dport\nnames,53\n")
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    told, result = meta(tmp_path, DNS, "--labels", rules, "--label-time", "start", "--label-default", "none", "--anonymize", key,
                        "--splt", "3", "--splt-layout", "list", "--field", "ip.ttl:fwd:min", "--list-max", "5", "--cid-seed", "7",
                        "--time-digits", "3", "--safe-cells", "--keep-going", "--decoder", "ek", "--columns", "+id")
    options = told["options"]
    assert options["labels"] == {"name": str(rules), "sha256": sha256(rules), "time": "start", "time_zone": "UTC", "default": "none"}
    assert options["anonymize"] == {"sha256": sha256(key)}
    text = json.dumps(told)
    assert key.read_bytes().hex() not in text and "\\u0001\\u0002" not in text
    assert options["splt"] == {"packets": 3, "of": "all", "layout": "list"}
    assert options["field"] == ["ip.ttl:fwd:min"]
    assert (options["list_max"], options["cid_seed"], options["time_digits"]) == (5, 7, 3)
    assert options["safe_cells"] and options["keep_going"] and options["decoder"] == "ek"
    assert not options["partial"]
    part = tmp_path / "x.part"
    told, _ = meta(tmp_path, DNS, "--partial", "--segment", "2/3", "--after", REPO / "samples" / "ntp.pcap", "-o", part)
    assert (told["options"]["partial"], told["options"]["segment"]) == (True, "2/3")
    assert told["options"]["after"].endswith("ntp.pcap") and told["outputs"] == [told_of(part)]


def test_a_key_from_a_pipe_is_digested_as_it_is_read(tmp_path):
    key = bytes(range(32))
    (tmp_path / "key").write_bytes(key)
    sh(f'cd {tmp_path}; "$FLOWMETER" --meta meta.json --anonymize <(cat key) {DNS}').expect(0)
    assert json.loads((tmp_path / "meta.json").read_text())["options"]["anonymize"] == {"sha256": hashlib.sha256(key).hexdigest()}


def test_a_run_can_be_repeated(tmp_path):
    """From what is told alone, relative names included."""
    (tmp_path / "rules.csv").write_text("label,dport\nnames,53\n")
    (tmp_path / "x.pcap").write_bytes(DNS.read_bytes())
    first = flowmeter("x.pcap", "--labels=rules.csv", "--columns", "+id", "-o", "rows.csv", "--meta", "run.json", cwd=tmp_path)
    told = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "rows.csv").unlink()
    run([binary(), *told["arguments"]], cwd=told["directory"]).expect(first.status)
    assert told["outputs"] == [told_of(tmp_path / "rows.csv") | {"name": "rows.csv"}]


def test_to_standard_output(tmp_path):
    out = tmp_path / "rows.csv"
    got = flowmeter(DNS, "--meta", "-", "-o", out, cwd=tmp_path).silent()
    assert json.loads(got.out)["outputs"] == [told_of(out)]
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
    for options in ([], ["-o", "-"], ["-o", "/dev/stdout"]):
        got = flowmeter(DNS, "--meta", "-", *options, status=2).one_message("--meta")
        assert got.out == b""


def test_the_commit_is_told(tmp_path):
    commit = meta(tmp_path, DNS)[0]["flowmeter"]["commit"]
    assert commit is None or re.fullmatch(r"[0-9a-f]{40}(-dirty)?", commit)


@pytest.mark.parametrize("place", ["checkout", "worktree", "archive", "archive in another checkout"])
def test_the_commit_of_a_build(place, tmp_path):
    """What the build puts into the program, in a repository with nothing but what the build needs for that."""
    if not all(map(shutil.which, ("git", "meson", "ninja"))):
        pytest.skip("needs git, meson and ninja")
    source, env = tmp_path / "source", dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null", PATH=f"/usr/bin:/bin:{os.environ['PATH']}")
    (source / "src").mkdir(parents=True)
    build = (REPO / "src" / "meson.build").read_text()
    (source / "src" / "meson.build").write_text(re.search(r"^commit = vcs_tag\(.*?^\)\n", build, re.M | re.S).group())
    shutil.copy(REPO / "src" / "commit.h.in", source / "src")
    (source / "meson.build").write_text("project('x')\nsubdir('src')\n")

    def git(*words, folder=source):
        return run(["git", "-C", folder, "-c", "user.name=x", "-c", "user.email=x@localhost", *words], env=env).expect(0).out.decode().strip()

    expected = "-"
    if place in ("checkout", "worktree"):
        git("init", "-q")
        git("add", ".")
        git("commit", "-qm", "x")
        git("tag", "-am", "x", "v1")
        expected = git("rev-parse", "HEAD")
        if place == "worktree":
            git("worktree", "add", "-q", tmp_path / "other")
            source = tmp_path / "other"
    elif place == "archive in another checkout":
        git("init", "-q", folder=tmp_path)
        git("add", ".", folder=tmp_path)
        git("commit", "-qm", "x", folder=tmp_path)

    def built():
        run(["ninja", "-C", tmp_path / "build"], env=env).expect(0)
        return re.search(r'commit = "(.*)"', (tmp_path / "build" / "src" / "commit.h").read_text()).group(1)

    run(["meson", "setup", tmp_path / "build", source], env=env, timeout=60).expect(0)
    assert built() == expected
    if expected != "-":
        with (source / "meson.build").open("a") as file:
            file.write("\n")
        assert built() == expected + "-dirty"


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
        flowmeter(*options, capture, status=2).one_message("is both an input and an output")
    flowmeter("-o", tmp_path / "out", "--meta", tmp_path / "out", capture, status=2).one_message("--meta")
    assert capture.read_bytes() == (REPO / "samples" / "reset.pcap").read_bytes()
    assert sorted(tmp_path.iterdir()) == [other, capture]


def test_verbose_prints_the_counts():
    told = flowmeter("-v", DNS).err
    assert "66 frames: 60 with packets, 6 without a transport" in told
    assert "TCP: 30 packets in 3 flows; UDP: 30 packets in 10 flows" in told
