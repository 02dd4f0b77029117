"""The rules of flows, each on a few hand-written packets."""

import pytest

from helpers import NEEDED, flowmeter

A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"


def packet(time, stream, source, target, *, length=60, flags=None, protocols=None):
    """A line of `-T fields` text; TCP when there are flags."""
    (src, sport), (dst, dport) = source, target
    tcp = flags is not None
    values = {
        "frame.time_epoch": time, "frame.len": length,
        "frame.protocols": protocols or f"eth:ethertype:ip:{'tcp' if tcp else 'udp'}:data",
        "ip.src": src, "ip.dst": dst,
    }
    name = "tcp" if tcp else "udp"
    values |= {f"{name}.stream": stream, f"{name}.srcport": sport, f"{name}.dstport": dport}
    if tcp:
        values["tcp.flags"] = f"0x{flags:04x}"
    return "\t".join(str(values.get(field, "")) for field in NEEDED)


def rows(lines, *options, columns="protocol,src_port,dst_port,fwd_tot_pkt,bwd_tot_pkt,duration"):
    text = "\n".join(["\t".join(NEEDED), *lines, ""])
    return [",".join(row) for row in flowmeter("--columns", columns, *options, "-", data=text.encode()).silent().rows]


def udp(time, stream=0, a=(A, 1), b=(B, 2), **more):
    return packet(time, stream, a, b, **more)


@pytest.mark.parametrize("timeout, gap, parts", [
    ("600", "600.000000000", 1), ("600", "600.000000001", 2),
    ("1.001", "1.001000000", 1), ("1.001", "1.001000001", 2),
    ("0.29", "0.290000000", 1), ("0.29", "0.290000001", 2),
    ("0.000000001", "0.000000001", 1), ("0.000000001", "0.000000002", 2),
    ("0", "0.000000000", 1), ("0", "0.000000001", 2),
])
def test_time_out_to_the_nanosecond(timeout, gap, parts):
    seconds, nanos = gap.split(".")
    lines = [udp("1700000000.000000000"), udp(f"{1700000000 + int(seconds)}.{nanos}")]
    assert len(rows(lines, "-t", timeout)) == parts


def test_default_time_out():
    assert len(rows([udp("0.0"), udp("600.0")])) == 1
    assert len(rows([udp("0.0"), udp("600.000000001")])) == 2


def test_other_traffic_changes_nothing():
    alone = [udp("1.0"), udp("2.0"), udp("9.0")]
    other = [udp(f"{t}.5", 1, (A, 7), (C, 8)) for t in range(1, 9)]
    mixed = alone[:2] + other + alone[2:]
    assert sorted(rows(mixed, "-t", "5")) == sorted(rows(alone, "-t", "5") + rows(other, "-t", "5"))
    assert rows(alone, "-t", "5") == ["UDP,1,2,2,0,1", "UDP,1,2,1,0,0"]


def test_later_parts_keep_the_direction():
    lines = [udp("1.0"), udp("1.5", a=(B, 2), b=(A, 1)), udp("20.0", a=(B, 2), b=(A, 1)), udp("21.0"),
             udp("50.0", a=(B, 2), b=(A, 1))]
    assert rows(lines, "-t", "5") == ["UDP,1,2,1,1,0.5", "UDP,1,2,1,1,1", "UDP,1,2,0,1,0"]


@pytest.mark.release
def test_streams_that_are_forgotten_are_told_of():
    many = 2**18 + 2
    lines = [udp(f"{n}.0", n) for n in range(many)] + [udp(f"{many}.0", n, a=(B, 2), b=(A, 1)) for n in (1, 2)]
    text = "\n".join(["\t".join(NEEDED), *lines, ""])
    result = flowmeter("--columns", "src_port,part", "-t", "0", "-", data=text.encode(), timeout=200)
    assert result.lines[-2:] == ["2,0", "1,1"]
    result.one_message("standard input: 2 streams were split by a time-out so long ago ")


def test_equal_ports_do_not_confuse_the_direction():
    lines = [udp("1.0", a=(A, 123), b=(B, 123)), udp("2.0", a=(B, 123), b=(A, 123)), udp("3.0", a=(B, 123), b=(A, 123))]
    assert rows(lines) == ["UDP,123,123,1,2,2"]


def test_equal_addresses_do_not_confuse_the_direction():
    lines = [udp("1.0", a=(A, 1), b=(A, 2)), udp("2.0", a=(A, 2), b=(A, 1))]
    assert rows(lines) == ["UDP,1,2,1,1,1"]


def test_tcp_and_udp_number_their_streams_apart():
    lines = [udp("1.0"), packet("2.0", 0, (A, 1), (B, 2), flags=2), udp("3.0")]
    assert rows(lines) == ["UDP,1,2,2,0,2", "TCP,1,2,1,0,0"]


def test_rows_come_by_their_end():
    # 1 is quiet from 1.0 on, 0 from 2.0 on; both are over at 20.0; the rest by first packet.
    lines = [udp("0.0", 0), udp("1.0", 1, (A, 11), (B, 2)), udp("2.0", 0),
             udp("20.0", 3, (A, 13), (B, 2)), udp("21.0", 2, (A, 12), (B, 2)), udp("22.0", 3, (A, 13), (B, 2))]
    assert [r.split(",")[1] for r in rows(lines, "-t", "5")] == ["11", "1", "13", "12"]


def test_flows_that_end_together_come_by_their_first_packet():
    # 2 had the earlier first packet; both had their last one at 3.0.
    lines = [udp("1.0", 2, (A, 12), (B, 2)), udp("2.0", 1, (A, 11), (B, 2)), udp("3.0", 1, (A, 11), (B, 2)),
             udp("3.0", 2, (A, 12), (B, 2)), udp("30.0", 5, (A, 15), (B, 2))]
    assert [r.split(",")[1] for r in rows(lines, "-t", "5")] == ["12", "11", "15"]


def test_at_the_end_of_the_input_the_first_packet_rules():
    lines = [udp("1.0", 0), udp("2.0", 1, (A, 11), (B, 2)), udp("3.0", 0)]
    assert [r.split(",")[1] for r in rows(lines)] == ["1", "11"]


def test_the_clock_does_not_go_back():
    # Stamped 3.0 when the clock stood at 20.0: the flow is over by 25.0, not by 8.0.
    lines = [udp("20.0", 1, (A, 11), (B, 2)), udp("3.0", 0), udp("24.0", 2, (A, 12), (B, 2)), udp("4.0", 0)]
    assert rows(lines, "-t", "5") == ["UDP,11,2,1,0,0", "UDP,1,2,2,0,1", "UDP,12,2,1,0,0"]


def test_a_gap_of_the_streams_own_stamps_splits():
    lines = [udp("20.0", 1, (A, 11), (B, 2)), udp("3.0", 0), udp("9.0", 0)]
    assert rows(lines, "-t", "5") == ["UDP,1,2,1,0,0", "UDP,11,2,1,0,0", "UDP,1,2,1,0,0"]


def test_times_going_back():
    """Gaps are signed, and the duration spans all packets."""
    columns = "duration,fwd_iat_min,fwd_iat_max,fwd_iat_mean"
    assert rows([udp("5.0"), udp("3.5"), udp("4.0")], columns=columns) == ["1.5,-1.5,0.5,-0.5"]


def test_equal_gaps_are_exactly_equal():
    columns = "fwd_iat_mean,fwd_iat_std,fwd_iat_skewness,fwd_iat_kurtosis,fwd_iat_min,fwd_iat_max"
    lines = [udp(f"1700000000.{n:02}0000000") for n in range(7)]
    assert rows(lines, columns=columns) == ["0.01,0,0,-3,0.01,0.01"]


def test_times_are_differenced_as_integers():
    assert rows([udp("1585614995.000000000"), udp("1585615034.291917000")], columns="duration") == ["39.291917"]


def test_nanoseconds_survive():
    columns = "duration,fwd_iat_min,fwd_iat_mean"
    lines = [udp("1700000000.123456789"), udp("1700000000.123456790"), udp("1700000000.123456793")]
    assert rows(lines, columns=columns) == ["4e-09,1e-09,2e-09"]


def test_numbers_in_their_shortest_form():
    columns = "duration,fwd_pkt_size_mean,fwd_iat_mean"
    assert rows([udp("0.0"), udp("0.0001")], columns=columns) == ["0.0001,60,0.0001"]
    assert rows([udp("0.0"), udp("0.000055")], columns=columns) == ["5.5e-05,60,5.5e-05"]
    assert rows([udp("0.0", length=60), udp("0.0", length=61), udp("0.0", length=61)],
                columns=columns) == ["0,60.666666666666664,0"]


def test_huge_samples():
    """Sums of fourth powers far beyond 64 and 128 bits."""
    columns = "fwd_iat_mean,fwd_iat_std,fwd_iat_skewness,fwd_iat_kurtosis,fwd_iat_min,fwd_iat_max"
    lines = [udp("0.0"), udp("4000000000.0"), udp("8000000000.000000002")]
    assert rows(lines, "-t", "9000000000", columns=columns) == ["4000000000,1e-09,0,-2,4000000000,4000000000"]


@pytest.mark.parametrize("bit, name", [(1, "FIN"), (2, "SYN"), (4, "RST"), (8, "PUSH"), (16, "ACK"), (32, "URG"),
                                       (64, "ECE"), (128, "CWE")])
def test_each_flag_in_its_own_column(bit, name):
    columns = ",".join(f"fwd_{f}_cnt" for f in ("FIN", "SYN", "RST", "PUSH", "ACK", "URG", "ECE", "CWE"))
    (row,) = rows([packet("1.0", 0, (A, 1), (B, 2), flags=bit | 0xF00)], columns=columns)
    names = ["FIN", "SYN", "RST", "PUSH", "ACK", "URG", "ECE", "CWE"]
    assert row == ",".join("1" if n == name else "0" for n in names)


@pytest.mark.parametrize("text, fin", [("0x00000011", "1"), ("0x0011", "1"), ("0x011", "1"), ("17", "1"), ("16", "0")])
def test_spellings_of_flags(text, fin):
    line = packet("1.0", 0, (A, 1), (B, 2), flags=0).replace("0x0000", text)
    assert rows([line], columns="fwd_FIN_cnt,fwd_ACK_cnt") == [f"{fin},1"]


def test_one_frame_in_two_flows():
    values = {
        "frame.time_epoch": "1.0", "frame.len": "200",
        "frame.protocols": "eth:ethertype:ip:udp:vxlan:eth:ethertype:ipv6:tcp",
        "ip.src": A, "ip.dst": B, "ipv6.src": "2001:db8::1", "ipv6.dst": "2001:db8::2",
        "tcp.stream": 0, "tcp.srcport": 5, "tcp.dstport": 6, "tcp.flags": "0x0002",
        "udp.stream": 0, "udp.srcport": 3, "udp.dstport": 4789,
    }
    line = "\t".join(str(values.get(field, "")) for field in NEEDED)
    assert rows([line]) == ["UDP,3,4789,1,0,0", "TCP,5,6,1,0,0"]


def test_one_stream_twice_in_a_frame_counts_twice():
    line = udp("1.0", protocols="eth:ethertype:ip:udp:x:ip:udp").split("\t")
    for name in ("ip.src", "ip.dst", "udp.stream", "udp.srcport", "udp.dstport"):
        k = NEEDED.index(name)
        line[k] = f"{line[k]},{line[k]}"
    assert rows(["\t".join(line)]) == ["UDP,1,2,2,0,0"]


def test_a_header_without_flags_is_not_a_packet():
    whole = packet("1.0", 0, (A, 1), (B, 2), flags=2)
    broken = packet("2.0", 1, (A, 3), (B, 4), flags=2).replace("0x0002", "")
    assert rows([whole, broken]) == ["TCP,1,2,1,0,0"]
