"""Answers in prose by a local model, through LlamaIndex's Ollama LLM.

The context is always stated: ``num_ctx`` (bounded by the model's own maximum) and ``num_predict`` are sent, and the
prompt is cut to what is left between them, so nothing overflows in silence; the receipt says what was sent and what the
model counted.  LlamaIndex wraps each token in several objects; that costs 0.08 ms a token here (100,000 tokens, one
core of the build machine).  Knows no search, no citation numbers and no page.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rag.answerers import Brief, Done, Piece, Thought
from rag.errors import AnswererError, ModelMissing, OllamaBusy, OllamaUnreachable
from rag.models import ModelInfo, inspect
from rag.ollama_http import Wire, broken_off, plain_words
from rag.prompts import Prompt, build_prompt
from rag.thinking import ThinkSplitter

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatResponse
    from llama_index.llms.ollama import Ollama

Think = bool | Literal["low", "medium", "high"]

_DURATIONS = {
    "total": "total_duration",
    "load": "load_duration",
    "prompt": "prompt_eval_duration",
    "answer": "eval_duration",
}


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
        self._known: dict[str, ModelInfo] = {}

    def stream(self, brief: Brief) -> OllamaStream:
        """Draft an answer.  ``close`` on the result ends it from any thread and closes the connection at once."""
        call = _Call()
        return OllamaStream(self._on_some_host(call, brief), call)

    def warm_up(self) -> None:
        """Load the model into memory, so that the first question does not wait for it.  Raises ``AnswererError``."""
        for host in self._hosts:
            with closing(Wire(host, self._options.silence)) as wire:
                model = self._inspected(wire)
                options = {"num_ctx": self._context(model)}  # another context would load it a second time
                with plain_words(host, model.name, "was loading"):
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
            asked = self._ask(self._inspected(wire), wire, brief)
            messages = [ChatMessage(role=m.role, content=m.content) for m in asked.prompt.messages]
            splitter, last = ThinkSplitter(), None
            for response in _responses(asked.llm, messages, wire, asked.model.name):
                if thought := response.additional_kwargs.get("thinking_delta"):
                    yield Thought(thought)
                yield from splitter.feed(response.delta or "")
                raw: Any = response.raw
                last = raw if raw["done"] else last
            yield from splitter.finish()
            if last is None:
                raise broken_off(host, asked.model.name)
            yield _done(asked, last)

    def _inspected(self, wire: Wire) -> ModelInfo:
        if wire.host not in self._known:
            self._known[wire.host] = inspect(wire, self.model)
        return self._known[wire.host]

    def _context(self, model: ModelInfo) -> int:
        return min(self._options.num_ctx, model.context_length or self._options.num_ctx)

    def _ask(self, model: ModelInfo, wire: Wire, brief: Brief) -> _Asked:
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
        return _Asked(model, llm, prompt, {"num_ctx": context, "temperature": options.temperature, **more})


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


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request as it is sent."""

    model: ModelInfo
    llm: Ollama
    prompt: Prompt
    options: Mapping[str, Any]


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


def _done(asked: _Asked, last: Mapping[str, Any]) -> Done:
    counted, context = last.get("prompt_eval_count"), asked.options["num_ctx"]
    # Sources and question are one message, which Ollama never drops; too long a one it cuts to exactly the context.
    lost = counted is not None and counted >= context
    cut = last.get("done_reason") == "length"
    warnings = ["Ollama cut the prompt: the model did not read all of the sources."] if lost else []
    warnings += ["The answer reached its limit of tokens and is not complete."] if cut else []
    receipt = {
        "host": asked.model.host,
        "model": asked.model.name,
        "model_digest": asked.model.digest,
        "options": dict(asked.options),
        "think": asked.llm.thinking,
        "sources": [
            {"number": s.number, "paper_id": s.paper_id, "sentences": [[span.start, span.end] for span in s.spans]}
            for s in asked.prompt.sources
        ],
        "dropped_sentences": asked.prompt.dropped_sentences,
        "dropped_turns": asked.prompt.dropped_turns,
        "tokens": {"estimated": asked.prompt.tokens, "prompt": counted, "answer": last.get("eval_count")},
        "durations_ms": {name: _milliseconds(last.get(key)) for name, key in _DURATIONS.items()},
        "done_reason": last.get("done_reason"),
        "warnings": warnings,
    }
    return Done(receipt, asked.model.name, truncated=lost or cut)


def _milliseconds(nanoseconds: object) -> float | None:
    return round(nanoseconds / 1e6, 1) if isinstance(nanoseconds, int | float) else None
