"""Lists of papers: which match, what stands in the answer, and what "show more" goes on with.

A word of the vocabulary matches itself at .125 (one bit a dimension, 8 dimensions, squared) and nothing else, so that
only scores decide here; rankings with better words are made by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index_store.build import index_entries
from index_store.library import Library
from index_store.search import Evidence, Ranking
from index_store.types import Entry, Hit, Paper
from rag import listing
from rag.answerers import Brief, Quoted, Remark
from rag.listing import Resumed, left_out, list_papers, matching, resumed, subject
from rag.types import Turn
from tests.fakes import FakeEmbedder
from tests.small_library import fake_shelf

PONDS = Paper("", "Ponds", "Grass grows. Frogs sing. We rest.")
LIST = "Which papers are about frogs?"


def said(folder: Path, question: str, *papers: Paper, shown: int = 0) -> list[str]:
    shelf = fake_shelf(folder, FakeEmbedder(("frogs", "rye"), 64))
    index_entries(shelf, (Entry(paper, Path("file"), line) for line, paper in enumerate(papers, 1)))
    library = Library(shelf)
    hits = library.search(subject(question))
    texts = []
    for piece in list_papers(library, Brief(question, hits, searched=len(library), shown=shown)):
        if isinstance(piece, Remark):
            texts.append(piece.text)
        else:
            assert isinstance(piece, Quoted)
            texts.append(hits[piece.source - 1].paper.abstract[piece.span.start : piece.span.end])
    library.close()
    return texts


def test_a_list_counts_names_and_quotes_the_sentence_that_qualifies(tmp_path: Path) -> None:
    papers = [Paper("", f"Pond {n}", f"Grass grows. Frogs sing in pond {n}. We rest.") for n in range(2)]
    quoted = said(tmp_path, LIST, *papers)
    assert quoted[0] == "2 of 2 papers match."
    assert sorted(zip(quoted[1::2], quoted[2::2], strict=True)) == [
        ("\n\nPond 0: ", "Frogs sing in pond 0."),
        ("\n\nPond 1: ", "Frogs sing in pond 1."),
    ]


def test_a_list_of_one_and_one_that_is_only_a_title(tmp_path: Path) -> None:
    assert said(tmp_path / "a", LIST, PONDS) == ["1 of 1 paper matches.", "\n\nPonds: ", "Frogs sing."]
    assert said(tmp_path / "b", LIST, Paper("", "Frogs", "")) == ["1 of 1 paper matches.", "\n\nFrogs"]


@pytest.mark.parametrize(
    ("shown", "begins", "listed", "ends"),
    [
        (0, "4 of 4 papers match.", 3, "\n\nAsk “show more” for the other."),
        (3, "Papers 4 to 4 of the 4 that match.", 1, None),
        (6, "That was the whole list: 4 papers match.", 0, None),
    ],
)
def test_a_long_list_has_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: int, begins: str, listed: int, ends: str | None
) -> None:
    monkeypatch.setattr(listing, "_PAGE", 3)
    papers = [Paper("", f"Pond {n}", f"Frogs sing in pond {n}.") for n in range(4)]
    found = said(tmp_path, LIST, *papers, shown=shown)
    assert found[0] == begins
    assert sum(text.startswith("Frogs sing") for text in found) == listed
    assert (found[-1] == ends) == (ends is not None)


def test_a_list_as_long_as_the_search_goes_is_not_said_to_be_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "DEPTH", 1)
    assert said(tmp_path, LIST, PONDS)[0] == "At least 1 of 1 paper matches."


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Which papers are about frogs?", "frogs"),
        ("List all studies that mention the song of frogs, please", "song frogs"),
        ("How many papers discuss rye bread?", "rye bread"),
        ("Which papers propose methods?", "Which papers propose methods?"),
        ("Hi, can you recommend recent literature on frogs?", "frogs"),
        ("Which papers evaluate on PondBench?", "pondbench"),
        ("papers tested on frogs", "frogs"),
        ("Which papers are about tests of frogs?", "tests frogs"),
        ("Which papers use pre-trained frogs?", "pre trained frogs"),
        ("Which papers are about the literature?", "literature"),
    ],
)
def test_the_subject_is_what_the_papers_are_to_be_about(question: str, words: str) -> None:
    assert subject(question) == words


def ranking(scores: Sequence[float], matches: Sequence[Sequence[float]], starts: Sequence[int]) -> Ranking:
    hits = tuple(Hit(Paper(f"p{n}", f"Title {n}", "Text."), score, ()) for n, score in enumerate(scores))
    rows = np.array([*matches, [0.9] * len(starts)], np.float32)  # the pool goes on beyond the hits
    return Ranking(hits, tuple(Evidence(0.5, 0.5, 1.0) for _ in hits), rows, np.array(starts, np.int32))


def test_near_the_best_score_or_with_all_words() -> None:
    found = matching(
        ranking([0.8, 0.55, 0.5, 0.4, 0.3], [[0.2, 0.2], [0.2, 0.2], [0.9, 0.5], [0.7, 0.6], [0.2, 0.2]], [0, 5]),
        "frog song",
    )
    assert [hit.paper.id for hit in found] == ["p0", "p1", "p3"]  # .52 is near .8


@pytest.mark.parametrize(
    ("question", "wanted", "unwanted"),
    [
        ("Which papers are not about frogs?", "frogs", "frogs"),
        ("Which pond papers don't use nets?", "pond", "nets"),
        ("Any pond papers without nets?", "pond", "nets"),
        ("papers about ponds but not frogs", "ponds", "frogs"),
        ("Which papers are about catching frogs without nets?", "catching frogs nets", ""),
        ("Which papers show that frogs do not sing?", "frogs sing", ""),
    ],
)
def test_what_a_list_leaves_out(question: str, wanted: str, unwanted: str) -> None:
    assert (subject(question), left_out(question)) == (wanted, unwanted)


@pytest.mark.parametrize(
    ("abstract", "matches"),
    [
        ("We count song frogs.", True),
        ("A Song-Frog was seen.", True),
        ("The song of a frog is heard.", False),
        ("Birdsong frogs are none.", False),
    ],
)
def test_who_says_the_very_words_matches_whatever_the_score(abstract: str, matches: bool) -> None:
    hits = (Hit(PONDS, 1.0, ()), Hit(Paper("", "", abstract), 0.1, ()))
    matrix = np.zeros((2, 2), np.float32)
    found = matching(Ranking(hits, matches=matrix, starts=np.array([0, 5], np.int32)), "song frogs")
    assert (hits[1] in found) == matches


def test_a_word_of_several_pieces_is_there_by_their_mean() -> None:
    found = matching(ranking([0.8, 0.1, 0.1], [[0.2, 0.2], [0.9, 0.4], [0.9, 0.2]], [0, 2]), "frogsong")
    assert [hit.paper.id for hit in found] == ["p0", "p1"]


def test_nothing_found_matches_nothing() -> None:
    assert matching(Ranking(), "frogs") == ()


def talk(*questions: str) -> tuple[Turn, ...]:
    return tuple(turn for question in questions for turn in (Turn("user", question), Turn("assistant", "An answer.")))


@pytest.mark.parametrize(
    "more",
    [
        "show more",
        "More",
        "more please",
        "Show me the rest.",
        "next",
        "next page",
        "the others?",
        "Please continue",
        "go on!",
        "Can you show me more of them?",
        "yes, more",
    ],
)
def test_more_goes_on_with_the_list(more: str) -> None:
    assert resumed(more, talk(LIST)) == Resumed(LIST, (), 20)


def test_more_after_more_counts_on_and_keeps_what_was_before_the_list() -> None:
    before = talk("What is a frog?")
    assert resumed("more", (*before, *talk(LIST, "more", "show more"))) == Resumed(LIST, before, 60)


@pytest.mark.parametrize(
    ("question", "history"),
    [
        ("more", ()),
        ("more", talk("What is a frog?")),
        ("more", talk(LIST, "What is a frog?")),
        ("more", talk("more")),
        ("more about frogs", talk(LIST)),
        ("Which papers are more recent?", talk(LIST)),
        ("", talk(LIST)),
        ("what next for frogs", talk(LIST)),
    ],
)
def test_other_questions_do_not_go_on(question: str, history: tuple[Turn, ...]) -> None:
    assert resumed(question, history) is None


@pytest.mark.parametrize("text", ["please " * 600, "more " * 800, "show me " * 500, "…" * 4_000])
@pytest.mark.timeout(5)
def test_odd_texts_take_no_time(text: str) -> None:
    assert resumed(text, talk(LIST)) is None
