"""A server in a process of its own, seen from outside: its memory, threads and open files (Linux).

Knows no client.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from eval.benchmarks.server_process import server_process, told_of

_PATIENCE_S = 60.0
"""Seconds that threads without work may take to end: they are looked through after ten, on a slow machine later."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a server holds at one moment: ``seconds`` on the monotonic clock, ``rss`` in MB."""

    seconds: float
    rss: float
    threads: int
    files: int


@dataclass(frozen=True, slots=True)
class Served:
    """A server under load."""

    process: int
    url: str

    def look(self) -> Sight:
        rss, threads = told_of(self.process, "VmRSS") / 1024, told_of(self.process, "Threads")
        files = len(os.listdir(f"/proc/{self.process}/fd"))  # noqa: PTH208 (names)
        return Sight(time.monotonic(), rss, threads, files)

    async def watch(self, seen: list[Sight], every: float = 1.0) -> None:
        """Look again and again, until cancelled."""
        while True:
            seen.append(self.look())
            await asyncio.sleep(every)

    async def settled(self, before: Sight) -> Sight:
        """Give what is held once the load is over: when it is no more than ``before``, or patience ends."""
        until = time.monotonic() + _PATIENCE_S
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            while True:
                await http.post(
                    "/api/search", json={"query": "warm"}
                )  # so that threads without work are looked through
                now = self.look()
                if (now.threads <= before.threads and now.files <= before.files + 1) or now.seconds > until:
                    return now  # one file is this connection
                await asyncio.sleep(0.5)


def growth(seen: list[Sight]) -> float:
    """Give the slope of the memory over the last two thirds of the time, in MB a minute."""
    late = seen[len(seen) // 3 :]
    if len(late) < 3:
        return float("nan")
    slope, _ = np.polyfit([sight.seconds for sight in late], [sight.rss for sight in late], 1)
    return float(60 * slope)


@contextmanager
def served(home: Path, ollama: str) -> Iterator[Served]:
    """Serve the starter library with the model server at ``ollama``, as ``citewell serve`` does."""
    with server_process(home, os.environ | {"OLLAMA_HOST": ollama}) as (url, process):
        httpx.post(f"{url}/api/ask", json={"question": "warm", "answerer": "quote"}, timeout=120)
        yield Served(process, url)
