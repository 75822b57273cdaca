"""An assistant whose questions are traces for OpenTelemetry: a span for each, with one for each stage inside.

What LlamaIndex does for a question (``ui.llama_spans``) lies inside as well.  Only where the environment names a
collector that speaks OTLP over gRPC (``OTEL_EXPORTER_OTLP_ENDPOINT``, or ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT``);
nothing is imported otherwise.  Spans tell what kind of answer there was and how long it took: no question, no answer,
no title.

Knows no route.
"""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from index_store.types import WHOLE_LIBRARY, Hit, Scope
from rag.types import Answer
from ui.protocols import Assistant
from ui.watched import Watch, WatchedAssistant

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def traced(assistant: Assistant) -> Assistant:
    """Give ``assistant``, traced where the environment names a collector; then LlamaIndex is traced as well."""
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return assistant
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from ui.llama_spans import trace_llama_index

    name = os.environ.get("OTEL_SERVICE_NAME", "citewell")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("citewell")
    trace_llama_index(tracer)
    return TracedAssistant(assistant, tracer)


class TracedAssistant(WatchedAssistant):
    """Passes everything on to ``assistant`` and traces it.  Safe to share between threads."""

    def __init__(self, assistant: Assistant, tracer: Tracer) -> None:
        super().__init__(assistant)
        self._tracer = tracer

    def watch(self) -> Watch:
        """Begin the span of a question."""
        return _Asking(self._tracer)

    def search(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> tuple[Hit, ...]:
        """Find the ``k`` best papers for a query."""
        with self._tracer.start_as_current_span(
            "search", attributes={"citewell.k": k}, record_exception=False, set_status_on_exception=False
        ) as span:
            found = super().search(query, k, scope)
            span.set_attribute("citewell.hits", len(found))
            return found


class _Asking(Watch):
    """The span of one question."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._began = time.time_ns()
        self._span = tracer.start_span("ask", start_time=self._began)

    def working(self) -> AbstractContextManager[object]:
        """Have the spans of what a step calls lie inside."""
        from opentelemetry.trace import use_span

        return use_span(self._span, record_exception=False, set_status_on_exception=False)

    def answered(self, answer: Answer) -> None:
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

    def failed(self, exc: Exception) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_status(StatusCode.ERROR, type(exc).__name__)  # its sentence may hold what was asked

    def ended(self) -> None:
        self._span.end()
