"""Places on a map: like papers lie together, the same vectors give the same map, any number of papers gets one."""

from __future__ import annotations

import numpy as np
import pytest

from index_store import layout
from index_store.layout import lay_out
from index_store.protocols import Vectors


def topics(sizes: list[int], dim: int = 32, spread: float = 0.15) -> tuple[Vectors, np.ndarray]:
    """Unit vectors around one axis per topic, and the topic of each."""
    rng = np.random.default_rng(5)
    topic = np.repeat(np.arange(len(sizes)), sizes)
    rows = np.eye(dim)[topic] + rng.normal(size=(len(topic), dim)) * spread
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), topic


def neighbours_agree(places: np.ndarray, topic: np.ndarray) -> float:
    """The share of papers whose nearest other paper on the map is of the same topic."""
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return float((topic[distances.argmin(axis=1)] == topic).mean())


def test_papers_of_a_topic_lie_together() -> None:
    vectors, topic = topics([60, 50, 40, 30])
    places, clusters = lay_out(vectors)
    assert places.shape == (180, 2)
    assert neighbours_agree(places, topic) > 0.95
    # No cluster reaches into two topics to any extent.
    purity = sum(np.bincount(topic[clusters == number]).max() for number in np.unique(clusters)) / len(topic)
    assert purity > 0.95


def test_the_same_vectors_give_the_same_map() -> None:
    vectors, _ = topics([20, 20])
    first, again = lay_out(vectors), lay_out(vectors)
    assert (first[0] == again[0]).all()
    assert (first[1] == again[1]).all()


def test_clusters_are_numbered_by_size() -> None:
    _, clusters = lay_out(topics([70, 40, 20])[0])
    counts = np.bincount(clusters)
    assert counts.min() > 0
    assert counts.tolist() == sorted(counts.tolist(), reverse=True)


def test_papers_beyond_the_landmarks_lie_with_their_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "LANDMARKS", 60)
    vectors, topic = topics([150, 100, 50])
    order = np.random.default_rng(1).permutation(len(topic))
    places, clusters = lay_out(vectors[order])
    assert neighbours_agree(places, topic[order]) > 0.95
    assert len(np.unique(places.round(6), axis=0)) == 300, "no two papers on one spot"
    purity = sum(np.bincount(topic[order][clusters == number]).max() for number in np.unique(clusters)) / 300
    assert purity > 0.9


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 9])
def test_a_few_papers_are_a_map_too(count: int) -> None:
    places, clusters = lay_out(topics([count])[0] if count else np.zeros((0, 0), np.float32))
    assert places.shape == (count, 2)
    assert clusters.shape == (count,)
    assert np.isfinite(places).all()
    assert ((places >= 0) & (places <= 1)).all()


def test_papers_that_all_say_the_same_do_not_break_it() -> None:
    places, clusters = lay_out(np.tile(np.eye(8, dtype=np.float32)[0], (30, 1)))
    assert np.isfinite(places).all()
    assert len(clusters) == 30


def test_two_papers_lie_at_opposite_ends() -> None:
    places, clusters = lay_out(np.eye(2, 8, dtype=np.float32))
    assert sorted(places[:, 0].tolist()) == pytest.approx([0, 1], abs=1e-5)
    assert clusters.tolist() == [0, 0]
