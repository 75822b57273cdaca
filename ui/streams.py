"""Stopping an assistant's work: its streams are closed as soon as nobody listens any more.

Knows neither page nor protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rag.types import Event


@contextmanager
def stopping(events: Iterator[Event]) -> Iterator[Iterator[Event]]:
    """Close ``events`` on leaving, which stops the work behind them."""
    try:
        yield events
    finally:
        close = getattr(events, "close", None)  # a generator has it; a plain iterator has nothing to stop
        if close is not None:
            close()
