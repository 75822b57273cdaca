"""An assistant's stream as server-sent events (``text/event-stream`` of the HTML standard).

Each wait for the next event takes a thread only while it lasts.  When the client leaves, the server cancels the
response; the assistant's stream is then closed, which stops its work.  So it is when the client takes nothing for
``_PATIENCE_S``, and when the server itself ends, which the client is told.

Knows no route.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Protocol

import anyio
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from index_store.errors import CitewellError
from rag.types import AnswerEvent, Event, Json
from ui.ending import ServerStopping, until_over
from ui.stopping import stop, stopping
from ui.streams import waited

_log = logging.getLogger(__name__)
_FRESH = {"Cache-Control": "no-store"}
_PATIENCE_S = 30.0
"""Seconds for which a client may take nothing before it counts as gone."""


class Wording(Protocol):
    """How one interface words a stream.  Each method gives the lines to send, empty for nothing."""

    def event(self, event: Event) -> str: ...

    def failure(self, exc: Exception) -> str:
        """Word what broke the stream: the headers are sent, so this is all that can tell the client."""
        ...

    def end(self) -> str:
        """Word the end of a stream that did not break."""
        ...


class PatchStream(StreamingResponse):
    """Sends what becomes of an answer that goes on without this client, who may come back for the rest.

    It ends early when the client takes nothing, and with the server, which does not wait for it.
    """

    def __init__(self, patches: AsyncIterator[Json]) -> None:
        super().__init__(_each(patches), media_type="text/event-stream", headers=_FRESH)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as tasks:

            async def end_with_server() -> None:
                await until_over(scope)
                tasks.cancel_scope.cancel()

            tasks.start_soon(end_with_server)
            try:
                await super().__call__(scope, receive, _patient(send))
            except* TimeoutError:
                _log.info("a client took nothing for %.0f s", _PATIENCE_S)
            tasks.cancel_scope.cancel()


class EventStream(StreamingResponse):
    """Sends the events of an assistant as ``wording`` puts them."""

    def __init__(self, events: Iterator[Event], wording: Wording) -> None:
        super().__init__(self._messages(), media_type="text/event-stream", headers=_FRESH)
        self._events = events
        self._wording = wording
        self._is_cut_off = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watching = asyncio.create_task(self._cut_off(scope))
        try:
            with stopping(self._events):
                await super().__call__(scope, receive, _patient(send))
        except* TimeoutError:
            _log.info("a client took nothing for %.0f s", _PATIENCE_S)
        finally:
            watching.cancel()

    async def listen_for_disconnect(self, receive: Receive) -> None:
        """Wait until the client has gone, and stop the work at once: it may be waiting for a silent model."""
        await super().listen_for_disconnect(receive)
        stop(self._events)

    async def _cut_off(self, scope: Scope) -> None:
        await until_over(scope)
        self._is_cut_off = True
        stop(self._events)

    async def _messages(self) -> AsyncIterator[str]:
        event: Event | None = None
        try:
            while not self._is_cut_off and (event := await waited(_next, self._events)) is not None:
                if message := self._wording.event(event):
                    yield message
                if isinstance(event, AnswerEvent):
                    break
            if self._is_cut_off and not isinstance(event, AnswerEvent):
                raise ServerStopping
        except CitewellError as exc:
            yield self._wording.failure(exc)
        except Exception as exc:  # noqa: BLE001 (whatever it was, the client is told)
            _log.exception("the stream of an answer broke")
            yield self._wording.failure(exc)
        else:
            yield self._wording.end()


async def _each(patches: AsyncIterator[Json]) -> AsyncIterator[str]:
    async for patch in patches:
        yield message(patch)


def _next(events: Iterator[Event]) -> Event | None:
    return next(events, None)


def _patient(send: Send) -> Send:
    async def send_patiently(message: Message) -> None:
        with anyio.fail_after(_PATIENCE_S):
            await send(message)

    return send_patiently


def message(data: Json, name: str | None = None) -> str:
    """Give one event: its name, where it has one, and its data."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n"
