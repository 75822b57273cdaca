"""The papers that a question compares, found by the names of its sides."""

from __future__ import annotations

import pytest

from index_store.types import Hit, Paper
from rag.sides import compared, compared_among, sides

PONDS = Paper("p", "PondNet: Nets for ponds", "PondNet is small.")
LAKES = Paper("l", "A larger net", "LakeNet is larger than PondNet.")
DEEP = Paper("d", "Deep-PondNet: Nets for deep ponds", "It dives.")
WATER = Paper("w", "Flow of still water", "Nothing moves, as in LakeNet.")


def hits(*papers: Paper, scores: tuple[float, ...] = ()) -> list[Hit]:
    return [Hit(paper, score, ()) for paper, score in zip(papers, scores or [0.8] * len(papers), strict=True)]


@pytest.mark.parametrize(
    ("question", "pieces"),
    [
        ("Compare PondNet and LakeNet", ["PondNet", "LakeNet"]),
        ("What is the difference between PondNet and LakeNet?", ["PondNet", "LakeNet"]),
        ("PondNet vs. LakeNet on ice", ["PondNet", "LakeNet on ice"]),
        ("Which is faster, PondNet or LakeNet?", ["faster", "PondNet", "LakeNet"]),
        ("How is pondnet different from lakenet?", ["pondnet", "lakenet"]),
        ("What do PondNet and LakeNet have in common?", ["PondNet", "LakeNet"]),
        ("Is PondNet better than LakeNet?", ["PondNet", "LakeNet"]),
        ("How do PondNet and LakeNet work?", []),
        (f"Compare {', '.join(f'a{n}' for n in range(9))}", []),
    ],
)
def test_a_comparison_is_cut_into_its_sides(question: str, pieces: list[str]) -> None:
    assert sides(question) == pieces


def test_the_paper_that_has_a_name_in_its_title_comes_before_one_that_speaks_of_it() -> None:
    assert compared({"LakeNet": hits(LAKES), "PondNet": hits(LAKES, PONDS)}) == [LAKES, PONDS]
    assert compared({"pondnet": hits(LAKES, PONDS)}) == [PONDS]


def test_the_longest_name_is_meant() -> None:
    assert compared({"Deep-PondNet": hits(PONDS, DEEP), "PondNet": hits(DEEP, PONDS)}) == [DEEP, PONDS]


def test_a_side_that_fewer_papers_can_stand_for_chooses_first() -> None:
    both = hits(WATER, LAKES)
    assert compared({"LakeNet": both, "still water": hits(WATER)}) == [LAKES, WATER]


def test_a_paper_that_is_found_much_worse_and_merely_speaks_of_a_side_is_not_meant() -> None:
    assert compared({"LakeNet": hits(LAKES, WATER, scores=(0.8, 0.7)), "a larger net": hits(LAKES)}) == [LAKES]
    assert compared({"LakeNet": hits(LAKES, WATER, scores=(0.8, 0.77)), "a larger net": hits(LAKES)}) == [WATER, LAKES]


def test_a_name_may_be_made_of_the_first_letters_of_a_title() -> None:
    ponds, lakes = Paper("a", "New small waters", ""), Paper("b", "Lakes", "NSW is small, NSW is old.")
    assert compared({"NSW": hits(lakes, ponds)}) == [ponds]


def test_what_is_compared_by_names_no_paper_beside_the_side_itself() -> None:
    assert compared({"LakeNet on PondNet": hits(PONDS, LAKES)}) == [LAKES]
    onward = Paper("o", "Ponds on Mars", "")
    assert compared({"ponds on mars": hits(PONDS, onward)}) == [onward]


def test_words_without_a_name_mean_the_paper_that_has_them_in_its_title() -> None:
    assert compared({"still water": hits(PONDS, WATER)}) == [WATER]
    assert compared({"water": hits(PONDS, WATER)}) == []
    assert compared({"lakenets": hits(PONDS, LAKES)}) == [LAKES]
    many = Paper("m", "Nets", "All LakeNets are nets.")
    assert compared({"LakeNet": hits(PONDS, many)}) == [many]


def test_places_are_told_of_two_at_least() -> None:
    found = hits(WATER, PONDS, LAKES, scores=(0.5, 0.8, 0.8))
    assert compared_among("PondNet or LakeNet: which is larger?", found) == [1, 2]
    assert compared_among("PondNet or SeaNet: which is larger?", found) == []
    assert compared_among("What is PondNet?", found) == []
