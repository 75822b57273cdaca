"""Pieces of an answerer become events and a draft: thoughts apart, sources that did not fit left out, failures kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pytest

from index_store.types import Hit, Paper, Span
from rag.answerers import Anew, Brief, Done, Piece, Quoted, Said, Sources, Thought
from rag.drafting import SupportCheck, Verdict
from rag.errors import OllamaFailed
from rag.stopping import Work
from rag.types import DeltaEvent, Event, ThoughtEvent
from rag.writing import Written, write

HITS = tuple(Hit(Paper(name, name.upper(), f"{name} says so."), 1.0, ()) for name in ("a", "b", "c"))
BRIEF = Brief("Why?", HITS)


class Yes:
    def check(self, sentence: str, papers: Sequence[Paper]) -> Verdict:
        return Verdict("supported")


class Counts:
    """Supports everything, counts what it was asked, and stops the work after so many questions."""

    def __init__(self, most: int = 100) -> None:
        self.asked: list[tuple[str, str]] = []
        self.work, self._most = Work(), most

    def check(self, sentence: str, papers: Sequence[Paper]) -> Verdict:
        self.asked.append((sentence, "".join(paper.id for paper in papers)))
        if len(self.asked) == self._most:
            self.work.stop()
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


def written(answerer: Says, support: SupportCheck | None = None) -> tuple[list[Event], Written]:
    work = support.work if isinstance(support, Counts) else Work()
    steps, events = write(answerer, BRIEF, support or Yes(), work), []
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


def test_what_turns_out_to_be_a_thought_is_left_out_of_the_draft_and_its_numbers_with_it() -> None:
    pieces = (Said("Hm, [1] and [7]. "), Anew(), Thought("Hm, [1] and [7]. "), Said("Third [2]."))
    events, done = written(Says(Sources((0, 2)), *pieces, Done()))
    assert [event.text for event in events if isinstance(event, ThoughtEvent)] == ["Hm, [1] and [7]. "]
    assert done.draft.text == "Third [1]."
    assert [citation.paper.id for citation in done.draft.citations] == ["c"]
    assert done.draft.invented == ()


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
    work, answerer = Work(), Says(Said("So ["), Said("on "), Done())
    steps = write(answerer, BRIEF, Yes(), work)
    next(steps)
    work.stop()
    assert answerer.closed == 1
    with pytest.raises(StopIteration) as end:  # what was held back is not said any more, and nothing is drafted
        next(steps)
    assert end.value.value.draft.text == ""


def test_a_model_that_repeats_itself_is_checked_once_for_each_source() -> None:
    support = Counts()
    _, done = written(Says(Said("It is so [1]. " * 400 + "It is so [2]."), Done()), support)
    assert [claim.support for claim in done.draft.claims] == ["supported"] * 401
    assert support.asked == [("It is so.", "a"), ("It is so.", "b")]


def test_what_goes_on_without_an_end_is_not_checked() -> None:
    support = Counts()
    _, done = written(Says(Said(f"It is so [1]. It is {'no ' * 800}so [1]."), Done()), support)
    assert [claim.support for claim in done.draft.claims] == ["supported", "unsupported"]
    assert support.asked == [("It is so.", "a")]


def test_stopping_the_work_ends_the_check_of_what_was_written() -> None:
    support = Counts(most=2)
    written(Says(Said("".join(f"It is {n} [1]. " for n in range(50))), Done()), support)
    assert [sentence for sentence, _ in support.asked] == ["It is 0.", "It is 1."]
