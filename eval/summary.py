"""Rows to results: every measure by question type and overall with its 95% interval, the curve, the latency.  Pure.

A measure without a question to be taken on is None.  Knows no file and no assistant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eval.bootstrap import (
    Interval,
    as_values,
    auroc_interval,
    calibration_error_interval,
    mean_interval,
    median_interval,
    ratio_interval,
    refusal_recall_interval,
)
from eval.metrics import Values, calibration, coverage_curve, percentile
from eval.questions import TYPES
from eval.rows import Row


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure: what it is called, whether more is better (1), less (-1) or neither (0), and what it says."""

    name: str
    label: str
    better: int
    meaning: str


METRICS = (
    Metric("recall@1", "Recall@1", 1, "share of the right papers ranked first"),
    Metric("recall@5", "Recall@5", 1, "share of the right papers among the first 5"),
    Metric("recall@10", "Recall@10", 1, "share of the right papers among the first 10"),
    Metric("mrr", "MRR", 1, "1 / rank of the first right paper, within 10"),
    Metric("ndcg@10", "nDCG@10", 1, "discounted gain of the first 10, of the best possible"),
    Metric("fact_recall", "Fact recall", 1, "share of the facts that the answer states"),
    Metric("fact_recall_strict", "Fact recall, whole words", 1, "the same, facts counted as whole words only"),
    Metric("citation_precision", "Citation precision", 1, "share of the citations that name a right paper (ALCE)"),
    Metric("citation_recall", "Citation recall", 1, "share of the sentences that cite a right paper (ALCE)"),
    Metric("answer_words", "Words, median", 0, "length of the answers"),
    Metric("answerable_refused", "Answerable refused", -1, "share of the answerable questions that were refused"),
    Metric("abstention_precision", "Abstention precision", 1, "share of the refused that have no answer here"),
    Metric("abstention_recall", "Abstention recall", 1, "share of those without an answer that were refused"),
    Metric("abstention_recall@1%", "Abstention recall @1%", 1, "the same, with 1% of the answerable refused"),
    Metric("abstention_auroc", "Abstention AUROC", 1, "how well the confidence tells answerable from not"),
    Metric("brier", "Brier score", -1, "mean squared error of the confidence"),
    Metric("ece", "Calibration error", -1, "mean distance between confidence and share answerable (10 bins)"),
)
_OF_NEAR_AND_OFF = ("abstention_recall", "abstention_recall@1%", "abstention_auroc")

Measures = dict[str, Interval | None]


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """Give ``overall``, ``by_type``, ``intervals``, ``coverage_curve``, ``calibration`` and ``ms`` as JSON."""
    answerable = _confidence(row for row in rows if row.answerable)
    overall = measure(rows, answerable)
    by_type = {name: measure([row for row in rows if row.type == name], answerable) for name in TYPES}
    for name in ("near", "off"):
        overall |= {f"{metric}_{name}": by_type[name][metric] for metric in _OF_NEAR_AND_OFF}
    confidence, truth = _confidence(rows), as_values([row.answerable for row in rows])
    counts = {name: sum(row.type == name for row in rows) for name in TYPES}
    return {
        "overall": {"questions": len(rows), **_values(overall)},
        "by_type": {name: {"questions": counts[name], **_values(by_type[name])} for name in TYPES},
        "intervals": {
            "overall": _bounds(overall),
            "by_type": {name: _bounds(measures) for name, measures in by_type.items()},
        },
        "coverage_curve": coverage_curve(confidence, truth),
        "calibration": calibration(confidence, truth) if rows else [],
        "ms": latency(rows),
    }


def measure(rows: Sequence[Row], answerable: Values) -> Measures:
    """Take every measure on ``rows``; ``answerable`` holds the confidences that those without an answer should miss.

    What needs questions with and without an answer (abstention precision, calibration error) is None for rows of one
    kind.
    """
    measures: Measures = {metric.name: mean_interval(_column(rows, metric.name)) for metric in METRICS}
    unanswerable = _confidence(row for row in rows if not row.answerable)
    measures |= {
        "answer_words": median_interval(_column(rows, "answer_words")),
        "abstention_recall@1%": refusal_recall_interval(answerable, unanswerable, 0.01),
        "abstention_auroc": auroc_interval(answerable, unanswerable),
    }
    truth = as_values([row.answerable for row in rows])
    if 0 < truth.sum() < len(rows):
        refused = as_values([row.abstained for row in rows])
        measures["abstention_precision"] = ratio_interval(refused * (1 - truth), refused)
        measures["ece"] = calibration_error_interval(_confidence(rows), truth)
    return measures


def latency(rows: Sequence[Row]) -> dict[str, dict[str, float | None]]:
    """Give p50 and p95 in milliseconds of every stage, over the questions that reached it."""
    stages = dict.fromkeys(stage for row in rows for stage in row.ms)
    return {
        stage: {
            f"p{share}": percentile([row.ms[stage] for row in rows if stage in row.ms], share) for share in (50, 95)
        }
        for stage in stages
    }


def _column(rows: Sequence[Row], name: str) -> Values:
    return as_values([value for row in rows if (value := row.measured.get(name)) is not None])


def _confidence(rows: Iterable[Row]) -> Values:
    return as_values([row.confidence for row in rows])


def _values(measures: Measures) -> dict[str, float | None]:
    return {name: interval.value if interval else None for name, interval in measures.items()}


def _bounds(measures: Measures) -> dict[str, list[float] | None]:
    return {name: [interval.low, interval.high] if interval else None for name, interval in measures.items()}
