""" "Tell me more" to a speaker that quotes."""

from __future__ import annotations

import pytest

from index_store.types import Hit, Paper, Span
from rag.answerers import Brief, Done, Quoted, Remark
from rag.continuing import Continuing, asks_to_continue, asks_to_reword, continued
from rag.parts import Speaker
from rag.types import Request, Turn

PONDS = Hit(Paper("p", "Ponds", "Grass grows. Frogs sing. We rest."), 1.0, ())
BARNS = Hit(Paper("b", "Barns", "Cows moo. Owls hoot."), 0.9, ())


class Talker(Continuing):
    name = "ollama"


def quoted(*answers: str) -> list[str]:
    history = [turn for answer in answers for turn in (Turn("user", "more"), Turn("assistant", answer))]
    texts = []
    for piece in Continuing().stream(Brief("more", (PONDS, BARNS), tuple(history))):
        if isinstance(piece, Quoted):
            abstract = (PONDS, BARNS)[piece.source - 1].paper.abstract
            texts.append(abstract[piece.span.start : piece.span.end])
        elif isinstance(piece, Remark):
            texts.append(piece.text)
    return texts


@pytest.mark.parametrize(
    "question",
    ["tell me more", "more", "go on", "Please continue.", "can you elaborate on that?", "more details please"],
)
def test_more_is_asked_for(question: str) -> None:
    assert asks_to_continue(question)
    assert not asks_to_reword(question)


@pytest.mark.parametrize(
    "question", ["explain it simpler", "say that in other words", "shorter please", "rephrase that"]
)
def test_other_words_are_asked_for(question: str) -> None:
    assert asks_to_reword(question)
    assert not asks_to_continue(question)


@pytest.mark.parametrize(
    "question", ["Tell me more about its auxiliary loss.", "more parameters?", "what else is there?", "is it simpler?"]
)
def test_other_questions_ask_for_neither(question: str) -> None:
    assert not asks_to_continue(question)
    assert not asks_to_reword(question)


def test_what_was_not_quoted_yet_follows() -> None:
    assert quoted("Frogs sing. [1]") == ["Grass grows.", "We rest."]
    assert quoted("Cows moo. [1]") == ["Owls hoot."]
    assert quoted("Frogs and cows are loud [1].") == ["Grass grows.", "Frogs sing.", "We rest."]


def test_the_end_is_told() -> None:
    assert quoted("Frogs sing. [1]", "Grass grows. [1] We rest. [1]") == [
        "That was all: the abstract has no further sentence."
    ]


def test_no_more_is_quoted_than_an_answer_holds() -> None:
    long = "Frogs " + "very " * 100 + "often sing."
    hit = Hit(Paper("l", "Long", f"{long} {long} {long}"), 1.0, ())
    assert list(Continuing().stream(Brief("more", (hit,)))) == [Quoted(1, Span(0, len(long))), Done()]


def test_only_who_quotes_goes_on_quoting() -> None:
    history = (Turn("user", "ponds?"), Turn("assistant", "Frogs sing. [1]"))
    quoting, talking = Speaker(Continuing()), Speaker(Talker())
    assert continued(quoting, Request("more")) is quoting
    assert continued(talking, Request("more", history)) is talking
    assert isinstance(continued(quoting, Request("more", history)).answerer, Continuing)
    assert continued(quoting, Request("explain it simpler", history)).notice == (
        "Quoting keeps to the words of the abstract; simpler or shorter ones need a model."
    )
