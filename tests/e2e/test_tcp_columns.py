"""The group tcp: connections made by hand, and the worked example of its definitions."""

import pytest

import packets
from helpers import flowmeter
from packets import ACK, FIN, PSH, SYN
from test_groups import cells
from test_reference_groups import ASK, CLIENT, CONNECTIONS, OPEN, SERVER, b, every_ms, f, made, window_zero  # noqa: F401

CHOSEN = "tcp_conn_state,tcp_history,tcp_completeness,tcp_handshake"


def metered(capture, *arguments, columns="tcp"):
    return cells(flowmeter("--columns", columns, *arguments, capture).silent())


def only(capture, *arguments, columns="tcp"):
    (row,) = metered(capture, *arguments, columns=columns)
    return row


@pytest.mark.parametrize("name", CONNECTIONS)
def test_connections(name, made):  # noqa: F811
    frames, *wanted = CONNECTIONS[name]
    assert list(only(made(every_ms(*frames)), columns=CHOSEN).values()) == [str(value) for value in wanted]


def test_a_connection_that_starts_with_the_answer(made):  # noqa: F811
    capture = made(every_ms(b(SYN | ACK, seq=500, ack=101), f(ACK, seq=101, ack=501), b(FIN | ACK, seq=501, ack=101)))
    assert list(only(capture, columns=CHOSEN).values()) == ["SH", "HaF", "22", "0"]
    assert list(only(capture, "--direction", "handshake", columns=CHOSEN).values()) == ["S3", "hAf", "22", "0"]


def test_history_counts_in_tens(made):  # noqa: F811
    zero = [window_zero(b(ACK, seq=501, ack=109)) for _ in range(12)]
    row = only(made(every_ms(*OPEN, ASK, *zero)))
    assert (row["bwd_zero_win_cnt"], row["tcp_history"]) == ("12", "ShADaww")
    row = only(made(every_ms(*OPEN, *[ASK] * 11, step=300), "again.pcap"))
    assert (row["fwd_retx_cnt"], row["fwd_retx_byte"], row["fwd_uniq_byte"]) == ("10", "80", "8")
    assert row["tcp_history"] == "ShADTT"


def test_a_packet_without_flags_has_no_history(made):  # noqa: F811
    row = only(made(every_ms(f(0))))
    assert (row["tcp_conn_state"], row["tcp_history"]) == ("OTH", "-")


def test_udp_has_nothing_but_who_sent(made):  # noqa: F811
    there, back = packets.udp(CLIENT, SERVER, 7, 7, b"x"), packets.udp(SERVER, CLIENT, 7, 7, b"yy")
    for frames, state, history in (([there], "S0", "D"), ([there, back, there], "SF", "Dd")):
        row = only(made(every_ms(*frames)))
        assert (row.pop("tcp_conn_state"), row.pop("tcp_history")) == (state, history)
        assert {row.pop(name) for name in ("fwd_wscale", "bwd_wscale")} == {"-1"}
        assert {row.pop(name) for name in ("tcp_first_fin", "tcp_first_rst")} == {"-"}
        assert set(row.values()) == {"0"}


def test_the_word_for_nothing(made):  # noqa: F811
    row = only(made(every_ms(f(SYN))), "--na", "NA")
    absent = {name for name, value in row.items() if value == "NA"}
    assert {"tcp_synack_us", "tcp_irtt_us", "fwd_ack_rtt_mean", "bwd_bif_max", "fwd_win_min"} <= absent
    assert not {"fwd_retx_cnt", "tcp_handshake", "fwd_ack_rtt_cnt", "fwd_init_win", "fwd_wscale"} & absent


@pytest.mark.shared
def test_worked_example(shared):
    rows = metered(shared / "handmade/a.pcap", columns="src_port,dst_port,bwd_tot_pkt,tcp")
    first, second, refused = (
        next(row for row in rows if (row["src_port"], row["dst_port"], row["bwd_tot_pkt"]) == key)
        for key in (("1000", "80", "6"), ("1001", "81", "0"), ("1000", "80", "1")))
    wanted = {
        "fwd_retx_cnt": "1", "bwd_dup_ack_cnt": "2", "bwd_zero_win_cnt": "1", "tcp_synack_us": "10000",
        "tcp_ackdat_us": "10000", "tcp_irtt_us": "20000", "tcp_completeness": "31", "tcp_conn_state": "SF",
        "tcp_history": "ShADaTwFf", "tcp_handshake": "3", "tcp_first_fin": "fwd", "tcp_first_rst": "-",
    }
    assert {name: first[name] for name in wanted} == wanted
    assert (second["tcp_conn_state"], second["tcp_history"]) == ("S0", "S")
    assert (refused["tcp_conn_state"], refused["tcp_history"]) == ("REJ", "Sr")
