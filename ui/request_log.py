"""Every request has an id, and where wanted a line in the log: who, what, how it ended, how long it took.

The id comes from ``X-Request-Id`` where a proxy sent a fit one, goes back in the same header, and stands in problem
documents and in every line of the log that is written meanwhile.  A line tells no question, no title that was searched
for, no token: neither bodies nor what follows ``?`` nor headers are read.

Knows no route.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.ending import ending_of

LogFormat = Literal["text", "json"]
HEADER = "X-Request-Id"
_FIT = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LONGEST_PATH = 200
_FIELDS = ("user", "method", "path", "status", "ms")
_GONE = 499
"""The status of a request whose client left before the response began, as nginx counts it."""
_current: ContextVar[str | None] = ContextVar("request_id", default=None)
_log = logging.getLogger("citewell.requests")


def request_id() -> str | None:
    """Give the id of the request that is being answered; None outside of any."""
    return _current.get()


def configure_logging(log_format: LogFormat = "text", *, requests: bool = False) -> None:
    """Write warnings of the whole program to stderr, and a line for each request where these are wanted."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if log_format == "json" else _TextLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    _log.setLevel(logging.INFO if requests else logging.WARNING)


class RequestLog:
    """Wraps an application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        name = given if _FIT.fullmatch(given) else secrets.token_hex(8)
        state = scope.setdefault("state", {})
        began, status, is_gone = time.perf_counter(), _GONE, False

        async def receive_noted() -> Message:
            nonlocal is_gone
            message = await receive()
            is_gone = message["type"] == "http.disconnect" and not _is_over(scope)
            return message

        async def send_numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = _GONE if is_gone else message["status"]
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        token = _current.set(name)
        try:
            await self._app(scope, receive_noted, send_numbered)
        finally:
            if _log.isEnabledFor(logging.INFO):
                milliseconds = round(1000 * (time.perf_counter() - began), 1)
                path = quote(scope["path"][:_LONGEST_PATH])
                told = (state.get("user") or "-", scope["method"], path, status, milliseconds)
                _log.info("%s %s %s %s %s", *told, extra=dict(zip(_FIELDS, told, strict=True)))
            _current.reset(token)


def _is_over(scope: Scope) -> bool:
    """Tell whether it is the server that leaves: its clients are still there, and are told so."""
    ending = ending_of(scope)
    return ending is not None and ending.is_over


class _TextLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        name = _current.get()
        return super().format(record) + (f" [{name}]" if name else "")


class _JsonLines(logging.Formatter):
    """One JSON object a line; an error's traceback is a field of it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request_id": _current.get(),
        }
        if hasattr(record, _FIELDS[0]):
            line |= {field: getattr(record, field) for field in _FIELDS}
        else:
            line["message"] = record.getMessage()
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps({key: value for key, value in line.items() if value is not None}, ensure_ascii=False)
