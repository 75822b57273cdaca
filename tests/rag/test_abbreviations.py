"""What an abbreviation stands for is asked in a few ways, and told in brackets."""

from __future__ import annotations

import numpy as np
import pytest

from index_store.search import Evidence, Ranking
from index_store.types import Hit, Paper
from rag.abbreviations import abbreviation, explained, explains
from rag.understood import Understood

PONDS = Paper("p", "Ponds", "We count Green Frogs at Dusk (GFDs) and use SVM (support vector machines).")
LAKES = Paper("l", "GFD: Great Flat Docks", "GFD is about docks. It has FPS.")


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What does GFD stand for?", "GFD"),
        ("what does the acronym GFD mean", "GFD"),
        ("What is GFD short for?", "GFD"),
        ("GFD is short for what?", "GFD"),
        ("meaning of “GFD” in Ponds", "GFD"),
        ("Which frogs hide behind the abbreviation GFD?", "GFD"),
        ("expand gfd", "gfd"),
        ("GFD acronym", "GFD"),
        ("full form of GFD?", "GFD"),
        ("What does it stand for?", None),
        ("What does GFD mean for frogs?", None),
        ("How do ponds expand in GFD?", None),
    ],
)
def test_a_question_for_an_abbreviation_is_told_by_its_form(question: str, name: str | None) -> None:
    assert abbreviation(question) == name


@pytest.mark.parametrize(
    ("name", "ponds", "lakes"),
    [("GFD", True, True), ("GFDs", True, False), ("gfd", True, False), ("SVM", True, False), ("FPS", False, False)],
)
def test_a_paper_explains_it_in_brackets_or_as_its_title(name: str, ponds: bool, lakes: bool) -> None:
    assert (explains(PONDS, name), explains(LAKES, name)) == (ponds, lakes)


def test_the_best_paper_that_explains_it_comes_first() -> None:
    evidence = (Evidence(0.9, 0.9, 1.0), Evidence(0.5, 0.5, 1.0))
    found = Ranking((Hit(LAKES, 0.9, ()), Hit(PONDS, 0.5, ())), evidence, np.zeros((2, 1), np.float32))
    read = Understood("What does SVM stand for?", "What does SVM stand for?", found)
    assert [hit.paper.id for hit in explained(read).ranking.hits] == ["p", "l"]
    unasked = Understood("Which SVM?", "Which SVM?", found)
    assert explained(unasked) is unasked
