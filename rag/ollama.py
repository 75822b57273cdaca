"""Answers in prose by a local model, through LlamaIndex's Ollama LLM.

The context is always stated: ``num_ctx`` (bounded by the model's own maximum) and ``num_predict`` are sent, and the
prompt is cut to what is left between them, so nothing overflows in silence; the receipt says what was sent and what the
model counted.  What all this costs is measured by ``eval.benchmarks.ollama_overhead``.  Knows no search, no citation
numbers and no page.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.answerers import Brief, Piece, Sources, Thought
from rag.errors import AnswererError, ModelMissing, OllamaFailed, OllamaUnreachable
from rag.models import ModelInfo, inspect
from rag.ollama_http import Wire, broken_off, import_ollama, plain_words
from rag.prompts import Message, Prompt, build_prompt, prompt_of
from rag.receipts import Sent, Think, cut_off, done
from rag.stopping import Stoppable, Work
from rag.thinking import ThinkSplitter

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatResponse
    from llama_index.llms.ollama import Ollama  # type: ignore[import-untyped]  # it ships no types

_KNOWN_SECONDS = 60.0  # a model may be replaced by a new one of the same name
_RUNAWAY = 1.5  # an answer of so many times its room, a line a token, comes from a server that knows no limit
_SLACK = 50  # lines
_Preparing = Callable[[ModelInfo], Sent]


@dataclass(frozen=True, slots=True)
class OllamaOptions:
    """How a model is asked.

    ``num_ctx``: tokens of context, bounded by the model's own maximum.  ``answer_tokens``: room for the answer, at most
    half of the context; thinking gets as much again three times.  ``temperature`` in [0, 2]: low, since the words are
    to be the sources'.  ``seed``: always the same one, so that a receipt asked again gives the same words; None lets
    Ollama choose.  ``keep_alive``: how long the model stays loaded.  ``silence``: seconds without a byte after which a
    server is given up; loading a model from a slow disk and reading the prompt happen in that time.  ``think``: whether
    models that can think first do so.
    """

    num_ctx: int = 8192
    answer_tokens: int = 1024
    temperature: float = 0.1
    seed: int | None = 0
    keep_alive: str = "30m"
    silence: float = 300.0
    think: Think = False


DEFAULT_OPTIONS = OllamaOptions()


class OllamaAnswerer:
    """A model on one or several servers, asked in turn; one that fails before its first word is passed over.

    Safe to share between threads.
    """

    name = "ollama"

    def __init__(self, model: str, hosts: Sequence[str], options: OllamaOptions = DEFAULT_OPTIONS) -> None:
        self.model = model
        self._hosts = tuple(hosts)
        self._options = options
        self._turn = itertools.count()
        self._known: dict[str, tuple[float, ModelInfo]] = {}

    def stream(self, brief: Brief) -> Stoppable[Piece]:
        """Draft an answer.  ``close`` on the result ends it from any thread and closes the connection at once."""
        work = Work()
        return Stoppable(self._on_some_host(work, lambda model: self._prepared(model, brief)), work)

    def repeat(self, prompt: Prompt, options: Mapping[str, Any], think: Think | None) -> Stoppable[Piece]:
        """Send exactly this prompt with these options, as an earlier receipt holds them."""
        work = Work()
        return Stoppable(self._on_some_host(work, lambda model: Sent(model, prompt, dict(options), think)), work)

    def say(self, messages: Sequence[Message], tokens: int) -> Stoppable[Piece]:
        """Give a reply of at most ``tokens`` to these messages, the likeliest one and without thinking before."""
        _llama_index()  # now, so that no time limit of the caller's meets it
        work, prompt = Work(), prompt_of(messages)

        def prepared(model: ModelInfo) -> Sent:
            # The same context as for answers: another would load the model a second time.
            options = {"num_ctx": self._context(model), "temperature": 0.0, "num_predict": tokens}
            return Sent(model, prompt, options, _think(model, False))

        return Stoppable(self._on_some_host(work, prepared), work)

    def warm_up(self) -> None:
        """Load libraries and model, so that the first question does not wait: LlamaIndex alone takes 2 s to import.

        Raises ``AnswererError`` where no server can do it.
        """
        _llama_index()
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

    def _on_some_host(self, work: Work, prepare: _Preparing) -> Generator[Piece, None, None]:
        first = next(self._turn) % len(self._hosts)
        failure: AnswererError | None = None
        for host in (*self._hosts[first:], *self._hosts[:first]):
            started = False
            try:
                with closing(self._on_host(host, work, prepare)) as pieces:
                    for piece in pieces:
                        started = started or not isinstance(piece, Sources)
                        yield piece
                return
            except (OllamaUnreachable, OllamaFailed, ModelMissing) as exc:
                if started or work.is_stopped:
                    raise
                failure = failure or exc
        if failure:
            raise failure

    def _on_host(self, host: str, work: Work, prepare: _Preparing) -> Generator[Piece, None, None]:
        with closing(Wire(host, self._options.silence)) as wire:
            work.attach(wire.cut)
            sent = prepare(self._inspected(wire))
            if sent.prompt.is_narrowed:
                yield Sources(tuple(source.position for source in sent.prompt.sources))
            splitter, last = ThinkSplitter(), None
            longest = sent.options["num_predict"] * _RUNAWAY + _SLACK
            for number, response in enumerate(_responses(self._llm(wire, sent), sent, wire)):
                if number > longest:
                    yield from splitter.finish()
                    yield cut_off(sent)
                    return
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

    def _prepared(self, model: ModelInfo, brief: Brief) -> Sent:
        options, context, think = self._options, self._context(model), _think(model, self._options.think)
        room = min(options.answer_tokens * (4 if think else 1), context // 2)
        prompt = build_prompt(brief.question, brief.hits, brief.history, context - room)
        sent = {"num_ctx": context, "temperature": options.temperature, "num_predict": room}
        return Sent(model, prompt, sent if options.seed is None else sent | {"seed": options.seed}, think)

    def _llm(self, wire: Wire, sent: Sent) -> Ollama:
        options = dict(sent.options)
        return _llama_index()(
            model=sent.model.name,
            base_url=wire.host,
            client=wire.client,
            temperature=options.pop("temperature"),
            context_window=options.pop("num_ctx"),
            keep_alive=self._options.keep_alive,
            thinking=sent.think,
            additional_kwargs=options,
        )


def _llama_index() -> Any:
    """Import LlamaIndex's class for Ollama, which takes 2 s the first time."""
    import_ollama()
    from llama_index.llms.ollama import Ollama

    return Ollama


def _responses(llm: Ollama, sent: Sent, wire: Wire) -> Iterator[ChatResponse]:
    """Iterate over the model's responses; only the library's own failures are translated."""
    from llama_index.core.base.llms.types import ChatMessage

    with plain_words(wire.host, sent.model.name):
        responses = llm.stream_chat([ChatMessage(role=m.role, content=m.content) for m in sent.prompt.messages])
    while True:
        with plain_words(wire.host, sent.model.name):
            response = next(responses, None)
        if response is None:
            return
        yield response


def _think(model: ModelInfo, wanted: Think) -> Think | None:
    """What to ask of this model; None for one that cannot think.  gpt-oss cannot not think, only think less."""
    if "thinking" not in model.capabilities:
        return None
    return "low" if wanted is False and model.family.startswith("gptoss") else wanted
