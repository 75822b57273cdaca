"""Intervals and tests: exact where they can be worked out, the same at every run, in a sound place otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.bootstrap import (
    as_values,
    auroc_interval,
    calibration_error_interval,
    mean_interval,
    median_interval,
    permutation_p,
    ratio_interval,
    refusal_recall_interval,
)
from eval.metrics import auroc

shares = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_nothing_has_no_interval() -> None:
    none = as_values([])
    assert mean_interval(none) is None
    assert median_interval(none) is None
    assert ratio_interval(none, none) is None
    assert ratio_interval(as_values([0]), as_values([0])) is None
    assert auroc_interval(none, as_values([1])) is None
    assert calibration_error_interval(none, none) is None
    assert refusal_recall_interval(as_values([1]), none, 0.01) is None


def test_equal_values_leave_no_doubt() -> None:
    interval = mean_interval(as_values([0.25] * 8))
    assert interval is not None
    assert (interval.value, interval.low, interval.high) == (0.25, 0.25, 0.25)


def test_the_interval_of_a_coin_is_the_binomial_one() -> None:
    interval = mean_interval(as_values([0, 1] * 50))
    assert interval is not None
    assert interval.value == 0.5
    # 95% of a binomial share with n = 100 and p = 1/2 lies between 0.40 and 0.60
    assert (interval.low, interval.high) == pytest.approx((0.40, 0.60), abs=0.015)
    assert interval == mean_interval(as_values([0, 1] * 50))


def test_the_values_are_those_of_the_measures() -> None:
    answerable, other = as_values([0.9, 0.4, 0.7]), as_values([0.4, 0.1])
    area = auroc_interval(answerable, other)
    assert area is not None
    assert area.value == auroc(answerable, other)
    assert area.low <= area.value <= area.high


def test_calibration_error_by_hand() -> None:
    error = calibration_error_interval(as_values([0.95, 0.91, 1.0, 0.25]), as_values([1, 0, 1, 1]))
    assert error is not None
    # of three in the last bin two are answerable, and the one in the third is
    assert error.value == pytest.approx((3 * abs(2.86 / 3 - 2 / 3) + 1 * 0.75) / 4)
    assert error.low <= error.value <= error.high


def test_a_ratio_leaves_out_resamples_without_a_base() -> None:
    interval = ratio_interval(as_values([1, 0, 0]), as_values([1, 1, 0]))
    assert interval is not None
    assert (interval.value, interval.low, interval.high) == (0.5, 0.0, 1.0)


def test_median_by_hand() -> None:
    interval = median_interval(as_values([10, 20, 90]))
    assert interval is not None
    assert interval.value == 20
    assert {interval.low, interval.high} <= {10, 20, 90}


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([], 1.0),
        ([0, 0, 0], 1.0),
        ([1], 1.0),  # either sign is as extreme
        ([1, 1, 1, 1, 1], 2 / 32),  # all or none of the signs
        ([1, 1, 1, 1, 1, 1], 2 / 64),
        ([1, 1, -1], 1.0),  # |sum| = 1 is the smallest there is
        ([3, 1, 1], 2 / 8),
    ],
)
def test_few_differences_are_tested_exactly(differences: list[float], p: float) -> None:
    assert permutation_p(as_values(differences)) == pytest.approx(p)
    assert permutation_p(-as_values(differences)) == pytest.approx(p)


def test_many_differences_are_sampled() -> None:
    assert permutation_p(as_values([0.1] * 40)) < 0.001
    assert permutation_p(as_values([0.1, -0.1] * 20)) > 0.5


@given(shares)
def test_an_interval_lies_within_the_values(numbers: list[float]) -> None:
    interval = mean_interval(as_values(numbers))
    assert interval is not None
    assert min(numbers) - 1e-9 <= interval.low <= interval.high <= max(numbers) + 1e-9
