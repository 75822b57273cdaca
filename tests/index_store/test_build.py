"""The build on fake indexes: counts, re-runs, edits, interruptions, rebuilds, and the starter library making room."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from index_store import manifest, starter
from index_store.build import IndexReport, begin, index_entries, index_paths, rebuild, reconcile
from index_store.catalogue import Catalogue
from index_store.chunking import embedding_text
from index_store.errors import EmbedderError, LibraryMismatch, StorageError
from index_store.protocols import Vectors
from index_store.shelf import Shelf, open_shelf, writing
from index_store.types import Paper, Rejection
from tests.fakes import FakeEmbedder
from tests.small_library import BREAD, FROGS, STARS, VOCABULARY, embedder, entry, fake_shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = fake_shelf(tmp_path / "library")
    yield made
    made.close()


def jsonl(path: Path, *papers: Paper, **changes: str) -> Path:
    rows = [{"id": str(n), "title": p.title, "abstract": p.abstract} | changes for n, p in enumerate(papers)]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


def outcome(report: IndexReport) -> dict[str, int]:
    counts = {name: getattr(report, name) for name in ("read", "added", "updated", "unchanged", "merged", "papers")}
    return {name: count for name, count in counts.items() if count}


def assert_whole(shelf: Shelf) -> None:
    """Both indexes hold exactly the catalogue's passages, each with the vector of its text, and nothing waits."""
    catalogue = shelf.catalogue
    ids = catalogue.passage_table()[:, 0].tolist()
    assert shelf.vectors.ids() == shelf.lexical.ids() == set(ids)
    assert (catalogue.waiting_count(), catalogue.stale(9)) == (0, [])
    cut = shelf.embedder.token_spans, shelf.embedder.max_tokens
    passages = catalogue.passages(ids)
    texts = [embedding_text(passages[i].title, passages[i].text, *cut) for i in ids]
    assert shelf.vectors.get(ids).tolist() == shelf.embedder.encode(texts).tolist()
    found = manifest.read(shelf.manifest_path)
    assert found is not None
    assert (found.papers, found.passages, found.digest) == (len(catalogue), len(ids), catalogue.digest())
    assert found.recipe == shelf.recipe


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
    assert list(made) == ["read", "added", "updated", "unchanged", "merged", "rejected", "papers", "passages", "seconds"]
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
    assert len(shelf.lexical.query("steam", 9).ids) == shelf.catalogue.passage_count()
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


# Interruptions.


class Failing(FakeEmbedder):
    """Fails, or is stopped by the user, at its ``left``-th call from now."""

    def __init__(self, failure: BaseException) -> None:
        super().__init__(VOCABULARY, 16)
        self._failure = failure
        self.left = 2

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.left -= 1
        if self.left == 0:
            raise self._failure
        return super().encode(texts)


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), EmbedderError("The model failed.")])
def test_a_run_stopped_while_embedding_is_completed_by_the_next(tmp_path: Path, failure: BaseException) -> None:
    model = Failing(failure)
    shelf = fake_shelf(tmp_path, model)
    entries = [entry(FROGS, title=f"Pond {number}", line=number) for number in range(200)]
    with pytest.raises(type(failure)):
        index_entries(shelf, entries)
    assert manifest.read(shelf.manifest_path) is None
    assert 0 < len(shelf.vectors.ids()) < shelf.catalogue.passage_count()
    assert outcome(index_entries(shelf, [])) == {"papers": 200}
    assert_whole(shelf)
    shelf.close()


def test_a_run_stopped_while_reading_keeps_whole_transactions(shelf: Shelf) -> None:
    def stopped() -> Iterator[object]:
        yield from (entry(FROGS, title=f"Pond {number}", line=number) for number in range(700))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_entries(shelf, stopped())  # type: ignore[arg-type]  # only entries come before the stop
    assert len(shelf.catalogue) == 500
    entries = [entry(FROGS, title=f"Pond {number}", line=number) for number in range(700)]
    assert outcome(index_entries(shelf, entries)) == {"read": 700, "added": 200, "unchanged": 500, "papers": 700}
    assert_whole(shelf)


LOSSES: dict[str, Callable[[Shelf], None]] = {
    "vectors lost": lambda shelf: shelf.vectors.delete([1, 3]),
    "words lost": lambda shelf: shelf.lexical.delete([2]),
    "too many": lambda shelf: shelf.vectors.upsert([99], shelf.embedder.encode(["frogs"])),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_what_a_crash_lost_is_made_again(shelf: Shelf, loss: str) -> None:
    index_entries(shelf, [entry(FROGS), entry(BREAD, line=2)])
    begin(shelf)  # a run that got no further
    LOSSES[loss](shelf)
    index_entries(shelf, [])
    assert_whole(shelf)


def test_a_finished_library_is_not_compared_again(shelf: Shelf) -> None:
    index_entries(shelf, [entry(FROGS)])
    shelf.vectors.delete([1])
    index_entries(shelf, [])
    assert 1 not in shelf.vectors.ids()
    assert reconcile(shelf) == (1, 0)
    index_entries(shelf, [])
    assert_whole(shelf)


def test_indexes_left_by_a_catalogue_that_was_moved_away_are_cleared(tmp_path: Path) -> None:
    first = fake_shelf(tmp_path)
    index_entries(first, [entry(BREAD), entry(STARS, line=2)])
    first.close()
    for file in tmp_path.glob("catalogue.sqlite3*"):
        file.unlink()
    second = Shelf(tmp_path, Catalogue(tmp_path / "catalogue.sqlite3"), first.vectors, first.lexical, first.embedder)
    index_entries(second, [entry(FROGS)])
    assert_whole(second)
    second.close()


# Rebuilds, on the real indexes.


def test_rebuild_for_another_embedder(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        index_entries(shelf, [entry(FROGS), entry(BREAD, line=2)], "nature")
        old = set(shelf.catalogue.passage_table()[:, 0].tolist())
    other = FakeEmbedder(["frogs", "yeast"], max_tokens=64)
    with pytest.raises(LibraryMismatch, match="--rebuild"):
        open_shelf(tmp_path, other)
    with writing(tmp_path):
        rebuild(tmp_path, other)
    with closing(open_shelf(tmp_path, other)) as shelf:
        assert_whole(shelf)
        assert not old & shelf.vectors.ids()  # an id is never used again for other text
        assert shelf.catalogue.collections() == {"nature": 2}
        assert index_entries(shelf, [entry(FROGS)]).unchanged == 1
    with pytest.raises(LibraryMismatch, match="another embedder digest and dim and max tokens"):
        open_shelf(tmp_path, embedder())


def test_a_stopped_rebuild_is_completed_by_a_run(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        index_entries(shelf, [entry(FROGS), entry(BREAD, line=2)])
    stopping = Failing(KeyboardInterrupt())
    stopping.left = 1
    with pytest.raises(KeyboardInterrupt):
        rebuild(tmp_path, stopping)
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        assert index_entries(shelf, []).papers == 2
        assert_whole(shelf)


def test_rebuild_where_nothing_was_built(tmp_path: Path) -> None:
    rebuild(tmp_path / "new", embedder())
    with closing(open_shelf(tmp_path / "new", embedder())) as shelf:
        assert_whole(shelf)


def test_rebuild_leaves_the_library_of_a_newer_citewell_alone(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        index_entries(shelf, [entry(FROGS)])
    found = json.loads((tmp_path / "manifest.json").read_text())
    found["recipe"]["format"] += 1
    (tmp_path / "manifest.json").write_text(json.dumps(found))
    before = sorted((file, file.stat().st_mtime_ns) for file in tmp_path.rglob("*"))
    for attempt in (rebuild, open_shelf):
        with pytest.raises(LibraryMismatch, match="newer Citewell"):
            attempt(tmp_path, embedder())
    assert sorted((file, file.stat().st_mtime_ns) for file in tmp_path.rglob("*")) == before


def test_rebuild_mends_a_library_that_does_not_open(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        index_entries(shelf, [entry(FROGS)])
    (tmp_path / "manifest.json").write_text("{")
    (tmp_path / "vectors" / "chroma.sqlite3").write_bytes(b"noise" * 1_000)
    rebuild(tmp_path, embedder())
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        assert_whole(shelf)


def test_blank_abstracts_do_not_stop_a_rebuild(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        index_entries(shelf, [entry(FROGS), entry(BREAD, line=2, abstract=" \n ")])
    rebuild(tmp_path, embedder())
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        assert len(shelf.catalogue) == 2
        assert_whole(shelf)


# The disk.


def test_a_manifest_that_cannot_be_written_is_a_storage_error(shelf: Shelf) -> None:
    shelf.manifest_path.with_suffix(".tmp").mkdir()
    with pytest.raises(StorageError, match=r"manifest\.json cannot be written"):
        index_entries(shelf, [entry(FROGS)])
    shelf.manifest_path.with_suffix(".tmp").rmdir()
    index_entries(shelf, [])
    assert_whole(shelf)
