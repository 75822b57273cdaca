"""Pieces of an answerer become events and a draft: thoughts apart, sources that did not fit left out, failures kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pytest

from index_store.types import Hit, Paper, Span
from rag.answerers import Brief, Done, Piece, Quoted, Said, Sources, Thought
from rag.drafting import Verdict
from rag.errors import OllamaFailed
from rag.stopping import Work
from rag.types import DeltaEvent, Event, ThoughtEvent
from rag.writing import Written, write

HITS = tuple(Hit(Paper(name, name.upper(), f"{name} says so."), 1.0, ()) for name in ("a", "b", "c"))
BRIEF = Brief("Why?", HITS)


class Yes:
    def check(self, sentence: str, papers: Sequence[Paper]) -> Verdict:
        return Verdict("supported")


class Says:
    """Says these pieces; an exception among them is raised."""

    name = "ollama"
    model = "m"

    def __init__(self, *pieces: Piece | Exception) -> None:
        self._pieces = pieces
        self.closed = 0

    def stream(self, brief: Brief) -> Iterator[Piece]:
        try:
            for piece in self._pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.closed += 1


class Plain(Says):
    """Streams through an iterator that cannot be closed."""

    def stream(self, brief: Brief) -> Iterator[Piece]:
        return iter([piece for piece in self._pieces if not isinstance(piece, Exception)])


def written(answerer: Says) -> tuple[list[Event], Written]:
    steps, events = write(answerer, BRIEF, Yes(), Work()), []
    while True:
        try:
            events.append(next(steps))
        except StopIteration as end:
            return events, end.value


def text_of(events: Iterable[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, DeltaEvent))


def test_thoughts_are_events_and_never_text() -> None:
    events, done = written(Says(Thought("Hm. "), Said("So ["), Thought("Well."), Said("2]."), Done(model="m")))
    assert [event.text for event in events if isinstance(event, ThoughtEvent)] == ["Hm. ", "Well."]
    assert text_of(events) == done.draft.text == "So [1]."
    assert [citation.paper.id for citation in done.draft.citations] == ["b"]
    assert (done.done.model, done.failure) == ("m", None)


def test_sources_that_did_not_fit_have_no_number() -> None:
    _, done = written(Says(Sources((0, 2)), Said("First [1]. Second [2]. Third [3]."), Done()))
    assert [citation.paper.id for citation in done.draft.citations] == ["a", "c"]
    assert done.draft.invented == ("[3]",)


@pytest.mark.parametrize(
    ("said", "claimed"),
    [
        ("It is so [1]. And mo", ["It is so."]),
        ("It is so. [1] And mo", ["It is so."]),
        ("It is so [1].", ["It is so."]),
        ("It is so [1]", []),
        ("About 3.5 tim", []),
        ("“It is so.” [1] An", ["“It is so.”"]),
    ],
)
def test_a_failure_leaves_the_open_sentence_unjudged(said: str, claimed: list[str]) -> None:
    answerer = Says(Said(said), OllamaFailed("It broke off."))
    events, done = written(answerer)
    assert text_of(events) == done.draft.text == said
    assert [claim.text for claim in done.draft.claims] == claimed
    assert (str(done.failure), done.done.model, answerer.closed) == ("It broke off.", "m", 1)


def test_quotes_are_whole_whatever_comes_after() -> None:
    events, done = written(Says(Quoted(2, Span(0, 10)), OllamaFailed("no")))
    assert text_of(events) == done.draft.text == "b says so. [1]"
    assert [claim.text for claim in done.draft.claims] == ["b says so."]


def test_an_answerer_whose_stream_cannot_be_closed_is_read_all_the_same() -> None:
    assert written(Plain(Said("So [1]."), Done()))[1].draft.text == "So [1]."


def test_stopping_the_work_closes_the_stream() -> None:
    work, answerer = Work(), Says(Said("So "), Said("on "), Done())
    steps = write(answerer, BRIEF, Yes(), work)
    next(steps)
    work.stop()
    assert answerer.closed == 1
    assert list(steps) == []
