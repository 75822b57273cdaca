"""How often one user may ask, and how many requests are worked on at once: what is too much is told when to come back.

A user's requests are counted in a bucket that refills steadily (token bucket); attempts to sign in have a small one of
their own.  Pure but for the clock; safe to use from one event loop.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_KINDS = {
    "/api/ask": "answer",
    "/chat/ask": "answer",
    "/chat/follow": "following",
    "/v1/chat/completions": "answer",
    "/mcp": "answer",
    "/api/search": "search",
    "/papers/": "search",
    "/gradio_api/queue/join": "page",
    "/gradio_api/run/predict": "page",
}
"""What makes work, and of which kind: where a model is silent, answers pile up, but searches go on."""
_SIGN_IN = "/sign-in"
_FORGET_AFTER = 10_000
"""Buckets kept; those not touched for a minute are full, so they can be forgotten."""


@dataclass(frozen=True, slots=True)
class Rates:
    """``per_minute`` requests of one user that make work, in bursts up to as many; ``sign_ins`` attempts a minute from
    one address; ``at_once`` requests of one kind in the making for all users together, ``of_one`` for one of them."""

    per_minute: int = 600
    sign_ins: int = 10
    at_once: int = 128
    of_one: int = 64


class Throttle:
    """Counts requests as they come and go."""

    def __init__(self, rates: Rates | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._rates = rates or Rates()
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._working: Counter[tuple[str, str | None]] = Counter()

    def wait(self, method: str, path: str, user: str | None, address: str) -> int | None:
        """Give the seconds to wait before a request is taken; None takes it now.

        ``user`` None is not counted: the only user of an open door.  Attempts to sign in count by ``address``.
        """
        if path == _SIGN_IN and method == "POST":
            return self._drawn(f"@{address}", self._rates.sign_ins)
        kind = _kind(path)
        if kind is None:
            return None
        if self._working[kind, None] >= self._rates.at_once:
            return 1
        if user is None:
            return None
        return 1 if self._working[kind, user] >= self._rates.of_one else self._drawn(user, self._rates.per_minute)

    def _drawn(self, who: str, rate: int) -> int | None:
        """Take one from the bucket of ``who``, which holds ``rate`` and fills in a minute."""
        now = self._clock()
        left, seen = self._buckets.get(who, (float(rate), now))
        left = min(float(rate), left + (now - seen) * rate / 60)
        if left < 1:
            return math.ceil((1 - left) * 60 / rate)
        self._buckets[who] = (left - 1, now)
        self._forget(now)
        return None

    @contextmanager
    def counted(self, path: str, user: str | None) -> Iterator[None]:
        """Count a request as being worked on while the block lasts."""
        kind = _kind(path)
        if kind is None:
            yield
            return
        keys = {(kind, None), (kind, user)}
        self._working.update(keys)
        try:
            yield
        finally:
            self._working.subtract(keys)
            if not self._working[kind, user]:
                del self._working[kind, user]

    def _forget(self, now: float) -> None:
        if len(self._buckets) > _FORGET_AFTER:
            self._buckets = {key: (left, seen) for key, (left, seen) in self._buckets.items() if now - seen < 60}


def _kind(path: str) -> str | None:
    return next((kind for start, kind in _KINDS.items() if path.startswith(start)), None)
