"""Questions that lean on the conversation are put together with the one before; others are left alone."""

from __future__ import annotations

import pytest

from rag.followup import leans_on_history, standalone_question
from rag.types import Turn

HISTORY = (Turn("user", "What is FrugalNet?"), Turn("assistant", "A network that adds instead of multiplying [1]."))


@pytest.mark.parametrize(
    "question",
    [
        "How much energy does it save?",
        "And on images?",
        "What about its memory?",
        "why?",
        "Does the method need labels?",
        "which datasets?",
        "How many of them are there?",
        "Compared with what?",
    ],
)
def test_a_question_that_points_back_gets_the_one_before(question: str) -> None:
    assert leans_on_history(question)
    assert standalone_question(question, HISTORY) == f"What is FrugalNet? {question}"


@pytest.mark.parametrize(
    "question",
    [
        "Which papers study quantum error correction with neural decoders?",
        "How does LoRA reduce the number of trainable parameters?",
        "What is BERT?",
        "Adam optimizer convergence guarantees",
    ],
)
def test_a_question_on_its_own_is_left_alone(question: str) -> None:
    assert not leans_on_history(question)
    assert standalone_question(question, HISTORY) == question


def test_a_chain_of_follow_ups_reaches_back_to_the_subject() -> None:
    history = (*HISTORY, Turn("user", "How much energy does it save?"), Turn("assistant", "90% [1]."))
    assert standalone_question("And memory?", history) == "What is FrugalNet? How much energy does it save? And memory?"


def test_without_history_nothing_is_added() -> None:
    assert standalone_question("How fast is it?", ()) == "How fast is it?"
    assert standalone_question("How fast is it?", (Turn("assistant", "Hello."),)) == "How fast is it?"
