"""An assistant that counts what it is asked and how long that takes, for Prometheus to collect at ``/metrics``.

Counts only: no question, no title and no user's name leaves the process.  Knows no route.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from index_store.types import WHOLE_LIBRARY, Hit, Scope
from rag.errors import AnswererError
from rag.types import Answer, AnswerEvent, Event, Request
from ui.protocols import Assistant, Library
from ui.streams import stop, stopping

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class MeasuredAssistant:
    """Passes everything on to ``assistant`` and counts it.  Safe to share between threads."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._registry = registry = CollectorRegistry()
        self._answers = Counter("citewell_answers", "Answers given", ["answerer"], registry=registry)
        self._abstentions = Counter("citewell_abstentions", "Questions not answered", ["reason"], registry=registry)
        self._errors = Counter("citewell_errors", "Questions that failed", ["kind"], registry=registry)
        self._ollama = Counter("citewell_ollama_errors", "Failures of Ollama", ["kind"], registry=registry)
        self._stages = Histogram(
            "citewell_stage_seconds",
            "Seconds of each stage of an answer",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._searches = Histogram(
            "citewell_search_seconds", "Seconds of a search for papers", buckets=_SECONDS, registry=registry
        )
        self._asking = Gauge("citewell_questions_in_progress", "Questions being answered", registry=registry)
        self._size = Gauge("citewell_library_papers", "Papers in the library", registry=registry)
        self._size.set_function(lambda: len(assistant.library))

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

    def stream(self, request: Request) -> MeasuredStream:
        """Answer a question step by step; closing the stream, from any thread, stops the work."""
        return MeasuredStream(self._assistant.stream(request), self._asking, self._count, self._count_failure)

    def search(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> tuple[Hit, ...]:
        """Find the ``k`` best papers for a query."""
        started = time.perf_counter()
        found = self._assistant.search(query, k, scope)
        self._searches.observe(time.perf_counter() - started)
        return found

    def health(self) -> dict[str, Any]:
        return self._assistant.health()

    def metrics(self) -> bytes:
        """Give the figures in Prometheus's text format."""
        return generate_latest(self._registry)

    def _count_failure(self, exc: Exception) -> None:
        counter = self._ollama if isinstance(exc, AnswererError) else self._errors
        counter.labels(type(exc).__name__).inc()

    def _count(self, answer: Answer) -> None:
        if answer.reason is not None:
            self._abstentions.labels(answer.reason).inc()
        else:
            self._answers.labels(answer.answerer).inc()
        for stage, milliseconds in answer.timings_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)


class MeasuredStream:
    """Passes on the events of one question, and tells what came of it.  ``close`` reaches the work behind it."""

    def __init__(
        self,
        events: Iterator[Event],
        asking: Gauge,
        answered: Callable[[Answer], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._events = events
        self._asking = asking
        self._answered = answered
        self._failed = failed
        self._open = True
        asking.inc()

    def __iter__(self) -> MeasuredStream:
        return self

    def __next__(self) -> Event:
        try:
            event = next(self._events)
        except StopIteration:
            self._end()
            raise
        except Exception as exc:
            self._failed(exc)
            self._end()
            raise
        if isinstance(event, AnswerEvent):
            self._answered(event.answer)
        return event

    def close(self) -> None:
        """Stop the work."""
        stop(self._events)
        self._end()

    def _end(self) -> None:
        if self._open:
            self._open = False
            self._asking.dec()
