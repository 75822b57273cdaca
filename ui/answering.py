"""Answers in the making: each has a thread of its own and goes on when the browser that asked goes away.

Whoever wants to see one follows it, from any page, as often as he likes; what became of it is in the store.  Every
failure becomes part of the exchange.

Knows no page and no markup.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from index_store.errors import CitewellError, InputError
from index_store.types import Paper, Scope
from rag.conversations import Conversations, Exchange
from rag.errors import AnswererError
from rag.limits import MAX_HISTORY_TURNS, MAX_QUESTION_CHARS, MAX_TURN_CHARS
from rag.types import Answer, AnswerEvent, DeltaEvent, Event, HitsEvent, Request, ThoughtEvent, Turn
from ui import stopping
from ui.protocols import Assistant

_log = logging.getLogger(__name__)
_SIMULTANEOUS = 40
"""Answers in the making at once, twice the 20 people a team may be; further ones wait their turn."""
_WAITING = 200
"""Answers in the making and questions that wait for their turn, together; more are turned away."""
_OF_ONE = 20
"""The same for one user of several: whoever asks much leaves room for others."""
_KEEP_S = 1.0
"""Seconds between two savings of the words that have arrived."""
_LOOK_S = 0.02
"""Seconds between two looks of a follower: a fifth of what feels immediate."""
_PACE_S = 0.04
"""Seconds between two steps that a follower is told: words that come faster come together, and are rendered once."""
_STILL_S = 10.0
"""Seconds after which a follower is told the same again: a connection that is silent for long is cut by some."""
_LONGEST_THOUGHT = 20_000  # characters of it that are kept, the last ones
_TROUBLE = "Something failed inside Citewell. The log of `citewell serve` has the details; the conversation is intact."


@dataclass(frozen=True, slots=True)
class Progress:
    """An exchange as far as it has come, the papers found for it, and whether a model words it."""

    exchange: Exchange
    found: tuple[Paper, ...] = ()
    prose: bool = False

    @property
    def is_done(self) -> bool:
        return self.exchange.state != "answering"


class Job:
    """One answer in the making.  ``progress`` is replaced by the thread that answers and read by all others."""

    def __init__(self, exchange: Exchange) -> None:
        self.progress = Progress(exchange)
        self.events: Iterator[Event] | None = None
        self.is_stopped = False

    async def steps(self) -> AsyncIterator[Progress]:
        """Give the progress and then what becomes of it, the last one done.

        Steps that come faster than they are taken are left out; while nothing comes, the last one is told again.
        """
        seen, at = self.progress, monotonic()
        yield seen
        while not seen.is_done:
            await asyncio.sleep(_LOOK_S)
            since = monotonic() - at
            if since >= _STILL_S or (since >= _PACE_S and self.progress is not seen):
                seen, at = self.progress, monotonic()
                yield seen


class Answering:
    """Answers the questions of a page and keeps what comes of them.  Safe to share between threads."""

    def __init__(self, assistant: Assistant, kept: Conversations) -> None:
        self._assistant = assistant
        self._kept = kept
        self._jobs: dict[int, Job] = {}
        self._askers: dict[int, str | None] = {}
        self._turns = threading.BoundedSemaphore(_SIMULTANEOUS)

    def admit(self, user: str | None = None) -> None:
        """Raise AnswererError where too many questions wait already, or too many of one of several users."""
        if len(self._jobs) >= _WAITING:
            raise AnswererError("Too many questions are being answered just now. Ask again in a moment.")
        if user is not None and [*self._askers.values()].count(user) >= _OF_ONE:
            raise AnswererError(f"{_OF_ONE} of your questions are being answered already. Ask again in a moment.")

    def start(self, exchange: Exchange, scope: Scope, user: str | None = None) -> Job:
        """Begin to answer a kept question; what was said before it is read from the store."""
        self._askers[exchange.id] = user
        job = self._jobs[exchange.id] = Job(exchange)
        threading.Thread(target=self._run, args=(job, scope), name=f"answer-{exchange.id}", daemon=True).start()
        return job

    def under_way(self, number: int) -> Job | None:
        """Give an answer that is being made here, or None."""
        return self._jobs.get(number)

    def stop(self, number: int) -> None:
        """End an answer at once; what has arrived of it is kept."""
        job = self._jobs.get(number)
        if job is not None:
            job.is_stopped = True
            if job.events is not None:
                stopping.stop(job.events)

    def close(self) -> None:
        """End all answers."""
        for number in tuple(self._jobs):
            self.stop(number)

    def _run(self, job: Job, scope: Scope) -> None:
        try:
            with self._turns:
                self._end(job, self._answered(job, scope))
        finally:
            self._askers.pop(job.progress.exchange.id, None)
            self._jobs.pop(job.progress.exchange.id, None)

    def _answered(self, job: Job, scope: Scope) -> Progress:
        try:
            self._answer(job, scope)
        except AnswererError as exc:
            return _failed(job.progress, str(exc), exc.partial)
        except CitewellError as exc:
            return _failed(job.progress, str(exc))
        except Exception:  # noqa: BLE001 (whatever it was, the user is told in the conversation)
            _log.exception("a question of the chat page failed")
            return _failed(job.progress, _TROUBLE)
        if job.progress.exchange.answer is not None:
            return _with(job.progress, state="done")
        if job.is_stopped:
            return _with(job.progress, state="stopped")
        return _failed(job.progress, "The answer broke off before its end: ask again.")

    def _answer(self, job: Job, scope: Scope) -> None:
        exchange = job.progress.exchange
        if len(exchange.question) > MAX_QUESTION_CHARS:
            raise InputError(f"A question may have at most {MAX_QUESTION_CHARS:,} characters; this one is longer.")
        request = Request(exchange.question, self._history(exchange), scope)
        kept_at = began = monotonic()
        with stopping.stopping(self._assistant.stream(request)) as job.events:
            for event in job.events:
                if job.is_stopped:
                    break
                began = monotonic() if isinstance(event, HitsEvent) else began
                job.progress = after(job.progress, event, monotonic() - began)
                if monotonic() - kept_at >= _KEEP_S:
                    kept_at = monotonic()
                    self._kept.arrived(exchange.id, job.progress.exchange.text)

    def _end(self, job: Job, ended: Progress) -> None:
        """Keep what became of the question, then show it: what was seen is there after a refresh."""
        try:
            self._kept.finish(ended.exchange)
        except CitewellError as exc:
            ended = _failed(ended, f"The answer could not be kept: {exc}", ended.exchange.answer)
        except Exception:  # noqa: BLE001 (as above)
            _log.exception("an answer could not be kept")
            ended = _failed(ended, _TROUBLE, ended.exchange.answer)
        job.progress = ended

    def _history(self, exchange: Exchange) -> tuple[Turn, ...]:
        """Give the newest turns of the conversation for a follow-up question to refer to."""
        turns: list[Turn] = []
        for said in self._kept.said(exchange.conversation, exchange.id, MAX_HISTORY_TURNS // 2):
            turns.append(Turn("user", said.question[:MAX_TURN_CHARS]))
            if said.text:
                turns.append(Turn("assistant", said.text[:MAX_TURN_CHARS]))
        return tuple(turns)


def after(progress: Progress, event: Event, seconds: float) -> Progress:
    """Give the progress after an event that came ``seconds`` after the papers were found."""
    exchange = progress.exchange
    match event:
        case HitsEvent(hits):
            return replace(progress, found=tuple(hit.paper for hit in hits))
        case ThoughtEvent(text):
            return _with(progress, thought=(exchange.thought + text)[-_LONGEST_THOUGHT:], thinking=round(seconds, 1))
        case DeltaEvent(text):
            return replace(_with(progress, text=exchange.text + text), prose=event.prose)
        case AnswerEvent(answer):
            return _with(progress, text=answer.text, answer=answer)


def _failed(progress: Progress, sentence: str, partial: Answer | None = None) -> Progress:
    text = partial.text if partial else progress.exchange.text
    return _with(progress, state="failed", failure=sentence, answer=partial, text=text)


def _with(progress: Progress, **changes: Any) -> Progress:
    return replace(progress, exchange=replace(progress.exchange, **changes))
