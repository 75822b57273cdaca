"""How sure a measured value is: bootstrap intervals and the paired permutation test.  Pure, seeded, vectorised.

Percentile bootstrap over questions (Efron 1979) with 1,000 resamples; the same questions give the same interval
everywhere.  The test of a paired difference flips signs at random (Fisher's randomisation test), which Smucker, Allan
and Carterette (2007) recommend for rankings; with few differing questions every assignment of signs is tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eval.metrics import Values, calibration_bins, recall_at_refusals, wins

RESAMPLES = 1_000
FLIPS = 10_000
_SEED = 20_231
_LEVEL = (2.5, 97.5)
_EXACT_BELOW = 13  # 2^12 assignments of signs are fewer than FLIPS
_FLIPS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95% interval."""

    value: float
    low: float
    high: float


def mean_interval(values: Values) -> Interval | None:
    """Interval of a mean over questions; None where there are none."""
    if not len(values):
        return None
    return _interval(float(values.mean()), _counts(len(values)) @ values / len(values))


def median_interval(values: Values) -> Interval | None:
    """Interval of a median over questions."""
    if not len(values):
        return None
    drawn = np.random.default_rng(_SEED).integers(0, len(values), (RESAMPLES, len(values)))
    return _interval(float(np.median(values)), np.median(values[drawn], axis=1))


def ratio_interval(numerator: Values, denominator: Values) -> Interval | None:
    """Interval of a ratio of two sums over the same questions; None where the lower sum is 0."""
    if not len(denominator) or not denominator.sum():
        return None
    counts = _counts(len(denominator))
    below = counts @ denominator
    defined = below > 0
    return _interval(float(numerator.sum() / denominator.sum()), (counts @ numerator)[defined] / below[defined])


def auroc_interval(answerable: Values, unanswerable: Values) -> Interval | None:
    """Interval of the AUROC, the two groups resampled each on its own."""
    if not len(answerable) or not len(unanswerable):
        return None
    table = wins(answerable, unanswerable)
    above, below = _counts(len(answerable)), _counts(len(unanswerable), _SEED + 1)
    resampled = ((above @ table) * below).sum(axis=1) / table.size
    return _interval(float(table.mean()), resampled)


def calibration_error_interval(confidence: Values, answerable: Values) -> Interval | None:
    """Interval of the expected calibration error (Naeini et al. 2015).

    That is the mean distance between confidence and share answerable over the bins, weighted by their questions.
    """
    if not len(confidence):
        return None
    bins = calibration_bins(confidence)
    gaps = np.zeros((len(confidence), bins.max() + 1))
    gaps[np.arange(len(confidence)), bins] = confidence - answerable
    value = np.abs(gaps.sum(axis=0)).sum() / len(confidence)
    return _interval(float(value), np.abs(_counts(len(confidence)) @ gaps).sum(axis=1) / len(confidence))


def refusal_recall_interval(answerable: Values, unanswerable: Values, refused: float) -> Interval | None:
    """Interval of ``recall_at_refusals``, the two groups resampled each on its own."""
    value = recall_at_refusals(answerable, unanswerable, refused)
    if value is None:
        return None
    random = np.random.default_rng(_SEED)
    above = np.sort(answerable[random.integers(0, len(answerable), (RESAMPLES, len(answerable)))], axis=1)
    below = unanswerable[random.integers(0, len(unanswerable), (RESAMPLES, len(unanswerable)))]
    threshold = above[:, int(refused * len(answerable) + 1e-9)]
    return _interval(value, (below < threshold[:, None]).mean(axis=1))


def permutation_p(differences: Values) -> float:
    """Give the two-sided probability of so large a mean paired difference if the two systems were the same."""
    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    observed = abs(moved.sum()) - 1e-12
    if len(moved) < _EXACT_BELOW:
        signs = 1.0 - 2.0 * ((np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved))) & 1)
        return float((np.abs(signs @ moved) >= observed).mean())
    random = np.random.default_rng(_SEED)
    extreme = 0
    for _ in range(FLIPS // _FLIPS_AT_ONCE):
        signs = 1.0 - 2.0 * random.integers(0, 2, (_FLIPS_AT_ONCE, len(moved)))
        extreme += int((np.abs(signs @ moved) >= observed).sum())
    return (extreme + 1) / (FLIPS + 1)


def as_values(values: Sequence[float]) -> Values:
    """Give numbers as (n,) float64."""
    return np.asarray(values, dtype=np.float64)


def _counts(n: int, seed: int = _SEED) -> npt.NDArray[np.float64]:
    """How often each of ``n`` questions is drawn in each resample: (RESAMPLES, n)."""
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), RESAMPLES)
    return drawn.astype(np.float64)


def _interval(value: float, resampled: Values) -> Interval:
    low, high = np.percentile(resampled, _LEVEL)
    return Interval(value, float(low), float(high))
