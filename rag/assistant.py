"""The assistant: the one place where the steps of an answer meet.

question -> stand-alone question -> search -> answer at all? -> words -> claims, citations, support.  What Citewell can
tell by itself (``rag.telling``) is not searched for.  Every step is a part given from outside (see ``rag.assemble``);
this module knows their order and nothing of their insides.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from index_store.errors import LibraryDamaged
from index_store.library import Library
from index_store.search import Ranking
from index_store.types import WHOLE_LIBRARY, Hit, Scope
from rag.abbreviations import explained
from rag.abstain import Judgement
from rag.ages import in_order, order_notice, ordered
from rag.answerers import Brief
from rag.continuing import continued
from rag.courtesies import without_courtesies
from rag.errors import QuestionRefused
from rag.finishing import abstained, finished, joined
from rag.frames import without_frames
from rag.limits import MAX_QUESTION_CHARS
from rag.listing import matching
from rag.parts import Parts
from rag.receipts import asked
from rag.stopping import Stoppable, Work
from rag.telling import narrow, resumed_list, tell
from rag.told import Told
from rag.types import Answer, AnswerEvent, DeltaEvent, Event, HitsEvent, RankedPaper, Request
from rag.understanding import Understanding
from rag.wording import DOUBT, exclusion_notice, scope_notice, unindexed_notice, unknown_notice
from rag.writing import write

_RANKED = 10  # papers that an answer lists as its ranking


class Assistant:
    """Answers questions about a library.  Safe to call from several threads; what fails raises ``CitewellError``."""

    def __init__(self, parts: Parts) -> None:
        self.use(parts)

    def use(self, parts: Parts) -> None:
        """Answer with these parts from the next question on; a stream already begun keeps those it began with."""
        self._parts = parts

    @property
    def parts(self) -> Parts:
        return self._parts

    @property
    def library(self) -> Library:
        return self._parts.library

    def ask(self, request: Request | str) -> Answer:
        """Answer a question."""
        for event in self.stream(Request(request) if isinstance(request, str) else request):
            if isinstance(event, AnswerEvent):
                return event.answer
        raise AssertionError("a stream ends with its answer")

    def stream(self, request: Request) -> Stoppable[Event]:
        """Answer a question step by step: the papers found, pieces of the text, the whole answer.

        ``close`` on the result stops the work at once, from any thread.  An error after the first pieces leaves them
        standing, and an ``AnswererError`` brings them along as its ``partial`` answer.
        """
        work = Work()
        return Stoppable(self._events(request, work), work)

    def _events(self, request: Request, work: Work) -> Generator[Event, None, None]:
        question, parts = _checked(request.question), self._parts
        library, clock = parts.library, _Clock()
        if library.is_empty():
            yield HitsEvent(())
            yield AnswerEvent(abstained(Answer(question, question, ""), "empty_library", library))
            return
        meant = without_frames(replace(request, question=question, history=without_courtesies(request.history)))
        more = resumed_list(meant.question, meant.history)
        meant = meant if more is None else replace(meant, question=more.question, history=more.history)
        if told := tell(library, meant, more.shown if more else 0):
            yield from _events_of(told, _told(parts, request, told), clock)
            return
        meant, within = narrow(library, meant)
        understood = explained(Understanding(library, parts.rewriter).understand(meant, work))
        standalone, ranking, wanted = understood.question, understood.ranking, understood.wanted
        clock.lap("search")
        if not ranking.hits and not meant.scope:
            _refuse_unindexed(library)
        yield HitsEvent(ranking.hits[:_RANKED])
        with library.turns.taken():
            judgement = parts.judge.judge(wanted or standalone, ranking, wanted or understood.asked)
        clock.lap("judge")
        answer = _begun(parts, request, standalone, ranking, judgement)
        answer = replace(answer, notice=joined(within, answer.notice))
        if judgement.reason is not None:
            answer = abstained(answer, judgement.reason, library, meant.scope, judgement.unknown)
            yield AnswerEvent(replace(answer, timings_ms=clock.laps))
            return
        speaker = continued(parts.speakers.choose(request.answerer, request.model), meant)
        best, quotes = ranking.hits, speaker.answerer.name == "quote"
        if wanted and (quotes or ordered(meant.question)):
            best = in_order(meant.question, matching(ranking, wanted))
        answer = replace(answer, notice=joined(answer.notice, order_notice(meant.question, best)))
        brief = Brief(standalone, best[: parts.papers], meant.history, understood.asked, about=understood.about)
        if wanted and quotes:
            _, searched = library.papers(limit=0, scope=meant.scope)
            brief = replace(brief, hits=best, searched=searched, shown=more.shown if more else 0)
        caution = unknown_notice(judgement.unknown) if judgement.unknown else DOUBT if judgement.doubtful else None
        excluded = exclusion_notice(wanted, understood.unwanted)
        notice = joined(answer.notice, caution, excluded, speaker.notice, speaker.fallback)
        answer = replace(answer, answerer=speaker.answerer.name, notice=notice, fallback=speaker.fallback)
        written = yield from write(speaker.answerer, brief, parts.support, work)
        clock.lap("answer")
        answer = replace(finished(answer, written, brief.hits, library, meant.scope), timings_ms=clock.laps)
        if written.failure is not None:
            written.failure.partial = None if answer.abstained else answer
            raise written.failure
        if not work.is_stopped:
            yield AnswerEvent(answer)

    def search(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> tuple[Hit, ...]:
        """Find the ``k`` best papers for a query, best first."""
        return self.library.search(_checked(query), k, scope)

    def health(self) -> dict[str, Any]:
        """Say what is in the library and who would answer now."""
        status = self.library.status()
        return {
            "status": "ok" if not status.waiting else "incomplete",
            "papers": status.papers,
            "passages": status.passages,
            "waiting": status.waiting,
            "library_digest": status.digest,
            "embedder": status.embedder,
            **self._parts.speakers.describe(),
        }

    def warm(self) -> None:
        """Load what the first question needs, so that it is not the slow one.  Raises ``CitewellError``."""
        self.library.search("warm", 1)
        with ThreadPoolExecutor(1) as beside:  # a model server may take a minute, and questions come meanwhile
            speakers = beside.submit(self._parts.speakers.warm)
            self.library.embedder.warm()
            speakers.result()

    def close(self) -> None:
        self.library.close()


class _Clock:
    """Laps in milliseconds."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round((now - self._last) * 1000, 2)
        self._last = now


def _begun(parts: Parts, request: Request, standalone: str, ranking: Ranking, judgement: Judgement) -> Answer:
    """Give an answer as far as it is known before anyone words it."""
    best, library = ranking.hits[:_RANKED], parts.library
    return Answer(
        request.question.strip(),
        standalone,
        "",
        confidence=round(judgement.confidence, 4),
        hits=tuple(RankedPaper(hit.paper.id, hit.paper.title, round(hit.score, 6)) for hit in best),
        receipt=asked(request, library.digest(), library.embedder.name, parts.papers),
        notice=joined(unindexed_notice(library.waiting()), _outside(library, request.scope, ranking)),
    )


def _told(parts: Parts, request: Request, told: Told) -> Answer:
    """Give the answer that Citewell words itself."""
    standalone = told.standalone or request.question.strip()
    answer = _begun(parts, request, standalone, Ranking(told.hits), Judgement(told.confidence, told.reason))
    draft, reason = told.draft, told.reason
    answer = replace(answer, text=draft.text, claims=draft.claims, citations=draft.citations)
    return replace(answer, abstained=reason is not None, reason=reason)


def _events_of(told: Told, answer: Answer, clock: _Clock) -> Iterator[Event]:
    """Give the events of an answer that is there at once."""
    clock.lap("answer")
    yield HitsEvent(told.hits[:_RANKED])
    if not answer.abstained:
        yield DeltaEvent(answer.text)
    yield AnswerEvent(replace(answer, timings_ms=clock.laps))


def _outside(library: Library, scope: Scope, ranking: Ranking) -> str | None:
    """Say so where no paper at all lies in the scope: a collection's name with a slip in it finds nothing."""
    if ranking.hits or not scope or library.papers(limit=0, scope=scope)[1]:
        return None
    return scope_notice(scope)


def _refuse_unindexed(library: Library) -> None:
    """Raise ``LibraryDamaged`` where nothing was found because a first run was cut short before it indexed any."""
    status = library.status()
    if status.waiting == status.passages:
        raise LibraryDamaged(
            f"The papers in {status.folder} are not indexed yet, since a run was cut short."
            " Run `citewell doctor --repair` to complete it."
        )


def _checked(question: str) -> str:
    question = question.strip()
    if not question:
        raise QuestionRefused("The question is empty. Ask something about the papers in your library.")
    if len(question) > MAX_QUESTION_CHARS:
        raise QuestionRefused(
            f"The question has {len(question):,} characters; at most {MAX_QUESTION_CHARS:,} are read. Shorten it."
        )
    return question
