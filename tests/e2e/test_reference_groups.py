"""The reference for the column groups, checked without the program: by hand, and against tshark's own accounts."""

import math
import re
import statistics
import struct
from collections import Counter, defaultdict

import pytest

import packets
import reference
import reference_fields
import reference_groups as groups
from helpers import CAPTURES, NO_SPLIT, PINNED, label
from packets import ACK, FIN, PSH, RST, SYN

EVERY = pytest.mark.parametrize("capture", CAPTURES, ids=label)
ALL = list(groups.GROUPS)

CLIENT, SERVER = "10.0.0.1", "10.0.0.2"
START = packets.START * 10**9
MS = 10**6


def near(value, wanted, tolerance=1e-6):
    return abs(value - wanted) <= tolerance * max(1, abs(wanted))


@pytest.fixture
def made(tmp_path):
    """Writes (ms, frame) pairs as a capture and gives its path."""
    def make(frames, name="made.pcap"):
        path = tmp_path / name
        path.write_bytes(packets.capture((START + round(ms * MS), frame) for ms, frame in frames))
        return path
    return make


def f(flags, data=b"", seq=1, ack=1, port=4000):
    return packets.tcp(CLIENT, SERVER, port, 80, flags, data, seq, ack)


def b(flags, data=b"", seq=1, ack=1, port=4000):
    return packets.tcp(SERVER, CLIENT, 80, port, flags, data, seq, ack)


def every_ms(*frames, step=1):
    return [(n * step, frame) for n, frame in enumerate(frames)]


# ---- columns --------------------------------------------------------------------------------------------------

def test_the_columns():
    sizes = {name: len(columns(20) if callable(columns) else columns) for name, columns in groups.GROUPS.items()}
    assert sizes == {"flowmeter": 48, "id": 24, "tcp": 69, "splt": 100, "extra": 24, "payload": 5, "l7": 14, "cic": 78}
    assert groups.GROUPS["flowmeter"] == reference.COLUMNS
    names = [name for columns in groups.GROUPS.values() for name in (columns(3) if callable(columns) else columns)]
    assert len(set(names)) == len(names)
    assert groups.GROUPS["splt"](2)[:4] == ["splt_dir_1", "splt_dir_2", "splt_size_1", "splt_size_2"]
    assert len(groups.cicflowmeter_header) == 84 and len(set(groups.cicflowmeter_header)) == 84
    assert len(groups.nfstream_header) == 29 + 48
    assert set(groups._CIC.values()) >= set(groups.GROUPS["cic"])


@EVERY
def test_every_cell_is_a_plain_value(capture):
    """No hole, no NaN, no Inf, whatever the capture and the policy; and what is always an integer stays one."""
    for policy in ({}, {"idle": "0.05", "active": "0.1", "direction": "handshake", "tunnel": "inner", "size": "ip"}):
        rows = groups.rows(capture, ALL, **policy)
        rows += groups.cicflowmeter_rows(capture, **policy) + groups.nfstream_rows(capture, **policy)
        for row in rows:
            for column, value in row.items():
                assert type(value) in (int, float, str), column
                assert value != "", column
                assert type(value) is not float or math.isfinite(value), column


@EVERY
def test_what_must_agree_between_groups(capture):
    for policy in ({}, {"idle": "0.05"}, {"active": "0.05"}):
        for r in groups.rows(capture, ALL, **policy):
            udp = r["protocol"] == "UDP"
            assert r["cic_total_fwd_packets"] == r["fwd_tot_pkt"] and r["cic_total_bwd_packets"] == r["bwd_tot_pkt"]
            assert r["cic_total_length_fwd"] == r["fwd_pay_byte"]
            assert udp or r["fwd_pay_byte"] == r["fwd_uniq_byte"] + r["fwd_retx_byte"]
            assert r["cic_psh_flag_count"] == r["fwd_PUSH_cnt"] + r["bwd_PUSH_cnt"]
            assert r["duration_us"] == r["cic_flow_duration"]
            assert (r["end_ns"] - r["start_ns"]) / 1000 == r["duration_us"]
            if r["ts_disorder_cnt"] == 0:
                assert near(r["duration"] * 1e6, r["duration_us"], 1e-12)
                assert near(r["cic_fwd_iat_mean"], r["fwd_iat_mean"] * 1e6, 1e-9)
            if udp:
                assert r["tcp_conn_state"] == ("SF" if r["fwd_tot_pkt"] and r["bwd_tot_pkt"] else "S0")
                assert r["tcp_history"] in ("D", "d", "Dd", "dD")
            assert r["splt_dir_1"] in (1, -1) and r["splt_size_1"] > 0 and r["splt_iat_1"] == 0
            if r["fwd_tot_pkt"] + r["bwd_tot_pkt"] <= 20:
                directions = Counter(r[f"splt_dir_{k}"] for k in range(1, 21))
                assert (directions[1], directions[-1]) == (r["fwd_tot_pkt"], r["bwd_tot_pkt"])
                assert sum(r[f"splt_size_{k}"] for k in range(1, 21)) == r["fwd_tot_byte"] + r["bwd_tot_byte"]
                assert sum(r[f"splt_pay_{k}"] for k in range(1, 21)) == r["fwd_pay_byte"] + r["bwd_pay_byte"]


@EVERY
def test_cuts_lose_nothing(capture):
    """However a flow is cut into parts, what is counted adds up, and the parts are numbered from 0."""
    counted = [c for c in groups.GROUPS["tcp"] if re.fullmatch(r"(fwd|bwd)_\w+_cnt|(fwd|bwd)_(retx|uniq)_byte", c)]
    counted += ["fwd_tot_pkt", "bwd_tot_byte", "fwd_pay_byte", "bwd_ip_byte", "fwd_df_cnt", "cic_fwd_header_length"]

    def totals(**policy):
        total, parts = Counter(), defaultdict(list)
        for r in groups.rows(capture, ALL, **policy):
            key = r["proto"], r["stream"]
            parts[key].append(r["part"])
            total.update({(key, r["src_ip"], r["src_port"], column): r[column] for column in counted})
        assert all(numbers == list(range(len(numbers))) for numbers in parts.values())
        return total

    whole = totals(idle=NO_SPLIT)
    assert totals(idle="0.01") == whole
    assert totals(active="0.02") == whole
    assert totals(idle="0.5", active="0.1") == whole


# ---- the worked example ---------------------------------------------------------------------------------------

@pytest.mark.shared
def test_worked_example(shared):
    capture = shared / "handmade/a.pcap"
    rows = {(r["proto"], r["stream"]): r for r in groups.rows(capture, ALL)}
    first = rows[6, 0]
    exact = {
        "fwd_tot_pkt": 6, "fwd_tot_byte": 550, "bwd_tot_pkt": 6, "bwd_tot_byte": 362, "duration": 0.42,
        "fwd_pkt_size_min": 60, "fwd_pkt_size_max": 154,
        "cic_fwd_packet_length_max": 100, "cic_fwd_packet_length_min": 0,
        "cic_fwd_iat_total": 420000, "cic_fwd_iat_mean": 84000, "cic_fwd_iat_max": 270000, "cic_fwd_iat_min": 10000,
        "cic_bwd_init_win_bytes": 65535, "cic_down_up_ratio": 1, "cic_active_mean": 420000,
        "fwd_retx_cnt": 1, "bwd_dup_ack_cnt": 2, "bwd_zero_win_cnt": 1,
        "tcp_synack_us": 10000, "tcp_ackdat_us": 10000, "tcp_irtt_us": 20000, "tcp_completeness": 31,
        "tcp_conn_state": "SF", "tcp_history": "ShADaTwFf", "community_id": "1:lWJQYXirSlmWE2qTFPykhczY8U4=",
        "cic_psh_flag_count": 2, "tcp_handshake": 3, "tcp_first_fin": "fwd", "icmp_err_cnt": 0, "end_reason": "eof",
    }
    assert {column: first[column] for column in exact} == exact
    assert [first[f"fwd_{flag}_cnt"] for flag in "FIN SYN RST PUSH ACK URG CWE ECE".split()] == [1, 1, 0, 2, 5, 0, 0, 0]
    rounded = {
        "fwd_pkt_size_mean": 91.666667, "fwd_pkt_size_std": 44.081994, "fwd_pkt_size_skewness": 0.706294,
        "fwd_pkt_size_kurtosis": -1.500016,
        "fwd_iat_mean": 0.084, "fwd_iat_std": 0.0985088828, "fwd_iat_skewness": 1.1526866721,
        "fwd_iat_kurtosis": -0.3228805962, "fwd_iat_min": 0.01, "fwd_iat_max": 0.27,
        "bwd_iat_mean": 0.08, "bwd_iat_std": 0.0983869910, "bwd_iat_skewness": 1.2700731713,
        "bwd_iat_kurtosis": -0.1025715457, "bwd_iat_min": 0.01, "bwd_iat_max": 0.27,
        "cic_fwd_packet_length_mean": 33.333333, "cic_fwd_packet_length_std": 51.639778,
        "cic_fwd_iat_std": 110136.279218, "cic_average_packet_size": 16.666667, "cic_flow_bytes_s": 476.190476,
    }
    for column, value in rounded.items():
        digits = len(repr(value).partition(".")[2])
        assert round(first[column], digits) == value, column
    assert (rows[6, 2]["tcp_conn_state"], rows[6, 2]["tcp_history"]) == ("REJ", "Sr")
    refused = rows[6, 1]
    assert (refused["tcp_conn_state"], refused["tcp_history"], refused["icmp_err_cnt"]) == ("S0", "S", 0)
    cic = groups.cicflowmeter_rows(capture)[0]
    assert (cic["Total Fwd Packet"], cic["Flow Duration"], cic["Bwd Init Win Bytes"]) == (6, 420000, 65535)
    assert (cic["Src Port"], cic["Protocol"], cic["Timestamp"]) == (1000, 6, "2023-11-14T22:13:20.000000Z")


# ---- community id ---------------------------------------------------------------------------------------------

def test_community_id_vectors():
    one, other = ("1.2.3.4", 1122), ("5.6.7.8", 3344)
    for pair in ((one, other), (other, one)):
        assert groups.community_id(6, *pair) == "1:wCb3OG7yAFWelaUydu0D+125CLM="
        assert groups.community_id(17, *pair) == "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="
    # the specification's own, with seed 0 and 1
    tcp = ("128.232.110.120", 34855), ("66.35.250.204", 80)
    assert groups.community_id(6, *tcp) == "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
    assert groups.community_id(6, *tcp, seed=1) == "1:3V71V58M3Ksw/yuFALMcW0LAHvc="


def second_pass(tshark, capture):
    """{frame number: (community id, stream, completeness)}, of tshark itself."""
    text = tshark.text("-n", "-2", "--enable-protocol", "communityid", "-r", capture, "-T", "fields",
                       "-e", "frame.number", "-e", "communityid", "-e", "tcp.stream", "-e", "tcp.completeness")
    return {int(line.split("\t")[0]): line.split("\t")[1:] for line in text.splitlines()}


@EVERY
def test_community_id_is_tsharks(capture, tshark):
    """tshark has one a frame, of the addresses that it met last: where they are those of the last transport."""
    tsharks = {number: words[0] for number, words in second_pass(tshark, capture).items()}
    seen = 0
    for flow in groups.capture_flows(capture, idle=NO_SPLIT):
        wanted = groups.community_id(groups.proto(flow), flow.source, flow.target)
        for p in flow.packets:
            last = p.transport is p.frame.every[-1]
            met = all(p.transport.under.get(x, -1) + 1 == p.frame.layers[x] for x in ("ip", "ipv6"))
            if last and met and tsharks[p.frame.number]:
                assert tsharks[p.frame.number] == wanted, p.frame.number
                seen += 1
    assert seen or not any(tsharks.values())


def test_community_id_seed(made):
    capture = made(every_ms(f(SYN)))
    (zero,), (one,) = groups.rows(capture, ["id"]), groups.rows(capture, ["id"], cid_seed=1)
    assert zero["community_id"] != one["community_id"] and zero["flow_id"] != one["flow_id"]
    assert one["community_id"] == groups.community_id(6, (CLIENT, 4000), (SERVER, 80), 1)


# ---- against tshark's own accounts ----------------------------------------------------------------------------

PRESENCE = {
    "retx": "tcp.analysis.retransmission or tcp.analysis.fast_retransmission or tcp.analysis.spurious_retransmission",
    "fast_retx": "tcp.analysis.fast_retransmission",
    "spur_retx": "tcp.analysis.spurious_retransmission",
    "ooo": "tcp.analysis.out_of_order",
    "lost_seg": "tcp.analysis.lost_segment",
    "ack_lost": "tcp.analysis.ack_lost_segment",
    "dup_ack": "tcp.analysis.duplicate_ack",
    "zero_win": "tcp.analysis.zero_window",
    "win_full": "tcp.analysis.window_full",
    "win_update": "tcp.analysis.window_update",
    "keepalive": "tcp.analysis.keep_alive",
    "keepalive_ack": "tcp.analysis.keep_alive_ack",
    "zwin_probe": "tcp.analysis.zero_window_probe or tcp.analysis.zero_window_probe_ack",
    "ack_rtt": "tcp.analysis.ack_rtt",
}


def accounts(tshark, capture):
    pinned = [word for pref in PINNED for word in ("-o", pref)]
    return tshark.text("-n", *pinned, "-r", capture, "-q", "-z", "conv,tcp", "-z", "conv,udp",
                       "-z", ",".join(["io,stat,0", *(f"({text})" for text in PRESENCE.values())]))


@EVERY
def test_presence_is_what_display_filters_find(capture, tshark):
    lines = [line for line in accounts(tshark, capture).splitlines() if "<>" in line and line.strip("| ")[0].isdigit()]
    found = [0] * len(PRESENCE)
    if lines:
        found = [int(n) for n in re.findall(r"\d+", lines[0].partition("<>")[2].partition("|")[2])[::2]]
    rows = groups.rows(capture, ["tcp"])
    got = [sum(r[f"fwd_{name}_cnt"] + r[f"bwd_{name}_cnt"] for r in rows) for name in PRESENCE]
    if any(frame.layers["tcp"] > 1 for frame in reference.frames(groups.tshark_text(capture), groups.AGGREGATOR)):
        assert sum(got) >= sum(found)
    else:
        assert dict(zip(PRESENCE, got)) == dict(zip(PRESENCE, found))


@EVERY
def test_times_of_conversations(capture, tshark):
    """Start and duration, against -z conv, which prints durations with four decimals."""
    wanted, protocol = defaultdict(list), None
    for line in accounts(tshark, capture).splitlines():
        if line.endswith(" Conversations"):
            protocol = line.split()[0]
        if "<->" in line:
            words = line.split()
            ports = sorted(int(words[k].rpartition(":")[2]) for k in (0, 2))
            wanted[protocol, *ports, words[-2]].append(float(words[-1]))
    frames = list(reference.frames(groups.tshark_text(capture), groups.AGGREGATOR))
    times = [frame.time for frame in frames]
    if None in times or times != sorted(times):
        return  # relative to what, and from first to last or from least to largest?
    got = defaultdict(list)
    for r in groups.rows(capture, ["flowmeter", "id"], idle=NO_SPLIT):
        start = reference.Decimal(r["start_ns"] - times[0]) / 10**9
        got[r["protocol"], *sorted((r["src_port"], r["dst_port"])), f"{start:.9f}"].append(r["duration_us"] / 1e6)
    if capture.name == "frag_bad.pcap":  # the one header that the table leaves out; see test_conversations.py
        got = {key: value for key, value in got.items() if key[1] != 6200}
    assert got.keys() == wanted.keys()
    for key, durations in wanted.items():
        assert sorted(got[key]) == pytest.approx(sorted(durations), abs=0.000051), key


@EVERY
def test_udp_payload_is_what_follow_shows(capture, tshark):
    streams = {}
    for flow in groups.capture_flows(capture, idle=NO_SPLIT):
        if flow.protocol == "UDP":
            streams[flow.packets[0].transport.stream] = groups.View(flow)
    many = [word for n in streams for word in ("-z", f"follow,udp,raw,{n}")]
    if not streams or any(p.frame.layers["udp"] > 1 for view in streams.values() for p in view.all):
        return  # follow takes the frame, not the layer
    pinned = [word for pref in PINNED for word in ("-o", pref)]
    text = tshark.text("-n", *pinned, "-r", capture, "-q", *many)
    shown = re.split(r"^Follow: udp,raw\nFilter: udp.stream eq (\d+)\n", text, flags=re.M)
    assert len(shown) == 1 + 2 * len(streams)
    for n, body in zip(shown[1::2], shown[2::2]):
        view = streams[int(n)]
        lines = [line for line in body.splitlines() if re.fullmatch(r"\t?[0-9a-f]*", line)]
        assert "".join(lines).replace("\t", "") == b"".join(map(groups.body, view.all)).hex()
        heads = groups.payload_group(view, {})
        for d, own in zip(groups.SIDES, (view.fwd, view.bwd)):
            assert heads[f"{d}_head_hex"] == (b"".join(map(groups.body, own)).hex()[:64] or "-")


@EVERY
def test_completeness_has_what_tshark_has(capture, tshark):
    """tshark's own, at its largest in a second pass, may miss the end of a connection but adds nothing."""
    tsharks = defaultdict(int)
    for _, stream, bits in second_pass(tshark, capture).values():
        if stream.isdigit() and bits.isdigit():
            tsharks[int(stream)] |= int(bits)
    for flow in groups.capture_flows(capture, idle=NO_SPLIT):
        if flow.protocol == "TCP" and all(p.frame.layers["tcp"] == 1 for p in flow.packets):
            n = flow.packets[0].transport.stream
            own = groups.completeness(groups.View(flow))
            assert own & tsharks[n] == tsharks[n], n


@EVERY
def test_icmp_errors_are_all_counted(capture):
    """Every quote of a stream that has a flow by then, and nothing else."""
    wanted, met = Counter(), set()
    for frame in reference.frames(groups.tshark_text(capture), groups.AGGREGATOR):
        met |= {(t.protocol, t.stream) for t in frame.transports}
        for quote in frame.quoted & met:
            wanted[quote] += 1
    flows = groups.capture_flows(capture, idle=NO_SPLIT)
    assert {(x.protocol, x.packets[0].transport.stream): x.icmp_errors for x in flows if x.icmp_errors} == wanted


def test_icmp_errors_occur():
    counts = {c.name: sum(x.icmp_errors for x in groups.capture_flows(c)) for c in CAPTURES}
    assert counts["unreachable.pcap"] > 3 and counts["scan.pcap"] > 5, counts


# ---- statistics -----------------------------------------------------------------------------------------------

@EVERY
def test_sample_deviation(capture):
    """Against the standard library, which also computes with fractions."""
    for flow in groups.capture_flows(capture):
        view = groups.View(flow)
        row = groups.cic_group(view, groups.OPTIONS)
        lengths = [groups.payload(p) for p in view.all]
        gaps = [q.time - p.time for p, q in zip(view.all, view.all[1:])]
        if len(lengths) > 1:
            assert near(row["cic_packet_length_std"], statistics.stdev(lengths), 1e-12)
            assert near(row["cic_packet_length_variance"], statistics.variance(lengths), 1e-12)
        if len(gaps) > 1:
            assert near(row["cic_flow_iat_std"], statistics.stdev(gaps) / 1000, 1e-12)


def test_fields_agree_with_the_groups():
    for capture in CAPTURES[:4]:
        rows = groups.rows(capture, ALL)

        def column(spec):
            return [list(row.values()) for row in reference_fields.evaluate(capture, spec)]

        wanted = [[r["fwd_tot_byte"], r["fwd_pkt_size_std"], r["fwd_pkt_size_skewness"], r["fwd_pkt_size_kurtosis"]]
                  for r in rows]
        for got, want in zip(column("@size:fwd:sum,std,skew,kurt"), wanted):
            assert all(near(x, y, 1e-12) for x, y in zip(got, want)), (got, want)
        assert column("@pay:bwd:sum") == [[r["bwd_pay_byte"]] for r in rows]
        assert column("@hdr:fwd:sum") == [[r["cic_fwd_header_length"]] for r in rows]
        assert column("@ip:fwd:sum") == [[r["fwd_ip_byte"]] for r in rows]
        for got, r in zip(column("@iatd:fwd:sstd,max"), rows):
            assert near(got[0], r["cic_fwd_iat_std"], 1e-12) and got[1] == r["cic_fwd_iat_max"]
        for got, r in zip(column("@iat:mean,sum"), rows):
            assert near(got[0] * 1e6, r["cic_flow_iat_mean"], 1e-12)
        assert column("tcp.analysis.retransmission:bwd:count") == [
            [r["bwd_retx_cnt"]] for r in rows]


def test_fields_by_hand(made):
    capture = made([
        (0, f(SYN, seq=10)), (1, b(SYN | ACK, seq=20, ack=11)), (2, f(ACK, seq=11, ack=21)),
        (4, f(ACK | PSH, b"abcd", seq=11, ack=21)), (8, f(ACK | PSH, b"ef", seq=15, ack=21)),
        (16, b(ACK, seq=21, ack=17)),
    ])

    def value(spec):
        (row,) = reference_fields.evaluate(capture, spec)
        return row

    assert value("@pay:fwd:list,mean,median,q25,p90,mode,distinct,n,any") == {
        "pay_fwd_list": "0|0|4|2", "pay_fwd_mean": 1.5, "pay_fwd_median": 1, "pay_fwd_q25": 0,
        "pay_fwd_p90": 3.4, "pay_fwd_mode": "0", "pay_fwd_distinct": 3, "pay_fwd_n": 4, "pay_fwd_any": 1}
    assert value("@iat:both:list,max") == {"iat_list": "0.001|0.001|0.002|0.004|0.008", "iat_max": 0.008}
    assert value("@iatd:bwd:list,sum=gap") == {"gap_bwd_list": "15000", "gap_bwd_sum": 15000}
    assert value("tcp.flags:bwd:set,last,max=flags") == {
        "flags_bwd_set": "0x0012|0x0010", "flags_bwd_last": "0x0010", "flags_bwd_max": 18}
    third = pytest.approx(math.log2(3) - 2 / 3)  # of one in three
    assert value("tcp.dstport:mode,entropy") == {"tcp_dstport_mode": "80", "tcp_dstport_entropy": third}
    nothing = "udp.length:count,first,min,mean,kurt,cv,median,list,distinct,entropy"
    assert list(value(nothing).values()) == [0, "-", 0, 0, -3, 0, 0, "-", 0, 0]
    assert value("ip.src:fwd:min,n") == {"ip_src_fwd_min": 0, "ip_src_fwd_n": 4}
    assert reference_fields.not_numbers(capture, "ip.src:fwd:min") == 4


# ---- connections by hand --------------------------------------------------------------------------------------

OPEN = [f(SYN, seq=100), b(SYN | ACK, seq=500, ack=101), f(ACK, seq=101, ack=501)]
ASK = f(ACK | PSH, b"question", seq=101, ack=501)
TOLD = b(ACK, seq=501, ack=109)

CONNECTIONS = {
    # name: (frames, conn_state, history, completeness, handshake)
    "a SYN": ([f(SYN)], "S0", "S", 1, 1),
    "a SYN again": ([f(SYN), f(SYN)], "S0", "S", 1, 1),
    "refused": ([f(SYN), b(RST | ACK, ack=2)], "REJ", "Sr", 1 | 4 | 32, 1),
    "given up": ([f(SYN), f(RST, seq=2)], "RSTOS0", "SR", 1 | 32, 1),
    "half open scan": ([f(SYN), b(SYN | ACK, ack=2), f(RST, seq=2)], "RSTO", "ShR", 3 | 32, 2),
    "established": ([*OPEN], "S1", "ShA", 7, 3),
    "asked": ([*OPEN, ASK, TOLD], "S1", "ShADa", 15, 3),
    "all of it": ([*OPEN, ASK, TOLD, f(FIN | ACK, seq=109, ack=501), b(FIN | ACK, seq=501, ack=110),
                   f(ACK, seq=110, ack=502)], "SF", "ShADaFf", 31, 3),
    "a FIN twice": ([*OPEN, f(FIN | ACK, seq=101, ack=501), f(FIN | ACK, seq=101, ack=501)], "S2", "ShAF", 23, 3),
    "F half closed": ([*OPEN, f(FIN | ACK, seq=101, ack=501), b(ACK, seq=501, ack=102)], "S2", "ShAFa", 23, 3),
    "B half closed": ([*OPEN, b(FIN | ACK, seq=501, ack=101)], "S3", "ShAf", 23, 3),
    "reset by F": ([*OPEN, ASK, f(RST, seq=109)], "RSTO", "ShADR", 15 | 32, 3),
    "reset by B": ([*OPEN, ASK, b(RST, seq=501)], "RSTR", "ShADr", 15 | 32, 3),
    "closed unheard": ([f(SYN), f(FIN, seq=2)], "SH", "SF", 17, 1),
    "in the middle": ([ASK, b(ACK | PSH, b"answer", seq=501, ack=109)], "OTH", "Dd", 12, 0),
    "reset in the middle": ([f(ACK, seq=9), b(RST, seq=1)], "RSTRH", "Ar", 4 | 32, 0),
    "resets alone": ([f(RST), b(RST)], "REJ", "Rr", 32, 0),
    "no SYN has FIN": ([f(SYN | FIN)], "SH", "Q", 17, 1),
    "FIN and RST": ([*OPEN, f(FIN | RST | ACK, seq=101, ack=501)], "RSTO", "ShAI", 7 | 16 | 32, 3),
    "closed, reset, closed": ([*OPEN, f(FIN | ACK, seq=101, ack=501), f(RST, seq=102), b(FIN | ACK, seq=501, ack=102)],
                              "SF", "ShAFRf", 7 | 16 | 32, 3),
}


@pytest.mark.parametrize("name", CONNECTIONS)
def test_connections(name, made):
    frames, state, history, completeness, handshake = CONNECTIONS[name]
    (row,) = groups.rows(made(every_ms(*frames)), ["tcp"])
    assert (row["tcp_conn_state"], row["tcp_history"]) == (state, history)
    assert (row["tcp_completeness"], row["tcp_handshake"]) == (completeness, handshake)


def test_a_connection_that_starts_with_the_answer(made):
    frames = every_ms(b(SYN | ACK, seq=500, ack=101), f(ACK, seq=101, ack=501), b(FIN | ACK, seq=501, ack=101))
    capture = made(frames)
    (seen,) = groups.rows(capture, ALL)
    assert (seen["src_ip"], seen["src_port"], seen["dir_basis"]) == (SERVER, 80, "synack")
    assert (seen["tcp_conn_state"], seen["tcp_history"], seen["tcp_handshake"]) == ("SH", "HaF", 0)
    (turned,) = groups.rows(capture, ALL, direction="handshake")
    assert (turned["src_ip"], turned["src_port"], turned["dir_basis"]) == (CLIENT, 4000, "synack")
    assert (turned["tcp_conn_state"], turned["tcp_history"]) == ("S3", "hAf")
    assert (turned["fwd_tot_pkt"], turned["bwd_tot_pkt"]) == (1, 2)
    assert turned["community_id"] == seen["community_id"] and turned["flow_id"] == seen["flow_id"]
    (only,) = groups.rows(made(every_ms(b(SYN | ACK), b(FIN | ACK, seq=2))), ["tcp"], direction="handshake")
    assert (only["tcp_conn_state"], only["tcp_history"]) == ("SHR", "hf")


def window_zero(frame):
    at = 14 + 20 + 14
    return frame[:at] + b"\0\0" + frame[at + 2:]


def test_history_counts_in_tens(made):
    zero = [window_zero(b(ACK, seq=501, ack=109)) for _ in range(12)]
    (row,) = groups.rows(made(every_ms(*OPEN, ASK, *zero)), ["tcp"])
    assert row["bwd_zero_win_cnt"] == 12
    assert row["tcp_history"] == "ShADaww"
    (row,) = groups.rows(made(every_ms(*OPEN, *[ASK] * 11, step=300), "again.pcap"), ["tcp"])
    assert (row["fwd_retx_cnt"], row["fwd_retx_byte"], row["fwd_uniq_byte"]) == (10, 80, 8)
    assert row["tcp_history"] == "ShADTT"


def test_udp_history(made):
    there, back = (packets.udp(CLIENT, SERVER, 7, 7, b"x"), packets.udp(SERVER, CLIENT, 7, 7, b"yy"))
    for frames, state, history in (([there], "S0", "D"), ([there, back, back, there], "SF", "Dd")):
        (row,) = groups.rows(made(every_ms(*frames)), ALL)
        assert (row["tcp_conn_state"], row["tcp_history"], row["dir_basis"]) == (state, history, "first")
        assert (row["tcp_completeness"], row["tcp_first_fin"]) == (0, "-")
        assert (row["fwd_wscale"], row["tcp_synack_us"]) == (-1, 0)
        assert row["cic_fwd_header_length"] == 8 * row["fwd_tot_pkt"]


def test_handshake_times(made):
    """A SYN that was sent twice, and a SYN+ACK."""
    (row,) = groups.rows(made([
        (0, f(SYN, seq=100)), (1000, f(SYN, seq=100)), (1020, b(SYN | ACK, seq=500, ack=101)),
        (1050, b(SYN | ACK, seq=500, ack=101)), (1051.5, f(ACK, seq=101, ack=501))]), ["tcp"])
    assert (row["tcp_handshake"], row["tcp_synack_us"], row["tcp_ackdat_us"], row["tcp_irtt_us"]) == (
        3, 20000, 31500, 51500)


def test_options_of_the_syn(made):
    def syn(options, window, flags=SYN):
        options += b"\0" * (-len(options) % 4)
        head = struct.pack("!HHIIBBHHH", 4000, 80, 1, 0, (20 + len(options)) // 4 << 4, flags, window, 0, 0)
        return packets.ETHER + packets.ipv4(CLIENT, SERVER, 6, head + options)

    options = bytes.fromhex("020405b4" "0402" "030307")
    (row,) = groups.rows(made(every_ms(syn(options, 64240), b(SYN | ACK, ack=2))), ALL)
    assert [row[f"fwd_{name}"] for name in ("init_win", "wscale", "mss", "sack_ok")] == [64240, 7, 1460, 1]
    assert [row[f"bwd_{name}"] for name in ("init_win", "wscale", "mss", "sack_ok")] == [8192, -1, 0, 0]
    assert (row["fwd_win_max"], row["cic_fwd_init_win_bytes"], row["cic_fwd_seg_size_min"]) == (0, 64240, 32)


# ---- policies by hand -----------------------------------------------------------------------------------------

def parts(capture, **policy):
    return [(r["protocol"], r["part"], r["fwd_tot_pkt"], r["bwd_tot_pkt"], r["start_ns"] - START, r["end_reason"])
            for r in groups.rows(capture, ALL, **policy)]


def test_active_time_out(made):
    second = 10**9
    capture = made([(1000 * s, frame) for s, frame in (
        (0, f(SYN)), (1, b(SYN | ACK)), (2, b(ACK)), (3, b(ACK)), (4, f(ACK)), (4.001, b(ACK)), (6.5, f(ACK)))])
    # strictly more than 2 s after the part's first packet
    assert parts(capture, active="2") == [
        ("TCP", 0, 1, 2, 0, "active"), ("TCP", 1, 1, 2, 3 * second, "active"), ("TCP", 2, 1, 0, 6.5 * second, "eof")]
    assert all(r["src_ip"] == CLIENT and r["dir_basis"] == "syn" for r in groups.rows(capture, ["id"], active="2"))
    assert len({r["flow_id"] for r in groups.rows(capture, ["id"], active="2")}) == 3
    assert parts(capture, active="3")[0] == ("TCP", 0, 1, 3, 0, "active")
    assert parts(capture, active="100") == [("TCP", 0, 3, 4, 0, "eof")]
    # both: the pause of 2.499 s is longer than the idle time-out, so that is what ends the second part
    assert [p[-1] for p in parts(capture, active="2", idle="2.4")] == ["active", "idle", "eof"]


def test_rows_in_the_order_of_their_ends(made):
    other = packets.udp(CLIENT, SERVER, 7, 7)
    capture = made([(0, f(SYN)), (100, other), (5000, f(SYN)), (5100, b(RST)), (5150, other)])
    rows = parts(capture, active="5", idle="600")
    assert [(r[0], r[1], r[-1]) for r in rows] == [
        ("TCP", 0, "active"), ("UDP", 0, "active"), ("TCP", 1, "eof"), ("UDP", 1, "eof")]
    assert [r["icmp_err_cnt"] for r in groups.rows(capture, ["id"])] == [0, 0]


def test_clocks(made):
    there = packets.udp(CLIENT, SERVER, 7, 7)
    capture = made([(10, there), (5, there), (7, there), (20, there)])
    (raw,), (monotone,) = groups.rows(capture, ALL), groups.rows(capture, ALL, clock="monotone")
    assert raw["ts_disorder_cnt"] == monotone["ts_disorder_cnt"] == 1
    assert [raw[f"splt_iat_{k}"] for k in range(1, 5)] == [0, -5000, 2000, 13000]
    assert [monotone[f"splt_iat_{k}"] for k in range(1, 5)] == [0, 0, 0, 10000]
    assert (raw["duration_us"], raw["duration"], monotone["duration"]) == (10000, 0.015, 0.01)


def test_tunnels(made):
    inner = packets.tcp("192.168.0.1", "192.168.0.2", 4000, 80, SYN)
    outside = packets.vxlan(CLIENT, SERVER, 5555, 4789, inner)
    capture = made([(0, outside)])
    assert [(r["protocol"], r["tunnel"]) for r in groups.rows(capture, ALL)] == [("UDP", 1), ("TCP", 1)]
    (row,) = groups.rows(capture, ALL, tunnel="outer")
    assert (row["protocol"], row["src_ip"], row["fwd_ip_byte"], row["l7_proto"]) == (
        "UDP", CLIENT, len(outside) - 14, "vxlan")
    (row,) = groups.rows(capture, ALL, tunnel="inner", size="payload")
    assert (row["protocol"], row["src_ip"], row["fwd_ip_byte"], row["fwd_tot_byte"]) == (
        "TCP", "192.168.0.1", len(inner) - 14, 0)
    assert row["splt_size_1"] == len(outside)


def test_sizes(made):
    capture = made(every_ms(*OPEN, ASK))
    sizes = {size: groups.rows(capture, ALL, size=size)[0]["fwd_tot_byte"] for size in ("frame", "ip", "payload")}
    assert sizes == {"frame": 3 * 54 + 8, "ip": 3 * 40 + 8, "payload": 8}
    assert groups.nfstream_rows(capture, size="ip")[0]["src2dst_bytes"] == 3 * 40 + 8


# ---- cic, splt, extra, payload, NFStream by hand --------------------------------------------------------------

def test_bulks_active_and_idle(made):
    data = [f(ACK | PSH, b"x" * 10, seq=1 + 10 * n) for n in range(9)]
    capture = made([
        (0, data[0]), (100, data[1]), (200, data[2]), (1200, data[3]),   # a bulk: gaps of at most 1 s
        (2201, data[4]), (2300, data[5]), (2400, b(ACK | PSH, b"yy", ack=61)), (2500, data[6]),  # none
        (7500, b(ACK, seq=3)), (12501, b(ACK, seq=3)), (12600, data[7])])
    (row,) = groups.rows(capture, ["cic"])
    assert [row[f"cic_fwd_{x}"] for x in ("bytes_bulk_avg", "packet_bulk_avg", "bulk_rate_avg")] == [
        40, 4, pytest.approx(40 / 1.2)]
    assert [row[f"cic_bwd_{x}"] for x in ("bytes_bulk_avg", "packet_bulk_avg", "bulk_rate_avg")] == [0, 0, 0]
    # gaps: 5 s is not over 5 s
    assert [row[f"cic_active_{x}"] for x in ("min", "max", "mean")] == [99000, 7.5e6, 3799500]
    assert [row[f"cic_idle_{x}"] for x in ("min", "max", "mean", "std")] == [5001000, 5001000, 5001000, 0]
    assert near(row["cic_active_std"], statistics.stdev([99000, 7.5e6]))
    assert row["cic_subflow_fwd_packets"] == 8 / 4 and row["cic_subflow_bwd_bytes"] == 2 / 4
    assert (row["cic_fwd_act_data_pkts"], row["cic_down_up_ratio"]) == (8, 3 / 8)


def test_splt(made):
    capture = made(every_ms(*OPEN, ASK, ASK, TOLD, step=300))
    (row,) = groups.rows(capture, ["splt"], splt=4)
    assert list(row.values()) == [
        1, -1, 1, 1, 54, 54, 54, 62, 0, 0, 0, 8, 0, 300000, 300000, 300000, 0x2, 0x12, 0x10, 0x18]
    (row,) = groups.rows(capture, ["splt"], splt=2, splt_packets="payload")
    assert list(row.values()) == [1, 0, 62, 0, 8, 0, 0, 0, 0x18, 0]
    assert groups.rows(capture, ["splt"], splt=0) == [{}]


def test_extra_and_payload(made):
    capture = made(every_ms(
        packets.udp(CLIENT, SERVER, 7, 7, b"abcd"), packets.udp(CLIENT, SERVER, 7, 7, b"abab"),
        packets.udp(SERVER, CLIENT, 7, 7, b"zz")))
    (row,) = groups.rows(capture, ALL)
    assert (row["fwd_pay_byte"], row["bwd_pay_byte"], row["fwd_pay_pkt"], row["pcr"]) == (8, 2, 2, 6 / 10)
    assert (row["fwd_ip_byte"], row["fwd_ttl_first"], row["fwd_df_cnt"], row["dup_pkt_cnt"]) == (64, 64, 0, 0)
    assert near(row["fwd_load_bps"], 8 * 92 / 0.002)
    assert (row["fwd_duration_us"], row["bwd_duration_us"], row["bwd_start_off_us"]) == (1000, 0, 2000)
    # a 3/8, b 3/8, c 1/8, d 1/8
    assert near(row["fwd_entropy"], 2 * 3 / 8 * math.log2(8 / 3) + 2 * 3 / 8, 1e-12)
    assert row["bwd_entropy"] == 0 and (row["fwd_head_hex"], row["bwd_head_hex"]) == (b"abcdabab".hex(), "7a7a")
    assert near(row["tot_entropy"], 2 * .3 * math.log2(1 / .3) + 2 * .1 * math.log2(10) + .2 * math.log2(5), 1e-12)


def with_id(frame, number):
    return frame[:18] + struct.pack("!H", number) + frame[20:]


def test_duplicates(made):
    one = with_id(f(ACK | PSH, b"abc"), 7)
    capture = made([(0, one), (0.5, one), (1.5, one), (2.501, one), (2.6, with_id(one, 8)), (2.7, with_id(one, 0)),
                    (2.8, with_id(one, 0))])
    (row,) = groups.rows(capture, ["extra"])
    assert row["dup_pkt_cnt"] == 2  # after 0.5 and 1 ms; not after 1.001, not another id, not id 0


def test_times_as_text():
    assert groups.utc(1_700_000_000_123_456_789, 6) == "2023-11-14T22:13:20.123456Z"
    assert groups.utc(1_700_000_000_123_456_789, 9) == "2023-11-14T22:13:20.123456789Z"
    assert groups.utc(1_700_000_000_123_456_789, 0) == "2023-11-14T22:13:20Z"
    assert groups.utc(-1, 6) == "1969-12-31T23:59:59.999999Z"


def test_nfstream(made):
    capture = made([(0, f(SYN, seq=100)), (10.25, b(SYN | ACK, seq=500, ack=101)), (20.75, f(ACK, seq=101, ack=501))])
    (row,) = groups.nfstream_rows(capture)
    assert (row["id"], row["expiration_id"], row["src_ip"], row["src_oui"], row["dst_port"]) == (
        0, 0, CLIENT, "02:00:00", 80)
    assert (row["bidirectional_first_seen_ms"], row["dst2src_first_seen_ms"]) == (START // MS, START // MS + 10)
    assert [row[f"{side}_duration_ms"] for side in ("bidirectional", "src2dst", "dst2src")] == [20.75, 20.75, 0]
    assert (row["bidirectional_mean_piat_ms"], row["bidirectional_max_piat_ms"]) == (10.375, 10.5)
    assert near(row["bidirectional_stddev_piat_ms"], statistics.stdev([10.25, 10.5]))
    assert (row["bidirectional_syn_packets"], row["dst2src_ack_packets"]) == (2, 1)
