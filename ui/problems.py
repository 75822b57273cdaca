"""Failures as problem documents (RFC 9457): one sentence in ``detail`` that says what to do, never a traceback.

Under ``/v1`` the same sentence has the shape that clients of OpenAI's API read.  Knows no single route; ``install``
hooks it into an application for everything that its routes raise.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from index_store.errors import CitewellError, InputError, LibraryLocked, SettingsError
from rag.errors import AnswererError, OllamaBusy
from ui.ending import ServerStopping
from ui.request_log import request_id

_log = logging.getLogger(__name__)
_AGAIN_S = 5
"""Seconds after which a busy model, a library being written, or a server that starts anew, is worth another try."""
_OPENAI = "/v1/"
_UNEXPECTED = "Something failed inside Citewell; the server's log has the details."


def install(app: FastAPI) -> None:
    """Answer every failure of ``app``'s own routes with a problem document."""
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(CitewellError, _on_failure)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_failure)


def problem(exc: Exception) -> dict[str, Any]:
    """Give the document for a failure: 400 where the request asks for the impossible, 503 where the library cannot.

    What had been written when a model failed comes along as ``partial``, an answer like any other.
    """
    if isinstance(exc, SettingsError | InputError):
        return _document(HTTPStatus.BAD_REQUEST, str(exc))
    if isinstance(exc, AnswererError) and exc.partial is not None:
        return _document(HTTPStatus.SERVICE_UNAVAILABLE, str(exc)) | {"partial": exc.partial.to_dict()}
    if isinstance(exc, CitewellError):
        return _document(HTTPStatus.SERVICE_UNAVAILABLE, str(exc))
    return _document(HTTPStatus.INTERNAL_SERVER_ERROR, _UNEXPECTED)


def when_again(exc: Exception) -> dict[str, str]:
    """Give the header that says when to come back, where a failure passes by itself and nothing was written yet."""
    passes = isinstance(exc, LibraryLocked | ServerStopping) or (isinstance(exc, OllamaBusy) and exc.partial is None)
    return {"Retry-After": str(_AGAIN_S)} if passes else {}


def openai_failure(status: int, sentence: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """Give the document for a failure in the shape of OpenAI's API; ``param`` names the field that is wrong."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": sentence, "type": kind, "param": param, "code": code}}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The response to a request that is not let in."""

    status: int
    sentence: str
    headers: Mapping[str, str] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = _told(scope["path"], HTTPStatus(self.status), self.sentence)
        response.headers.update(self.headers)
        await response(scope, receive, send)


def validation_sentence(exc: RequestValidationError) -> str:
    """Put the first thing that is wrong with a request into one sentence."""
    errors = exc.errors()
    if not errors:
        return "The request cannot be read."
    first = errors[0]
    if first["type"] == "json_invalid":
        return "The body is not valid JSON."
    if tuple(first["loc"]) == ("body",):
        return "The body is to be a JSON object: send one with `Content-Type: application/json`."
    field = ".".join(str(part) for part in first["loc"][1:]) or "body"
    context = first.get("ctx") or {}
    says = {
        "missing": f"{field} is missing.",
        "extra_forbidden": f"{field} is not a field that this request has.",
        "string_too_short": f"{field} is empty.",
        "string_too_long": f"{field} may have at most {context.get('max_length')} characters.",
        "string_unicode": f"{field} is not valid Unicode: half of a character stands alone in it.",
        "too_long": f"{field} may have at most {context.get('max_length')} entries.",
    }
    return says.get(first["type"], f"{field} is not valid: {str(first['msg'])[:1].lower()}{str(first['msg'])[1:]}.")


async def _on_validation(_request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, RequestValidationError)
    return _response(_document(HTTPStatus.UNPROCESSABLE_ENTITY, validation_sentence(exc)))


async def _on_failure(_request: Request, exc: Exception) -> JSONResponse:
    if not isinstance(exc, CitewellError):
        _log.error("a request failed", exc_info=exc)
    response = _response(problem(exc))
    response.headers.update(when_again(exc))
    return response


async def _on_http(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, HTTPException)
    status, path, headers = HTTPStatus(exc.status_code), request.url.path, exc.headers or {}
    sentence = {
        HTTPStatus.NOT_FOUND.phrase: nothing_at(path),
        HTTPStatus.METHOD_NOT_ALLOWED.phrase: f"{path[:200]} takes {headers.get('Allow')}, not {request.method}.",
    }.get(exc.detail, exc.detail)
    response = _told(path, status, sentence)
    response.headers.update(headers)
    return response


def nothing_at(path: str) -> str:
    """Say that an address is none."""
    return f"Nothing is served at {path[:200]}."


def _told(path: str, status: HTTPStatus, sentence: str) -> JSONResponse:
    if path.startswith(_OPENAI):
        return JSONResponse(openai_failure(status, sentence), status)
    return _response(_document(status, sentence))


def _document(status: HTTPStatus, detail: str) -> dict[str, Any]:
    document = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    number = request_id()
    return document if number is None else document | {"request_id": number}


def _response(document: dict[str, Any]) -> JSONResponse:
    return JSONResponse(document, status_code=document["status"], media_type="application/problem+json")
