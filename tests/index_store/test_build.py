"""The build on fake indexes: counts, re-runs, edits, and the starter library making room."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from index_store import starter
from index_store.build import index_entries, index_paths
from index_store.durable import draft_of
from index_store.errors import StorageError
from index_store.shelf import Shelf
from index_store.types import Paper, Rejection
from tests.small_library import BREAD, FROGS, STARS, assert_whole, entry, fake_shelf, outcome


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = fake_shelf(tmp_path / "library")
    yield made
    made.close()


def jsonl(path: Path, *papers: Paper, **changes: str) -> Path:
    rows = [{"id": str(n), "title": p.title, "abstract": p.abstract} | changes for n, p in enumerate(papers)]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


def test_first_run_second_run(shelf: Shelf, tmp_path: Path) -> None:
    file = jsonl(tmp_path / "papers.jsonl", FROGS, BREAD, STARS)
    first = index_paths(shelf, [file])
    assert outcome(first) == {"read": 3, "added": 3, "papers": 3}
    assert first.passages == shelf.catalogue.passage_count() == 7
    assert_whole(shelf)
    before = shelf.catalogue.passage_table().tolist()
    assert outcome(index_paths(shelf, [file])) == {"read": 3, "unchanged": 3, "papers": 3}
    assert shelf.catalogue.passage_table().tolist() == before
    assert_whole(shelf)


def test_the_report_as_json(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"title": "No abstract"}\n', "utf-8")
    report = index_paths(shelf, [jsonl(tmp_path / "good.jsonl", FROGS), tmp_path / "bad.jsonl", tmp_path / "absent"])
    made = json.loads(json.dumps(report.to_dict()))
    names = "read added updated unchanged merged rejected papers passages seconds"
    assert list(made) == names.split()
    assert [(Path(r["path"]).name, r["line"]) for r in made["rejected"]] == [("bad.jsonl", 1), ("absent", 0)]
    assert (made["read"], made["added"], made["papers"]) == (1, 1, 1)
    assert_whole(shelf)


def test_a_file_is_one_source_however_it_is_spelled(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = jsonl(tmp_path / "papers.jsonl", FROGS)
    monkeypatch.chdir(tmp_path)
    index_paths(shelf, [file])
    for spelling in ("papers.jsonl", "library/../papers.jsonl"):
        assert outcome(index_paths(shelf, [Path(spelling)])) == {"read": 1, "unchanged": 1, "papers": 1}


def test_an_edited_abstract_leaves_the_indexes(shelf: Shelf) -> None:
    index_entries(shelf, [entry(FROGS), entry(BREAD, line=2)])
    old = {p.id for p in shelf.catalogue.passages(range(1, 9)).values() if p.title == FROGS.title}
    edited = FROGS.abstract.replace("heron", "camera")
    assert outcome(index_entries(shelf, [entry(FROGS, abstract=edited)])) == {"read": 1, "updated": 1, "papers": 2}
    assert not old & shelf.vectors.ids()
    assert shelf.lexical.query("heron", 9).ids.tolist() == []
    assert len(shelf.lexical.query("camera", 9).ids) == 1
    assert_whole(shelf)


def test_a_new_title_is_embedded_and_findable(shelf: Shelf) -> None:
    index_entries(shelf, [entry(FROGS, local_id="7")])
    assert outcome(index_entries(shelf, [entry(FROGS, local_id="7", title="Steam")])) == {
        "read": 1,
        "updated": 1,
        "papers": 1,
    }
    assert shelf.lexical.query("steam", 9).ids.tolist() == [1]
    assert_whole(shelf)


def test_changed_metadata_embed_nothing(shelf: Shelf) -> None:
    index_entries(shelf, [entry(FROGS)])
    before = shelf.vectors.refresh()
    assert index_entries(shelf, [entry(FROGS, year=1999)]).updated == 1
    assert shelf.vectors.refresh() == before


def test_more_entries_than_one_transaction_holds(shelf: Shelf) -> None:
    entries = [entry(FROGS, title=f"Pond {number}", line=number) for number in range(1_201)]
    seen: list[tuple[str, int, int | None]] = []
    report = index_entries(shelf, entries, progress=lambda *step: seen.append(step))
    assert (report.read, report.added, report.papers) == (1_201, 1_201, 1_201)
    reading = [done for stage, done, _ in seen if stage == "reading"]
    embedding = [(done, total) for stage, done, total in seen if stage == "embedding"]
    assert reading[:3] == [500, 1_000, 1_201]
    assert embedding == sorted(embedding)
    assert embedding[-1] == (report.passages, report.passages)
    assert_whole(shelf)


def test_nothing_readable_is_a_report_not_an_error(shelf: Shelf) -> None:
    report = index_entries(shelf, [Rejection(Path("x"), 3, "no title")])
    assert (report.read, report.papers, len(report.rejected)) == (0, 0, 1)
    assert_whole(shelf)


# The starter library.


def test_the_starter_library_is_sound() -> None:
    items = list(starter.entries())
    assert not [item for item in items if isinstance(item, Rejection)]
    assert 50 <= len(items) <= 80
    assert {item.path for item in items} == {starter.SOURCE}


def test_the_starter_library_makes_room(shelf: Shelf, tmp_path: Path) -> None:
    count = index_entries(shelf, starter.entries(), starter.COLLECTION).papers
    assert index_entries(shelf, starter.entries(), starter.COLLECTION).unchanged == count
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"title": "No abstract"}', "utf-8")
    assert index_paths(shelf, [bad, tmp_path / "absent"]).papers == count  # nothing of the user's own yet
    report = index_paths(shelf, [jsonl(tmp_path / "mine.jsonl", FROGS)])
    assert outcome(report) == {"read": 1, "added": 1, "papers": 1}
    assert shelf.catalogue.collections() == {}
    assert_whole(shelf)


def test_a_summary_gives_way_to_the_paper_itself(shelf: Shelf, tmp_path: Path) -> None:
    index_entries(shelf, starter.entries(), starter.COLLECTION)
    summary = shelf.catalogue.papers(limit=1)[0][0]
    own = jsonl(tmp_path / "own.jsonl", FROGS, title=summary.title, arxiv_id=str(summary.arxiv_id))
    index_paths(shelf, [own])
    [paper] = shelf.catalogue.papers()[0]
    assert (paper.id, paper.abstract) == (summary.id, FROGS.abstract)
    assert [Path(source.path).name for source in paper.sources] == ["own.jsonl"]


def test_a_manifest_that_cannot_be_written_is_a_storage_error(shelf: Shelf) -> None:
    draft_of(shelf.manifest_path).mkdir()
    with pytest.raises(StorageError, match=r"manifest\.json cannot be written"):
        index_entries(shelf, [entry(FROGS)])
    draft_of(shelf.manifest_path).rmdir()
    index_entries(shelf, [])
    assert_whole(shelf)
