"""Text of a tshark that was not asked for all that is needed, or whose values were thrown away on the way."""

import json
import re
import struct

import pytest

import packets
import reference
from helpers import NEEDED, each, flowmeter, known, run

SECOND = 10**9
A, B = "192.0.2.1", "198.51.100.7"

#: How tshark writes: whole trees, and the fields that are asked for.
TREES = {"ek": ("-T", "ek"), "json": ("-T", "json")}
ASKED = {"ek-e": ("-T", "ek"), "json-e": ("-T", "json"), "fields": ("-T", "fields", "-E", "header=y")}
KINDS = [*TREES, *ASKED]
WAYS = ("file", "pipe")


def written(tshark, capture, kind, fields=NEEDED, more=()):
    """The file with what tshark writes of the capture; `fields` matter where they have to be asked for."""
    if kind in TREES:
        return tshark.path("-n", "-r", capture, *TREES[kind], *more)
    return tshark.path("-n", "-r", capture, *ASKED[kind], *more, *each(fields))


def read(path, *options, way="file", status=0):
    if way == "file":
        return flowmeter(*options, path, status=status)
    with open(path, "rb") as stdin:
        return flowmeter(*options, "-", stdin=stdin, status=status)


def refused(path, *words, way="file", options=()):
    result = read(path, *options, way=way, status=2).one_message(*words)
    assert result.out == b"", repr(result)
    return result


def cut_record(ns, frame, kept):
    seconds, rest = divmod(ns, SECOND)
    return struct.pack("<IIII", seconds, rest // 1000, kept, len(frame)) + frame[:kept]


def at(k):
    return packets.START * SECOND + k * 10_000_000


@pytest.fixture(scope="module")
def keep(tmp_path_factory):
    """Writes captures that the tests of this file share."""
    directory = tmp_path_factory.mktemp("lacking")

    def write(name, data):
        path = directory / name
        if not path.exists():
            path.write_bytes(data)
        return path

    return write


def both_ways(make):
    """Four packets of one conversation, two each way: `make(there, back)` of ends and ports."""
    for k in range(4):
        yield at(k), make(*((A, B, 40000, 9999) if k % 2 == 0 else (B, A, 9999, 40000)))


def gtp(src, dst, inner):
    head = struct.pack("!BBHI", 0x30, 0xFF, len(inner), 7)
    return packets.udp(src, dst, 2152, 2152, head + inner)


def gtp_frames(start=0):
    for k in range(4):
        src, dst = (A, B) if k % 2 == 0 else (B, A)
        ports = (40001, 9999) if k % 2 == 0 else (9999, 40001)
        inner = packets.ipv4("10.0.0.1" if k % 2 == 0 else "10.0.0.2", "10.0.0.2" if k % 2 == 0 else "10.0.0.1", 17,
                             packets.udp_datagram(*ports, b"payload" * 3))
        yield at(start + k), gtp(src, dst, inner)


@pytest.fixture
def tunnel(keep):
    return keep("gtp.pcap", packets.capture(gtp_frames()))


def kept_last(path, as_lines):
    """tshark's JSON as most readers of JSON pass it on: of members with one name, the last is kept."""
    frames = json.loads(path.read_text())
    return "".join(json.dumps(frame) + "\n" for frame in frames) if as_lines else json.dumps(frames)


# ---- values that were thrown away ------------------------------------------------------------------------------

@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ASKED)
@pytest.mark.parametrize("occurrence", "fl")
def test_one_occurrence_of_several_is_refused(tshark, tunnel, kind, way, occurrence):
    text = written(tshark, tunnel, kind, more=("-E", f"occurrence={occurrence}"))
    refused(text, "frame 1: 1 of 2 udp headers came without values", "-E occurrence=a", way=way)


@pytest.mark.parametrize("kind", ASKED)
def test_all_occurrences_are_read(tshark, tunnel, kind):
    text = written(tshark, tunnel, kind, more=("-E", "occurrence=a"))
    assert read(text).silent().out == flowmeter(tunnel).silent().out
    assert len(read(text).rows) == 2


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("as_lines", [True, False], ids=["lines", "array"])
def test_json_of_a_reader_that_keeps_the_last_of_equal_names_is_refused(tshark, tunnel, tmp_path, way, as_lines):
    path = tmp_path / "passed.json"
    path.write_text(kept_last(tshark.path("-n", "-r", tunnel, "-T", "json"), as_lines))
    refused(path, "frame 1: 1 of 2 udp headers", "--no-duplicate-keys", way=way)
    path.write_text(kept_last(tshark.path("-n", "-r", tunnel, "-T", "json", "--no-duplicate-keys"), as_lines))
    assert read(path, way=way).silent().out == flowmeter(tunnel).silent().out


def test_json_without_equal_names_may_be_passed_on(tshark, small, tmp_path):
    path = tmp_path / "passed.json"
    path.write_text(kept_last(tshark.path("-n", "-r", small, "-T", "json"), True))
    assert read(path).silent().out == flowmeter(small).silent().out


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ASKED)
def test_values_thrown_away_after_a_row_end_the_run_with_the_frame(tshark, keep, kind, way):
    plain = [(ns, packets.udp(A, B, 1000, 2000, b"x")) for ns in (at(0), at(1))]
    later = [(ns + 2000 * SECOND, frame) for ns, frame in [*plain, *gtp_frames(5)]]
    capture = keep("gtp_later.pcap", packets.capture([*plain, *later]))
    result = read(written(tshark, capture, kind, more=("-E", "occurrence=f")), way=way, status=1)
    result.one_message("frame 5: 1 of 2 udp headers", "the flows up to there are written")
    assert [row[1:6] for row in result.rows] == [["UDP", "1000", "2000", "2", "86"]] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_tunnel_whose_inner_headers_are_cut_has_lost_nothing(tshark, keep, kind):
    # The inner UDP header has its ports and no more, or one byte, or nothing; or the inner network header is cut.
    frames = list(gtp_frames())
    inner = 14 + 20 + 8 + 8
    for kept in (inner + 24, inner + 21, inner + 20, inner + 12, inner + 3):
        capture = keep(f"gtp_{kept}.pcap", packets.pcap_header() + b"".join(cut_record(*f, kept) for f in frames))
        assert read(written(tshark, capture, kind)).silent().out == known(capture).silent().out


@pytest.mark.parametrize("kind", ASKED)
def test_a_quoted_header_takes_nothing_from_a_packet(tshark, keep, kind):
    quoted = packets.ipv4(A, B, 17, packets.udp_datagram(40000, 9999, b"x" * 20))
    error = packets.ETHER + packets.ipv4("203.0.113.9", A, 1, packets.icmp(3, 0, quoted))
    capture = keep("icmp.pcap", packets.capture([*both_ways(packets.udp), (at(9), error)]))
    text = written(tshark, capture, kind, more=("-E", "occurrence=f"))
    assert read(text).silent().out == known(capture).silent().out


def test_our_own_tshark_must_not_be_told_to_throw_values_away(tunnel):
    result = flowmeter("--decoder", "ek", tunnel, "--", "-E", "occurrence=f", status=2)
    result.one_message("-E among the arguments for tshark")
    assert result.out == b""


# ---- headers that are cut ----------------------------------------------------------------------------------------

def snapped(frames, kept):
    """TCP cut to so many bytes, the rest whole."""
    return packets.pcap_header() + b"".join(
        cut_record(ns, frame, kept if frame[23] == 6 else len(frame)) for ns, frame in frames)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kept", (34, 35, 38, 42, 47))
def test_tcp_headers_that_are_all_cut_before_their_flags_are_no_lack(tshark, keep, kind, way, kept):
    capture = keep(f"snap{kept}.pcap", snapped(packets.small_frames(), kept))
    result = read(written(tshark, capture, kind), way=way)
    assert result.out == known(capture).silent().out
    assert {row[1] for row in result.rows} == {"UDP"}
    if kind in ("ek-e", "json-e"):  # whether tshark was asked for them cannot be known
        result.one_message("no frame has tcp.stream, tcp.flags", "-e tcp.stream -e tcp.flags")
    else:
        result.silent()


@pytest.mark.parametrize("kind", KINDS)
def test_all_headers_cut_of_other_transports_are_no_lack(tshark, keep, kind):
    dccp = packets.ETHER + packets.ipv4(A, B, 33, packets.dccp(1000, 2000, 0, 1))
    ping = packets.ETHER + packets.ipv4(A, B, 1, packets.echo(8, 77))
    frames = [(at(0), dccp, 36), (at(1), ping, 34), (at(2), packets.udp(A, B, 1, 2, b"x"), 43)]
    capture = keep("others.pcap", packets.pcap_header() + b"".join(cut_record(*frame) for frame in frames))
    options = ("--transport", "tcp,udp,dccp,icmp")
    fields = [*NEEDED, "dccp.stream", "dccp.srcport", "dccp.dstport", "icmp.type", "icmp.ident"]
    result = read(written(tshark, capture, kind, fields), *options)
    assert result.out == flowmeter(*options, capture).silent().out
    assert [row[1] for row in result.rows] == ["UDP"]


@pytest.mark.parametrize("kind", ("ek", "json", "fields"))
def test_tcp_headers_that_all_say_that_they_are_too_short_are_no_lack(tshark, keep, kind):
    def short(*ends):
        frame = bytearray(packets.tcp(*ends, packets.ACK))
        frame[14 + 20 + 12] = 3 << 4
        return bytes(frame)

    capture = keep("short.pcap", packets.capture([*both_ways(short), (at(8), packets.udp(A, B, 1, 2, b"x"))]))
    assert read(written(tshark, capture, kind)).silent().out == known(capture).silent().out


# ---- no time -------------------------------------------------------------------------------------------------------

def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def simple_blocks(frames):
    """A pcapng file of simple packet blocks, which have no time stamps."""
    head = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 0))
    return head + b"".join(block(3, struct.pack("<I", len(frame)) + frame) for _, frame in frames)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_frames_that_all_have_no_time_are_counted_and_told(tshark, keep, kind, way):
    capture = keep("simple.pcapng", simple_blocks(packets.small_frames()))
    result = read(written(tshark, capture, kind), way=way)
    result.one_message("60 frames without a time stamp")
    assert result.out == known(capture).out
    assert len(result.rows) == 10


@pytest.mark.parametrize("kind", ASKED)
def test_a_time_that_was_not_asked_for_is_lacking(tshark, small, kind):
    text = written(tshark, small, kind, [n for n in NEEDED if n != "frame.time_epoch"])
    refused(text, "lacks frame.time_epoch (for column duration)", "line: -e frame.time_epoch")


# ---- fields that were not asked for -------------------------------------------------------------------------------

@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ASKED)
@pytest.mark.parametrize("first", (("ip.src", "tcp.stream"), ("frame.protocols", "frame.len")), ids=",".join)
def test_what_is_pasted_from_the_message_is_enough(tshark, small, kind, way, first):
    message = refused(written(tshark, small, kind, first), "lacks ", way=way).err
    options = re.search(r"add to tshark's command line:((?: -e \S+)+)$", message.strip()).group(1).split()
    assert not set(options[1::2]) & set(first)
    text = tshark.path("-n", "-r", small, *ASKED[kind], *each(first), *options)
    assert read(text, way=way).silent().out == flowmeter(small).silent().out


def test_the_message_says_which_column_needs_which_field(tshark, small):
    text = written(tshark, small, "ek-e", ("frame.protocols", "frame.time_epoch", "tcp.stream"))
    refused(text, "frame.len (for column fwd_tot_byte)", "ip.src, ip.dst, udp.stream (to tell flows apart)",
            "tcp.flags (for column fwd_FIN_cnt)")
    text = written(tshark, small, "ek-e")
    refused(text, "lacks tcp.window_size_value (for column cic_fwd_init_win_bytes)", options=("--columns", "cic_fwd_init_win_bytes"))


@pytest.mark.parametrize("kind", ASKED)
@pytest.mark.parametrize("field", NEEDED)
def test_each_field_is_missed_where_it_is_needed(tshark, keep, kind, field):
    if kind != "fields" and field in ("ipv6.src", "ipv6.dst"):
        field = field.replace("v6", "")
    six = packets.ipv6("2001:db8::1", "2001:db8::2", 17, packets.udp_datagram(1, 2, b"x"))
    capture = keep("six.pcap", packets.capture([*packets.small_frames(), (at(900), six)]))
    refused(written(tshark, capture, kind, [n for n in NEEDED if n != field]), f"-e {field}")


@pytest.mark.parametrize("kind", ASKED)
def test_fields_of_what_does_not_occur_need_not_be_asked_for(tshark, keep, kind):
    capture = keep("udp.pcap", packets.capture(both_ways(packets.udp)))
    fields = [n for n in NEEDED if not n.startswith(("tcp.", "ipv6."))]
    assert read(written(tshark, capture, kind, fields)).silent().out == known(capture).silent().out


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ASKED)
def test_a_lack_that_shows_after_a_row_ends_the_run_with_the_frame(tshark, keep, kind, way):
    udp = [(ns + gap * SECOND, frame) for gap in (0, 2000) for ns, frame in both_ways(packets.udp)]
    tcp = [(ns + 3000 * SECOND, packets.tcp(A, B, 1, 2, packets.ACK, b"x")) for ns in (at(0), at(1))]
    capture = keep("udp_tcp.pcap", packets.capture([*udp, *tcp]))
    text = written(tshark, capture, kind, [n for n in NEEDED if not n.startswith("tcp.f")])
    result = read(text, way=way, status=1)
    result.one_message("frame 9: lacks tcp.flags", "line: -e tcp.flags", "the flows up to there are written")
    assert [row[1:5] for row in result.rows] == [["UDP", "40000", "9999", "2"]] * 2


def test_a_column_that_the_header_line_does_not_have_is_missed(tshark, small):
    text = written(tshark, small, "fields")
    refused(text, "lacks tcp.analysis.retransmission", "(for column ", "-e tcp.analysis.retransmission",
            options=("--columns", "+fwd_retx_cnt"))


@pytest.mark.parametrize("kind", ASKED)
def test_fields_of_other_transports_are_missed_where_they_are_needed(tshark, keep, kind):
    ping = [(at(k), packets.ETHER + packets.ipv4(A, B, 1, packets.echo(8, 77))) for k in range(2)]
    capture = keep("ping.pcap", packets.capture(ping))
    refused(written(tshark, capture, kind, [*NEEDED, "icmp.type"]), "lacks icmp.ident", "line: -e icmp.ident",
            options=("--transport", "icmp"))
    refused(written(tshark, capture, kind, [*NEEDED, "icmp.ident"]), "lacks icmp.type", options=("--transport", "icmp"))
    whole = written(tshark, capture, kind, [*NEEDED, "icmp.type", "icmp.ident"])
    assert len(read(whole, "--transport", "icmp").silent().rows) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_associations_must_be_numbered(tshark, keep, kind):
    init = packets.sctp(5000, 6000, 0, packets.sctp_init(1, 7))
    capture = keep("sctp.pcap", packets.capture([(at(0), packets.ETHER + packets.ipv4(A, B, 132, init))]))
    fields = [*NEEDED, "sctp.assoc_index", "sctp.srcport", "sctp.dstport"]
    refused(written(tshark, capture, kind, fields), "lacks sctp.assoc_index", "-o sctp.association_index:TRUE",
            options=("--transport", "sctp"))


# ---- -T fields in another form ----------------------------------------------------------------------------------

@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fields", (("frame.protocols",), ("frame.protocols", "ip.src"), ("tcp.stream", "ip.src"),
                                    ("frame.time", "frame.len"), ("_ws.col.Info", "frame.len"), ("udp.stream",),
                                    ("frame.number", "ip.src")), ids=",".join)
@pytest.mark.parametrize("more", ((), ("-E", "quote=d"), ("-E", "separator=;")), ids=",".join)
def test_values_without_their_names_are_refused(tshark, small, fields, more, way):
    if more[1:] == ("separator=;",) and not set(fields) <= {"frame.protocols", "ip.src", "tcp.stream", "frame.number"}:
        pytest.skip("texts between semicolons may be anybody's")
    text = tshark.path("-n", "-r", small, "-T", "fields", *more, *each(fields))
    refused(text, "tshark -T fields", "-E header=y", way=way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("quote", "ds")
def test_values_in_quotes_are_refused(tshark, small, quote, way):
    text = written(tshark, small, "fields", more=("-E", f"quote={quote}"))
    refused(text, "in quotes", "leave tshark's -E quote out", way=way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("aggregator", ("/s", ";", "|"))
def test_values_with_another_sign_between_them_are_refused(tshark, tunnel, aggregator, way):
    text = written(tshark, tunnel, "fields", more=("-E", f"aggregator={aggregator}"))
    refused(text, "is several", "leave tshark's -E aggregator out", way=way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("separator", (",", ";", "|", "/s", ":"))
def test_columns_between_other_signs_than_tabs_are_refused(tshark, small, separator, way):
    for fields in (NEEDED, ("ip.src", "tcp.stream")):
        text = written(tshark, small, "fields", fields, more=("-E", f"separator={separator}"))
        refused(text, "between tabs", "leave -E separator", way=way)
