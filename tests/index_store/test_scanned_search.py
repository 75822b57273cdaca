"""A library too large for memory is gone through in 8 bits: the same papers come up as from comparing in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index_store import search, vectors
from index_store.build import index_entries
from index_store.errors import LibraryDamaged
from index_store.index import Index, load_index
from index_store.neighbours import similar
from index_store.search import encode_query, rank
from index_store.shelf import Shelf
from index_store.types import Paper, Scope
from index_store.vectors import ChromaVectors
from tests.small_library import VOCABULARY, entry, fake_shelf

PAPERS = 120


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("scanned")
    fake = fake_shelf(folder)
    made = replace(fake, vectors=ChromaVectors(folder / "vectors", fake.embedder.dim))
    rng = np.random.default_rng(4)
    entries = []
    for number in range(1, PAPERS + 1):
        abstract = f"All saw {' '.join(rng.choice(VOCABULARY, 9))}."
        entries.append(entry(Paper("", f"Notes {number}", abstract, year=1990 + number % 8), line=number))
    index_entries(made, entries)
    yield made
    made.close()


@pytest.fixture
def scanned(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Index:
    monkeypatch.setattr("index_store.index.HELD_IN_MEMORY", 0)
    index = load_index(shelf)
    assert index.matrix is None
    assert index.scan is not None
    return index


@pytest.mark.parametrize("scope", [Scope(), Scope(first_year=1996), Scope(first_year=1993, last_year=1993)])
@pytest.mark.parametrize("question", ["frogs by the heron", "steam over rye", "a camera for stars"])
def test_the_papers_are_those_of_a_full_comparison(
    shelf: Shelf, scope: Scope, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = load_index(shelf)
    monkeypatch.setattr("index_store.index.HELD_IN_MEMORY", 0)
    scanned = load_index(shelf)
    exact = rank(full, encode_query(full, question), 10, scope)
    found = rank(scanned, encode_query(scanned, question), 10, scope)
    assert [hit.score for hit in found.hits] == pytest.approx([hit.score for hit in exact.hits], abs=0.02)
    assert len({hit.paper.id for hit in found.hits} & {hit.paper.id for hit in exact.hits}) >= 8
    assert all(scope.admits(hit.paper) for hit in found.hits)


def test_rankings_of_a_scope_go_as_deep_in_proportion(
    shelf: Shelf, scanned: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_RANKED", 40)
    monkeypatch.setattr(search, "_LEAST_RANKED", 10)
    papers = np.arange(len(scanned.papers))
    half, few, all_ = papers % 2 == 0, papers < 3, papers >= 0
    assert [search._depth(scanned, inside) for inside in (all_, half, few)] == [40, 20, 10]
    monkeypatch.setattr("index_store.index.HELD_IN_MEMORY", 100_000)
    assert search._depth(load_index(shelf), few) == 40  # a small library loses nothing by it


def test_papers_like_one_are_found_by_the_scan(scanned: Index) -> None:
    hits = similar(scanned, 1, 5)
    assert len(hits) == 5
    assert all(hit.paper.title != "Notes 1" and 0 <= hit.score <= 1 for hit in hits)


def test_what_a_build_has_not_embedded_yet_is_left_out_and_what_is_lost_is_named(shelf: Shelf, scanned: Index) -> None:
    lost = int(scanned.ids[0])
    row = shelf.vectors.get([lost])
    shelf.vectors.delete([lost])
    try:
        with pytest.raises(LibraryDamaged, match=r"^1 passage of .* has no vectors any more"):
            load_index(shelf)
        with shelf.catalogue.transaction():
            shelf.catalogue.mark_indexed([lost], indexed=False)
        assert lost not in load_index(shelf).ids.tolist()
    finally:
        shelf.vectors.upsert([lost], row)
        with shelf.catalogue.transaction():
            shelf.catalogue.mark_indexed([lost])
    assert lost in load_index(shelf).ids.tolist()


def test_a_large_graph_that_is_cut_off_is_refused_without_reading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "_PROBED", 0)
    made = ChromaVectors(tmp_path / "vectors", 8)
    made.upsert(range(1, 301), np.random.default_rng(0).normal(size=(300, 8)).astype("f4"))
    made.close()
    ChromaVectors(tmp_path / "vectors", 8).close()
    data = next((tmp_path / "vectors").glob("*/data_level0.bin"))
    data.write_bytes(data.read_bytes()[:-100_000])
    with pytest.raises(LibraryDamaged, match="cut off"):
        ChromaVectors(tmp_path / "vectors", 8)
