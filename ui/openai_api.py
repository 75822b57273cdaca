"""An interface that programs for OpenAI's API speak: ``POST /v1/chat/completions`` and ``GET /v1/models``.

The last message of the user is the question, what the user and the assistant said before it the history; what a client
puts into system messages is left out, since the rules of answering are Citewell's.  Settings of sampling and tools are
accepted and not used; an answer in JSON, or several, cannot be had.  Failures have OpenAI's shape.

Knows no shape of an answer (``ui.openai_chat``); who may connect is decided elsewhere.
"""

from __future__ import annotations

import logging
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from index_store.errors import CitewellError, InputError
from rag.errors import ModelMissing
from rag.limits import MAX_HISTORY_TURNS, MAX_QUESTION_CHARS, MAX_TURN_CHARS
from rag.types import Json, Request, Role, Turn
from ui.openai_chat import ANY_ANSWERER, Chunks, Head, answerer_and_model, completion, models
from ui.problems import openai_failure, problem, validation_sentence, when_again
from ui.protocols import Assistant
from ui.sse import EventStream
from ui.streams import answered

_log = logging.getLogger(__name__)
_SPEAKERS: dict[str, Role] = {"user": "user", "assistant": "assistant"}
_MESSAGES = 10_000
"""Messages that a request may bring: front ends send the whole conversation, of which the newest turns are read."""


def _listed(stop: object) -> object:
    return [stop] if isinstance(stop, str) else stop


_Stops = Annotated[
    list[Annotated[str, Field(max_length=500)]],
    Field(max_length=4),
    BeforeValidator(_listed, json_schema_input_type=str | list[str]),
]

_ERROR = {"application/json": {"schema": {"type": "object", "required": ["error"]}}}
_FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"description": "a failure in OpenAI's shape", "content": _ERROR} for status in (400, 404, 429, 500, 503)
}
_CHUNK = {"type": "object", "properties": {"data": {"type": "string"}}}
_COMPLETION: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "a completion, or a stream of its chunks",
        "content": {"application/json": {"schema": {"type": "object"}}, "text/event-stream": {"schema": _CHUNK}},
    }
}


class PartBody(BaseModel):
    """A part of a message; only text is read."""

    type: Annotated[str, Field(max_length=50)]
    text: str = ""


class MessageBody(BaseModel):
    """One message of the conversation, newest last."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[PartBody] | None = None

    def text(self) -> str:
        parts = self.content or ""
        return parts if isinstance(parts, str) else "\n".join(part.text for part in parts if part.text)

    def kinds(self) -> set[str]:
        """Give the kinds of its parts."""
        return {part.type for part in self.content} if isinstance(self.content, list) else set()


class StreamOptions(BaseModel):
    """What a stream tells beside the text."""

    include_usage: bool = False


class ResponseFormat(BaseModel):
    """What kind of text the answer is; a document by a schema it cannot be."""

    type: Literal["text"] = "text"


class CompletionBody(BaseModel):
    """A request for an answer; fields that are not used here are accepted."""

    model: Annotated[str, Field(min_length=1, max_length=200)] = ANY_ANSWERER
    messages: Annotated[list[MessageBody], Field(min_length=1, max_length=_MESSAGES)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    stop: _Stops | None = None
    n: Literal[1] | None = 1
    response_format: ResponseFormat | None = None

    def request(self) -> Request:
        """Give the request that the assistant takes.  Raises ``InputError`` where no question can be found in it."""
        last = max((at for at, message in enumerate(self.messages) if message.role == "user"), default=None)
        question = "" if last is None else self.messages[last].text().strip()
        odd = set() if last is None else self.messages[last].kinds() - {"text"}
        if odd:
            raise InputError(f"Only text can be read; leave out what is {' or '.join(sorted(odd))}.")
        if not question:
            raise InputError("messages has no message of the user with a text: the last one is the question.")
        if len(question) > MAX_QUESTION_CHARS:
            raise InputError(f"The last message of the user may have at most {MAX_QUESTION_CHARS:,} characters.")
        answerer, model = answerer_and_model(self.model)
        return Request(question, self._history(last), answerer=answerer, model=model)

    def _history(self, end: int | None) -> tuple[Turn, ...]:
        said = [message for message in self.messages[:end] if message.role in _SPEAKERS]
        turns = (Turn(_SPEAKERS[message.role], message.text()[:MAX_TURN_CHARS]) for message in said)
        return tuple(turns)[-MAX_HISTORY_TURNS:]


def build_openai_router(assistant: Assistant) -> APIRouter:
    """Give the routes under ``/v1`` that serve ``assistant``."""
    router = APIRouter(prefix="/v1", route_class=_OpenAIRoute)

    @router.post("/chat/completions", response_model=None, responses=_COMPLETION | _FAILURES)
    async def chat_completions(body: CompletionBody, http: HttpRequest) -> Json | EventStream:
        request, head = body.request(), Head(body.model)
        if not body.stream:
            answer = await answered(assistant.stream(request), http)
            return completion(head, request, answer, body.stop or ())
        with_usage = body.stream_options is not None and body.stream_options.include_usage
        return EventStream(assistant.stream(request), Chunks(head, request, body.stop or (), with_usage=with_usage))

    @router.get("/models", responses=_FAILURES)
    def list_models() -> Json:
        return models(assistant.health().get("models", ()))

    @router.get("/models/{name:path}", responses=_FAILURES)
    def one_model(name: str) -> Json:
        for model in models(assistant.health().get("models", ()))["data"]:
            if model["id"] == name:
                return dict(model)
        raise ModelMissing(f"There is no model {name!r} here; GET /v1/models lists them.")

    return router


class _OpenAIRoute(APIRoute):
    """A route whose failures have OpenAI's shape."""

    def get_route_handler(self) -> Any:
        handle = super().get_route_handler()

        async def handle_or_tell(request: HttpRequest) -> Response:
            try:
                response: Response = await handle(request)
            except RequestValidationError as exc:
                return JSONResponse(openai_failure(400, validation_sentence(exc), _param(exc)), 400)
            except ModelMissing as exc:
                return JSONResponse(openai_failure(404, str(exc), "model", "model_not_found"), 404)
            except HTTPException as exc:
                return JSONResponse(openai_failure(exc.status_code, f"{exc.detail}."), exc.status_code)
            except CitewellError as exc:
                return _told(exc)
            except Exception as exc:  # noqa: BLE001 (whatever it was, the client is told in the shape that it reads)
                _log.exception("a chat completion failed")
                return _told(exc)
            return response

        return handle_or_tell


def _told(exc: Exception) -> JSONResponse:
    told = problem(exc)
    return JSONResponse(openai_failure(told["status"], told["detail"]), told["status"], when_again(exc))


def _param(exc: RequestValidationError) -> str | None:
    """Name the field that is wrong, the way OpenAI does: ``messages.0.role``."""
    return next((".".join(str(part) for part in error["loc"][1:]) or None for error in exc.errors()), None)
