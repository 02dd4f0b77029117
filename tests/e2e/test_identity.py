"""Columns that tell who, when and where: against tshark's own words, in every way of running it, and anonymised."""

import csv
import hashlib
import io
import ipaddress
import os

import pytest

import reference_groups
from helpers import CAPTURES, flowmeter, known, label, sh

EVERY = pytest.mark.parametrize("capture", CAPTURES, ids=label)

#: Columns that identify, of all groups that there may be.
IDENTIFYING = set(
    "src_port dst_port flow_id community_id input stream src_ip dst_ip src_mac dst_mac vlan_id start_ns end_ns"
    " start_utc end_utc first_frame last_frame cic_flow_id cic_timestamp nfstream_id src_oui dst_oui"
    " bidirectional_first_seen_ms bidirectional_last_seen_ms src2dst_first_seen_ms src2dst_last_seen_ms"
    " dst2src_first_seen_ms dst2src_last_seen_ms".split())

#: What of the group id any decoder and any number of tsharks can give.
PLAIN = ("flow_id,community_id,stream,part,src_ip,dst_ip,ip_version,proto,start_ns,end_ns,first_frame,last_frame,"
         "end_reason,dir_basis,ts_disorder_cnt,icmp_err_cnt,tunnel")


def cells(result):
    return list(csv.DictReader(io.StringIO(result.out.decode())))


def every_group():
    """All groups, as --columns takes them. (A column that is named by itself stays.)"""
    lines = flowmeter("--list-columns", "--no-header", "--splt", "2").silent().lines
    return ",".join(dict.fromkeys(line.split("\t")[1] for line in lines))


# ---- against tshark -------------------------------------------------------------------------------------------

@EVERY
def test_community_id_is_tsharks(capture, tshark):
    """Outside of tunnels, in which tshark has one id for several packets; the reference's tests know which it is."""
    text = tshark.text("-n", "-2", "--enable-protocol", "communityid", "-r", capture, "-T", "fields",
                       "-e", "frame.number", "-e", "communityid")
    tsharks = dict(line.split("\t") for line in text.splitlines())
    for row in cells(known("--columns", PLAIN, capture)):
        if row["tunnel"] == "0":
            for frame in (row["first_frame"], row["last_frame"]):
                assert row["community_id"] == (tsharks[frame] or "-"), row


@EVERY
def test_decoders_and_jobs(capture):
    expected = flowmeter("--columns", PLAIN, "--decoder", "ek", "-j1", "--life-frames", "0", capture)
    for options in (("--decoder", "columns", "-j1", "--life-frames", "0"), ("-j5", "--life-frames", "100")):
        got = flowmeter("--columns", PLAIN, *options, capture, timeout=100)
        assert got.out == expected.out, f"{expected!r}{got!r}"


def test_streams_are_ranked_and_frames_are_not(small):
    whole = cells(flowmeter("--columns", "proto,stream,first_frame", small))
    for decoder in ("ek", "json", "columns"):
        part = cells(flowmeter("--columns", "proto,stream,first_frame", "--decoder", decoder,
                               "-Y", "tcp.stream >= 3 or udp.stream == 1", small))
        kept = [row for row in whole if (row["proto"], row["stream"]) in {("6", "3"), ("6", "4"), ("17", "1")}]
        assert [row["first_frame"] for row in part] == [row["first_frame"] for row in kept]
        assert sorted((row["proto"], row["stream"]) for row in part) == [("17", "0"), ("6", "0"), ("6", "1")]


@pytest.mark.shared
def test_worked_example(shared):
    rows = cells(flowmeter("--columns", "flowmeter,id", shared / "handmade" / "a.pcap"))
    first = next(row for row in rows if (row["proto"], row["stream"]) == ("6", "0"))
    assert first["community_id"] == "1:lWJQYXirSlmWE2qTFPykhczY8U4="
    assert (first["duration"], first["duration_us"], first["end_reason"], first["dir_basis"]) == (
        "0.42", "420000", "eof", "syn")


def test_a_stream_without_a_field_is_refused(small, tshark):
    """Not with a column of zeros."""
    fields = tshark.fields(small)
    got = flowmeter("--columns", "src_mac,stream", fields, status=2)
    got.one_message("eth.src", "column src_mac", "-e eth.src")
    got = flowmeter("--columns", "src_ip,fwd_ttl_min", fields, status=2)
    got.one_message("ip.ttl", "column fwd_ttl_min", "-e ip.ttl")


# ---- without identities ---------------------------------------------------------------------------------------

def test_drop_ids_leaves_nothing_that_identifies(small):
    everything = every_group()
    all_columns = set(flowmeter("--columns", everything, "--splt", "2", small).header)
    left = set(flowmeter("--columns", everything, "--splt", "2", "--drop-ids", small).header)
    assert left & IDENTIFYING == set()
    assert all_columns - left == all_columns & IDENTIFYING
    assert {"duration", "protocol", "part", "proto", "splt_size_2", "fwd_ttl_first"} <= left


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(bytes(range(100, 132)))
    path.chmod(0o600)
    return path


def prefix(a, b):
    """Leading bits that two addresses share."""
    a, b = ipaddress.ip_address(a), ipaddress.ip_address(b)
    return a.max_prefixlen - (int(a) ^ int(b)).bit_length()


@EVERY
def test_anonymized(capture, key):
    """Other addresses with the same prefixes, and ids that are those of the other addresses."""
    columns = "id,src_port,dst_port"
    plain = cells(flowmeter("--columns", columns, capture))
    hidden = cells(flowmeter("--columns", columns, "--anonymize", key, capture))
    assert len(plain) == len(hidden)
    names = {}
    for one, other in zip(plain, hidden):
        for end in ("src_ip", "dst_ip"):
            assert names.setdefault(one[end], other[end]) == other[end]
        ends = [(None if other[f"{d}_ip"] == "-" else other[f"{d}_ip"], int(other[f"{d}_port"])) for d in ("src", "dst")]
        community = reference_groups.community_id(int(other["proto"]), *ends)
        assert other["community_id"] == community
        text = f"{community},{other['start_ns']},{other['part']}"
        assert other["flow_id"] == hashlib.sha1(text.encode()).hexdigest()[:16]
        hidden_ones = {"flow_id", "community_id", "src_ip", "dst_ip", "src_mac", "dst_mac"}
        assert [one[c] for c in one if c not in hidden_ones] == [other[c] for c in other if c not in hidden_ones]
    names.pop("-", None)
    assert len(set(names.values())) == len(names)
    for a in list(names)[:50]:
        for b in list(names)[:50]:
            if (":" in a) == (":" in b):
                assert prefix(a, b) == prefix(names[a], names[b])


def test_anonymized_link_addresses(small, key):
    plain = cells(flowmeter("--columns", "src_mac,dst_mac", small))
    hidden = cells(flowmeter("--columns", "src_mac,dst_mac", "--anonymize", key, small))
    pairs = {(one[c], other[c]) for one, other in zip(plain, hidden) for c in one}
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs}) == 2
    assert all(one != other and len(other) == 17 for one, other in pairs)


def test_key_files(small, key, tmp_path):
    expected = flowmeter("--columns", "src_ip", "--anonymize", key, small).out
    text = tmp_path / "hex"
    for end in ("", "\n", "\r\n"):
        text.write_bytes(key.read_bytes().hex().encode() + end.encode())
        text.chmod(0o640)
        assert flowmeter("--columns", "src_ip", "--anonymize", text, small).out == expected
    piped = sh(f'"$FLOWMETER" --columns src_ip --anonymize <(cat {key}) {small}').expect(0)
    assert piped.out == expected


def test_bad_key_files(small, key, tmp_path):
    def refused(path, *words):
        got = flowmeter("--anonymize", path, small, status=2)
        assert got.out == b""
        got.one_message(str(path), *words)

    refused(tmp_path / "nosuch", "No such file")
    refused(tmp_path, "directory")
    key.chmod(0o604)
    refused(key, "every user can read", "chmod o-r")
    key.chmod(0o600)
    for content in (b"", b"x" * 31, b"x" * 33, b"g" * 64, b"ab" * 32 + b"\n\n", os.urandom(4096)):
        key.write_bytes(content)
        refused(key, "32 bytes", "64 hexadecimal digits")


# ---- the first packets of a flow ------------------------------------------------------------------------------

def test_splt_is_added_to_the_schema(small):
    plain = flowmeter(small).header
    assert flowmeter("--splt", "1", small).header == plain + [f"splt_{f}_1" for f in ("dir", "size", "pay", "iat", "flags")]
    assert flowmeter("--splt", "1", "--columns=-flowmeter", small).header[0] == "splt_dir_1"
    assert flowmeter("--splt", "2", "--columns", "splt_iat_2,duration", small).header == ["splt_iat_2", "duration"]
    assert flowmeter("--splt", "1", "--columns", "duration", small).header[:2] == ["duration", "splt_dir_1"]


@EVERY
def test_splt_in_a_list(capture):
    """The same values in one cell, without padding."""
    families = ("dir", "size", "pay", "iat", "flags")
    wide = cells(flowmeter("--splt", "7", "--columns", "splt", capture))
    short = cells(flowmeter("--splt", "7", "--splt-layout", "list", "--columns", "splt", capture))
    assert len(wide) == len(short)
    for one, other in zip(wide, short):
        taken = sum(one[f"splt_dir_{k}"] != "0" for k in range(1, 8))
        for family in families:
            assert other[f"splt_{family}"] == "|".join(one[f"splt_{family}_{k}"] for k in range(1, taken + 1))


@pytest.mark.parametrize("arguments, words", [
    (["--columns", "splt"], ["--splt N"]),
    (["--columns", "splt_size_3"], ["--splt N"]),
    (["--splt", "2", "--columns", "splt_size_3"], ["splt_size_3"]),
    (["--splt-packets", "payload"], ["--splt"]),
    (["--splt", "0"], ["--splt"]),
    (["--splt", "1025"], ["--splt"]),
    (["--splt", "2", "--schema", "pyflowmeter"], ["--splt"]),
], ids=lambda words: " ".join(words))
def test_splt_refused(arguments, words, small):
    got = flowmeter(*arguments, small, status=2)
    assert got.out == b""
    got.one_message(*words)
