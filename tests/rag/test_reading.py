"""Which paper a question in a conversation is about: three papers, a vocabulary of six words, worked out by hand.

A paper covers a word of a question if it has it; words outside the vocabulary count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index_store.build import index_entries
from index_store.library import Library
from index_store.search import Ranking
from index_store.types import Entry, Paper, Scope
from rag.listing import DEPTH, matching
from rag.reading import Reading
from rag.types import Request, Turn
from rag.understood import Understood, pinned
from tests.fakes import FakeEmbedder
from tests.small_library import fake_shelf

ADDERS = Paper("", "AddNet: Sums for all", "Sums and shifts are cheap. They need few gates.", ("Ada Stone",), 2019)
SHIFTERS = Paper("", "ShiftNet", "Gates are gates. Here are more gates. AddNet has fewer.", ("Bo Reed",), 2021)
TIMERS = Paper("", "Long timers", "Products take long. Clocks tell how long.", ("Cy Hill",), 2023)
WORDS = ("sums", "shifts", "gates", "products", "clocks", "cheap")

SUMS = (Turn("user", "Are sums and shifts cheap?"), Turn("assistant", "Sums and shifts are cheap. [1]"))
CLOCKS = (Turn("user", "How long do products take?"), Turn("assistant", "Products take long. [1]"))
BOTH = (
    Turn("user", "What is known of gates?"),
    Turn("assistant", "Here are more gates. [1] Sums and shifts are cheap. [2]"),
)
NOTHING = (Turn("user", "Who was first on the moon?"), Turn("assistant", "I found nothing about this in your library."))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    shelf = fake_shelf(tmp_path, FakeEmbedder(WORDS))
    index_entries(shelf, (Entry(paper, Path("file"), line) for line, paper in enumerate((ADDERS, SHIFTERS, TIMERS), 1)))
    opened = Library(shelf)
    yield opened
    opened.close()


def read(library: Library, question: str, history: tuple[Turn, ...] = (), scope: Scope = Scope()) -> Understood:  # noqa: B008  # frozen
    return Reading(library, Request(question, history, scope)).understood()


def reading(library: Library, question: str, history: tuple[Turn, ...]) -> tuple[str, str]:
    """Give the reading of a question that was taken, and the best paper for it."""
    found = read(library, question, history)
    assert found.question.endswith(found.asked)
    return found.question, found.ranking.hits[0].paper.title


@pytest.mark.parametrize("question", ["Which papers are about gates?", "New question: which papers are about gates?"])
def test_a_list_is_searched_for_once_by_its_subject(
    library: Library, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    searched: list[tuple[str, int]] = []
    search = library.rank

    def rank(query: str, k: int, scope: Scope) -> Ranking:
        searched.append((query, k))
        return search(query, k, scope)

    monkeypatch.setattr(library, "rank", rank)
    found = read(library, question)
    assert searched == [("gates", DEPTH)]
    assert (found.wanted, found.leans, found.about) == ("gates", False, 0)
    assert [hit.paper.title for hit in found.ranking.hits[:2]] == [SHIFTERS.title, ADDERS.title]


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        ("Which papers are about gates?", [SHIFTERS.title, ADDERS.title]),
        ("Which papers are about gates but not shifts?", [SHIFTERS.title]),
        ("Which papers are not about gates?", [SHIFTERS.title, ADDERS.title]),  # which a notice then says
    ],
)
def test_a_list_leaves_out_what_it_is_told_to(library: Library, question: str, titles: list[str]) -> None:
    found = read(library, question)
    assert [hit.paper.title for hit in matching(found.ranking, found.wanted)] == titles
    assert len(found.ranking.matches) == len(found.ranking.hits) == len(found.ranking.evidence)


@pytest.mark.parametrize("history", [(), NOTHING, (Turn("assistant", "Sums and shifts are cheap."),)])
def test_without_a_conversation_a_question_stands_as_it_is(library: Library, history: tuple[Turn, ...]) -> None:
    assert read(library, "And its gates?", history).question == "And its gates?"
    assert not read(library, "And its gates?", history).leans


def test_a_pronoun_is_about_the_paper_under_discussion_whatever_words_follow(library: Library) -> None:
    assert reading(library, "Does it need gates?", SUMS) == ("AddNet: Does it need gates?", "AddNet: Sums for all")
    assert read(library, "Does it need gates?", SUMS).leans


def test_the_paper_under_discussion_keeps_a_question_whose_words_it_covers(library: Library) -> None:
    """Alone, "gates" is for the shifters; the adders, which the talk is of, have the word as well."""
    assert reading(library, "Are few gates needed?", ()) == ("Are few gates needed?", "ShiftNet")
    assert reading(library, "Are few gates needed?", SUMS) == (
        "AddNet: Are few gates needed?",
        "AddNet: Sums for all",
    )


@pytest.mark.parametrize(
    "question", ["Tell me a joke", "Who won the cup in France?", "How does a baker keep his bread?"]
)
def test_what_no_paper_speaks_of_is_not_about_the_one_under_discussion(library: Library, question: str) -> None:
    """The paper under discussion covers nothing of it, and nor does any other: that is no tie in its favour."""
    assert read(library, question, SUMS).question == question
    assert not read(library, question, SUMS).leans


def test_a_short_question_without_a_pronoun_that_finds_nothing_sure_is_about_the_paper_under_discussion(
    library: Library,
) -> None:
    """Among words that no paper has, one is left of which the adders have as much as any paper."""
    question = "Why would anybody bother shifting sums?"
    found = read(library, question, SUMS)
    assert (found.question, found.leans) == (f"AddNet: {question}", True)
    assert not read(library, question, CLOCKS).leans  # which are not spoken of in the clocks
    assert not read(library, "anybody rarely bother shifting cold sums", SUMS).leans  # mere keywords
    assert not read(library, "Why would MegaCorp bother shifting sums?", SUMS).leans  # a name that is not in it
    assert not read(library, "Why would anybody bother?", SUMS).leans  # nothing of it is


def test_what_is_asked_for_in_front_is_not_what_its_pronoun_means(library: Library) -> None:
    """Alone, the clocks are for the timers; "it" can be none of them."""
    question = "Which clocks for products made by clocks does it use?"
    assert reading(library, question, SUMS) == (f"AddNet: {question}", "AddNet: Sums for all")
    assert reading(library, "Which clocks keep their products?", SUMS)[1] == "Long timers"


def test_words_that_the_paper_under_discussion_lacks_open_another(library: Library) -> None:
    assert reading(library, "Do products need clocks?", SUMS) == ("Do products need clocks?", "Long timers")
    assert not read(library, "Do products need clocks?", SUMS).leans


def test_a_name_that_the_paper_under_discussion_lacks_opens_another(library: Library) -> None:
    """The adders know no ShiftNet; the shifters speak of AddNet, so that name alone does not lead away from them."""
    assert reading(library, "How few gates has ShiftNet?", SUMS)[1] == "ShiftNet"
    gates = (Turn("user", "How many gates are here?"), Turn("assistant", "Here are more gates. [1]"))
    assert reading(library, "Is it larger than AddNet?", gates)[1] == "ShiftNet"


def test_two_or_three_words_are_read_with_the_question_before(library: Library) -> None:
    assert reading(library, "Why?", SUMS)[0] == "AddNet: Are sums and shifts cheap? Why?"
    assert reading(library, "And clocks?", SUMS) == ("Are sums and shifts cheap? And clocks?", "Long timers")


def test_the_question_before_is_asked_of_another_subject(library: Library) -> None:
    before = (Turn("user", "How many sums has AddNet?"), Turn("assistant", "Sums and shifts are cheap. [1]"))
    assert reading(library, "What about ShiftNet?", before) == ("How many sums has ShiftNet?", "ShiftNet")


def test_what_any_paper_has_is_asked_of_the_one_under_discussion(library: Library) -> None:
    """Alone, "cheap code" would be for whoever has one of the words; "cheap" makes it a question of its own."""
    clocks = "Long timers"
    assert reading(library, "What are the limitations?", CLOCKS) == ("Long timers: What are the limitations?", clocks)
    assert reading(library, "Can you show me the code and an example?", CLOCKS)[1] == clocks
    assert reading(library, "What are the limitations of cheap shifts?", CLOCKS)[1] == "AddNet: Sums for all"
    assert read(library, "Why does that matter?", CLOCKS).leans


def test_the_papers_that_a_question_compares_come_first_in_any_conversation(library: Library) -> None:
    """The shifters speak of AddNet, and more of gates than the paper whose name that is."""
    for history in ((), CLOCKS):
        found = read(library, "How do AddNet and ShiftNet differ in gates?", history)
        assert [hit.paper.title for hit in found.ranking.hits[:2]] == ["AddNet: Sums for all", "ShiftNet"]
        assert (found.about, found.leans) == (2, False)
    assert read(library, "How do AddNet and SeaNet differ in gates?").about == 0
    assert read(library, "Is it better than AddNet or ShiftNet?", CLOCKS).ranking.hits[0].paper.title == "Long timers"


def test_the_papers_that_a_question_asks_of_together_come_first_in_any_conversation(library: Library) -> None:
    for history in ((), CLOCKS):
        found = read(library, "What do AddNet and ShiftNet say of gates?", history)
        assert [hit.paper.title for hit in found.ranking.hits[:2]] == ["AddNet: Sums for all", "ShiftNet"]
        assert (found.about, found.leans) == (2, False)
    assert read(library, "Does ShiftNet use AddNet gates?").about == 0


def test_the_paper_whose_whole_title_a_question_gives_comes_first(library: Library) -> None:
    found = read(library, "How many gates, more gates and here gates are there in “Addnet: sums for all”?")
    assert [hit.paper.title for hit in found.ranking.hits[:2]] == ["AddNet: Sums for all", "ShiftNet"]
    assert (found.about, found.leans) == (1, False)
    assert read(library, "How many gates, more gates and here gates are sums for all?").about == 0


def test_an_announced_change_of_topic_is_left_out(library: Library) -> None:
    assert reading(library, "New topic: does it have gates?", SUMS) == ("does it have gates?", "ShiftNet")


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("And the second one?", "AddNet: Sums for all"),
        ("What is the former about?", "ShiftNet"),
        ("What does [2] say?", "AddNet: Sums for all"),
        ("Which of these two has shifts?", "AddNet: Sums for all"),
    ],
)
def test_papers_are_found_by_their_place_in_the_answer(library: Library, question: str, title: str) -> None:
    assert reading(library, question, BOTH)[1] == title


def test_the_order_of_the_question_s_names_comes_before_that_of_the_markers(library: Library) -> None:
    named = (Turn("user", "How do AddNet and ShiftNet differ in gates?"), BOTH[1])
    assert reading(library, "What is the former about?", named)[1] == "AddNet: Sums for all"


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Does the former need gates?", "AddNet: Sums for all"),
        ("Does the latter need gates?", "ShiftNet"),
        ("How many clocks for all the shifts and products of sums are cheap in the latter?", "ShiftNet"),
    ],
)
def test_papers_are_found_by_their_place_in_an_answer_without_markers(
    library: Library, question: str, title: str
) -> None:
    told = (Turn("user", "What is known of gates?"), Turn("assistant", "AddNet has few gates, and ShiftNet many."))
    assert reading(library, question, told)[1] == title
    more = (Turn("user", "Who wrote them?"), Turn("assistant", "Two groups."))
    assert reading(library, question, (*told, *more))[1] == title


def test_a_paper_named_in_passing_changes_no_places(library: Library) -> None:
    """The answer about the adders speaks of the shifters, which came first in the conversation."""
    gates = (Turn("user", "How many gates are here?"), Turn("assistant", "Here are more gates. [1]"))
    sums = (
        Turn("user", "Are sums cheap in AddNet?"),
        Turn("assistant", "AddNet is cheap in sums and shifts. ShiftNet has more gates."),
    )
    assert reading(library, "And the former?", (*gates, *sums))[1] == "ShiftNet"


def test_words_for_a_place_are_not_searched_for(library: Library) -> None:
    assert reading(library, "How cheap is the latter?", BOTH)[0] == "AddNet: How cheap is it?"


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("And the former?", "AddNet: Sums for all"),
        ("Which of the two has clocks?", "Long timers"),
        ("Back to the first one: does it need gates?", "AddNet: Sums for all"),
    ],
)
def test_papers_are_found_by_their_place_in_the_conversation(library: Library, question: str, title: str) -> None:
    assert reading(library, question, (*SUMS, *CLOCKS))[1] == title


def test_an_earlier_subject_comes_back_when_it_is_called(library: Library) -> None:
    assert reading(library, "Back to sums: do they need gates?", (*SUMS, *CLOCKS))[1] == "AddNet: Sums for all"


def test_an_earlier_subject_comes_back_by_its_words(library: Library) -> None:
    assert reading(library, "Does it use shifts or sums?", (*SUMS, *CLOCKS))[1] == "AddNet: Sums for all"
    assert reading(library, "Does it use clocks and products?", (*SUMS, *CLOCKS))[1] == "Long timers"


def test_a_correction_leaves_the_paper_that_was_answered_from(library: Library) -> None:
    gates = (Turn("user", "How many gates?"), Turn("assistant", "Here are more gates. [1]"))
    assert reading(library, "No, I meant the paper with the sums.", gates)[1] == "AddNet: Sums for all"
    assert reading(library, "No, I meant the 2019 paper.", gates)[1] == "AddNet: Sums for all"
    assert reading(library, "No, the one by Ada Stone.", gates)[1] == "AddNet: Sums for all"


def test_another_paper_is_not_the_one_under_discussion(library: Library) -> None:
    gates = (Turn("user", "Which needs most gates?"), Turn("assistant", "Here are more gates. [1]"))
    assert reading(library, "Is there an alternative?", gates)[1] == "AddNet: Sums for all"


def test_a_scope_without_papers_leaves_the_question_as_it_is(library: Library) -> None:
    found = read(library, "Does it need gates?", SUMS, Scope(collections=("absent",)))
    assert (found.question, found.ranking.hits) == ("Does it need gates?", ())


def test_a_pinned_ranking_keeps_what_belongs_together(library: Library) -> None:
    ranking = library.rank("gates and sums", 3)
    last = ranking.hits[-1].paper
    moved = pinned(ranking, [last])
    assert [hit.paper.title for hit in moved.hits] == [last.title, *(hit.paper.title for hit in ranking.hits[:-1])]
    assert moved.hits[0].score == ranking.hits[0].score
    assert moved.evidence[0] == ranking.evidence[-1]
    assert np.array_equal(moved.matches[0], ranking.matches[len(ranking.hits) - 1])
    assert len(moved.matches) == len(ranking.matches)
    assert pinned(ranking, [Paper("absent", "Absent", "")]) is ranking
    assert pinned(Ranking(), [last]).hits == ()


def test_it_is_told_which_papers_are_meant(library: Library) -> None:
    assert read(library, "Does it need gates?", SUMS).about == 1
    assert read(library, "Which of these two has shifts?", BOTH).about == 2
    assert read(library, "Do products need clocks?", ()).about == 0


def test_an_answer_that_gives_a_title_was_about_that_paper(library: Library) -> None:
    told = (Turn("user", "Are shifts gates?"), Turn("assistant", "See AddNet: Sums for all [1]."))
    assert reading(library, "Is it cheap?", told)[1] == "AddNet: Sums for all"


def test_a_subject_of_its_own_leaves_though_a_pronoun_follows(library: Library) -> None:
    gates = (Turn("user", "How many gates are here?"), Turn("assistant", "Here are more gates. [1]"))
    assert reading(library, "How does AddNet keep its gates few?", gates)[1] == "AddNet: Sums for all"
