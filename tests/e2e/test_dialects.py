"""Whatever a capture comes as, the rows are the same bytes."""

import gzip
import json
import shutil

import pytest

import reference
from helpers import NEEDED, SAMPLES, SHARED, TSHARK, each, flowmeter, known, label, run, sh

VERSIONS = ("3.4.10", "4.0.17", "4.4.19", "4.6.9")

#: What the -e files of the shared data hold, in order; `fields.tsv` has no header line of its own.
FIELDS_26 = (
    "frame.number frame.time_epoch frame.time_relative frame.len frame.cap_len frame.protocols ip.src ip.dst ip.proto"
    " ipv6.src ipv6.dst ipv6.nxt tcp.stream tcp.srcport tcp.dstport tcp.flags tcp.len tcp.time_delta tcp.time_relative"
    " tcp.hdr_len tcp.window_size_value udp.stream udp.srcport udp.dstport udp.length _ws.col.Protocol"
).split()

HAND = ("basic.pcap", "icmperr.pcap", "tunnels.pcap", "layers.pcap", "frag_bad.pcap", "multi.pcap",
        "times_nano.pcap", "times_ng.pcapng")


def some_captures():
    named = ("slowloris", "https", "idle", "tunnel", "ipv6", "unreachable")
    found = [c for c in SAMPLES if c.name.partition(".")[0] in named] or SAMPLES[:4]
    if SHARED:
        found += [SHARED / "oracles/captures" / name for name in ("http_ipv6.pcap", "sshguess.pcap")]
        found += [SHARED / "dialects/captures" / name for name in HAND]
    return found


SOME = pytest.mark.parametrize("capture", some_captures(), ids=label)
FEW = pytest.mark.parametrize(
    "capture",
    [c for c in some_captures() if c.name in ("slowloris.pcap", "tunnels.pcap", "times_ng.pcapng")] or SAMPLES[:2],
    ids=label,
)


def of_file(capture, *options):
    """What the program prints for the capture itself."""
    return known(*options, capture).silent().out.decode()


def of_text(path, *options):
    """What it prints for that file on stdin."""
    with open(path, "rb") as stdin:
        return flowmeter(*options, "-", stdin=stdin).silent().out.decode()


# ---- this tshark's output -------------------------------------------------------------------------------------

OUTPUTS = {
    "ek": ("-T", "ek"),
    "ek-e": ("-T", "ek", *each(NEEDED)),
    "ek-x": ("-T", "ek", "-x"),
    "json": ("-T", "json"),
    "json-e": ("-T", "json", *each(NEEDED)),
    "json-ndk": ("-T", "json", "--no-duplicate-keys"),
    "json-x": ("-T", "json", "-x"),
    "fields": ("-T", "fields", "-E", "header=y", *each(NEEDED)),
    "fields-backwards": ("-T", "fields", "-E", "header=y", *each(("frame.number", *reversed(NEEDED), "ip.ttl"))),
    "ek-e-backwards": ("-T", "ek", *each(("frame.number", *reversed(NEEDED), "ip.ttl"))),
}


@SOME
@pytest.mark.parametrize("output", OUTPUTS)
def test_tsharks_text(capture, output, tshark):
    text = tshark.path("-n", "-r", capture, *OUTPUTS[output])
    assert of_text(text) == of_file(capture)


@FEW
@pytest.mark.parametrize("output", OUTPUTS)
def test_tsharks_text_as_a_file(capture, output, tshark):
    """A named file is told apart in the same way as stdin."""
    text = tshark.path("-n", "-r", capture, *OUTPUTS[output])
    assert flowmeter(text).silent().out.decode() == of_file(capture)


@FEW
@pytest.mark.parametrize("options", ["-T ek", "-T json", "-T ek -l"])
def test_a_pipeline(capture, options, tmp_path):
    got = sh(f'set -o pipefail; tshark -n -r "{capture}" {options} 2>/dev/null | "$FLOWMETER" -').expect(0).silent()
    assert got.out.decode() == of_file(capture)


# ---- capture bytes on stdin -----------------------------------------------------------------------------------

@SOME
def test_capture_from_a_pipe(capture):
    got = sh(f'set -o pipefail; cat "{capture}" | "$FLOWMETER" -').expect(0).silent()
    assert got.out.decode() == of_file(capture)


@FEW
def test_capture_from_a_redirection(capture):
    assert of_text(capture) == of_file(capture)


@FEW
@pytest.mark.parametrize("tool", ["gzip", "zstd", "lz4"] if TSHARK >= (4, 0, 0) else ["gzip"])
def test_compressed(capture, tool, tmp_path):
    if tool == "gzip":
        packed = gzip.compress(capture.read_bytes())
    elif shutil.which(tool):
        packed = run([tool, "-c", capture]).expect(0).out
    else:
        pytest.skip(f"{tool} is not installed")
    assert flowmeter("-", data=packed).silent().out.decode() == of_file(capture)
    path = tmp_path / ("x.pcap" + {"gzip": ".gz", "zstd": ".zst", "lz4": ".lz4"}[tool])
    path.write_bytes(packed)
    assert flowmeter(path).silent().out.decode() == of_file(capture)


# ---- reads of every size --------------------------------------------------------------------------------------

READ_SIZES = pytest.mark.parametrize("size", ["1", "7", "4096", "1000003"])


@READ_SIZES
@pytest.mark.parametrize("output", ["ek", "ek-e", "json", "json-e", "json-x", "fields"])
def test_read_size(small, size, output, tshark):
    text = tshark.path("-n", "-r", small, *OUTPUTS[output])
    assert of_text(text, "--read-size", size) == of_file(small)


@READ_SIZES
def test_read_size_of_a_capture(small, size):
    assert of_file(small, "--read-size", size) == of_file(small)
    assert of_text(small, "--read-size", size) == of_file(small)


@pytest.mark.shared
@pytest.mark.parametrize("size", ["7", "4096"])
def test_read_size_of_a_larger_one(shared, size, tshark):
    capture = shared / "oracles/captures/slowloris.pcap"
    text = tshark.path("-n", "-r", capture, *OUTPUTS["ek-e"])
    assert of_text(text, "--read-size", size) == of_file(capture)


# ---- four versions of tshark ----------------------------------------------------------------------------------

EVERY_VERSION = pytest.mark.parametrize("version", VERSIONS)
EVERY_HAND = pytest.mark.parametrize("name", HAND)


#: Where a version prints other times than 4.0: 3.4 loses the sign before 1970, 4.6 reads a picosecond clock anew.
OWN_TIMES = {("3.4.10", "times_ng.pcapng"), ("4.6.9", "times_ng.pcapng")}


def refuse_times_of_others(name):
    if TSHARK[:2] != (4, 0) and any(name == other for _, other in OWN_TIMES):
        pytest.skip("what these times are is known of 4.0")


def own_fields(shared, version, name, numbers=None):
    """A version's own `fields.tsv`, with a header line; only those frames, if any are named."""
    lines = (shared / "dialects" / version / f"{name.partition('.')[0]}.fields.tsv").read_text().splitlines()
    return "\n".join(["\t".join(FIELDS_26)] + [ln for ln in lines if not numbers or ln.split("\t")[0] in numbers])


@pytest.mark.shared
@EVERY_VERSION
@EVERY_HAND
def test_fields_of_each_version(shared, version, name):
    """All packets of the capture, from `-e` in three spellings."""
    refuse_times_of_others(name)
    expected = of_file(shared / "dialects/captures" / name)
    if (version, name) in OWN_TIMES:
        expected = reference.csv_text(reference.rows(own_fields(shared, version, name)))
        assert expected != of_file(shared / "dialects/captures" / name)
    stem = shared / "dialects" / version / name.partition(".")[0]
    assert of_text(f"{stem}.ek-e.ek") == expected
    assert of_text(f"{stem}.json-e.json") == expected
    lines = open(f"{stem}.fields.tsv", "rb").read()
    got = flowmeter("-", data="\t".join(FIELDS_26).encode() + b"\n" + lines).silent()
    assert got.out.decode() == expected


def chosen(path):
    """The frame numbers in a whole-tree file."""
    text = path.read_text(errors="replace")
    if path.suffix == ".ek":
        return [json.loads(line)["layers"]["frame"]["frame_frame_number"]
                for line in text.splitlines() if '"layers"' in line]
    return [record["_source"]["layers"]["frame"]["frame.number"] for record in json.loads(text)]


def test_chosen_needs_duplicate_keys_only_in_the_frame_number(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('[{"_source":{"layers":{"frame":{"frame.number":"7"},"ip":{},"ip":{}}}}]')
    assert chosen(path) == ["7"]


def of_frames(tshark, capture, numbers):
    """The rows of those frames of a capture, from the reference."""
    only = " or ".join(f"frame.number == {number}" for number in numbers)  # sets are spelled as the version likes
    return reference.csv_text(reference.rows(tshark.fields(capture, more=("-Y", only)).read_text()))


WHOLE = [(name, f"{name.partition('.')[0]}.{kind}") for name in HAND for kind in ("ek.ek", "json.json")]
WHOLE += [("tunnels.pcap", f"tunnels.{kind}") for kind in
          ("ek-J.ek", "ek-x.ek", "json-J.json", "json-x.json", "json-ndk.json")]
WHOLE += [("layers.pcap", "layers.json-ndk.json")]


@pytest.mark.shared
@EVERY_VERSION
@pytest.mark.parametrize("name, text", WHOLE, ids=lambda value: value)
def test_whole_trees_of_each_version(shared, version, name, text, tshark):
    refuse_times_of_others(name)
    path = shared / "dialects" / version / text
    numbers = chosen(path)
    assert numbers
    if (version, name) in OWN_TIMES:
        expected = reference.csv_text(reference.rows(own_fields(shared, version, name, numbers)))
    else:
        expected = of_frames(tshark, shared / "dialects/captures" / name, numbers)
    assert of_text(path) == expected


@pytest.mark.shared
@EVERY_VERSION
def test_json_j_keeps_the_direct_fields(shared, version, tshark):
    path = shared / "dialects" / version / "tunnels.json-j.json"
    numbers = chosen(path)
    assert numbers
    assert of_text(path) == of_frames(tshark, shared / "dialects/captures/tunnels.pcap", numbers)


@pytest.mark.shared
@EVERY_VERSION
@pytest.mark.parametrize("size", ["1", "7", "4096"])
def test_read_size_of_each_version(shared, version, size):
    for text in ("tunnels.ek-e.ek", "tunnels.ek.ek", "layers.json.json", "multi.json-e.json", "multi.ek.ek"):
        path = shared / "dialects" / version / text
        assert of_text(path, "--read-size", size) == of_text(path), text


@pytest.mark.shared
@EVERY_VERSION
def test_statistics_after_the_packets(shared, version):
    stem = shared / "dialects" / version
    assert of_text(stem / "tunnels.ek-e-z.ek") == of_text(stem / "tunnels.ek-e.ek")


@pytest.mark.shared
@EVERY_VERSION
def test_no_packets(shared, version):
    for text in ("empty.ek.ek", "empty.ek-e.ek", "empty.json.json", "empty.json-e.json", "empty.fields.tsv"):
        assert of_text(shared / "dialects" / version / text) == ",".join(reference.COLUMNS) + "\n", text


@pytest.mark.shared
@EVERY_VERSION
@pytest.mark.parametrize("text", ["tunnels.ek-j.ek", "tunnels.ek-P.ek", "tunnels.ek-e-P.ek", "tunnels.jsonraw.json",
                                  "basic.killed.json"])
def test_values_left_out(shared, version, text):
    """Packets, but without what the columns need: refused, and the first missing field is named."""
    path = shared / "dialects" / version / text
    if not path.exists():
        pytest.skip(f"tshark {version} cannot write {text}")
    with open(path, "rb") as stdin:
        got = flowmeter("-", status=2, stdin=stdin).one_message("-e frame.")
    assert got.rows == []


@pytest.mark.shared
@EVERY_VERSION
def test_fields_without_a_header(shared, version):
    with open(shared / "dialects" / version / "basic.fields.tsv", "rb") as stdin:
        got = flowmeter("-", status=2, stdin=stdin).one_message()
    assert got.out == b""


@pytest.mark.shared
@EVERY_VERSION
def test_text_of_a_cut_capture(shared, version):
    """tshark closed the array properly: nothing in it tells that the capture was cut."""
    cut = flowmeter(shared / "dialects/captures/cut_in_packet.pcap", status=1)
    assert of_text(shared / "dialects" / version / "cut_in_packet.json-e.json") == cut.out.decode()


@pytest.mark.shared
@pytest.mark.parametrize("text", ["basic.cut.ek", "basic.cut.json"])
def test_text_cut_inside_a_token(shared, text, tshark):
    path = shared / "dialects/4.0.17" / text
    body = path.read_text()
    if text.endswith(".ek"):
        complete = [json.loads(line)["layers"] for line in body.splitlines()[:-1] if '"layers"' in line]
        numbers = [(layers.get("frame_number") or [layers.get("frame", {}).get("frame_frame_number")])[0]
                   for layers in complete]
    else:
        records = body.split('\n  },\n')[:-1]
        complete = json.loads(",".join(r + "\n}" for r in records) + "]")
        numbers = [r["_source"]["layers"]["frame.number"][0] for r in complete]
    with open(path, "rb") as stdin:
        got = flowmeter("-", status=1, stdin=stdin)
    got.one_message("line" if text.endswith(".ek") else f"record {len(numbers) + 1}")
    assert got.out.decode() == of_frames(tshark, shared / "dialects/captures/basic.pcap", numbers)
