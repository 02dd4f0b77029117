"""`--schema pyflowmeter` against what the original wrote."""

import pytest

from helpers import flowmeter, shared_files

pytestmark = pytest.mark.shared
ORACLES = shared_files("oracles/captures", "*")


@pytest.mark.parametrize("capture", ORACLES, ids=[path.name for path in ORACLES])
def test_bytes_of_the_original(capture):
    expected = capture.parents[1] / "pyflowmeter" / (capture.name.partition(".pcap")[0] + ".csv")
    got = flowmeter("--schema", "pyflowmeter", capture).silent()
    assert got.out == expected.read_bytes()


def test_every_oracle_has_its_capture(shared):
    names = {path.stem for path in (shared / "oracles/pyflowmeter").glob("*.csv")}
    assert names == {path.name.partition(".pcap")[0] for path in ORACLES}
    assert names


@pytest.mark.parametrize("capture", ORACLES[:3], ids=[path.name for path in ORACLES[:3]])
def test_from_a_pipe(capture):
    expected = capture.parents[1] / "pyflowmeter" / (capture.name.partition(".pcap")[0] + ".csv")
    got = flowmeter("--schema", "pyflowmeter", "-", data=capture.read_bytes()).silent()
    assert got.out == expected.read_bytes()
