"""Rows and summaries of answers that are known beforehand: every figure worked out by hand."""

from __future__ import annotations

import json
from math import log2
from typing import Any

import pytest

from eval.questions import TYPES, Question
from eval.rows import Row, make_row
from eval.summary import METRICS, summarise
from rag.types import Request
from tests.eval.fake_assistant import ALPHA, BETA, GAMMA, FakeAssistant


def question(text: str, type_: Any = "fact", gold: tuple[str, ...] = (ALPHA.title,), **rest: Any) -> Question:
    values = {"id": text, "answerable": type_ not in ("near", "off"), **rest}
    return Question(type=type_, question=text, gold=gold, **values)


def row(text: str, type_: Any = "fact", gold: tuple[str, ...] = (ALPHA.title,), **rest: Any) -> Row:
    asked = question(text, type_, gold, **rest)
    return make_row("set", asked, FakeAssistant().ask(Request(text)), 4.0)


def test_a_right_answer() -> None:
    measured = row("alpha?", facts=(("45",), ("2.5 hours",))).measured
    assert measured == {
        "recall@1": 1,
        "recall@5": 1,
        "recall@10": 1,
        "mrr": 1,
        "ndcg@10": 1,
        "fact_recall": 0.5,  # only the first sentence is quoted
        "fact_recall_strict": 0.5,
        "citation_precision": 1,
        "citation_recall": 1,
        "answer_words": 4,
        "abstention_recall": None,
        "answerable_refused": 0,
        "brier": 0.25,
    }


def test_an_answer_from_the_wrong_paper() -> None:
    found = row("wrong 0.9", facts=(("45",),))
    assert found.measured["mrr"] == 0.5
    assert found.measured["ndcg@10"] == pytest.approx(1 / log2(3))
    assert found.measured["fact_recall"] == found.measured["citation_precision"] == 0
    assert found.measured["brier"] == pytest.approx(0.01)
    assert (found.missed, found.cited) == (("45",), (GAMMA.title,))


def test_a_question_about_several_papers() -> None:
    # the ranking is alpha, gamma, beta; alpha and beta are cited
    measured = row("both", "multi", (ALPHA.title, BETA.title)).measured
    assert (measured["recall@1"], measured["recall@5"], measured["mrr"]) == (0.5, 1, 1)
    assert measured["ndcg@10"] == pytest.approx((1 + 1 / log2(4)) / (1 + 1 / log2(3)))
    assert (measured["citation_precision"], measured["citation_recall"]) == (1, 1)
    half = row("both", "multi", (BETA.title,)).measured
    assert (half["citation_precision"], half["citation_recall"]) == (0.5, 0.5)


def test_a_refusal_states_no_fact_but_its_ranking_counts() -> None:
    # "nothing" occurs in the words of the refusal
    found = row("lost", facts=(("nothing",),))
    assert found.measured["fact_recall"] == found.measured["fact_recall_strict"] == 0
    assert found.measured["mrr"] == pytest.approx(1 / 3)
    assert found.measured["answerable_refused"] == 1
    assert found.measured["citation_precision"] is found.measured["answer_words"] is None


def test_an_unanswerable_question_has_no_right_paper() -> None:
    measured = row("alpha 0.2", "near").measured
    assert measured["abstention_recall"] == 0
    assert measured["brier"] == pytest.approx(0.04)
    assert all(measured[name] is None for name in ("recall@1", "mrr", "citation_precision", "answerable_refused"))


def test_several_papers_of_one_title_count_as_one() -> None:
    answer = FakeAssistant().ask(Request("both"))
    doubled = make_row("set", question("both", gold=("ALPHA counting sheep", ALPHA.title)), answer, 1.0)
    assert doubled.measured["recall@1"] == 1


ROWS = [
    row("alpha 0.9", facts=(("45",),)),
    row("alpha lost 0.4", facts=(("45",),)),
    row("beta 0.8", "named", (BETA.title,)),
    row("alpha 0.6", "near"),
    row("lost 0.1", "off", ()),
    row("lost 0.4", "off", ()),
]


def test_the_summary_by_hand() -> None:
    found = summarise(ROWS)
    overall, near, off = found["overall"], found["by_type"]["near"], found["by_type"]["off"]
    assert overall["questions"] == 6
    assert overall["recall@1"] == pytest.approx(2 / 3)  # the refused one has delta, gamma, alpha
    assert overall["recall@5"] == 1
    assert overall["mrr"] == pytest.approx((1 + 1 / 3 + 1) / 3)
    assert overall["fact_recall"] == 0.5
    assert overall["answerable_refused"] == pytest.approx(1 / 3)
    assert overall["abstention_precision"] == pytest.approx(2 / 3)
    assert overall["abstention_recall"] == pytest.approx(2 / 3)
    assert (overall["abstention_recall_near"], overall["abstention_recall_off"]) == (0, 1)
    # answerable 0.9, 0.8, 0.4; others 0.6, 0.1, 0.4: 3 + 3 + 1.5 of 9
    assert overall["abstention_auroc"] == pytest.approx(7.5 / 9)
    assert overall["abstention_auroc_near"] == near["abstention_auroc"] == pytest.approx(2 / 3)
    assert overall["abstention_auroc_off"] == off["abstention_auroc"] == pytest.approx(5.5 / 6)
    assert overall["abstention_recall@1%"] == pytest.approx(1 / 3)  # below 0.4
    assert overall["brier"] == pytest.approx((0.01 + 0.36 + 0.04 + 0.36 + 0.01 + 0.16) / 6)
    assert found["by_type"]["fact"]["answer_words"] == 4
    assert found["ms"]["total"] == {"p50": 4, "p95": 4}
    assert found["ms"]["search"] == {"p50": 2, "p95": 2}


def test_what_no_question_measures_is_null_never_zero_or_nan() -> None:
    text = json.dumps(summarise(ROWS), allow_nan=False)
    found = json.loads(text)
    assert set(found["by_type"]) == set(TYPES)
    assert found["by_type"]["multi"]["questions"] == 0
    assert all(found["by_type"]["multi"][metric.name] is None for metric in METRICS)
    assert found["by_type"]["fact"]["abstention_precision"] is None
    assert found["by_type"]["off"]["recall@1"] is None
    assert found["intervals"]["by_type"]["multi"]["recall@1"] is None
    empty = json.loads(json.dumps(summarise([]), allow_nan=False))
    assert {value for name, value in empty["overall"].items() if name != "questions"} == {None}
    assert (empty["coverage_curve"], empty["calibration"], empty["ms"]) == ([], [], {})


def test_every_value_lies_inside_its_interval() -> None:
    found = summarise(ROWS)
    for name, bounds in found["intervals"]["overall"].items():
        assert bounds[0] - 1e-9 <= found["overall"][name] <= bounds[1] + 1e-9, name
