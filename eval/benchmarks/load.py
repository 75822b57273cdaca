"""What the server does under load: many clients at once that have papers quoted, and that ask a model fallen silent.

    python -m eval.benchmarks.load [--clients 200] [--seconds 60] [--out FILE]

Serves the starter library in a process of its own, as ``citewell serve`` does, on loopback.  Each client asks the next
question of the shipped starter set as soon as it has its answer; told to come back (429 or 503 with ``Retry-After``),
it waits that long; of a silent model it loses patience, leaves, and asks again.  Any other status, and any 429 or 503
without a time, counts as an error.  Meanwhile somebody searches, and asks for the server's health, twice a second.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import httpx

from eval.benchmarks.observed import Served, Sight, growth, served
from eval.benchmarks.tables import page, table
from eval.metrics import percentile
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
_PATIENCE_S = 15.0
"""Seconds after which a client of the third part leaves the silent model."""
_LAST_S = 1.0
"""A client of the silent model asks no more this long before the end: whoever waits then, was let in."""
_TOLD = frozenset((429, 503))
_PAUSE_S = 0.5
_HEAD = ["part", "clients", "s", "answers/s", "p50 ms", "p95 ms", "429", "503", "left", "errors", "search p95 ms"]
_HEAD += ["health p95 ms", "RSS MB", "MB/min", "threads", "files", "load average"]
_TEXT = """Errors are all statuses but 200 and an honest 429 or 503, and connections that broke; "left" are clients
whose patience with the silent model ended. Search and health are asked by one more client twice a second. RSS is the
server's resident memory, looked at every second: before, after a third of the time, at the end; MB/min is its slope
over the last two thirds. Threads and files are what the server held before the part → once the part was over. The load
average is the machine's when the part began: others may have worked on it, and the clients themselves run on it too."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the clients do: ``asking`` ask this answerer, while ``waiting`` further ones wait for the model."""

    name: str
    asking: str
    clients: int
    seconds: float
    waiting: int = 0


@dataclass(slots=True)
class Tally:
    """What the clients of one part met: ``ms`` of each answer and each probe, statuses, errors in words."""

    ms: list[float] = field(default_factory=list)
    probes: dict[str, list[float]] = field(default_factory=lambda: {"search": [], "health": []})
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    left: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one part: ``seen`` is the server meanwhile, ``after`` once it was over."""

    part: Part
    tally: Tally
    seen: list[Sight]
    after: Sight
    load_average: float

    @property
    def row(self) -> list[str]:
        part, tally, first = self.part, self.tally, self.seen[0]
        rss = (first.rss, self.seen[len(self.seen) // 3].rss, self.seen[-1].rss)
        broken = ", ".join(f"{count} {name}" for name, count in tally.errors.items()) or "0"
        return [
            part.name,
            str(part.clients),
            f"{part.seconds:.0f}",
            f"{len(tally.ms) / part.seconds:.1f}",
            *(_cell(tally.ms, share) for share in (50, 95)),
            *(f"{each:,}" for each in (tally.statuses[429], tally.statuses[503], tally.left)),
            broken,
            *(_cell(tally.probes[name], 95) for name in ("search", "health")),
            " → ".join(f"{each:.0f}" for each in rss),
            f"{growth(self.seen):+.1f}",
            f"{first.threads} → {self.after.threads}",
            f"{first.files} → {self.after.files}",
            f"{self.load_average:.1f}",
        ]


def _cell(ms: Sequence[float], share: float) -> str:
    found = percentile(ms, share)
    return "nan" if found is None else f"{found:,.0f}"


def parts_of(clients: int, seconds: float) -> tuple[Part, Part, Part]:
    """Give the parts: questions to quote, these beside a silent model, and those that only it is to answer."""
    return (
        Part("quoting", "quote", clients, seconds),
        Part("quoting beside a silent model", "quote", clients, seconds, _STALLED),
        Part("asking a silent model", "ollama", clients, seconds),
    )


def measure(parts: Sequence[Part]) -> tuple[list[Load], Status]:
    """Load a server of its own with one part after the other."""
    with tempfile.TemporaryDirectory() as folder, OllamaDouble(Script(stop_after=0, then="stall")) as model:
        home = Path(folder)
        with served(home, model.url) as server:
            status = _status(home)
            return [asyncio.run(_load(server, part)) for part in parts], status


async def _load(server: Served, part: Part) -> Load:
    tally, questions = Tally(), cycle(_questions())
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    load_average, seen = os.getloadavg()[0], [server.look()]
    async with httpx.AsyncClient(base_url=server.url, limits=limits, timeout=120) as http:
        beside = [asyncio.create_task(_wait_for_model(http)) for _ in range(part.waiting)]
        beside += [asyncio.create_task(server.watch(seen)), asyncio.create_task(_probe(http, tally))]
        until = time.monotonic() + part.seconds
        await asyncio.gather(*(_ask(http, part.asking, questions, until, tally) for _ in range(part.clients)))
        seen.append(server.look())
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
    return Load(part, tally, seen, await server.settled(seen[0]), load_average)


async def _ask(http: httpx.AsyncClient, answerer: str, questions: Iterator[str], until: float, tally: Tally) -> None:
    """Be one client."""
    patience, last = (120.0, 0.0) if answerer == "quote" else (_PATIENCE_S, _LAST_S)
    while (left := until - time.monotonic()) > last:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(patience if answerer == "quote" else min(patience, left)):
                response = await http.post("/api/ask", json={"question": next(questions), "answerer": answerer})
        except TimeoutError:
            tally.left += 1
            continue
        except httpx.HTTPError as exc:
            tally.errors[type(exc).__name__] += 1
            continue
        tally.statuses[response.status_code] += 1
        wait = response.headers.get("retry-after", "")
        if response.status_code == 200:
            tally.ms.append(1000 * (time.perf_counter() - began))
        elif response.status_code in _TOLD and wait.isdigit():
            await asyncio.sleep(int(wait))
        else:
            tally.errors[f"status {response.status_code}"] += 1


async def _probe(http: httpx.AsyncClient, tally: Tally) -> None:
    """Search, and ask for the health, until cancelled."""
    while True:
        for name, asked in (
            ("search", http.build_request("POST", "/api/search", json={"query": "attention"})),
            ("health", http.build_request("GET", "/api/health")),
        ):
            began = time.perf_counter()
            response = await http.send(asked)
            tally.probes[name].append(1000 * (time.perf_counter() - began))
            if response.status_code != 200:
                tally.errors[f"{name} status {response.status_code}"] += 1
        await asyncio.sleep(_PAUSE_S)


async def _wait_for_model(http: httpx.AsyncClient) -> None:
    await http.post("/api/ask", json={"question": "How does attention work?", "answerer": "ollama"})


def _questions() -> list[str]:
    return [question.question for question in read_questions(shipped_sets()[0]).questions]


def _status(home: Path) -> Status:
    library = Settings(home).library
    found = manifest.read(place_of(library) / "manifest.json")
    assert found is not None
    return Status(found.papers, found.passages, 0, found.digest, "", "")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--out", type=Path, default=_RESULT)
    given = parser.parse_args(arguments)
    loads, status = measure(parts_of(given.clients, given.seconds))
    sections = [table(_HEAD, [load.row for load in loads]), _TEXT]
    command = f"python -m eval.benchmarks.load --clients {given.clients} --seconds {given.seconds:.0f}"
    text = page("Load", command, [("starter", status)], sections)
    given.out.write_text(text, "utf-8")
    print(text)  # noqa: T201


if __name__ == "__main__":
    main()
