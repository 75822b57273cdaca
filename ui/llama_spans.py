"""LlamaIndex's account of what it does (its instrumentation) as spans for OpenTelemetry, inside ours.

A span tells which class did what, how long it took, which model was asked, when the first word came and how many tokens
there were: no message, no word of a model, no text of an error.

LlamaIndex's own integration (``llama-index-observability-otel``, read as of 0.7) gives every event away whole, prompts
included, keeps all spans for ever, and ends the span of a stream before the first word; hence these handlers.

Knows no assistant.  LlamaIndex itself is not imported: the dispatcher is a package of its own.
"""
# ruff: noqa: ARG002  (the arguments of handlers are LlamaIndex's choice)

from __future__ import annotations

import inspect
import weakref
from collections.abc import AsyncGenerator, Generator
from typing import Any

from llama_index_instrumentation import root_dispatcher
from llama_index_instrumentation.base import BaseEvent
from llama_index_instrumentation.event_handlers import BaseEventHandler
from llama_index_instrumentation.span import BaseSpan
from llama_index_instrumentation.span_handlers import BaseSpanHandler
from opentelemetry.trace import Span, StatusCode, Tracer, set_span_in_context
from pydantic import PrivateAttr

_BEGUN = frozenset(("LLMChatStartEvent", "LLMCompletionStartEvent"))
_UNDER_WAY = frozenset(("LLMChatInProgressEvent", "LLMCompletionInProgressEvent"))
_ENDED = frozenset(("LLMChatEndEvent", "LLMCompletionEndEvent"))


def trace_llama_index(tracer: Tracer) -> None:
    """From now on, make spans of what LlamaIndex does anywhere in this process."""
    spans = _Spans(tracer)
    root_dispatcher.add_span_handler(spans)
    root_dispatcher.add_event_handler(_Events(spans))


class _Open(BaseSpan):
    """A span that has not ended.  What gives a stream has returned long before the stream ends."""

    otel: Span
    is_stream: bool = False
    has_words: bool = False


class _Spans(BaseSpanHandler[_Open]):
    """Begins and ends spans with LlamaIndex's; keeps none that has ended."""

    _tracer: Tracer = PrivateAttr()

    def __init__(self, tracer: Tracer) -> None:
        super().__init__()
        self._tracer = tracer

    def new_span(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Any = None,
        parent_span_id: str | None = None,
        tags: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> _Open:
        """Begin a span inside the one of the caller: LlamaIndex's where it is one, else ours."""
        caller = self.open_spans.get(parent_span_id or "")
        context = set_span_in_context(caller.otel) if caller else None
        name = id_.partition("-")[0]  # without the number behind it
        return _Open(id_=id_, otel=self._tracer.start_span(name, context))

    def prepare_to_exit_span(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Any = None,
        result: Any = None,
        **kwargs: Any,
    ) -> _Open | None:
        """End a span; that of a stream with its last word, or when nobody holds the stream any more."""
        found = self.open_spans.get(id_)
        if found is None:
            return None
        if isinstance(result, Generator | AsyncGenerator):
            found.is_stream = True
            weakref.finalize(result, self.end, id_).atexit = False
            return None
        found.otel.end()
        return found

    def prepare_to_drop_span(
        self,
        id_: str,
        bound_args: inspect.BoundArguments,
        instance: Any = None,
        err: BaseException | None = None,
        **kwargs: Any,
    ) -> _Open | None:
        """End the span of what has failed."""
        found = self.open_spans.get(id_)
        if found is not None:
            _blame(found.otel, err)
            found.otel.end()
        return found

    def end(self, id_: str) -> None:
        """End a span that has not ended; with no lock, for it may be the garbage collector that calls."""
        found = self.open_spans.pop(id_, None)
        if found is not None:
            found.otel.end()


class _Events(BaseEventHandler):
    """Writes down on the spans what events tell of them."""

    _spans: _Spans = PrivateAttr()

    def __init__(self, spans: _Spans) -> None:
        super().__init__()
        self._spans = spans

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        """Take an event; by the names of their classes, whose modules would bring all of LlamaIndex along."""
        found, name = self._spans.open_spans.get(event.span_id or ""), type(event).__name__
        if found is None:
            return
        if name in _BEGUN:
            found.otel.set_attribute("gen_ai.request.model", str(_told(event, "model_dict").get("model_name", "")))
        elif name in _UNDER_WAY and not found.has_words:
            found.has_words = True
            found.otel.add_event("first word")
        elif name in _ENDED:
            _count(found.otel, event)
        elif name == "RetrievalEndEvent":
            found.otel.set_attribute("citewell.hits", len(getattr(event, "nodes", ())))
        elif name == "ExceptionEvent":
            _blame(found.otel, getattr(event, "exception", None))
        if found.is_stream and (name in _ENDED or name == "ExceptionEvent"):
            self._spans.end(found.id_)


def _count(span: Span, event: BaseEvent) -> None:
    usage = _told(getattr(event, "response", None), "raw").get("usage") or {}
    for kind, name in (("input", "prompt_tokens"), ("output", "completion_tokens")):
        if isinstance(usage.get(name), int):
            span.set_attribute(f"gen_ai.usage.{kind}_tokens", usage[name])


def _told(source: object, name: str) -> dict[str, Any]:
    value = getattr(source, name, None)
    return value if isinstance(value, dict) else {}


def _blame(span: Span, failure: BaseException | None) -> None:
    """Name the kind of a failure; to have been left by whoever listened is none."""
    if isinstance(failure, Exception):
        span.set_status(StatusCode.ERROR, type(failure).__name__)
