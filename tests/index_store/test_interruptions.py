"""Builds that were stopped, and what a crash leaves: the next run makes the library whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from index_store import manifest
from index_store.build import begin, index_entries, reconcile
from index_store.errors import EmbedderError
from index_store.lexical import TantivyLexical
from index_store.protocols import LexicalDocument, TokenVectors, Vectors
from index_store.shelf import Shelf, open_shelf
from tests.fakes import FakeEmbedder
from tests.small_library import BREAD, FROGS, STARS, VOCABULARY, assert_whole, embedder, entry, fake_shelf, outcome


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = fake_shelf(tmp_path / "library")
    yield made
    made.close()


class Failing(FakeEmbedder):
    """Fails, or is stopped by the user, at its ``left``-th call from now."""

    def __init__(self, failure: BaseException) -> None:
        super().__init__(VOCABULARY, 16)
        self._failure = failure
        self.left = 2

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        self.left -= 1
        if self.left == 0:
            raise self._failure
        return super().encode_with_tokens(texts)


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
    "tokens lost": lambda shelf: shelf.tokens.delete([4]),
    "a paper too many": lambda shelf: shelf.lexical.add([LexicalDocument(99, "frogs")]),
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
    second = replace(fake_shelf(tmp_path), vectors=first.vectors, lexical=first.lexical)
    index_entries(second, [entry(FROGS)])
    assert_whole(second)
    second.close()


def test_a_deletion_that_was_killed_can_be_done_again(tmp_path: Path) -> None:
    """The engine writes the new file of a segment first and the list of its files last; the kill came in between."""
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        index_entries(shelf, [entry(FROGS), entry(BREAD, line=2)])
    head = tmp_path / "lexical" / "meta.json"
    before = head.read_bytes()
    for _ in range(2):
        with closing(TantivyLexical(tmp_path / "lexical")) as lexical:
            lexical.delete([1])
            assert 1 not in lexical.ids()
        head.write_bytes(before)
