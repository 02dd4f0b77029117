"""`--field` against the reference, on every capture: each kind of field, each aggregate, each side."""

import re
import subprocess

import pytest

import reference_fields
from helpers import CAPTURES, NEEDED, REPO, SAMPLES, flowmeter, label
from test_groups import POLICIES, cells, differences

NUMERIC = "min,max,sum,mean,std,var,skew,kurt,sstd,svar,cv,median,q25,q75,p0,p5,p90,p100"
TEXTUAL = "count,n,any,first,last,distinct,mode,entropy,list,set"

SPECS = [
    f"@size:{NUMERIC},{TEXTUAL}",
    f"@ip:fwd:{NUMERIC}",
    f"@pay:bwd:{NUMERIC},{TEXTUAL}",
    "@hdr:both:mean,mode",
    f"@iat:{NUMERIC},{TEXTUAL}",
    f"@iat:bwd:{NUMERIC},n",
    f"@iatd:{NUMERIC},{TEXTUAL}",
    f"@iatd:fwd:{NUMERIC},list",
    "@win:fwd:first,min,max,mean",
    f"ip.ttl:fwd:{NUMERIC},{TEXTUAL}",  # a number
    f"tcp.flags:{NUMERIC},{TEXTUAL}=flags",  # hexadecimal
    "tcp.flags.syn:sum,mean,any,count",  # a boolean
    f"tcp.option_kind:fwd:{NUMERIC},{TEXTUAL}=kinds",  # several in a packet
    f"frame.time_epoch:{NUMERIC},first,last,distinct",  # times
    "frame.time_relative:bwd:min,max,first",
    f"tcp.time_delta:{NUMERIC},n",
    "frame.time:first,last",  # text with commas
    "http.host:set,mode,count,entropy=host",
    "http.request.uri:list",
    f"dns.qry.name:{TEXTUAL}",
    f"dns.time:{NUMERIC}",
    "tls.handshake.ciphersuite:fwd:n,distinct,first,last,set,list=suites",
    "tls.handshake.extensions_server_name",  # without an aggregate
    "udp.length:fwd:mean=bytes",
    "tcp.analysis.ack_rtt:mean,p95",
]


def arguments(specs):
    return [word for spec in specs for word in ("--field", spec)]


def printed(capture, specs, *more):
    """The rows without the one column that --columns must name."""
    rows = cells(flowmeter("--columns", "duration", *arguments(specs), *more, capture).silent())
    for row in rows:
        assert list(row).index("duration") == 0
        del row["duration"]
    return rows


@pytest.mark.parametrize("capture", CAPTURES, ids=label)
def test_agrees(capture):
    assert differences(reference_fields.evaluate_all(capture, SPECS), printed(capture, SPECS)) == []


@pytest.mark.parametrize("policy", [policy for policy in POLICIES if policy not in ("splt", "id")])
@pytest.mark.parametrize("name", ["tunnel.pcap", "idle.pcap"])
def test_agrees_under_the_policy(policy, name):
    options, named = POLICIES[policy]
    named = {key: value for key, value in named.items() if key != "size"}
    specs = [f"@iat:{NUMERIC}", f"@iatd:bwd:{NUMERIC}", "ip.ttl:list", "udp.length:sum,list=bytes"]
    capture = REPO / "samples" / name
    assert differences(reference_fields.evaluate_all(capture, specs, **named), printed(capture, specs, *options)) == []


def test_list_max_bounds_lists():
    specs = ["tcp.flags:list,set", "@size:bwd:list"]
    capture = REPO / "samples" / "ssh.pcap"
    expected = reference_fields.evaluate_all(capture, specs, list_max=3)
    assert differences(expected, printed(capture, specs, "--list-max", "3")) == []


def test_what_is_no_number_is_told_once():
    capture, spec = REPO / "samples" / "slowloris.pcap", "http.host:mean,median"
    done = flowmeter("--columns", "duration", "--field", spec, "--field", "http.host:fwd:sum=s", capture)
    count = reference_fields.not_numbers(capture, spec)
    assert count > 0
    done.one_message(f"{count} values of http.host are not numeric", '"10.77.0.2"')
    assert {row["http_host_mean"] for row in cells(done)} == {"0"}


def test_columns_have_their_place_by_name():
    capture = REPO / "samples" / "reset.pcap"
    field = ["--field", "ip.ttl:max=ttl"]
    assert flowmeter(*field, capture).header[-1] == "ttl"
    assert len(flowmeter(*field, capture).header) == 49
    assert flowmeter(*field, "--columns", "ttl,duration", capture).header == ["ttl", "duration"]
    assert len(flowmeter(*field, "--columns=-ttl", capture).header) == 48


def test_no_sample_is_what_na_says():
    row = cells(flowmeter("--na", "NA", "--columns", "duration", "--field", "dns.time:mean,sum,kurt,median,count,first",
                          REPO / "samples" / "reset.pcap"))[0]
    assert list(row.values())[1:] == ["NA", "0", "NA", "NA", "0", "-"]


@pytest.mark.parametrize("spec, words", {
    "": ["the field is missing"],
    ":mean": ["character 1", "the field is missing"],
    "ip.ttl:": ["character 8", "missing"],
    "ip.ttl:fwd:": ["character 12", "missing"],
    "ip.ttl:fwd:avg": ["character 12", '"avg"'],
    "ip.ttl:mean,avg": ["character 13", '"avg"'],
    "ip.ttl:mean,": ["character 13"],
    "ip.ttl:men": ["did you mean"],
    "ip.ttl:fdw:min": ["did you mean"],
    "ip.ttl:mean:max": ["character 13"],
    "ip.ttl:max,max": ["twice"],
    "ip.ttl:p101": ["p101"],
    "ip.ttl=": ["a name is missing"],
    "ip.ttl:max=a,b": ["character 13"],
    "ip.ttl:max=-b": ["character 12"],
    "ip.ttl:max=duration": ['"duration"', "is taken"],
    "ip ttl": ["character 3"],
    "ip.ttl\n": ["character 7", "\\n"],
    "@sise": ["@size"],
    "ip.tll": ["no field", 'did you mean "ip.ttl"'],
    "tls.handshake.ja33": ['did you mean "tls.handshake.ja3"?'],
    "nosuch.protocol.field": ["no field"],
}.items())
def test_a_bad_specification_is_refused(spec, words):
    done = flowmeter("--field", spec, REPO / "samples" / "reset.pcap", status=2)
    done.one_message(*words)
    assert done.out == b""


def test_a_name_twice_is_refused():
    flowmeter("--field", "ip.ttl", "--field", "ip.ttl", REPO / "samples" / "reset.pcap", status=2).one_message(
        '"ip_ttl_first"')


def test_a_field_without_its_dissector_is_refused():
    flowmeter("--transport-only", "--field", "http.host", REPO / "samples" / "reset.pcap", status=2).one_message(
        "http_host_first", "--transport-only")


def test_pyflowmeter_has_no_such_columns():
    flowmeter("--schema", "pyflowmeter", "--field", "ip.ttl", REPO / "samples" / "reset.pcap", status=2).one_message(
        "--field")


def test_a_field_that_tshark_lacks_is_not_asked_for():
    done = flowmeter("--print-command", "--columns", "tls_ja3,tls_ja4", "x.pcap")
    asked = re.findall(r"-e (\S+)", done.out.decode())
    assert "tls.handshake.ja3" in asked
    rows = cells(flowmeter("--columns", "tls_ja3,tls_ja4", REPO / "samples" / "https.pcapng").silent())
    if "tls.handshake.ja4" not in asked:
        assert {row["tls_ja4"] for row in rows} == {"-"}
    assert any(len(row["tls_ja3"]) == 32 for row in rows)


def foreign(*fields, more=()):
    """What tshark prints of a capture with DNS if it is asked for some fields only, and what flowmeter makes of it."""
    asked = [word for field in (*NEEDED, *fields) for word in ("-e", field)]
    text = subprocess.run(["tshark", "-n", "-r", REPO / "samples" / "dns.pcap", "-T", "ek", *asked], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60).stdout
    return flowmeter(*more, "-", data=text)


def test_a_field_that_foreign_text_lacks_is_told():
    more = ("--field", "dns.id:first", "--field", "dns.count.answers:max", "--columns", "duration")
    foreign("dns.id", more=more).one_message("no packet has dns.count.answers:")
    foreign("dns.count.answers", more=more).one_message("no packet has dns.id:")
    foreign("dns.id", "dns.count.answers", more=more).silent()
    flowmeter("--field", "http.host", REPO / "samples" / "dns.pcap").silent()  # tshark was asked


def test_foreign_text_without_any_application_field_is_told():
    foreign(more=("--columns", "+l7")).one_message("no packet has tls.handshake.extensions_server_name, ")
    foreign("dns.qry.name", more=("--columns", "+l7")).silent()


#: Fields that several tsharks, or the frames themselves, may tell: their text must not depend on that.
SHARED = ("frame.len ip.src ipv6.dst ip.len ip.ttl ip.flags tcp.srcport udp.dstport tcp.flags tcp.len tcp.hdr_len"
          " tcp.seq_raw tcp.window_size_value udp.length eth.src frame.protocols").split()


@pytest.mark.parametrize("capture", SAMPLES, ids=label)
def test_text_does_not_depend_on_who_reads_it(capture):
    fields = [word for field in SHARED for word in ("--field", f"{field}:set")]
    one = flowmeter("--decoder", "ek", "-j1", "--life-frames", "0", *fields, capture).out
    for way in (["-j2"], ["-j1", "--life-frames", "0"], ["-j3", "--life-frames", "50"]):
        assert flowmeter(*way, *fields, capture).out == one


def test_counts_of_a_tshark_are_shown_as_a_single_one_counts():
    capture = SAMPLES[0].parent / "reset.pcap"
    fields = ["--field", "frame.number:list", "--field", "tcp.stream:set", "--columns", "stream"]
    one = flowmeter("--decoder", "ek", "-j1", "--life-frames", "0", *fields, capture).out
    assert flowmeter("-j2", "--life-frames", "3", *fields, capture).out == one


def test_protocols_of_messages_in_several_segments():
    capture = SAMPLES[0].parent / "slowloris.pcap"
    for columns in (["--columns", "l7_proto"], ["--columns", "src_port", "--field", "frame.protocols:set"]):
        one = flowmeter("--decoder", "ek", "-j1", "--life-frames", "0", *columns, capture).out
        assert flowmeter("-j3", "--life-frames", "50", *columns, capture).out == one
