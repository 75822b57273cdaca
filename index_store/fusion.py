"""Four views of one question made one ranking: shared words, two of the meaning, and each word in its context.

Each view is scaled to [0, 1] over the pool of candidates, and they are added (CombSUM of Fox and Shaw, TREC-2 1994,
with the min-max scaling of Lee, SIGIR 1997).  Papers borrow a little of their neighbours' scores: near abstracts tend
to be relevant together (score regularisation of Diaz, CIKM 2005).  Then the question moves a little towards what was
found first (pseudo-relevance feedback of Rocchio, 1971), and the views are added and smoothed once more.  Where many
papers are asked for, a ``core`` of the candidates sets the scales, lends and feeds back, so that what the others are
changes nothing about them.  The weights
were chosen on dev halves, where others near them do as well; figures are in ``eval/results/retrieval-ablation.md``.
Pure: arrays in, arrays out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index_store.protocols import Vectors

Scores = npt.NDArray[np.float32]
Core = npt.NDArray[np.bool_]

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


def scaled(scores: Scores, low: float | None = None, core: Core | None = None) -> Scores:
    """Stretch ``(n,)`` scores to [0, 1], from ``low`` or the smallest of the core to its largest; equal ones become 0.

    Those outside of the core (n,), which is all where there is none, become at least 0 and at most 1.
    """
    of = scores if core is None else scores[core]
    if of.size == 0:
        return np.zeros_like(scores)
    floor = float(of.min()) if low is None else low
    span = float(of.max()) - floor
    if span <= _FLAT:
        return np.zeros_like(scores)
    stretched: Scores = np.clip((scores - floor) / span, 0, 1).astype(np.float32)
    return stretched


def fuse(lexical: Scores, best_passage: Scores, whole: Scores, covered: Scores, core: Core | None = None) -> Scores:
    """Fuse the views of ``n`` candidates into scores in [0, 1]: (n,).

    ``lexical`` is BM25, ``best_passage`` and ``whole`` are cosines of the best passage and of the whole abstract,
    ``covered`` tells how well the abstract's tokens match the question's.
    """
    views = (scaled(lexical, 0.0, core), *(scaled(view, None, core) for view in (best_passage, whole, covered)))
    summed = sum((weight * view for weight, view in zip(_WEIGHTS, views, strict=True)), np.zeros_like(lexical))
    fused: Scores = (summed / sum(_WEIGHTS)).astype(np.float32)
    return fused


def neighbourhood(vectors: Vectors, neighbours: int = NEIGHBOURS, core: Core | None = None) -> Neighbourhood:
    """Find the nearest of ``n`` candidates to each, ``k`` at most, in the core, by ``(n, dim)`` unit vectors."""
    n = len(vectors)
    k = max(min(neighbours, (n if core is None else np.count_nonzero(core)) - 1), 0)
    if not k:
        return Neighbourhood(np.zeros((n, 0), np.intp), np.zeros((n, 0), np.float32))
    near = np.clip(vectors @ vectors.T, 0, None)
    np.fill_diagonal(near, -1)
    if core is not None:
        near[:, ~core] = -1
    nearest = np.argpartition(-near, k - 1, axis=1)[:, :k]
    return Neighbourhood(nearest, np.clip(np.take_along_axis(near, nearest, axis=1), 0, None))


def smooth(scores: Scores, hood: Neighbourhood) -> Scores:
    """Let each of ``n`` candidates borrow from its neighbours: (n,) in [0, 1]."""
    total = hood.cosines.sum(axis=1)
    lent = (hood.cosines * scores[hood.nearest]).sum(axis=1)
    borrowed = np.where(total > _FLAT, lent / np.maximum(total, _FLAT), scores)
    smoothed: Scores = ((1 - _BORROWED) * scores + _BORROWED * borrowed).astype(np.float32)
    return smoothed


def feedback(scores: Scores, vectors: Vectors, core: Core | None = None) -> Scores:
    """Tell what the cosine of each candidate gains where the question moves towards the best of the core: (n,).

    The first few weigh what they have over the next one, so that nothing hangs on the order of those that tie.
    """
    of, leading = (scores, vectors) if core is None else (scores[core], vectors[core])
    if not len(of):
        return np.zeros_like(scores)
    over = of - np.sort(of)[::-1][min(_FED, len(of) - 1)]
    centre = np.where(over > _FLAT, over, 0) @ leading
    gained: Scores = (_FEEDBACK * (vectors @ (centre / max(float(np.linalg.norm(centre)), _FLAT)))).astype(np.float32)
    return gained
