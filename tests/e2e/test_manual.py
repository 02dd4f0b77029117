"""What README.md, the documents, the man page, --help and the completions say is true."""

import json
import os
import re
from collections import namedtuple
from pathlib import Path

import pytest

import reference
from helpers import REPO, binary, flowmeter, run

README = REPO / "README.md"
DOCUMENTS = [README, *sorted((REPO / "src" / "doc").glob("*.md"))]
MANUAL = REPO / "src" / "flowmeter.1"
ROOTS_REMARK = 'Running as user "root" and group "root". This could be dangerous.'


# ---- README.md and src/doc ------------------------------------------------------------------------------------------------

Example = namedtuple("Example", "line command output")


def blocks(text, language):
    """(first line, lines) of each ```language block."""
    start, found = None, []
    for number, line in enumerate(text.splitlines(), 1):
        if start is None and line == f"```{language}":
            start, found = number + 1, []
        elif start is not None and line == "```":
            yield start, found
            start = None
        elif start is not None:
            found.append(line)
    assert start is None, f"the block at line {start} has no end"


def examples(text):
    """Commands (`$ `, continued with `> `) of the console blocks, each with the output that follows it."""
    for start, lines in blocks(text, "console"):
        assert lines and lines[0].startswith("$ "), f"line {start} is no command"
        command = None
        for number, line in enumerate(lines, start):
            if line.startswith("$ "):
                if command is not None:
                    yield Example(first, command, output)
                first, command, output = number, line[2:], []
            elif line.startswith("> ") and not output:
                command += "\n" + line[2:]
            else:
                output.append(line)
        yield Example(first, command, output)


def pattern(output):
    """What matches the output: a line `...` stands for one or more lines, `...` at a line's end for its rest."""
    parts = []
    for line in output:
        if line == "...":
            parts.append(r"(?:.*\n)+")
        elif line.endswith("..."):
            parts.append(re.escape(line[:-3]) + r".+\n")
        else:
            parts.append(re.escape(line) + r"\n")
    return "".join(parts)


def printed(command, env):
    """What a terminal would show of a command that is run in the repository."""
    shown = run(["bash", "-c", "exec 2>&1\n" + command], cwd=REPO, env=env).out.decode()
    return "".join(line + "\n" for line in shown.splitlines() if line != ROOTS_REMARK)


@pytest.mark.parametrize("document, example", [
    pytest.param(document, example, id=f"{document.name}-line{example.line}")
    for document in DOCUMENTS for example in examples(document.read_text())])
def test_examples(document, example, path_env):
    # Building takes too long; what is printed then is the program's.
    command = example.command.replace("./scripts/quickstart ", "flowmeter ")
    shown = printed(command, path_env)
    expected = "\n".join(example.output)
    assert re.fullmatch(pattern(example.output), shown), f"$ {command}\n{shown}--- {document.name} says:\n{expected}"


def test_there_are_examples():
    """So that the test above is not about nothing."""
    commands = [example.command for example in examples(README.read_text())]
    assert commands[0].startswith("./scripts/quickstart ")
    assert sum("|" in command for command in commands) >= 3


def test_the_patterns():
    text = "a\nb 1\nb 2\nc,d,e\n"
    for output in (["a", "b 1", "b 2", "c,d,e"], ["a", "...", "c,d,e"], ["a", "b 1", "b 2", "c,..."], ["..."]):
        assert re.fullmatch(pattern(output), text), output
    for output in (["a", "b 1", "b 2", "c.d.e"], ["a", "b 1", "b 2"], ["a", "b 1", "b 2", "c,d,e", "..."], []):
        assert not re.fullmatch(pattern(output), text), output


def test_the_document_of_columns(path_env):
    check = run(["scripts/update-columns", "--check"], cwd=REPO, env=dict(path_env, FLOWMETER=binary()))
    check.expect(0).silent()
    named = re.findall(r"^\| `(\w+)` \|", (REPO / "src" / "doc" / "columns.md").read_text(), re.M)
    assert named[:48] == reference.COLUMNS


def test_an_old_document_of_columns_is_noticed(tmp_path):
    """--check fails when a meaning has changed, and changes nothing."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "src" / "doc").mkdir(parents=True)
    script = tmp_path / "scripts" / "update-columns"
    script.write_bytes((REPO / "scripts" / "update-columns").read_bytes())
    columns = (REPO / "src" / "doc" / "columns.md").read_text()
    old = columns.replace("| TCP or UDP (", "| TCP (")
    document = tmp_path / "src" / "doc" / "columns.md"
    document.write_text(old)
    env = dict(os.environ, FLOWMETER=binary())
    assert "TCP or UDP" in run(["/usr/bin/python3", script, "--check"], env=env).expect(1).err
    assert document.read_text() == old
    run(["/usr/bin/python3", script], env=env).expect(0)
    assert document.read_text() == columns


def test_files_that_are_named_exist():
    for document in (*DOCUMENTS, REPO / "samples" / "README.md"):
        names = re.findall(r"`(?:\./)?((?:src|scripts|samples|tests)/[\w./-]+)(?: [^`]*)?`", document.read_text())
        names += [str(document.parent.relative_to(REPO) / name) for name in re.findall(r"\]\(([\w./-]+)\)", document.read_text())]
        assert [name for name in names if "NAME" not in name and not (REPO / name).exists()] == []


# ---- the man page ---------------------------------------------------------------------------------------------

ESCAPES = {r"\-": "-", r"\(aq": "'", r"\(dq": '"', r"\e": "\\", r"\&": ""}


def section(name):
    return re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", MANUAL.read_text(), re.M | re.S).group(1)


def manual_examples():
    for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", section("EXAMPLES"), re.M | re.S):
        for line in block.splitlines():
            yield re.sub(r"\\(?:\(..|.)", lambda escape: ESCAPES[escape.group()], line)


@pytest.mark.parametrize("command", manual_examples())
def test_manual(command, path_env, tmp_path):
    (tmp_path / "samples").symlink_to(REPO / "samples")
    got = run(["bash", "-c", "set -o pipefail\n" + command], cwd=tmp_path, env=path_env).expect(0)
    made = [path for path in tmp_path.iterdir() if path.name != "samples"]
    assert got.out or made, "nothing came out"
    assert all(path.stat().st_size > 0 for path in made)


def test_manual_has_examples():
    assert len(list(manual_examples())) >= 10


# ---- the options ----------------------------------------------------------------------------------------------

def described_options():
    """What the program knows of the options that are shown, each with its names as a list."""
    options = json.loads(flowmeter("--describe-options").out)["options"]
    return [dict(option, names=option["names"].split(",")) for option in options if option["group"]]


def options_of(command):
    return {name for option in described_options() if option[command] for name in option["names"]}


def options_of_help(*words):
    lines = re.findall(r"^  (-\S+)", flowmeter(*words, "--help").out.decode(), re.M)
    return {re.sub(r"[={].*", "", name) for line in lines for name in line.split(",")}


def items_of_manual():
    """The options of each item, with its text."""
    items = re.findall(r"^\.It (Fl .*?)(?=^\.It Fl |^\.S[hs] |\Z)", section("OPTIONS"), re.M | re.S)
    return {f"-{name}": text for text in items for name in re.findall(r"\bFl (\S+)", text.partition("\n")[0])}


def test_options():
    known = options_of("flowmeter")
    assert {"-h", "--help", "-Y", "--columns", "--no-header"} <= known
    assert options_of_help() == known
    assert options_of_help("merge") == options_of("merge")
    assert set(items_of_manual()) == known


def test_words_of_options():
    items = items_of_manual()
    for option in described_options():
        if option["flowmeter"]:
            text = items[option["names"][-1]]
            assert [word for word in option["words"] if not re.search(rf"\b{word}\b", text)] == [], option["names"]


def test_the_completions(path_env):
    run(["scripts/update-completions", "--check"], cwd=REPO, env=dict(path_env, FLOWMETER=binary())).expect(0).silent()


def test_old_completions_are_noticed(tmp_path):
    """--check fails when an option is missing, and changes nothing."""
    for name in ("scripts/update-completions", "src/completions/flowmeter.bash", "src/completions/_flowmeter",
                 "src/completions/flowmeter.fish"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((REPO / name).read_bytes())
    file = tmp_path / "src/completions/flowmeter.fish"
    current = file.read_text()
    old = re.sub(r"^.* -l tunnel .*\n", "", current, flags=re.M)
    assert old != current
    file.write_text(old)
    script = ["/usr/bin/python3", tmp_path / "scripts/update-completions"]
    env = dict(os.environ, FLOWMETER=binary())
    assert "-l tunnel" in run([*script, "--check"], env=env).expect(1).err
    assert file.read_text() == old
    run(script, env=env).expect(0)
    assert file.read_text() == current


# ---- the sample program ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["slowloris.pcap", "dns.pcap", "ipv6.pcapng", "scan.pcap"])
def test_top_talkers(name, tshark):
    program = Path(binary()).resolve().parent.parent / "samples" / "top_talkers"
    if not program.exists():
        pytest.skip("top_talkers was not built")
    capture = REPO / "samples" / name
    sums = run(["bash", "-c", """
        awk -F'\\t' '{ sent[$1 $2] += $3 } END { for (address in sent) print address, sent[address] }' "$0" |
          LC_ALL=C sort -k 2,2nr -k 1,1
    """, tshark.path("-n", "-r", capture, "-Y", "(tcp or udp) and not (icmp or icmpv6)",
                     "-T", "fields", "-e", "ip.src", "-e", "ipv6.src", "-e", "frame.len")]).lines
    assert len(sums) >= 2
    with tshark.path("-n", "-r", capture, "-T", "ek").open() as stdin:
        assert run([program], stdin=stdin).expect(0).lines == sums[:10]
    with tshark.path("-n", "-r", capture, "-T", "ek").open() as stdin:
        assert run([program, "1"], stdin=stdin).expect(0).lines == sums[:1]
