"""An assistant's stream as server-sent events (``text/event-stream`` of the HTML standard).

Each wait for the next event takes a thread of the pool only while it lasts.  When the client leaves, the server cancels
the response; the assistant's stream is then closed, which stops its work.

Knows no route.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from index_store.errors import CitewellError
from rag.types import Event, Json
from ui.problems import problem
from ui.streams import stopping

_log = logging.getLogger(__name__)


class EventStream(StreamingResponse):
    """Sends ``name_and_data(event)`` for each event; a failure becomes the last event, ``error``, with its problem."""

    def __init__(self, events: Iterator[Event], name_and_data: Callable[[Event], tuple[str, Json]]) -> None:
        super().__init__(self._messages(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._events = events
        self._name_and_data = name_and_data

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with stopping(self._events):
            await super().__call__(scope, receive, send)

    async def _messages(self) -> AsyncIterator[str]:
        try:
            while (event := await run_in_threadpool(next, self._events, None)) is not None:
                yield _message(*self._name_and_data(event))
        except CitewellError as exc:
            yield _message("error", problem(exc))
        except Exception as exc:  # noqa: BLE001 (the headers are sent: an event is all that can tell the client)
            _log.exception("the stream of an answer broke")
            yield _message("error", problem(exc))


def _message(name: str, data: Json) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
