"""What the server does under load: many clients at once, in quote mode, and beside a model that has fallen silent.

    python -m eval.benchmarks.load [--clients 200] [--seconds 60] [--out FILE]

Serves the starter library in a process of its own, as ``citewell serve`` does, on loopback.  Each client asks the next
question of the shipped starter set as soon as it has its answer; told to come back (429 with ``Retry-After``), it waits
that long.  Any other status, and any 429 without a time, counts as an error.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import httpx
import numpy as np

from eval.benchmarks.tables import page, table
from eval.questions import read_questions, shipped_sets
from index_store import manifest
from index_store.library import Status
from index_store.shelf import place_of
from rag.settings import Settings
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Script

_RESULT = Path(__file__).parents[1] / "results" / "load.md"
_STALLED = 40
"""Further clients that wait for the silent model in the second part."""
_TEXT = """Errors are all statuses but 200 and an honest 429, and connections that broke. The load average is the
machine's when the part began: others worked on it, and the clients themselves run on it too. RSS is the server's
resident memory: before, after a third of the time, and at the end."""


@dataclass(slots=True)
class Tally:
    """What the clients of one part met: ``ms`` of each answer, statuses, errors in words."""

    ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Load:
    """One part: ``rss`` in MB."""

    name: str
    clients: int
    seconds: float
    tally: Tally
    rss: tuple[float, ...]
    load_average: float

    @property
    def row(self) -> list[str]:
        p50, p95 = np.percentile(self.tally.ms, (50, 95)) if self.tally.ms else (float("nan"),) * 2
        rss = " → ".join(f"{each:.0f}" for each in self.rss)
        rate = len(self.tally.ms) / self.seconds
        told = self.tally.statuses[429]
        broken = ", ".join(f"{count} {name}" for name, count in self.tally.errors.items()) or "0"
        return [
            self.name,
            str(self.clients),
            f"{self.seconds:.0f}",
            f"{rate:.1f}",
            f"{p50:,.0f}",
            f"{p95:,.0f}",
            f"{told:,}",
            broken,
            rss,
            f"{self.load_average:.1f}",
        ]


def measure(clients: int, seconds: float) -> tuple[list[Load], Status]:
    """Load a server of its own with questions, then with questions beside others that wait for a silent model."""
    with tempfile.TemporaryDirectory() as folder, OllamaDouble(Script(stop_after=0, then="stall")) as model:
        home = Path(folder)
        with _served(home, model.url) as (process, url):
            status = _status(home)
            quoting = asyncio.run(_load(url, process, "quoting", clients, seconds))
            stalled = asyncio.run(_load(url, process, "quoting beside a silent model", clients, seconds, _STALLED))
            return [quoting, stalled], status


async def _load(url: str, process: int, name: str, clients: int, seconds: float, waiting: int = 0) -> Load:
    tally, questions = Tally(), cycle(_questions())
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    load_average, rss = os.getloadavg()[0], [_rss(process)]
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=120) as http:
        silent = [asyncio.create_task(_wait_for_model(http)) for _ in range(waiting)]
        until = time.monotonic() + seconds
        asking = [asyncio.create_task(_ask(http, questions, until, tally)) for _ in range(clients)]
        await asyncio.sleep(seconds / 3)
        rss.append(_rss(process))
        await asyncio.gather(*asking)
        rss.append(_rss(process))
        for task in silent:
            task.cancel()
        await asyncio.gather(*silent, return_exceptions=True)
    return Load(name, clients, seconds, tally, tuple(rss), load_average)


async def _ask(http: httpx.AsyncClient, questions: Iterator[str], until: float, tally: Tally) -> None:
    """Be one client."""
    while time.monotonic() < until:
        began = time.perf_counter()
        try:
            response = await http.post("/api/ask", json={"question": next(questions), "answerer": "quote"})
        except httpx.HTTPError as exc:
            tally.errors[type(exc).__name__] += 1
            continue
        tally.statuses[response.status_code] += 1
        wait = response.headers.get("retry-after", "")
        if response.status_code == 200:
            tally.ms.append(1000 * (time.perf_counter() - began))
        elif response.status_code == 429 and wait.isdigit():
            await asyncio.sleep(int(wait))
        else:
            tally.errors[f"status {response.status_code}"] += 1


async def _wait_for_model(http: httpx.AsyncClient) -> None:
    await http.post("/api/ask", json={"question": "How does attention work?", "answerer": "ollama"})


def _questions() -> list[str]:
    return [question.question for question in read_questions(shipped_sets()[0]).questions]


@contextmanager
def _served(home: Path, ollama: str) -> Iterator[tuple[int, str]]:
    """Serve the starter library; gives the process and the address."""
    command = [sys.executable, "-c", "from ui.cli import main; main()", "--home", str(home), "serve", "--port", "0"]
    environ = os.environ | {"OLLAMA_HOST": ollama}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip().removeprefix("Citewell is ready at ")
            httpx.post(f"{url}/api/ask", json={"question": "warm", "answerer": "quote"}, timeout=120)
            yield process.pid, url
        finally:
            process.terminate()


def _status(home: Path) -> Status:
    library = Settings(home).library
    found = manifest.read(place_of(library) / "manifest.json")
    assert found is not None
    return Status(found.papers, found.passages, 0, found.digest, "", "")


def _rss(process: int) -> float:
    """Give the resident memory of a process in MB (Linux)."""
    told = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in told.splitlines() if line.startswith("VmRSS:")) / 1024


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--out", type=Path, default=_RESULT)
    given = parser.parse_args(arguments)
    loads, status = measure(given.clients, given.seconds)
    head = ["part", "clients", "s", "answers/s", "p50 ms", "p95 ms", "429", "errors", "RSS MB", "load average"]
    parts = [table(head, [load.row for load in loads]), _TEXT]
    command = f"python -m eval.benchmarks.load --clients {given.clients} --seconds {given.seconds:.0f}"
    text = page("Load", command, [("starter", status)], parts)
    given.out.write_text(text, "utf-8")
    print(text)  # noqa: T201


if __name__ == "__main__":
    main()
