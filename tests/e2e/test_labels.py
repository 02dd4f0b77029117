"""`--labels`: the worked example, columns that conditions look at, and rules that are refused."""

from pathlib import Path

import pytest

import packets
from helpers import REPO, flowmeter
from test_groups import cells

SLOWLORIS = REPO / "samples" / "slowloris.pcap"
RULES = REPO / "samples" / "slowloris-labels.csv"


def rules(tmp_path, text):
    path = tmp_path / "rules.csv"
    path.write_text(text)
    return path


def labels(path, *more, capture=SLOWLORIS, columns="fwd_tot_pkt"):
    return cells(flowmeter("--columns", columns, "--labels", path, *more, capture).silent())


def test_slowloris():
    """Eight page loads by curl among the connections of the attack."""
    rows = labels(RULES, columns="http_user_agent")
    assert len(rows) == 75
    assert [row["label"] for row in rows].count("normal") == 8
    assert all((row["label"] == "normal") == row["http_user_agent"].startswith("curl") for row in rows)
    assert {row["label"] for row in rows} == {"normal", "attack"}


def test_the_columns_of_conditions_need_not_be_printed():
    assert [row["label"] for row in labels(RULES)].count("normal") == 8


def test_conditions_on_columns_of_every_kind(tmp_path):
    path = rules(tmp_path, "label,filter\nbig,bytes>5000 && fwd_SYN_cnt = 1\nsmall,\n")
    rows = labels(path, "--field", "@size:sum=bytes", columns="bytes,label")
    assert [row["label"] for row in rows] == ["big" if int(row["bytes"]) > 5000 else "small" for row in rows]
    assert len({row["label"] for row in rows}) == 2


def test_a_label_for_all_others(tmp_path):
    path = rules(tmp_path, "label,dport\nweb,80\n")
    assert {row["label"] for row in labels(path)} == {"web"}
    done = flowmeter("--labels", rules(tmp_path, "label,dport\nssh,22\n"), "--label-default", "benign", SLOWLORIS)
    assert {row["label"] for row in cells(done)} == {"benign"}
    done.one_message("1 rule matched no flow", "line 2 (ssh)")


def test_time_windows(tmp_path):
    times = [row["start"] for row in cells(flowmeter("--columns", "duration", "--field", "frame.time_epoch=start",
                                                     SLOWLORIS))]
    middle = sorted(times)[len(times) // 2]
    path = rules(tmp_path, f"label,start\nlate,{middle}\n")
    found = [row["label"] for row in cells(flowmeter("--columns", "duration", "--label-time", "start", "--labels", path,
                                                     SLOWLORIS))]
    assert found == ["late" if time >= middle else "-" for time in times]


def labelled(tmp_path, text, *options, capture=SLOWLORIS, columns="protocol,dst_port,fwd_tot_pkt,src_ip"):
    """Rows with the label `x` where the condition holds."""
    quoted = text.replace('"', '""')
    return labels(rules(tmp_path, f'label,filter\nx,"{quoted}"\n'), *options, capture=capture, columns=columns + ",label")


#: Conditions, and the same in Python.
CONDITIONS = [
    ("protocol!=UDP || dst_port=80", lambda row: row["protocol"] != "UDP" or row["dst_port"] == "80"),
    ("protocol=UDP || dst_port=80", lambda row: row["protocol"] == "UDP" or row["dst_port"] == "80"),
    ("protocol=UDP or dst_port == 443", lambda row: row["protocol"] == "UDP" or row["dst_port"] == "443"),
    ("protocol = TCP and not dst_port in {80, 443}",
     lambda row: row["protocol"] == "TCP" and row["dst_port"] not in ("80", "443")),
    ("!(protocol=UDP) && (dst_port=80 || fwd_tot_pkt>2)",
     lambda row: row["protocol"] != "UDP" and (row["dst_port"] == "80" or int(row["fwd_tot_pkt"]) > 2)),
    ("dst_port in {50..100, 400..500}",
     lambda row: 50 <= int(row["dst_port"]) <= 100 or 400 <= int(row["dst_port"]) <= 500),
    ("src_ip = 10.1.0.0/31", lambda row: row["src_ip"] in ("10.1.0.0", "10.1.0.1")),
    ("src_ip in {10.1.0.2..10.1.0.3, 2001:db8::/32}", lambda row: row["src_ip"] in ("10.1.0.2", "10.1.0.3")),
    ("src_ip ~ \"10.1.*.1\"", lambda row: row["src_ip"] == "10.1.0.1"),
    ("protocol='TCP'", lambda row: row["protocol"] == "TCP"),
]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """TCP and UDP flows of several hosts to several ports."""
    frames = []
    for host in range(1, 5):
        for port in (80, 443, 8080):
            ends = (f"10.1.0.{host}", "10.2.0.1", 1000 * host + 1, port)
            frames += [packets.tcp(*ends, packets.SYN)] * host
            frames.append(packets.udp(*ends))
    path = tmp_path_factory.mktemp("mixed") / "mixed.pcap"
    path.write_bytes(packets.capture((packets.START * 10**9 + 1000 * n, frame) for n, frame in enumerate(frames)))
    return path


@pytest.mark.parametrize("condition, holds", CONDITIONS, ids=[text for text, _ in CONDITIONS])
def test_conditions_mean_what_they_say(tmp_path, mixed, condition, holds):
    rows = labelled(tmp_path, condition, "--label-default", "-", capture=mixed)
    assert len(rows) == 24
    assert [row["label"] for row in rows] == ["x" if holds(row) else "-" for row in rows]


def test_conditions_see_addresses_as_they_are(tmp_path, mixed):
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    plain = labelled(tmp_path, "src_ip = 10.1.0.1", capture=mixed)
    anonymized = labelled(tmp_path, "src_ip = 10.1.0.1", "--anonymize", key, capture=mixed)
    assert [row["label"] for row in anonymized] == [row["label"] for row in plain]
    assert {row["src_ip"] for row in anonymized}.isdisjoint({row["src_ip"] for row in plain})


def test_a_directory_is_a_label(tmp_path, mixed):
    captures = tmp_path / "captures"
    for name in ("attack", "attack/deep", "benign"):
        (captures / name).mkdir(parents=True, exist_ok=True)
        (captures / name / "x.pcap").write_bytes(mixed.read_bytes())
    by_column = rules(tmp_path, "label,input\nbad,*/attack/*\ngood,*/benign/* | */other/*\n").read_text()
    by_filter = 'label,filter\nbad,input ~ */attack/*\ngood,"input ~ ""*/benign/*"""\n'
    for text in (by_column, by_filter):
        rows = labels(rules(tmp_path, text), "-r", columns="input,label", capture=captures)
        assert len(rows) == 72
        assert all(row["label"] == ("bad" if "/attack/" in row["input"] else "good") for row in rows)


@pytest.mark.parametrize("start, zone, late", [
    ("2023-11-14 22:13:20", None, False),
    ("2023-11-14 22:13:21", None, True),
    ("2023-11-14T22:13:20Z", "Asia/Tokyo", False),
    ("2023-11-14 23:13:20", "Europe/Berlin", False),
    ("2023-11-14 23:13:21", "Europe/Berlin", True),
    ("2023-11-14 23:13:20+01:00", "Asia/Tokyo", False),
    ("2023-11-14 17:13:20", "-05:00", False),
    ("2023-11-14 17:13:21", "-05:00", True),
])
def test_times_are_of_a_zone(tmp_path, start, zone, late):
    if zone and "/" in zone and not Path("/usr/share/zoneinfo", zone).exists():
        pytest.skip("needs the time zone database (tzdata)")
    capture = tmp_path / "x.pcap"
    capture.write_bytes(packets.capture([(packets.START * 10**9, packets.udp("10.1.0.1", "10.1.0.2", 1, 2))]))
    path = rules(tmp_path, f"label,start\nx,{start}\n")
    options = [] if zone is None else ["--label-tz", zone]
    done = flowmeter("--columns", "duration", "--labels", path, *options, capture)
    assert [row["label"] for row in cells(done)] == ["-" if late else "x"]


@pytest.mark.parametrize("text, words", [
    ("2017-03-26 02:30:00", ["rules.csv:2:3:", "does not exist in Europe/Berlin"]),
    ("2017-10-29 02:30:00", ["rules.csv:2:3:", "comes twice in Europe/Berlin", "+02:00 or +01:00"]),
    ("2017-10-29", ["rules.csv:2:3:", "is not a time"]),
])
def test_times_that_are_none_are_refused(tmp_path, text, words):
    if not Path("/usr/share/zoneinfo/Europe/Berlin").exists():
        pytest.skip("needs the time zone database (tzdata)")
    path = rules(tmp_path, f"label,start\nx,{text}\n")
    flowmeter("--labels", path, "--label-tz", "Europe/Berlin", SLOWLORIS, status=2).one_message(*words)


def test_zones_that_are_none_are_refused(tmp_path):
    path = rules(tmp_path, "label\nx\n")
    flowmeter("--labels", path, "--label-tz", "Europe/Nowhere", SLOWLORIS, status=2).one_message("--label-tz", "Europe/Nowhere")
    flowmeter("--label-tz", "UTC", SLOWLORIS, status=2).one_message("--label-tz needs --labels")


@pytest.mark.parametrize("text, place, words", [
    ("protocol!=UDP | dst_port=80", 15, ['"|"', "||"]),
    ("protocol!=UDP & dst_port=80", 15, ['"&"', "&&"]),
    ("protocol!=UDP || dst_port", 18, ['"dst_port"']),
    ("dst_port=80 or 443", 16, ['"443"', "in {"]),
    ("protocol=TCP dst_port=80", 14, ['"dst_port"']),
    ("(protocol=TCP", 1, ["not closed"]),
    ("dst_port=http", 10, ["a number"]),
    ("dst_port=\"80\"", 10, ["without quotes"]),
    ("protocol=6", 10, ["in quotes"]),
    ("protocol>5", 9, ["text"]),
    ("src_ip=5", 8, ["an address"]),
    ("dst_prt=80", 1, ['did you mean "dst_port"']),
    ("fwd_tot_pkt>bwd_tot_pkt", 13, ["with values"]),
])
def test_conditions_that_are_none_are_refused(tmp_path, text, place, words):
    quoted = text.replace('"', '""')
    path = rules(tmp_path, f'label,filter\n\nx,"{quoted}"\n')
    place += 3 + text[:place - 1].count('"')
    done = flowmeter("--labels", path, SLOWLORIS, status=2)
    done.one_message(f"rules.csv:3:{place}:", *words)
    assert done.out == b""


@pytest.mark.parametrize("text, words", [
    ("", ["rules.csv:1:", "header"]),
    ("label,who\n", ["rules.csv:1:", '"who"']),
    ("label,src\na,nobody\n", ["rules.csv:2:", '"nobody"']),
    ("label,src\na\n", ["rules.csv:2:", "1 values"]),
    ("label,filter\na,dst_port in {80, 443}\n", ["rules.csv:2:", "commas", "quotes"]),
    ("label,filter\na,\"x=1\"\n", ["rules.csv:2:", 'no column "x"']),
    ("label,filter\na,label=b\n", ["rules.csv:2:", '"label"']),
    ("label\n\"a\n", ["rules.csv:2:", "quote"]),
])
def test_bad_rules_are_refused(tmp_path, text, words):
    done = flowmeter("--labels", rules(tmp_path, text), SLOWLORIS, status=2)
    done.one_message(*words)
    assert done.out == b""


def test_a_file_that_is_not_there(tmp_path):
    flowmeter("--labels", tmp_path / "none.csv", SLOWLORIS, status=2).one_message("none.csv", "No such file")
    flowmeter("--labels", tmp_path, SLOWLORIS, status=2).one_message(str(tmp_path))
    flowmeter("--label-default", "x", SLOWLORIS, status=2).one_message("--labels")
