"""tshark's custom columns carry what EK does: every field of a header and of TCP's analysis, every frame."""

import json
import subprocess

import pytest

from helpers import CAPTURES, PINNED, each, label, plain_env

EVERY = pytest.mark.parametrize("capture", CAPTURES, ids=label)

#: What the program asks columns for, as text that tshark shows (R) or as the bare number (U).
SHOWN = (
    "frame.time_epoch frame.len frame.cap_len frame.protocols frame.number eth.src eth.dst vlan.id"
    " ip.src ip.dst ip.len ip.hdr_len ip.ttl ip.flags ip.frag_offset ip.dsfield ipv6.src ipv6.dst ipv6.plen ipv6.hlim"
    " tcp.stream tcp.srcport tcp.dstport tcp.flags tcp.len tcp.hdr_len tcp.seq_raw tcp.ack_raw tcp.seq tcp.ack"
    " tcp.nxtseq tcp.urgent_pointer tcp.window_size_value tcp.window_size tcp.window_size_scalefactor"
    " tcp.options.mss_val tcp.options.sack_perm tcp.options.wscale.shift tcp.options.timestamp.tsval"
    " tcp.analysis.ack_rtt tcp.analysis.initial_rtt tcp.analysis.bytes_in_flight"
    " udp.stream udp.srcport udp.dstport udp.length"
).split()
NUMBERS = "ip.id ip.proto ip.dsfield.dscp ipv6.tclass.dscp".split()
MARKS = [f"tcp.analysis.{name}" for name in (
    "retransmission fast_retransmission spurious_retransmission out_of_order lost_segment ack_lost_segment"
    " duplicate_ack zero_window window_full window_update keep_alive keep_alive_ack zero_window_probe"
    " zero_window_probe_ack reused_ports").split()]
FORMS = dict.fromkeys(SHOWN, "R") | dict.fromkeys(NUMBERS, "U") | dict.fromkeys(MARKS, "R")
FORMS["tcp.analysis.duplicate_ack"] = "U"  # R has one mark where EK has two values


def lines(home, capture, *arguments):
    command = ["tshark", "-n", *(word for preference in PINNED for word in ("-o", preference)), "-r", capture]
    done = subprocess.run([*command, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          env=plain_env(HOME=str(home)), timeout=300, check=True)
    return done.stdout.decode("utf-8", "replace").split("\n")[:-1]


def as_ek(field, cell):
    """The values of a cell, spelled as EK does."""
    values = cell.split(",") if cell else []
    if field in MARKS:
        return ["1" for _ in values]
    digits = {"tcp.flags": 4, "ip.flags": 2}.get(field)
    return [f"0x{int(value, 16):0{digits}x}" for value in values] if digits else values


@EVERY
def test_columns_carry_what_ek_does(capture, tmp_path):
    records = [json.loads(line)["layers"] for line in lines(tmp_path, capture, "-T", "ek", *each(FORMS))
               if line.startswith('{"timestamp"')]
    columns = ",".join(f'"{field}","%Cus:{field}:0:{form}"' for field, form in FORMS.items())
    rows = lines(tmp_path, capture, "-T", "tabs", "-o", f"gui.column.format:{columns}")
    assert len(rows) == len(records)
    for number, (row, record) in enumerate(zip(rows, records), 1):
        for (field, cell) in zip(FORMS, row.split("\t"), strict=True):
            assert as_ek(field, cell) == record.get(field.replace(".", "_"), []), f"frame {number}, {field}"
