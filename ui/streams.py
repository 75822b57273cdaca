"""Waiting for an assistant's work in a thread, which stops it as soon as nobody waits any more.

Knows neither page nor protocol.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import anyio
from anyio.lowlevel import RunVar
from starlette.requests import Request
from starlette.types import Receive

from index_store.errors import CitewellError
from rag.types import Answer, AnswerEvent, Event
from ui.ending import ServerStopping, ending_of, until_over
from ui.stopping import stop, stopping

_SIMULTANEOUS = 128
"""Threads that may wait for answers; they are not those that all other requests share, for a model may be silent."""
_threads: RunVar[anyio.CapacityLimiter] = RunVar("threads that wait for answers")
_T = TypeVar("_T")


async def waited(take: Callable[[Iterator[Event]], _T], events: Iterator[Event]) -> _T:
    """Have a thread ``take`` something from ``events``, and wait for it."""
    limiter = _threads.get(None)
    if limiter is None:
        limiter = anyio.CapacityLimiter(_SIMULTANEOUS)
        _threads.set(limiter)
    return await anyio.to_thread.run_sync(take, events, limiter=limiter)


async def answered(events: Iterator[Event], request: Request | None) -> Answer:
    """Wait for the answer at the end of ``events``; the work stops when client or server leaves meanwhile.

    ``request`` None: nobody can leave, but the waiting can be cancelled.
    """
    failure: Exception | None = None
    answer: Answer | None = None

    async def stop_after(wait: Callable[..., Awaitable[None]], *source: Any) -> None:
        try:
            await wait(*source)
        finally:
            stop(events)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stop_after, anyio.sleep_forever)
        if request is not None:
            tasks.start_soon(stop_after, left, request.receive)
            tasks.start_soon(stop_after, until_over, request.scope)
        try:
            answer = await waited(_answer_of, events)
        except Exception as exc:  # noqa: BLE001 (raised below: the task group would wrap it)
            failure = exc
        tasks.cancel_scope.cancel()
    ending = None if request is None else ending_of(request.scope)
    if answer is None and ending is not None and ending.is_over:
        raise ServerStopping
    if failure is not None:
        raise failure
    if answer is None:
        raise CitewellError("The client left before the answer was complete.")
    return answer


async def left(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _answer_of(events: Iterator[Event]) -> Answer | None:
    with stopping(events):
        return next((event.answer for event in events if isinstance(event, AnswerEvent)), None)
