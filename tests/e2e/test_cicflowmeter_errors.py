"""The known errors of CICFlowMeter (its last revision, 98a5ebad, unless dated), each on a small capture that triggers it.

A test says what flowmeter prints under CICFlowMeter's header and what CICFlowMeter prints there: {name: (right, wrong)}.
"""

import csv
import io
import os
import socket
import struct

import packets
import pytest
from helpers import flowmeter
from packets import ACK, CWR, ECE, ETHER, FIN, PSH, RST, SYN, URG

CLIENT, SERVER = "10.0.0.1", "10.0.0.2"
START = packets.START * 10**9
MS = 10**6
SYN_OPTIONS = bytes.fromhex("020405b401030307")  # MSS 1460, no-operation, window scale 7


# ---- packets --------------------------------------------------------------------------------------------------

def tcp_header(sport, dport, flags, data=b"", window=502, seq=1, ack=1, options=b""):
    return struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 + len(options) // 4 << 4, flags, window, 0, 0) + options + data


def framed(packet):
    """On Ethernet, whose frames have at least 60 bytes."""
    return (ETHER + packet).ljust(60, b"\0")


def f(flags, data=b"", ports=(1000, 80), **header):
    """A segment from the client."""
    return framed(packets.ipv4(CLIENT, SERVER, 6, tcp_header(*ports, flags, data, **header)))


def b(flags, data=b"", ports=(1000, 80), **header):
    """A segment from the server."""
    return framed(packets.ipv4(SERVER, CLIENT, 6, tcp_header(*ports[::-1], flags, data, **header)))


def request(data=b"", sport=5000):
    return framed(packets.ipv4(CLIENT, SERVER, 17, packets.udp_datagram(sport, 53, data)))


def reply(data=b"", sport=5000):
    return framed(packets.ipv4(SERVER, CLIENT, 17, packets.udp_datagram(53, sport, data)))


HANDSHAKE = [(0, f(SYN, seq=100, ack=0)), (10, b(SYN | ACK, seq=500, ack=101)), (20, f(ACK, seq=101, ack=501))]

#: The worked example: a connection with a retransmission, a closed window and an orderly end; times in ms.
WORKED = [
    (0, f(SYN, window=65535, seq=100, ack=0, options=SYN_OPTIONS)),
    (10, b(SYN | ACK, window=65535, seq=500, ack=101, options=SYN_OPTIONS)),
    (20, f(ACK, seq=101, ack=501)),
    (30, f(PSH | ACK, bytes(100), seq=101, ack=501)),
    (40, b(ACK, window=500, seq=501, ack=201)),
    (300, f(PSH | ACK, bytes(100), seq=101, ack=501)),
    (310, b(ACK, window=500, seq=501, ack=201)),
    (320, b(ACK, window=500, seq=501, ack=201)),
    (330, b(ACK, window=0, seq=501, ack=201)),
    (400, f(FIN | ACK, seq=201, ack=501)),
    (410, b(FIN | ACK, window=500, seq=501, ack=202)),
    (420, f(ACK, seq=202, ack=502)),
]
NEXT_CONNECTION = [
    (3000, f(SYN, window=65535, seq=90000, ack=0)),
    (3010, b(RST | ACK, window=65535, seq=0, ack=90001)),
]


# ---- running and comparing ------------------------------------------------------------------------------------

def captured(path, frames):
    path.write_bytes(packets.capture((START + round(ms * MS), frame) for ms, frame in frames))
    return path


def table(result):
    return list(csv.DictReader(io.StringIO(result.out.decode())))


def metered(path, *arguments, **options):
    return table(flowmeter("--schema", "cicflowmeter", *arguments, path, **options).silent())


@pytest.fixture
def rows(tmp_path):
    """The rows, under CICFlowMeter's header, of (ms, frame) pairs."""
    return lambda frames, *arguments, **options: metered(captured(tmp_path / "made.pcap", frames), *arguments, **options)


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def check(row, cells):
    """The cells are the right ones, and others than the wrong ones."""
    for name, (right, wrong) in cells.items():
        assert row[name] == right, f"{name}: {row[name]}, should be {right}"
        assert row[name] != wrong and (number(wrong) is None or number(row[name]) != number(wrong)), name


# ---- the worked example ---------------------------------------------------------------------------------------


def worked(path, columns, frames=WORKED):
    return table(flowmeter("--columns", columns, captured(path / "worked.pcap", frames)).silent())


def test_the_worked_example(tmp_path):
    [row] = worked(tmp_path, "flowmeter,cic,community_id")
    exact = {
        "fwd_tot_pkt": "6", "fwd_tot_byte": "550", "bwd_tot_pkt": "6", "bwd_tot_byte": "362", "duration": "0.42",
        "fwd_pkt_size_min": "60", "fwd_pkt_size_max": "154",
        "fwd_iat_mean": "0.084", "fwd_iat_min": "0.01", "fwd_iat_max": "0.27",
        "bwd_iat_mean": "0.08", "bwd_iat_min": "0.01", "bwd_iat_max": "0.27",
        "fwd_FIN_cnt": "1", "fwd_SYN_cnt": "1", "fwd_RST_cnt": "0", "fwd_PUSH_cnt": "2", "fwd_ACK_cnt": "5",
        "fwd_URG_cnt": "0", "fwd_CWE_cnt": "0", "fwd_ECE_cnt": "0",
        "cic_fwd_packet_length_max": "100", "cic_fwd_packet_length_min": "0",
        "cic_fwd_iat_total": "420000", "cic_fwd_iat_mean": "84000", "cic_fwd_iat_max": "270000",
        "cic_fwd_iat_min": "10000",
        "cic_bwd_init_win_bytes": "65535", "cic_down_up_ratio": "1", "cic_active_mean": "420000",
        "community_id": "1:lWJQYXirSlmWE2qTFPykhczY8U4=",
    }
    assert {column: row[column] for column in exact} == exact
    near = {
        "fwd_pkt_size_mean": 91.666667, "fwd_pkt_size_std": 44.081994, "fwd_pkt_size_skewness": 0.706294,
        "fwd_pkt_size_kurtosis": -1.500016,
        "fwd_iat_std": 0.0985088828, "fwd_iat_skewness": 1.1526866721, "fwd_iat_kurtosis": -0.3228805962,
        "bwd_iat_std": 0.0983869910, "bwd_iat_skewness": 1.2700731713, "bwd_iat_kurtosis": -0.1025715457,
        "cic_fwd_packet_length_mean": 33.333333, "cic_fwd_packet_length_std": 51.639778,
        "cic_fwd_iat_std": 110136.279218, "cic_average_packet_size": 16.666667, "cic_flow_bytes_s": 476.190476,
    }
    assert {column: float(row[column]) for column in near} == pytest.approx(near, abs=6e-7, rel=0)


def test_the_worked_example_of_a_connection(tmp_path):
    exact = {
        "fwd_retx_cnt": "1", "bwd_dup_ack_cnt": "2", "bwd_zero_win_cnt": "1",
        "tcp_synack_us": "10000", "tcp_ackdat_us": "10000", "tcp_irtt_us": "20000", "tcp_completeness": "31",
        "tcp_conn_state": "SF", "tcp_history": "ShADaTwFf",
    }
    first, second = worked(tmp_path, ",".join(exact), WORKED + NEXT_CONNECTION)
    assert first == exact
    assert (second["tcp_conn_state"], second["tcp_history"]) == ("REJ", "Sr")


def test_the_worked_example_of_an_error_that_quotes_too_little(tmp_path):
    syn = f(SYN, ports=(1001, 81), window=65535, ack=0)
    error = framed(packets.ipv4(SERVER, CLIENT, 1, icmp(3, 13, syn[14:42])))  # 8 bytes of TCP: no stream
    [row] = worked(tmp_path, "fwd_tot_pkt,bwd_tot_pkt,icmp_err_cnt", [(0, syn), (10, error)])
    assert row == {"fwd_tot_pkt": "1", "bwd_tot_pkt": "0", "icmp_err_cnt": "0"}


def test_the_worked_example_under_cicflowmeters_header(rows):
    [row] = rows(WORKED)
    check(row, {
        "Total Fwd Packet": ("6", "5"),
        "Flow Duration": ("420000", "410000"),
        "Fwd PSH Flags": ("2", "0"),
        "Fwd IAT Total": ("420000", "400000"),
        "Fwd IAT Mean": ("84000", "100000"),
        "Average Packet Size": ("16.666666666666668", "18.181818"),
        "Flow Bytes/s": ("476.1904761904762", "487.804878"),
        "Bwd Init Win Bytes": ("65535", "500"),
        "Active Mean": ("420000", "0"),
    })
    assert row["PSH Flag Count"] == "2" and row["Down/Up Ratio"] == "1" and row["Label"] == "-"
    assert row["Flow ID"] == "10.0.0.1-10.0.0.2-1000-80-6"


# ---- B1 to B5: where flows end, and which are written ---------------------------------------------------------

def test_B1_the_servers_fin_does_not_end_the_flow(rows):
    close = [(30, f(PSH | ACK, b"bye")), (40, b(FIN | ACK)), (50, f(FIN | ACK)), (60, b(ACK))]
    found = rows(HANDSHAKE + close)
    assert len(found) == 1  # CICFlowMeter: 2, the second of the client's FIN and the last ACK
    check(found[0], {"Total Fwd Packet": ("4", "3"), "Total Bwd packets": ("3", "2"), "FIN Flag Count": ("2", "1"),
                     "Flow Duration": ("60000", "40000")})


def test_B2_the_last_ack_belongs_to_its_connection_and_the_next_one_to_itself(rows):
    first, second = rows(WORKED + NEXT_CONNECTION)
    check(first, {"Total Fwd Packet": ("6", "5"), "Flow Duration": ("420000", "410000")})
    # CICFlowMeter: the last ACK, at 0.42 s, and the next connection in one row
    check(second, {"Total Fwd Packet": ("1", "2"), "Flow Duration": ("10000", "2590000")})


def test_B3_a_second_fin_counts(rows):
    [row] = rows(HANDSHAKE + [(30, f(FIN | ACK, seq=101, ack=501)), (330, f(FIN | ACK, seq=101, ack=501)),
                              (340, b(ACK, seq=501, ack=102))])
    check(row, {"Total Fwd Packet": ("4", "3"), "FIN Flag Count": ("2", "1")})


def test_B4_resets_do_not_end_the_flow(rows):
    burst = [(30 + n, b(RST, seq=501)) for n in range(3)]
    found = rows(HANDSHAKE + burst)
    assert len(found) == 1  # CICFlowMeter: 2, the second from the server to the client
    check(found[0], {"Total Bwd packets": ("4", "2"), "RST Flag Count": ("3", "1")})
    assert {row["Src IP"] for row in found} == {CLIENT}  # CICFlowMeter: both


def test_B5_flows_of_one_packet_are_written(rows):
    scan = [(n, f(SYN, ports=(40000, port))) for n, port in enumerate((22, 80, 443))]
    found = rows([*scan, (10, request(b"?"))])
    assert [row["Dst Port"] for row in found] == ["22", "80", "443", "53"]  # CICFlowMeter: none


# ---- B6 to B9: counts and averages ----------------------------------------------------------------------------

def test_B6_flags_of_every_packet_count(rows):
    [row] = rows(HANDSHAKE + [(30, f(PSH | ACK, b"a")), (40, b(PSH | ACK, b"b")), (50, f(PSH | URG | ACK, b"c")),
                              (60, b(URG | ACK, b"d"))])
    check(row, {"Fwd PSH Flags": ("2", "0"), "Bwd PSH Flags": ("1", "0"), "Fwd URG Flags": ("1", "0"),
                "Bwd URG Flags": ("1", "0")})


def test_B7_the_first_payload_counts_once(rows):
    [row] = rows([(0, request(bytes(48))), (10, reply(bytes(48)))])
    check(row, {"Average Packet Size": ("48", "72")})
    [row] = rows([(0, request(bytes(10))), (10, reply(bytes(40)))])
    check(row, {"Average Packet Size": ("25", "30"), "Packet Length Mean": ("25", "20"),
                "Packet Length Variance": ("450", "300")})


def test_B8_the_ratio_of_directions_is_a_fraction(rows):
    [row] = rows([(0, request(b"a")), (1, reply(b"b")), (2, request(b"c")), (3, reply(b"d")), (4, reply(b"e"))])
    check(row, {"Down/Up Ratio": ("1.5", "1.0")})


def test_B8b_subflows_are_one_more_than_the_gaps_between_them(rows):
    frames = [(0, request(bytes(10))), (100, request(bytes(10))), (2000, request(bytes(10))), (2100, reply(bytes(5)))]
    [row] = rows(frames)
    check(row, {"Subflow Fwd Packets": ("1.5", "3"), "Subflow Fwd Bytes": ("15", "30"),
                "Subflow Bwd Packets": ("0.5", "1"), "Subflow Bwd Bytes": ("2.5", "5")})
    [row] = rows(frames[:2])  # no gap of a second
    check(row, {"Subflow Fwd Packets": ("2", "0"), "Subflow Fwd Bytes": ("20", "0")})


def test_B9_bulks_have_a_direction(rows):
    [row] = rows([(10 * n, request(bytes(100 + n))) for n in range(4)] + [(50, reply(b"ok"))])
    check(row, {"Fwd Bytes/Bulk Avg": ("406", "0"), "Fwd Packet/Bulk Avg": ("4", "0"),
                "Fwd Bulk Rate Avg": ("13533.333333333334", "0"),
                "Bwd Bytes/Bulk Avg": ("0", "408"), "Bwd Packet/Bulk Avg": ("0", "5")})


# ---- B10 to B13: what is read ---------------------------------------------------------------------------------

def ipv6(src, dst, protocol, payload):
    ends = socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
    head = bytes.fromhex("60000000") + struct.pack("!HBB", len(payload), protocol, 64) + ends
    return ETHER[:12] + b"\x86\xdd" + head + payload


def test_B10_ipv6_is_read_like_ipv4(rows):
    a, z = "2001:db8::1", "2001:db8::2"
    [tcp_row, udp_row] = rows([
        (0, ipv6(a, z, 6, tcp_header(1000, 80, SYN, window=4321))),
        (10, ipv6(z, a, 6, tcp_header(80, 1000, SYN | ACK, window=1234))),
        (30, ipv6(a, z, 6, tcp_header(1000, 80, ACK))),
        (40, ipv6(a, z, 17, packets.udp_datagram(5000, 53, b"query"))),
        (50, ipv6(z, a, 17, packets.udp_datagram(53, 5000, b"answer"))),
    ])
    # CICFlowMeter: no row; with its IPv6 on, milliseconds for microseconds, and neither flags nor windows
    assert tcp_row["Src IP"] == a and tcp_row["Dst IP"] == z
    check(tcp_row, {"SYN Flag Count": ("2", "0"), "ACK Flag Count": ("2", "0"), "Flow Duration": ("30000", "30"),
                    "FWD Init Win Bytes": ("4321", "0"), "Bwd Init Win Bytes": ("1234", "0")})
    check(udp_row, {"Fwd Header Length": ("8", "0"), "Flow Duration": ("10000", "10")})


def test_B11_no_duration_is_no_rate(rows):
    [row] = rows([(0, request(b"a")), (0, reply(b"b"))])
    check(row, {"Flow Bytes/s": ("0", "Infinity"), "Flow Packets/s": ("0", "Infinity")})
    [row] = rows([(0, request()), (0, reply())])
    check(row, {"Flow Bytes/s": ("0", "NaN")})


def icmp(kind, code, body):
    return struct.pack("!BBHI", kind, code, 0, 0) + body


def test_B12_only_tcp_and_udp_make_flows(rows):
    quoted = packets.ipv4(CLIENT, SERVER, 17, packets.udp_datagram(5000, 53, b"hello"))
    found = rows([
        (0, request(b"hello")),
        (10, framed(packets.ipv4(SERVER, CLIENT, 1, icmp(3, 3, quoted)))),
        (20, request(b"hello")),
        (30, framed(packets.ipv4(CLIENT, SERVER, 1, icmp(8, 0, bytes(32))))),
        (40, framed(packets.ipv4(SERVER, CLIENT, 1, icmp(0, 0, bytes(32))))),
        (50, framed(packets.ipv4(CLIENT, SERVER, 2, bytes(8)))),
    ])
    assert [row["Protocol"] for row in found] == ["17"]  # CICFlowMeter: also one of protocol 0
    # CICFlowMeter: 3, with the error that quotes the first one
    assert int(found[0]["Total Fwd Packet"]) + int(found[0]["Total Bwd packets"]) == 2


def test_B13_padding_is_no_payload(rows):
    [row] = rows(HANDSHAKE)  # frames of 60 bytes around packets of 40
    check(row, {"Total Length of Fwd Packet": ("0", "12"), "Fwd Packet Length Max": ("0", "6"),
                "Packet Length Max": ("0", "6"), "Fwd Act Data Pkts": ("0", "1")})


# ---- B14 to B17: times and directions -------------------------------------------------------------------------

def test_B14_times_are_utc_to_the_microsecond(rows):
    frames = [(123.456, request(b"a")), (200, reply(b"b"))]
    for zone in ("UTC", "America/New_York"):
        [row] = rows(frames, env=dict(os.environ, TZ=zone))
        # CICFlowMeter: 14/11/2023 10:13:20 PM where UTC is local time, 05:13:20 PM in New York
        check(row, {"Timestamp": ("2023-11-14T22:13:20.123456Z", "14/11/2023 10:13:20 PM")})


def test_B15_packets_out_of_order_are_told_of_and_can_be_put_up_with(tmp_path):
    path = captured(tmp_path / "disorder.pcap", [(0, request(b"a")), (20, request(b"b")), (10, request(b"c"))])
    result = flowmeter("--schema", "cicflowmeter", path)
    assert "1 packet is older than " in result.err and "reordercap" in result.err  # CICFlowMeter: nothing
    [row] = table(flowmeter("--schema", "cicflowmeter", "--clock", "monotone", path))
    check(row, {"Flow IAT Min": ("0", "-10000"), "Flow Duration": ("20000", "10000")})


def test_B16_the_client_is_the_source_and_ports_tell_directions(rows):
    late = HANDSHAKE[1:] + [(30, f(PSH | ACK, b"hi"))]
    [row] = rows(late, "--direction", "handshake")
    check(row, {"Src IP": (CLIENT, SERVER), "Dst Port": ("80", "1000"), "Total Fwd Packet": ("2", "1")})

    def own(sport, dport, flags):
        return framed(packets.ipv4("127.0.0.1", "127.0.0.1", 6, tcp_header(sport, dport, flags)))

    [row] = rows([(0, own(1000, 80, SYN)), (1, own(80, 1000, SYN | ACK)), (2, own(1000, 80, ACK))])
    check(row, {"Total Fwd Packet": ("2", "3"), "Total Bwd packets": ("1", "0")})


def test_B17_a_later_part_that_begins_backwards_is_whole(rows):
    frames = HANDSHAKE + [(121_000, b(PSH | ACK, b"more", seq=501)), (121_010, f(ACK, window=777, seq=101))]
    first, second = rows(frames, "--active-timeout", "120")
    assert first["Src IP"] == second["Src IP"] == CLIENT
    check(second, {"FWD Init Win Bytes": ("777", "0"), "Fwd Seg Size Min": ("20", "0")})
    assert second["Bwd PSH Flags"] == "1"


# ---- B18 to B24 -----------------------------------------------------------------------------------------------

def test_B18_flags_of_all_packets_count_each_under_its_name(rows):
    [row] = rows(WORKED)
    # before 2019-10-15: those of the first packet, a SYN
    check(row, {"SYN Flag Count": ("2", "1"), "ACK Flag Count": ("11", "0"), "PSH Flag Count": ("2", "0"),
                "FIN Flag Count": ("2", "0")})
    # before 2018-06-04: as RST,PSH,ECE,SYN,ACK,FIN,URG,CWR under FIN,SYN,RST,PSH,ACK,URG,CWR,ECE
    names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "CWR", "ECE"]
    bits = dict(zip(names, (FIN, SYN, RST, PSH, ACK, URG, CWR, ECE)))
    for name, misplaced in zip(names, ["URG", "PSH", "FIN", "SYN", None, "CWR", "ECE", "RST"]):
        [row] = rows([(0, f(bits[name]))])
        counts = {other: row[f"{other} Flag Count"] for other in names}
        assert counts == {other: "1" if other == name else "0" for other in names}
        assert misplaced is None or counts[misplaced] != "1"


def test_B19_the_first_window_is_the_servers_first(rows):
    [row] = rows(WORKED)
    check(row, {"Bwd Init Win Bytes": ("65535", "500")})


def test_B20_the_first_packet_carries_data_too(rows):
    [row] = rows([(0, request(b"a")), (10, request(b"b"))])
    check(row, {"Fwd Act Data Pkts": ("2", "1")})


def test_B21_the_last_active_period_counts(rows):
    [row] = rows(WORKED)
    check(row, {"Active Mean": ("420000", "0"), "Active Max": ("420000", "0"), "Active Min": ("420000", "0")})
    [row] = rows([(0, request(b"a")), (1000, reply(b"b")), (9000, request(b"c")), (11_000, reply(b"d"))])
    check(row, {"Active Mean": ("1500000", "1000000"), "Active Max": ("2000000", "1000000")})
    assert row["Idle Mean"] == "8000000"


def test_B22_idle_is_a_length_of_time(rows):
    [row] = rows([(0, request(b"a")), (6000, reply(b"b"))])
    # before 2021-06-06 with the time of the first packet, 1.7e15
    check(row, {"Idle Mean": ("6000000", "850000003000000"), "Idle Max": ("6000000", "1700000000000000")})
    [row] = rows([(0, request(b"a")), (1000, reply(b"b"))])
    check(row, {"Idle Max": ("0", "1700000000000000")})


def test_B23_the_first_packet_is_forward(rows):
    [row] = rows(HANDSHAKE)
    # 2018-05-31 to 2020-01-21
    check(row, {"Total Fwd Packet": ("2", "1"), "Total Bwd packets": ("1", "2")})


def test_B24_no_window_is_0(rows):
    [row] = rows([(0, request(b"a")), (10, reply(b"b"))])
    check(row, {"FWD Init Win Bytes": ("0", "-1"), "Bwd Init Win Bytes": ("0", "-1")})  # until 2020-01-31


# ---- B25: what captures may be --------------------------------------------------------------------------------

def block(kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + size + body + size


def raw_pcapng(packets_at):
    """pcapng, link type 101: IP without a link layer."""
    section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack("<HHI", 101, 0, 0))
    out = section + interface
    for ns, packet in packets_at:
        us = ns // 1000
        head = struct.pack("<IIIII", 0, us >> 32, us & 0xFFFFFFFF, len(packet), len(packet))
        out += block(6, head + packet)
    return out


def test_B25_pcapng_and_raw_ip_are_read(tmp_path):
    path = tmp_path / "raw.pcapng"
    path.write_bytes(raw_pcapng((START + ms * MS, frame[14:54]) for ms, frame in HANDSHAKE))
    [row] = metered(path)  # CICFlowMeter: none
    assert (row["Total Fwd Packet"], row["Total Bwd packets"], row["Flow Duration"]) == ("2", "1", "20000")


def test_B25_no_flow_of_a_large_capture_is_lost(tmp_path):
    talkers, rounds = 4000, 10
    frames = ((START + n * 100_000, request(bytes(n % 50), sport=10_000 + n % talkers)) for n in range(talkers * rounds))
    path = tmp_path / "large.pcap"
    path.write_bytes(packets.capture(frames))
    found = metered(path, timeout=120)
    assert len(found) == talkers
    assert {row["Total Fwd Packet"] for row in found} == {str(rounds)}


def test_every_error_has_its_test():
    named = {name.split("_")[1] for name in globals() if name.startswith("test_B")}
    assert named == {f"B{n}" for n in range(1, 26)} | {"B8b"}
