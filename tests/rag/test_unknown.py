"""Names that no abstract has are told from those that are there in another way, and from what is no name."""

from __future__ import annotations

import pytest

from index_store.types import Paper
from rag.unknown import Unknown, asked_names, unknown_names

PONDS = Paper(
    "",
    "PondNet: Models of water",
    "PondNet counts frogs on LakeSet in 152 hours, trained on PAMT 2014 and LilyPad. It learns from calls of frogs. "
    "Rotary lake embeddings go pond to pond, at 28.4 BLEU.",
)
RIVERS = Paper("", "Rivers", "StreamNet-2 is newer.")


def unknown(question: str) -> Unknown:
    return unknown_names(question, [PONDS], lambda name: [RIVERS])


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What is new in PondNet-3?", ["PondNet-3"]),
        ("Is it an AlgaNet-like model, or non-IID?", ["AlgaNet", "IID"]),
        ("I use LangFrog at home; how does PondNet count?", ["PondNet"]),
        ("How many GB and ms for 33B on a 3D net?", []),
        ("Does it REALLY work, and NOT only here?", []),
        ("WHAT DOES PONDNET COUNT", []),
        ("How do Frogs call, e.g. in X.Y.Z?", []),
    ],
)
def test_names_are_told_by_their_look(question: str, named: list[str]) -> None:
    assert asked_names(question) == named


@pytest.mark.parametrize(
    "question",
    [
        "Does pond-NET count?",
        "How does PodnNet count?",
        "Does LCF work?",  # learns from the calls of frogs: stop words are left out
        "PondNet-152 hours",
        "What does it reach on PAMT14?",
        "What does it reach on LakeSet-1k?",
        "Is StreamNet2 newer?",
        "What are lily pads (LilyPad)?",
        "Does it use RoLE?",
        "Does LakeEmb help?",
        "Is pond2pond there?",
        "BLEU 28.4 was reached by what?",
        "What did DeepMind do with frogs?",
        " ".join(f"Is XqZ{name} here?" for name in "abcdefghi"),  # a text
    ],
)
def test_a_name_may_be_there_in_another_way(question: str) -> None:
    assert unknown(question) == Unknown()


@pytest.mark.parametrize(
    ("question", "names", "decides"),
    [
        ("What is new in PondNet-3?", ("PondNet-3",), True),
        ("what is new in PondNet 3", ("PondNet 3",), True),
        ("How does PondNet-3 differ from PondNet?", ("PondNet-3",), False),
        ("How does PondNet relate to AlgaeBase?", ("AlgaeBase",), False),
        ("How many frogs does PondNet count on AlgaeBase?", ("AlgaeBase",), False),
        ("What is the XQZ of frogs?", ("XQZ",), False),  # may be a unit
        ("What are Wise Calling Frogs (WCF)?", ("WCF",), False),
        ("How does LilyPad-Q work?", ("LilyPad-Q",), True),
        ("How does LilyPad-Q float?", ("LilyPad-Q",), False),
    ],
)
def test_a_name_that_no_abstract_has_decides_where_nothing_else_can_be_answered(
    question: str, names: tuple[str, ...], decides: bool
) -> None:
    assert unknown(question) == Unknown(names, decides)
