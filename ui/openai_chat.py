"""An answer in the shapes of OpenAI's chat completions: the whole, its chunks, and the models to choose from.

The shapes are those of OpenAI's API reference (chat/object and chat/streaming).  An answer's notice and the papers that
it cites stand under its text as footnotes, and all of it, as in DESIGN section 3, in the field ``citewell`` that the
API does not have.  Why no model answers is told once in a conversation.

Pure: knows no route and no socket.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.types import Answer, AnswerEvent, DeltaEvent, Event, Json, Request, Turn
from ui import sse
from ui.display import display_text
from ui.places import footnote
from ui.problems import openai_failure, problem

ANY_ANSWERER = "citewell"
QUOTING = "citewell-quote"
_CHARACTERS_PER_TOKEN = 4  # English text; where no model has counted


def answerer_and_model(name: str) -> tuple[str | None, str | None]:
    """Give who shall answer for a model's name: ours, or one that Ollama has."""
    return {ANY_ANSWERER: (None, None), QUOTING: ("quote", None)}.get(name, ("ollama", name))


def models(installed: Sequence[str]) -> Json:
    """Give the list of models: ours first, then those installed."""
    names = [ANY_ANSWERER, QUOTING, *installed]
    listed = [{"id": name, "object": "model", "created": 0, "owned_by": _owner(name)} for name in names]
    return {"object": "list", "data": listed}


@dataclass(frozen=True, slots=True)
class Head:
    """What every part of one completion repeats."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def document(self, kind: str, **fields: object) -> Json:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model, **fields}


def completion(head: Head, request: Request, answer: Answer, stops: Sequence[str]) -> Json:
    """Give the whole answer.  Its text ends before the first of ``stops``, then without footnotes."""
    cut = StopCut(stops)
    text = cut.feed(answer.text) + cut.rest()
    text += "" if cut.stopped else footnotes(answer, request.history)
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(answer)}
    more = {"usage": usage(request, answer), "citewell": answer.to_dict()}
    return head.document("chat.completion", choices=[choice], **more)


def footnotes(answer: Answer, before: Sequence[Turn] = ()) -> str:
    """Give what stands under the text: the notice, then the papers cited, one a line; empty where there is neither."""
    fallback = display_text(answer.fallback or "")
    told = any(turn.role == "assistant" and fallback in turn.content for turn in before)
    notice = display_text(answer.caution or "") if told else display_text(answer.notice or "")
    lines = "\n".join(map(footnote, answer.citations))
    return "".join(f"\n\n{part}" for part in (notice, lines) if part)


def usage(request: Request, answer: Answer) -> Json:
    """Give the tokens that the model counted; where none counted, an estimate of four characters a token."""
    counted = answer.receipt.get("tokens") or {}
    asked = len(request.question) + sum(len(turn.content) for turn in request.history)
    prompt = counted.get("prompt") or _tokens(asked)
    written = counted.get("answer") or _tokens(len(answer.text))
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}


class StopCut:
    """Cuts a text that comes in pieces before the first of some strings, wherever the pieces break them."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.stopped = False

    def feed(self, piece: str) -> str:
        """Take a piece, give what can be told: all but what may be the beginning of a stop."""
        if self.stopped:
            return ""
        text = self._held + piece
        found = [at for at in map(text.find, self._stops) if at >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        sizes = ((stop, range(1, min(len(stop), len(text) + 1))) for stop in self._stops)
        keep = max((n for stop, possible in sizes for n in possible if text.endswith(stop[:n])), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def rest(self) -> str:
        """Give what was held back."""
        held, self._held = self._held, ""
        return held


class Chunks:
    """Words the events of one answer as chunks (``ui.sse.Wording``)."""

    def __init__(self, head: Head, request: Request, stops: Sequence[str], *, with_usage: bool) -> None:
        self._head = head
        self._request = request
        self._cut = StopCut(stops)
        self._with_usage = with_usage
        self._begun = False

    def event(self, event: Event) -> str:
        match event:
            case DeltaEvent(text):
                return self._text(self._cut.feed(text))
            case AnswerEvent(answer):
                return self._last(answer)
        return ""

    def failure(self, exc: Exception) -> str:
        told = problem(exc)
        return sse.message(openai_failure(told["status"], told["detail"]))

    def end(self) -> str:
        return "data: [DONE]\n\n"

    def _last(self, answer: Answer) -> str:
        # What was not streamed, such as the reason for not answering, comes in one piece.
        unsaid = self._cut.rest() if self._begun else self._cut.feed(answer.text) + self._cut.rest()
        said = self._text(unsaid + ("" if self._cut.stopped else footnotes(answer, self._request.history)))
        last = self._chunk({}, _finish(answer), citewell=answer.to_dict())
        counted = ""
        if self._with_usage:
            document = self._head.document("chat.completion.chunk", choices=[], usage=usage(self._request, answer))
            counted = sse.message(document)
        return said + last + counted

    def _text(self, text: str) -> str:
        if not text:
            return ""
        first = {} if self._begun else {"role": "assistant"}
        self._begun = True
        return self._chunk(first | {"content": text})

    def _chunk(self, delta: Json, finish: str | None = None, **more: object) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        unused = {"usage": None} if self._with_usage else {}
        return sse.message(self._head.document("chat.completion.chunk", choices=[choice], **unused, **more))


def _finish(answer: Answer) -> str:
    return "length" if answer.receipt.get("done_reason") == "length" else "stop"


def _owner(name: str) -> str:
    return "citewell" if name in (ANY_ANSWERER, QUOTING) else "ollama"


def _tokens(characters: int) -> int:
    return -(-characters // _CHARACTERS_PER_TOKEN)
