"""What builds and runs the tests."""

import os
import re
import shutil
import sys

import pytest

from helpers import REPO, run

SUITE = """<testsuites><testsuite>
<testcase classname="a" name="passes"/>
<testcase classname="a" name="one"><skipped message="needs root"/></testcase>
<testcase classname="a" name="two"><skipped type="pytest.skip" message="FLOWMETER_CAPTURES is not set"/></testcase>
<testcase classname="a" name="three"><skipped message="x_test.cc:7&#x0A;needs root"><![CDATA[x_test.cc:7
needs root]]></skipped></testcase>
<testcase classname="a" name="four" status="notrun"/>
{more}</testsuite></testsuites>
"""


def summary(directory, more="", status=0):
    (directory / "unit.xml").write_text(SUITE.format(more=more))
    (directory / "unit.status").write_text(f"{status}\n")
    return run([REPO / "scripts/summarise-tests", directory])


def test_skips_are_told_by_reason(tmp_path):
    got = summary(tmp_path).expect(0)
    assert got.lines == ["unit: 1 passed, 0 failed, 4 skipped", "2 skipped: needs root", "1 skipped: FLOWMETER_CAPTURES is not set",
                         "1 skipped: disabled", "1 passed, 0 failed, 4 skipped"]


def test_failures_are_shown(tmp_path):
    got = summary(tmp_path, '<testcase classname="a" name="fails"><failure message="it does not hold"/></testcase>', 1).expect(1)
    assert got.lines[:2] == ["--- FAILED: unit: a.fails", "    it does not hold"]
    assert got.lines[-1] == "1 passed, 1 failed, 4 skipped"


def test_the_tests_are_found_without_further_captures():
    env = {name: value for name, value in os.environ.items() if name != "FLOWMETER_CAPTURES" and not name.startswith("PYTEST")}
    got = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", f"--rootdir={REPO}", REPO / "tests/e2e"],
              env=env, timeout=120).expect(0)
    assert "NOTSET" not in got.out.decode()


def test_the_program_is_all_that_is_built_by_default(tmp_path):
    if not shutil.which("meson"):
        pytest.skip("needs meson")
    run(["meson", "setup", tmp_path / "build", REPO], timeout=120).expect(0)
    plan = run(["ninja", "-n", "-C", tmp_path / "build"], timeout=60).expect(0).out.decode()
    assert "Linking target src/flowmeter" in plan
    assert "_test" not in plan and "top_talkers" not in plan
    plan = run(["ninja", "-n", "-C", tmp_path / "build", "tests"], timeout=60).expect(0).out.decode()
    for program in ("src/flowmeter", "samples/top_talkers", "tests/flow_test", "tests/fuzz/fuzz_test"):
        assert f"Linking target {program}\n" in plan


#: The folders of src, each of which knows only those that are named for it, and itself.
KNOWS = {
    "base": "",
    "stats": "",
    "capture": "base",
    "sink": "base",
    "dialect": "base capture",
    "packet": "base stats capture dialect",
    "observer": "base packet",
    "flow": "base stats sink dialect packet",
    "source": "base capture dialect packet",
    "schema": "base stats sink dialect packet flow",
    "part": "base sink capture dialect packet flow schema",
    "cli": "base sink capture dialect packet observer flow source schema part",
}


def test_includes_point_one_way():
    found = {}
    for file in (REPO / "src").rglob("*.*"):
        folder = file.relative_to(REPO / "src").parts[0]
        if folder in KNOWS and file.suffix in (".cc", ".h"):
            found.setdefault(folder, set()).update(re.findall(r'^#include "(\w+)/', file.read_text(), re.M))
    assert set(found) == set(KNOWS)
    wrong = {folder: included - {folder, *KNOWS[folder].split()} for folder, included in found.items()}
    assert {folder: others for folder, others in wrong.items() if others} == {}


def test_unit_tests_stand_where_their_sources_stand():
    """src/FOLDER/SOURCE is tested in tests/unit/FOLDER/SOURCE_test.cc, a large one also in SOURCE_ASPECT_test.cc."""
    listed = (REPO / "tests/meson.build").read_text()
    found = sorted((REPO / "tests/unit").rglob("*_test.cc"))
    assert len(found) > 60
    for path in found:
        folder, name = path.parent.name, path.name.removesuffix("_test.cc")
        sources = {source.stem for source in (REPO / "src" / folder).iterdir()}
        assert path.parents[1].name == "unit" and any(f"{name}_".startswith(f"{source}_") for source in sources), path
        assert f"    '{name}',\n" in listed, f"{path} is not in tests/meson.build"
