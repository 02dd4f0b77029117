"""Rows as CSV, TSV and JSON Lines, each read by the programs that people read them with."""

import csv
import io
import json
import shutil

import pytest

from helpers import REPO, flowmeter, run, sh

SAMPLE = REPO / "samples" / "https.pcapng"
IDLE = REPO / "samples" / "dns.pcap"


def need(program):
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")


def rows_of(*args):
    """The rows as CSV, which the other tests check, as dictionaries of text."""
    return list(csv.DictReader(io.StringIO(flowmeter(*args).silent().out.decode())))


def agrees(value, text):
    """A value that a reader made of a cell, and the cell."""
    if isinstance(value, str):
        return value == text
    return float(value) == float(text)


def same_rows(read, expected):
    assert len(read) == len(expected) > 0
    for got, want in zip(read, expected):
        assert list(got) == list(want)
        for name, text in want.items():
            assert agrees(got[name], text), (name, got[name], text)


def test_tsv_is_csv_with_tabs():
    comma = flowmeter(SAMPLE).silent()
    tab = flowmeter("--format", "tsv", SAMPLE).silent()
    assert tab.out == comma.out.replace(b",", b"\t")


def test_jsonl_has_the_same_values_in_the_same_order():
    out = flowmeter("--format", "jsonl", SAMPLE).silent().out.decode()
    read = [json.loads(line, object_pairs_hook=lambda pairs: pairs) for line in out.splitlines()]
    expected = rows_of(SAMPLE)
    assert [[name for name, _ in row] for row in read] == [list(row) for row in expected]
    same_rows([dict(row) for row in read], expected)
    for row in read:
        for name, value in row:
            assert isinstance(value, str) == (name == "protocol")


def test_jsonl_numbers_are_the_digits_of_csv():
    out = flowmeter("--format", "jsonl", SAMPLE).silent().out.decode()
    read = [json.loads(line, parse_float=str, parse_int=str) for line in out.splitlines()]
    assert read == rows_of(SAMPLE)


def test_null_for_what_has_no_sample():
    null = flowmeter("--format", "jsonl", "--na", "null", IDLE).silent().out.decode()
    word = flowmeter("--format", "jsonl", "--na", "none", IDLE).silent().out.decode()
    assert ":null" in null and '"null"' not in null
    assert ':"none"' in word and word.replace('"none"', "null") == null


def test_no_delimiter_for_other_formats():
    for name in ("tsv", "jsonl"):
        flowmeter("--format", name, "--delimiter", ";", SAMPLE, status=2).one_message("--delimiter", name)


@pytest.mark.parametrize("name", ["csv", "tsv", "jsonl"])
def test_files_in_a_directory_are_named_by_format(name, tmp_path):
    flowmeter("--format", name, "-o", tmp_path, SAMPLE, IDLE).silent()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"dns_flow.{name}", f"https_flow.{name}"]
    assert (tmp_path / f"dns_flow.{name}").read_bytes() == flowmeter("--format", name, IDLE).out


def test_pandas_reads_every_format(tmp_path):
    pandas = pytest.importorskip("pandas")
    expected = rows_of(SAMPLE)
    for name, read in (("csv", pandas.read_csv), ("tsv", pandas.read_table),
                       ("jsonl", lambda path: pandas.read_json(path, lines=True))):
        path = tmp_path / f"rows.{name}"
        flowmeter("--format", name, "-o", path, SAMPLE).silent()
        table = read(path)
        assert len(table) == len(expected)
        assert list(table.columns) == list(expected[0])
        for column in table.columns:
            for value, row in zip(table[column], expected):
                if isinstance(value, str):
                    assert value == row[column]
                else:  # pandas' own parsers may miss the last bit
                    assert float(value) == pytest.approx(float(row[column]), rel=1e-9, abs=1e-12)


def test_sqlite_imports_csv(tmp_path):
    need("sqlite3")
    flowmeter("-o", tmp_path / "rows.csv", SAMPLE).silent()
    commands = '.mode csv\n.import rows.csv flows\n.headers on\nselect * from flows;\n'
    out = run(["sqlite3", ":memory:"], data=commands.encode(), cwd=tmp_path).expect(0).silent().out.decode()
    assert list(csv.DictReader(io.StringIO(out))) == rows_of(SAMPLE)


def test_miller_reads_csv_and_tsv():
    need("mlr")
    for name in ("csv", "tsv"):
        result = sh(f"set -o pipefail; $FLOWMETER --format {name} {SAMPLE} | mlr --i{name} --ojson --jvquoteall cat")
        assert json.loads(result.expect(0).out) == rows_of(SAMPLE)


def test_jq_reads_jsonl():
    need("jq")
    result = sh(f"set -o pipefail; $FLOWMETER --format jsonl {SAMPLE} | jq -c '[.src_port, .fwd_tot_byte]'").expect(0)
    expected = [[int(row["src_port"]), int(row["fwd_tot_byte"])] for row in rows_of(SAMPLE)]
    assert [json.loads(line) for line in result.lines] == expected


def test_list_columns_as_json():
    listed = [json.loads(line) for line in flowmeter("--list-columns", "--format", "jsonl").silent().lines]
    lines = [line.split("\t") for line in flowmeter("--list-columns", "--no-header").silent().lines]
    assert [[c["name"], c["group"], c["unit"], c["description"], ",".join(c["fields"]), "yes" if c["identifies"] else "no"]
            for c in listed] == lines
