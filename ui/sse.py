"""An assistant's stream as server-sent events (``text/event-stream`` of the HTML standard).

Each wait for the next event takes a thread of the pool only while it lasts.  When the client leaves, the server cancels
the response; the assistant's stream is then closed, which stops its work.

Knows no route.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from index_store.errors import CitewellError
from rag.types import Event, Json
from ui.streams import stop, stopping

_log = logging.getLogger(__name__)


class Wording(Protocol):
    """How one interface words a stream.  Each method gives the lines to send, empty for nothing."""

    def event(self, event: Event) -> str: ...

    def failure(self, exc: Exception) -> str:
        """Word what broke the stream: the headers are sent, so this is all that can tell the client."""
        ...

    def end(self) -> str:
        """Word the end of a stream that did not break."""
        ...


class EventStream(StreamingResponse):
    """Sends the events of an assistant as ``wording`` puts them."""

    def __init__(self, events: Iterator[Event], wording: Wording) -> None:
        super().__init__(self._messages(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._events = events
        self._wording = wording

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with stopping(self._events):
            await super().__call__(scope, receive, send)

    async def listen_for_disconnect(self, receive: Receive) -> None:
        """Wait until the client has gone, and stop the work at once: it may be waiting for a silent model."""
        await super().listen_for_disconnect(receive)
        stop(self._events)

    async def _messages(self) -> AsyncIterator[str]:
        try:
            while (event := await run_in_threadpool(next, self._events, None)) is not None:
                if message := self._wording.event(event):
                    yield message
        except CitewellError as exc:
            yield self._wording.failure(exc)
        except Exception as exc:  # noqa: BLE001 (whatever it was, the client is told)
            _log.exception("the stream of an answer broke")
            yield self._wording.failure(exc)
        else:
            yield self._wording.end()


def message(data: Json, name: str | None = None) -> str:
    """Give one event: its name, where it has one, and its data."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n"
