"""The measures against values worked out by hand, and what must hold for any input."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import (
    auroc,
    calibration,
    citation_scores,
    coverage_curve,
    fact_found,
    fact_found_strictly,
    ndcg_at,
    percentile,
    recall_at,
    recall_at_refusals,
    reciprocal_rank,
    words,
)

RANKING = ["p3", "p1", "p4", "p2"]
confidences = st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), min_size=1, max_size=12)


def values(*numbers: float) -> np.ndarray:
    return np.asarray(numbers, float)


def test_recall_is_the_share_of_the_gold_papers() -> None:
    gold = {"p1", "p2"}
    assert [recall_at(RANKING, gold, k) for k in (1, 2, 3, 4)] == [0, 0.5, 0.5, 1]
    assert recall_at(RANKING, set(), 5) is None


def test_reciprocal_rank_is_that_of_the_first_gold_paper() -> None:
    assert reciprocal_rank(RANKING, {"p2", "p1"}) == 1 / 2
    assert reciprocal_rank(RANKING, {"p9"}) == 0
    assert reciprocal_rank(RANKING, set()) is None


def test_ndcg_discounts_by_rank_and_weighs_by_grade() -> None:
    # gains at ranks 2 and 4; the best order has them at ranks 1 and 2
    assert ndcg_at(RANKING, {"p1": 1, "p2": 1}, 10) == pytest.approx((1 / log2(3) + 1 / log2(5)) / (1 + 1 / log2(3)))
    assert ndcg_at(RANKING, {"p3": 1, "p1": 2}, 10) == pytest.approx((1 + 2 / log2(3)) / (2 + 1 / log2(3)))
    assert ndcg_at(RANKING, {"p1": 1, "p2": 1}, 2) == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))
    assert ndcg_at(RANKING, {"p3": -1, "p1": 1}, 10) == pytest.approx(1 / log2(3))  # a negative grade gains nothing
    assert ndcg_at(RANKING, {"p1": 0}, 10) is None


@pytest.mark.parametrize(
    ("text", "loose", "strict"),
    [
        ("It counts 4 sheep. [1]", True, True),
        ("It counts 45 sheep. [1]", True, False),
        ("It needs 4.5 hours. [1]", True, False),
        ("It needs 1,4 hours.", True, False),
        ("It counts sheep. [4]", True, False),
        ("It counts sheep [2, 4].", True, False),
        ("It counts four.", False, False),
        ("Some (4) of them; FOUR  WORDS", True, True),
    ],
)
def test_whole_words_are_stricter(text: str, loose: bool, strict: bool) -> None:
    assert fact_found(text, ["4"]) is loose
    assert fact_found_strictly(text, ["4"]) is strict


def test_any_alternative_will_do_in_any_case() -> None:
    assert fact_found("forty per cent, 46\\%", ["40%", "Forty Per Cent"])
    assert fact_found_strictly("about FORTY\nper   cent [3].", ["40%", "forty per cent"])
    assert fact_found_strictly("a share of 46%.", ["46%"])


def test_a_line_break_does_not_hide_a_fact_and_a_marker_does() -> None:
    assert fact_found("a frozen\nweight x", ["frozen weight"])
    assert fact_found_strictly("a frozen\nweight x", ["frozen weight"])
    assert not fact_found("a frozen [1] weight x", ["frozen weight"])
    assert not fact_found_strictly("a frozen [1] weight x", ["frozen weight"])


def test_words_are_counted_without_markers() -> None:
    assert words("Alpha counts 45 sheep. [1][2] It sleeps [1, 3].") == 6


def test_citations_are_scored_after_alce() -> None:
    # two sentences: the first cites a gold and another paper, the second only another one
    assert citation_scores([[True, False], [False]]).precision == 1 / 3
    assert citation_scores([[True, False], [False]]).recall == 1 / 2
    # an uncited sentence lowers recall alone; a marker that names no paper lowers precision alone
    assert (citation_scores([[True], []], 1).precision, citation_scores([[True], []], 1).recall) == (1 / 2, 1 / 2)
    assert (citation_scores([]).precision, citation_scores([]).recall) == (0, 0)


def test_auroc_counts_pairs() -> None:
    # 0.9 beats both, 0.4 beats 0.1 and ties with 0.4: (2 + 1.5) / 4
    assert auroc(values(0.9, 0.4), values(0.4, 0.1)) == pytest.approx(3.5 / 4)
    assert auroc(values(), values(0.4)) is None
    assert auroc(values(0.4), values()) is None


def test_the_curve_answers_equal_confidences_together() -> None:
    curve = coverage_curve(values(0.9, 0.5, 0.5, 0.1), values(1, 0, 1, 1))
    assert [(p["threshold"], p["coverage"]) for p in curve] == [(0.9, 0.25), (0.5, 0.75), (0.1, 1.0)]
    assert [p["precision"] for p in curve] == pytest.approx([1, 2 / 3, 3 / 4])
    assert [p["answerable_coverage"] for p in curve] == pytest.approx([1 / 3, 2 / 3, 1])
    assert coverage_curve(values(), values()) == []


def test_calibration_by_hand() -> None:
    confidence, truth = values(0.95, 0.91, 1.0, 0.25), values(1, 0, 1, 1)
    bins = calibration(confidence, truth)
    assert [b["questions"] for b in bins] == [1, 3]
    assert bins[1] == pytest.approx({"confidence": 2.86 / 3, "answerable": 2 / 3, "questions": 3})


def test_refusing_a_share_of_the_answerable() -> None:
    answerable, other = values(0.2, 0.6, 0.7, 0.9), values(0.1, 0.3, 0.65)
    assert recall_at_refusals(answerable, other, 0.0) == pytest.approx(1 / 3)  # threshold 0.2
    assert recall_at_refusals(answerable, other, 0.25) == pytest.approx(2 / 3)  # threshold 0.6
    assert recall_at_refusals(answerable, values(), 0.25) is None


def test_percentiles_of_nothing_do_not_exist() -> None:
    assert percentile([1, 2, 3], 50) == 2
    assert percentile([], 50) is None


@given(confidences, confidences)
def test_auroc_of_the_exchanged_groups_is_the_rest(left: list[float], right: list[float]) -> None:
    there, back = auroc(values(*left), values(*right)), auroc(values(*right), values(*left))
    assert there is not None
    assert back is not None
    assert there + back == pytest.approx(1)


@given(confidences, st.data())
def test_the_curve_ends_at_full_coverage_and_never_turns_back(confidence: list[float], data: st.DataObject) -> None:
    truth = data.draw(st.lists(st.booleans(), min_size=len(confidence), max_size=len(confidence)))
    curve = coverage_curve(values(*confidence), values(*truth))
    assert curve[-1]["coverage"] == 1
    assert curve[-1]["precision"] == pytest.approx(sum(truth) / len(truth))
    assert [p["coverage"] for p in curve] == sorted({p["coverage"] for p in curve})


@given(st.permutations("abcdefgh"), st.sets(st.sampled_from("abcdefghxyz"), min_size=1))
def test_measures_of_a_ranking_lie_between_0_and_1_and_recall_grows(ranking: list[str], gold: set[str]) -> None:
    recalls = [recall_at(ranking, gold, k) or 0 for k in range(1, 10)]
    assert recalls == sorted(recalls)
    ndcg = ndcg_at(ranking, dict.fromkeys(gold, 1), 5)
    assert ndcg is not None
    assert 0 <= ndcg <= 1 + 1e-12


@given(st.lists(st.sampled_from(["a", "b", "4", ".", " ", "\n", " [4]"]), max_size=9), st.text("ab4. \n", max_size=4))
def test_whole_words_never_find_more(pieces: list[str], alternative: str) -> None:
    text = "".join(pieces)
    assert fact_found(text, [alternative]) >= fact_found_strictly(text, [alternative])
