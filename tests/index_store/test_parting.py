"""Papers taken apart and put together by hand, and taken back; what the user decided holds through later runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index_store import removal
from index_store.build import index_entries
from index_store.errors import InputError
from index_store.library import Library
from index_store.parting import merge, split, undo
from index_store.shelf import Shelf
from index_store.types import Paper, Scope
from tests.small_library import BREAD, FROGS, STARS, assert_whole, entry, fake_shelf

ENTRIES = [
    entry(FROGS, "/a.jsonl"),
    entry(FROGS, "/b.jsonl", line=7, abstract=FROGS.abstract + " Twice."),
    entry(BREAD, "/a.jsonl", line=2),
    entry(STARS, "/a.jsonl", line=3),
]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    opened = fake_shelf(tmp_path)
    index_entries(opened, ENTRIES)
    yield opened
    opened.close()


def papers(shelf: Shelf) -> dict[str, list[str]]:
    """The papers' sources by their titles; two papers of a title are told apart by their files."""
    found = shelf.catalogue.papers()[0]
    return {f"{p.title} {len(p.abstract)}": sorted(s.path for s in p.sources) for p in found}


def id_of(shelf: Shelf, paper: Paper) -> str:
    return next(found.id for found in shelf.catalogue.papers()[0] if found.title == paper.title)


def test_a_split_holds_through_a_later_run_and_can_be_taken_back(shelf: Shelf) -> None:
    before, digest = papers(shelf), shelf.catalogue.digest()
    apart = split(shelf, id_of(shelf, FROGS), ["b.jsonl:7"])
    assert sorted(source.path for paper in apart for source in paper.sources) == ["/a.jsonl", "/b.jsonl"]
    after = papers(shelf)
    assert len(after) == 4
    assert_whole(shelf)
    index_entries(shelf, ENTRIES)
    index_entries(shelf, [entry(FROGS, "/b.jsonl", line=7, abstract=FROGS.abstract + " Edited.")])
    assert len(papers(shelf)) == 4
    index_entries(shelf, ENTRIES)
    assert papers(shelf) == after
    assert len(undo(shelf)) == 1
    assert (papers(shelf), shelf.catalogue.digest()) == (before, digest)
    assert_whole(shelf)


def test_a_merge_holds_through_a_later_run_and_can_be_taken_back(shelf: Shelf) -> None:
    before, digest = papers(shelf), shelf.catalogue.digest()
    bread = id_of(shelf, BREAD)
    [one] = merge(shelf, bread, id_of(shelf, STARS))
    assert len(papers(shelf)) == 2
    found = shelf.catalogue.paper(bread)
    assert found is not None
    assert found.id == one.id
    assert_whole(shelf)
    index_entries(shelf, ENTRIES)
    assert len(papers(shelf)) == 2
    assert len(undo(shelf)) == 2
    assert (papers(shelf).keys(), shelf.catalogue.digest()) == (before.keys(), digest)
    index_entries(shelf, ENTRIES)
    assert len(papers(shelf)) == 3
    assert_whole(shelf)


def test_the_last_word_holds(shelf: Shelf) -> None:
    first, second = split(shelf, id_of(shelf, FROGS))
    assert len(merge(shelf, first.id, second.id)) == 1
    index_entries(shelf, ENTRIES)
    assert len(papers(shelf)) == 3


def test_what_cannot_be_done_is_said_and_changes_nothing(shelf: Shelf) -> None:
    digest, frogs = shelf.catalogue.digest(), id_of(shelf, FROGS)
    for wrong in (
        lambda: split(shelf, id_of(shelf, BREAD)),
        lambda: split(shelf, "nobody"),
        lambda: split(shelf, frogs, ["c.jsonl"]),
        lambda: split(shelf, frogs, ["a.jsonl", "b.jsonl"]),
        lambda: merge(shelf, frogs, frogs),
        lambda: undo(shelf),
    ):
        with pytest.raises(InputError):
            wrong()
    assert shelf.catalogue.digest() == digest


def test_a_merged_paper_is_found_once(shelf: Shelf) -> None:
    merge(shelf, id_of(shelf, BREAD), id_of(shelf, FROGS))
    library = Library(shelf)
    for query in ("frogs heron", "rye steam", "frogs rye"):
        found = [hit.paper.id for hit in library.search(query, 10)]
        assert len(found) == len(set(found)) <= 2


def test_an_id_from_before_a_merge_leads_to_the_paper_it_became_part_of(shelf: Shelf) -> None:
    bread, stars = id_of(shelf, BREAD), id_of(shelf, STARS)
    (both,) = merge(shelf, bread, stars)
    for old in (bread, stars):
        scope = Scope(paper_ids=(old,))
        found = shelf.catalogue.paper(old)
        assert found is not None
        assert found.id == both.id
        assert [paper.id for paper in shelf.catalogue.papers(scope=scope)[0]] == [both.id]
        assert shelf.catalogue.numbers_in(scope).tolist() == [shelf.catalogue.number(both.id)]
    assert shelf.catalogue.papers(scope=Scope(paper_ids=(bread, stars)))[1] == 1, "once"
    assert shelf.catalogue.papers(scope=Scope(paper_ids=(bread,), first_year=1900))[1] == 0
    assert shelf.catalogue.papers(scope=Scope(paper_ids=("no such paper",)))[1] == 0
    library = Library(shelf)
    assert [hit.paper.id for hit in library.search("rye camera frogs", 3, Scope(paper_ids=(bread,)))] == [both.id]
    assert [hit.paper.id for hit in library.search("rye camera frogs", 3, Scope(paper_ids=(stars,)))] == [both.id]
    undo(shelf)
    for old, title in ((bread, BREAD.title), (stars, STARS.title)):
        assert [paper.title for paper in shelf.catalogue.papers(scope=Scope(paper_ids=(old,)))[0]] == [title]


def test_a_paper_is_removed_and_comes_back_by_an_id_from_before_it_was_merged(shelf: Shelf) -> None:
    bread, stars = id_of(shelf, BREAD), id_of(shelf, STARS)
    (both,) = merge(shelf, bread, stars)
    (gone,) = {bread, stars} - {both.id}
    assert removal.remove(shelf, [gone, both.id]) == [both.id]
    assert removal.restore(shelf, [both.id]) == [both.id]
    found = shelf.catalogue.paper(gone)
    assert found is not None
    assert found.id == both.id
    assert_whole(shelf)
