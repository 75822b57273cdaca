"""The steps of an answer in their order, with parts whose results can be worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from index_store.build import index_entries
from index_store.errors import LibraryDamaged
from index_store.intake import Intake
from index_store.library import Library
from index_store.search import Ranking
from index_store.turns import Turns
from index_store.types import Entry, Paper, Scope, Span
from rag import listing
from rag.abstain import Judgement
from rag.answerers import Brief, Done, Piece, Quoted, Said
from rag.assistant import Assistant
from rag.drafting import Verdict
from rag.errors import OllamaFailed, QuestionRefused
from rag.parts import Parts, Speaker
from rag.quote import QuoteAnswerer
from rag.stopping import Work
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
        return Speaker(self.answerer, fallback="No model runs.")

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
    assert answer.fallback == answer.notice
    assert [hit.title for hit in answer.hits] == ["Adders", "Shifters"]
    assert answer.citations[0].paper.title == "Adders"
    assert answer.citations[0].quotes[0].text == "Sums are cheap in hardware."
    assert set(answer.timings_ms) == {"search", "judge", "answer"}
    assert answer.receipt["sent"] == 1
    assert answer.receipt["library_digest"]


def test_a_stream_keeps_the_parts_that_it_began_with(parts: Parts) -> None:
    assistant, later = Assistant(parts), Speakers(Quoter())
    stream = assistant.stream(Request("are sums cheap?"))
    next(stream)
    assistant.use(replace(parts, speakers=later, papers=2))
    last = list(stream)[-1]
    assert isinstance(last, AnswerEvent)
    assert (later.asked, last.answer.receipt["papers"]) == ([], 1)
    assert assistant.ask("are sums cheap?").receipt["papers"] == 2
    assert later.asked == [(None, None)]


def test_the_embedder_is_warmed_while_a_model_server_takes_its_time(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder_is_warm, speakers_are_warm = Event(), Event()

    def take_time(_: Speakers) -> None:
        assert embedder_is_warm.wait(10), "the embedder waits for the model server"
        speakers_are_warm.set()

    monkeypatch.setattr(Speakers, "warm", take_time)
    monkeypatch.setattr(FakeEmbedder, "warm", lambda _: embedder_is_warm.set())
    Assistant(parts).warm()
    assert speakers_are_warm.is_set()


class Asking:
    """An answerer, and a rewriter, that is kept waiting until somebody else's search is over."""

    name = "ollama"

    def __init__(self, library: Library) -> None:
        self._library = library

    def stream(self, brief: Brief) -> Iterator[Piece]:
        self._search()
        yield Said("Sums are cheap in hardware [1].")
        yield Done()

    def rewrite(self, request: Request, subject: str, work: Work) -> str | None:
        self._search()
        return "are shifts cheap?"

    def _search(self) -> None:
        with ThreadPoolExecutor(1) as somebody:
            assert somebody.submit(self._library.search, "shifts").result(10)


def test_nobody_waits_for_a_turn_while_a_model_is_waited_for(parts: Parts) -> None:
    parts.library.turns = Turns(1)
    model = Asking(parts.library)
    assistant = Assistant(replace(parts, speakers=Speakers(model), rewriter=model))
    history = (Turn("user", "are sums cheap?"), Turn("assistant", "Sums are cheap in hardware [1]."))
    answer = assistant.ask(Request("And are they?", history))
    assert answer.standalone_question == "are shifts cheap?"
    assert answer.text.startswith("Sums are cheap")


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


def test_names_that_no_abstract_has_are_told_in_a_refusal_and_beside_an_answer(parts: Parts) -> None:
    said = "No abstract found in your library has “SumNet”."
    refused = Assistant(replace(parts, judge=Judge(Judgement(0.1, "not_in_abstract", unknown=("SumNet",))))).ask(
        "sums?"
    )
    assert refused.text.startswith(said)
    doubted = Assistant(replace(parts, judge=Judge(Judgement(0.4, doubtful=True, unknown=("SumNet",))))).ask("sums?")
    assert not doubted.abstained
    assert doubted.notice is not None
    assert said in doubted.notice


def test_what_frames_a_question_is_not_searched_for(parts: Parts) -> None:
    framed = "I'm preparing a lecture on shifts. Which hardware gates are cheap?"
    answer = Assistant(parts).ask(framed)
    assert (answer.question, answer.standalone_question) == (framed, "shifts. Which hardware gates are cheap?")


def test_a_refusal_counts_the_papers_that_the_user_narrowed_to(parts: Parts) -> None:
    nobody = Assistant(replace(parts, judge=Judge(Judgement(0.1, "off_topic"))))
    answer = nobody.ask(Request("sums?", scope=Scope(first_year=2021)))
    assert answer.text == "I found nothing about this in the 1 paper searched (of 2)."
    silent = Assistant(replace(parts, speakers=Speakers(Quoter(silent=True))))
    assert silent.ask(Request("sums?", scope=Scope(first_year=2021))).text.startswith(
        "The abstracts in the 1 paper searched (of 2) do not say."
    )


def test_a_refusal_asks_whether_a_title_was_misspelt(parts: Parts) -> None:
    nobody = Assistant(replace(parts, judge=Judge(Judgement(0.1, "off_topic"))))
    assert nobody.ask("shiffters of shifts").text.endswith("(2 papers). Did you mean “Shifters”?")


def test_what_the_catalogue_tells_asks_no_answerer(parts: Parts) -> None:
    events = list(Assistant(parts).stream(Request("how many papers are from 2020")))
    assert [type(event) for event in events] == [HitsEvent, DeltaEvent, AnswerEvent]
    last = events[-1]
    assert isinstance(last, AnswerEvent)
    answer = last.answer
    assert answer.text == "1 of 2 papers is from 2020.\n\nAdders: 2020. [1]"
    assert events[1] == DeltaEvent(answer.text)
    assert (answer.abstained, answer.confidence, [hit.title for hit in answer.hits]) == (False, 1.0, ["Adders"])
    assert answer.receipt["library_digest"]
    assert isinstance(parts.speakers, Speakers)
    assert parts.speakers.asked == []


def test_a_list_is_searched_for_in_the_years_that_its_question_names(parts: Parts) -> None:
    quoting = replace(parts, speakers=Speakers(QuoteAnswerer(parts.library)))
    answer = Assistant(quoting).ask("Which papers since 2021 are about shifts?")
    assert answer.text.startswith("1 of 1 paper matches.\n\nShifters: ")
    assert answer.notice == "Only the 1 paper from 2021 on was searched. No model runs."


def test_thanks_are_no_part_of_what_is_talked_about(parts: Parts) -> None:
    before = (Turn("user", "are sums cheap?"), Turn("assistant", "Yes [1]."))
    thanks = (Turn("user", "thanks!"), Turn("assistant", "Glad to help."))
    assistant = Assistant(parts)
    assert assistant.ask(Request("thanks!", before)).text.startswith("Glad to help.")
    answer = assistant.ask(Request("And shifts?", before + thanks))
    assert answer.standalone_question == "are sums cheap? And shifts?"


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


def test_papers_that_no_run_has_indexed_yet_are_told(parts: Parts, tmp_path: Path) -> None:
    unfinished = fake_shelf(tmp_path / "unfinished", FakeEmbedder(("sums",)))
    with unfinished.catalogue.transaction():
        _, paper = Intake(unfinished.catalogue).add(Entry(PAPERS[0], Path("file"), 1))
        assert paper is not None
        unfinished.catalogue.set_passages(paper.id, [Span(0, 27)])
    opened = Library(unfinished)
    with pytest.raises(LibraryDamaged, match=r"not indexed yet.*citewell doctor --repair"):
        Assistant(replace(parts, library=opened)).ask("sums?")
    opened.close()


def test_a_part_that_is_not_indexed_yet_is_told(parts: Parts) -> None:
    with parts.library._lender.using() as lent, lent.shelf.catalogue.transaction():
        lent.shelf.catalogue.mark_indexed([2], indexed=False)
    told = "1 passage of the library is not indexed yet"
    answer = Assistant(parts).ask("are sums cheap?")
    assert answer.notice is not None
    assert told in answer.notice
    abstained = Assistant(replace(parts, judge=Judge(Judgement(0.1, "off_topic")))).ask("sums?")
    assert abstained.notice is not None
    assert told in abstained.notice


def test_a_model_gets_no_more_papers_for_a_list_either(many: Parts) -> None:
    talker = Quoter()
    talker.name = "ollama"
    Assistant(replace(many, speakers=Speakers(talker))).ask("Which papers are about sums?")
    assert len(talker.briefs[0].hits) == many.papers


def test_health_counts_and_names(parts: Parts) -> None:
    health = Assistant(parts).health()
    assert (health["status"], health["papers"], health["ollama"]) == ("ok", 2, "not running")


ADDERS = Paper("", "Adders", "Sums and shifts are cheap. They need few gates.")
SHIFTERS = Paper("", "Shifters", "Gates are gates. Here are more gates.")
TIMERS = Paper("", "Timers", "Products take long.")


def test_a_scope_without_papers_is_named(parts: Parts) -> None:
    nobody = replace(parts, judge=Judge(Judgement(0.1, "off_topic")))
    misspelt = Assistant(nobody).ask(Request("sums", scope=Scope(collections=("tlaks",), first_year=2030)))
    assert misspelt.abstained
    assert misspelt.notice == "No paper of your library is in “tlaks” from 2030, so nothing was searched."
    assert Assistant(nobody).ask(Request("sums", scope=Scope(first_year=2021))).notice is None


@pytest.fixture
def many(tmp_path: Path, parts: Parts) -> Iterator[Parts]:
    """Twelve papers on sums and two that are not."""
    papers = [Paper("", f"Adder {n:02}", f"Gates are few. Sums are cheap in {n:02}. We rest.") for n in range(12)]
    opened = library(tmp_path / "many", (*papers, SHIFTERS, TIMERS))
    yield replace(parts, library=opened, speakers=Speakers(QuoteAnswerer(opened)))
    opened.close()


@pytest.mark.parametrize(
    "question", ["Which papers are about sums?", "How many papers are about sums?", "List the papers on sums"]
)
def test_a_list_names_every_paper_that_matches(many: Parts, question: str) -> None:
    answer = Assistant(many).ask(question)
    first, *named = answer.text.split("\n\n")
    assert first == "12 of 14 papers match."
    listed = [title.removeprefix("Adder ") for title, _ in (line.split(": ") for line in named)]
    assert named == [f"Adder {n}: Sums are cheap in {n}. [{i}]" for i, n in enumerate(listed, 1)]
    assert sorted(listed) == [f"{n:02}" for n in range(12)]
    assert [hit.title for hit in answer.hits] == [f"Adder {n}" for n in listed[:10]]


def test_a_list_is_cited_and_its_counts_claim_nothing(many: Parts) -> None:
    answer = Assistant(many).ask("Which papers are about sums?")
    assert [citation.number for citation in answer.citations] == list(range(1, 13))
    assert [claim.citations for claim in answer.claims] == [(n,) for n in range(1, 13)]
    assert all(claim.support == "supported" and claim.text.startswith("Sums") for claim in answer.claims)
    assert all(c.quotes[0].text == c.paper.abstract[c.quotes[0].start : c.quotes[0].end] for c in answer.citations)


def test_a_long_list_goes_on_when_more_is_asked_for(many: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_PAGE", 5)
    assistant, history, seen = Assistant(many), (), []
    asked = ("Which papers are about sums?", "show more", "more please", "the rest")
    expected = (
        ("12 of 14 papers match.", "Ask “show more” for the other 7.", 5),
        ("Papers 6 to 10 of the 12 that match.", "Ask “show more” for the other 2.", 5),
        ("Papers 11 to 12 of the 12 that match.", None, 2),
        ("That was the whole list: 12 papers match.", None, 0),
    )
    for question, (begins, ends, count) in zip(asked, expected, strict=True):
        answer = assistant.ask(Request(question, history))
        assert (answer.question, answer.standalone_question) == (question, asked[0])
        parts = answer.text.split("\n\n")
        assert parts[0] == begins
        assert (parts[-1] == ends) == (ends is not None)
        assert [citation.number for citation in answer.citations] == list(range(1, count + 1))
        seen += [citation.paper.title for citation in answer.citations]
        history = (*history, Turn("user", question), Turn("assistant", answer.text))
    assert sorted(seen) == [f"Adder {n:02}" for n in range(12)]


def test_the_oldest_paper_on_a_subject_comes_first_in_a_list(tmp_path: Path, parts: Parts) -> None:
    papers = [Paper("", f"Adder {year}", "Sums are cheap.", year=year) for year in (2020, 2016, 2018)]
    opened = library(tmp_path / "dated", (*papers, SHIFTERS, TIMERS))
    assistant = Assistant(replace(parts, library=opened, speakers=Speakers(QuoteAnswerer(opened))))
    answer = assistant.ask("what is the oldest paper on sums?")
    assert [citation.paper.year for citation in answer.citations] == [2016, 2018, 2020]
    assert "They are listed with the oldest first, which is from 2016." in (answer.notice or "")
    history = (Turn("user", "Papers on sums"), Turn("assistant", "…"))
    later = assistant.ask(Request("only those since 2018", history))
    assert {citation.paper.year for citation in later.citations} == {2018, 2020}
    model = Quoter()
    model.name = "ollama"
    Assistant(replace(parts, library=opened, speakers=Speakers(model))).ask("what is the oldest paper on sums?")
    assert [hit.paper.year for hit in model.briefs[0].hits] == [2016]  # as many as ``papers`` says
    wide = Assistant(replace(parts, library=opened, speakers=Speakers(model), papers=5))
    wide.ask("Which papers are on sums?")
    assert len(model.briefs[1].hits) == 5  # what a model lists is its own choice of what was found
    opened.close()


def test_what_goes_on_about_a_list_needs_no_frame_of_the_question_for_it(tmp_path: Path, parts: Parts) -> None:
    papers = [Paper("", f"Adder {year}", "Sums are cheap.", year=year) for year in (2020, 2016, 2018)]
    opened = library(tmp_path / "dated", (*papers, SHIFTERS, TIMERS))
    assistant = Assistant(replace(parts, library=opened, speakers=Speakers(QuoteAnswerer(opened))))
    framed = (
        Turn("user", "I'm writing a thesis on shifts. Which papers are on cheap sums in gates?"),
        Turn("assistant", "…"),
    )
    plain = (Turn("user", "shifts. Which papers are on cheap sums in gates?"), Turn("assistant", "…"))
    answers = [assistant.ask(Request("only those since 2018", history)) for history in (framed, plain)]
    assert answers[0].text == answers[1].text
    assert len(answers[0].citations) == 2
    opened.close()


def test_a_list_streams_the_text_that_it_ends_with(many: Parts) -> None:
    *deltas, end = list(Assistant(many).stream(Request("Which papers are about sums?")))[1:]
    assert isinstance(end, AnswerEvent)
    assert "".join(delta.text for delta in deltas if isinstance(delta, DeltaEvent)).strip() == end.answer.text


def test_a_list_keeps_to_its_scope(many: Parts) -> None:
    ids = tuple(paper.id for paper in many.library.papers(query="Adder 0")[0][:3])
    answer = Assistant(many).ask(Request("Which papers are about sums?", scope=Scope(paper_ids=ids)))
    assert answer.text.startswith("3 of 3 papers match.")
    assert {citation.paper.id for citation in answer.citations} == set(ids)


def test_another_question_draws_on_the_best_papers_only(many: Parts) -> None:
    answer = Assistant(many).ask("Why are products slow?")
    assert answer.text == "Products take long. [1]"
    assert len(answer.hits) == 10
