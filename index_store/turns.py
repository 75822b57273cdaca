"""Turns at the processor: only as many threads compute at a time as gain from it.

Python runs one thread at a time, and those that want to run next disturb it: 60 questions at once took 35 ms of
processor time each, and 20 ms when three were worked on at a time.  Whoever waits for something else (a model, a
client) must not hold a turn meanwhile.  Knows no question.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, local


class Turns:
    """Gives turns to ``at_once`` threads at a time, to the others in the order in which they came.

    A thread that has a turn takes no second one, so what is called within a turn may take its own.
    """

    def __init__(self, at_once: int = (os.cpu_count() or 1) + 1) -> None:
        self._lock = Lock()
        self._free = at_once
        self._waiting: deque[Lock] = deque()
        self._own = local()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn, and have it until the end of the block; nothing in it may yield or wait for others."""
        if getattr(self._own, "taken", False):
            yield
            return
        self._take()
        self._own.taken = True
        try:
            yield
        finally:
            self._own.taken = False
            self._give()

    def _take(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            called = Lock()
            called.acquire()
            self._waiting.append(called)
        try:
            called.acquire()
        except BaseException:  # interrupted by Ctrl-C: the turn, perhaps just given, is for the next
            with self._lock:
                left = called in self._waiting
                if left:
                    self._waiting.remove(called)
            if not left:
                self._give()
            raise

    def _give(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
