"""What an input is: captures and what is none, compression, directories, and a part of an input."""

import contextlib
import gzip
import io
import shutil
import struct
import subprocess
import tarfile

import pytest

import packets
import reference
from helpers import NEEDED, TSHARK, binary, each, flowmeter, known, run, sh

HEADER = ",".join(reference.COLUMNS) + "\n"
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack("!I4sIIBBBBB", 13, b"IHDR", 1, 1, 8, 0, 0, 0, 0) + bytes(4)
ELF = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(40)
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1" + bytes(60)


def archive(path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        tar.add(path, arcname=path.name)
    return out.getvalue()


def both_ways(content, path, *options, status=0):
    """What the program says of it as a file and from a pipe; the rows must be the same."""
    path.write_bytes(content)
    file = flowmeter(*options, path, status=status)
    pipe = sh(f'set -o pipefail; cat "{path}" | "$FLOWMETER" {" ".join(options)} -').expect(status)
    redirected = sh(f'"$FLOWMETER" {" ".join(options)} - < "{path}"').expect(status)
    assert file.out == pipe.out == redirected.out
    names = [got.err.replace(str(path), "NAME").replace("standard input", "NAME") for got in (file, pipe, redirected)]
    assert len(set(names)) == 1, names
    return file


# ---- what is no capture ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("content", [
    PNG, ELF, JPEG, b"%PDF-1.4\n%\xe2\xe3\n", b"ab", b"ab\n", b"a,b\n1,2\n", b"\n\r\r\nsome text", b"RIFF" + bytes(100),
    bytes(4000), b"-----BEGIN CERTIFICATE-----\nMIIB\n", b"\x30\x82\1\2" + bytes(258),
], ids=lambda content: repr(content[:8]))
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_what_tshark_merely_guesses(content, packed, tmp_path):
    got = both_ways(gzip.compress(content) if packed else content, tmp_path / "thing", status=2)
    assert got.out == b""
    got.one_message("is not a capture", "--read-format")


def test_an_archive_is_no_capture(small, tmp_path):
    assert both_ways(archive(small), tmp_path / "x.tgz", status=2).one_message("is not a capture").out == b""


@pytest.mark.parametrize("options", ["-V", "", "-T text", "-x"])
def test_text_for_people(small, options, tmp_path):
    """In a pipe it was "Illegal seek"."""
    text = sh(f'tshark -n -r "{small}" {options} 2>/dev/null').expect(0).out
    both_ways(text, tmp_path / "x.txt", status=2).one_message("is not a capture", "-T ek")


@pytest.mark.parametrize("kind", [("-T", "ek"), ("-T", "json"), ("-T", "fields", "-E", "header=y", *each(NEEDED)), ("-T", "pdml")],
                         ids=lambda kind: kind[1])
def test_compressed_text(small, kind, tshark, tmp_path):
    """tshark takes the bytes of some for packets."""
    packed = gzip.compress(tshark.path("-n", "-r", small, *kind).read_bytes())
    both_ways(packed, tmp_path / "x.gz", status=2).one_message("compressed text", "zcat")


def test_told_what_it_is(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(PNG)
    name = "MIME Files Format"
    assert flowmeter("--read-format", name, path).out.decode() == HEADER
    assert flowmeter("--read-format", name, "-", data=PNG).out.decode() == HEADER
    assert flowmeter("--read-format", name, "-", data=b"").out.decode() == HEADER
    flowmeter("--read-format", "no such", path, status=2).one_message("no such", "read_format").err.index("valid")
    command = flowmeter("--read-format", name, "--print-command", path).out.decode()
    assert f"-X 'read_format:{name}'" in command


@pytest.mark.parametrize("kind, name", [
    ("snoop", None), ("netmon1", None), ("netmon2", None), ("5views", None), ("ngsniffer", None), ("ngwsniffer_1_1", None),
    ("ngwsniffer_2_0", None), ("visual", None), ("nettl", None), ("nsecpcap", None), ("erf", None),
    ("lanalyzer", "Novell LANalyzer"), ("k12text", "K12 text file"),
    ("commview-ncf", "TamoSoft CommView NCF"),
])
def test_other_formats(kind, name, small, tmp_path):
    """With a mark of their own, or told what they are."""
    if kind == "commview-ncf" and TSHARK < (4, 0, 0):
        pytest.skip("this tshark has another name for it")
    path = tmp_path / "x.cap"
    made = run(["editcap", "-F", kind, small, path])
    if made.status != 0:
        pytest.skip(f"editcap does not write it: {made.err}")
    columns = ("--columns", "protocol,src_port,dst_port,fwd_tot_pkt,bwd_tot_pkt")
    expected = known(*columns, small).out
    for words in ([path], ["-", "pipe"]):
        told = ["--read-format", name] if name else []
        data = path.read_bytes() if len(words) == 2 else None
        assert flowmeter(*columns, *told, words[0], data=data).silent().out == expected
        if name:
            flowmeter(*columns, words[0], data=data, status=2).one_message("--read-format")
    if not name:
        packed = tmp_path / "x.cap.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        assert flowmeter(*columns, packed).silent().out == expected


# ---- what is damaged ------------------------------------------------------------------------------------------

def pcapng_of(small, tmp_path):
    path = tmp_path / "whole.pcapng"
    subprocess.run(["editcap", "-F", "pcapng", small, path], check=True, stderr=subprocess.DEVNULL)
    return path.read_bytes()


@pytest.mark.parametrize("size", [4, 10, 23])
def test_a_cut_header_is_damage(size, small, tmp_path):
    got = both_ways(small.read_bytes()[:size], tmp_path / "x.pcap", status=1)
    assert got.one_message("cut short in the middle of its header").out.decode() == HEADER


@pytest.mark.parametrize("size", [4, 8, 12, 27])
def test_a_cut_section_header_is_damage(size, small, tmp_path):
    """tshark takes some of these for JSON, and others for a picture."""
    got = both_ways(pcapng_of(small, tmp_path)[:size], tmp_path / "x.pcapng", status=1)
    assert got.one_message("cut short in the middle of its header").out.decode() == HEADER


@pytest.mark.parametrize("size", [2, 5, 10, 12])
def test_cut_compression_is_damage(size, small, tmp_path):
    packed = gzip.compress(small.read_bytes())
    assert both_ways(packed[:size], tmp_path / "x.pcap.gz", status=1).one_message("cut short").out.decode() == HEADER


EACH_WAY = [(), ("-j1", "--life-frames", "0"), ("-j2",), ("--decoder", "ek")]
WAYS = pytest.mark.parametrize("way", EACH_WAY, ids=" ".join)


#: Every number of them in one way, and some numbers in each.
PADDING = [(zeros, way) for way in EACH_WAY for zeros in ((16, 5000) if way else (1, 3, 16, 511, 5000))]


@pytest.mark.parametrize("zeros, way", PADDING, ids=[f"{zeros}-{' '.join(way)}" for zeros, way in PADDING])
@pytest.mark.parametrize("tool", ["gzip", "zstd", "lz4"])
def test_zeros_after_the_last_member_are_padding(way, zeros, tool, small, tmp_path):
    if tool != "gzip" and not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    packed = gzip.compress(small.read_bytes()) if tool == "gzip" else run([tool, "-c", small]).expect(0).out
    got = both_ways(packed + bytes(zeros), tmp_path / "x.pcap.gz", *way)
    assert got.silent().out == known(small).out


@WAYS
def test_anything_else_after_the_last_member_is_damage(way, small, tmp_path):
    packed = gzip.compress(small.read_bytes())
    got = both_ways(packed + b"more that is neither compressed nor a packet", tmp_path / "x.pcap.gz", *way, status=1)
    assert got.one_message("damaged after packet 60").out == known(small).out


@WAYS
def test_broken_compression(way, small, tmp_path):
    packed = bytearray(gzip.compress(small.read_bytes()))
    packed[-6] ^= 0xFF  # the checksum
    got = both_ways(bytes(packed), tmp_path / "x.pcap.gz", *way, status=1)
    assert got.one_message("damaged after packet 60", "incorrect data check").out == known(small).out


# ---- directories ----------------------------------------------------------------------------------------------

@pytest.fixture
def mixed(small, tshark, tmp_path):
    """Captures beside everything that lies about."""
    top = tmp_path / "mixed"
    (top / "deep").mkdir(parents=True)
    shutil.copy(small, top / "a.pcap")
    (top / "deep" / "b.pcap.gz").write_bytes(gzip.compress(small.read_bytes()))
    for name, kind in (("a.ek", ("-T", "ek")), ("a.json", ("-T", "json")),
                       ("a.tsv", ("-T", "fields", "-E", "header=y", *each(NEEDED)))):
        shutil.copy(tshark.path("-n", "-r", small, *kind), top / name)
    (top / "hist.png").write_bytes(PNG)
    (top / "program").write_bytes(ELF)
    (top / "x.tgz").write_bytes(archive(small))
    (top / "old.csv").write_text("a,b\n1,2\n")
    (top / "empty").write_bytes(b"")
    (top / "deep" / "y.xml").write_text("<?xml version='1.0'?>\n")
    return top


OTHERS = 9


def test_captures_only_below_a_directory(mixed, small):
    rows = known(small).out.decode()
    got = flowmeter("-r", mixed).one_message(f"passed over {OTHERS} files that are no captures", "-v")
    assert got.out.decode() == rows + rows[len(HEADER):]
    told = flowmeter("-v", "-r", mixed).err
    for name in ("a.ek", "a.json", "a.tsv", "hist.png", "program", "x.tgz", "old.csv", "empty", "y.xml"):
        assert f"{name}: is no capture, passed over" in told
    flowmeter("-q", "-r", mixed).silent()


def test_the_same_command_again(mixed, tmp_path):
    """With everything that it writes below the directory that it reads."""
    rows = flowmeter("-q", "-r", mixed).out
    for options in (["-o", mixed / "flows.csv"], ["-o", f"{mixed}/out/"], ["-o", f"{mixed}/"],
                    ["--format", "jsonl", "-o", f"{mixed}/"], ["-o", mixed / "flows.csv", "--meta", mixed / "run.json"],
                    ["-o", f"{mixed}/deep/", "--meta", mixed / "deep" / "run.json"]):
        before = None
        for _ in range(3):
            flowmeter("-q", *options, "-r", mixed).silent()
            names = sorted(str(path.relative_to(mixed)) for path in mixed.rglob("*"))
            assert before in (None, names)
            before = names
            assert not [name for name in names if "flow.csv_flow" in name or "png_flow" in name]
    assert (mixed / "flows.csv").read_bytes() == rows
    assert (mixed / "out" / "a_flow.csv").exists() and (mixed / "out" / "deep" / "b_flow.csv").exists()


def test_names_clash_among_captures_only(mixed, small):
    """a.pcap, a.ek, a.json and a.tsv would all be written to a_flow.csv."""
    flowmeter("-q", "-r", mixed, "-o", f"{mixed}/out/").silent()
    shutil.copy(small, mixed / "a.cap")
    flowmeter("-q", "-r", mixed, "-o", f"{mixed}/out/", status=2).one_message("would both be written to")


def test_a_capture_is_not_replaced_by_rows(mixed, small):
    flowmeter("-r", mixed, "-o", mixed / "a.pcap", status=2).one_message("is both an input and an output")
    assert (mixed / "a.pcap").read_bytes() == small.read_bytes()


@pytest.mark.parametrize("size", [-5, 10])
def test_a_cut_capture_below_a_directory_is_damage(mixed, small, size):
    (mixed / "cut.pcap").write_bytes(small.read_bytes()[:size])
    got = flowmeter("-q", "-r", mixed, status=1).one_message("cut.pcap", "cut short")
    assert got.out.startswith(known(small).out)
    named = flowmeter("-q", "-r", mixed, "--continuous", status=2 if size > 0 else 1)
    named.one_message("cut.pcap" if size > 0 else "cut short")


def test_captures_of_a_directory_as_one(mixed, small):
    got = flowmeter("-q", "-r", "--continuous", mixed).silent()
    assert got.out == flowmeter("--continuous", small, mixed / "deep" / "b.pcap.gz").out


def test_nothing_below_a_directory(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here\n")
    assert flowmeter("-r", tmp_path, status=2).one_message("no captures found below").out == b""


# ---- a part of an input ---------------------------------------------------------------------------------------

def test_the_first_frames(small, tshark, tmp_path):
    """The rows are those of a capture of so many frames, whatever way it comes."""
    expected = flowmeter("-", data=packets.capture(list(packets.small_frames())[:23])).out
    assert flowmeter("-c", "23", small).silent().out == expected
    for way in (["-j4"], ["-j1", "--life-frames", "0"], ["--decoder", "json"], ["--continuous"]):
        assert flowmeter(*way, "-c", "23", small).silent().out == expected
    for kind in (("-T", "ek"), ("-T", "json"), ("-T", "fields", "-E", "header=y", *each(NEEDED))):
        text = tshark.path("-n", "-r", small, *kind)
        assert flowmeter("-c", "23", text).silent().out == expected
        for size in ("7", "100000"):
            assert flowmeter("-c", "23", "--read-size", size, "-", data=text.read_bytes()).silent().out == expected
    assert flowmeter("-c", "23", "-", data=small.read_bytes()).silent().out == expected
    assert flowmeter("-c", "23", "-", data=gzip.compress(small.read_bytes())).silent().out == expected
    assert flowmeter("-c", "23", small, small).silent().out.decode() == expected.decode() + expected.decode()[len(HEADER):]
    assert flowmeter("-c", "1000", small).silent().out == known(small).out


def test_no_more_than_the_first_frames_is_read(small, tshark, tmp_path):
    """What is broken later does not matter, and who goes on writing is not waited for."""
    path = tmp_path / "cut.pcap"
    path.write_bytes(small.read_bytes()[:-5])
    flowmeter("-c", "59", path).silent()
    flowmeter("-c", "60", path, status=1).one_message("cut short")
    for data in (small.read_bytes(), tshark.path("-n", "-r", small, "-T", "ek").read_bytes()):
        process = subprocess.Popen([binary(), "-c", "23", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with contextlib.suppress(BrokenPipeError):  # it has read what it wants
            process.stdin.write(data)
            process.stdin.flush()
        assert process.stdout.read() == known("-c", "23", small).out
        assert process.wait(30) == 0
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
