"""The fit recovers what made the data, and treats both classes alike."""

from __future__ import annotations

import numpy as np
import pytest

from rag.logistic import fit, sigmoid


def test_two_separate_classes_are_told_apart() -> None:
    model = fit(np.array([[2.0], [3.0], [4.0]]), np.array([[-2.0], [-3.0], [-4.0]]))
    probabilities = model.probability(np.array([[-3.0], [0.0], [3.0]]))
    assert probabilities[0] < 0.3
    assert probabilities[1] == pytest.approx(0.5, abs=1e-6)
    assert probabilities[2] > 0.7


def test_a_rare_class_counts_as_much_as_a_common_one() -> None:
    few, many = np.array([[1.0]] * 5), np.array([[-1.0]] * 500)
    assert fit(few, many).probability(np.array([[0.0]]))[0] == pytest.approx(0.5, abs=0.02)


def test_the_weights_of_a_known_model_come_back() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(20_000, 2))
    drawn = rng.random(len(x)) < sigmoid(2.0 * x[:, 0] - 1.0 * x[:, 1])
    model = fit(x[drawn], x[~drawn])
    slopes = np.array(model.weights[1:]) / np.array(model.scale)
    assert slopes == pytest.approx([2.0, -1.0], abs=0.1)


def test_a_feature_that_never_varies_does_no_harm() -> None:
    model = fit(np.array([[1.0, 5.0], [2.0, 5.0]]), np.array([[-1.0, 5.0], [-2.0, 5.0]]))
    assert np.isfinite(model.weights).all()
    assert model.probability(np.array([[1.0, 5.0]]))[0] > 0.5


def test_extreme_logits_are_probabilities() -> None:
    assert sigmoid(np.array([-1e9, 0.0, 1e9])).tolist() == pytest.approx([0.0, 0.5, 1.0], abs=1e-12)
