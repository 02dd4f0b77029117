"""Several outputs of tshark in one text, and what jq and other tools make of such texts."""

import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

import packets
from helpers import NEEDED, TSHARK, each, flowmeter, known
from packets import ACK, FIN, PSH, SYN

COLUMNS = "flowmeter,src_ip,dst_ip,start_ns,end_reason,first_frame,last_frame,part"
NUMBERED = ("frame.number", *NEEDED)

OUTPUTS = {
    "ek": ("-T", "ek"),
    "ek-e": ("-T", "ek", *each(NUMBERED)),
    "json": ("-T", "json"),
    "json-e": ("-T", "json", *each(NUMBERED)),
    "fields": ("-T", "fields", "-E", "header=y", *each(NUMBERED)),
}
#: The same without frame numbers.
UNNUMBERED = {
    "ek-e": ("-T", "ek", *each(NEEDED)),
    "json-e": ("-T", "json", *each(NEEDED)),
    "fields": ("-T", "fields", "-E", "header=y", *each(NEEDED)),
}
EVERY_OUTPUT = pytest.mark.parametrize("output", OUTPUTS)


def conversation(net, start, port):
    """A TCP connection with a pause longer than the time-out, after which the server speaks first, and two datagrams."""
    a, b = f"10.{net}.0.1", f"10.{net}.0.2"
    yield start, packets.tcp(a, b, port, 80, SYN, seq=100, ack=0)
    yield start + 1, packets.tcp(b, a, 80, port, SYN | ACK, seq=500, ack=101)
    yield start + 2, packets.tcp(a, b, port, 80, ACK | PSH, b"hello", seq=101, ack=501)
    yield start + 3, packets.udp(a, b, port, 9999, bytes(40))
    yield start + 4, packets.udp(b, a, 9999, port, bytes(41))
    yield start + 705, packets.tcp(b, a, 80, port, FIN | ACK, seq=501, ack=106)


@pytest.fixture(scope="module")
def two(common_tmp):
    """Captures of two pairs of hosts, whose stream numbers are the same; the second is older than the first."""
    def make(net, start, port):
        frames = ((at * 10**9, frame) for at, frame in conversation(net, start, port))
        return packets.written_once(common_tmp / f"segment-{net}.pcap", lambda: packets.capture(frames))

    return make(1, packets.START, 40000), make(2, packets.START - 5000, 51000)


def rows_of(*captures, columns=COLUMNS):
    """The rows of one capture after the other, under one header."""
    outputs = [known("--columns", columns, capture).out.decode() for capture in captures]
    header = outputs[0].partition("\n")[0] + "\n"
    return header + "".join(out.removeprefix(header) for out in outputs)


def rows_by_every_way(text, tmp_path, *options):
    """What comes of the text as a file and from a pipe, also a byte at a time: the same."""
    path = tmp_path / "text"
    path.write_bytes(text)
    got = flowmeter(*options, path, status=None)
    for other in (flowmeter(*options, "-", data=text, status=None),
                  flowmeter(*options, "--read-size", "1", "-", data=text, status=None),
                  flowmeter(*options, "--read-size", "7", path, status=None)):
        assert (other.status, other.out) == (got.status, got.out), repr(other)
    return got


def text_of(tshark, capture, *options):
    return tshark.path("-n", "-r", capture, *options).read_bytes()


# ---- several outputs, one after the other ---------------------------------------------------------------------

@EVERY_OUTPUT
def test_outputs_one_after_the_other(two, output, tshark, tmp_path):
    text = b"".join(text_of(tshark, capture, *OUTPUTS[output]) for capture in two)
    got = rows_by_every_way(text, tmp_path, "--columns", COLUMNS).expect(0).silent()
    assert got.out.decode() == rows_of(*two)


@EVERY_OUTPUT
def test_the_same_output_twice(two, output, tshark, tmp_path):
    text = text_of(tshark, two[0], *OUTPUTS[output])
    got = rows_by_every_way(text * 2, tmp_path, "--columns", COLUMNS).expect(0).silent()
    assert got.out.decode() == rows_of(two[0], two[0])


@EVERY_OUTPUT
def test_the_default_rows(two, output, tshark, tmp_path):
    text = b"".join(text_of(tshark, capture, *OUTPUTS[output]) for capture in two)
    got = rows_by_every_way(text, tmp_path).expect(0).silent()
    assert got.out.decode() == rows_of(*two, columns="flowmeter")


def test_streams_of_another_output_are_others(two, tshark, tmp_path):
    """Two connections (of two parts each) and two pairs of datagrams: as one stream after the other."""
    text = b"".join(text_of(tshark, capture, "-T", "ek") for capture in two)
    got = rows_by_every_way(text, tmp_path, "--columns", "protocol,stream,src_port").expect(0)
    assert sorted(got.rows) == [["TCP", "0", "40000"], ["TCP", "0", "40000"], ["TCP", "1", "51000"], ["TCP", "1", "51000"],
                                ["UDP", "0", "40000"], ["UDP", "1", "51000"]]


@pytest.mark.parametrize("columns", ["+tcp", "+l7"])
def test_groups_of_columns(two, columns, tshark, tmp_path):
    text = b"".join(text_of(tshark, capture, "-T", "ek") for capture in two)
    got = rows_by_every_way(text, tmp_path, "--columns", columns).expect(0).without_remarks()
    assert got.out.decode() == rows_of(*two, columns=columns)


def test_the_schema_pyflowmeter(two, tshark, tmp_path):
    outputs = [flowmeter("--schema", "pyflowmeter", capture).out for capture in two]
    header = outputs[0].partition(b"\n")[0] + b"\n"
    text = b"".join(text_of(tshark, capture, "-T", "ek") for capture in two)
    got = rows_by_every_way(text, tmp_path, "--schema", "pyflowmeter").expect(0)
    assert got.out == header + b"".join(out.removeprefix(header) for out in outputs)


def test_values_under_one_header(two, tshark, tmp_path):
    first, second = (text_of(tshark, capture, *OUTPUTS["fields"]) for capture in two)
    got = rows_by_every_way(first + second.partition(b"\n")[2], tmp_path, "--columns", COLUMNS).expect(0).silent()
    assert got.out.decode() == rows_of(*two)


def test_another_header_has_other_columns(two, tshark, tmp_path):
    first = text_of(tshark, two[0], *OUTPUTS["fields"])
    second = text_of(tshark, two[1], "-T", "fields", "-E", "header=y", *each(reversed(("ip.ttl", *NUMBERED))))
    got = rows_by_every_way(first + second, tmp_path, "--columns", COLUMNS).expect(0).silent()
    assert got.out.decode() == rows_of(*two)


@pytest.mark.parametrize("field", ["tcp.flags", "tcp.stream", "frame.len", "udp.dstport"])
@pytest.mark.parametrize("output", ["ek", "json"])
@pytest.mark.parametrize("numbered", [True, False])
def test_an_output_that_lacks_a_field_is_refused(two, output, field, numbered, tshark):
    """Whichever it is: what another one had is of no help."""
    fields = NUMBERED if numbered else NEEDED
    whole, lacking = (
        tshark.path("-n", "-r", capture, "-T", output, *each(name for name in fields if name != without)).read_bytes()
        for capture, without in zip(two, (None, field)))
    got = flowmeter("--columns", COLUMNS.replace(",first_frame,last_frame", ""), "-", data=whole + lacking, status=1)
    got.one_message(f"lacks {field}", f"-e {field}")
    first = flowmeter("--columns", COLUMNS.replace(",first_frame,last_frame", ""), two[0]).rows
    assert got.rows[:len(first)] == first  # and then those before the frame that should have had it
    flowmeter("-", data=lacking + whole, status=2).one_message(f"lacks {field}")


@pytest.mark.parametrize("output", UNNUMBERED)
def test_without_frame_numbers(two, output, tshark, tmp_path):
    text = b"".join(text_of(tshark, capture, *UNNUMBERED[output]) for capture in two)
    assert b"number" not in text
    columns = "flowmeter,src_ip,start_ns,end_reason,part"
    got = rows_by_every_way(text, tmp_path, "--columns", columns).expect(0).silent()
    assert got.out.decode() == rows_of(*two, columns=columns)


@EVERY_OUTPUT
def test_chosen_frames_of_each(two, output, tshark, tmp_path):
    """Frame numbers go forward all over the text: 1, 2 and then 3, 6."""
    texts = [text_of(tshark, capture, *OUTPUTS[output], "-Y", f"frame.number in {{{frames}}}")
             for capture, frames in zip(two, ("1 3", "4 6") if TSHARK < (3, 6, 0) else ("1,3", "4,6"))]
    got = rows_by_every_way(b"".join(texts), tmp_path, "--columns", "protocol,src_ip,src_port,fwd_tot_pkt,bwd_tot_pkt").expect(0)
    assert sorted(got.rows) == [["TCP", "10.1.0.1", "40000", "2", "0"], ["TCP", "10.2.0.2", "80", "1", "0"],
                                ["UDP", "10.2.0.1", "51000", "1", "0"]]


@EVERY_OUTPUT
def test_statistics_between(two, output, tshark, tmp_path):
    text = b"".join(text_of(tshark, capture, *OUTPUTS[output], "-z", "io,phs", "-z", "conv,tcp") for capture in two)
    assert b"=====" in text
    got = rows_by_every_way(text, tmp_path, "--columns", COLUMNS).expect(0).silent()
    assert got.out.decode() == rows_of(*two)


@pytest.mark.parametrize("output", ["ek", "json"])
def test_tsharks_own_words_between(two, output, tshark, tmp_path):
    """As `2>&1` puts them there."""
    first, second = (text_of(tshark, capture, *OUTPUTS[output]) for capture in two)
    got = rows_by_every_way(first + b"Running as user \"root\".\n" + second, tmp_path, "--columns", COLUMNS)
    assert got.expect(0).silent().out.decode() == rows_of(*two)


@pytest.mark.parametrize("output", ["ek", "fields"])
def test_one_output_in_pieces_is_one(two, output, tshark, tmp_path):
    lines = text_of(tshark, two[0], *OUTPUTS[output]).splitlines(keepends=True)
    head, rest = (lines[:1], lines[1:]) if output == "fields" else ([], lines)
    text = b"".join([*head, *rest[:2], *head, *rest[2:]])
    got = rows_by_every_way(text, tmp_path, "--columns", COLUMNS).expect(0).silent()
    assert got.out.decode() == rows_of(two[0])


def test_damage_between(two, tshark, tmp_path):
    first, second = (text_of(tshark, capture, "-T", "ek") for capture in two)
    text = first[:-200] + b"\n" + second
    got = rows_by_every_way(text, tmp_path, "--keep-going", "--columns", "protocol,src_ip,fwd_tot_pkt,bwd_tot_pkt").expect(1)
    got.one_message("1 damaged record was skipped: line 12")
    whole = rows_by_every_way(first + second, tmp_path, "--columns", "protocol,src_ip,fwd_tot_pkt,bwd_tot_pkt").rows
    assert sorted(got.rows) == sorted(row for row in whole if row != ["TCP", "10.1.0.1", "0", "1"])


# ---- what other tools make of one -----------------------------------------------------------------------------

def of_json(text):
    """The elements of an array, with repeated members as they are in -T ek since 4.2: as lists."""
    def members(pairs):
        found = {}
        for name, value in pairs:
            found.setdefault(name, []).append(value)
        return {name: values[0] if len(values) == 1 else values for name, values in found.items()}

    return json.loads(text, object_pairs_hook=members)


def each_pretty(values):
    return "".join(json.dumps(value, indent=2) + "\n" for value in values)


def each_compact(values):
    return "".join(json.dumps(value, separators=(",", ":")) + "\n" for value in values)


#: As `jq '.[]'`, `jq -c '.[]'`, `jq .`, `jq -c .`, and the arrays with nothing between.
LAYOUTS = {
    "one after the other": each_pretty,
    "one a line": each_compact,
    "tabs": lambda values: "".join(json.dumps(value, indent="\t") + "\n" for value in values),
    "array": lambda values: json.dumps(values, indent=2) + "\n",
    "array in a line": lambda values: json.dumps(values, separators=(",", ":")) + "\n",
    "arrays of one each": lambda values: "".join(json.dumps([value]) + "\n" for value in values),
}
EVERY_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS)


@EVERY_LAYOUT
@pytest.mark.parametrize("part", ["documents", "sources", "layers"])
@pytest.mark.parametrize("output", ["json", "json-e"])
def test_json_by_other_tools(two, output, part, layout, tshark, tmp_path):
    take = {"documents": lambda d: d, "sources": lambda d: d["_source"], "layers": lambda d: d["_source"]["layers"]}[part]
    documents = [take(document) for document in of_json(text_of(tshark, two[0], *OUTPUTS[output]))]
    text = LAYOUTS[layout](documents).encode()
    got = rows_by_every_way(text, tmp_path, "--columns", COLUMNS).expect(0).silent()
    assert got.out.decode() == rows_of(two[0])


@EVERY_LAYOUT
@pytest.mark.parametrize("part", ["documents", "layers"])
@pytest.mark.parametrize("output", ["ek", "ek-e"])
def test_ek_by_other_tools(two, output, part, layout, tshark, tmp_path):
    """`jq -s .` and `jq .layers`, which is null of an index line."""
    lines = [of_json(line) for line in text_of(tshark, two[0], *OUTPUTS[output]).splitlines()]
    text = LAYOUTS[layout](lines if part == "documents" else [line.get("layers") for line in lines]).encode()
    got = rows_by_every_way(text, tmp_path, "--columns", COLUMNS).expect(0).silent()
    assert got.out.decode() == rows_of(two[0])


def test_documents_one_after_the_other_of_two(two, tshark, tmp_path):
    text = "".join(each_pretty(of_json(text_of(tshark, capture, "-T", "json"))) for capture in two).encode()
    got = rows_by_every_way(text, tmp_path, "--columns", COLUMNS).expect(0).silent()
    assert got.out.decode() == rows_of(*two)


def test_a_document_over_several_lines_is_cut(two, tshark, tmp_path):
    text = each_pretty(of_json(text_of(tshark, two[0], "-T", "json"))).encode()
    got = rows_by_every_way(text[:-200], tmp_path, "--columns", "protocol,src_port").expect(1)
    got.one_message("cut short in the middle of record 6")
    assert got.rows == [["TCP", "40000"], ["UDP", "40000"]]


def test_a_document_over_several_lines_is_damaged(two, tshark, tmp_path):
    lines = each_pretty(of_json(text_of(tshark, two[0], "-T", "json"))).splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if line == "{\n"]
    del lines[starts[4] - 3 : starts[4]]  # the last brackets of the fourth: the first datagram
    got = rows_by_every_way("".join(lines).encode(), tmp_path, "--keep-going", "--columns", "protocol,src_port,fwd_tot_pkt")
    got.expect(1).one_message("1 damaged record was skipped: record 4 has no end")
    assert sorted(got.rows) == [["TCP", "40000", "0"], ["TCP", "40000", "2"], ["UDP", "9999", "1"]]


@EVERY_OUTPUT
def test_a_byte_order_mark(two, output, tshark, tmp_path):
    text = b"\xef\xbb\xbf" + text_of(tshark, two[0], *OUTPUTS[output])
    got = rows_by_every_way(text, tmp_path, "--columns", COLUMNS).expect(0).silent()
    assert got.out.decode() == rows_of(two[0])
    got = rows_by_every_way(text.replace(b"\n", b"\r\n") * 2, tmp_path, "--columns", COLUMNS).expect(0).silent()
    assert got.out.decode() == rows_of(two[0], two[0])


def test_tsharks_byte_order_mark(two, tshark, tmp_path):
    text = text_of(tshark, two[0], *OUTPUTS["fields"], "-E", "bom=y")
    assert text.startswith(b"\xef\xbb\xbf")
    assert rows_by_every_way(text, tmp_path, "--columns", COLUMNS).expect(0).silent().out.decode() == rows_of(two[0])


def test_bulk_lines_that_create(two, tshark, tmp_path):
    text = text_of(tshark, two[0], "-T", "ek").replace(b'{"index":', b'{"create":')
    assert rows_by_every_way(text, tmp_path, "--columns", COLUMNS).expect(0).silent().out.decode() == rows_of(two[0])


# ---- what reads like a field ----------------------------------------------------------------------------------

@pytest.mark.parametrize("output", ["ek", "json"])
@pytest.mark.parametrize("columns", ["+tcp", "+extra"])
def test_bytes_beside_the_fields(two, output, columns, tshark, tmp_path):
    """-x: "tcp.seq_raw" is the name of a field, and of the bytes of another one."""
    text = text_of(tshark, two[0], "-T", output, "-x")
    assert b"seq_raw_raw" in text
    got = rows_by_every_way(text, tmp_path, "--columns", columns).expect(0).silent()
    assert got.out.decode() == rows_of(two[0], columns=columns)


def test_the_bytes_alone_are_no_fields(two, tshark, tmp_path):
    text = text_of(tshark, two[0], "-T", "jsonraw")
    rows_by_every_way(text, tmp_path, "--columns", "+tcp").expect(2).one_message("-e frame.")


def http_answer(body):
    """A request and its answer, which carries that text."""
    a, b = ("10.0.0.1", 40000), ("10.0.0.2", 80)
    request = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    yield packets.tcp(a[0], b[0], a[1], b[1], SYN, seq=1, ack=0)
    yield packets.tcp(b[0], a[0], b[1], a[1], SYN | ACK, seq=1, ack=2)
    yield packets.tcp(a[0], b[0], a[1], b[1], PSH | ACK, request, seq=2, ack=2)
    yield packets.tcp(b[0], a[0], b[1], a[1], PSH | ACK, answer, seq=2, ack=2 + len(request))


@pytest.mark.parametrize("output", ["json", "ek"])
def test_a_text_that_reads_like_a_field(output, tmp_path, tshark):
    """-T json makes keys of the lines of a text."""
    names = b"\n".join([b"tcp.analysis.retransmission", b"tcp.stream", b"ip.src", b"frame.len", b"http.host"])
    capture = tmp_path / "text.pcap"
    frames = enumerate(http_answer(names))
    capture.write_bytes(packets.capture((packets.START * 10**9 + n * 10**6, frame) for n, frame in frames))
    text = subprocess.run(["tshark", "-n", "-r", capture, "-T", output], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=True).stdout
    assert b"data-text-lines" in text
    options = ["--columns", "+tcp,+extra", "--field", "http.host:any"]
    got = rows_by_every_way(text, tmp_path, *options).expect(0).silent()
    assert got.out == flowmeter(*options, capture).out
    assert got.rows[0][got.header.index("bwd_retx_cnt")] == "0"


# ---- Wireshark 2 ----------------------------------------------------------------------------------------------

def as_wireshark_2(pdml):
    """-T ek of Wireshark 2, out of the same tree as PDML: each key begins with the name of the item above."""
    def flat(name):
        return re.sub(r"\W", "_", name)

    def fill(layer, parent, item):
        for field in item:
            name = field.get("name") or "text"
            layer.setdefault(f"{flat(parent)}_{flat(name)}", []).append("" if name == "text" else field.get("show", ""))
            fill(layer, name, field)

    for number, packet in enumerate(ElementTree.fromstring(pdml).iter("packet"), 1):
        layers = {}
        for proto in packet.iter("proto"):
            name = proto.get("name")
            if name != "geninfo":
                fill(layers.setdefault(name, {}), name, proto)
        for layer in layers.values():
            layer.update((key, values[0]) for key, values in layer.items() if len(values) == 1)
        yield '{"index" : {"_index": "packets-2018-05-03", "_type": "pcap_file", "_score": null}}\n'
        yield '{"timestamp" : "%d", "layers" : %s}\n' % (number, json.dumps(layers))


def test_wireshark_2(tmp_path, tshark):
    """Retransmissions (an expert's remarks), options and flags (items of trees)."""
    a, b = ("10.0.0.1", "10.0.0.2", 40000, 80), ("10.0.0.2", "10.0.0.1", 80, 40000)
    frames = [packets.tcp(*a, SYN, seq=99, ack=0), packets.tcp(*b, SYN | ACK, seq=499, ack=100),
              *[packets.tcp(*a, ACK | PSH, b"hello", seq=100, ack=500)] * 3, packets.tcp(*b, FIN | ACK, seq=500, ack=105)]
    capture = tmp_path / "two.pcap"
    capture.write_bytes(packets.capture((packets.START * 10**9 + n * 10**9, frame) for n, frame in enumerate(frames)))
    pdml = subprocess.run(["tshark", "-n", "-r", capture, "-T", "pdml"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=True).stdout
    text = "".join(as_wireshark_2(pdml)).encode()
    assert b'"_ws_expert_tcp_analysis_retransmission"' in text and b'"tcp_flags_tcp_flags_syn"' in text
    columns = "flowmeter,tcp,+extra"
    got = rows_by_every_way(text, tmp_path, "--columns", columns).expect(0).silent()
    assert got.out.decode() == rows_of(capture, columns=columns)
    assert got.rows[0][got.header.index("fwd_retx_cnt")] == "2"
