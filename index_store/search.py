"""A query to papers: words, meaning and words in context, fused over a pool of candidates.

The best papers by BM25 and the best by cosine make the pool; the fusion of ``fusion`` orders it.  Its core is of the
same papers however many are asked for, and what they score is the same then.  Every ranking ends in a total order
(-score, paper id, start), so that the same library gives the same answer anywhere.  Knows no question and no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from index_store.fusion import Core, Scores, feedback, fuse, neighbourhood, smooth
from index_store.index import Index, bits_of, means, positions_of, rows_of
from index_store.late import beyond_chance, coverage, paper_matches, query_tokens
from index_store.protocols import TokenVectors, Vectors
from index_store.types import WHOLE_LIBRARY, Hit, PassageHit, Scope

POOL = 30  # best papers taken from each of the two rankings; 50 answer no better, and a search takes a third longer
_DEEPER = 1.5  # times as many as are asked for, where that is more: fusing them brings up those that both rank low
_RANKED = 1_000  # how deep the two rankings go, so that most of the pool has both scores
_LEAST_RANKED = 250  # of a scope in a large library; what is there the 250th of a fortieth is the 10,000th of all
_DEEPEST = 10_000  # how deep the graph is asked for the best of a scope: 70 ms at 100,000 passages, 30 ms for 1,000
_PASSAGES_PER_HIT = 3
_DECIMALS = 6  # of scores: what lies beyond is noise of float32 sums and must not decide an order


@dataclass(frozen=True, slots=True)
class Query:
    """A query with its vector (dim,) and its tokens, made in one pass of the embedder."""

    text: str
    vector: npt.NDArray[np.float32]
    tokens: TokenVectors


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well one paper matches, on absolute scales: cosine of its best passage, coverage in [0, 1], BM25."""

    cosine: float
    coverage: float
    bm25: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The papers found, best first, each with its evidence.

    ``matches`` (m, n): how well each of the ``m`` papers of the pool, best first, matches each content token of the
    query, by cosine; ``starts`` (n,): where those tokens start in the query.
    """

    hits: tuple[Hit, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    matches: Scores = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    starts: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    @property
    def nearest(self) -> float:
        """The cosine of the nearest passage found."""
        return max((e.cosine for e in self.evidence), default=0.0)

    @property
    def strongest(self) -> float:
        """The best BM25 score found, of any paper."""
        return max((e.bm25 for e in self.evidence), default=0.0)


def encode_query(index: Index, text: str) -> Query:
    """Make a query of a text."""
    return encode_queries(index, [text])[0]


def encode_queries(index: Index, texts: Sequence[str]) -> list[Query]:
    """Make queries of texts, in batches."""
    vectors, tokens = index.shelf.embedder.encode_with_tokens(texts)
    return [Query(*made) for made in zip(texts, vectors, tokens, strict=True)]


def by_words(index: Index, text: str, scope: Scope = WHOLE_LIBRARY) -> Scores:
    """Give what ``rank`` asks the words of a query for, which can be had while the query is encoded: (p,)."""
    return _bm25(index, text, _inside(index, scope))


def rank(
    index: Index, query: Query, k: int, scope: Scope = WHOLE_LIBRARY, words: Callable[[], Scores] | None = None
) -> Ranking:
    """Find the ``k`` best papers inside ``scope``, best first.  ``words`` gives ``by_words`` of the query and scope."""
    inside = _inside(index, scope)
    if k < 1 or not inside.any():
        return Ranking()
    cosines = _cosines(index, query.vector, inside)
    bm25 = words() if words else _bm25(index, query.text, inside)
    size = max(POOL, round(_DEEPER * k))
    pool, wholes = _wholes(index, _pool(cosines, bm25, inside, size))
    if not len(pool):
        return Ranking()
    core = np.isin(pool, _pool(cosines, bm25, inside, POOL)) if size > POOL else None
    if core is not None and not core.any():  # a running build has removed them
        core = None
    tokens = query_tokens(query.tokens, index.idf)
    matches = paper_matches(tokens, bits_of(index, pool), core)
    covered = coverage(tokens, matches.best)
    whole = wholes @ query.vector
    best = np.where(np.isneginf(cosines[pool]), whole, cosines[pool]).astype(np.float32)
    scores = _fused(bm25[pool], best, whole, beyond_chance(tokens, matches), wholes, core)
    order = np.argsort(-scores, kind="stable")
    evidence = {
        int(pool[at]): Evidence(float(best[at]), float(covered[at]), float(bm25[pool[at]])) for at in order.tolist()
    }
    # Twice as many as wanted, for some may be gone, and all that tie with the last: their ids decide.
    deepest = scores[order[min(2 * k, len(order)) - 1]]
    ranked = [(int(pool[at]), float(scores[at])) for at in order.tolist() if scores[at] >= deepest]
    hits = _hits(index, ranked, query.vector, k)
    leading = [int(np.searchsorted(pool, position)) for position, _ in hits]  # ties and removals are settled by now
    rest = [at for at in order.tolist() if at not in leading]
    found = tuple(evidence[position] for position, _ in hits)
    return Ranking(tuple(hit for _, hit in hits), found, matches.best[[*leading, *rest]], query.tokens.starts)


def _inside(index: Index, scope: Scope) -> npt.NDArray[np.bool_]:
    if not scope:
        return np.ones(len(index.papers), np.bool_)
    return np.isin(index.papers, index.shelf.catalogue.numbers_in(scope), assume_unique=True)


def _depth(index: Index, inside: npt.NDArray[np.bool_]) -> int:
    """Tell how deep the rankings go: of a large library, in a scope in proportion to its papers, and at least some."""
    if index.scan is None:
        return _RANKED
    share = np.count_nonzero(inside) / max(len(inside), 1)
    return min(_RANKED, max(_LEAST_RANKED, round(_RANKED * share)))


def _cosines(index: Index, vector: npt.NDArray[np.float32], inside: npt.NDArray[np.bool_]) -> Scores:
    """Give the cosine of each paper's best passage, -inf where it is not among the nearest: (p,)."""
    if index.matrix is not None:
        return np.maximum.reduceat(index.matrix @ vector, index.first[:-1]).astype(np.float32)
    best = np.full(len(index.papers), -np.inf, np.float32)
    if index.scan is not None:
        within = None if inside.all() else np.repeat(inside, np.diff(index.first))
        at, cosines = index.scan.nearest(vector, _depth(index, inside), within)
        np.maximum.at(best, np.searchsorted(index.first, at, side="right") - 1, cosines)
        return best
    passages = int(np.diff(index.first)[inside].sum())
    if passages <= 2 * _RANKED:  # a small scope, which the graph's best may all lie outside
        _, owners, rows = rows_of(index, np.flatnonzero(inside))
        np.maximum.at(best, owners, rows @ vector)
        return best
    found = index.shelf.vectors.query(vector, min(_RANKED * len(index.ids) // passages, max(_DEEPEST, _RANKED)))
    at = index.by_id[np.minimum(np.searchsorted(index.ids, found.ids, sorter=index.by_id), len(index.ids) - 1)]
    known = index.ids[at] == found.ids
    owners = np.searchsorted(index.first, at[known], side="right") - 1
    np.maximum.at(best, owners, found.scores[known])
    return best


def _bm25(index: Index, query: str, inside: npt.NDArray[np.bool_]) -> Scores:
    """Give the BM25 score of the best papers ``inside``, 0 to those that share no word with the query: (p,)."""
    depth = _depth(index, inside)
    found = index.shelf.lexical.query(query, depth, None if inside.all() else index.papers[inside])
    scores = np.zeros(len(index.papers), np.float32)
    at = positions_of(index.papers, found.ids)
    scores[at[at >= 0]] = found.scores[at >= 0]
    return scores


def _pool(cosines: Scores, bm25: Scores, inside: npt.NDArray[np.bool_], size: int) -> npt.NDArray[np.intp]:
    """Unite the positions of the best ``size`` papers of each ranking, ascending."""
    best = []
    for scores, present in ((cosines, ~np.isneginf(cosines)), (bm25, bm25 > 0)):
        candidates = np.flatnonzero(present & inside)
        if len(candidates) > size:  # only those as good as the last that is wanted need an order
            candidates = candidates[scores[candidates] >= np.partition(scores[candidates], -size)[-size]]
        best.append(candidates[np.argsort(-scores[candidates], kind="stable")[:size]])
    return np.unique(np.concatenate(best))


def _fused(
    bm25: Scores, best: Scores, whole: Scores, covered: Scores, wholes: Vectors, core: Core | None
) -> npt.NDArray[np.float64]:
    """Fuse the views of the pool twice, with feedback from the first time: (n,), rounded."""
    hood = neighbourhood(wholes, core=core)
    gained = feedback(smooth(fuse(bm25, best, whole, covered, core), hood), wholes, core)
    scores = smooth(fuse(bm25, best + gained, whole + gained, covered, core), hood)
    return scores.astype(np.float64).round(_DECIMALS)


def _wholes(index: Index, pool: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.intp], Vectors]:
    """Give the papers of the pool that have vectors, and the mean of each: (n,) and (n, dim)."""
    if index.wholes is not None:
        return pool, index.wholes[pool]
    _, owners, rows = rows_of(index, pool)
    held, first = np.unique(owners, return_index=True)
    return held, means(rows, first)


def _hits(
    index: Index, ranked: Sequence[tuple[int, float]], vector: npt.NDArray[np.float32], k: int
) -> list[tuple[int, Hit]]:
    """Give the ``k`` best papers of ``ranked`` (position, score) with their best passages, in the total order."""
    ids, _, rows = rows_of(index, np.array([position for position, _ in ranked], np.intp))
    cosines = dict(zip(ids.tolist(), (rows @ vector).tolist(), strict=True))
    hits: list[tuple[int, Hit]] = []
    for depth in (k, len(ranked)):  # the others are read only where some of the first are gone
        if len(hits) < min(k, len(ranked)):
            least = ranked[min(depth, len(ranked)) - 1][1]
            taken = {position: score for position, score in ranked if score >= least}
            hits = _read(index, taken, cosines)
    return hits[:k]


def _read(index: Index, ranked: dict[int, float], cosines: dict[int, float]) -> list[tuple[int, Hit]]:
    """Read the papers of ``ranked``, scores by position, from the catalogue, with those passages that have a cosine."""
    numbers = {position: int(index.papers[position]) for position in ranked}
    papers = index.shelf.catalogue.papers_by_number(list(numbers.values()))
    passages = index.shelf.catalogue.passages_of(papers)
    hits = []
    for position, score in ranked.items():
        mine = [passages[id_] for id_ in index.passages_of(position) if id_ in cosines and id_ in passages]
        if numbers[position] not in papers or not mine:  # a running build has removed it
            continue
        found = [PassageHit(p, round(cosines[p.id], _DECIMALS)) for p in mine]
        found.sort(key=lambda hit: (-hit.score, hit.passage.start))
        hits.append((position, Hit(papers[numbers[position]], score, tuple(found[:_PASSAGES_PER_HIT]))))
    return sorted(hits, key=lambda pair: (-pair[1].score, pair[1].paper.id))
