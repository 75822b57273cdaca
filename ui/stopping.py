"""Stopping an assistant's work: its streams are closed as soon as nobody listens any more.  Knows no request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rag.types import Event


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
