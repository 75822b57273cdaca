"""Spans of questions, caught in memory and by a collector; and that nothing is loaded where nobody collects."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from llama_index_instrumentation import root_dispatcher
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from index_store.errors import LibraryDamaged
from rag.types import Request
from tests.ui.fake_assistant import FakeAssistant, answer_to
from ui.traced import ENDPOINTS, TracedAssistant, traced


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def assistant(kept: InMemorySpanExporter) -> TracedAssistant:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return TracedAssistant(FakeAssistant(), provider.get_tracer("tests"))


def milliseconds(span: ReadableSpan) -> float:
    assert span.start_time is not None
    assert span.end_time is not None
    return (span.end_time - span.start_time) / 1_000_000


def test_a_question_is_a_span_with_its_stages_inside(assistant: TracedAssistant, kept: InMemorySpanExporter) -> None:
    assert assistant.ask("energy of a secret") == answer_to("energy of a secret")
    search, answer, ask = kept.get_finished_spans()
    assert [span.name for span in (search, answer, ask)] == ["search", "answer", "ask"]
    assert [milliseconds(span) for span in (search, answer)] == [9, 291]
    assert answer.start_time == search.end_time
    assert {span.parent.span_id for span in (search, answer) if span.parent} == {ask.context.span_id}
    assert dict(ask.attributes or {}) == {
        **{"citewell.answerer": "quote", "citewell.confidence": 0.93, "citewell.citations": 1},
    }
    assert "secret" not in "".join(span.to_json() for span in (search, answer, ask))


def test_a_failure_is_told_by_its_kind(assistant: TracedAssistant, kept: InMemorySpanExporter) -> None:
    with pytest.raises(LibraryDamaged):
        assistant.ask("broken secret")
    (span,) = kept.get_finished_spans()
    assert span.status.description == "LibraryDamaged"
    assert "secret" not in span.to_json()


def test_a_question_that_is_left_ends_its_span(assistant: TracedAssistant, kept: InMemorySpanExporter) -> None:
    events = assistant.stream(Request("slow"))
    next(events)
    events.close()
    assert [span.name for span in kept.get_finished_spans()] == ["ask"]


def test_a_search_is_a_span(assistant: TracedAssistant, kept: InMemorySpanExporter) -> None:
    assistant.search("adders", 2)
    (span,) = kept.get_finished_spans()
    assert dict(span.attributes or {}) == {"citewell.k": 2, "citewell.hits": 2}


def test_without_a_collector_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    assistant, handlers = FakeAssistant(), list(root_dispatcher.span_handlers)
    assert traced(assistant) is assistant
    assert root_dispatcher.span_handlers == handlers


def test_nothing_of_it_is_loaded_where_nobody_collects() -> None:
    program = "import sys, ui.traced; ui.traced.traced(None); print([m for m in sys.modules if 'telem' in m])"
    environ = {name: value for name, value in os.environ.items() if name not in ENDPOINTS}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


class Collector(TraceServiceServicer):
    """Takes what is sent to it."""

    def __init__(self) -> None:
        self.taken: list[ExportTraceServiceRequest] = []
        self.arrived = threading.Event()

    def Export(self, request: ExportTraceServiceRequest, context: object) -> ExportTraceServiceResponse:  # noqa: N802
        self.taken.append(request)
        self.arrived.set()
        return ExportTraceServiceResponse()


@pytest.mark.parametrize("name", ENDPOINTS)
def test_the_spans_reach_a_collector(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for handlers in ("span_handlers", "event_handlers"):
        monkeypatch.setattr(root_dispatcher, handlers, list(getattr(root_dispatcher, handlers)))
    collector, server = Collector(), grpc.server(ThreadPoolExecutor(1))
    add_TraceServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    assistant = traced(FakeAssistant())
    assistant.ask("energy of a secret")
    assert collector.arrived.wait(10)
    server.stop(0).wait()
    (request,) = collector.taken
    (sent,) = request.resource_spans
    assert {each.key: each.value.string_value for each in sent.resource.attributes}["service.name"] == "citewell"
    assert {span.name for span in sent.scope_spans[0].spans} == {"search", "answer", "ask"}
    assert b"secret" not in request.SerializeToString()
