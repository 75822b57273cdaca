"""What each piece of the search earns: the production ranking with one view, one step or one size exchanged.

Every variant runs ``index_store.search.rank`` itself.  Its time is that of the ranking without the encoding of the
query, which is the same for all.  A probability is of so large a mean difference in nDCG@10 from production, query by
query, if the variant were no different (``eval.bootstrap.permutation_p``).  Knows no file and no command line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from eval.beir import expand
from eval.benchmarks.corpora import Asked
from eval.benchmarks.tables import changed, figure, table
from eval.benchmarks.variants import PRODUCTION, Piece, Variant, exchanged
from eval.bootstrap import as_values
from eval.metrics import ndcg_at, percentile, recall_at
from index_store import late, search
from index_store.chunking import embedding_text
from index_store.fusion import Core, Neighbourhood, Scores, scaled
from index_store.identity import title_key
from index_store.index import Index
from index_store.late import Bits, Matches, QueryTokens
from index_store.protocols import TokenVectors, Vectors
from index_store.search import encode_queries
from index_store.types import Hit

_DEPTH = 10
_AT_ONCE = 32  # passages embedded at a time
_SINGLE = ("fact", "concept", "named", "followup")  # types with one right paper, as a rule


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query with the grades of the documents that are right; ``group`` is its type, or the half it falls into."""

    text: str
    group: str
    grades: dict[str, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """What one variant did: the rankings, query by query, and the median milliseconds of one."""

    name: str
    rankings: tuple[tuple[str, ...], ...]
    ms: float


Named = Callable[[Sequence[Hit]], list[str]]


def from_questions(asked: Sequence[Asked]) -> list[Wanted]:
    """Take the answerable questions, as the production code put them to its search."""
    return [
        Wanted(one.standalone, one.question.type, {title_key(title): 1 for title in one.question.gold})
        for one in asked
        if one.question.answerable
    ]


def by_title(hits: Sequence[Hit]) -> list[str]:
    """Name the papers of a ranking as the question files do."""
    return list(dict.fromkeys(title_key(hit.paper.title) for hit in hits))


def by_source(hits: Sequence[Hit]) -> list[str]:
    """Name the papers of a ranking as the collection does."""
    return expand(hits)[:_DEPTH]


def run(index: Index, wanted: Sequence[Wanted], variants: Sequence[Variant], named: Named) -> list[Measured]:
    """Rank every query with every variant."""
    queries = encode_queries(index, [one.text for one in wanted])
    found = []
    for variant in variants:
        rankings, times = [], []
        with exchanged(variant.pieces):
            search.rank(index, queries[0], _DEPTH)  # what is loaded once is no part of a query's time
            for query in queries:
                started = time.perf_counter()
                ranking = search.rank(index, query, _DEPTH)
                times.append((time.perf_counter() - started) * 1000)
                rankings.append(tuple(named(ranking.hits)))
        found.append(Measured(variant.name, tuple(rankings), percentile(times, 50) or 0.0))
    return found


def question_table(wanted: Sequence[Wanted], measured: Sequence[Measured]) -> str:
    """Tell recall by type of question, R@1 / R@5, and nDCG@10 of all."""
    groups = [name for name in _SINGLE if any(one.group == name for one in wanted)]
    head = ["variant", *(f"{name} R@1 / R@5" for name in groups), "multi R@10", "nDCG@10", "p", "ms"]
    gains = _gains(wanted, measured)
    rows = []
    for one, gain in zip(measured, gains, strict=True):
        pairs = [f"{_recall(wanted, one, group, 1)} / {_recall(wanted, one, group, 5)}" for group in groups]
        multi = _recall(wanted, one, "multi", 10)
        rows.append([one.name, *pairs, multi, figure(gain.mean()), changed(gain, gains[0]), f"{one.ms:.1f}"])
    return table(head, rows)


def collection_table(wanted: Sequence[Wanted], measured: Sequence[Measured]) -> str:
    """Tell nDCG@10 of both halves and of all, and recall of all."""
    halves = np.array([one.group for one in wanted])
    gains = _gains(wanted, measured)
    rows = []
    for one, gain in zip(measured, gains, strict=True):
        means = [figure(gain[halves == half].mean()) for half in ("dev", "test")]
        recalls = [_recall(wanted, one, None, k) for k in (1, 5)]
        rows.append([one.name, *means, figure(gain.mean()), changed(gain, gains[0]), *recalls, f"{one.ms:.1f}"])
    return table(["variant", "nDCG@10 dev", "test", "all", "p", "R@1", "R@5", "ms"], rows)


def _gains(wanted: Sequence[Wanted], measured: Sequence[Measured]) -> list[npt.NDArray[np.float64]]:
    return [
        as_values([ndcg_at(r, w.grades, _DEPTH) or 0.0 for r, w in zip(one.rankings, wanted, strict=True)])
        for one in measured
    ]


def _recall(wanted: Sequence[Wanted], one: Measured, group: str | None, k: int) -> str:
    pairs = [(r, w) for r, w in zip(one.rankings, wanted, strict=True) if group in (None, w.group)]
    recalls = [recall_at(r, [id_ for id_, grade in w.grades.items() if grade > 0], k) or 0.0 for r, w in pairs]
    return figure(float(np.mean(recalls))) if recalls else "·"


# --- the variants ----------------------------------------------------------------------------------------------------


def variants() -> list[Variant]:
    """Give production first, then each view alone, then production with one piece off or of another size."""
    plain = Piece(search, "smooth", unsmoothed)
    no_late, no_words = Piece(search, "bits_of", _no_bits), Piece(search, "_bm25", _no_bm25)
    no_meaning = Piece(search, "_cosines", _no_cosines)
    alike, unsquared = Piece(search, "query_tokens", all_alike), Piece(search, "beyond_chance", _unsquared)
    fixed, raw = Piece(search, "feedback", unmoved), Piece(search, "beyond_chance", _from_nought)

    def views(lexical: float, best: float, whole: float, covered: float) -> Piece:
        return Piece(search, "fuse", weighted(lexical, best, whole, covered))

    return [
        Variant(PRODUCTION),
        Variant("BM25 alone", (no_meaning, no_late, plain, views(1, 0, 0, 0))),
        Variant("best passage's cosine alone", (no_words, no_late, plain, views(0, 1, 0, 0))),
        Variant("whole abstract's cosine alone", (no_words, no_late, plain, views(0, 0, 1, 0))),
        Variant("late interaction alone, over the pool", (plain, views(0, 0, 0, 1))),
        Variant("words and meaning, no late interaction", (no_late, views(1, 0.75, 0.75, 0))),
        Variant("no words", (no_words, views(0, 0.75, 0.75, 1))),
        Variant("no meaning", (no_meaning, views(1, 0, 0, 1))),
        Variant("no whole abstract's cosine", (views(1, 1.5, 0, 1),)),
        Variant("no best passage's cosine", (views(1, 0, 1.5, 1),)),
        Variant("meaning weighs as much as words", (views(1, 0.5, 0.5, 1),)),
        Variant("all four views weigh the same", (views(1, 1, 1, 1),)),
        Variant("no smoothing", (plain,)),
        Variant("no feedback", (fixed,)),
        Variant("matches not measured from what chance gives", (raw,)),
        Variant("no feedback, matches not measured from chance, meaning as words", (fixed, raw, views(1, 0.5, 0.5, 1))),
        Variant("no weights of rareness (idf)", (alike,)),
        Variant("cosines of tokens not squared", (unsquared,)),
        Variant(
            "no smoothing, rareness, squares or whole abstract's cosine",
            (plain, alike, unsquared, views(1, 1.5, 0, 1)),
        ),
        Variant("pool of 50", (Piece(search, "POOL", 50),)),
        Variant("pool of 100", (Piece(search, "POOL", 100),)),
    ]


def float_variant(index: Index) -> Variant:
    """Give production with the abstracts' tokens in full precision; embeds every passage again."""
    rows = _token_rows(index)

    def full(of: Index, pool: npt.NDArray[np.intp]) -> list[list[Bits]]:
        return [[cast("Bits", rows[id_]) for id_ in of.passages_of(position)] for position in pool.tolist()]

    pieces = (
        Piece(search, "bits_of", full),
        Piece(late, "best_matches", _float_matches),
        Piece(late, "kept", _as_they_are),  # the question's tokens too
    )
    return Variant("every token in full precision", pieces)


def weighted(lexical: float, best: float, whole: float, covered: float) -> Callable[..., Scores]:
    """Give a ``fusion.fuse`` of other weights; production's are 1, ¾, ¾, 1."""
    weights = (lexical, best, whole, covered)

    def fuse(words: Scores, passages: Scores, abstracts: Scores, tokens: Scores, core: Core | None = None) -> Scores:
        views = (scaled(words, 0.0, core), *(scaled(view, None, core) for view in (passages, abstracts, tokens)))
        fused: Scores = sum((w * view for w, view in zip(weights, views, strict=True)), np.zeros_like(words))
        return (fused / sum(weights)).astype(np.float32)

    return fuse


def unsmoothed(scores: Scores, hood: Neighbourhood) -> Scores:  # noqa: ARG001  # smooth's signature
    """Leave the scores as they are, in place of ``fusion.smooth``."""
    return scores


def unmoved(scores: Scores, vectors: Vectors, core: Core | None = None) -> Scores:  # noqa: ARG001  # feedback's signature
    """Leave the question where it is, in place of ``fusion.feedback``."""
    return np.zeros_like(scores)


def _no_bits(index: Index, pool: npt.NDArray[np.intp]) -> list[list[Bits]]:  # noqa: ARG001  # as _bits
    return [[] for _ in pool]


def _no_bm25(index: Index, query: str, inside: npt.NDArray[np.bool_]) -> Scores:  # noqa: ARG001  # as _bm25
    return np.zeros(len(index.papers), np.float32)


def _no_cosines(index: Index, vector: Scores, inside: npt.NDArray[np.bool_]) -> Scores:  # noqa: ARG001  # as _cosines
    return np.full(len(index.papers), -np.inf, np.float32)


def all_alike(tokens: TokenVectors, idf: Scores) -> QueryTokens:
    """Weigh the question's tokens alike, in place of ``late.query_tokens``."""
    return late.query_tokens(tokens, np.ones_like(idf))


def _unsquared(query: QueryTokens, matches: Matches) -> Scores:
    covered: Scores = np.clip(matches.best - matches.chance, 0, 1) @ query.weights
    return covered


def _from_nought(query: QueryTokens, matches: Matches) -> Scores:
    return late.coverage(query, matches.best)


def _float_matches(
    query: QueryTokens, rows: Scores, starts: npt.NDArray[np.int64], core: Core | None = None
) -> Matches:
    products: Scores = (rows @ query.rows.T).astype(np.float32)
    return late.largest(products, starts, core)


def _as_they_are(rows: Scores) -> Scores:
    return rows


def _token_rows(index: Index) -> dict[int, Scores]:
    """Embed every passage as the build does and keep its tokens' vectors: ``(tokens, dim)`` by passage."""
    return dict(_embedded(index))


def _embedded(index: Index) -> Iterator[tuple[int, Scores]]:
    shelf = index.shelf
    cut = shelf.embedder.token_spans, shelf.embedder.max_tokens
    ids = index.ids.tolist()
    for first in range(0, len(ids), _AT_ONCE):
        batch = ids[first : first + _AT_ONCE]
        passages = shelf.catalogue.passages(batch)
        texts = [embedding_text(passages[id_].title, passages[id_].text, *cut) for id_ in batch]
        tokens = shelf.embedder.encode_with_tokens(texts)[1]
        yield from ((id_, one.rows) for id_, one in zip(batch, tokens, strict=True))
