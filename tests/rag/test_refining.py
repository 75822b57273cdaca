"""Questions that go on about a list of papers."""

from __future__ import annotations

import pytest

from rag.refining import on_list, refinement
from rag.types import Turn


def said(*questions: str) -> tuple[Turn, ...]:
    return tuple(turn for question in questions for turn in (Turn("user", question), Turn("assistant", "…")))


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("only those from 2020", "from 2020"),
        ("and since 2021?", "from 2021 on"),
        ("and in 2020?", "from 2020"),
        ("only 2020", "from 2020"),
        ("just the ones before 2017", "from before 2017"),
        ("which of them are by Ann Bell", "by Ann Bell"),
        ("which of those did Ann Bell write?", "by Ann Bell"),
        ("how many of them are from 2019 to 2021?", "from 2019 to 2021"),
        ("narrow it to papers by Bell", "by Bell"),
    ],
)
def test_a_list_is_narrowed_by_years_and_authors(question: str, says: str) -> None:
    assert str(refinement(question)) == says


@pytest.mark.parametrize(
    "question",
    [
        "papers from 2020",
        "how many papers are there since 2020",
        "which of them use convolution?",
        "only those with data from 2020",
        "what happened in 2017?",
        "and in language models?",
    ],
)
def test_what_stands_alone_or_asks_for_more_narrows_no_list(question: str) -> None:
    assert refinement(question) is None


@pytest.mark.parametrize(
    ("questions", "reads"),
    [
        (["papers on sums", "only those from 2020"], "papers on sums published in 2020"),
        (["what papers do you have?", "which are by Bell?"], "what papers do you have by Bell"),
        (["papers on sums since 2015", "only those before 2017"], "papers on sums published from 2015 to 2016"),
        (["papers on sums since 2015", "and before 2014?"], "papers on sums published before 2014"),
        (["papers by Hill", "only those by Bell"], "papers by Hill and Bell"),
        (["papers by Hill", "and by Bell?"], "papers by Bell"),
        (
            ["papers on sums", "only those by Hill", "show more", "and since 2020?"],
            "papers on sums published since 2020 by Hill",
        ),
        (["papers on sums", "which of them is the newest?"], "papers on sums, newest first"),
        (["papers on sums", "only those by Hill", "the oldest of these"], "papers on sums by Hill, oldest first"),
        (["list all papers", "since 2020 only", "which is the newest one?"], "the newest paper published since 2020"),
        (["list all papers", "the 3 newest of them"], "the 3 newest papers"),
        (["papers on sums", "the newest of them", "only those by Hill"], "papers on sums by Hill"),
        (["oldest paper on sums since 2020"], "papers on sums published since 2020, oldest first"),
    ],
)
def test_a_question_about_a_list_is_read_as_one_that_stands_alone(questions: list[str], reads: str) -> None:
    found = on_list(questions[-1], said("what is a sum?", *questions[:-1]))
    assert found is not None
    assert found.question == reads


def test_only_a_list_that_was_asked_for_last_is_meant() -> None:
    assert on_list("only those from 2020", said("what is a sum?")) is None
    assert on_list("only those from 2020", said("papers on sums", "what is a sum?")) is None
    assert on_list("which is the oldest?", ()) is None
    found = on_list("only those from 2020", said("what is a sum?", "papers on sums"))
    assert found is not None
    assert found.history == said("what is a sum?")
