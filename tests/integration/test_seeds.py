"""The seed documents through every real part: the counts that the project promises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index_store.build import IndexReport, index_paths
from index_store.doctor import examine
from index_store.embedding import SentenceEmbedder
from index_store.library import Library
from index_store.shelf import Shelf, open_shelf


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with closing(open_shelf(tmp_path_factory.mktemp("seeds") / "library", SentenceEmbedder())) as opened:
        yield opened


@pytest.fixture(scope="module")
def first(shelf: Shelf, seeds: list[Path]) -> IndexReport:
    return index_paths(shelf, seeds)


def test_378_entries_are_346_papers(first: IndexReport) -> None:
    assert (first.read, first.added, first.merged, first.papers, first.rejected) == (378, 346, 32, 346, ())
    assert (first.updated, first.unchanged) == (0, 0)


def test_a_paper_in_several_documents_remembers_each(shelf: Shelf, first: IndexReport) -> None:
    papers, total = shelf.catalogue.papers(limit=-1)
    assert total == first.papers
    assert sum(len(paper.sources) for paper in papers) == 378
    assert len({source.path for paper in papers for source in paper.sources}) == 5


def test_the_second_run_adds_and_updates_nothing(shelf: Shelf, first: IndexReport, seeds: list[Path]) -> None:
    before = shelf.catalogue.passage_table().tolist()
    again = index_paths(shelf, seeds)
    assert (again.read, again.added, again.updated, again.rejected) == (378, 0, 0, ())
    assert (again.papers, again.passages) == (346, first.passages)
    assert shelf.catalogue.passage_table().tolist() == before


def test_the_library_is_sound_and_finds_a_paper_by_its_own_words(shelf: Shelf, first: IndexReport) -> None:
    assert [finding.message for finding in examine(shelf.folder, shelf.embedder) if not finding.ok] == []
    library = Library(shelf)
    papers, _ = library.papers(limit=20)
    assert [library.search(paper.title, 1)[0].paper.id for paper in papers] == [paper.id for paper in papers]
    assert first.papers == len(library)
