"""Shortened codes: what a large library keeps of its tokens, beside whole ones from when it was small."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from eval.benchmarks.generated import entries, question
from eval.benchmarks.scale.synthetic import SyntheticEmbedder
from index_store.build import index_entries
from index_store.directions import BITS, FEWER_BITS, kept
from index_store.index import bits_of, codes_of, load_index
from index_store.late import QueryTokens, codes, joined, may_shorten, paper_matches, shortened, span_matches
from index_store.protocols import TokenCodes, TokenVectors
from index_store.search import encode_query, rank
from index_store.shelf import Shelf, open_shelf
from index_store.types import Span


def made(count: int, dim: int = 384, seed: int = 0) -> TokenCodes:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    tokens = TokenVectors(np.arange(count, dtype=np.int32), 10 * np.arange(count, dtype=np.int32), rows)
    return codes(tokens, 0, 0)


def asked(code_of: int, dim: int = 384) -> QueryTokens:
    """The first tokens of ``made``, as a question's."""
    rows = np.random.default_rng(0).normal(size=(code_of, dim)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return QueryTokens(kept(rows), np.full(code_of, 1 / code_of, np.float32))


def test_the_first_directions_stay() -> None:
    long = made(5)
    assert np.array_equal(shortened(long).bits, long.bits[:, : FEWER_BITS // 8])
    assert shortened(shortened(long)).bits.shape == (5, FEWER_BITS // 8)
    assert np.array_equal(shortened(long).starts, long.starts)


@pytest.mark.parametrize("dim", [64, 72, 128, 160])
def test_codes_of_short_vectors_stay_as_they_are(dim: int) -> None:
    assert not may_shorten(dim)
    assert may_shorten(BITS)


def test_a_token_meets_itself_at_the_same_cosine_at_both_lengths() -> None:
    long, query = made(40), asked(40)
    full, short = (paper_matches(query, [[codes_.bits]]).best[0] for codes_ in (long, shortened(long)))
    assert full.mean() == pytest.approx(np.sqrt(2 / np.pi), abs=0.05)  # of a normal number with its sign
    assert short.mean() == pytest.approx(float(full.mean()), abs=0.05)


def test_where_lengths_meet_the_shorter_decides() -> None:
    long, query = made(6), asked(3)
    parts = [long.bits[:3], shortened(long).bits[3:]]
    assert np.array_equal(joined(parts), shortened(long).bits)
    mixed, short = paper_matches(query, [[parts[0]], [parts[1]]]), shortened(long).bits
    alike = paper_matches(query, [[short[:3]], [short[3:]]])
    assert np.array_equal(mixed.best, alike.best)
    assert np.array_equal(mixed.chance, alike.chance)
    spans = [Span(0, 25), Span(25, 60)]
    assert np.array_equal(span_matches(query, [shortened(long)], spans)[-1], np.maximum(*mixed.best).clip(0, 1) ** 2)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """30 papers of when the library was small, 60 of when it had grown."""
    monkeypatch.setattr("index_store.storing.LONG_CODES", 80)
    monkeypatch.setattr("index_store.index.LONG_CODES", 80)
    with closing(open_shelf(tmp_path, SyntheticEmbedder())) as opened:
        index_entries(opened, entries(30))
        index_entries(opened, entries(90))
    return open_shelf(tmp_path, SyntheticEmbedder())


def test_a_library_that_grows_large_has_shorter_codes(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = shelf.tokens.bits(sorted(shelf.tokens.ids()))
    assert len(stored) > 80
    assert {bits.shape[1] for bits in stored.values()} == {FEWER_BITS // 8}  # those of before have been shortened
    monkeypatch.setattr("index_store.index.HELD_CODES", 0)
    index = load_index(shelf)
    everywhere = bits_of(index, np.arange(len(index.papers)))
    assert {bits.shape[1] for group in everywhere for bits in group} == {FEWER_BITS // 8}  # whatever came when
    assert {code.bits.shape[1] for number in (1, 89) for code in codes_of(index, number)} == {FEWER_BITS // 8}
    shelf.close()


def test_it_is_asked_as_before_also_when_it_is_small_again(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    papers = [entry.paper for entry in entries(90)]
    rng = np.random.default_rng(2)
    texts = {n: question(papers[n], rng) for n in (3, 50, 80)}
    for size in (80, 10_000):  # as a large library, and as one of which some have been removed
        monkeypatch.setattr("index_store.index.LONG_CODES", size)
        index = load_index(shelf)
        for number, text in texts.items():
            assert rank(index, encode_query(index, text), 3).hits[0].paper.title == papers[number].title
    shelf.close()
