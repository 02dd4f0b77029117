"""--partial and merge: captures metered one by one and put together give the rows of all of them as one."""

import json
import shutil
import signal
import subprocess

import pytest

from helpers import REPO, binary, flowmeter, shared_captures

SAMPLES = ["https.pcapng", "ssh.pcap", "reuse.pcap", "tunnel.pcap", "dns.pcap", "unreachable.pcap", "reset.pcap"]
GROUPS = ["--columns", "flowmeter,id,extra", "--splt", "4"]
AGGREGATES = "count,n,any,first,last,distinct,mode,min,max,sum,mean,std,skew,kurt,sstd,cv,median,q25,entropy,list,set,p10"
FIELDS = ["--field", f"ip.ttl:{AGGREGATES}", "--field", f"ip.id:{AGGREGATES}", "--list-max", "30", "-t", "1"]


def split(capture, frames, folder):
    """The capture in files of so many frames, in order."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["editcap", "-F", "pcapng", "-c", str(frames), capture, folder / "s.pcapng"], check=True)
    return sorted(folder.iterdir())


def make_parts(captures, *options, segments=False, after=True):
    """A part beside each capture."""
    parts = []
    for i, capture in enumerate(captures):
        part = capture.with_suffix(".part")
        more = ["--segment", f"{i + 1}/{len(captures)}"] if segments else []
        more += ["--after", captures[i - 1]] if after and i else []
        flowmeter("-q", "--partial", *options, *more, capture, "-o", part)
        parts.append(part)
    return parts


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("options", [[], GROUPS, ["-t", "0.05,udp=0.01", "--direction", "handshake"], ["--schema", "nfstream", "-t", "1"],
                                     FIELDS],
                         ids=["default", "groups", "timeouts", "nfstream", "fields"])
def test_parts_give_the_rows_of_the_whole(name, options, tmp_path):
    captures = split(REPO / "samples" / name, 17, tmp_path / "captures")[: 5 if options else 12]
    whole = flowmeter("-q", "--continuous", *options, *captures)
    parts = make_parts(captures, *options)
    assert flowmeter("merge", *reversed(parts)).silent().out == whole.out
    middle = tmp_path / "middle.part"
    flowmeter("merge", "--partial", "-o", middle, *parts[-2:]).silent()
    assert flowmeter("merge", middle, *parts[:-2]).silent().out == whole.out


@pytest.mark.shared
@pytest.mark.parametrize("path", shared_captures(), ids=[path.name for path in shared_captures()])
def test_shared_captures(path, tmp_path):
    """Halves of them; those whose frames parts cannot have are refused, and nothing else is."""
    count = subprocess.run(["capinfos", "-cTr", path], stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    if not count or not count[-1].isdigit() or int(count[-1]) < 2:
        pytest.skip("no two frames")
    captures = split(path, int(count[-1]) // 2 + 1, tmp_path / "captures")
    options = ["--columns", "flowmeter,id", "-t", "2"]
    whole = flowmeter("--continuous", *options, *captures, status=None)
    if whole.status != 0:
        pytest.skip("is damaged")
    if "without a time stamp" in whole.err:
        parts = [flowmeter("--partial", *options, capture, status=None) for capture in captures]
        refused = [part for part in parts if "has no time stamp, which a part needs" in part.err]
        assert refused and all(part.status == 1 for part in refused), repr(parts)
        return
    assert flowmeter("merge", *make_parts(captures, *options)).out == whole.out


@pytest.fixture
def captures(tmp_path):
    return split(REPO / "samples" / "https.pcapng", 40, tmp_path / "captures")


@pytest.fixture
def parts(captures):
    return make_parts(captures, segments=True)


def refused(*arguments):
    return flowmeter("merge", *arguments, status=2).one_message("").err


def test_what_is_missing_doubled_or_overlaps_is_named(parts, tmp_path):
    total = len(parts)
    assert total >= 4
    first, second, third, *rest = parts
    assert f"segment 2 of {total} is missing before {third}" in refused(first, third, *rest)
    assert f"segments 1 to 2 of {total} are missing before" in refused(third, *rest)
    assert f"segment {total} of {total} is missing after {parts[-2]}" in refused(*parts[:-1])
    assert "are both parts of" in refused(*parts, first)
    both = tmp_path / "both.part"
    flowmeter("merge", "--partial", first, second, "-o", both).silent()
    assert "are both parts of" in refused(both, second, third, *rest)
    assert flowmeter("merge", both, third, *rest).silent().out == flowmeter("merge", *parts).out
    text = second.read_text().replace(json.loads(second.read_text().splitlines()[0])["captures"][0], "another")
    other = tmp_path / "other.part"
    other.write_text(text)
    assert "overlap: segments 1 to 2 and segment 2" in refused(both, other, third, *rest)


def test_a_capture_under_two_names(captures, tmp_path):
    copy = tmp_path / "copy.pcapng"
    shutil.copy(captures[0], copy)
    got = flowmeter("merge", *make_parts([captures[0], copy], after=False), "-o", tmp_path / "rows", status=1)
    assert "holds the same frames as" in got.err
    assert not (tmp_path / "rows").exists()


def test_strangers_are_refused(captures, parts, tmp_path):
    first, second = parts[:2]
    other = tmp_path / "other.part"
    flowmeter("--partial", "-t", "60", "--segment", f"2/{len(parts)}", captures[1], "-o", other)
    assert 'its timeout of tcp is "60", not "600"' in refused(first, other)
    other.write_text(second.read_text().replace('"flowmeter_part":3', '"flowmeter_part":1'))
    assert "another version" in refused(first, other)
    other.write_text(second.read_text().replace('"tshark":"', '"tshark":"9.'))
    assert "its tshark is" in refused(first, other)
    other.write_text("a,b\n1,2\n")
    assert "is not a part" in refused(first, other)
    other.write_text("")
    assert "is empty" in refused(other)
    assert "No such file" in refused(tmp_path / "none")
    assert "was made with --segment" in refused(first, *make_parts([captures[1]]))


def test_parts_that_are_not_whole(parts, tmp_path):
    """A task that was killed has left no end."""
    text = parts[1].read_bytes()
    rows = tmp_path / "rows"
    for size in (len(text) - 1, len(text) - 60, len(text) // 2):
        parts[1].write_bytes(text[:size])
        got = flowmeter("merge", "-o", rows, *parts, status=1)
        assert parts[1].name in got.err and ("cut short" in got.err or "torn" in got.err or "end" in got.err), got
        assert not rows.exists()
    lines = text.splitlines(keepends=True)
    parts[1].write_bytes(b"".join(lines[:3] + [b'["e",0,1,2]\n'] + lines[3:]))
    got = flowmeter("merge", *parts, status=1)
    assert "line 4" in got.err


def test_compressed_parts_and_standard_input(parts):
    whole = flowmeter("merge", *parts).out
    packed = []
    for part in parts[1:]:
        subprocess.run(["zstd", "-q", "--rm", part], check=True)
        packed.append(part.with_name(part.name + ".zst"))
    assert flowmeter("merge", "-", *packed, data=parts[0].read_bytes()).silent().out == whole


def test_forms_and_columns(captures, tmp_path):
    """The last merge decides what is shown; of what was not recorded it says so."""
    parts = make_parts(captures, "--columns", "+id")
    for options in (["--format", "jsonl"], ["--columns", "src_ip,dst_ip,fwd_tot_pkt", "--format", "tsv"], ["--drop-ids", "--na", ""],
                    ["--no-header", "--time-digits", "9"]):
        selected = options if "--columns" in options else ["--columns", "+id", *options]
        assert flowmeter("merge", *options, *parts).out == flowmeter("-q", "--continuous", *selected, *captures).out
    assert "column ttl_fwd_min was not recorded" in refused("--columns", "+ttl_fwd_min", *parts) or \
        "was not recorded" in refused("--columns", "+extra", *parts)
    assert "give it to the last merge" in refused("--partial", "--format", "tsv", *parts)


@pytest.mark.parametrize("options", [["--active-timeout", "5"], ["--end-on", "close"], ["--clock", "monotone"], ["--max-flows", "5"],
                                     ["--schema", "pyflowmeter"], ["--columns", "+l7"], ["--field", "http.host"], ["--format", "tsv"],
                                     ["-Y", "tcp"], ["--transport", "tcp,icmp"], ["--na", "x"], ["-i", "lo"]], ids=" ".join)
def test_what_parts_cannot_have(options, small):
    inputs = [] if "-i" in options else [small]
    got = flowmeter("--partial", *options, *inputs, status=2)
    assert "--partial" in got.err and got.out == b"", got


def test_options_that_need_it(small, tmp_path):
    assert "--partial" in flowmeter("--segment", "1/2", small, status=2).err
    for bad in ("0/2", "3/2", "1", "a/b", "1/2/3"):
        assert "N/TOTAL" in flowmeter("--partial", "--segment", bad, small, status=2).err
    assert "name a directory" in flowmeter("--partial", small, small, status=2).err
    got = flowmeter("--partial", "--after", tmp_path / "none", small, status=2)
    assert "--after" in got.err and "No such file" in got.err


def test_a_directory_gets_a_part_for_each_capture(captures, tmp_path):
    folder = tmp_path / "parts"
    flowmeter("-q", "--partial", *captures, "-o", f"{folder}/")
    assert sorted(p.name for p in folder.iterdir()) == [f"{c.stem}_flow.part" for c in captures]
    assert flowmeter("merge", *folder.iterdir()).out == flowmeter("--continuous", *captures).out


def test_text_is_refused(tmp_path, small):
    text = tmp_path / "x.ek"
    with text.open("wb") as out:
        subprocess.run(["tshark", "-n", "-r", small, "-T", "ek"], check=True, stdout=out, stderr=subprocess.DEVNULL)
    assert "is not a capture" in flowmeter("--partial", text, status=2).err


def test_a_damaged_capture_is_told_of(tmp_path, captures):
    """Its part holds what there was, and says that it is damaged; so does the merge."""
    cut = captures[1]
    cut.write_bytes(cut.read_bytes()[:-11])
    part = cut.with_suffix(".part")
    assert flowmeter("--partial", cut, "-o", part, status=1).err != ""
    other = make_parts([captures[0]])
    got = flowmeter("merge", *other, part, status=1)
    assert "its capture is damaged" in got.err
    assert got.out.count(b"\n") > 1


def test_an_interrupted_run_leaves_no_whole_part(tmp_path, captures):
    fifo = subprocess.Popen([binary(), "--partial", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # More than a pipe holds: when it is written the program reads, and knows what to do with signals.
    whole = captures[0].read_bytes()
    fifo.stdin.write(whole * (1 + 300_000 // len(whole)))
    fifo.stdin.flush()
    fifo.send_signal(signal.SIGINT)
    out, _ = fifo.communicate(timeout=30)
    assert fifo.returncode == 130
    part = tmp_path / "x.part"
    part.write_bytes(out)
    if out:
        assert flowmeter("merge", part, status=None).status in (1, 2)


def test_many_parts_in_little_memory(captures, tmp_path):
    """More than there are descriptors."""
    part = make_parts(captures[:1])[0].read_text()
    header = json.loads(part.splitlines()[0])
    rest = part.split("\n", 1)[1].rsplit("\n", 2)[0] + "\n"
    end = json.loads(part.splitlines()[-1])
    parts = []
    for i in range(300):
        path = tmp_path / f"{i}.part"
        head = json.dumps(header | {"captures": [str(i)], "segments": [i + 1, i + 1, 300]}, separators=(",", ":"))
        path.write_text(head + "\n" + rest + json.dumps(end | {"digest": f"{i:016x}"}, separators=(",", ":")) + "\n")
        parts.append(path)
    command = ["bash", "-c", 'ulimit -n 64; exec "$0" merge "$@"', binary(), *parts]
    got = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=60)
    assert got.returncode == 0, got.stderr
    assert got.stdout.count(b"\n") > 1


def test_help():
    text = flowmeter("merge", "--help").silent().out.decode()
    assert "Usage: flowmeter merge" in text and "--partial" in text
    assert "no parts" in flowmeter("merge", status=2).err
