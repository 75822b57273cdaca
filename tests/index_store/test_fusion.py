"""Fusing four views: by hand, and what holds for any numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from index_store import fusion
from index_store.fusion import Scores, feedback, fuse, neighbourhood, scaled

NONE = np.zeros(0, np.float32)


def scores(*values: float) -> Scores:
    return np.array(values, np.float32)


def some(n: int, low: float = -1.0) -> st.SearchStrategy[Scores]:
    return arrays.arrays(np.float32, n, elements=st.floats(low, 1, width=32))


def smooth(scores: Scores, vectors: np.ndarray, neighbours: int = fusion.NEIGHBOURS) -> Scores:
    return fusion.smooth(scores, neighbourhood(vectors, neighbours))


def test_scaled_from_the_smallest_or_from_a_floor() -> None:
    assert scaled(scores(2, 4, 3)).tolist() == [0, 1, 0.5]
    assert scaled(scores(2, 4, 3), 0.0).tolist() == [0.5, 1, 0.75]


@pytest.mark.parametrize("value", [0.0, 0.7, -3.0])
def test_equal_scores_say_nothing(value: float) -> None:
    assert scaled(scores(value, value, value)).tolist() == [0, 0, 0]
    assert scaled(scores(value)).tolist() == [0]


def test_noise_of_the_last_bits_says_nothing() -> None:
    assert scaled(scores(0.5, 0.5 + 6e-8)).tolist() == [0, 0]
    assert scaled(scores(0.5, 0.5001)).tolist() == [0, 1]


def test_no_candidates() -> None:
    assert scaled(NONE).shape == fuse(NONE, NONE, NONE, NONE).shape == (0,)
    none = np.zeros((0, 4), np.float32)
    assert smooth(NONE, none).shape == feedback(NONE, none).shape == (0,)


def test_one_candidate_keeps_only_its_words() -> None:
    """A lone candidate is the best and the worst by meaning; words are measured from none at all."""
    assert fuse(scores(3), scores(0.4), scores(0.4), scores(0.1)).tolist() == pytest.approx([1 / 3.5])
    assert fuse(scores(0), scores(0.4), scores(0.4), scores(0.1)).tolist() == [0]
    assert smooth(scores(0.3), np.eye(1, dtype=np.float32)).tolist() == pytest.approx([0.3])


def test_fused_by_hand() -> None:
    fused = fuse(scores(4, 2, 0), scores(0.1, 0.5, 0.3), scores(0.2, 0.2, 0.6), scores(0, 1, 0.25))
    by_words, by_passage, by_whole, by_cover = [1, 0.5, 0], [0, 1, 0.5], [0, 0, 1], [0, 1, 0.25]
    expected = [
        (w + 0.75 * (p + a) + c) / 3.5 for w, p, a, c in zip(by_words, by_passage, by_whole, by_cover, strict=True)
    ]
    assert fused.tolist() == pytest.approx(expected)


def test_neighbours_lend_a_fifth() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    # The first two have each other; the third is near no one and keeps its own.
    assert smooth(scores(1, 0, 0.5), vectors).tolist() == pytest.approx([0.8, 0.2, 0.5])


def test_only_the_nearest_lend() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8]], np.float32)
    assert smooth(scores(0, 1, 0.5), vectors, neighbours=1)[0] == pytest.approx(0.2)
    assert smooth(scores(0, 1, 0.5), vectors)[0] == pytest.approx(0.2 * (0.8 * 1 + 0.6 * 0.5) / 1.4)


def test_opposites_lend_nothing() -> None:
    vectors = np.array([[1, 0], [-1, 0]], np.float32)
    assert smooth(scores(1, 0), vectors).tolist() == pytest.approx([1, 0])


def test_feedback_is_the_cosine_with_the_best_ones_weighed_by_what_they_have_over_the_fourth() -> None:
    vectors = np.array([[1, 0], [0, 1], [1, 0], [0, 1], [0.6, 0.8]], np.float32)
    centre = np.array([0.7 + 0.1, 0.3]) / np.hypot(0.8, 0.3)  # 0.2 is the fourth best
    found = feedback(scores(0.9, 0.5, 0.3, 0.2, 0.1), vectors)
    assert found.tolist() == pytest.approx((0.3 * vectors @ centre).tolist())


@pytest.mark.parametrize("values", [(0.4,), (0.4, 0.4), (0.5 + 6e-8, 0.5, 0.5, 0.5), (0.0, 0.0, 0.0)])
def test_where_none_is_better_the_question_stays_where_it_is(values: tuple[float, ...]) -> None:
    assert feedback(scores(*values), np.eye(4, dtype=np.float32)[: len(values)]).tolist() == [0] * len(values)


def test_the_order_of_those_that_tie_says_nothing() -> None:
    """The third and the fourth score alike: whichever comes first, the question moves to the same place."""
    vectors = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0.6, 0.8]], np.float32)
    one, other = [0, 1, 2, 3], [0, 1, 3, 2]
    given_scores = scores(0.9, 0.7, 0.5, 0.5)
    assert feedback(given_scores, vectors[one])[one].tolist() == feedback(given_scores, vectors[other])[other].tolist()


@given(st.data(), st.integers(0, 14))
def test_results_lie_between_nought_and_one(data: st.DataObject, n: int) -> None:
    bm25 = data.draw(some(n, 0)) * 30
    fused = fuse(bm25, data.draw(some(n)), data.draw(some(n)), data.draw(some(n, 0)))
    vectors = data.draw(arrays.arrays(np.float32, (n, 4), elements=st.floats(-1, 1, width=16)))
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    smoothed = smooth(fused, vectors)
    for found in (fused, smoothed):
        assert (found.shape, found.dtype.name) == ((n,), "float32")
        assert ((found >= 0) & (found <= 1 + 1e-6)).all()


@given(st.integers(1, 14), st.floats(0, 1, width=32))
def test_equal_candidates_stay_equal(n: int, value: float) -> None:
    same = np.full(n, value, np.float32)
    assert len(set(smooth(fuse(same, same, same, same), np.eye(14, dtype=np.float32)[:n]).tolist())) == 1


@given(st.data(), st.integers(1, 11))  # so few that all are neighbours, and no tie decides who is
def test_what_lies_outside_of_the_core_changes_nothing_inside(data: st.DataObject, n: int) -> None:
    views = [data.draw(some(n, 0)) * 30, data.draw(some(n)), data.draw(some(n)), data.draw(some(n, 0))]
    core = data.draw(arrays.arrays(np.bool_, n))
    vectors = data.draw(arrays.arrays(np.float32, (n, 4), elements=st.floats(-1, 1, width=16)))
    fused, alone = fuse(*views, core), fuse(*(view[core] for view in views))
    smoothed = fusion.smooth(fused, neighbourhood(vectors, fusion.NEIGHBOURS, core))
    assert fused[core].tolist() == alone.tolist()
    assert smoothed[core].tolist() == pytest.approx(smooth(alone, vectors[core]).tolist(), abs=1e-6)
    moved = feedback(fused, vectors, core)[core]
    assert moved.tolist() == pytest.approx(feedback(alone, vectors[core]).tolist(), abs=1e-6)
    assert ((fused >= 0) & (fused <= 1)).all()
