"""Flows of SCTP, DCCP and ICMP echo conversations, against the reference and against tshark's own table."""

import itertools
import json
import re
import subprocess
from collections import Counter

import pytest

import packets
import reference_groups
from helpers import CAPTURES, SHARED, flowmeter, label
from packets import ETHER, echo, ipv4, ipv6
from test_groups import GROUPS, cells, differences

ALL = "tcp,udp,sctp,dccp,icmp"
TOKENS = ("tcp", "udp", "sctp", "dccp", "icmp", "icmpv6")
A, B, C, A2 = "192.0.2.1", "198.51.100.7", "203.0.113.9", "192.0.2.2"
A6, B6 = "2001:db8::1", "2001:db8::2"
SCTP, DCCP, ICMP, ICMP6, IPIP = 132, 33, 1, 58, 4


def ip(src, dst, protocol, payload):
    return ETHER + ipv4(src, dst, protocol, payload)


def association(src, dst, sport, dport, tag, second=None):
    """Set up, one message each way, and one more from the source's second address."""
    there = lambda tag, chunk, src=src: ip(src, dst, SCTP, packets.sctp(sport, dport, tag, chunk))  # noqa: E731
    back = lambda tag, chunk: ip(dst, src, SCTP, packets.sctp(dport, sport, tag, chunk))  # noqa: E731
    yield there(0, packets.sctp_init(1, tag))
    yield back(tag, packets.sctp_init(2, tag + 1))
    yield there(tag + 1, packets.sctp_chunk(10, b"cook"))
    yield back(tag, packets.sctp_chunk(11))
    yield there(tag + 1, packets.sctp_data(1, b"question"))
    yield back(tag, packets.sctp_data(1, b"answer"))
    if second:
        yield there(tag + 1, packets.sctp_data(2, b"from elsewhere"), second)


def associations():
    """Two at a time between the same hosts; the second has one port at both ends."""
    one, other = association(A, B, 40000, 3868, 100, A2), association(A, B, 2905, 2905, 200, A2)
    return [frame for pair in itertools.zip_longest(one, other) for frame in pair if frame]


def datagrams():
    yield ip(A, B, DCCP, packets.dccp(5000, 5001, 0, 1))
    yield ip(A, B, DCCP, packets.dccp(5002, 5001, 0, 1))
    yield ip(B, A, DCCP, packets.dccp(5001, 5000, 1, 1))
    yield ip(A, B, DCCP, packets.dccp(5000, 5001, 4, 2))


def echoes():
    """Conversations by who asks whom with which identifier; what is no echo; errors that quote."""
    for sequence in (1, 2):
        for identifier in (7, 8, 0):
            yield ip(A, B, ICMP, echo(8, identifier, sequence))
            yield ip(B, A, ICMP, echo(0, identifier, sequence))
    yield ip(B, A, ICMP, echo(8, 7))  # the same identifier, asked by the other one
    yield ip(A, B, ICMP, echo(0, 7))
    yield ip(A, C, ICMP, echo(8, 7))  # and of another host
    yield ip(C, A, ICMP, echo(0, 9))  # an answer to what was not seen
    yield ip(A, C, ICMP, echo(8, 9))
    yield ip(A, B, ICMP, echo(13, 7, body=bytes(12)))  # a time stamp request has an identifier
    yield ip(A, B, ICMP, packets.icmp(9))
    quoted = ipv4(A, B, ICMP, echo(8, 8))
    yield ip(C, A, ICMP, packets.icmp(11, body=quoted))  # to the conversation's host, about it
    yield ip(C, A, ICMP, packets.icmp(3, body=ipv4(A, B, SCTP, packets.sctp(40000, 3868, 101))))
    yield ip(C, A, ICMP, packets.icmp(3, body=ipv4(A, C, ICMP, echo(8, 55))))  # of which no packet is ever seen
    for sequence in (1, 2):
        yield ipv6(A6, B6, ICMP6, echo(128, 7, sequence))
        yield ipv6(B6, A6, ICMP6, echo(129, 7, sequence))
    yield ipv6(A6, B6, ICMP6, packets.icmp(135, body=bytes(16)))
    yield ip(A, B, IPIP, ipv4(A, B, ICMP, echo(8, 70)))
    yield packets.vxlan(A, B, 50000, 4789, ip(A, C, ICMP, echo(8, 71)))
    yield packets.vxlan(A, B, 50000, 4789, ip(A, C, SCTP, packets.sctp(9, 10, 0, packets.sctp_init(1, 300))))
    yield ip(A, B, ICMP, echo(8, 72))[:38]  # cut before its identifier


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    frames = [*associations(), *datagrams(), *echoes(), *(frame for _, frame in packets.small_frames())]
    path = tmp_path_factory.mktemp("transports") / "reach.pcap"
    path.write_bytes(packets.capture((packets.START * 10**9 + n * 7_001_000, f) for n, f in enumerate(frames)))
    return path


def differs(capture, arguments=(), **policy):
    got = flowmeter("--transport", ALL, "--columns", ",".join(GROUPS), "--splt", "20", *arguments, capture).silent()
    return differences(reference_groups.rows(capture, GROUPS, transport=TOKENS, **policy), cells(got))


POLICIES = {
    "none": ([], {}),
    "idle": (["-t", "0.05,sctp=0.02,icmp=0.01,dccp=0.001"],
             {"idle": "0.05", "timeouts": {"SCTP": "0.02", "ICMP": "0.01", "ICMPv6": "0.01", "DCCP": "0.001"}}),
    "active": (["--active-timeout", "0.05"], {"active": "0.05"}),
    "handshake": (["--direction", "handshake"], {"direction": "handshake"}),
    "inner": (["--tunnel", "inner"], {"tunnel": "inner"}),
    "outer": (["--tunnel", "outer"], {"tunnel": "outer"}),
    "ip": (["--size", "ip"], {"size": "ip"}),
    "json": (["--decoder", "json"], {}),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_agrees(policy, capture):
    arguments, named = POLICIES[policy]
    assert differs(capture, arguments, **named) == []


@pytest.mark.parametrize("shared", CAPTURES, ids=label)
def test_agrees_on_the_captures(shared):
    assert differs(shared) == []


def flows(capture, *arguments):
    """(protocol, ports, packets) of each flow."""
    got = cells(flowmeter("--transport", *arguments, capture).silent())
    return [tuple(row[name] for name in ("protocol", "src_port", "dst_port", "fwd_tot_pkt", "bwd_tot_pkt"))
            for row in got]


def test_sctp(capture):
    """Both associations; what comes from the second address counts for its end. And the one in the tunnel."""
    assert flows(capture, "sctp") == [
        ("SCTP", "40000", "3868", "4", "3"), ("SCTP", "2905", "2905", "4", "3"), ("SCTP", "9", "10", "1", "0")]


def test_dccp(capture):
    assert flows(capture, "dccp") == [("DCCP", "5000", "5001", "2", "1"), ("DCCP", "5002", "5001", "1", "0")]


def test_icmp(capture):
    assert flows(capture, "icmp") == [
        ("ICMP", "7", "0", "2", "2"), ("ICMP", "8", "0", "2", "2"), ("ICMP", "0", "0", "2", "2"),
        ("ICMP", "7", "0", "1", "1"), ("ICMP", "7", "0", "1", "0"), ("ICMP", "0", "9", "1", "1"),
        ("ICMPv6", "7", "0", "2", "2"), ("ICMP", "70", "0", "1", "0"), ("ICMP", "71", "0", "1", "0")]


def test_each_alone_and_all_together(capture):
    """A flow does not depend on which other transports are asked for."""
    alone = [flow for name in ALL.split(",") for flow in flows(capture, name)]
    assert Counter(alone) == Counter(flows(capture, ALL))
    assert flows(capture, "udp,tcp") == flows(capture, "tcp,udp", "--decoder", "ek")
    assert flowmeter("--transport", "tcp,udp", capture).out == flowmeter(capture).out


def test_an_error_counts_for_the_flow_that_it_quotes(capture):
    rows = cells(flowmeter("--transport", "icmp,sctp", "--columns", "protocol,src_port,icmp_err_cnt", capture))
    assert [tuple(row.values()) for row in rows if row["icmp_err_cnt"] != "0"] == [("ICMP", "8", "1")]


def test_numbers_and_names(capture):
    rows = cells(flowmeter("--transport", ALL, "--columns", "protocol,proto,ip_version", capture))
    assert {(row["protocol"], row["proto"], row["ip_version"]) for row in rows} == {
        ("TCP", "6", "4"), ("UDP", "17", "4"), ("SCTP", "132", "4"), ("DCCP", "33", "4"), ("ICMP", "1", "4"),
        ("ICMPv6", "58", "6")}


def test_community_id_is_tsharks(capture, tshark):
    """Of frames with one packet each: by their number."""
    text = tshark.text("-n", "-2", "--enable-protocol", "communityid", "-r", capture, "-T", "fields",
                       "-e", "frame.number", "-e", "communityid", "-e", "frame.protocols")
    of_frame = dict(line.split("\t")[:2] for line in text.splitlines() if line.count(":ip") == 1)
    rows = cells(flowmeter("--transport", ALL, "--columns", "protocol,first_frame,community_id", capture))
    seen = Counter()
    for row in rows:
        if row["first_frame"] in of_frame:
            seen[row["protocol"]] += 1
            assert row["community_id"] == of_frame[row["first_frame"]], row
    assert set(seen) == {"TCP", "UDP", "SCTP", "DCCP", "ICMP", "ICMPv6"}


def table(text):
    """(ports, packets each way) of tshark's table of SCTP conversations."""
    line = re.compile(r"^\S+:(\d+)\s+<->\s+\S+:(\d+)\s+(\d+) \d+ \w+\s+(\d+) \d+ \w+")
    found = Counter()
    for text_line in text.splitlines():
        if "<->" in text_line:
            a, b, to_a, to_b = map(int, line.match(text_line).groups())
            found[tuple(sorted([(a, to_b), (b, to_a)]))] += 1
    return found


def test_sctp_is_as_in_tsharks_table(tmp_path, tshark):
    """With one address at each end, which is what its table goes by."""
    single = tmp_path / "single.pcap"
    frames = [*association(A, B, 40000, 3868, 100), *association(A, C, 40000, 3868, 300)]
    single.write_bytes(packets.capture((packets.START * 10**9 + n * 10**6, f) for n, f in enumerate(frames)))
    for one in [single] + ([SHARED / "dialects/captures/multi.pcap"] if SHARED else []):
        found = Counter(tuple(sorted([(int(a), int(there)), (int(b), int(back))]))
                        for _, a, b, there, back in flows(one, "sctp"))
        assert found == table(tshark.text("-n", "-r", one, "-q", "-z", "conv,sctp"))


TEXTS = {"ek": ["-T", "ek"], "json": ["-T", "json", "--no-duplicate-keys"], "fields": None}


@pytest.mark.parametrize("form", TEXTS)
def test_from_text(form, capture):
    """What --print-command prints asks tshark for all that is needed."""
    arguments = ["--transport", ALL, "--columns", "flowmeter,id"]
    if form == "fields":
        command = flowmeter(*arguments, "--print-command", capture).lines[0]
    else:
        command = " ".join(["tshark -n -o sctp.association_index:TRUE -r", str(capture), *TEXTS[form]])
    text = subprocess.run(["bash", "-c", command], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    direct, piped = (cells(r) for r in (flowmeter(*arguments, capture), flowmeter(*arguments, "-", data=text)))
    for row in (*direct, *piped):
        del row["input"]
    assert piped == direct


def test_text_without_association_indices(capture):
    text = subprocess.run(["tshark", "-n", "-r", capture, "-T", "ek"], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout
    got = flowmeter("--transport", "sctp", "-", data=text, status=None)
    assert got.status == 2 and got.rows == []
    got.one_message("sctp.assoc_index", "-o sctp.association_index:TRUE")


@pytest.mark.parametrize("arguments", [
    ["--transport", "icmp", "--transport-only"], ["--transport", "icmp", "--schema", "pyflowmeter"],
    ["--transport", "igmp"], ["--transport", "tcp,"], ["-t", "sctp=5"], ["--transport", "sctp", "-t", "tcp=5"],
])
def test_refused(arguments, capture):
    flowmeter(*arguments, capture, status=2).one_message("--transport")


def test_one_tshark_is_used(capture):
    """Association indices and echo conversations are not put together from several."""
    one = flowmeter("--transport", ALL, capture).silent().out
    assert flowmeter("--transport", ALL, "-j", "2", capture).silent().out == one


def test_the_account_names_the_transports(capture, tmp_path):
    path = tmp_path / "meta.json"
    flowmeter("--transport", "sctp,icmp", "-t", "9,icmp=3", "--meta", path, capture)
    told = json.loads(path.read_text())
    assert told["options"]["timeout"] == {"SCTP": 9, "ICMP": 3, "ICMPv6": 3}
    assert set(told["inputs"][0]["flows"]) == {"SCTP", "ICMP", "ICMPv6"}


def test_labels_go_by_transport(capture, tmp_path):
    path = tmp_path / "rules.csv"
    path.write_text("label,proto\nassociation,sctp\nping,ICMP|icmpv6\n")
    rows = cells(flowmeter("--transport", ALL, "--labels", path, "--columns", "protocol", capture))
    assert {(row["protocol"], row["label"]) for row in rows} == {
        ("SCTP", "association"), ("ICMP", "ping"), ("ICMPv6", "ping"), ("TCP", "-"), ("UDP", "-"), ("DCCP", "-")}
