"""Stopping an assistant's work: its streams are closed as soon as nobody listens any more.

Knows neither page nor protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive

from index_store.errors import CitewellError
from rag.types import Answer, AnswerEvent, Event


@contextmanager
def stopping(events: Iterator[Event]) -> Iterator[Iterator[Event]]:
    """Close ``events`` on leaving, which stops the work behind them."""
    try:
        yield events
    finally:
        stop(events)


def stop(events: Iterator[Event]) -> None:
    """Stop the work behind ``events``; at once, from any thread, where it is the assistant's own stream."""
    close = getattr(events, "close", None)  # a plain iterator has nothing to stop
    if close is not None:
        with suppress(ValueError):  # a plain generator that another thread is in: that thread closes it
            close()


async def answered(events: Iterator[Event], receive: Receive) -> Answer:
    """Wait for the answer at the end of ``events``; the work stops when the client of ``receive`` leaves meanwhile."""
    failure: Exception | None = None
    answer: Answer | None = None

    async def watch() -> None:
        await left(receive)
        stop(events)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        try:
            answer = await run_in_threadpool(_answer_of, events)
        except Exception as exc:  # noqa: BLE001 (raised below: the task group would wrap it)
            failure = exc
        tasks.cancel_scope.cancel()
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
