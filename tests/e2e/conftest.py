"""Fixtures of the end-to-end tests.

FLOWMETER         path of the binary under test (required)
FLOWMETER_SHARED  shared test data; default: `shared` beside the checkout, when it exists
"""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import helpers  # noqa: E402
import packets  # noqa: E402


def pytest_sessionstart(session):
    if session.config.option.collectonly:
        return
    try:
        helpers.binary()
    except RuntimeError as why:
        pytest.exit(f"end-to-end tests: {why}", returncode=4)


def pytest_configure(config):
    config.addinivalue_line("markers", "shared: needs the shared test data")


def pytest_collection_modifyitems(items):
    if helpers.SHARED is not None:
        return
    skip = pytest.mark.skip(reason="needs the shared test data (FLOWMETER_SHARED)")
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def common_tmp(tmp_path_factory):
    """A directory that all workers of this session see."""
    base = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent
    path = base / "flowmeter-common"
    path.mkdir(exist_ok=True)
    return path


@pytest.fixture(scope="session")
def tshark(common_tmp):
    return helpers.Tshark(common_tmp / "tshark")


@pytest.fixture(scope="session")
def shared():
    if helpers.SHARED is None:
        pytest.skip("needs the shared test data (FLOWMETER_SHARED)")
    return helpers.SHARED


@pytest.fixture(scope="session")
def small(common_tmp):
    """A small capture of the tests' own: five TCP and five UDP conversations."""
    return packets.written_once(common_tmp / "small.pcap", packets.small)


@pytest.fixture(scope="session")
def big(common_tmp):
    """200,000 packets."""
    return packets.written_once(common_tmp / "big.pcap", packets.big)
