"""The assistant: the one place where the steps of an answer meet.

question -> stand-alone question -> search -> answer at all? -> words -> claims, citations, support.  Every step is a
part given from outside (see ``rag.assemble``); this module knows their order and nothing of their insides.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

from index_store.errors import LibraryDamaged
from index_store.library import Library
from index_store.search import Ranking
from index_store.types import WHOLE_LIBRARY, Hit, Scope
from rag.abstain import Judgement
from rag.answerers import Answerer, Brief, Done, Quoted, Remark, Said, Thought
from rag.cues import asks_for_papers
from rag.drafting import Draft, ProseDrafting, QuoteDrafting
from rag.errors import QuestionRefused
from rag.followup import joined, leans_on_history, names_something, without_announcement
from rag.limits import MAX_QUESTION_CHARS
from rag.parts import Parts
from rag.prompts import is_abstention
from rag.types import Answer, AnswerEvent, DeltaEvent, Event, HitsEvent, RankedPaper, Reason, Request, ThoughtEvent
from rag.wording import DOUBT, abstention_text, unindexed_notice

_RANKED = 10  # papers that an answer lists as its ranking
_LISTED = 100  # papers looked at when a list of papers is asked for
_ABOUT_AS_WELL = 0.9


class Assistant:
    """Answers questions about a library.  Safe to call from several threads; what fails raises ``CitewellError``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @property
    def library(self) -> Library:
        return self._parts.library

    def ask(self, request: Request | str) -> Answer:
        """Answer a question."""
        for event in self.stream(Request(request) if isinstance(request, str) else request):
            if isinstance(event, AnswerEvent):
                return event.answer
        raise AssertionError("a stream ends with its answer")

    def stream(self, request: Request) -> Iterator[Event]:
        """Answer a question step by step: the papers found, pieces of the text, the whole answer.

        Closing the iterator stops the work.  An error after the first pieces leaves them standing.
        """
        question = _checked(request.question)
        clock = _Clock()
        if not len(self.library):
            yield HitsEvent(())
            yield AnswerEvent(self._abstained(Answer(question, question, ""), "empty_library"))
            return
        standalone, ranking = self._understood(question, request)
        clock.lap("search")
        if not ranking.hits and not request.scope:
            self._refuse_unindexed()
        yield HitsEvent(ranking.hits)
        judgement = self._parts.judge.judge(standalone, ranking, question)
        clock.lap("judge")
        answer = self._begun(question, standalone, ranking, judgement)
        if judgement.reason is not None:
            yield AnswerEvent(replace(self._abstained(answer, judgement.reason), timings_ms=clock.laps))
            return
        speaker = self._parts.speakers.choose(request.answerer, request.model)
        listing = speaker.answerer.name == "quote" and asks_for_papers(question)
        brief = self._brief(standalone, ranking, request, listing=listing)
        caution = DOUBT if judgement.doubtful else None
        notice = _joined(answer.notice, caution, speaker.notice)
        answer = replace(answer, answerer=speaker.answerer.name, notice=notice)
        draft, done = yield from self._draft(speaker.answerer, brief)
        clock.lap("answer")
        yield AnswerEvent(self._finished(answer, draft, done, clock))

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
        self._parts.speakers.warm()

    def close(self) -> None:
        self.library.close()

    def _brief(self, standalone: str, ranking: Ranking, request: Request, *, listing: bool) -> Brief:
        """Give the answerer the best papers; the quoter all that were found, where a list of papers is asked for."""
        question = request.question.strip()
        if not listing:
            return Brief(standalone, ranking.hits[: self._parts.papers], request.history, question)
        _, searched = self.library.papers(limit=0, scope=request.scope)
        return Brief(standalone, ranking.hits, request.history, question, searched)

    def _begun(self, question: str, standalone: str, ranking: Ranking, judgement: Judgement) -> Answer:
        """Give an answer as far as it is known before anyone words it."""
        best = ranking.hits[:_RANKED]
        return Answer(
            question,
            standalone,
            "",
            confidence=round(judgement.confidence, 4),
            hits=tuple(RankedPaper(hit.paper.id, hit.paper.title, round(hit.score, 6)) for hit in best),
            notice=unindexed_notice(self.library.waiting()),
        )

    def _refuse_unindexed(self) -> None:
        """Raise ``LibraryDamaged`` where nothing was found because a first run was cut short before it indexed any."""
        status = self.library.status()
        if status.waiting == status.passages:
            raise LibraryDamaged(
                f"The papers in {status.folder} are not indexed yet, since a run was cut short."
                " Run `citewell doctor --repair` to complete it."
            )

    def _understood(self, question: str, request: Request) -> tuple[str, Ranking]:
        """Give the question in a form that stands alone, and what the search finds for it.

        Where the words leave open whether a question leans on the conversation, it does when the paper under discussion
        covers its words about as well as the best paper for the question alone.
        """

        depth = _LISTED if asks_for_papers(question) else _RANKED

        def found(text: str) -> tuple[str, Ranking]:
            return text, self.library.rank(text, depth, request.scope)

        whole = joined(question, request.history)
        if whole == question:
            return found(question)
        if (fresh := without_announcement(question)) is not None:
            return found(fresh)
        if leans_on_history(question):
            return found(whole)
        alone = found(question)
        if names_something(question) or not alone[1].hits:
            return alone
        together = found(whole)
        best = together[1].hits[0].paper if together[1].hits else alone[1].hits[0].paper
        if best.id == alone[1].hits[0].paper.id:
            return alone
        covered = self.library.coverage(question, best)
        return together if covered >= _ABOUT_AS_WELL * alone[1].evidence[0].coverage else alone

    def _draft(self, answerer: Answerer, brief: Brief) -> Generator[Event, None, tuple[Draft, Done]]:
        """Let the answerer speak; yields the text as it comes, returns the finished draft and its receipt."""
        quotes, prose = QuoteDrafting(brief.hits), ProseDrafting(brief.hits, self._parts.support)
        quoting, done = False, Done()
        pieces = answerer.stream(brief)
        try:
            for piece in pieces:
                text = ""
                if isinstance(piece, Quoted | Remark):
                    quoting, text = True, quotes.take(piece)
                elif isinstance(piece, Said):
                    text = prose.take(piece)
                elif isinstance(piece, Thought):
                    yield ThoughtEvent(piece.text)
                elif isinstance(piece, Done):
                    done = piece
                if text:
                    yield DeltaEvent(text)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        if quoting:
            return quotes.finish(), done
        if rest := prose.rest():
            yield DeltaEvent(rest)
        return prose.finish(), done

    def _finished(self, answer: Answer, draft: Draft, done: Done, clock: _Clock) -> Answer:
        receipt = {"library_digest": self.library.status().digest, **done.receipt}
        notice = _joined(answer.notice, *done.receipt.get("warnings", ()))
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
        text = abstention_text(reason, len(self.library), answer.hits)
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
