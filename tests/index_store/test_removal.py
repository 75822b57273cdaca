"""Removing papers by hand: gone at once, gone from the indexes, not back by itself, back as it was when asked."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from index_store import removal
from index_store.build import index_entries, index_paths
from index_store.doctor import examine
from index_store.errors import LibraryLocked
from index_store.library import Library
from index_store.shadow import rebuild
from index_store.shelf import Shelf, open_shelf, writing
from index_store.types import Paper
from tests.small_library import BREAD, FROGS, STARS, assert_whole, embedder, entry, fake_shelf, outcome

PAPERS = [entry(paper, line=line) for line, paper in enumerate((FROGS, BREAD, STARS), 1)]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    made = fake_shelf(tmp_path)
    index_entries(made, PAPERS, "first")
    return made


def ids(shelf: Shelf) -> dict[str, str]:
    return {paper.title: paper.id for paper in shelf.catalogue.papers()[0]}


def test_a_removed_paper_is_gone_from_everything(shelf: Shelf) -> None:
    bread = ids(shelf)[BREAD.title]
    assert removal.remove(shelf, [bread, bread, "no such paper"]) == [bread]
    assert list(ids(shelf)) == [STARS.title, FROGS.title]
    assert shelf.catalogue.paper(bread) is None
    assert shelf.catalogue.collections() == {"first": 2}
    assert_whole(shelf)
    with closing(Library(shelf)) as library:
        assert [hit.paper.title for hit in library.search("rye frogs", 3)] == [FROGS.title, STARS.title]
        assert [(gone.id, gone.title) for gone in library.removed()] == [(bread, BREAD.title)]


def test_a_search_under_way_does_not_find_it(shelf: Shelf) -> None:
    with closing(Library(shelf)) as library:
        (best, *_) = library.search("rye steam", 3)
        assert best.paper.title == BREAD.title
        with shelf.catalogue.transaction():  # the first step only, the indexes still hold it
            assert removal.aside.set_aside(shelf.catalogue, best.paper.id)
        assert best.paper.id not in {hit.paper.id for hit in library.search("rye steam", 3)}
        assert best.paper.id not in {hit.paper.id for hit in library.similar(ids(shelf)[FROGS.title], 3)}


def test_it_comes_back_as_it_was(shelf: Shelf) -> None:
    bread = ids(shelf)[BREAD.title]
    before, digest = shelf.catalogue.paper(bread), shelf.catalogue.digest()
    removal.remove(shelf, [bread])
    assert removal.restore(shelf, [bread, "no such paper"]) == [bread]
    assert shelf.catalogue.paper(bread) == before
    assert shelf.catalogue.digest() == digest
    assert_whole(shelf)
    assert removal.removed(shelf.catalogue) == []
    assert outcome(index_entries(shelf, PAPERS)) == {"read": 3, "unchanged": 3, "papers": 3}
    removal.remove(shelf, [bread])  # and again
    assert_whole(shelf)


def test_its_own_file_does_not_bring_it_back_even_when_edited(shelf: Shelf) -> None:
    removal.remove(shelf, [ids(shelf)[BREAD.title]])
    assert outcome(index_entries(shelf, PAPERS)) == {"read": 3, "unchanged": 3, "papers": 2}
    edited = entry(BREAD, line=2, abstract=BREAD.abstract + " Salt slows it.")
    assert outcome(index_entries(shelf, [edited])) == {"read": 1, "unchanged": 1, "papers": 2}
    assert_whole(shelf)


def test_two_entries_of_its_file_that_were_one_paper_stay_away_both(tmp_path: Path) -> None:
    shelf = fake_shelf(tmp_path)
    twice = [entry(BREAD, line=1), entry(BREAD, line=2, abstract=BREAD.abstract + " Salt.", year=1999)]
    assert outcome(index_entries(shelf, twice)) == {"read": 2, "added": 1, "merged": 1, "papers": 1}
    removal.remove(shelf, [ids(shelf)[BREAD.title]])
    assert outcome(index_entries(shelf, twice)) == {"read": 2, "unchanged": 2}


def test_another_file_brings_it_back_with_all_that_was_known(shelf: Shelf) -> None:
    bread = ids(shelf)[BREAD.title]
    removal.remove(shelf, [bread])
    other = entry(BREAD, path="/other.jsonl", year=1999)
    assert outcome(index_entries(shelf, [other], "second")) == {"read": 1, "added": 1, "papers": 3}
    back = shelf.catalogue.paper(bread)
    assert back is not None
    assert (back.year, back.collections) == (1999, ("first", "second"))
    assert {source.path for source in back.sources} == {"/papers.jsonl", "/other.jsonl"}
    assert removal.removed(shelf.catalogue) == []
    assert_whole(shelf)


def test_another_paper_of_its_title_is_no_return_and_gets_its_own_id(shelf: Shelf) -> None:
    bread = ids(shelf)[BREAD.title]
    removal.remove(shelf, [bread])
    namesake = entry(BREAD, abstract="Medieval guilds priced loaves. Towns punished cheats.")
    assert outcome(index_entries(shelf, [namesake])) == {"read": 1, "added": 1, "papers": 3}
    assert ids(shelf)[BREAD.title] == f"{bread}-2"
    removal.restore(shelf, [bread])
    assert len(shelf.catalogue) == 4
    assert_whole(shelf)


def test_a_paper_of_several_files_stays_away_from_all_of_them(shelf: Shelf) -> None:
    other = entry(BREAD, path="/other.jsonl")
    index_entries(shelf, [other])
    removal.remove(shelf, [ids(shelf)[BREAD.title]])
    assert outcome(index_entries(shelf, [*PAPERS, other])) == {"read": 4, "unchanged": 4, "papers": 2}


def test_the_last_paper_can_be_removed(tmp_path: Path) -> None:
    shelf = fake_shelf(tmp_path)
    index_entries(shelf, [entry(BREAD)])
    removal.remove(shelf, list(ids(shelf).values()))
    assert len(shelf.catalogue) == 0
    assert_whole(shelf)


@pytest.mark.parametrize("step", range(6))
def test_a_removal_killed_at_any_step_is_completed_by_the_next_run(
    tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = fake_shelf(tmp_path)
    index_entries(shelf, PAPERS)
    bread = ids(shelf)[BREAD.title]
    places = [
        (shelf.vectors, "delete"),
        (shelf.tokens, "delete"),
        (shelf.lexical, "delete"),
        (shelf.catalogue, "forget_stale"),
        (shelf.catalogue, "digest"),
        (shelf.catalogue, "remove"),
    ]

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(*places[step], die)
        with pytest.raises(KeyboardInterrupt):
            removal.remove(shelf, [bread])
    assert (shelf.catalogue.paper(bread) is None) == (step < 5)
    index_entries(shelf, PAPERS)
    assert_whole(shelf)
    assert (shelf.catalogue.paper(bread) is None) == (step < 5)


def test_a_return_killed_before_it_is_indexed_is_completed_by_the_next_run(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    bread = ids(shelf)[BREAD.title]
    removal.remove(shelf, [bread])

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shelf.vectors, "upsert", die)
        with pytest.raises(KeyboardInterrupt):
            removal.restore(shelf, [bread])
    index_paths(shelf, [])
    assert shelf.catalogue.paper(bread) is not None
    assert_whole(shelf)


def test_a_return_while_the_indexes_still_hold_the_old_passages(shelf: Shelf) -> None:
    bread = ids(shelf)[BREAD.title]
    with shelf.catalogue.transaction():  # what a killed removal leaves
        removal.aside.set_aside(shelf.catalogue, bread)
    removal.restore(shelf, [bread])
    assert shelf.catalogue.paper(bread) is not None
    assert_whole(shelf)


def test_nothing_to_remove_changes_nothing(shelf: Shelf) -> None:
    digest = shelf.catalogue.digest()
    assert removal.remove(shelf, ["no such paper"]) == []
    assert removal.restore(shelf, ["no such paper"]) == []
    assert shelf.catalogue.digest() == digest


def test_ids_are_values_never_statements(shelf: Shelf) -> None:
    assert removal.remove(shelf, ["' OR 1=1 --", "%", ""]) == []
    assert len(shelf.catalogue) == 3


def test_a_library_removes_restores_and_lists(tmp_path: Path) -> None:
    shelf = fake_shelf(tmp_path)
    index_entries(shelf, [entry(replace(paper, year=2000)) for paper in (FROGS, STARS)])
    frogs = ids(shelf)[FROGS.title]
    with closing(Library(shelf)) as library:
        assert library.remove([frogs]) == [frogs]
        assert library.paper(frogs) is None
        assert len(library) == 1
        assert library.restore([frogs]) == [frogs]
        assert library.search("frogs", 1)[0].paper.id == frogs


def test_the_doctor_is_content_and_a_rebuild_keeps_it_away(tmp_path: Path) -> None:
    model = embedder()
    with closing(open_shelf(tmp_path, model)) as real:
        index_entries(real, PAPERS)
        bread = ids(real)[BREAD.title]
    with closing(Library.open(tmp_path, model)) as library:
        assert library.search("rye steam", 1)[0].paper.id == bread
        assert library.remove([bread]) == [bread]
        assert all(finding.ok for finding in examine(tmp_path, model))
        assert bread not in {hit.paper.id for hit in library.search("rye steam", 3)}
        with writing(tmp_path), pytest.raises(LibraryLocked):
            library.restore([bread])
        with writing(tmp_path):
            assert rebuild(tmp_path, model).papers == 2
        assert [gone.id for gone in library.removed()] == [bread]
        assert library.restore([bread]) == [bread]
        assert library.search("rye steam", 1)[0].paper.id == bread
    assert all(finding.ok for finding in examine(tmp_path, model))


def similar_paper(title: str, abstract: str) -> Paper:
    return Paper("", title, abstract)


def test_similar_papers_are_the_nearest_without_the_paper_itself(tmp_path: Path) -> None:
    shelf = fake_shelf(tmp_path)
    papers = [
        similar_paper("A", "frogs"),  # frogs alone
        similar_paper("B", "frogs frogs heron"),  # (2, 1) / √5: cosine .894427
        similar_paper("C", "frogs heron"),  # (1, 1) / √2: cosine .707107
        similar_paper("D", "rye"),  # cosine 0
    ]
    index_entries(shelf, [entry(paper, line=line) for line, paper in enumerate(papers, 1)])
    with closing(Library(shelf)) as library:
        (first, *_) = library.papers(query="A")[0]
        found = library.similar(first.id, 3)
        assert [(hit.paper.title, hit.score) for hit in found] == [("B", 0.894427), ("C", 0.707107), ("D", 0.0)]
        assert library.similar(first.id, 1) == found[:1]
        assert library.similar(first.id, 0) == ()
        assert library.similar("no such paper", 3) == ()
