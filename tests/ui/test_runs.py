"""A run on the library: one at a time, followed as it goes, stopped when asked, and its end always known.

The worker is a small script: it tells what the test wrote for it, line by line.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from index_store.errors import LibraryLocked, StorageError
from tests.ui.fake_assistant import FakeLibrary
from ui import runs as running
from ui.library_routes import build_library_router
from ui.runs import Run, Runs

COUNTS = {"read": 2, "added": 1, "updated": 0, "unchanged": 0, "merged": 0, "rejected": 1}
REPORT = {**COUNTS, "rejections": [[7, "no title"]]}
# Reads the job, does what SCRIPT says: a line to print, "wait" until the server speaks, "break" with a traceback,
# "die" as by ``kill``.
WORKER = """
import json, sys
job = json.loads(sys.stdin.readline())
for step in json.loads(sys.argv[1]):
    if step == "wait":
        sys.stdin.readline()
    elif step == "hang":
        import time; time.sleep(60)
    elif step == "die":
        import os, signal; os.kill(os.getpid(), signal.SIGKILL)
    elif step == "break":
        raise ZeroDivisionError("no")
    elif step == "job":
        print(json.dumps({"ended": "failed", "message": json.dumps(job)}), flush=True)
    else:
        print(json.dumps(step) if isinstance(step, dict) else step, flush=True)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Runs]]:
    made: list[Runs] = []

    def make(*steps: object, files: tuple[str, ...] = (), by: str = "ada") -> Runs:
        runs = Runs(tmp_path, [sys.executable, "-c", WORKER, json.dumps(steps)])
        made.append(runs)
        paths = [tmp_path / "uploads" / name / name for name in files]
        for path in paths:
            path.parent.mkdir(parents=True)
            path.write_text("papers")
        runs.start("read", paths, "ponds", by)
        return runs

    yield make
    for runs in made:
        runs.stop()
        until(runs, lambda run: not run.busy)


def until(runs: Runs, reached: Callable[[Run], bool]) -> Run:
    deadline = time.monotonic() + 60
    while True:
        run, _ = runs.current()
        assert run is not None
        if reached(run):
            return run
        assert time.monotonic() < deadline, run
        time.sleep(0.01)


def test_a_run_is_followed_to_its_end(start: Callable[..., Runs]) -> None:
    runs = start(
        {"file": 0},
        {"stage": "embedding", "done": 3, "total": 9},
        "wait",
        {"file": 0, "report": REPORT},
        {"ended": "done"},
        files=("a.txt",),
    )
    run = until(runs, lambda run: run.stage == "embedding")
    assert (run.kind, run.by, run.collection, run.state) == ("read", "ada", "ponds", "running")
    assert (run.done, run.total, run.files[0].state) == (3, 9, "reading")
    _, before = runs.current()
    runs.stop()  # the script goes on when it is spoken to, and happens to be done
    run = until(runs, lambda run: run.state == "done")
    [file] = run.files
    assert (file.name, file.state, dict(file.counts)["added"], file.rejections) == (
        "a.txt",
        "done",
        1,
        ((7, "no title"),),
    )
    assert runs.current()[1] > before


def test_there_is_one_at_a_time(start: Callable[..., Runs]) -> None:
    runs = start("wait", {"ended": "stopped"})
    with pytest.raises(LibraryLocked, match="under way"):
        runs.start("repair")
    runs.stop()
    assert until(runs, lambda run: not run.busy).state == "stopped"
    assert runs.start("repair").number == 2


def test_who_does_not_stop_is_ended(start: Callable[..., Runs], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_PATIENCE", 0.1)
    runs = start({"stage": "embedding", "done": 0, "total": 1}, "hang")
    until(runs, lambda run: run.stage == "embedding")
    runs.stop()
    assert runs.current()[0].state == "stopping"  # type: ignore[union-attr]
    run = until(runs, lambda run: not run.busy)
    assert (run.state, run.message) == ("stopped", "")


def test_files_that_were_never_begun_are_let_go(start: Callable[..., Runs], tmp_path: Path) -> None:
    runs = start({"file": 0}, {"ended": "failed", "message": "The disk is full."}, files=("a.txt", "b.txt"))
    run = until(runs, lambda run: run.files[1].state == "left")
    assert (run.state, run.message) == ("failed", "The disk is full.")
    assert (tmp_path / "uploads" / "a.txt" / "a.txt").exists(), "some of it may be in the library"
    assert not (tmp_path / "uploads" / "b.txt").exists()


def test_a_worker_that_breaks_is_told_in_a_sentence(start: Callable[..., Runs]) -> None:
    run = until(start("no json", {"stage": "reading", "done": 1, "total": None}, "break"), lambda run: not run.busy)
    assert run.state == "failed"
    assert run.message == "The work broke off (ZeroDivisionError: no)."


def test_a_worker_that_is_killed_is_noticed(start: Callable[..., Runs]) -> None:
    runs = start({"stage": "embedding", "done": 0, "total": 1}, "die")
    assert until(runs, lambda run: not run.busy).message.startswith("The work broke off (status -")


def test_the_worker_gets_the_job(start: Callable[..., Runs], tmp_path: Path) -> None:
    run = until(start("job", files=("ä b.txt",)), lambda run: not run.busy)
    job = json.loads(run.message)
    assert (job["home"], job["kind"], job["collection"]) == (str(tmp_path), "read", "ponds")
    assert job["files"] == [str(tmp_path / "uploads" / "ä b.txt" / "ä b.txt")]


def test_a_worker_that_cannot_start_is_told(tmp_path: Path) -> None:
    runs = Runs(tmp_path, [str(tmp_path / "absent")])
    with pytest.raises(StorageError, match="could not be started"):
        runs.start("repair")
    assert runs.current() == (None, 0)
    runs.stop()


def test_the_page_is_told_only_what_is_new(start: Callable[..., Runs], tmp_path: Path) -> None:
    app = FastAPI()
    idle = Runs(tmp_path)
    app.include_router(build_library_router(idle, FakeLibrary()))
    assert TestClient(app).get("/library/run").json() == {"revision": 0, "busy": False, "html": ""}
    runs = start({"ended": "done"})
    until(runs, lambda run: not run.busy)
    time.sleep(0.1)
    app = FastAPI()
    app.include_router(build_library_router(runs, FakeLibrary()))
    state = TestClient(app).get("/library/run").json()
    assert state["busy"] is False
    assert "The papers are in the library." in state["html"]
    assert "html" not in TestClient(app).get("/library/run", params={"have": state["revision"]}).json()


def test_papers_that_are_gone_from_their_file_are_removed_when_asked(start: Callable[..., Runs]) -> None:
    library, app = FakeLibrary(), FastAPI()
    report = {**REPORT, "replaces": True, "gone": [["p1", "Adders"], ["p2", "Outliers"]]}
    runs = start({"file": 0}, {"file": 0, "report": report}, {"ended": "done"}, files=("a.txt",), by="")
    until(runs, lambda run: not run.busy)
    app.include_router(build_library_router(runs, library))
    client = TestClient(app)
    assert "Remove them" in client.get("/library/run").json()["html"]
    assert client.post("/library/gone", json={"do": "remove"}).json() == {"papers": ["p1", "p2"]}
    assert [paper.id for paper in library.shelf] == ["p3"]
    assert "Undo" in client.get("/library/run").json()["html"]
    client.post("/library/gone", json={"do": "undo"})
    assert len(library) == 3
    client.post("/library/gone", json={"do": "keep"})
    assert "They stay in the library." in client.get("/library/run").json()["html"]
    for wrong in ({}, {"do": "burn"}, {"do": "remove", "papers": ["p3"]}):
        assert client.post("/library/gone", json=wrong).status_code == 422
    assert client.get("/library/gone").status_code == 405
    assert len(library) == 3


def test_without_an_offer_nothing_is_removed(start: Callable[..., Runs]) -> None:
    app = FastAPI()
    runs = start({"file": 0}, {"file": 0, "report": REPORT}, {"ended": "done"}, files=("a.txt",), by="")
    until(runs, lambda run: not run.busy)
    app.include_router(build_library_router(runs, FakeLibrary()))
    assert TestClient(app).post("/library/gone", json={"do": "remove"}).status_code == 409
