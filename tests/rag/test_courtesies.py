"""Messages to Citewell itself, and those that only look like it."""

from __future__ import annotations

import pytest

from rag.courtesies import Courtesy, courtesy, reply, without_courtesies
from rag.types import Turn


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("hi", "greeting"),
        ("Hello there, how are you?", "greeting"),
        ("how are you", "greeting"),
        ("thanks!", "thanks"),
        ("Thank you so much, that was helpful", "thanks"),
        ("ok thanks, bye", "thanks"),
        ("nice", "thanks"),
        ("what can you do?", "about"),
        ("who are you", "about"),
        ("are you an AI?", "about"),
        ("help", "about"),
    ],
)
def test_a_message_to_citewell_is_known(message: str, kind: Courtesy) -> None:
    assert courtesy(message) == kind


@pytest.mark.parametrize(
    "message",
    [
        "",
        "?",
        "does dropout help?",
        "help me understand LoRA",
        "what can transformers do?",
        "thanks, and what about memory?",
        "hello world programs",
        "how does it work",
        "good papers",
        "nice work",
    ],
)
def test_a_question_to_the_papers_is_none(message: str) -> None:
    assert courtesy(message) is None


def test_the_reply_counts_the_papers_and_asks_about_two_of_them() -> None:
    said = reply("about", 64, ["Adam", "LoRA"])
    assert said.startswith("I am Citewell, a program that answers questions about the 64 papers in your library")
    assert said.endswith("“What does ‘Adam’ propose?” or “What are the main findings of ‘LoRA’?”")
    assert reply("greeting", 1, ["Adam"]) == (
        "Hello. Ask me about the 1 paper in your library, for example “What does ‘Adam’ propose?”"
    )


def test_courtesies_and_what_was_said_to_them_leave_a_conversation() -> None:
    asked, answered = Turn("user", "What is LoRA?"), Turn("assistant", "An adapter [1].")
    thanks, welcome = Turn("user", "thanks!"), Turn("assistant", "Glad to help.")
    assert without_courtesies([asked, answered, thanks, welcome]) == (asked, answered)
    assert without_courtesies([thanks, welcome, asked, answered]) == (asked, answered)
