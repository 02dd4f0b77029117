"""Fixtures of the end-to-end tests.

FLOWMETER           path of the binary under test (required)
FLOWMETER_RELEASE   a build of the same sources without sanitizers, for the repetitions in MATRICES; without it, all run FLOWMETER
FLOWMETER_CAPTURES  directory of further captures and of what is known of them; without it, the tests that need them are skipped
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import helpers  # noqa: E402
import packets  # noqa: E402

#: What `-m quick` chooses, which takes about a minute.
QUICK = {"test_cli.py", "test_damage.py", "test_expected.py", "test_flows.py"}

#: Files that go through the same few ways with many captures and options. With sanitizers run every function of them, every
#: value of every parameter of a function, and every capture; the rest is repetition, and runs without.
MATRICES = {
    "test_continuous.py", "test_conversations.py", "test_fields.py", "test_fleet.py", "test_fleet_groups.py", "test_groups.py",
    "test_identity.py", "test_inputs.py", "test_lacking.py", "test_layers.py", "test_merge.py", "test_reference.py",
    "test_reference_groups.py", "test_segments.py", "test_times.py", "test_transports.py",
}

#: What is measured is the program, not the sanitizers.
WITHOUT_SANITIZERS = {"test_memory.py", "test_random.py"}

WITHOUT_SHARED = "FLOWMETER_CAPTURES is not set"


def pytest_sessionstart(session):
    if session.config.option.collectonly:
        return
    try:
        helpers.binary()
    except RuntimeError as why:
        pytest.exit(f"end-to-end tests: {why}", returncode=4)


def pytest_configure(config):
    config.addinivalue_line("markers", "shared: needs FLOWMETER_CAPTURES")
    config.addinivalue_line("markers", "quick: of the files in QUICK")
    config.addinivalue_line("markers", "release: runs the build without sanitizers, if there is one")
    if not hasattr(config, "workerinput"):  # the workers have it from the process that starts them
        os.environ["FLOWMETER_TEST_CACHE"] = tempfile.mkdtemp(prefix="flowmeter-tests-")


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop("FLOWMETER_TEST_CACHE"), ignore_errors=True)


def parameters(item):
    """What distinguishes it from the other tests of its function; captures are the same for all functions."""
    given = getattr(item, "callspec", None)
    for name, value in (given.params if given else {}).items():
        yield ("capture", str(value)) if name == "capture" else (item.function, name, repr(value))
    yield (item.function,)


def mark_repetitions(items):
    seen = set()
    for item in items:
        if item.path.name in WITHOUT_SANITIZERS:
            item.add_marker("release")
        elif item.path.name in MATRICES:
            new = set(parameters(item)) - seen
            seen |= new
            if not new:
                item.add_marker("release")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    helpers.prefer_release = item.get_closest_marker("release") is not None


def pytest_collection_modifyitems(items):
    """Marks the quick tests, and those that repeat. Without further captures, each test function that needs them is one test
    that is skipped."""
    mark_repetitions(items)
    for item in items:
        if item.path.name in QUICK:
            item.add_marker("quick")
    if helpers.SHARED is not None:
        return
    seen, kept = set(), []
    for item in items:
        if item.get_closest_marker("shared"):
            if item.function in seen:
                continue
            seen.add(item.function)
            item.add_marker(pytest.mark.skip(reason=WITHOUT_SHARED), append=False)
        kept.append(item)
    items[:] = kept


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
def path_env(tmp_path_factory):
    """An environment in which `flowmeter` is the program under test."""
    directory = tmp_path_factory.mktemp("bin")
    (directory / "flowmeter").symlink_to(helpers.binary())
    return dict(os.environ, PATH=f"{directory}:{os.environ['PATH']}", LC_ALL="C.UTF-8")


@pytest.fixture(scope="session")
def tshark(common_tmp):
    return helpers.Tshark(common_tmp / "tshark")


@pytest.fixture(scope="session")
def shared():
    if helpers.SHARED is None:
        pytest.skip(WITHOUT_SHARED)
    return helpers.SHARED


@pytest.fixture(scope="session")
def small(common_tmp):
    """A small capture of the tests' own: five TCP and five UDP conversations."""
    return packets.written_once(common_tmp / "small.pcap", packets.small)


@pytest.fixture(scope="session")
def medium(common_tmp):
    """10,000 packets of 500 conversations."""
    return packets.written_once(common_tmp / "medium.pcap", lambda: packets.capture(packets.big_frames(10_000)))


@pytest.fixture(scope="session")
def big(common_tmp):
    """200,000 packets."""
    return packets.written_once(common_tmp / "big.pcap", packets.big)
