"""Logistic regression on a handful of numbers, for calibration (Platt 1999).  Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_RIDGE = 1.0
_STEPS = 30
_STEEPEST = 30.0  # of a logit: beyond, the probability is 0 or 1 to double precision


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted model of ``d`` features: ``mean`` and ``scale`` (d,), and ``weights`` (d + 1,), intercept first."""

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]

    def probability(self, features: Floats) -> Floats:
        """Give the probability in [0, 1] of each row of ``(n, d)`` features: (n,)."""
        z = (features - np.array(self.mean)) / np.array(self.scale)
        return sigmoid(self.weights[0] + z @ np.array(self.weights[1:]))


def sigmoid(logits: Floats) -> Floats:
    """Turn ``(n,)`` logits into probabilities."""
    bounded = np.clip(logits, -_STEEPEST, _STEEPEST)
    probabilities: Floats = 1 / (1 + np.exp(-bounded))
    return probabilities


def fit(yes: Floats, no: Floats) -> Logistic:
    """Fit a ridge regression by Newton's method to ``(n, d)`` and ``(m, d)`` examples; both classes count alike."""
    x = np.vstack([yes, no])
    y = np.r_[np.ones(len(yes)), np.zeros(len(no))]
    each = np.r_[np.full(len(yes), len(x) / 2 / len(yes)), np.full(len(no), len(x) / 2 / len(no))]
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    z = np.c_[np.ones(len(x)), (x - mean) / scale]
    penalty = _RIDGE * np.diag([0.0, *np.ones(x.shape[1])])
    weights = np.zeros(z.shape[1])
    for _ in range(_STEPS):
        p = sigmoid(z @ weights)
        curvature = (z * (each * p * (1 - p))[:, None]).T @ z + penalty + 1e-9 * np.eye(len(weights))
        weights = weights + np.linalg.solve(curvature, z.T @ (each * (y - p)) - penalty @ weights)
    return Logistic(tuple(mean.tolist()), tuple(scale.tolist()), tuple(weights.tolist()))
