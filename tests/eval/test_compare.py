"""Comparing two results: what moved, whether it could be chance, which questions were won and lost."""

from __future__ import annotations

from typing import Any

import pytest

from eval.compare import compare
from eval.errors import ResultsUnusable
from eval.results import Document
from eval.text import comparison


def document(rows: dict[str, dict[str, float | None]], **rest: Any) -> Document:
    listed = [{"key": key, "question": f"{key}?", "measured": measured} for key, measured in rows.items()]
    return {"format": 1, "name": "mine", "made_at": "2026-01-02T03:04:05+00:00", "rows": listed, **rest}


def recalls(*values: float) -> Document:
    return document({f"q{number}": {"recall@1": value} for number, value in enumerate(values)})


def test_differences_wins_and_losses_by_hand() -> None:
    before = document(
        {"a": {"recall@1": 0.0, "brier": 0.5}, "b": {"recall@1": 1.0, "brier": 0.5}, "c": {"recall@1": 0.0}}
    )
    after = document(
        {"a": {"recall@1": 1.0, "brier": 0.1}, "b": {"recall@1": 0.0, "brier": 0.1}, "c": {"recall@1": 0.5}}
    )
    found = compare(before, after)
    recall, brier = found.differences
    assert (recall.before, recall.after, recall.difference) == pytest.approx((1 / 3, 1 / 2, 1 / 6))
    assert (recall.wins, recall.losses, recall.questions, recall.p) == (2, 1, 3, 1.0)
    # a Brier score that falls is won; two equal differences: either all signs or none, 2 of 4
    assert (brier.wins, brier.losses, brier.questions, brier.p) == (2, 0, 2, 0.5)
    assert {change.key: change.verdict for change in found.changes} == {"a": "won", "b": "lost", "c": "won"}
    assert found.changes[0].moves == {"recall@1": (0.0, 1.0)}


def test_the_greatest_changes_come_first_and_confidence_alone_is_none() -> None:
    before = document(
        {
            **{f"noise-{number}": {"recall@1": 1.0, "brier": 0.001} for number in range(30)},
            "some": {"fact_recall": 1.0, "recall@1": 0.0, "brier": 0.1},
            "more": {"fact_recall": 1.0, "recall@1": 1.0, "brier": 0.1},
            "both": {"fact_recall": 1.0, "recall@1": 0.0, "brier": 0.1},
            "also": {"fact_recall": 1.0, "recall@1": 0.0, "brier": 0.1},
        }
    )
    after = document(
        {
            **{f"noise-{number}": {"recall@1": 1.0, "brier": 0.002} for number in range(30)},
            "some": {"fact_recall": 0.5, "recall@1": 0.0, "brier": 0.9},
            "more": {"fact_recall": 0.0, "recall@1": 0.0, "brier": 0.1},
            "both": {"fact_recall": 0.75, "recall@1": 0.25, "brier": 0.1},
            "also": {"fact_recall": 1.0, "recall@1": 0.5, "brier": 0.1},
        }
    )
    found = compare(before, after)
    assert [(change.key, change.verdict) for change in found.changes] == [
        ("more", "lost"),
        ("also", "won"),
        ("both", "mixed"),
        ("some", "lost"),
    ]
    text = comparison(found)
    assert "  - more: fact_recall 1.00→0.00, recall@1 1.00→0.00\n  - some: fact_recall 1.00→0.50\n" in text
    assert "noise" not in text
    assert {difference.metric: difference.losses for difference in found.differences}["brier"] == 31


def test_a_steady_loss_is_significant_and_the_same_gain_is_not_worse() -> None:
    good, bad = recalls(*[1.0] * 8), recalls(*[0.0] * 8)
    assert compare(good, bad).worse == ["recall@1"]
    assert compare(bad, good).worse == []
    assert compare(bad, good).differences[0].p == pytest.approx(2 / 2**8)


def test_where_less_is_better_a_rise_is_worse() -> None:
    low = document({f"q{n}": {"brier": 0.1} for n in range(8)})
    high = document({f"q{n}": {"brier": 0.9} for n in range(8)})
    assert compare(low, high).worse == ["brier"]
    assert compare(high, low).worse == []


def test_a_loss_that_may_be_chance_is_not_called_worse() -> None:
    assert compare(recalls(1, 1, 1, 1, 0), recalls(0, 0, 0, 0, 0)).worse == []  # p = 2/16


def test_length_is_neither_better_nor_worse() -> None:
    before = document({f"q{n}": {"answer_words": 50.0} for n in range(9)})
    after = document({f"q{n}": {"answer_words": 500.0} for n in range(9)})
    found = compare(before, after)
    assert found.differences[0].p < 0.05
    assert (found.worse, found.changes) == ([], ())


def test_only_questions_in_the_same_words_are_paired() -> None:
    before = recalls(1, 1, 1)
    after = recalls(1, 0)
    after["rows"][0]["question"] = "reworded?"
    found = compare(before, after)
    assert (found.differences[0].questions, found.unpaired) == (1, (2, 1))
    assert found.to_dict()["only_before"] == 2


@pytest.mark.parametrize("blank", [0, 1])
def test_a_result_without_its_texts_is_paired_with_one_that_has_them(blank: int) -> None:
    results = recalls(1, 1), recalls(1, 0)
    for row in results[blank]["rows"]:
        row["question"] = ""
    found = compare(*results)
    assert (found.differences[0].questions, found.unpaired) == (2, (0, 0))
    assert [(change.key, change.question) for change in found.changes] == [("q1", "q1?")]


def test_a_measure_that_one_side_lacks_is_left_out() -> None:
    found = compare(document({"a": {"recall@1": None}}), document({"a": {"recall@1": 1.0}}))
    assert (found.differences, found.changes) == ((), ())


def test_nothing_in_common() -> None:
    with pytest.raises(ResultsUnusable, match="no question in common"):
        compare(recalls(1), document({"other": {"recall@1": 1.0}}))


def test_the_text_names_what_is_worse_and_the_questions() -> None:
    text = comparison(compare(recalls(*[1.0] * 30), recalls(*[0.0] * 30)))
    assert "Significantly worse (p < 0.05): Recall@1." in text
    assert "30 questions lost:" in text
    assert "  - q0: recall@1 1.00→0.00" in text
    assert "and 10 more; --json lists all" in text
    same = comparison(compare(recalls(1), recalls(1)))
    assert "No question moved." in same
    assert "Significantly worse (p < 0.05): nothing." in same


def test_the_text_says_what_else_differs() -> None:
    before = document({"a": {"recall@1": 1.0}}, library={"digest": "x" * 64}, settings={"papers": 6, "num_ctx": 8192})
    after = document({"a": {"recall@1": 1.0}}, library={"digest": "y" * 64}, settings={"papers": 8, "num_ctx": 8192})
    lines = comparison(compare(before, after)).splitlines()
    assert lines[1:4] == [f"Another library: {'x' * 16} → {'y' * 16}", "Another setting: papers 6 → 8", ""]
    assert "Another" not in comparison(compare(before, before))
