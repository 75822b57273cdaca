"""The work on a library in a process of its own: told step by step, stopped at a batch, completed by the next."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index_store.errors import LibraryLocked
from index_store.library import Library
from index_store.shelf import editions, open_shelf, writing
from tests.fakes import FakeEmbedder
from tests.small_library import BREAD, FROGS, STARS, assert_whole, embedder
from ui.jobs import Job, Stopped, main, work

Told = list[dict[str, Any]]


def never() -> bool:
    return False


def file_of(folder: Path, name: str, *papers: object) -> str:
    lines = [json.dumps({"title": paper.title, "abstract": paper.abstract}) for paper in papers]  # type: ignore[attr-defined]
    path = folder / name / "papers.jsonl"
    path.parent.mkdir()
    path.write_text("\n".join(lines))
    return str(path)


def done(tmp_path: Path, job: Job, stopped: Callable[[], bool] = never) -> Told:
    told: Told = []
    work(job, embedder(), tmp_path / "library", told.append, stopped)
    return told


def read(tmp_path: Path, *files: str, collection: str | None = None) -> Job:
    return Job(str(tmp_path), "read", files, collection)


def test_each_file_is_told_with_what_became_of_it(tmp_path: Path) -> None:
    one, two = file_of(tmp_path, "one", FROGS, BREAD), file_of(tmp_path, "two", BREAD, STARS)
    Path(two).write_text(Path(two).read_text() + "\n{broken\n")
    told = done(tmp_path, read(tmp_path, one, two, collection="ponds"))
    reports = [(event["file"], event["report"]) for event in told if "report" in event]
    assert [number for number, _ in reports] == [0, 1]
    first, second = (report for _, report in reports)
    assert (first["added"], first["merged"], first["rejected"]) == (2, 0, 0)
    assert (second["added"], second["merged"], second["rejected"]) == (1, 1, 1)
    assert second["rejections"][0][0] == 3, "the line"
    assert [event for event in told if event.get("stage") == "embedding"]
    with closing(open_shelf(tmp_path / "library", embedder())) as shelf:
        assert_whole(shelf)
        assert shelf.catalogue.collections() == {"ponds": 3}


def test_a_file_of_which_nothing_was_read_is_removed(tmp_path: Path) -> None:
    bad = tmp_path / "bad" / "papers.csv"
    bad.parent.mkdir()
    bad.write_text("a,b\n1,2\n")
    good = file_of(tmp_path, "good", FROGS)
    done(tmp_path, read(tmp_path, str(bad), good))
    kept = [path for path in tmp_path.rglob("papers.*") if path.is_file()]
    assert [(path.name, path.parent.parent) for path in kept] == [("papers.jsonl", tmp_path / "uploads")]
    assert not bad.parent.exists()


def test_an_edited_file_takes_the_place_of_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done(tmp_path, read(tmp_path, file_of(tmp_path, "one", FROGS, BREAD, STARS), collection="ponds"))
    embedded: list[str] = []

    def encode(self: FakeEmbedder, texts: list[str]) -> Any:
        embedded.extend(texts)
        return FakeEmbedder.encode(self, texts), [self._tokens(text) for text in texts]

    monkeypatch.setattr(FakeEmbedder, "encode_with_tokens", encode)
    edited = replace(BREAD, abstract=BREAD.abstract + " Salt slows it.")
    (report,) = [
        event["report"]
        for event in done(tmp_path, read(tmp_path, file_of(tmp_path, "two", FROGS, edited), collection="ponds"))
        if "report" in event
    ]
    assert {name: report[name] for name in ("added", "updated", "unchanged", "merged", "replaces")} == {
        **dict.fromkeys(("added", "merged"), 0),
        **{"updated": 1, "unchanged": 1, "replaces": True},
    }
    assert [title for _, title in report["gone"]] == [STARS.title]
    assert embedded
    assert all(text.startswith(BREAD.title) for text in embedded), "what did not change costs nothing"
    with closing(open_shelf(tmp_path / "library", embedder())) as shelf:
        papers = {paper.title: paper for paper in shelf.catalogue.papers()[0]}
        assert len(papers) == 3, "nothing is removed in silence"
        assert papers[BREAD.title].abstract == edited.abstract
        assert {len(paper.sources) for paper in papers.values()} == {1}
        assert_whole(shelf)


def test_stopped_at_a_batch_it_is_completed_by_the_next(tmp_path: Path) -> None:
    one = file_of(tmp_path, "one", FROGS, BREAD)
    events: Told = []
    with pytest.raises(Stopped):
        work(
            read(tmp_path, one),
            embedder(),
            tmp_path / "library",
            events.append,
            lambda: events[-1].get("stage") == "embedding",
        )
    with closing(Library.open(tmp_path / "library", embedder())) as library:
        assert library.waiting() > 0
        assert library.search("frogs") == ()
    done(tmp_path, Job(str(tmp_path), "repair"))
    with closing(Library.open(tmp_path / "library", embedder())) as library:
        assert library.waiting() == 0
        assert library.search("frogs")[0].paper.title == FROGS.title


def test_an_open_library_finds_what_was_added(tmp_path: Path) -> None:
    done(tmp_path, read(tmp_path, file_of(tmp_path, "one", FROGS)))
    with closing(Library.open(tmp_path / "library", embedder())) as library:
        assert library.search("steam for the rye crust")[0].paper.title == FROGS.title
        done(tmp_path, read(tmp_path, file_of(tmp_path, "two", BREAD)))
        assert library.search("steam for the rye crust")[0].paper.title == BREAD.title


def test_a_stopped_rebuild_leaves_the_library_as_it_was(tmp_path: Path) -> None:
    done(tmp_path, read(tmp_path, file_of(tmp_path, "one", FROGS)))
    with pytest.raises(Stopped):
        done(tmp_path, Job(str(tmp_path), "rebuild"), lambda: True)
    assert editions(tmp_path / "library") == {}
    done(tmp_path, Job(str(tmp_path), "rebuild"))
    assert len(editions(tmp_path / "library")) == 1


def test_while_another_writes_it_is_refused(tmp_path: Path) -> None:
    with writing(tmp_path / "library"), pytest.raises(LibraryLocked):
        done(tmp_path, Job(str(tmp_path), "repair"))


def spoken(*lines: str, wait: bool = True) -> Iterator[str]:
    """Lines of stdin, which then stays open."""
    yield from lines
    while wait:
        threading.Event().wait()


def test_the_last_word_says_how_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.jobs.open_embedder", lambda settings: embedder())
    monkeypatch.setattr("ui.jobs.prepare_judge", lambda settings, model: None)
    told: Told = []
    job = read(tmp_path, file_of(tmp_path, "one", FROGS))
    main(spoken(job.to_json()), told.append)
    assert told[-1] == {"ended": "done"}
    with writing(tmp_path / "library"):
        main(spoken(Job(str(tmp_path), "repair").to_json()), told.append)
    assert told[-1]["ended"] == "failed"
    assert "Another process is writing" in told[-1]["message"]


def test_when_the_server_goes_the_work_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its end of the pipe is closed: the lines end.  The first look at it comes after the thread has seen that.
    monkeypatch.setattr("ui.jobs.open_embedder", lambda settings: embedder())
    told: Told = []

    def tell(event: dict[str, Any]) -> None:
        time.sleep(0.05)
        told.append(event)

    main(spoken(read(tmp_path, file_of(tmp_path, "one", FROGS)).to_json(), wait=False), tell)
    assert told[-1] == {"ended": "stopped"}


def test_a_job_survives_the_pipe() -> None:
    job = Job("/home/ä", "read", ("/a\nb", '"q"'), "c")
    assert Job.from_json(job.to_json()) == job
    assert "\n" not in job.to_json()
