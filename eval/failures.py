"""The worst failures of a result: which questions went wrong most, and how.  Pure.

A wrong paper first is worse than a missing fact, and a confident answer to an unanswerable question is worse than a
hesitant one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eval.results import Document
from index_store.identity import title_key

GAIN_OF_A_FAILURE = 0.5  # a query below this nDCG@10 is listed
_LISTED = 6
_LATE_RANK = 1 / 1.5  # mean reciprocal rank below which the right paper was not first


@dataclass(frozen=True, slots=True)
class Failure:
    """One question that went wrong: how badly in (0, 1], why, and all that is needed to see it.

    ``gold`` holds titles with their rank (None: not found); ``retrieved`` titles with whether they are gold.
    """

    key: str
    kind: str
    question: str
    history: tuple[str, ...]
    badness: float
    reasons: tuple[str, ...]
    gold: tuple[tuple[str, int | None], ...]
    retrieved: tuple[tuple[str, bool], ...]
    answer: str
    confidence: float | None


def worst(document: Document, n: int = 25) -> list[Failure]:
    """Give the ``n`` worst failures, worst first, ties by key."""
    names = document.get("titles", {})
    found = [failure for row in document["rows"] if (failure := _failure(row, names)) is not None]
    return sorted(found, key=lambda failure: (-failure.badness, failure.key))[:n]


def count(document: Document) -> int:
    """Count the questions that went wrong in some way."""
    return sum(_failure(row, {}) is not None for row in document["rows"])


def _failure(row: Mapping[str, Any], names: Mapping[str, str]) -> Failure | None:
    """Describe what went wrong with a question or query, if anything did; ``names`` gives documents their titles."""
    is_question = "answerable" in row
    reasons = _of_answer(row) if is_question else _of_ranking(row)
    if not reasons:
        return None
    keys = [title_key(title) for title in row["retrieved"]] if is_question else list(row["retrieved"])
    gold = list(row["gold"] if is_question else row["relevant"])
    gold_keys = [title_key(title) for title in gold] if is_question else gold
    return Failure(
        key=row["key"],
        kind=row.get("type", "query"),
        question=row["question"],
        history=tuple(row.get("history", ())),
        badness=min(1.0, max(weight for _, weight in reasons) + 0.01 * len(reasons)),
        reasons=tuple(reason for reason, _ in reasons),
        gold=tuple(
            (names.get(title, title), keys.index(key) + 1 if key in keys else None)
            for title, key in zip(gold, gold_keys, strict=True)
        ),
        retrieved=tuple(
            (names.get(title, title), key in gold_keys) for title, key in zip(row["retrieved"], keys, strict=True)
        )[:_LISTED],
        answer=row.get("text", ""),
        confidence=row.get("confidence"),
    )


def _of_answer(row: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Give what went wrong with an answer, each with its weight in (0, 1]."""
    measured = row["measured"]
    if not row["answerable"]:
        wrong = [("answered, although no abstract here says", 0.5 + 0.45 * row["confidence"])]
        return [] if row["abstained"] else wrong
    reasons = []
    if row["abstained"]:
        reasons.append(("refused, although an abstract here answers it", 0.9))
    if measured["recall@10"] == 0:
        reasons.append(("the right paper is not among the first 10", 0.95))
    elif measured["recall@10"] < 1:
        reasons.append((f"only {measured['recall@10']:.0%} of the right papers are among the first 10", 0.6))
    elif measured["mrr"] < _LATE_RANK:
        reasons.append((f"the right paper came at rank {round(1 / measured['mrr'])}", 0.5 - 0.3 * measured["mrr"]))
    if row["missed"] and not row["abstained"]:
        reasons.append((f"not stated: {', '.join(row['missed'])}", 0.7 - 0.2 * measured["fact_recall"]))
    if measured["citation_precision"] is not None and measured["citation_precision"] < 0.5:
        reasons.append(("most citations name other papers", 0.45))
    return reasons


def _of_ranking(row: Mapping[str, Any]) -> list[tuple[str, float]]:
    gain = row["measured"]["ndcg@10"]
    return [(f"nDCG@10 is {gain:.2f}", 1 - gain)] if gain < GAIN_OF_A_FAILURE else []
