"""Answers in prose by a local model, through LlamaIndex's Ollama LLM.

The context is always stated: ``num_ctx`` (bounded by the model's own maximum) and ``num_predict`` are sent, and the
prompt is cut to what is left between them, so nothing overflows in silence; the receipt says what was sent and what the
model counted.  Measured on the build machine, 100,000 tokens: 0.04 ms a token, of which 0.01 is reading the line; 5 ms
from the question to the first piece of an instant server.  Knows no search, no citation numbers and no page.
"""

from __future__ import annotations

import importlib
import itertools
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.answerers import Brief, Piece, Thought
from rag.errors import AnswererError, ModelMissing, OllamaBusy, OllamaUnreachable
from rag.models import ModelInfo, inspect
from rag.ollama_http import Wire, broken_off, plain_words
from rag.prompts import build_prompt
from rag.receipts import Sent, Think, done
from rag.thinking import ThinkSplitter

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatResponse
    from llama_index.llms.ollama import Ollama  # type: ignore[import-untyped]  # it ships no types

_KNOWN_SECONDS = 60.0  # a model may be replaced by a new one of the same name


@dataclass(frozen=True, slots=True)
class OllamaOptions:
    """How a model is asked.

    ``num_ctx``: tokens of context, bounded by the model's own maximum.  ``answer_tokens``: room for the answer, at most
    half of the context; thinking gets as much again three times.  ``temperature`` in [0, 2]: low, since the words are
    to be the sources'.  ``seed``: None lets Ollama choose.  ``keep_alive``: how long the model stays loaded.
    ``silence``: seconds without a byte after which a server is given up; loading a model from a slow disk and reading
    the prompt happen in that time.  ``think``: whether models that can think first do so.
    """

    num_ctx: int = 8192
    answer_tokens: int = 1024
    temperature: float = 0.1
    seed: int | None = None
    keep_alive: str = "30m"
    silence: float = 300.0
    think: Think = False


DEFAULT_OPTIONS = OllamaOptions()


class OllamaAnswerer:
    """A model on one or several servers, asked in turn; a server that is away or busy is passed over.

    Safe to share between threads.
    """

    name = "ollama"

    def __init__(self, model: str, hosts: Sequence[str], options: OllamaOptions = DEFAULT_OPTIONS) -> None:
        self.model = model
        self._hosts = tuple(hosts)
        self._options = options
        self._turn = itertools.count()
        self._known: dict[str, tuple[float, ModelInfo]] = {}

    def stream(self, brief: Brief) -> OllamaStream:
        """Draft an answer.  ``close`` on the result ends it from any thread and closes the connection at once."""
        call = _Call()
        return OllamaStream(self._on_some_host(call, brief), call)

    def warm_up(self) -> None:
        """Load libraries and model, so that the first question does not wait: LlamaIndex alone takes 2 s to import.

        Raises ``AnswererError`` where no server can do it.
        """
        importlib.import_module("llama_index.llms.ollama")
        failures = []
        for host in self._hosts:
            try:
                with closing(Wire(host, self._options.silence)) as wire:
                    self._load(wire, self._inspected(wire))
            except AnswererError as exc:
                failures.append(exc)
        if len(failures) == len(self._hosts):
            raise failures[0]

    def _load(self, wire: Wire, model: ModelInfo) -> None:
        options = {"num_ctx": self._context(model)}  # another context would load it a second time
        with plain_words(wire.host, model.name, "was loading"):
            wire.client.generate(model.name, keep_alive=self._options.keep_alive, options=options)

    def _on_some_host(self, call: _Call, brief: Brief) -> Generator[Piece, None, None]:
        first = next(self._turn) % len(self._hosts)
        failure: AnswererError | None = None
        for host in (*self._hosts[first:], *self._hosts[:first]):
            started = False
            try:
                with closing(self._on_host(host, call, brief)) as pieces:
                    for piece in pieces:
                        started = True
                        yield piece
                return
            except (OllamaUnreachable, OllamaBusy, ModelMissing) as exc:
                if started:
                    raise
                failure = failure or exc
        if failure:
            raise failure

    def _on_host(self, host: str, call: _Call, brief: Brief) -> Generator[Piece, None, None]:
        from llama_index.core.base.llms.types import ChatMessage

        with closing(Wire(host, self._options.silence)) as wire:
            call.attach(wire)
            llm, sent = self._ask(self._inspected(wire), wire, brief)
            messages = [ChatMessage(role=m.role, content=m.content) for m in sent.prompt.messages]
            splitter, last = ThinkSplitter(), None
            for response in _responses(llm, messages, wire, sent.model.name):
                if thought := response.additional_kwargs.get("thinking_delta"):
                    yield Thought(thought)
                yield from splitter.feed(response.delta or "")
                raw: Any = response.raw
                last = raw if raw["done"] else last
            yield from splitter.finish()
            if last is None:
                raise broken_off(host, sent.model.name)
            yield done(sent, last)

    def _inspected(self, wire: Wire) -> ModelInfo:
        now = time.monotonic()
        seen, model = self._known.get(wire.host, (0.0, None))
        if model is None or now - seen > _KNOWN_SECONDS:
            model = inspect(wire, self.model)
            self._known[wire.host] = (now, model)
        return model

    def _context(self, model: ModelInfo) -> int:
        return min(self._options.num_ctx, model.context_length or self._options.num_ctx)

    def _ask(self, model: ModelInfo, wire: Wire, brief: Brief) -> tuple[Ollama, Sent]:
        from llama_index.llms.ollama import Ollama

        options, context, think = self._options, self._context(model), _think(model, self._options.think)
        room = min(options.answer_tokens * (4 if think else 1), context // 2)
        more = {"num_predict": room} | ({} if options.seed is None else {"seed": options.seed})
        prompt = build_prompt(brief.question, brief.hits, brief.history, context - room)
        llm = Ollama(
            model=model.name,
            base_url=wire.host,
            client=wire.client,
            temperature=options.temperature,
            context_window=context,
            keep_alive=options.keep_alive,
            thinking=think,
            additional_kwargs=more,
        )
        return llm, Sent(model, prompt, {"num_ctx": context, "temperature": options.temperature, **more}, think)


class OllamaStream:
    """The pieces of one answer.  ``close`` may come from any thread, also while another waits for the next piece."""

    def __init__(self, pieces: Generator[Piece, None, None], call: _Call) -> None:
        self._pieces = pieces
        self._call = call

    def __iter__(self) -> OllamaStream:
        return self

    def __next__(self) -> Piece:
        try:
            return next(self._pieces)
        except AnswererError:
            if self._call.is_closed:  # cutting the wire is what failed it
                raise StopIteration from None
            raise

    def close(self) -> None:
        """Stop the model and close the connection."""
        self._call.close()
        with suppress(ValueError):  # the thread that is inside it finds the wire cut, and leaves by itself
            self._pieces.close()


class _Call:
    """The wire that an answer comes over, if there is one yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wire: Wire | None = None
        self.is_closed = False

    def attach(self, wire: Wire) -> None:
        with self._lock:
            self._wire = wire
            if self.is_closed:
                wire.cut()

    def close(self) -> None:
        with self._lock:
            self.is_closed = True
            if self._wire:
                self._wire.cut()


def _responses(llm: Ollama, messages: Sequence[Any], wire: Wire, model: str) -> Iterator[ChatResponse]:
    """Iterate over the model's responses; only the library's own failures are translated."""
    with plain_words(wire.host, model):
        responses = llm.stream_chat(messages)
    while True:
        with plain_words(wire.host, model):
            response = next(responses, None)
        if response is None:
            return
        yield response


def _think(model: ModelInfo, wanted: Think) -> Think | None:
    """What to ask of this model; None for one that cannot think.  gpt-oss cannot not think, only think less."""
    if "thinking" not in model.capabilities:
        return None
    return "low" if wanted is False and model.family.startswith("gptoss") else wanted
