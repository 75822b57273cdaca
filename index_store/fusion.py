"""Two rankings made one: a weighted sum of min-max normalised scores.

Dense and lexical scores live on different scales; normalised over the pool of candidates they add up.  The method is
Fox and Shaw's CombSUM (1994, TREC-2) with Lee's min-max normalisation (1997, SIGIR).  Pure: arrays in, arrays out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]

DENSE_WEIGHT = 0.6


def min_max(scores: Scores) -> Scores:
    """Stretch ``(n,)`` scores to [0, 1]; all equal ones become 0, or 1 where they are above 0."""
    if scores.size == 0:
        return scores
    low, high = float(scores.min()), float(scores.max())
    if high == low:
        return np.full_like(scores, 1.0 if high > 0 else 0.0)
    return ((scores - low) / (high - low)).astype(np.float32)


def fuse(dense: Scores, lexical: Scores) -> Scores:
    """Fuse ``(n,)`` cosines and ``(n,)`` BM25 scores of the same candidates into ``(n,)`` scores in [0, 1]."""
    fused: Scores = (DENSE_WEIGHT * min_max(dense) + (1 - DENSE_WEIGHT) * min_max(lexical)).astype(np.float32)
    return fused


def best_per_group(values: Scores, groups: npt.NDArray[np.int64], n_groups: int) -> Scores:
    """Give the largest of ``(n,)`` values in each of ``n_groups`` groups, 0 where a group has none."""
    best = np.full(n_groups, -np.inf, dtype=np.float32)
    np.maximum.at(best, groups, values)
    best[np.isneginf(best)] = 0.0
    return best
