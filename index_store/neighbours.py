"""The papers nearest to a paper: by the cosine of their means, or, beyond what is held in memory, of their passages.

Knows no query.
"""

from __future__ import annotations

import numpy as np

from index_store.index import Index, means
from index_store.types import Hit

_ASKED = 10  # passages asked of the graph for each paper wanted
_DECIMALS = 6


def similar(index: Index, number: int, k: int) -> tuple[Hit, ...]:
    """Find the ``k`` papers nearest to the paper with this number, best first; none where it is not indexed yet."""
    position = int(np.searchsorted(index.papers, number))
    if k < 1 or position >= len(index.papers) or index.papers[position] != number:
        return ()
    if index.wholes is not None:
        scores = _in_memory(index, position, k)
    else:
        scores = _by_scan(index, position, k) if index.scan is not None else _by_graph(index, position, k)
    papers = index.shelf.catalogue.papers_by_number([found for found in scores if found != number])
    hits = [Hit(paper, round(min(max(scores[found], 0.0), 1.0), _DECIMALS), ()) for found, paper in papers.items()]
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.paper.id))[:k])


def _in_memory(index: Index, position: int, k: int) -> dict[int, float]:
    """Give the cosines of the best papers by number, some more than ``k``, for others may have been removed."""
    assert index.wholes is not None
    cosines = index.wholes @ index.wholes[position]
    best = np.argsort(-cosines, kind="stable")[: 2 * k + 1]
    return dict(zip(index.papers[best].tolist(), cosines[best].tolist(), strict=True))


def _by_scan(index: Index, position: int, k: int) -> dict[int, float]:
    assert index.scan is not None
    rows = index.scan.rows(np.arange(index.first[position], index.first[position + 1]))
    at, cosines = index.scan.nearest(means(rows, np.zeros(1, np.int64))[0], _ASKED * (k + 1))
    owners = index.papers[np.searchsorted(index.first, at, side="right") - 1]
    best: dict[int, float] = {}
    for owner, cosine in zip(owners.tolist(), cosines.tolist(), strict=True):
        best[owner] = max(best.get(owner, 0.0), cosine)
    return best


def _by_graph(index: Index, position: int, k: int) -> dict[int, float]:
    rows = index.shelf.vectors.get(index.passages_of(position))
    found = index.shelf.vectors.query(means(rows, np.zeros(1, np.int64))[0], _ASKED * (k + 1))
    scores = dict(zip(found.ids.tolist(), found.scores.tolist(), strict=True))
    owners = index.shelf.catalogue.owners(list(scores))
    best: dict[int, float] = {}
    for passage, owner in owners.items():
        best[owner] = max(best.get(owner, 0.0), scores[passage])
    return best
