"""Which papers a text names side by side: four papers, two of which have one name in their titles."""

from __future__ import annotations

import pytest

from index_store.types import Paper
from rag.mentioned import named_in_order

SUMS = Paper("1", "AddNet: Sums for all", "AddNet has few gates.")
LIGHT = Paper("2", "LightAddNet, a light version of AddNet", "Half of the gates of AddNet.")
PLAIN = Paper("3", "Gate Normalization: Calm gates", "QNet is calm. QNet is slow.")
SLOPES = Paper("4", "Sloped Linear Attention with gates", "Attention falls off.")
ALL = (PLAIN, LIGHT, SUMS, SLOPES)


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        ("How do AddNet and LightAddNet differ?", (SUMS, LIGHT)),
        ("LightAddNet or addnet?", (LIGHT, SUMS)),
        ("gate norm vs AddNet", (PLAIN, SUMS)),
        ("Does LightAddNet beat QNet?", (LIGHT, PLAIN)),  # by a name of which the abstract speaks
        ("Is Sloped Linear Attention as good as AddNet?", (SLOPES, SUMS)),
        ("What is known of gates?", ()),
    ],
)
def test_a_question_names_papers_in_its_order(text: str, papers: tuple[Paper, ...]) -> None:
    assert named_in_order(text, ALL) == papers


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        ("Two: LightAddNet, which is small, and AddNet, the older one.", (LIGHT, SUMS)),
        ("AddNet adds; gate normalisation calms.", (SUMS, PLAIN)),
        ("Unlike AddNet, LightAddNet is small.", (LIGHT,)),
        ("LightAddNet is trained on the outputs of AddNet.", (LIGHT,)),
        (f"LightAddNet is {'very ' * 9}small.", (LIGHT,)),
        (f"It is {'very ' * 9}much like AddNet.", ()),
    ],
)
def test_an_answer_speaks_of_what_its_clauses_begin_with(text: str, papers: tuple[Paper, ...]) -> None:
    assert named_in_order(text, ALL, as_subjects=True) == papers
