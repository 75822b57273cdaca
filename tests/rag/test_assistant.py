"""The steps of an answer in their order, with parts whose results can be worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index_store.build import index_entries
from index_store.library import Library
from index_store.search import Ranking
from index_store.types import Entry, Paper, Scope, Span
from rag.abstain import Judgement
from rag.answerers import Brief, Done, Piece, Quoted, Said
from rag.assistant import Assistant, Parts, Speaker
from rag.drafting import Verdict
from rag.errors import OllamaFailed, QuestionRefused
from rag.types import AnswerEvent, DeltaEvent, HitsEvent, Request, Turn
from tests.fakes import FakeEmbedder
from tests.small_library import fake_shelf

PAPERS = (
    Paper("", "Adders", "Sums are cheap in hardware. Products cost more.", year=2020),
    Paper("", "Shifters", "Shifts are cheaper still. They need no gates.", year=2022),
)


class Quoter:
    """Quotes the first sentence of the best paper, and remembers what it was asked."""

    name = "quote"

    def __init__(self, *, silent: bool = False) -> None:
        self.briefs: list[Brief] = []
        self.closed = 0
        self._silent = silent

    def stream(self, brief: Brief) -> Iterator[Piece]:
        self.briefs.append(brief)
        try:
            if not self._silent:
                yield Quoted(1, Span(0, brief.hits[0].paper.abstract.index(".") + 1))
            yield Done(receipt={"sent": 1})
        finally:
            self.closed += 1


class Talker(Quoter):
    """Talks, then breaks off."""

    name = "ollama"

    def stream(self, brief: Brief) -> Iterator[Piece]:
        try:
            yield Said("Sums are ")
            raise OllamaFailed("The model broke off.")
        finally:
            self.closed += 1


class Speakers:
    def __init__(self, answerer: Any) -> None:
        self.answerer = answerer
        self.asked: list[tuple[str | None, str | None]] = []

    def choose(self, answerer: str | None, model: str | None) -> Speaker:
        self.asked.append((answerer, model))
        return Speaker(self.answerer, notice="No model runs.")

    def warm(self) -> None:
        self.asked.append((None, None))

    def describe(self) -> dict[str, Any]:
        return {"answerer": "quote", "model": None, "ollama": "not running"}


class Judge:
    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement

    def judge(self, question: str, ranking: Ranking, asked: str) -> Judgement:
        return self.judgement


class NoCheck:
    def check(self, sentence: str, papers: Sequence[Paper]) -> Verdict:
        return Verdict("unsupported")


def library(folder: Path, papers: Sequence[Paper] = PAPERS) -> Library:
    shelf = fake_shelf(folder, FakeEmbedder(("sums", "shifts", "products", "gates")))
    if papers:
        index_entries(shelf, (Entry(paper, Path("file"), line) for line, paper in enumerate(papers, 1)))
    return Library(shelf)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    opened = library(tmp_path)
    yield Parts(opened, Speakers(Quoter()), Judge(Judgement(0.9)), NoCheck(), papers=1)
    opened.close()


def test_an_answer_has_every_part(parts: Parts) -> None:
    answer = Assistant(parts).ask("are sums cheap?")
    assert answer.text == "Sums are cheap in hardware. [1]"
    assert (answer.answerer, answer.notice, answer.confidence) == ("quote", "No model runs.", 0.9)
    assert [hit.title for hit in answer.hits] == ["Adders", "Shifters"]
    assert answer.citations[0].paper.title == "Adders"
    assert answer.citations[0].quotes[0].text == "Sums are cheap in hardware."
    assert set(answer.timings_ms) == {"search", "judge", "answer"}
    assert answer.receipt["sent"] == 1
    assert answer.receipt["library_digest"]


def test_a_stream_gives_hits_then_text_then_the_answer(parts: Parts) -> None:
    events = list(Assistant(parts).stream(Request("are sums cheap?")))
    assert [type(event) for event in events] == [HitsEvent, DeltaEvent, AnswerEvent]
    assert events[1] == DeltaEvent("Sums are cheap in hardware. [1]")


def test_the_answerer_gets_no_more_papers_than_set_and_the_history(parts: Parts) -> None:
    history = (Turn("user", "are sums cheap?"), Turn("assistant", "Yes [1]."))
    answer = Assistant(parts).ask(Request("And shifts?", history))
    assert isinstance(parts.speakers, Speakers)
    (brief,) = parts.speakers.answerer.briefs
    assert len(brief.hits) == 1
    assert brief.history == history
    assert answer.standalone_question == brief.question == "are sums cheap? And shifts?"
    assert answer.question == "And shifts?"


def test_the_scope_and_the_choice_of_answerer_are_passed_on(parts: Parts) -> None:
    answer = Assistant(parts).ask(Request("sums", scope=Scope(first_year=2021), answerer="quote", model="m"))
    assert [hit.title for hit in answer.hits] == ["Shifters"]
    assert isinstance(parts.speakers, Speakers)
    assert parts.speakers.asked == [("quote", "m")]


@pytest.mark.parametrize(
    ("reason", "words"),
    [("off_topic", "nothing about this"), ("not_in_abstract", "do not say. The nearest is “Adders”")],
)
def test_abstaining_states_its_reason_and_asks_no_one(parts: Parts, reason: Any, words: str) -> None:
    answer = Assistant(replace(parts, judge=Judge(Judgement(0.1, reason)))).ask("sums?")
    assert (answer.abstained, answer.reason, answer.confidence) == (True, reason, 0.1)
    assert words in answer.text
    assert answer.hits
    assert not answer.citations
    assert isinstance(parts.speakers, Speakers)
    assert parts.speakers.asked == []


def test_an_answerer_with_nothing_to_say_abstains(parts: Parts) -> None:
    answer = Assistant(replace(parts, speakers=Speakers(Quoter(silent=True)))).ask("sums?")
    assert (answer.abstained, answer.reason) == (True, "not_in_abstract")


def test_an_empty_library_says_so(tmp_path: Path, parts: Parts) -> None:
    empty = library(tmp_path / "empty", ())
    answer = Assistant(replace(parts, library=empty)).ask("sums?")
    assert (answer.abstained, answer.reason) == (True, "empty_library")
    empty.close()


@pytest.mark.parametrize(("question", "sentence"), [("  \n", "empty"), ("x" * 4001, "4,001 characters; at most 4,000")])
def test_questions_that_cannot_be_asked(parts: Parts, question: str, sentence: str) -> None:
    with pytest.raises(QuestionRefused, match=sentence):
        Assistant(parts).ask(question)


def test_text_before_an_error_is_kept_by_the_reader(parts: Parts) -> None:
    talker = Talker()
    stream = Assistant(replace(parts, speakers=Speakers(talker))).stream(Request("sums?"))
    assert isinstance(next(stream), HitsEvent)
    assert next(stream) == DeltaEvent("Sums are ")
    with pytest.raises(OllamaFailed):
        next(stream)
    assert talker.closed == 1


def test_closing_the_stream_stops_the_answerer(parts: Parts) -> None:
    stream = Assistant(parts).stream(Request("sums?"))
    for event in stream:
        if isinstance(event, DeltaEvent):
            break
    stream.close()  # type: ignore[attr-defined]  # a generator, as every stream
    assert isinstance(parts.speakers, Speakers)
    assert parts.speakers.answerer.closed == 1


def test_health_counts_and_names(parts: Parts) -> None:
    health = Assistant(parts).health()
    assert (health["status"], health["papers"], health["ollama"]) == ("ok", 2, "not running")
