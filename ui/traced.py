"""An assistant whose questions are traces for OpenTelemetry: a span for each, with one for each stage inside.

Only where the environment names a collector (``OTEL_EXPORTER_OTLP_ENDPOINT``); nothing is imported otherwise.  Spans
tell what kind of answer there was and how long it took: no question, no answer, no title.

Knows no route.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from index_store.types import WHOLE_LIBRARY, Hit, Scope
from rag.types import Answer, AnswerEvent, Event, Request
from ui.protocols import Assistant, Library
from ui.streams import stop, stopping

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def traced(assistant: Assistant) -> Assistant:
    """Give ``assistant``, traced where the environment names a collector."""
    if not os.environ.get(ENDPOINT):
        return assistant
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME", "citewell")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return TracedAssistant(assistant, provider.get_tracer("citewell"))


class TracedAssistant:
    """Passes everything on to ``assistant`` and traces it.  Safe to share between threads."""

    def __init__(self, assistant: Assistant, tracer: Tracer) -> None:
        self._assistant = assistant
        self._tracer = tracer

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

    def stream(self, request: Request) -> TracedStream:
        """Answer a question step by step; closing the stream, from any thread, stops the work."""
        return TracedStream(self._assistant.stream(request), self._tracer)

    def search(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> tuple[Hit, ...]:
        """Find the ``k`` best papers for a query."""
        with self._tracer.start_as_current_span("search", attributes={"citewell.k": k}) as span:
            found = self._assistant.search(query, k, scope)
            span.set_attribute("citewell.hits", len(found))
            return found

    def health(self) -> dict[str, Any]:
        return self._assistant.health()


class TracedStream:
    """Passes on the events of one question; its span ends with them.  ``close`` reaches the work behind it."""

    def __init__(self, events: Iterator[Event], tracer: Tracer) -> None:
        self._events = events
        self._tracer = tracer
        self._began = time.time_ns()
        self._span: Span = tracer.start_span("ask", start_time=self._began)

    def __iter__(self) -> TracedStream:
        return self

    def __next__(self) -> Event:
        try:
            event = next(self._events)
        except StopIteration:
            self._span.end()
            raise
        except Exception as exc:
            from opentelemetry.trace import StatusCode

            self._span.set_status(StatusCode.ERROR, type(exc).__name__)  # its sentence may hold what was asked
            self._span.end()
            raise
        if isinstance(event, AnswerEvent):
            self._tell(event.answer)
        return event

    def close(self) -> None:
        """Stop the work."""
        stop(self._events)
        if self._span.is_recording():
            self._span.end()

    def _tell(self, answer: Answer) -> None:
        """Describe the answer, and make its stages, which follow each other, spans of their own."""
        from opentelemetry.trace import set_span_in_context

        about: dict[str, str | float | None] = {"answerer": answer.answerer, "model": answer.model}
        about |= {"reason": answer.reason, "confidence": answer.confidence, "citations": len(answer.citations)}
        self._span.set_attributes({f"citewell.{key}": value for key, value in about.items() if value is not None})
        inside, at = set_span_in_context(self._span), self._began
        for stage, milliseconds in answer.timings_ms.items():
            end = at + int(milliseconds * 1_000_000)
            self._tracer.start_span(stage, context=inside, start_time=at).end(end_time=end)
            at = end
