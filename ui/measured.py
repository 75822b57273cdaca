"""An assistant that counts what it is asked and how long that takes, for Prometheus to collect at ``/metrics``.

Counts only: no question, no title and no user's name leaves the process.  Knows no route.
"""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from index_store.types import WHOLE_LIBRARY, Hit, Scope
from rag.errors import AnswererError
from rag.types import Answer
from ui.protocols import Assistant
from ui.watched import Watch, WatchedAssistant

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class MeasuredAssistant(WatchedAssistant, Watch):
    """Passes everything on to ``assistant`` and counts it: one watch for all questions."""

    def __init__(self, assistant: Assistant) -> None:
        super().__init__(assistant)
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

    def watch(self) -> Watch:
        """Count a question as being answered until it has ended."""
        self._asking.inc()
        return self

    def search(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> tuple[Hit, ...]:
        """Find the ``k`` best papers for a query."""
        started = time.perf_counter()
        found = super().search(query, k, scope)
        self._searches.observe(time.perf_counter() - started)
        return found

    def metrics(self) -> bytes:
        """Give the figures in Prometheus's text format."""
        return generate_latest(self._registry)

    def answered(self, answer: Answer) -> None:
        if answer.reason is not None:
            self._abstentions.labels(answer.reason).inc()
        else:
            self._answers.labels(answer.answerer).inc()
        for stage, milliseconds in answer.timings_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)

    def failed(self, exc: Exception) -> None:
        counter = self._ollama if isinstance(exc, AnswererError) else self._errors
        counter.labels(type(exc).__name__).inc()

    def ended(self) -> None:
        self._asking.dec()
