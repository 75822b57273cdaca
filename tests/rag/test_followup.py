"""Questions that lean on the conversation are put together with the one before; others are left alone."""

from __future__ import annotations

import pytest

from rag.followup import joined, leans_on_history, names_something, without_announcement
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
        "How many of them are there?",
        "Compared with what?",
    ],
)
def test_a_question_that_points_back_leans(question: str) -> None:
    assert leans_on_history(question)


@pytest.mark.parametrize(
    "question",
    ["Which papers study quantum error correction with neural decoders?", "What is BERT?", "speedup for training?"],
)
def test_a_question_that_points_nowhere_does_not(question: str) -> None:
    assert not leans_on_history(question)


@pytest.mark.parametrize("question", ["What is BERT?", "how fast is k-FPF", "what does GPT-4 need?", "What is “Adam”?"])
def test_a_name_is_seen(question: str) -> None:
    assert names_something(question)


@pytest.mark.parametrize("question", ["Speedup for inference vs training?", "which datasets?", "Why not images?"])
def test_a_capital_at_the_beginning_is_no_name(question: str) -> None:
    assert not names_something(question)


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("Changing subject, what is LoRA?", "what is LoRA?"),
        ("New question. What is LoRA?", "What is LoRA?"),
        ("Forget compilers. What is LoRA?", "What is LoRA?"),
        ("Let's talk about something else: what is LoRA?", "what is LoRA?"),
        ("Now something else - what is LoRA?", "what is LoRA?"),
        ("What changes the subject of a sentence?", None),
    ],
)
def test_an_announced_change_of_topic_is_taken_off(question: str, rest: str | None) -> None:
    assert without_announcement(question) == rest


def test_the_question_before_is_put_in_front() -> None:
    assert joined("And memory?", HISTORY) == "What is FrugalNet? And memory?"


def test_a_chain_of_follow_ups_reaches_back_to_the_subject() -> None:
    history = (*HISTORY, Turn("user", "How much energy does it save?"), Turn("assistant", "90% [1]."))
    assert joined("And memory?", history) == "What is FrugalNet? How much energy does it save? And memory?"


def test_an_older_subject_is_left_behind() -> None:
    history = (*HISTORY, Turn("user", "What is BERT?"), Turn("assistant", "A model [1]."))
    assert joined("How large is it?", history) == "What is BERT? How large is it?"


def test_without_history_nothing_is_added() -> None:
    assert joined("How fast is it?", ()) == "How fast is it?"
    assert joined("How fast is it?", (Turn("assistant", "Hello."),)) == "How fast is it?"
