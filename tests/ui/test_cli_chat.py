"""A conversation in the terminal, and questions that come by the line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from index_store.errors import LibraryDamaged
from rag.types import Answer, Request, Turn
from tests.ui.fake_assistant import FakeAssistant, answer_to, sent
from ui.cli_chat import ask_each, converse


class Asked:
    """Answers every question with ``<question>!`` and keeps the history that came along."""

    def __init__(self) -> None:
        self.histories: list[tuple[Turn, ...]] = []

    def __call__(self, question: str, history: tuple[Turn, ...]) -> Answer:
        self.histories.append(history)
        if question == "broken":
            raise LibraryDamaged("The library is damaged: mend it.")
        if question == "stopped":
            raise KeyboardInterrupt
        return Answer(question, question, f"{question}!")


def test_follow_ups_see_what_was_said_until_a_new_conversation() -> None:
    asked = Asked()
    converse(["one", "", "two", "/new", "three", "/quit", "four"], asked)
    said = (Turn("user", "one"), Turn("assistant", "one!"))
    assert asked.histories == [(), said, ()]


def test_what_fails_or_is_stopped_ends_the_answer_only(capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked()
    converse(["one", "broken", "stopped", "/dance", "two"], asked)
    said = (Turn("user", "one"), Turn("assistant", "one!"))
    assert asked.histories == [(), said, said, said]
    told = capsys.readouterr().err
    assert "citewell: The library is damaged: mend it.\n" in told
    assert "Stopped." in told
    assert "There is no command /dance." in told


def asked_by_line(lines: list[str], *, as_json: bool) -> int:
    return ask_each(FakeAssistant(), lines, Request, as_json=as_json)


def test_questions_by_the_line_give_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked_by_line(["energy\n", "\n", "broken\n", "salary"], as_json=True) == 1
    documents: list[Any] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert Answer.from_dict(documents[0]) == sent(answer_to("energy"))
    assert documents[1] == {
        "question": "broken",
        "error": "The vectors of this library are damaged: run `citewell index --repair`.",
    }
    assert documents[2]["reason"] == "not_in_abstract"


def test_questions_by_the_line_give_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked_by_line(["energy"], as_json=False) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("› energy\nReplacing multiplications by integer additions saves 90% of the energy")
    assert "Whole Numbers Are Enough" in printed
