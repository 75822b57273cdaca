"""A query to papers: dense and lexical search over passages, fused and grouped by paper.

Every ranking ends in a total order (-score, paper id, start), so that the same library gives the same answer anywhere.
Knows no question and no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index_store.fusion import Scores, best_per_group, fuse
from index_store.protocols import Ids, Vectors
from index_store.shelf import Shelf
from index_store.types import WHOLE_LIBRARY, Hit, PassageHit, Scope

Positions = npt.NDArray[np.intp]  # of passages in an index's arrays

HELD_IN_MEMORY = 100_000  # passages whose vectors are kept in memory and compared one and all
POOL = 1_000  # passages taken from each ranking
_PASSAGES_PER_HIT = 3


@dataclass(frozen=True, slots=True)
class Index:
    """A published index, ready to search.  ``matrix`` (n, dim) holds the vectors of ``ids``, None beyond the limit."""

    shelf: Shelf
    ids: Ids
    numbers: Ids
    matrix: Vectors | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The papers found, best first, and how near the nearest passage of the library is to the query (cosine)."""

    hits: tuple[Hit, ...]
    nearest: float


def load_index(shelf: Shelf) -> Index:
    """Read what a search needs to have at hand."""
    table = shelf.catalogue.passage_table()
    ids, numbers = table[:, 0], table[:, 1]
    if len(ids) > HELD_IN_MEMORY:
        return Index(shelf, ids, numbers, None)
    stored, rows = shelf.vectors.all()
    here = np.isin(ids, stored, assume_unique=True)  # passages that a running build has not embedded yet are left out
    ids, numbers = ids[here], numbers[here]
    return Index(shelf, ids, numbers, rows[np.searchsorted(stored, ids)])


def rank(index: Index, query: str, k: int, scope: Scope = WHOLE_LIBRARY) -> Ranking:
    """Find the ``k`` best papers inside ``scope``, best first."""
    if not len(index.ids) or not query.strip():
        return Ranking((), 0.0)
    vector = index.shelf.embedder.encode([query])[0]
    positions, dense = _dense(index, vector, scope)
    if not len(positions):
        return Ranking((), 0.0)
    lexical = _lexical(index, query, positions)
    papers, group = np.unique(index.numbers[positions], return_inverse=True)
    by_passage = fuse(dense, lexical)
    fused = fuse(best_per_group(dense, group, len(papers)), best_per_group(lexical, group, len(papers)))
    best = np.argsort(-fused, kind="stable")[: k * 2]
    ranked = list(zip(papers[best].tolist(), fused[best].tolist(), strict=True))
    hits = _hits(index, ranked, positions, by_passage)
    return Ranking(tuple(hits[:k]), float(dense.max()))


def _dense(index: Index, vector: npt.NDArray[np.float32], scope: Scope) -> tuple[Positions, Scores]:
    """Give the positions of the candidate passages, and their cosines."""
    if index.matrix is None:
        found = index.shelf.vectors.query(vector, POOL)
        positions = np.searchsorted(index.ids, found.ids)
        known = (positions < len(index.ids)) & (index.ids[np.minimum(positions, len(index.ids) - 1)] == found.ids)
        positions, scores = positions[known], found.scores[known]
    else:
        positions, scores = np.arange(len(index.ids)), index.matrix @ vector
    if scope:
        inside = np.isin(index.numbers[positions], index.shelf.catalogue.numbers_in(scope))
        positions, scores = positions[inside], scores[inside]
    return positions, scores


def _lexical(index: Index, query: str, positions: Positions) -> Scores:
    """Give the BM25 scores of the passages at ``positions``, 0 where they share no word with the query."""
    found = index.shelf.lexical.query(query, POOL)
    scores = np.zeros(len(positions), dtype=np.float32)
    ids = index.ids[positions]
    order = np.argsort(found.ids)
    at = np.searchsorted(found.ids[order], ids)
    at = np.minimum(at, max(len(order) - 1, 0))
    if len(order):
        match = found.ids[order][at] == ids
        scores[match] = found.scores[order][at][match]
    return scores


def _hits(index: Index, ranked: Sequence[tuple[int, float]], positions: Positions, by_passage: Scores) -> list[Hit]:
    """Give the papers of ``ranked`` (number, score) with their best passages."""
    papers = index.shelf.catalogue.papers_by_number([number for number, _ in ranked])
    numbers = index.numbers[positions]
    hits = []
    for number, score in ranked:
        if number in papers:  # a running build may have removed it
            mine = np.flatnonzero(numbers == number)
            best = mine[np.lexsort((positions[mine], -by_passage[mine]))][:_PASSAGES_PER_HIT]
            hits.append(Hit(papers[number], score, _passage_hits(index, positions[best], by_passage[best])))
    return sorted(hits, key=lambda hit: (-hit.score, hit.paper.id))


def _passage_hits(index: Index, positions: Positions, scores: Scores) -> tuple[PassageHit, ...]:
    found = index.shelf.catalogue.passages(index.ids[positions].tolist())
    hits = [
        PassageHit(found[int(index.ids[position])], float(score))
        for position, score in zip(positions, scores, strict=True)
        if int(index.ids[position]) in found
    ]
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.passage.start)))
