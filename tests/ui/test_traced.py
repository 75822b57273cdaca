"""Spans of questions, caught in memory; and that nothing of OpenTelemetry is loaded where nobody collects."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from index_store.errors import LibraryDamaged
from rag.types import Request
from tests.ui.fake_assistant import FakeAssistant, answer_to
from ui.traced import ENDPOINT, TracedAssistant, traced


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
    monkeypatch.delenv(ENDPOINT, raising=False)
    assistant = FakeAssistant()
    assert traced(assistant) is assistant
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    assert isinstance(traced(assistant), TracedAssistant)
