"""The completions, where each shell's own machinery loads them and asks them."""

import re
import shutil
from pathlib import Path

import pytest

from helpers import REPO, flowmeter, run
from test_terminal import Terminal

COMPLETIONS = REPO / "src" / "completions"
BASH_COMPLETION = next((path for path in map(Path, ["/usr/share/bash-completion/bash_completion", "/etc/bash_completion"])
                        if path.exists()), None)

needs_bash_completion = pytest.mark.skipif(BASH_COMPLETION is None, reason="needs bash-completion")
needs_tmux = pytest.mark.skipif(not shutil.which("tmux"), reason="needs tmux")
needs_zsh = pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
needs_fish = pytest.mark.skipif(not shutil.which("fish"), reason="needs fish")

#: What is typed after the program's name, and what exactly the shell must offer for the last word.
CASES = [
    (["--sch"], {"--schema"}),
    (["--schema", "cic"], {"cicflowmeter"}),
    (["--format", ""], {"csv", "tsv", "jsonl"}),
    (["--columns", "duration,src_p"], {"duration,src_port"}),
    (["--columns", "+src_i"], {"+src_ip"}),
    (["--label-time", "s"], {"start"}),
    (["--end-on", ""], {"close"}),
    (["merge", "--fo"], {"--format"}),
    (["merge", "--format", "j"], {"jsonl"}),
    (["merge", "--decod"], set()),
    (["mer"], {"merge"}),
    (["x.pcap", "mer"], set()),
]
CASE_IDS = [" ".join(words) for words, _ in CASES]


def options_of_merge():
    lines = re.findall(r"^  (-\S+)", flowmeter("merge", "--help").out.decode(), re.M)
    return {name for line in lines for name in line.split(",")}


@pytest.fixture(scope="module")
def bash_directory(tmp_path_factory):
    """Where bash-completion finds it under its name, as when it is installed."""
    directory = tmp_path_factory.mktemp("bash")
    (directory / "completions").mkdir()
    shutil.copy(COMPLETIONS / "flowmeter.bash", directory / "completions" / "flowmeter")
    return directory


def bash_offers(words, directory, env):
    """What the function that the loader found offers for the last word."""
    script = r"""
        . "$BASH_COMPLETION_FILE"
        compopt() { :; }  # which bash has only while TAB is handled
        if declare -F _comp_load >/dev/null; then _comp_load flowmeter; else _completion_loader flowmeter; fi
        [[ $(complete -p flowmeter) == *' -F _flowmeter '* ]] || exit 9
        COMP_WORDS=(flowmeter "$@") COMP_CWORD=$#
        _flowmeter flowmeter "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        if ((${#COMPREPLY[@]})); then printf '%s\n' "${COMPREPLY[@]}"; fi"""
    env = dict(env, BASH_COMPLETION_USER_DIR=str(directory), BASH_COMPLETION_FILE=str(BASH_COMPLETION))
    got = run(["bash", "--norc", "-c", script, "bash", *words], env=env, cwd=directory).expect(0).silent()
    return set(got.out.decode().splitlines())


@needs_bash_completion
@pytest.mark.parametrize("words, offered", CASES, ids=CASE_IDS)
def test_bash(words, offered, bash_directory, path_env):
    assert bash_offers(words, bash_directory, path_env) == offered


@needs_bash_completion
def test_bash_takes_values_after_an_equals_sign(bash_directory, path_env):
    assert bash_offers(["--schema", "=", "nf"], bash_directory, path_env) == {"nfstream"}
    assert bash_offers(["--schema", "="], bash_directory, path_env) == {"flowmeter", "cicflowmeter", "nfstream", "pyflowmeter"}


@needs_bash_completion
def test_bash_knows_the_options_of_merge(bash_directory, path_env):
    assert bash_offers(["merge", "-"], bash_directory, path_env) - {"--"} == options_of_merge()


@pytest.fixture
def shell(tmp_path, path_env):
    made = []

    def start(words, **settings):
        made.append(Terminal(tmp_path, words, PATH=path_env["PATH"], **settings))
        return made[0]

    yield start
    for terminal in made:
        terminal.close()


def press_tab(terminal, typed, completed):
    terminal.tmux("send-keys", "-l", typed)
    terminal.key("Tab")
    terminal.wait_for(lambda: completed in terminal.screen())
    terminal.key("C-u")
    terminal.tmux("send-keys", "-l", "clear")
    terminal.key("Enter")
    terminal.wait_for(lambda: completed not in terminal.screen())


TYPED = [("flowmeter --schema cic", "flowmeter --schema cicflowmeter"), ("flowmeter --sch", "flowmeter --schema"),
         ("flowmeter merge --fo", "flowmeter merge --format"), ("flowmeter --label-time=s", "flowmeter --label-time=start"),
         ("flowmeter merge --label-time s", "flowmeter merge --label-time start")]


@needs_bash_completion
@needs_tmux
def test_tab_in_bash(shell, bash_directory):
    terminal = shell(["bash", "--norc", "--noprofile"], BASH_COMPLETION_USER_DIR=bash_directory)
    terminal.type(f". {BASH_COMPLETION}; clear; echo loaded")
    terminal.wait_for(lambda: "loaded" in terminal.screen().splitlines()[0])
    for typed, completed in TYPED:
        press_tab(terminal, typed, completed)


@needs_zsh
@needs_tmux
def test_tab_in_zsh(shell):
    terminal = shell(["zsh", "-f"])
    terminal.type(f"fpath=({COMPLETIONS} $fpath); autoload -U compinit; compinit -u -D; clear; echo loaded")
    terminal.wait_for(lambda: "loaded" in terminal.screen().splitlines()[0])
    for typed, completed in TYPED:
        press_tab(terminal, typed, completed)


def fish_offers(words, env, directory):
    script = 'source $argv[1]; complete -C "$argv[2]"'
    typed = " ".join(["flowmeter", *words])
    env = dict(env, HOME=str(directory), XDG_CONFIG_HOME=str(directory), XDG_DATA_HOME=str(directory))
    got = run(["fish", "--no-config", "-c", script, COMPLETIONS / "flowmeter.fish", typed], env=env, cwd=directory).expect(0)
    return {line.partition("\t")[0] for line in got.out.decode().splitlines()}


@needs_fish
@pytest.mark.parametrize("words, offered", CASES, ids=CASE_IDS)
def test_fish(words, offered, path_env, tmp_path):
    assert fish_offers(words, path_env, tmp_path) == offered


@needs_fish
def test_fish_knows_the_options_of_merge(path_env, tmp_path):
    known = options_of_merge()
    assert fish_offers(["merge", "--"], path_env, tmp_path) == {name for name in known if name.startswith("--")}
