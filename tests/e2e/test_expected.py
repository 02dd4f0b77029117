"""The samples' rows, byte for byte as samples/expected has them (see scripts/update-expected)."""

import difflib
import re
import subprocess

import pytest

import reference
from helpers import JOINED, REPO, SAMPLES, flowmeter

EXPECTED = REPO / "samples" / "expected"


def made_with():
    """The version of tshark that samples/README.md states."""
    return re.search(r"with tshark (\d+\.\d+\.\d+)", (REPO / "samples/README.md").read_text()).group(1)


def expected(capture):
    return EXPECTED / f"{capture.name}.csv"


@pytest.mark.parametrize("capture", SAMPLES, ids=lambda capture: capture.name)
def test_expected(capture):
    if capture.name in JOINED:
        pytest.xfail("this tshark numbers streams otherwise")
    want, got = expected(capture).read_bytes(), flowmeter(capture).silent().out
    if got == want:
        return
    here = subprocess.run(["tshark", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    difference = difflib.unified_diff(
        want.decode().splitlines(), got.decode("utf-8", "replace").splitlines(), "expected", "printed", lineterm="")
    pytest.fail(f"made with tshark {made_with()}; here is {here}\n" + "\n".join(difference), pytrace=False)


def test_one_file_for_each_sample():
    assert sorted(EXPECTED.iterdir()) == sorted(expected(capture) for capture in SAMPLES)


def test_they_are_about_something():
    """Each has the header, and rows."""
    for capture in SAMPLES:
        lines = expected(capture).read_text().splitlines()
        assert lines[0].split(",") == reference.COLUMNS and len(lines) > 1
