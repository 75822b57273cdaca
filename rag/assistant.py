"""The assistant: the one place where the steps of an answer meet.

question -> stand-alone question -> search -> answer at all? -> words -> claims, citations, support.  Every step is a
part given from outside (see ``rag.assemble``); this module knows their order and nothing of their insides.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from index_store.errors import LibraryDamaged
from index_store.library import Library
from index_store.search import Ranking
from index_store.types import WHOLE_LIBRARY, Hit, Scope
from rag.abstain import Judgement
from rag.answerers import Brief
from rag.disagreement import find_disagreements
from rag.errors import QuestionRefused
from rag.limits import MAX_QUESTION_CHARS
from rag.listing import matching, resumed
from rag.parts import Parts
from rag.prompts import is_abstention
from rag.receipts import asked
from rag.stopping import Stoppable, Work
from rag.types import Answer, AnswerEvent, Event, HitsEvent, RankedPaper, Reason, Request
from rag.understanding import Understanding
from rag.wording import DOUBT, abstention_text, disagreement_notice, scope_notice, unindexed_notice
from rag.writing import Written, write

_RANKED = 10  # papers that an answer lists as its ranking


class Assistant:
    """Answers questions about a library.  Safe to call from several threads; what fails raises ``CitewellError``."""

    def __init__(self, parts: Parts) -> None:
        self.use(parts)

    def use(self, parts: Parts) -> None:
        """Answer with these parts from the next question on."""
        self._parts = parts
        self._understanding = Understanding(parts.library, parts.rewriter)

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
        question = _checked(request.question)
        clock = _Clock()
        if self.library.is_empty():
            yield HitsEvent(())
            yield AnswerEvent(self._abstained(Answer(question, question, ""), "empty_library"))
            return
        more = resumed(question, request.history)
        meant = request if more is None else replace(request, question=more.question, history=more.history)
        understood = self._understanding.understand(meant, work)
        standalone, ranking, wanted = understood.question, understood.ranking, understood.wanted
        clock.lap("search")
        if not ranking.hits and not request.scope:
            self._refuse_unindexed()
        yield HitsEvent(ranking.hits[:_RANKED])
        with self.library.turns.taken():
            judgement = self._parts.judge.judge(wanted or standalone, ranking, wanted or understood.asked)
        clock.lap("judge")
        answer = self._begun(request, standalone, ranking, judgement)
        if judgement.reason is not None:
            yield AnswerEvent(replace(self._abstained(answer, judgement.reason), timings_ms=clock.laps))
            return
        speaker = self._parts.speakers.choose(request.answerer, request.model)
        best = ranking.hits[: self._parts.papers]
        brief = Brief(standalone, best, meant.history, understood.asked, about=understood.about)
        if wanted and speaker.answerer.name == "quote":
            _, searched = self.library.papers(limit=0, scope=request.scope)
            brief = replace(brief, hits=matching(ranking, wanted), searched=searched, shown=more.shown if more else 0)
        caution = DOUBT if judgement.doubtful else None
        notice = _joined(answer.notice, caution, speaker.notice)
        answer = replace(answer, answerer=speaker.answerer.name, notice=notice)
        written = yield from write(speaker.answerer, brief, self._parts.support, work)
        clock.lap("answer")
        answer = _compared(self._finished(answer, written, clock), brief.hits)
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

    def _begun(self, request: Request, standalone: str, ranking: Ranking, judgement: Judgement) -> Answer:
        """Give an answer as far as it is known before anyone words it."""
        best = ranking.hits[:_RANKED]
        return Answer(
            request.question.strip(),
            standalone,
            "",
            confidence=round(judgement.confidence, 4),
            hits=tuple(RankedPaper(hit.paper.id, hit.paper.title, round(hit.score, 6)) for hit in best),
            receipt=asked(request, self.library.digest(), self.library.embedder.name, self._parts.papers),
            notice=_joined(unindexed_notice(self.library.waiting()), self._outside(request.scope, ranking)),
        )

    def _outside(self, scope: Scope, ranking: Ranking) -> str | None:
        """Say so where no paper at all lies in the scope: a collection's name with a slip in it finds nothing."""
        if ranking.hits or not scope or self.library.papers(limit=0, scope=scope)[1]:
            return None
        return scope_notice(scope)

    def _refuse_unindexed(self) -> None:
        """Raise ``LibraryDamaged`` where nothing was found because a first run was cut short before it indexed any."""
        status = self.library.status()
        if status.waiting == status.passages:
            raise LibraryDamaged(
                f"The papers in {status.folder} are not indexed yet, since a run was cut short."
                " Run `citewell doctor --repair` to complete it."
            )

    def _finished(self, answer: Answer, written: Written, clock: _Clock) -> Answer:
        draft, done = written.draft, written.done
        failure = str(written.failure) if written.failure else None
        notice = _joined(answer.notice, *done.receipt.get("warnings", ()), failure)
        receipt = {**answer.receipt, **done.receipt}
        if draft.attributed:
            receipt["attributed"] = list(draft.attributed)
        answer = replace(answer, model=done.model, receipt=receipt, notice=notice, timings_ms=clock.laps)
        if not draft.text or is_abstention(draft.text):
            return self._abstained(answer, "not_in_abstract")
        return replace(
            answer,
            text=draft.text,
            claims=draft.claims,
            citations=draft.citations,
            invented_markers=draft.invented,
        )

    def _abstained(self, answer: Answer, reason: Reason) -> Answer:
        nearest = self.library.paper(answer.hits[0].paper_id) if answer.hits else None
        text = abstention_text(reason, len(self.library), nearest)
        return replace(answer, text=text, abstained=True, reason=reason)


class _Clock:
    """Laps in milliseconds."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round((now - self._last) * 1000, 2)
        self._last = now


def _compared(answer: Answer, hits: Sequence[Hit]) -> Answer:
    """Say so where papers disagree with what the answer quotes."""
    found = find_disagreements(answer.citations, hits)
    if not found:
        return answer
    cited = tuple((pair.number, pair.other) for pair in found if pair.other is not None)
    return replace(answer, notice=_joined(answer.notice, disagreement_notice(found)), disagreements=cited)


def _joined(*notices: str | None) -> str | None:
    return " ".join(notice for notice in notices if notice) or None


def _checked(question: str) -> str:
    question = question.strip()
    if not question:
        raise QuestionRefused("The question is empty. Ask something about the papers in your library.")
    if len(question) > MAX_QUESTION_CHARS:
        raise QuestionRefused(
            f"The question has {len(question):,} characters; at most {MAX_QUESTION_CHARS:,} are read. Shorten it."
        )
    return question
