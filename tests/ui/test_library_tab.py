"""Files that are dragged into the Library tab, with a worker that waits: none takes another one's away."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, cast

import gradio as gr

from rag.settings import Settings
from tests.ui.test_runs import WORKER, until
from ui.library_tab import LibraryTab
from ui.runs import Runs


def arrived(home: Path) -> str:
    """Give a file as Gradio keeps it until it is read: in a folder that its content names."""
    file = home / "arriving" / "digest" / "mine.bib"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("@article{x, title={Knots}}")
    return str(file)


async def tab_of(home: Path, runs: Runs) -> LibraryTab:
    """Make the tab; in a running loop, for Gradio makes one where there is none and leaves it open."""
    with gr.Blocks():
        return LibraryTab(cast("Any", None), Settings(home), runs)


def test_a_file_that_comes_again_leaves_the_run_that_reads_it_alone(tmp_path: Path) -> None:
    runs = Runs(tmp_path, [sys.executable, "-c", WORKER, json.dumps(["wait", {"ended": "done"}])])
    tab = asyncio.run(tab_of(tmp_path, runs))
    ada, bob = (gr.Request(username=name) for name in ("ada", "bob"))
    assert tab._read([arrived(tmp_path), arrived(tmp_path)], "", ada) == (None, "")
    (waiting,) = (tmp_path / "uploads" / "waiting").rglob("*.bib")
    run, _ = runs.current()
    assert run is not None
    assert [file.name for file in run.files] == ["mine.bib"], "dragged in twice, read once"
    for again in (ada, bob):
        assert "Another run is under way" in tab._read([arrived(tmp_path)], "", again)[1]
    assert list((tmp_path / "uploads" / "waiting").rglob("*.bib")) == [waiting]
    runs.stop()
    until(runs, lambda run: not run.busy)
