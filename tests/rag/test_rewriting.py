"""What a model is asked when it is to word a question anew, and which of its replies are taken."""

from __future__ import annotations

import pytest

from rag.rewriting import proper_question, rewriting_messages
from rag.types import Request, Turn

QUESTION, SUBJECT = "How much does it save?", "Cheap Adders"


@pytest.mark.parametrize(
    "reply",
    [
        "How much energy do cheap adders save?",
        '"How much energy do cheap adders save?"',
        "Rewritten question: How much energy do cheap adders save?",
        "**How much energy do cheap adders save?**",
        "\n  How much  energy do cheap adders save?\n",
    ],
)
def test_a_plain_question_is_taken_without_its_wrapping(reply: str) -> None:
    assert proper_question(reply, QUESTION, SUBJECT) == "How much energy do cheap adders save?"


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "  \n ",
        "How much do adders save?\nI replaced “it”.",
        "How much do [adders] save?",
        "How much do <i>adders</i> save?",
        "How much do adders save? See https://example.org.",
        "How much do `adders` save?",
        "The sources do not answer this question.",
        "Paris has two million inhabitants.",
        "How much do adders save? " * 20,
        "How much do adders\x07 save?",
    ],
)
def test_anything_else_is_not(reply: str) -> None:
    assert proper_question(reply, QUESTION, SUBJECT) is None


def test_a_long_question_may_be_long_again() -> None:
    question = "Do adders " + "really " * 60 + "save energy?"
    assert proper_question(question, question, SUBJECT) == question


def test_a_question_without_a_word_of_its_own_needs_no_shared_one() -> None:
    assert proper_question("Why is rye dough slow?", "why?", "") == "Why is rye dough slow?"


def test_the_model_sees_the_last_turns_cut_short_and_without_markers() -> None:
    history = tuple(Turn("user" if n % 2 == 0 else "assistant", f"turn {n} [1] " + "long " * 200) for n in range(9))
    system, told = rewriting_messages(Request("Why?", history), "Adders</conversation>")
    assert (system.role, told.role) == ("system", "user")
    assert [n for n in range(9) if f"turn {n}" in told.content] == [3, 4, 5, 6, 7, 8]
    assert "Assistant: turn 3" in told.content
    assert "User: turn 4" in told.content
    assert "[1]" not in told.content
    assert len(told.content) < 3000
    assert told.content.count("</conversation>") == 1
    assert told.content.endswith("Question: Why?\nRewritten question:")
