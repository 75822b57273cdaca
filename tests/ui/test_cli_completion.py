"""Scripts for shells, and what they ask the program."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.ui.test_cli import run


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_asks_the_program(tmp_path: Path, shell: str) -> None:
    done = run(tmp_path, "completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_CITEWELL_COMPLETE={shell}_complete" in done.stdout
    if shell == "bash":
        assert subprocess.run(["bash", "-n"], input=done.stdout, text=True, check=False).returncode == 0


def test_the_program_completes_commands_and_options(tmp_path: Path) -> None:
    asked = {"_CITEWELL_COMPLETE": "bash_complete", "COMP_WORDS": "citewell comp", "COMP_CWORD": "1"}
    assert run(tmp_path, **asked).stdout == "plain,completion\n"
    options = asked | {"COMP_WORDS": "citewell serve --acc", "COMP_CWORD": "2"}
    assert run(tmp_path, **options).stdout == "plain,--access-log\n"


def test_help_has_no_colours_in_a_pipe_and_shows_examples(tmp_path: Path) -> None:
    for command in ("ask", "search", "serve", "index"):
        told = run(tmp_path, command, "--help").stdout
        assert "\x1b" not in told
        assert f"citewell {command} " in told.split("Usage:")[1].split("\n", 1)[1]
