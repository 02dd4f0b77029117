"""The command line: options, outputs, messages and exit status."""

import csv
import io
import os
import shutil
import tempfile
from pathlib import Path

import pytest

import packets
import reference
from helpers import NEEDED, SHARED, binary, each, flowmeter, run, sh

HEADER = ",".join(reference.COLUMNS) + "\n"


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def total_packets(result):
    return sum(int(r["fwd_tot_pkt"]) + int(r["bwd_tot_pkt"]) for r in table(result.out.decode()))


@pytest.fixture(scope="session")
def small_rows(small):
    """What the program prints for the small capture."""
    return flowmeter(small).silent().out.decode()


@pytest.fixture
def captures(tmp_path, small):
    """Three different captures: the small one's first 60, 40 and 20 frames."""
    frames = list(packets.small_frames())
    found = []
    for name, count in (("one.pcap", 60), ("two.pcap", 40), ("three.pcap", 20)):
        path = tmp_path / name
        path.write_bytes(packets.capture(frames[:count]))
        found.append(path)
    return found


def test_the_small_capture(small_rows, small, tshark):
    assert small_rows == reference.csv_text(reference.rows(tshark.fields(small).read_text()))
    assert len(table(small_rows)) == 10


# ---- help and usage -------------------------------------------------------------------------------------------

def test_version():
    got = flowmeter("--version").silent()
    assert got.out.decode().startswith("flowmeter ")
    assert any(c.isdigit() for c in got.out.decode())


def test_help():
    text = flowmeter("--help").silent().out.decode()
    for option in ("--output", "--timeout", "--schema", "--columns", "--list-columns", "--delimiter", "--no-header",
                   "--tshark", "--display-filter", "--decode-as", "--pref", "--print-command", "--recursive",
                   "--progress", "--version"):
        assert option in text, option
    assert "--read-size" not in text


@pytest.mark.parametrize("arguments", [
    ["--nosuch"], ["-t", "abc", "x.pcap"], ["-t", "-1", "x.pcap"], ["-t", "", "x.pcap"], ["-t"], ["-t", "nan", "x.pcap"],
    ["--schema", "nosuch", "x.pcap"], ["--columns", "duration,nosuch", "x.pcap"], ["--columns", "+nosuch", "x.pcap"],
    ["--delimiter", "ab", "x.pcap"], ["--delimiter", "", "x.pcap"], ["--delimiter", '"', "x.pcap"],
    ["--delimiter", "\n", "x.pcap"],
], ids=" ".join)
def test_bad_usage(arguments, small, tmp_path):
    shutil.copy(small, tmp_path / "x.pcap")
    got = flowmeter(*arguments, status=2, cwd=tmp_path)
    assert got.out == b""
    assert got.messages and got.messages[0].startswith("flowmeter: "), repr(got)


def test_no_input():
    got = flowmeter(status=2)
    assert got.out == b""
    assert got.err != ""


@pytest.mark.parametrize("arguments, word", [
    (["--nosuch"], "nosuch"), (["--schema", "nosuch", "x.pcap"], "nosuch"),
    (["--columns", "duration,nosuch", "x.pcap"], "nosuch"), (["-t", "abc", "x.pcap"], "abc"),
], ids=str)
def test_bad_usage_names_the_culprit(arguments, word):
    assert word in flowmeter(*arguments, status=2).messages[0]


# ---- inputs ---------------------------------------------------------------------------------------------------

def test_missing_file(tmp_path):
    got = flowmeter(tmp_path / "missing.pcap", status=2).one_message("missing.pcap", "No such file")
    assert got.out == b""


def test_missing_file_among_others(small, small_rows, tmp_path):
    """The others are done all the same, and the status tells."""
    for inputs in ([small, tmp_path / "missing.pcap"], [tmp_path / "missing.pcap", small]):
        got = flowmeter(*inputs, status=1).one_message("missing.pcap", "No such file")
        assert got.out.decode() == small_rows


def test_directory(tmp_path):
    got = flowmeter(tmp_path, status=2).one_message(str(tmp_path), "-r")
    assert got.out == b""


def as_nobody(*command):
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", *map(str, command)]


def test_unreadable_file(small):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "secret.pcap")
        shutil.copy(small, path)
        path.chmod(0)
        command = [binary(), path]
        if os.geteuid() == 0:  # root reads everything
            os.chmod(folder, 0o755)
            shutil.copy(binary(), folder)
            command = as_nobody(Path(folder, Path(binary()).name), path)
        run(command).expect(2).one_message("secret.pcap", "ermission")


@pytest.mark.parametrize("content", [
    b"hello, world\n", b"\xff\xfe\x00\x01" * 30, b"a,b,c\n1,2,3\n",
    b"GET / HTTP/1.1\r\n\r\n", b"PK\x03\x04" + bytes(50), b"<html></html>\n", b"frame.time_epoch,frame.len\n1.0,60\n",
], ids=lambda content: repr(content[:8]))
def test_not_a_capture(content, tmp_path):
    path = tmp_path / "thing.bin"
    path.write_bytes(content)
    got = flowmeter(path, status=2).one_message("thing.bin")
    assert got.out == b""
    got = flowmeter("-", data=content, status=2).one_message()
    assert got.out == b""


@pytest.mark.shared
@pytest.mark.parametrize("name", ["notcapture.txt"])
def test_shared_not_a_capture(shared, name):
    got = flowmeter(shared / "dialects/captures" / name, status=2).one_message(name)
    assert got.out == b""


@pytest.mark.parametrize("kind", ["pdml", "psml"])
def test_pdml(small, kind, tshark, tmp_path):
    text = tshark.path("-n", "-r", small, "-T", kind)
    got = flowmeter("-", data=text.read_bytes(), status=2).one_message("tshark", "-T ek")
    assert got.out == b""
    path = tmp_path / f"x.{kind}"
    shutil.copy(text, path)
    got = flowmeter(path, status=2).one_message(path.name, "-T ek")
    assert got.out == b""


@pytest.mark.parametrize("content", [
    b"", packets.pcap_header(), packets.pcap_header(nano=True), b"[]\n", b"[\n\n]\n", b"[ ]",
    "\t".join(NEEDED).encode() + b"\n",
], ids=["nothing", "pcap header", "nano header", "json", "json lines", "json spaces", "fields header"])
def test_no_packets(content, tmp_path):
    assert flowmeter("-", data=content).silent().out.decode() == HEADER
    path = tmp_path / "empty"
    path.write_bytes(content)
    assert flowmeter(path).silent().out.decode() == HEADER


def test_no_transport(tmp_path):
    path = tmp_path / "icmp.pcap"
    path.write_bytes(packets.capture([(10**18, packets.ETHER + packets.ipv4("192.0.2.1", "192.0.2.2", 1, b"\x08" + bytes(15)))]))
    assert flowmeter(path).silent().out.decode() == HEADER


def test_names_that_look_like_something_else(small, small_rows, tmp_path):
    for name in ("with space.pcap", "it's.pcap", "-t.pcap", "$(x).pcap", "ümläut.pcap", "a=b.pcap", "no_suffix"):
        shutil.copy(small, tmp_path / name)
        assert flowmeter(tmp_path / name).silent().out.decode() == small_rows, name
    got = flowmeter("./-t.pcap", cwd=tmp_path).silent()
    assert got.out.decode() == small_rows


def test_a_named_pipe(small, small_rows, tmp_path):
    got = sh(f'"$FLOWMETER" <(cat "{small}")').expect(0).silent()
    assert got.out.decode() == small_rows


def test_several_inputs_share_one_header(captures):
    bodies = [flowmeter(c).out.decode() for c in captures]
    got = flowmeter(*captures, captures[0]).silent()
    assert got.out.decode() == HEADER + "".join(b[len(HEADER):] for b in (*bodies, bodies[0]))


def test_stdin_among_inputs(captures):
    one, two, three = captures
    expected = flowmeter(one, two, three).out
    got = flowmeter(one, "-", three, data=two.read_bytes()).silent()
    assert got.out == expected


def test_text_needs_no_tshark(small, small_rows, tshark):
    text = tshark.path("-n", "-r", small, "-T", "ek")
    got = flowmeter("-", data=text.read_bytes(), env={"PATH": "/nonexistent"}).silent()
    assert got.out.decode() == small_rows


# ---- -r and -o ------------------------------------------------------------------------------------------------

@pytest.fixture
def tree(tmp_path, captures):
    """A directory with three captures, one of them deeper, and other things between them."""
    one, two, three = captures
    top = tmp_path / "tree"
    (top / "b" / "deep").mkdir(parents=True)
    (top / "empty").mkdir()
    shutil.copy(one, top / "a.pcap")
    shutil.copy(two, top / "b" / "deep" / "two.pcap")
    shutil.copy(three, top / "c.pcap")
    (top / "aa.txt").write_text("not a capture\n")
    (top / "b" / "README.md").write_text("# neither\n")
    (top / "z.csv").write_text("a,b\n1,2\n")
    return top


def test_recursive(tree):
    order = [tree / "a.pcap", tree / "b/deep/two.pcap", tree / "c.pcap"]
    expected = flowmeter(*order).out
    got = flowmeter("-r", tree)
    assert got.out == expected, repr(got)
    assert flowmeter("--recursive", str(tree) + "/").out == expected


def test_recursive_into_a_directory(tree, tmp_path):
    out = tmp_path / "out"
    got = flowmeter("-r", tree, "-o", f"{out}/")
    assert got.out == b""
    assert sorted(p.name for p in out.rglob("*.csv")) == ["a_flow.csv", "c_flow.csv", "two_flow.csv"]
    for name, source in (("a", "a.pcap"), ("c", "c.pcap"), ("two", "b/deep/two.pcap")):
        (found,) = out.rglob(f"{name}_flow.csv")
        assert found.read_bytes() == flowmeter(tree / source).out


def test_recursive_into_nothing(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here\n")
    got = flowmeter("-r", tmp_path, status=None)
    assert got.status in (0, 2), repr(got)
    assert (got.out.decode() == HEADER) if got.status == 0 else (got.out == b"" and got.messages)


def test_output_file(small, small_rows, tmp_path):
    out = tmp_path / "out.csv"
    got = flowmeter(small, "-o", out).silent()
    assert got.out == b""
    assert out.read_text() == small_rows
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv"]
    out.write_text("old")
    flowmeter(small, "--output", out)
    assert out.read_text() == small_rows


def test_output_to_standard_output_by_name(small, small_rows, tmp_path):
    assert flowmeter(small, "-o", "-", cwd=tmp_path).silent().out.decode() == small_rows
    part = flowmeter("--partial", small).out
    assert flowmeter("merge", "-o", "-", "-", data=part, cwd=tmp_path).silent().out.decode() == small_rows
    assert list(tmp_path.iterdir()) == []
    flowmeter(small, "-o", "-", "--rotate-rows", "10", status=2).one_message("-o FILE")


def test_output_directory(captures, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    flowmeter(*captures, "-o", out).silent()
    assert sorted(p.name for p in out.iterdir()) == ["one_flow.csv", "three_flow.csv", "two_flow.csv"]
    for c in captures:
        assert (out / f"{c.stem}_flow.csv").read_bytes() == flowmeter(c).out


def test_output_directory_is_made(small, small_rows, tmp_path):
    flowmeter(small, "-o", f"{tmp_path}/new/").silent()
    assert (tmp_path / "new" / "small_flow.csv").read_text() == small_rows


@pytest.mark.parametrize("name", ["x.pcap", "x.pcapng", "x.cap", "x.pcap.gz", "x.pcapng.gz", "x.y.pcap"])
def test_capture_suffixes(small, small_rows, name, tmp_path):
    shutil.copy(small, tmp_path / name)
    flowmeter(tmp_path / name, "-o", f"{tmp_path}/").silent()
    stem = "x.y" if name.startswith("x.y") else "x"
    assert (tmp_path / f"{stem}_flow.csv").read_text() == small_rows


def test_same_name_twice(captures, tmp_path):
    """Two captures of one name in different directories: neither may be lost without a word."""
    for folder, c in zip("ab", captures):
        (tmp_path / folder).mkdir()
        shutil.copy(c, tmp_path / folder / "x.pcap")
    out = tmp_path / "out"
    got = flowmeter(tmp_path / "a/x.pcap", tmp_path / "b/x.pcap", "-o", f"{out}/", status=None)
    if got.status == 0:
        written = sorted(p.read_bytes() for p in out.rglob("*.csv"))
        assert written == sorted(flowmeter(c).out for c in captures[:2])
    else:
        got.expect(2).one_message("x_flow.csv")
        assert not out.exists() or list(out.rglob("*.csv")) == []


def test_no_output_file_when_nothing_was_done(tmp_path):
    out = tmp_path / "out.csv"
    flowmeter(tmp_path / "missing.pcap", "-o", out, status=2)
    assert list(tmp_path.iterdir()) == []
    out.write_text("old")
    flowmeter(tmp_path / "missing.pcap", "-o", out, status=2)
    assert out.read_text() == "old"


def test_output_file_that_cannot_be(small, tmp_path):
    got = flowmeter(small, "-o", tmp_path / "no/such/dir/out.csv", status=None).one_message("out.csv")
    assert got.status != 0
    assert list(tmp_path.iterdir()) == []


def test_output_that_is_not_a_regular_file(small, small_rows, tmp_path):
    """A named pipe is written to, not replaced by a file."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        flowmeter(small, "-o", fifo).silent()
        assert fifo.is_fifo()
        assert os.read(reader, 1 << 16).decode() == small_rows
    finally:
        os.close(reader)


# ---- what is printed ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("delimiter, character", [(";", ";"), ("\t", "\t"), ("\\t", "\t"), ("|", "|")])
def test_delimiter(small, small_rows, delimiter, character):
    assert flowmeter("--delimiter", delimiter, small).silent().out.decode() == small_rows.replace(",", character)


def test_no_header(small, small_rows):
    assert flowmeter("--no-header", small).silent().out.decode() == small_rows[len(HEADER):]
    assert flowmeter("--no-header", "-", data=b"").silent().out == b""


def test_columns_chosen(small, small_rows):
    names = ["dst_port", "duration", "fwd_iat_mean", "protocol"]
    got = flowmeter("--columns", ",".join(names), small).silent()
    expected = [",".join(names)] + [",".join(r[n] for n in names) for r in table(small_rows)]
    assert got.lines == expected


def test_columns_dropped(small, small_rows):
    got = flowmeter("--columns=-duration,-bwd_ECE_cnt", small).silent()
    names = [n for n in reference.COLUMNS if n not in ("duration", "bwd_ECE_cnt")]
    assert got.lines == [",".join(names)] + [",".join(r[n] for n in names) for r in table(small_rows)]


def listed_columns():
    return [line.split()[0] for line in flowmeter("--list-columns", "--no-header").silent().lines if line.strip()]


HEAD_OF_LIST = ["column", "group", "unit", "meaning", "tshark_fields", "identifies"]


def test_list_columns_has_a_header():
    lines = [line.split("\t") for line in flowmeter("--list-columns").silent().lines]
    assert lines[0] == HEAD_OF_LIST
    assert all(len(line) == len(HEAD_OF_LIST) for line in lines)
    identifying = {line[0] for line in lines if line[5] == "yes"}
    assert {"src_port", "src_ip", "start_utc", "cic_flow_id"} <= identifying
    assert {line[0] for line in lines if line[5] == "no"} >= {"duration", "protocol", "fwd_FIN_cnt"}
    rows = list(csv.reader(io.StringIO(flowmeter("--list-columns", "--format", "csv").silent().out.decode())))
    assert rows == lines
    assert ";group;" in flowmeter("--list-columns", "--delimiter", ";").silent().lines[0]


@pytest.mark.parametrize("options", [
    ["--schema", "flowmeter"], ["--schema", "cicflowmeter"], ["--schema", "nfstream"], ["--schema", "pyflowmeter"],
    ["--columns", "duration,id"], ["--schema", "cicflowmeter", "--columns=-id"], ["--columns", "+splt", "--splt", "3"],
    ["--field", "ip.ttl:fwd:min"], ["--drop-ids"], ["--schema", "nfstream", "--drop-ids"],
], ids=" ".join)
def test_list_columns_lists_what_is_chosen(options, small):
    listed = [line.split("\t")[0] for line in flowmeter("--list-columns", "--no-header", *options).silent().lines]
    if options[0] == "--field":
        assert "ip_ttl_fwd_min" in listed and "src_ip" in listed
    else:
        assert listed == flowmeter(*options, small).header


def test_list_columns_into_a_file(tmp_path):
    out = tmp_path / "columns.tsv"
    assert flowmeter("--list-columns", "-o", out).silent().out == b""
    assert out.read_bytes() == flowmeter("--list-columns").out
    assert flowmeter("--list-columns", "--columns", "nosuch", status=2).out == b""


def test_drop_ids_keeps_what_is_named(small):
    assert flowmeter("--drop-ids", "--columns", "+input", small).header[-1] == "input"
    assert flowmeter("--drop-ids", "--columns", "src_port,duration,id", small).header[:2] == ["src_port", "duration"]
    assert "src_ip" not in flowmeter("--drop-ids", "--columns", "src_port,duration,id", small).header


def test_the_group_of_ids_in_other_schemas(small):
    header = flowmeter("--schema", "cicflowmeter", "--columns=-id", small).header
    assert not {"Flow ID", "Src IP", "Dst IP", "Timestamp"} & set(header)


def test_list_columns():
    listed = listed_columns()
    assert [name for name in listed if name in reference.COLUMNS] == reference.COLUMNS
    assert len(set(listed)) == len(listed)


def test_columns_added(small, small_rows):
    extra = [name for name in listed_columns() if name not in reference.COLUMNS]
    got = flowmeter(f"--columns=+{extra[0]}", small).silent()
    assert got.header == reference.COLUMNS + [extra[0]]
    assert [row[:-1] for row in got.rows] == [list(r.values()) for r in table(small_rows)]
    assert all(row[-1] != "" for row in got.rows)


def test_fields_asked_for_follow_the_columns(small, tshark):
    """Columns that need little can be had from a stream that holds little."""
    few = ("frame.time_epoch", "frame.len", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
           "tcp.stream", "tcp.srcport", "tcp.dstport", "udp.stream", "udp.srcport", "udp.dstport")
    names = "protocol,src_port,fwd_tot_byte"
    text = tshark.path("-n", "-r", small, "-T", "fields", "-E", "header=y", *each(n for n in few if n != "x"))
    got = flowmeter("-", status=2, data=text.read_bytes()).one_message("tcp.flags")
    assert got.rows == []
    assert flowmeter("--columns", names, small).rows  # and from the capture itself


def test_quiet_and_verbose_leave_stdout_alone(small, small_rows):
    for option in ("-q", "-v", "--progress", "--no-progress"):
        assert flowmeter(option, small).out.decode() == small_rows, option
    flowmeter("-q", small).silent()
    flowmeter("--no-progress", small).silent()


# ---- tshark's options -----------------------------------------------------------------------------------------

def test_display_filter(small, small_rows):
    tcp = [list(r.values()) for r in table(small_rows) if r["protocol"] == "TCP"]
    assert len(tcp) == 5
    assert flowmeter("-Y", "tcp", small).silent().rows == tcp
    assert flowmeter("--display-filter", "tcp", small).silent().rows == tcp
    assert flowmeter("-Y", "tcp", "-", data=small.read_bytes()).silent().rows == tcp
    assert flowmeter("-Y", "icmp", small).silent().rows == []


def test_bad_display_filter(small):
    got = flowmeter("-Y", "tcp.port ==", small, status=2)
    assert got.out == b""
    assert "tcp.port ==" in got.err or "filter" in got.err, repr(got)


def test_decode_as(tmp_path):
    path = tmp_path / "vxlan.pcap"
    inner = packets.tcp("10.0.0.1", "10.0.0.2", 1234, 80, packets.SYN)
    path.write_bytes(packets.capture([(10**18, packets.vxlan("192.0.2.1", "192.0.2.2", 9, 12345, inner))]))
    pairs = [(r[1], r[3]) for r in flowmeter(path).silent().rows]
    assert pairs == [("UDP", "12345")]
    for option in (["-d"], ["--decode-as"]):
        pairs = [(r[1], r[3]) for r in flowmeter(*option, "udp.port==12345,vxlan", path).silent().rows]
        assert pairs == [("UDP", "12345"), ("TCP", "80")]


def test_pref(tmp_path):
    path = tmp_path / "gtp.pcap"
    inner = packets.tcp("10.0.0.1", "10.0.0.2", 1234, 80, packets.SYN)[14:]
    gtp = bytes([0x30, 0xFF]) + len(inner).to_bytes(2, "big") + bytes(4) + inner
    path.write_bytes(packets.capture([(10**18, packets.udp("192.0.2.1", "192.0.2.2", 12346, 12346, gtp))]))
    assert [r[1] for r in flowmeter(path).silent().rows] == ["UDP"]
    got = flowmeter("--pref", "gtp.v1u_port:12346", path).silent()
    assert [r[1] for r in got.rows] == ["UDP", "TCP"]


@pytest.mark.parametrize("options", [["--pref", "nosuch.pref:1"], ["--pref", "nonsense"], ["-d", "nonsense"]], ids=str)
def test_what_tshark_refuses(small, options):
    """In its own words, without the five kilobytes of what would have been right."""
    got = flowmeter(*options, small, status=2).one_message(options[1])
    assert got.out == b""
    assert len(got.err) < 400, repr(got)


@pytest.mark.parametrize("rule, word", [
    ("tcp.port==80", '"tcp.port==80"'), ("tcp.port==80,nosuch", "nosuch"), ("nosuch==80,http", "nosuch"), ("tcp.port==x,http", '"x"'),
])
def test_decode_as_rules_that_tshark_refuses(small, rule, word):
    got = flowmeter("-d", rule, small, status=2).one_message(word)
    assert len(got.err) < 400, repr(got)


@pytest.mark.parametrize("arguments", [["-C", "mine"], ["-Cmine"], ["--config-profile", "mine"]], ids=" ".join)
def test_a_profile_that_exists(small, arguments, tmp_path):
    profile = tmp_path / ".config" / "wireshark" / "profiles" / "mine"
    profile.mkdir(parents=True)
    (profile / "preferences").write_text("tcp.desegment_tcp_streams: FALSE\n")
    env = dict(os.environ, HOME=str(tmp_path))
    flowmeter(small, "--", *arguments, status=2, env=env).one_message("profile", "--pref")


def test_arguments_for_tshark(small):
    assert total_packets(flowmeter(small, "--", "-c", "10").silent()) == 10
    assert total_packets(flowmeter("-", "--", "-c", "10", data=small.read_bytes()).silent()) == 10


def test_bad_arguments_for_tshark(small):
    got = flowmeter(small, "--", "--nosuch-option", status=2)
    assert got.out == b""
    assert "nosuch-option" in got.err, repr(got)


def test_print_command(small, small_rows, tmp_path):
    path = tmp_path / "it's a $capture.pcap"
    shutil.copy(small, path)
    command = flowmeter("--print-command", path).silent().out.decode()
    assert command.startswith("tshark ") or "/tshark " in command or "tshark" in command.split("\n")[0]
    got = sh(f'set -o pipefail; {{ {command.strip()}\n}} 2>/dev/null | "$FLOWMETER" -').expect(0).silent()
    assert got.out.decode() == small_rows


def test_print_command_with_options(small, small_rows):
    options = ["-Y", "tcp && ip.src == 192.0.2.1 || tcp", "-d", "udp.port==5001,dns", "--pref", "gtp.v1u_port:12346"]
    expected = flowmeter(*options, small).silent().out
    command = flowmeter("--print-command", *options, small).silent().out.decode()
    got = sh(f'set -o pipefail; {{ {command.strip()}\n}} 2>/dev/null | "$FLOWMETER" -').expect(0).silent()
    assert got.out == expected
    assert len(got.rows) == 5


@pytest.mark.shared
def test_print_command_of_a_real_capture(shared):
    path = shared / "oracles/captures/http_ipv6.pcap"
    for options in ([], ["--schema", "pyflowmeter"]):
        command = flowmeter("--print-command", *options, path).silent().out.decode()
        joined = " ".join(options)
        got = sh(f'set -o pipefail; {{ {command.strip()}\n}} 2>/dev/null | "$FLOWMETER" {joined} -').expect(0).silent()
        assert got.out == flowmeter(*options, path).out


# ---- which tshark ---------------------------------------------------------------------------------------------

def test_no_such_tshark(small):
    got = flowmeter("--tshark", "/nonexistent/tshark", small, status=2).one_message("/nonexistent/tshark")
    assert got.out == b""


def test_tshark_not_installed(small):
    for path in ("/nonexistent", ""):
        got = flowmeter(small, status=2, env={"PATH": path}).one_message("tshark")
        assert got.out == b""


def script(path, text):
    path.write_text("#!/bin/bash\n" + text)
    path.chmod(0o755)
    return path


def test_old_tshark(small, tmp_path):
    old = script(tmp_path / "tshark", "echo 'TShark (Wireshark) 1.10.2 (SVN Rev 51934 from /trunk-1.10)'\n")
    got = flowmeter("--tshark", old, small, status=2).one_message("1.10")
    assert got.out == b""


def test_not_tshark_at_all(small):
    for liar in ("/bin/true", "/bin/false"):
        got = flowmeter("--tshark", liar, small, status=2).one_message(liar)
        assert got.out == b""


QUESTIONS = 'case " $* " in *" -v "*|*" --version "*|*" -G "*|*" -h "*) exec tshark "$@";; esac\n'


def test_named_tshark_is_the_one_run(small, small_rows, tmp_path):
    mark = tmp_path / "ran"
    mine = script(tmp_path / "my tshark", f'touch "{mark}"\nexec tshark "$@"\n')
    assert flowmeter("--tshark", mine, small).silent().out.decode() == small_rows
    assert mark.exists()


def killed_rows(got):
    """The rows of a run that saw a part of the small capture."""
    assert got.header == reference.COLUMNS
    assert 0 < total_packets(got) < 60, repr(got)
    return got


def test_tshark_killed(small, tmp_path):
    mine = script(tmp_path / "tshark", QUESTIONS + 'tshark "$@" 2>/dev/null | head -n 41\nkill -9 $$\n')
    got = flowmeter("--tshark", mine, small, status=1)
    killed_rows(got.one_message("small.pcap", "tshark"))


def test_tshark_fails_in_the_middle(small, tmp_path):
    mine = script(tmp_path / "tshark", QUESTIONS + 'tshark "$@" 2>/dev/null | head -n 41\n'
                  'echo "tshark: the disk caught fire." >&2\nexit 3\n')
    got = flowmeter("--tshark", mine, small, status=1)
    killed_rows(got.one_message("small.pcap", "the disk caught fire"))


def test_tshark_fails_at_the_end(small, small_rows, tmp_path):
    """All rows are there, and the status is not 0 all the same."""
    mine = script(tmp_path / "tshark", QUESTIONS + 'tshark "$@"\necho "tshark: out of memory." >&2\nexit 3\n')
    got = flowmeter("--tshark", mine, small, status=1).one_message("small.pcap", "out of memory")
    assert got.out.decode() == small_rows


def test_tsharks_remarks_are_not_passed_on(small, small_rows, tmp_path):
    mine = script(tmp_path / "tshark", 'echo "Running as user root. This could be dangerous." >&2\nexec tshark "$@"\n')
    assert flowmeter("--tshark", mine, small).silent().out.decode() == small_rows


def test_much_on_tsharks_stderr(small, small_rows, tmp_path):
    """A full pipe on its stderr must not stop it."""
    mine = script(tmp_path / "tshark", QUESTIONS + 'head -c 1000000 /dev/zero | tr "\\0" x >&2\nexec tshark "$@"\n')
    assert flowmeter("--tshark", mine, small).out.decode() == small_rows


# ---- the user's own settings ----------------------------------------------------------------------------------

PREFERENCES = """\
gui.column.format: "Strange", "%Cus:ip.ttl:0:R", "No", "%m"
ip.defragment: FALSE
ipv6.defragment: FALSE
tcp.desegment_tcp_streams: FALSE
tcp.analyze_sequence_numbers: FALSE
tcp.check_checksum: TRUE
udp.check_checksum: TRUE
nameres.mac_name: TRUE
nameres.transport_name: TRUE
nameres.network_name: TRUE
nameres.hosts_file_handling: TRUE
gtp.v1u_port: 5001
"""


@pytest.fixture
def odd_home(tmp_path):
    """A home whose Wireshark profile turns everything upside down."""
    profile = tmp_path / "home" / ".config" / "wireshark"
    profile.mkdir(parents=True)
    (profile / "preferences").write_text(PREFERENCES)
    (profile / "disabled_protos").write_text("tcp\nudp\n")
    (profile / "hosts").write_text("192.0.2.1 a.example\n10.0.0.1 b.example\n")
    (profile / "decode_as_entries").write_text("decode_as_entry: tcp.port,80,SSH,HTTP\n")
    (profile / "dfilters").write_text('"x" tcp\n')
    return profile


def odd_environments(profile):
    home = dict(os.environ, HOME=str(profile.parents[1]), TZ="Pacific/Kiritimati")
    home.pop("XDG_CONFIG_HOME", None)
    home.pop("WIRESHARK_CONFIG_DIR", None)
    xdg = dict(os.environ, HOME="/nonexistent", XDG_CONFIG_HOME=str(profile.parent))
    named = dict(os.environ, WIRESHARK_CONFIG_DIR=str(profile))
    return {"home": home, "xdg": xdg, "named": named}


def odd_captures(small):
    found = [small]
    if SHARED:
        found += [SHARED / "handmade/b.pcap", SHARED / "dialects/captures/frag_bad.pcap",
                  SHARED / "oracles/captures/http_ipv6.pcap"]
    return found


def test_the_odd_profile_is_odd(small, odd_home):
    """Or the next test would be about nothing."""
    for name, env in odd_environments(odd_home).items():
        got = run(["tshark", "-r", small, "-T", "fields", "-e", "tcp.stream", "-e", "udp.stream"], env=env)
        assert got.expect(0).out.strip() == b"", name


@pytest.mark.parametrize("environment", ["home", "xdg", "named"])
def test_settings_change_nothing(small, environment, odd_home):
    env = odd_environments(odd_home)[environment]
    for capture in odd_captures(small):
        got = flowmeter(capture, env=env).silent()
        assert got.out == flowmeter(capture).out, f"{environment} {capture}"


def test_no_home_at_all(small, small_rows):
    assert flowmeter(small, env={"PATH": os.environ["PATH"]}).silent().out.decode() == small_rows


def test_nothing_is_left_behind(small, tmp_path):
    """What is remembered of tshark goes to the user's cache, and nothing to any other place."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    home = tmp_path / "home"
    home.mkdir()
    env = dict(os.environ, TMPDIR=str(temporary), HOME=str(home))
    flowmeter(small, env=env)
    assert list(temporary.iterdir()) == []
    assert {path.name for path in home.iterdir()} <= {".cache"}
    assert {path.name for path in home.glob(".cache/*")} <= {"flowmeter"}


# ---- size -----------------------------------------------------------------------------------------------------

def test_two_hundred_thousand_packets(big):
    file = flowmeter(big, timeout=120).silent()
    pipe = sh(f'set -o pipefail; cat "{big}" | "$FLOWMETER" -', timeout=120).expect(0).silent()
    assert pipe.out == file.out
    counts = {}
    for ns, frame in packets.big_frames():
        source, target = int.from_bytes(frame[34:36], "big"), int.from_bytes(frame[36:38], "big")
        port = max(source, target)
        c = counts.setdefault(port, [0, 0, 0, 0, ns, ns])
        way = 0 if source == port else 2
        c[way] += 1
        c[way + 1] += len(frame)
        c[5] = ns
    rows = table(file.out.decode())
    got = {int(r["src_port"]): [int(r[n]) for n in ("fwd_tot_pkt", "fwd_tot_byte", "bwd_tot_pkt", "bwd_tot_byte")]
           + [r["duration"]] for r in rows}
    assert len(rows) == len(counts)
    assert got == {port: c[:4] + [reference.printed((c[5] - c[4]) / 10**9)] for port, c in counts.items()}
