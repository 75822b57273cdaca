"""A search inside a scope finds what comparing with every paper in it finds, however rare its papers are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from index_store import lexical, search
from index_store.build import index_entries
from index_store.index import load_index
from index_store.lexical import TantivyLexical
from index_store.search import encode_query, rank
from index_store.shelf import Shelf
from index_store.types import Paper, Scope
from tests.small_library import VOCABULARY, entry, fake_shelf

PAPERS = 400
SCOPES = [
    Scope(first_year=1991, last_year=1991),
    Scope(first_year=1995),
    Scope(last_year=1992),
    Scope(collections=("rare",)),
    Scope(collections=("rare", "common"), first_year=1993),
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("scoped")
    made = replace(fake_shelf(folder), lexical=TantivyLexical(folder / "lexical"))
    rng = np.random.default_rng(3)
    entries = []
    for number in range(PAPERS):
        words = " ".join(rng.choice([*VOCABULARY, "pond", "bread", "night"], rng.integers(2, 12)))
        paper = Paper("", f"Notes {number}", f"All saw {words}.", year=1990 + number % 8)
        entries.append(entry(paper, line=number + 1))
    index_entries(made, entries[:380], "common")
    index_entries(made, entries[380:], "rare")
    yield made
    made.close()


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("named", [0, 1_000_000], ids=["down the ranking", "papers named"])
@pytest.mark.parametrize("question", ["all saw frogs by night", "steam over the bread", "a camera and a heron"])
def test_a_scope_gives_what_comparing_with_all_of_it_gives(
    shelf: Shelf, scope: Scope, named: int, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = load_index(shelf)
    query = encode_query(index, question)
    monkeypatch.setattr(lexical, "NAMED", named)
    monkeypatch.setattr(search, "_RANKED", len(shelf.catalogue.numbers_in(scope)))
    found = rank(index, query, 10, scope)
    whole = shelf.lexical.query(question, PAPERS)
    bm25 = dict(zip(whole.ids.tolist(), whole.scores.tolist(), strict=True))
    numbers = [shelf.catalogue.number(hit.paper.id) for hit in found.hits]
    assert [each.bm25 for each in found.evidence] == [bm25.get(number, 0) for number in numbers if number]
    monkeypatch.setattr(search, "_bm25", lambda index, *_: np.array([bm25.get(n, 0) for n in index.papers], "f4"))
    everything = rank(index, query, 10, scope)
    assert (found.hits, found.evidence) == (everything.hits, everything.evidence)
    assert all(scope.admits(hit.paper) for hit in found.hits)


@pytest.mark.parametrize("named", [0, 1_000_000], ids=["down the ranking", "papers named"])
@pytest.mark.parametrize("share", [1, 3, 7, 30, 200, 399, 400])
@pytest.mark.parametrize("k", [1, 5, 60, 1_000])
def test_the_words_half_ranks_the_best_inside(
    shelf: Shelf, named: int, share: int, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "NAMED", named)
    numbers = np.random.default_rng(share).permutation(np.fromiter(sorted(shelf.lexical.ids()), np.int64))
    inside = np.sort(numbers[:share])
    whole = shelf.lexical.query("all saw frogs steam", 10_000)
    kept = np.isin(whole.ids, inside)
    found = shelf.lexical.query("all saw frogs steam", k, inside)
    assert found.ids.tolist() == whole.ids[kept][:k].tolist()
    assert found.scores.tolist() == whole.scores[kept][:k].tolist()
