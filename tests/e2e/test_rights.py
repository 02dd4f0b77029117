"""What reaches tshark, and what does not: no shell, no configuration of the user's, no descriptors, no options in names."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import packets
from helpers import binary, flowmeter, release_binary, run, sh

HOSTILE = ["-rf.pcap", "--help", "-", "a\nb.pcap", "$(touch x).pcap", "`touch x`", "x; touch x", "'\".pcap", "\x1b[2J.pcap", "*", "-X lua_script:x"]


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_names_are_names(name, small, tmp_path):
    """Given after their directory, by -r, and by a name that is looked up."""
    rows = flowmeter(small).out
    shutil.copy(small, tmp_path / name)
    assert flowmeter(f"./{name}", cwd=tmp_path).silent().out == rows
    assert flowmeter("-r", tmp_path).silent().out == rows
    assert flowmeter("-r", ".", cwd=tmp_path).silent().out == rows
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_names_in_messages(name, tmp_path):
    """One line, without control characters, whatever the name."""
    (tmp_path / name).write_text("no capture\n")
    got = flowmeter(f"./{name}", status=2, cwd=tmp_path).one_message("not a capture")
    assert all(c.isprintable() for c in got.messages[0]), repr(got)


STAND_IN = """#!/bin/bash
case " $* " in *" --version "*) exec tshark --version;; esac
ls -l /proc/self/fd/ > "{folder}/descriptors.$$"
printf '%s\\n' "$@" > "{folder}/arguments.$$"
env > "{folder}/environment.$$"
exec tshark "$@"
"""


@pytest.fixture
def witness(tmp_path):
    """A tshark that writes down what it was given."""
    folder = tmp_path / "witness"
    folder.mkdir()
    program = folder / "tshark-witness"
    program.write_text(STAND_IN.format(folder=folder))
    program.chmod(0o755)
    return program


def seen(witness, what):
    return [p.read_text() for p in witness.parent.glob(f"{what}.*")]


@pytest.mark.parametrize("way", ["one", "fleet", "several inputs"])
def test_no_descriptor_leaks_into_tshark(way, small, witness, tmp_path):
    out = tmp_path / "out.csv"
    inputs = [tmp_path / f"{n}.pcap" for n in range(6 if way == "several inputs" else 1)]
    for path in inputs:
        shutil.copy(small, path)
    more = ["-j2", "--life-frames", "10"] if way == "fleet" else []
    flowmeter("--tshark", witness, *more, "-o", out, *inputs).silent()
    listings = seen(witness, "descriptors")
    assert len(listings) >= (3 if way == "fleet" else len(inputs))
    for listing in listings:
        # ls itself has the directory that it lists open, and writes into a file of the witness.
        targets = [line.split(" -> ")[1] for line in listing.splitlines() if " -> " in line]
        strange = [t for t in targets if not t.startswith(("pipe:", "/dev/null", "/proc/", str(witness.parent)))]
        assert strange == [], listing
        assert sum(t.startswith("pipe:") for t in targets) <= 3, listing


def test_arguments_are_handed_on_one_by_one(small, witness, tmp_path):
    """No shell takes them apart."""
    filter_text = "tcp.port != 1 && $(touch x) || `touch x`"
    flowmeter("--tshark", witness, "-Y", filter_text, small, status=None, cwd=tmp_path)
    (arguments,) = seen(witness, "arguments")
    assert f"\n-Y\n{filter_text}\n" in arguments
    assert not (tmp_path / "x").exists()


def test_the_users_configuration_is_out_of_reach(small, witness):
    home = witness.parent
    flowmeter("--tshark", witness, small, env=dict(os.environ, HOME=str(home), XDG_CONFIG_HOME=str(home), WIRESHARK_CONFIG_DIR=str(home)))
    (environment,) = seen(witness, "environment")
    for name in ("HOME", "XDG_CONFIG_HOME", "WIRESHARK_CONFIG_DIR"):
        assert f"{name}=/proc/self/no-configuration\n" in environment


LUA = 'local f = io.open("{marker}", "a"); f:write("ran\\n"); f:close()\n'


def test_no_lua_of_the_users(small):
    """A personal plugin runs in the user's own tshark, and not in ours. (For root, tshark itself runs none.)"""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        marker = home / "marker"
        for place in (".local/lib/wireshark/plugins", ".config/wireshark/plugins"):
            (home / place).mkdir(parents=True)
            (home / place / "x.lua").write_text(LUA.format(marker=marker))
        program = home / "flowmeter"
        shutil.copy(release_binary() or binary(), program)
        shutil.copy(small, home / "small.pcap")
        prefix = []
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "65533:65533", folder], check=True)
            prefix = ["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", "--"]
        env = dict(os.environ, HOME=folder)
        for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "WIRESHARK_CONFIG_DIR"):
            env.pop(name, None)
        run([*prefix, "tshark", "-r", home / "small.pcap", "-c", "1"], env=env).expect(0)
        if not marker.exists():
            pytest.skip("this tshark runs no personal plugins")
        marker.unlink()
        for command in (["--version"], ["--print-command", home / "small.pcap"], [home / "small.pcap"],
                        ["--transport-only", home / "small.pcap"], ["-j2", home / "small.pcap"]):
            run([*prefix, program, *command], env=env).expect(0)
            assert not marker.exists(), command


def test_temporary_files_are_private(tmp_path, small, tshark):
    """The file beside the output, while it is written."""
    out = tmp_path / "out.csv"
    script = (f'umask 077; ( cat "{tshark.path("-n", "-r", small, "-T", "ek", "-e", "frame.len")}" > /dev/null; sleep 1 ) |'
              f' "$FLOWMETER" - -o "{out}" & sleep 0.5; stat -c %a "{out}.incomplete"; wait')
    got = sh(script)
    assert got.out.decode().split() == ["600"], repr(got)
