"""The papers that a question names side by side, and those that it merely brings into another's story."""

from __future__ import annotations

import pytest

from index_store.types import Hit, Paper
from rag.together import named_together

PONDS = Paper("p", "PondNet: Nets for ponds", "PondNet is small, and slower than SeaNet.")
LAKES = Paper("l", "A net for lakes", "This is LakeNet. LakeNet is deep.")
SEAS = Paper("s", "SeaNet: Nets for the sea", "SeaNet is salty.")
STILL = Paper("w", "Still Water: A survey", "Nothing moves. Lakes are still.")
FOUND = [Hit(paper, 0.8, ()) for paper in (PONDS, LAKES, SEAS, STILL)]


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ("How deep are PondNet and LakeNet?", [0, 1]),
        ("How deep are LakeNet, SeaNet and PondNet?", [1, 2, 0]),
        ("What is said of pondnet and the seanet?", [0, 2]),
        ("PondNet versus SeaNet: how deep is each?", [0, 2]),
        ("How many layers has SeaNet, and how many has PondNet?", [2, 0]),
        ("PondNet is small. How deep is LakeNet?", [0, 1]),
        ("What can SeaNet do that LakeNet leaves?", [2, 1]),
        ("In what way is the depth of LakeNet different for SeaNet?", [1, 2]),
        ("What do Still Water and LakeNet say?", [3, 1]),
    ],
)
def test_papers_named_side_by_side_are_asked_of_together(question: str, places: list[int]) -> None:
    assert named_together(question, FOUND) == places


@pytest.mark.parametrize(
    "question",
    [
        "Does LakeNet use SeaNet?",
        "How much better is PondNet than SeaNet?",
        "PondNet on SeaNet?",
        "PondNet is slower, which SeaNet is not?",
        "With PondNet, what share of SeaNet is kept?",
        "How long with SeaNet, and how long with PondNet?",
        "How deep are LakeNet and OceanNet?",
        "How deep is LakeNet?",
        "How deep are lakes and ponds?",
        f"How deep are LakeNet, SeaNet and {', '.join(f'Net{n}' for n in range(7))}?",
        "",
    ],
)
def test_a_paper_that_is_part_of_another_s_story_is_left_to_that_one(question: str) -> None:
    assert named_together(question, FOUND) == []


def test_those_before_a_part_of_their_story_are_asked_of() -> None:
    assert named_together("How do LakeNet and PondNet do on SeaNet?", FOUND) == [1, 0]


def test_a_name_inside_another_names_no_second_paper() -> None:
    direct = Hit(Paper("d", "PondNet-Direct: Nets", "PondNet-Direct is quick."), 0.8, ())
    assert named_together("How deep are LakeNet and PondNet-Direct?", [*FOUND, direct]) == [1, 4]


def test_a_paper_far_down_that_merely_speaks_of_a_name_is_not_its_own() -> None:
    question = "How deep are LakeNet and PondNet?"
    assert named_together(question, [FOUND[0], FOUND[2], FOUND[1]]) == [2, 0]
    assert named_together(question, [FOUND[0], FOUND[2], FOUND[3], FOUND[1]]) == []


def test_a_mere_word_is_a_name_only_where_the_paper_has_it_often() -> None:
    often = Hit(Paper("o", "A net", "We call it Undine. Here Undine swims. There Undine sinks."), 0.8, ())
    twice = Hit(Paper("t", "A net", "We call it Undine. Here Undine swims."), 0.8, ())
    question = "How deep are Undine and SeaNet?"
    assert named_together(question, [often, FOUND[2]]) == [0, 1]
    assert named_together(question, [twice, FOUND[2]]) == []


def test_nothing_found_is_nothing_named() -> None:
    assert named_together("How deep are LakeNet and PondNet?", []) == []
