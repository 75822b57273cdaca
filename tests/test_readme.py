"""The README says what is true: its numbers are those of the kept results, its tree and commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.benchmarks.readme import table
from ui.cli import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_measured_table_is_made_from_the_kept_results() -> None:
    assert table() in README, "run `python -m eval.benchmarks.readme` and put its table into the README"


@pytest.mark.parametrize("command", sorted(set(re.findall(r"^citewell (\w+)", README, re.MULTILINE))))
def test_every_command_exists(command: str) -> None:
    assert CliRunner().invoke(cli, [command, "--help"]).exit_code == 0


@pytest.mark.parametrize("target", sorted(set(re.findall(r"^make (\w+)", README, re.MULTILINE))))
def test_every_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http)([^)#]+)\)", README))))
def test_every_file_that_is_linked_exists(link: str) -> None:
    assert (ROOT / link).exists()


def test_every_module_of_the_tree_exists() -> None:
    tree = README.split("```\nindex_store/")[1].split("```")[0]
    folder, missing = "index_store", []
    for line in tree.splitlines():
        head = re.match(r"(\w+)/", line)
        folder = head[1] if head else folder
        missing += [name for name in re.findall(r"\b[a-z_]+\.py\b", line) if not (ROOT / folder / name).exists()]
    assert [name for name in missing if name != "fakes.py"] == []
