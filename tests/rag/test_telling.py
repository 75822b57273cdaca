"""What is answered from the catalogue alone, with a library whose papers and names are made up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index_store.build import index_entries
from index_store.library import Library
from index_store.types import WHOLE_LIBRARY, Entry, Paper, Scope
from rag import holdings
from rag.telling import Told, narrow, resumed_list, tell
from rag.types import Request, Turn
from tests.fakes import FakeEmbedder
from tests.small_library import fake_shelf

PAPERS = (
    Paper("", "Adders: Cheap Sums", "Adders add sums.", authors=("Ann Bell", "Geoffrey E. Hill"), year=2020),
    Paper("", "Shifters: Cheap Shifts", "Shifters shift. Sums are not for them.", authors=("Cy Dow",), year=2022),
    Paper("", "Timers: On Time", "Timers wait for sums."),
)


def library(folder: Path, *papers: Paper) -> Library:
    shelf = fake_shelf(folder, FakeEmbedder(("sums", "shifts", "adders", "shifters", "timers")))
    index_entries(shelf, (Entry(paper, Path("file"), line) for line, paper in enumerate(papers, 1)))
    return Library(shelf)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Library]:
    opened = library(tmp_path, *PAPERS)
    yield opened
    opened.close()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Library]:
    """Nothing but titles and abstracts."""
    opened = library(tmp_path / "bare", Paper("", "Adders: Cheap Sums", "Adders add sums."))
    yield opened
    opened.close()


def told(library: Library, question: str, *turns: str, scope: Scope = WHOLE_LIBRARY) -> Told:
    history = tuple(Turn("assistant" if at % 2 else "user", turn) for at, turn in enumerate(turns))
    found = tell(library, Request(question, history, scope), 0)
    assert found is not None
    return found


def test_a_courtesy_is_off_topic_and_answered_in_kind(small: Library) -> None:
    answer = told(small, "hi")
    assert answer.draft.text.startswith("Hello. Ask me about the 3 papers in your library, for example “What does ‘")
    assert (answer.confidence, answer.reason, answer.hits) == (0.0, "off_topic", ())


@pytest.mark.parametrize(
    "question",
    [
        "how many papers are in my library",
        "How many papers do you have in total?",
        "list all papers",
        "show me all the papers",
        "what kind of papers do you have",
        "What papers do you have?",
        "what is in the library?",
        "what topics does the library cover?",
    ],
)
def test_the_library_is_counted_and_listed_by_title(small: Library, question: str) -> None:
    answer = told(small, question)
    assert answer.draft.text == (
        "Your library holds 3 papers from 2020 to 2022.\n\n"
        "Adders: Cheap Sums: Ann Bell, Geoffrey E. Hill, 2020. [1]\n\n"
        "Shifters: Cheap Shifts: Cy Dow, 2022. [2]\n\n"
        "Timers: On Time [3]"
    )
    assert [claim.citations for claim in answer.draft.claims] == [(1,), (2,), (3,)]
    assert [(citation.number, citation.quotes) for citation in answer.draft.citations] == [(1, ()), (2, ()), (3, ())]
    assert (answer.confidence, len(answer.hits)) == (1.0, 3)


def test_of_a_narrowed_library_that_part_is_listed(small: Library) -> None:
    assert told(small, "list all papers", scope=Scope(first_year=2021)).draft.text == (
        "1 of 3 papers is being searched.\n\nShifters: Cheap Shifts: Cy Dow, 2022. [1]"
    )


@pytest.mark.parametrize("question", ["how many papers are about sums", "list all papers on sums", "what do you have"])
def test_a_list_by_subject_is_none_of_the_catalogue(small: Library, question: str) -> None:
    assert tell(small, Request(question), 0) is None


@pytest.mark.parametrize(
    ("question", "begins", "titles"),
    [
        ("how many papers from 2020 are there", "1 of 3 papers is from 2020.", ["Adders: Cheap Sums"]),
        ("papers since 2021", "1 of 3 papers is from 2021 on.", ["Shifters: Cheap Shifts"]),
        ("papers by G. Hill", "1 of 3 papers is by G. Hill.", ["Adders: Cheap Sums"]),
        ("which papers did Cy Dow write", "1 of 3 papers is by Cy Dow.", ["Shifters: Cheap Shifts"]),
        ("papers from 2020 by Cy Dow", "0 of 3 papers are from 2020 by Cy Dow.", []),
        ("papers by Ann Bell and G. Hill", "1 of 3 papers is by Ann Bell and G. Hill.", ["Adders: Cheap Sums"]),
        ("papers from 1999", "0 of 3 papers are from 1999.", []),
    ],
)
def test_papers_of_a_year_or_an_author(small: Library, question: str, begins: str, titles: list[str]) -> None:
    answer = told(small, question)
    assert answer.draft.text.startswith(begins)
    assert [citation.paper.title for citation in answer.draft.citations] == titles


def test_by_stays_a_part_of_the_question_where_no_author_has_the_name(small: Library) -> None:
    assert tell(small, Request("papers by evolution"), 0) is None
    request = Request("papers by evolution")
    assert narrow(small, request) == (request, None)


def test_a_list_by_subject_is_searched_for_in_the_years_that_it_names(small: Library) -> None:
    request, notice = narrow(small, Request("papers on sums since 2021", scope=Scope(last_year=2022)))
    assert (request.question, request.scope) == ("papers on sums", Scope(first_year=2021, last_year=2022))
    assert notice == "Only the 1 paper from 2021 on was searched."
    _, nothing = narrow(small, Request("papers on sums since 2030"))
    assert nothing == "No paper of your library is from 2030 on, so nothing was searched."


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("papers from 2020", "None of the 1 paper in your library has a year, so I cannot tell which are from 2020."),
        ("papers by Hill", "None of the 1 paper in your library has authors, so I cannot tell which are by Hill."),
        ("who wrote Adders", "“Adders: Cheap Sums” stands in your library without authors."),
    ],
)
def test_a_library_without_years_or_authors_says_so(bare: Library, question: str, says: str) -> None:
    answer = told(bare, question)
    assert (answer.draft.text, answer.reason, answer.confidence) == (says, "not_in_abstract", 0.0)


def test_a_list_of_the_catalogue_goes_on(small: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    history = (Turn("user", "papers since 2019"), Turn("assistant", "…"), Turn("user", "more"), Turn("assistant", "…"))
    more = resumed_list("show more", history)
    assert more is not None
    assert (more.question, more.history, more.shown) == ("papers since 2019", (), 2 * holdings.PAGE)
    assert resumed_list("show more", (Turn("user", "what is an adder"), Turn("assistant", "…"))) is None
    monkeypatch.setattr(holdings, "PAGE", 2)
    pages = [tell(small, Request("list all papers"), shown) for shown in (0, 2, 4)]
    texts = [page.draft.text for page in pages if page]
    assert texts[0].endswith("[2]\n\nAsk “show more” for the other.")
    assert texts[1:] == ["Papers 3 to 3 of 3.\n\nTimers: On Time [1]", "That was the whole list: 3 papers."]


def test_the_metadata_of_a_named_paper_is_told_and_cited(small: Library) -> None:
    answer = told(small, "who wrote Adders?")
    said = "“Adders: Cheap Sums” was written by Ann Bell and Geoffrey E. Hill."
    assert answer.draft.text == f"{said} [1]"
    assert [(claim.text, claim.citations, claim.support) for claim in answer.draft.claims] == [
        (said, (1,), "supported")
    ]
    assert [(citation.paper.title, citation.quotes) for citation in answer.draft.citations] == [
        ("Adders: Cheap Sums", ())
    ]
    assert answer.hits[0].paper.title == "Adders: Cheap Sums"
    assert answer.confidence == 1.0


def test_a_name_that_no_paper_has_is_said_not_to_be_there(small: Library) -> None:
    answer = told(small, "who wrote Hamlet?")
    assert answer.draft.text == "I found no paper called “Hamlet” in your library (3 papers)."
    assert answer.reason == "off_topic"
    scoped = told(small, "who wrote Adders?", scope=Scope(first_year=2022))
    assert scoped.draft.text == "I found no paper called “Adders” in the 1 paper searched (of 3)."
    assert told(small, "authors of adderrs sums").draft.text.endswith("Did you mean “Adders: Cheap Sums”?")


def test_the_paper_under_discussion_is_meant(small: Library) -> None:
    turns = ("What are adders?", "Adders: Cheap Sums: Adders add sums. [1]")
    answer = told(small, "who wrote it?", *turns)
    assert answer.draft.text.startswith("“Adders: Cheap Sums” was written by Ann Bell")
    assert answer.standalone == "Adders: Cheap Sums: who wrote it?"
    assert told(small, "when?", *turns, "who wrote it?", answer.draft.text).draft.text == (
        "“Adders: Cheap Sums” is from 2020. [1]"
    )
    assert tell(small, Request("who wrote it?"), 0) is None


def test_what_is_asked_of_a_paper_at_once_is_told_at_once(small: Library) -> None:
    answer = told(small, "Adders: authors, year and doi?")
    assert answer.draft.text == (
        "“Adders: Cheap Sums” was written by Ann Bell and Geoffrey E. Hill. [1] This paper is from 2020. [1]"
        " This paper stands in your library without a DOI. [1]"
    )
    assert [claim.citations for claim in answer.draft.claims] == [(1,)] * 3
    assert told(small, "Timers: authors and year?").draft.text == (
        "“Timers: On Time” stands in your library without authors or a year."
    )


def test_of_several_papers_each_is_told(small: Library) -> None:
    answer = told(small, "who wrote Shifters and Adders?")
    assert answer.draft.text == (
        "“Shifters: Cheap Shifts” was written by Cy Dow. [1]\n\n"
        "“Adders: Cheap Sums” was written by Ann Bell and Geoffrey E. Hill. [2]"
    )
    assert [hit.paper.title for hit in answer.hits[:2]] == ["Shifters: Cheap Shifts", "Adders: Cheap Sums"]
    assert told(small, "who wrote Shifters and GPT-9?").draft.text.endswith(
        "Cy Dow. [1]\n\nI found no paper called “GPT-9” in your library (3 papers)."
    )


def test_which_paper_came_first(small: Library) -> None:
    text = (
        "“Adders” came out first, “Shifters” last.\n\n"
        "“Adders: Cheap Sums” is from 2020. [1]\n\n“Shifters: Cheap Shifts” is from 2022. [2]"
    )
    assert told(small, "which is newer, Shifters or Adders?").draft.text == text
    turns = ("Compare Adders and Shifters", "Adders add sums. [1] Shifters shift. [2]")
    assert told(small, "which of them is older?", *turns).draft.text == text
    assert told(small, "is it older than Shifters?", "What are Adders?", "Adders add sums. [1]").draft.text == text
    assert told(small, "is Adders older than Timers?").draft.text == (
        "“Adders: Cheap Sums” is from 2020. [1]\n\n“Timers: On Time” stands in your library without a year. [2]"
    )


@pytest.mark.parametrize(
    "question",
    [
        "Which is later, the shifter or the adder model?",
        "who wrote Adders and what do they do?",
        "is Adders older than abacuses?",
        "the e-mail address of Adders' first author",
        "cheap sums year",
        "which came first, sums or shifts?",
        "which of them is older?",
    ],
)
def test_where_a_name_is_no_papers_the_question_is_left_to_the_search(small: Library, question: str) -> None:
    assert tell(small, Request(question), 0) is None


def test_a_reference_says_where_it_is_to_be_had_as_bibtex(small: Library) -> None:
    assert told(small, "bibtex for Shifters").draft.text == (
        "Cite it as: Cy Dow: “Shifters: Cheap Shifts”, 2022. [1]\n\n"
        "As BibTeX it stands on the paper's page, and `citewell export --format bibtex` writes it."
    )


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("the oldest paper here", "The oldest of 2 papers that have a year is:\n\nAdders: Cheap Sums: "),
        ("the newest paper by Bell", "The newest of 1 paper is:\n\nAdders: Cheap Sums: "),
        ("the two latest papers", "The newest 2 of 2 papers that have a year are:\n\nShifters: Cheap Shifts: "),
    ],
)
def test_the_oldest_and_the_newest_papers_are_told(small: Library, question: str, says: str) -> None:
    assert told(small, question).draft.text.startswith(says)


def test_there_is_no_oldest_where_no_paper_has_a_year(small: Library) -> None:
    for scope in (Scope(first_year=2090), Scope(collections=("nope",))):
        answer = told(small, "the oldest paper", scope=scope)
        assert answer.reason == "not_in_abstract"
        assert answer.draft.text == (
            "No paper that was to be looked at has a year, so I cannot tell which is the oldest."
        )


def test_the_oldest_on_a_subject_is_searched_for_where_papers_have_years(small: Library, bare: Library) -> None:
    found = resumed_list("oldest paper on sums", ())
    assert found is not None
    assert tell(small, Request(found.question), 0) is None
    for question in (found.question, "the newest paper"):
        assert told(bare, question).draft.text.startswith("None of the 1 paper in your library has a year, so I cannot")


def test_a_narrowed_list_goes_on(small: Library) -> None:
    history = tuple(
        Turn("assistant" if at % 2 else "user", turn)
        for at, turn in enumerate(["list all papers", "…", "only those by Cy Dow", "…"])
    )
    more = resumed_list("show more", history)
    assert more is not None
    assert (more.question, more.shown) == ("list all papers by Cy Dow", holdings.PAGE)
    assert (
        told(small, more.question).draft.text
        == "1 of 3 papers is by Cy Dow.\n\nShifters: Cheap Shifts: Cy Dow, 2022. [1]"
    )
