"""Work that can be ended from any thread, also while another thread waits for its next step.

A generator alone cannot: closing one that is running elsewhere raises ``ValueError``.  So whoever waits for something
(a socket, another such stream) attaches the way to end it.  Knows no model and no answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Generic, TypeVar

from rag.errors import AnswererError

T = TypeVar("T")


class Work:
    """What is under way for one answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: list[Callable[[], object]] = []
        self.is_stopped = False

    def attach(self, end: Callable[[], object]) -> None:
        """Have ``end`` called when the work is stopped; at once where it has been."""
        with self._lock:
            self._ends.append(end)
            stopped = self.is_stopped
        if stopped:
            end()

    def stop(self) -> None:
        """End all that is attached."""
        with self._lock:
            self.is_stopped = True
            ends = tuple(self._ends)
        for end in ends:
            end()


class Stoppable(Generic[T]):
    """The steps of some work, with a ``close`` that may come from any thread; a closed one has no further steps."""

    def __init__(self, steps: Generator[T, None, object], work: Work) -> None:
        self._steps = steps
        self._work = work

    @property
    def is_stopped(self) -> bool:
        return self._work.is_stopped

    def __iter__(self) -> Stoppable[T]:
        return self

    def __next__(self) -> T:
        try:
            return next(self._steps)
        except AnswererError:
            if self._work.is_stopped:  # ending it is what failed it
                raise StopIteration from None
            raise

    def close(self) -> None:
        """End the work at once."""
        self._work.stop()
        with suppress(ValueError):  # the thread that is inside it finds its work ended, and leaves by itself
            self._steps.close()
