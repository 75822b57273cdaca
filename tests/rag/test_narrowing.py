"""What the words of a question narrow its papers to, and the names that authors go by."""

from __future__ import annotations

import pytest

from rag.narrowing import Narrowing, narrowing, wrote


@pytest.mark.parametrize(
    ("question", "rest", "first", "last"),
    [
        ("how many papers from 2020 are there", "how many papers are there", 2020, 2020),
        ("which papers were published in 2017", "which papers were", 2017, 2017),
        ("which papers are from 2023?", "which papers are ?", 2023, 2023),
        ("papers since 2022", "papers", 2022, None),
        ("papers from 2022 on", "papers", 2022, None),
        ("papers before 2010", "papers", None, 2009),
        ("articles newer than 2020", "articles", 2021, None),
        ("papers until 2010", "papers", None, 2010),
        ("papers between 2021 and 2019", "papers", 2019, 2021),
        ("list the 2017 papers", "list the papers", 2017, 2017),
        ("papers on retrieval since 2020", "papers on retrieval", 2020, None),
        ("list works published since 2020", "list works", 2020, None),
        ("papers from 2019 to 2021 on retrieval", "papers on retrieval", 2019, 2021),
    ],
)
def test_years_are_read_and_leave_the_question(question: str, rest: str, first: int | None, last: int | None) -> None:
    assert narrowing(question) == Narrowing(rest, first, last)


@pytest.mark.parametrize(
    "question",
    [
        "papers on the crisis of 2008",
        "which papers are about the 2020 elections",
        "papers that use WMT 2014",
        "What happened in 2016?",
        "How did AlphaGo win in 2016",
        "what did it do before 2010",
        "when did Hinton write it",
        "which method works since 2017",
    ],
)
def test_a_year_that_a_paper_is_about_narrows_nothing(question: str) -> None:
    assert narrowing(question) is None


@pytest.mark.parametrize(
    ("question", "rest", "author", "says"),
    [
        ("list papers by Noam Shazeer", "list papers", "Noam Shazeer", "by Noam Shazeer"),
        ("which papers did Tri Dao write", "which papers", "Tri Dao", "by Tri Dao"),
        ("what did Hinton publish in 2015", "what", "Hinton", "from 2015 by Hinton"),
        ("papers by Hinton on distillation", "papers on distillation", "Hinton", "by Hinton"),
    ],
)
def test_an_author_is_read_and_leaves_the_question(question: str, rest: str, author: str, says: str) -> None:
    read = narrowing(question)
    assert read is not None
    assert (read.rest, read.author, str(read)) == (rest, author, says)
    without = narrowing(question, with_author=False)
    assert without is None or without.author == ""


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("how many papers from 2020 are there in the library", True),
        ("papers by Hinton", True),
        ("papers on retrieval since 2020", False),
    ],
)
def test_whether_nothing_else_is_asked_for(question: str, alone: bool) -> None:
    read = narrowing(question)
    assert read is not None
    assert read.is_all == alone


@pytest.mark.parametrize(
    ("name", "has"),
    [
        ("Hinton", True),
        ("geoffrey hinton", True),
        ("G. Hinton", True),
        ("Rucklé", True),
        ("Hint", False),
        ("A Hinton", False),
    ],
)
def test_a_name_is_one_author_s_in_all_its_parts(name: str, has: bool) -> None:
    assert wrote(name, ["Geoffrey E. Hinton", "Andreas Rücklé"]) == has


def test_of_a_list_what_narrows_it_need_not_say_papers() -> None:
    assert narrowing("which of them are of 2020") is None
    assert narrowing("which of them are of 2020", of_list=True) == Narrowing("which of them are", 2020, 2020)
