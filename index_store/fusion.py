"""Three views of one question made one ranking: shared words, meaning of the whole, meaning of each word in context.

Each view is scaled to [0, 1] over the pool of candidates, and they are added with equal weights (CombSUM of Fox and
Shaw, TREC-2 1994, with the min-max scaling of Lee, SIGIR 1997); no weight is tuned.  Then papers borrow a little of
their neighbours' scores: near abstracts tend to be relevant together (score regularisation of Diaz, CIKM 2005).
Figures are in ``eval/results/retrieval-ablation.md``.
Pure: arrays in, arrays out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]

NEIGHBOURS = 10
_BORROWED = 0.2
_VIEWS = 3
_FLAT = 1e-6  # what lies below is noise of float32 sums, and must not be stretched into a ranking


def scaled(scores: Scores, low: float | None = None) -> Scores:
    """Stretch ``(n,)`` scores to [0, 1], from ``low`` or their smallest to their largest; equal ones become 0."""
    if scores.size == 0:
        return scores
    floor = float(scores.min()) if low is None else low
    span = float(scores.max()) - floor
    if span <= _FLAT:
        return np.zeros_like(scores)
    stretched: Scores = ((scores - floor) / span).astype(np.float32)
    return stretched


def fuse(lexical: Scores, best_passage: Scores, whole: Scores, covered: Scores) -> Scores:
    """Fuse the views of ``n`` candidates into scores in [0, 1]: (n,).

    ``lexical`` is BM25, ``best_passage`` and ``whole`` are cosines of the best passage and of the whole abstract,
    ``covered`` is the coverage of the question's words by the abstract's tokens.
    """
    views = scaled(lexical, 0.0) + (scaled(best_passage) + scaled(whole)) / 2 + scaled(covered)
    fused: Scores = (views / _VIEWS).astype(np.float32)
    return fused


def smooth(scores: Scores, vectors: npt.NDArray[np.float32], neighbours: int = NEIGHBOURS) -> Scores:
    """Let each of ``n`` candidates borrow from its nearest ones by ``(n, dim)`` unit vectors: (n,) in [0, 1]."""
    n = len(scores)
    k = min(neighbours, n - 1)
    if k < 1:
        return scores
    near = np.clip(vectors @ vectors.T, 0, None)
    np.fill_diagonal(near, -1)
    nearest = np.argpartition(-near, k - 1, axis=1)[:, :k]
    weights = np.clip(np.take_along_axis(near, nearest, axis=1), 0, None)
    total = weights.sum(axis=1)
    borrowed = np.where(total > _FLAT, (weights * scores[nearest]).sum(axis=1) / np.maximum(total, _FLAT), scores)
    smoothed: Scores = ((1 - _BORROWED) * scores + _BORROWED * borrowed).astype(np.float32)
    return smoothed
