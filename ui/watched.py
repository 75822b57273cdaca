"""Watching an assistant at work: everything is passed on to it, and whoever watches hears what becomes of a question.

Knows neither what is counted nor what is traced.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from index_store.types import WHOLE_LIBRARY, Hit, Scope
from rag.types import Answer, AnswerEvent, Event, Request
from ui.protocols import Assistant, Library
from ui.stopping import stop, stopping


class Watch(ABC):
    """Hears of one question.  ``ended`` comes last, and once."""

    def working(self) -> AbstractContextManager[object]:
        """Give what lies around each step of the work."""
        return nullcontext()

    @abstractmethod
    def answered(self, answer: Answer) -> None: ...

    @abstractmethod
    def failed(self, exc: Exception) -> None: ...

    @abstractmethod
    def ended(self) -> None: ...


class WatchedAssistant(ABC):
    """Passes everything on to ``assistant``.  Safe to share between threads."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    @abstractmethod
    def watch(self) -> Watch:
        """Begin to watch a question."""

    @property
    def library(self) -> Library:
        return self._assistant.library

    def ask(self, request: Request | str) -> Answer:
        """Answer a question."""
        with stopping(self.stream(Request(request) if isinstance(request, str) else request)) as events:
            for event in events:
                if isinstance(event, AnswerEvent):
                    return event.answer
        raise AssertionError("a stream ends with its answer")

    def stream(self, request: Request) -> WatchedStream:
        """Answer a question step by step; closing the stream, from any thread, stops the work."""
        return WatchedStream(self._assistant.stream(request), self.watch())

    def search(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> tuple[Hit, ...]:
        """Find the ``k`` best papers for a query."""
        return self._assistant.search(query, k, scope)

    def health(self) -> dict[str, Any]:
        return self._assistant.health()


class WatchedStream:
    """Passes on the events of one question.  ``close`` reaches the work behind it."""

    def __init__(self, events: Iterator[Event], watch: Watch) -> None:
        self._events = events
        self._watch = watch
        self._once = threading.Lock()

    def __iter__(self) -> WatchedStream:
        return self

    def __next__(self) -> Event:
        try:
            with self._watch.working():
                event = next(self._events)
        except StopIteration:
            self._end()
            raise
        except Exception as exc:
            self._watch.failed(exc)
            self._end()
            raise
        if isinstance(event, AnswerEvent):
            self._watch.answered(event.answer)
        return event

    def close(self) -> None:
        """Stop the work."""
        stop(self._events)
        self._end()

    def _end(self) -> None:
        if self._once.acquire(blocking=False):  # the thread that works and the one that stops it may meet here
            self._watch.ended()
