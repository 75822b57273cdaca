"""Searching a small library with fake parts: order, scope, both paths, and what a build may do meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index_store import search
from index_store.build import index_entries
from index_store.errors import LibraryDamaged
from index_store.index import Index, codes_of, load_index
from index_store.protocols import TokenVectors, Vectors
from index_store.search import Ranking, by_words, encode_query, rank
from index_store.shelf import Shelf
from index_store.types import WHOLE_LIBRARY, Entry, Paper, Scope
from tests.fakes import FakeEmbedder
from tests.small_library import BREAD, FROGS, STARS, embedder, entry, fake_shelf

TITLE_ONLY = Paper("", "Steam", "")
QUERIES = ("frogs and a heron", "rye with steam", "a camera for stars", "steam", "nothing known", "")


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Frogs (1990), bread (2000, collection food), stars (no year), and a paper that is only a title."""
    made = fake_shelf(tmp_path)
    index_entries(made, [entry(FROGS, year=1990)])
    index_entries(made, [entry(BREAD, line=2, year=2000)], "food")
    index_entries(made, [entry(STARS, line=3), entry(TITLE_ONLY, line=4)])
    yield made
    made.close()


def ask(index: Index, text: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> Ranking:
    return rank(index, encode_query(index, text), k, scope)


def titles(ranking: Ranking) -> list[str]:
    return [hit.paper.title for hit in ranking.hits]


def on_the_graph(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, ranked: int = 1_000) -> Index:
    """Open as a library too large for memory is; ``ranked`` below its passages: one too large for a full comparison."""
    monkeypatch.setattr("index_store.index.HELD_IN_MEMORY", 0)
    monkeypatch.setattr(search, "_RANKED", ranked)
    index = load_index(shelf)
    assert index.matrix is index.wholes is None
    return index


@pytest.mark.parametrize(
    ("query", "best"),
    [(QUERIES[0], FROGS.title), (QUERIES[1], BREAD.title), (QUERIES[2], STARS.title), ("steam", TITLE_ONLY.title)],
)
def test_the_best_comes_first_and_every_paper_has_its_place(shelf: Shelf, query: str, best: str) -> None:
    found = ask(load_index(shelf), query)
    assert titles(found)[0] == best
    assert len(found.hits) == len(found.evidence) == 4
    assert [hit.score for hit in found.hits] == sorted((hit.score for hit in found.hits), reverse=True)
    assert all(0 <= hit.score <= 1 for hit in found.hits)


def test_evidence_by_hand(shelf: Shelf) -> None:
    found = ask(load_index(shelf), "steam")
    best = found.evidence[0]
    # The title alone is embedded: one token, the same axis.  Signs meet it at 1/√8, squared.  One word is shared.
    assert (best.cosine, best.coverage, best.bm25) == pytest.approx((1.0, 1 / 8, 1.0))
    assert (found.nearest, found.strongest) == (best.cosine, best.bm25)
    assert found.evidence[-1].coverage == found.evidence[-1].bm25 == 0


@pytest.mark.parametrize("scope", [WHOLE_LIBRARY, Scope(collections=("food",)), Scope(collections=("absent",))])
def test_words_asked_beside_give_the_same_ranking(shelf: Shelf, scope: Scope) -> None:
    index = load_index(shelf)
    for text in QUERIES:
        beside, alone = by_words(index, text, scope), ask(index, text, scope=scope)
        found = rank(index, encode_query(index, text), 10, scope, lambda beside=beside: beside)  # type: ignore[misc]
        assert (found.hits, found.evidence) == (alone.hits, alone.evidence)


def test_the_pool_is_the_best_of_each_ranking_the_first_of_equal_ones() -> None:
    chance = np.random.default_rng(5)
    for size in (1, 7, 40, 99, 100, 101):
        cosines, bm25 = (chance.integers(0, 9, 100).astype(np.float32) for _ in range(2))  # many are equal
        cosines[chance.random(100) < 0.1] = -np.inf
        inside = chance.random(100) < 0.8
        best = [
            sorted(np.flatnonzero(there & inside), key=lambda at: (-scores[at], at))[:size]
            for scores, there in ((cosines, cosines > -np.inf), (bm25, bm25 > 0))
        ]
        assert search._pool(cosines, bm25, inside, size).tolist() == sorted({*best[0], *best[1]})


@pytest.mark.parametrize("query", QUERIES[:4])
def test_a_paper_scores_the_same_however_many_are_asked_for(
    shelf: Shelf, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "POOL", 2)
    few, all_ = (ask(load_index(shelf), query, k) for k in (2, 4))
    scored = {hit.paper.id: hit.score for hit in all_.hits}
    assert len(few.hits) == 2 < len(all_.hits) == 4
    assert [scored[hit.paper.id] for hit in few.hits] == [hit.score for hit in few.hits]


def test_only_a_title_is_a_hit_with_an_empty_passage(shelf: Shelf) -> None:
    (hit, *_) = ask(load_index(shelf), "steam").hits
    ((passage, score),) = [(found.passage, found.score) for found in hit.passages]
    assert (passage.text, passage.start, passage.end, score) == ("", 0, 0, 1.0)


def test_passages_of_a_hit_come_best_first(shelf: Shelf) -> None:
    (hit, *_) = ask(load_index(shelf), "heron", k=1).hits
    assert "heron" in hit.passages[0].passage.text
    keys = [(-found.score, found.passage.start) for found in hit.passages]
    assert keys == sorted(keys)
    assert len(keys) > 1


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("k", [1, 2, 10])
@pytest.mark.parametrize("compared", ["all", "graph"])
def test_the_graph_path_gives_what_the_exact_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str, k: int, compared: str
) -> None:
    made = fake_shelf(tmp_path)
    index_entries(made, [entry(FROGS), entry(BREAD, line=2), entry(STARS, line=3)])
    index_entries(made, [entry(FROGS, abstract=f"{FROGS.abstract} Herons left.")])  # its passages get the highest ids
    exact = ask(load_index(made), query, k)
    assert len(exact.hits) == min(k, 3)
    passages = len(made.vectors.ids())  # two and more a paper: without the farthest one, each still comes up
    graph = ask(on_the_graph(made, monkeypatch, passages if compared == "all" else passages - 1), query, k)
    assert graph.hits == exact.hits
    assert graph.evidence == exact.evidence
    made.close()


SCOPES: list[tuple[Scope, set[str]]] = [
    (Scope(collections=("food",)), {BREAD.title}),
    (Scope(first_year=1990, last_year=1999), {FROGS.title}),
    (Scope(first_year=1990), {FROGS.title, BREAD.title}),
    (Scope(collections=("food",), last_year=1999), set()),
    (Scope(collections=("absent",)), set()),
]


@pytest.mark.parametrize(("scope", "inside"), SCOPES)
@pytest.mark.parametrize("ranked", [None, 1_000, 1])
def test_a_scope_is_kept_on_every_path(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, scope: Scope, inside: set[str], ranked: int | None
) -> None:
    index = load_index(shelf) if ranked is None else on_the_graph(shelf, monkeypatch, ranked)
    found = set(titles(ask(index, "frogs rye steam", scope=scope)))
    assert found == inside if ranked != 1 else found <= inside


def test_a_scope_of_papers_finds_them_however_far_they_are(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    stars = next(hit.paper for hit in ask(load_index(shelf), "stars").hits if hit.paper.title == STARS.title)
    passages = len(load_index(shelf).passages_of(2))
    index = on_the_graph(shelf, monkeypatch, ranked=passages)  # the nearest passages are all of other papers
    assert titles(ask(index, "frogs heron", scope=Scope(paper_ids=(stars.id,)))) == [STARS.title]


def test_an_empty_library_and_none_wanted(tmp_path: Path, shelf: Shelf) -> None:
    empty = fake_shelf(tmp_path / "empty")
    assert ask(load_index(empty), "frogs").hits == ()
    nothing = ask(load_index(empty), "frogs")
    assert (nothing.nearest, nothing.strongest) == (0.0, 0.0)
    assert ask(load_index(shelf), "frogs", k=0).hits == ()
    assert codes_of(load_index(empty), 1) == []
    empty.close()


def alike(count: int) -> list[Entry]:
    """Papers that no query can tell apart, in an order that is not that of their ids."""
    return [entry(STARS, line=line, title=f"Faint stars {line}") for line in range(count, 0, -1)]


@pytest.mark.parametrize("on_graph", [False, True])
def test_ties_come_by_paper_id_and_are_cut_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_graph: bool
) -> None:
    made = fake_shelf(tmp_path)
    index_entries(made, alike(12))
    index = on_the_graph(made, monkeypatch) if on_graph else load_index(made)
    everything = ask(index, "stars and a camera", 12).hits
    assert len({hit.score for hit in everything}) == 1
    ids = [hit.paper.id for hit in everything]
    assert ids == sorted(ids)
    for k in (1, 2, 5, 6, 7):
        assert [hit.paper.id for hit in ask(index, "stars and a camera", k).hits] == ids[:k]
    made.close()


def test_the_order_of_reading_does_not_show(tmp_path: Path) -> None:
    papers = [entry(FROGS), entry(BREAD, line=2), entry(STARS, line=3), *alike(3)]
    found: list[list[tuple[str, float]]] = []
    for number, order in enumerate((papers, papers[::-1])):
        made = fake_shelf(tmp_path / str(number))
        index_entries(made, order)
        found.append([(hit.paper.id, hit.score) for hit in ask(load_index(made), "frogs stars").hits])
        made.close()
    assert found[0] == found[1]


def removed(shelf: Shelf) -> None:
    """As a build leaves things between taking a paper out of the catalogue and forgetting its passages."""
    shelf.catalogue.remove([1])


def changed(shelf: Shelf) -> None:
    paper = shelf.catalogue.papers_by_number([1])[1]
    shelf.catalogue.set_passages(paper.id, shelf.embedder.token_spans(paper.abstract)[:1])


def forgotten(shelf: Shelf) -> None:
    """As it is after the indexes have forgotten the paper, before the manifest is written."""
    ids = [row[0] for row in shelf.catalogue.passage_table().tolist() if row[1] == 1]
    shelf.catalogue.remove([1])
    shelf.vectors.delete(ids)
    shelf.tokens.delete(ids)
    shelf.lexical.delete([1])


@pytest.mark.parametrize("happens", [removed, changed, forgotten])
@pytest.mark.parametrize("on_graph", [False, True])
def test_what_a_build_has_taken_away_is_left_out(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Shelf], None], on_graph: bool
) -> None:
    index = on_the_graph(shelf, monkeypatch) if on_graph else load_index(shelf)
    assert titles(ask(index, "frogs"))[0] == FROGS.title
    happens(shelf)
    found = ask(index, "frogs")
    assert set(titles(found)) == {BREAD.title, STARS.title, TITLE_ONLY.title}
    assert len(found.evidence) == 3
    assert titles(ask(index, "frogs", k=1)) != [FROGS.title]


@pytest.mark.parametrize("query", QUERIES)
def test_codes_held_in_memory_give_what_those_in_the_file_do(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    held = load_index(shelf)
    assert held.bits is not None
    assert [len(bits) for bits in held.bits] == [sum(len(c.bits) for c in codes_of(held, n)) for n in range(1, 5)]
    monkeypatch.setattr("index_store.index.HELD_CODES", len(held.ids) - 1)
    read = load_index(shelf)
    assert read.bits is None
    assert ask(held, query).hits == ask(read, query).hits
    assert ask(held, query).evidence == ask(read, query).evidence


def test_where_the_first_are_gone_the_next_are_read(shelf: Shelf) -> None:
    index = load_index(shelf)
    first, second, *_ = titles(ask(index, QUERIES[0]))
    numbers = {paper.title: number for number, paper in shelf.catalogue.papers_by_number([1, 2, 3, 4]).items()}
    shelf.catalogue.remove([numbers[first]])
    assert titles(ask(index, QUERIES[0], k=1)) == [second]


@pytest.mark.parametrize("on_graph", [False, True])
def test_what_a_build_has_not_embedded_yet_is_left_out(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, on_graph: bool
) -> None:
    """A first run that is under way: the catalogue is ahead of the indexes."""
    first, *others = [row[0] for row in shelf.catalogue.passage_table().tolist() if row[1] == 1]
    shelf.vectors.delete(others)
    shelf.tokens.delete(others)
    with shelf.catalogue.transaction():
        shelf.catalogue.mark_indexed(others, indexed=False)
    index = on_the_graph(shelf, monkeypatch) if on_graph else load_index(shelf)
    found = ask(index, "frogs")
    assert titles(found)[0] == FROGS.title
    assert [hit.passage.id for hit in found.hits[0].passages] == [first]


@pytest.mark.parametrize(("part", "named"), [("vectors", "vectors"), ("tokens", "token codes")])
def test_what_a_build_has_put_there_and_is_gone_is_no_silence(shelf: Shelf, part: str, named: str) -> None:
    getattr(shelf, part).delete([min(shelf.vectors.ids())])
    with pytest.raises(LibraryDamaged, match=f"^1 passage of .* has no {named} any more.*citewell doctor --repair"):
        load_index(shelf)


def test_a_large_library_without_any_token_codes_is_damaged(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index_store.index.HELD_CODES", 0)
    ids = list(shelf.tokens.ids())
    shelf.tokens.delete(ids)
    with pytest.raises(LibraryDamaged, match=f"^{len(ids)} passages of .* have no token codes"):
        load_index(shelf)


def test_a_store_that_holds_the_ids_but_no_vectors_is_damaged(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    index = on_the_graph(shelf, monkeypatch)
    known = shelf.vectors.ids()
    shelf.vectors.delete(list(known))
    monkeypatch.setattr(shelf.vectors, "ids", lambda: known)
    with pytest.raises(LibraryDamaged):
        ask(index, "frogs")


class WithoutTokens(FakeEmbedder):
    """A model that gives no vectors of tokens."""

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        none = np.zeros(0, np.int32)
        return self.encode(texts), [TokenVectors(none, none, np.zeros((0, self.dim), np.float32)) for _ in texts]


def test_an_embedder_without_tokens_searches_by_words_and_cosines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fake_shelf(tmp_path, WithoutTokens(["frogs", "heron", "rye", "stars"], 16))
    index_entries(made, [entry(FROGS), entry(BREAD, line=2), entry(STARS, line=3)])
    for index in (load_index(made), on_the_graph(made, monkeypatch)):
        found = ask(index, "frogs and a heron")
        assert titles(found)[0] == FROGS.title
        assert [evidence.coverage for evidence in found.evidence] == [0, 0, 0]
        assert found.hits[0].score > found.hits[1].score
    made.close()


def test_a_query_of_unknown_words_has_no_tokens_and_finds_by_the_rest(shelf: Shelf) -> None:
    index = load_index(shelf)
    query = encode_query(index, "silent water")
    assert query.tokens.rows.shape == (0, 8)
    found = rank(index, query, 10)
    assert set(titles(found)[:2]) == {FROGS.title, BREAD.title}  # which have one of the words each
    assert [evidence.coverage for evidence in found.evidence] == [0] * 4


def test_codes_of_one_paper_and_of_none(shelf: Shelf) -> None:
    index = load_index(shelf)
    held = codes_of(index, 1)
    assert len(held) == len(index.passages_of(0)) > 1
    assert codes_of(index, 99) == []
    vocabulary = embedder().encode_with_tokens(["heron"])[1][0].pieces.tolist()
    (at,) = [
        int(at) for c in held for piece, at in zip(c.pieces[c.which], c.starts, strict=True) if piece in vocabulary
    ]
    assert FROGS.abstract[at:].startswith("heron")


def test_the_title_s_tokens_have_no_place_in_any_passage(shelf: Shelf) -> None:
    """FROGS has "frogs" in its title and once in its abstract, at its beginning; the title goes before each passage."""
    held = codes_of(load_index(shelf), 1)
    (frogs,) = embedder().encode_with_tokens(["frogs"])[1][0].pieces.tolist()
    starts = [c.starts[c.pieces[c.which] == frogs].tolist() for c in held]
    assert len(starts) > 1
    assert starts == [[0], *([] for _ in starts[1:])]
    assert all(frogs in c.pieces for c in held)


def test_no_piece_of_a_question_is_beyond_the_weights(shelf: Shelf) -> None:
    index = load_index(replace(shelf, embedder=embedder()))
    assert len(index.idf) == len(shelf.tokens.frequencies()) + 1
    assert (index.idf > 0).all()
