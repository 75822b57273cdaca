"""LlamaIndex's work as spans: its Ollama LLM against the stand-in, its query engine over our retriever."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import closing

import pytest
from llama_index.core import get_response_synthesizer
from llama_index.core.llms import ChatMessage
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.llms.ollama import Ollama  # type: ignore[import-untyped]
from llama_index_instrumentation import root_dispatcher
from llama_index_instrumentation.span import BaseSpan
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, Tracer

from rag.ollama import OllamaAnswerer
from rag.ollama_http import Wire
from rag.retriever import CitewellRetriever
from rag.types import Request
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Failure, Script
from tests.ui.fake_assistant import HITS, FakeAssistant
from ui.llama_spans import trace_llama_index
from ui.traced import TracedAssistant

SECRET = "the secret of the kiln"


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(kept: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> Tracer:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    for handlers in ("span_handlers", "event_handlers"):
        monkeypatch.setattr(root_dispatcher, handlers, list(getattr(root_dispatcher, handlers)))
    tracer = provider.get_tracer("tests")
    trace_llama_index(tracer)
    return tracer


@pytest.fixture
def open_spans(tracer: Tracer) -> dict[str, BaseSpan]:
    """Give what the handler holds: the spans that have not ended."""
    return root_dispatcher.span_handlers[-1].open_spans


@pytest.fixture
def ollama() -> Iterator[OllamaDouble]:
    with OllamaDouble(Script(text=f"{SECRET} [1].", prompt_tokens=900)) as double:
        yield double


@pytest.fixture
def llm(ollama: OllamaDouble) -> Iterator[Ollama]:
    with closing(Wire(ollama.url, 5)) as wire:
        yield Ollama(model="qwen3:4b-instruct", base_url=ollama.url, client=wire.client, context_window=8192)


def asked() -> list[ChatMessage]:
    return [ChatMessage(role="user", content=SECRET)]


def names(kept: InMemorySpanExporter) -> list[str]:
    return [span.name for span in kept.get_finished_spans()]


def is_inside(inner: ReadableSpan, outer: ReadableSpan) -> bool:
    return inner.parent is not None and inner.parent.span_id == outer.context.span_id


def test_a_stream_is_a_span_until_its_last_word(
    tracer: Tracer, kept: InMemorySpanExporter, llm: Ollama, open_spans: dict[str, BaseSpan]
) -> None:
    responses = llm.stream_chat(asked())
    next(responses)
    assert names(kept) == []
    assert len(open_spans) == 1
    list(responses)
    (span,) = kept.get_finished_spans()
    assert span.name == "Ollama.stream_chat"
    assert span.attributes is not None
    assert span.attributes["gen_ai.request.model"] == "qwen3:4b-instruct"
    assert span.attributes["gen_ai.usage.input_tokens"] == 900
    assert [event.name for event in span.events] == ["first word"]
    assert "secret" not in span.to_json()
    assert span.status.status_code is StatusCode.UNSET
    assert open_spans == {}


@pytest.mark.parametrize("words", [0, 1])
def test_a_stream_that_is_left_ends_its_span(
    tracer: Tracer, kept: InMemorySpanExporter, llm: Ollama, open_spans: dict[str, BaseSpan], words: int
) -> None:
    responses = llm.stream_chat(asked())
    for _ in range(words):
        next(responses)
    del responses
    gc.collect()
    (span,) = kept.get_finished_spans()
    assert span.status.status_code is StatusCode.UNSET
    assert open_spans == {}


def test_a_failure_is_told_by_its_kind(
    tracer: Tracer, kept: InMemorySpanExporter, ollama: OllamaDouble, llm: Ollama, open_spans: dict[str, BaseSpan]
) -> None:
    ollama.play(Script(failure=Failure(500, SECRET)))
    with pytest.raises(Exception, match="secret"):
        list(llm.stream_chat(asked()))
    with pytest.raises(Exception, match="secret"):
        llm.chat(asked())
    stream, chat = kept.get_finished_spans()
    assert (stream.status.description, chat.status.description) == ("ResponseError", "ResponseError")
    assert "secret" not in stream.to_json() + chat.to_json()
    assert open_spans == {}


def test_a_query_engine_over_our_retriever_is_a_tree(tracer: Tracer, kept: InMemorySpanExporter, llm: Ollama) -> None:
    synthesizer = get_response_synthesizer(llm=llm)
    engine = RetrieverQueryEngine(CitewellRetriever(FakeAssistant()), synthesizer)
    engine.query(SECRET)
    spans = {span.name: span for span in kept.get_finished_spans()}
    query, retrieve = spans["RetrieverQueryEngine.query"], spans["CitewellRetriever.retrieve"]
    assert query.parent is None
    assert len({span.context.trace_id for span in spans.values()}) == 1
    assert is_inside(retrieve, spans["RetrieverQueryEngine._query"])
    assert dict(retrieve.attributes or {}) == {"citewell.hits": len(HITS)}
    assert "Ollama.chat" in spans
    assert "secret" not in "".join(span.to_json() for span in spans.values())


class AskingOllama(FakeAssistant):
    """Has a model word its answers, as ``rag.assistant`` does."""

    url = ""

    def stream(self, request: Request) -> Iterator[object]:  # type: ignore[override]
        list(OllamaAnswerer("qwen3:4b-instruct", [self.url]).say([], 10))
        yield from super().stream(request)


def test_the_model_s_span_lies_inside_the_question_s(
    tracer: Tracer, kept: InMemorySpanExporter, ollama: OllamaDouble
) -> None:
    assistant = AskingOllama()
    assistant.url = ollama.url
    TracedAssistant(assistant, tracer).ask("energy")
    spans = {span.name: span for span in kept.get_finished_spans()}
    assert list(spans) == ["Ollama.stream_chat", "search", "answer", "ask"]
    assert is_inside(spans["Ollama.stream_chat"], spans["ask"])
