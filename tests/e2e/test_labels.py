"""`--labels`: the worked example, columns that conditions look at, and rules that are refused."""

import pytest

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
    done.one_message("1 rule took no flow", "line 2 (ssh)")


def test_time_windows(tmp_path):
    times = [row["start"] for row in cells(flowmeter("--columns", "duration", "--field", "frame.time_epoch=start",
                                                     SLOWLORIS))]
    middle = sorted(times)[len(times) // 2]
    path = rules(tmp_path, f"label,start\nlate,{middle}\n")
    found = [row["label"] for row in cells(flowmeter("--columns", "duration", "--label-time", "start", "--labels", path,
                                                     SLOWLORIS))]
    assert found == ["late" if time >= middle else "-" for time in times]


@pytest.mark.parametrize("text, words", [
    ("", ["rules.csv:1:", "header"]),
    ("label,who\n", ["rules.csv:1:", '"who"']),
    ("label,src\na,nobody\n", ["rules.csv:2:", '"nobody"']),
    ("label,src\na\n", ["rules.csv:2:", "1 values"]),
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
