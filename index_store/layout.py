"""Vectors -> places on a map: papers about like things lie close together, and fall into clusters.

t-SNE (van der Maaten and Hinton 2008) of a linear projection, which also gives the start, so that the same vectors give
the same map.  Beyond ``LANDMARKS`` papers only that many are laid out so, evenly taken; every other paper goes where
its nearest landmarks are.  Clusters are cut in the plane (Ward 1963), for they are there to be seen.  The only importer
of scikit-learn besides ``labels``.

Knows no paper and no word.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from index_store.protocols import Vectors

Places = npt.NDArray[np.float32]
Clusters = npt.NDArray[np.int16]

LANDMARKS = 4_000
_DIMENSIONS = 50  # of the linear projection: what lies beyond is noise to t-SNE, and costs time
_PERPLEXITY = 30.0
_NEIGHBOURS = 6  # landmarks that place another paper
_SCATTER = 0.35  # of the distance to them: papers beside one landmark must not lie on one spot
_ROUNDS = 750
_SAME = 1e-6  # vectors that differ by less are one
_FEW = 8  # below, t-SNE has nothing to say that the projection does not
_MOST_CLUSTERS = 24


def lay_out(vectors: Vectors) -> tuple[Places, Clusters]:
    """Place ``(n, dim)`` vectors: ``(n, 2)`` places in [0, 1] and ``(n,)`` cluster numbers, 0 the largest."""
    if not len(vectors):
        return np.zeros((0, 2), np.float32), np.zeros(0, np.int16)
    reduced = _projected(vectors)
    chosen = _landmarks(len(vectors))
    tells_apart = len(chosen) >= _FEW and reduced.any()
    marks = _t_sne(reduced[chosen]) if tells_apart else reduced[chosen, :2]
    places = marks if len(chosen) == len(vectors) else _placed(reduced, chosen, marks)
    clusters = _clusters(marks)
    if len(chosen) < len(vectors):
        clusters = clusters[_nearest(places, marks, 1)[1][:, 0]]
    return _framed(places), _by_size(clusters)


def _projected(vectors: Vectors) -> Vectors:
    from sklearn.decomposition import PCA  # type: ignore[import-untyped]  # it ships no types

    kept = min(_DIMENSIONS, *vectors.shape)
    if kept < 2 or np.ptp(vectors, axis=0).max() < _SAME:
        return np.zeros((len(vectors), 2), np.float32)
    projection = PCA(kept, svd_solver="covariance_eigh" if len(vectors) > vectors.shape[1] else "full")
    found: Vectors = projection.fit_transform(vectors).astype(np.float32)
    return found


def _landmarks(count: int) -> npt.NDArray[np.intp]:
    return np.unique(np.linspace(0, count - 1, min(count, LANDMARKS)).round().astype(np.intp))


def _t_sne(reduced: Vectors) -> Places:
    from sklearn.manifold import TSNE  # type: ignore[import-untyped]

    perplexity = min(_PERPLEXITY, (len(reduced) - 1) / 3)
    found: Places = TSNE(
        2, perplexity=perplexity, init="pca", learning_rate="auto", max_iter=_ROUNDS, random_state=0
    ).fit_transform(reduced)
    return found


def _placed(reduced: Vectors, chosen: npt.NDArray[np.intp], marks: Places) -> Places:
    """Put every paper among its nearest landmarks, the nearer the closer; landmarks stay where they are."""
    distances, nearest = _nearest(reduced, reduced[chosen], _NEIGHBOURS)
    weights = 1 / np.maximum(distances, 1e-6) ** 2
    weights /= weights.sum(axis=1, keepdims=True)
    among = marks[nearest]
    middle = np.einsum("nk,nkd->nd", weights, among)
    spread = np.median(np.linalg.norm(among - middle[:, None], axis=2), axis=1, keepdims=True)
    scatter = np.random.default_rng(0).normal(size=middle.shape) * np.minimum(spread, np.median(spread)) * _SCATTER
    places: Places = (middle + scatter).astype(np.float32)
    places[chosen] = marks
    return places


def _nearest(rows: Vectors, among: Vectors, k: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
    from sklearn.neighbors import NearestNeighbors  # type: ignore[import-untyped]

    distances, found = NearestNeighbors(n_neighbors=min(k, len(among))).fit(among).kneighbors(rows)
    return distances.astype(np.float32), found


def _clusters(marks: Places) -> Clusters:
    from sklearn.cluster import AgglomerativeClustering  # type: ignore[import-untyped]

    wanted = max(1, min(_MOST_CLUSTERS, round(math.sqrt(len(marks) / 2))))
    if len(marks) < 2 or wanted == 1:
        return np.zeros(len(marks), np.int16)
    found: Clusters = AgglomerativeClustering(wanted, linkage="ward").fit_predict(marks).astype(np.int16)
    return found


def _by_size(clusters: Clusters) -> Clusters:
    """Number the clusters anew: 0 is the largest, of equal ones the one that comes first."""
    names, first, counts = np.unique(clusters, return_index=True, return_counts=True)
    order = names[np.lexsort((first, -counts))]
    renamed = np.zeros(int(names.max()) + 1, np.int16)
    renamed[order] = np.arange(len(order))
    return renamed[clusters]


def _framed(places: Places) -> Places:
    """Scale into the unit square, each axis by itself: distances on the map mean little, and sheets are not square."""
    low, high = places.min(axis=0), places.max(axis=0)
    scale = np.where(high > low, high - low, 1)
    framed: Places = np.clip((places - low) / scale + (high == low) / 2, 0, 1).astype(np.float32)
    return framed
