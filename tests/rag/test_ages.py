"""Questions for the oldest and the newest of papers."""

from __future__ import annotations

import pytest

from index_store.types import Hit, Paper
from rag.ages import Superlative, in_order, of_list, order_notice, ordered, superlative


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("what is the oldest paper here?", Superlative(newest=False)),
        ("what's the most recent paper in my library", Superlative(newest=True)),
        ("the five latest papers", Superlative(newest=True, count=5, many=True)),
        ("show me the oldest 3 articles please", Superlative(newest=False, count=3, many=True)),
        ("what are the newest papers you have?", Superlative(newest=True, many=True)),
        ("oldest paper on attention", Superlative(newest=False, rest="on attention")),
        ("the latest paper by Ann Bell", Superlative(newest=True, rest="by Ann Bell")),
    ],
)
def test_the_oldest_and_the_newest_papers_are_asked_for(question: str, asked: Superlative) -> None:
    assert superlative(question) == asked


@pytest.mark.parametrize(
    "question",
    [
        "newest vertex",
        "the oldest samples in a buffer",
        "latest results on ImageNet",
        "what is the oldest paper about?",
        "the newest paper on pruning and what does it find?",
        "does the oldest paper use attention?",
    ],
)
def test_what_is_old_or_new_beside_papers_is_another_question(question: str) -> None:
    assert superlative(question) is None


@pytest.mark.parametrize(
    ("question", "newest"),
    [
        ("which of them is the newest?", True),
        ("the oldest of these", False),
        ("which one is the oldest", False),
        ("sort them by year, newest first", True),
        ("which of them is the best?", None),
        ("which of them uses the newest data?", None),
    ],
)
def test_of_a_list_too(question: str, newest: bool | None) -> None:
    asked = of_list(question)
    assert (asked.newest if asked else None) == newest


def test_a_list_is_put_into_the_order_that_its_question_ends_with() -> None:
    hits = tuple(Hit(Paper(str(year), "", "", year=year), 1.0, ()) for year in (2020, None, 2017, 2022))
    assert ordered("papers on sums") is None
    assert in_order("papers on sums", hits) == hits
    assert order_notice("papers on sums", hits) is None
    oldest, newest = ("papers on sums, oldest first", "papers on sums, newest first")
    assert [hit.paper.year for hit in in_order(oldest, hits)] == [2017, 2020, 2022, None]
    assert [hit.paper.year for hit in in_order(newest, hits)] == [2022, 2020, 2017, None]
    assert order_notice(newest, in_order(newest, hits)) == (
        "They are listed with the newest first, which is from 2022."
    )
    assert order_notice(newest, hits[1:2]) is None
