"""Four views of one question made one ranking: shared words, two of the meaning, and each word in its context.

Each view is scaled to [0, 1] over the pool of candidates, and they are added (CombSUM of Fox and Shaw, TREC-2 1994,
with the min-max scaling of Lee, SIGIR 1997).  Papers borrow a little of their neighbours' scores: near abstracts tend
to be relevant together (score regularisation of Diaz, CIKM 2005).  Then the question moves a little towards what was
found first (pseudo-relevance feedback of Rocchio, 1971), and the views are added and smoothed once more.  The weights
were chosen on dev halves, where others near them do as well; figures are in ``eval/results/retrieval-ablation.md``.
Pure: arrays in, arrays out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index_store.protocols import Vectors

Scores = npt.NDArray[np.float32]

NEIGHBOURS = 10
_BORROWED = 0.2
_WEIGHTS = (1.0, 0.75, 0.75, 1.0)  # of words, the best passage, the whole abstract and the words in context
_FEEDBACK = 0.3  # length by which the question moves
_FED = 3  # papers that it moves towards
_FLAT = 1e-6  # what lies below is noise of float32 sums, and must not be stretched into a ranking


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Of each of ``n`` candidates the ``k`` nearest others and their cosines, no negative ones: (n, k) each."""

    nearest: npt.NDArray[np.intp]
    cosines: Scores


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
    ``covered`` tells how well the abstract's tokens match the question's.
    """
    views = (scaled(lexical, 0.0), scaled(best_passage), scaled(whole), scaled(covered))
    summed = sum((weight * view for weight, view in zip(_WEIGHTS, views, strict=True)), np.zeros_like(lexical))
    fused: Scores = (summed / sum(_WEIGHTS)).astype(np.float32)
    return fused


def neighbourhood(vectors: Vectors, neighbours: int = NEIGHBOURS) -> Neighbourhood:
    """Find the nearest of ``n`` candidates to each, by ``(n, dim)`` unit vectors, ``k`` at most."""
    n = len(vectors)
    k = max(min(neighbours, n - 1), 0)
    if not k:
        return Neighbourhood(np.zeros((n, 0), np.intp), np.zeros((n, 0), np.float32))
    near = np.clip(vectors @ vectors.T, 0, None)
    np.fill_diagonal(near, -1)
    nearest = np.argpartition(-near, k - 1, axis=1)[:, :k]
    return Neighbourhood(nearest, np.clip(np.take_along_axis(near, nearest, axis=1), 0, None))


def smooth(scores: Scores, hood: Neighbourhood) -> Scores:
    """Let each of ``n`` candidates borrow from its neighbours: (n,) in [0, 1]."""
    total = hood.cosines.sum(axis=1)
    lent = (hood.cosines * scores[hood.nearest]).sum(axis=1)
    borrowed = np.where(total > _FLAT, lent / np.maximum(total, _FLAT), scores)
    smoothed: Scores = ((1 - _BORROWED) * scores + _BORROWED * borrowed).astype(np.float32)
    return smoothed


def feedback(scores: Scores, vectors: Vectors) -> Scores:
    """Tell what the cosine of each candidate gains where the question moves towards the best of them: (n,).

    The first few weigh what they have over the next one, so that nothing hangs on the order of those that tie.
    """
    if not len(scores):
        return scores
    over = scores - np.sort(scores)[::-1][min(_FED, len(scores) - 1)]
    centre = np.where(over > _FLAT, over, 0) @ vectors
    gained: Scores = (_FEEDBACK * (vectors @ (centre / max(float(np.linalg.norm(centre)), _FLAT)))).astype(np.float32)
    return gained
