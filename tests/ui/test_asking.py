"""What a terminal shows while an answer is written; pure output, no process."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rag.types import Answer, AnswerEvent, DeltaEvent, Event, Request, ThoughtEvent
from tests.ui.fake_assistant import FakeAssistant, answer_to
from ui.asking import Wrapped, ask_live


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Says(FakeAssistant):
    """Gives these events."""

    def __init__(self, *events: Event) -> None:
        super().__init__()
        self.events = events

    def stream(self, request: Request) -> Iterator[Event]:
        yield from self.events


def wrapped(text: str, size: int, width: int = 20) -> str:
    out = io.StringIO()
    words = Wrapped(out, width)
    for at in range(0, len(text), size):
        words.write(text[at : at + size])
    words.end()
    return out.getvalue()


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three four five six", ["one two three four", "five six"]),
        ("one\ntwo\n\nthree", ["one", "two", "", "three"]),
        ("it costs $5 and $6 or more [1].", ["it costs $5 and $6", "or more [1]."]),
        ("so $x + y$ is", ["so x + y is"]),
        (r"so \textbf{two words} is", ["so two words is"]),
        ("a-very-long-word-beyond-the-width b", ["a-very-long-word-beyond-the-width", "b"]),
        ("red \x1b[31malert\x07 \u202eend", ["red [31malert end"]),
        ("ends in money $", ["ends in money $"]),
    ],
)
def test_words_are_wrapped_as_they_come(text: str, lines: list[str], size: int) -> None:
    assert wrapped(text, size).splitlines() == lines


def test_a_formula_without_end_holds_nothing_back_for_long() -> None:
    out = io.StringIO()
    words = Wrapped(out, 80)
    words.write("so $x + " + "many words " * 60)
    assert "many words" in out.getvalue()


def test_thinking_is_one_dim_line_that_goes() -> None:
    answer = answer_to("energy")
    out, err = Terminal(), Terminal()
    says = Says(ThoughtEvent("Hm."), ThoughtEvent("Well."), DeltaEvent(answer.text), AnswerEvent(answer))
    assert ask_live(says, Request("energy"), out, err) == answer
    assert err.getvalue() == "\r\x1b[2K\x1b[2mthinking… 1 s\x1b[0m\r\x1b[2K"
    assert "Hm." not in out.getvalue()
    assert "[1] B-Adders" in out.getvalue()


def test_thinking_is_not_shown_where_nobody_watches() -> None:
    err = io.StringIO()
    ask_live(Says(ThoughtEvent("Hm."), AnswerEvent(answer_to("energy"))), Request("energy"), io.StringIO(), err)
    assert err.getvalue() == ""


def test_an_answer_that_replaces_the_words_is_printed_under_them() -> None:
    out = Terminal()
    answer = Answer("q", "q", "Their abstracts do not say.", abstained=True, reason="not_in_abstract")
    ask_live(Says(DeltaEvent("The sources do not answer."), AnswerEvent(answer)), Request("q"), out, Terminal())
    assert out.getvalue() == "The sources do not answer.\n\nTheir abstracts do not say.\n"


def test_leaving_stops_the_work() -> None:
    class Broken(Terminal):
        def write(self, text: str) -> int:
            raise KeyboardInterrupt

    assistant = FakeAssistant()
    with pytest.raises(KeyboardInterrupt):
        ask_live(assistant, Request("slow"), Broken(), Terminal())
    assert assistant.stopped.is_set()


def hostile(url: str) -> Answer:
    """Give the answer about energy with another address of its paper."""
    answer = answer_to("energy")
    (citation,) = answer.citations
    return replace(answer, citations=(replace(citation, paper=replace(citation.paper, url=url)),))


def test_on_a_terminal_the_papers_of_an_answer_open_with_a_click(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    out, piped, answer = Terminal(), io.StringIO(), answer_to("energy")
    link = f"\x1b]8;;{answer.citations[0].paper.url}\x1b\\[1] "
    ask_live(Says(AnswerEvent(answer)), Request("energy"), out, io.StringIO())
    assert link in out.getvalue()
    assert "(2021)\x1b]8;;\x1b\\\n" in out.getvalue()
    ask_live(Says(AnswerEvent(answer)), Request("energy"), piped, io.StringIO())
    assert "\x1b" not in piped.getvalue()
    monkeypatch.setenv("TERM", "dumb")
    ask_live(Says(AnswerEvent(answer)), Request("energy"), out := Terminal(), io.StringIO())
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("url", ["https://x.org/\x1b]0;owned\x07", "https://x.org/\x9b2J", "javascript:alert(1)"])
def test_no_address_of_a_paper_has_power_over_the_terminal(url: str) -> None:
    out = Terminal()
    ask_live(Says(AnswerEvent(hostile(url))), Request("energy"), out, io.StringIO())
    assert not [c for c in out.getvalue() if unicodedata.category(c) == "Cc" and c != "\n"]
