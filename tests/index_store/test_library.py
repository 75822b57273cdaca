"""A library open for reading: it finds, browses and counts, and sees what another build published."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index_store.build import index_entries
from index_store.errors import EmbedderError
from index_store.library import Library
from index_store.shadow import rebuild
from index_store.shelf import Shelf, open_shelf
from index_store.types import Scope
from tests.small_library import BREAD, FROGS, STARS, embedder, entry, fake_shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Frogs (1990), bread (2000, collection food), stars (no year)."""
    made = fake_shelf(tmp_path)
    index_entries(made, [entry(FROGS, year=1990)])
    index_entries(made, [entry(BREAD, line=2, year=2000)], "food")
    index_entries(made, [entry(STARS, line=3)])
    yield made
    made.close()


@pytest.fixture
def library(shelf: Shelf) -> Library:
    return Library(shelf)


def titles(library: Library, query: str, scope: Scope | None = None) -> list[str]:
    hits = library.search(query, scope=scope) if scope else library.search(query)
    return [hit.paper.title for hit in hits]


@pytest.mark.parametrize(
    ("query", "best"),
    [("frogs and a heron", FROGS.title), ("rye with steam", BREAD.title), ("a camera for stars", STARS.title)],
)
def test_the_best_paper_comes_first_with_its_passages(library: Library, query: str, best: str) -> None:
    hits = library.search(query)
    assert hits[0].paper.title == best
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 <= hit.score <= 1 for hit in hits)
    for passage in (found.passage for found in hits[0].passages):
        assert passage.text == hits[0].paper.abstract[passage.start : passage.end]


def test_a_scope_bounds_the_search(library: Library) -> None:
    assert titles(library, "frogs", Scope(collections=("food",))) == [BREAD.title]
    assert titles(library, "frogs", Scope(first_year=1985, last_year=1995)) == [FROGS.title]
    assert titles(library, "frogs", Scope(collections=("absent",))) == []


def test_a_question_that_cannot_be_encoded_is_told_and_the_next_one_is_answered(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(texts: object) -> None:
        raise EmbedderError("no memory")

    with monkeypatch.context() as broken:
        broken.setattr(library.embedder, "encode_with_tokens", failing)
        with pytest.raises(EmbedderError, match="no memory"):
            library.search("frogs")
    assert titles(library, "frogs")[0] == FROGS.title
    assert library.search("frogs") == library.search("frogs")  # encoded anew, and known


def test_nothing_asked_nothing_found(library: Library) -> None:
    assert library.search(" ") == ()
    assert library.search("frogs", 0) == ()


def test_an_empty_library(tmp_path: Path) -> None:
    with closing(Library(fake_shelf(tmp_path / "new"))) as library:
        assert (len(library), library.search("frogs"), library.papers(), library.collections()) == (0, (), ([], 0), {})
        assert library.is_empty()
        assert library.status().digest is None


def test_browsing(library: Library) -> None:
    assert not library.is_empty()
    page, total = library.papers(limit=1, query="rye")
    assert (page[0].title, total) == (BREAD.title, 1)
    assert library.paper(page[0].id) == page[0]
    assert library.paper("absent") is None
    assert library.collections() == {"food": 1}


def test_status_counts(library: Library, shelf: Shelf) -> None:
    status = library.status()
    assert (status.papers, status.passages, status.waiting, status.embedder) == (3, 7, 0, "fake")
    assert status.digest == shelf.catalogue.digest()
    assert status.folder == str(shelf.folder)


def test_what_a_build_publishes_is_found_at_the_next_call(library: Library, shelf: Shelf) -> None:
    assert titles(library, "heron")[0] == FROGS.title
    index_entries(shelf, [entry(FROGS, abstract=FROGS.abstract.replace("heron", "stork"))])
    index_entries(shelf, [entry(STARS, title="Herons", abstract="A heron waits for hours. Frogs do not see it.")])
    assert titles(library, "heron")[0] == "Herons"


def test_papers_that_left_during_a_build_are_left_out(library: Library, shelf: Shelf) -> None:
    assert len(titles(library, "frogs")) == 3
    with shelf.catalogue.transaction():
        shelf.catalogue.remove([1])  # a build that has not published yet
    assert FROGS.title not in titles(library, "frogs")


def test_another_process_builds(tmp_path: Path) -> None:
    """Two openings of one folder, as two processes have them."""
    with closing(Library.open(tmp_path, embedder())) as library:
        assert library.search("frogs") == ()
        with closing(open_shelf(tmp_path, embedder())) as writer:
            index_entries(writer, [entry(FROGS), entry(BREAD, line=2)])
        assert titles(library, "frogs")[0] == FROGS.title


def test_a_rebuilt_library_opens_again(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        index_entries(shelf, [entry(FROGS)])
    rebuild(tmp_path, embedder(max_tokens=32))
    with closing(Library.open(tmp_path, embedder(max_tokens=32))) as library:
        assert titles(library, "frogs") == [FROGS.title]


def test_searches_from_many_threads_agree(library: Library) -> None:
    expected = library.search("frogs heron rye")
    found: list[bool] = []

    def ask() -> None:
        found.extend(library.search("frogs heron rye") == expected for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 80
