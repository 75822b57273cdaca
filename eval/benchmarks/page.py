"""The page as users have it: how soon it can be used, how soon an answer stands there, and twenty people at once.

    python -m eval.benchmarks.page [--seeds FOLDER] [--work FOLDER]

A real `citewell serve` in a process of its own, quoting without a model; the browser is Chromium, and each opening is a
first one, with nothing kept.  The many speak to it as the page does (``ui/chat_routes.py``).  The
aims are those of the project: 1.5 s until the box can be written in, 300 ms (p50) from Enter to the first words
painted, 1.5 s (p95) with twenty people at once and no error, and memory that does not grow with the questions.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from httpx_sse import aconnect_sse

from eval.benchmarks.corpora import open_corpora
from eval.benchmarks.server_process import server_process, told_of
from eval.benchmarks.tables import page as written_page
from eval.benchmarks.tables import table
from index_store.embedding import SentenceEmbedder

_RESULT = Path(__file__).parents[1] / "results" / "page.md"
_OPENINGS, _ASKED, _TURNS = 7, 20, 10
_PEOPLE, _EACH = 20, 100
_WEIGHED_AT = (200, 1_000, 2_000)  # questions
_CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_USABLE = "() => document.querySelector('#cw-box:enabled') && performance.now()"
_WATCH = """() => {
  const known = document.querySelectorAll("#cw-exchanges [data-exchange]").length;
  document.addEventListener("keydown", (event) => (window.pressed = event.timeStamp), { once: true, capture: true });
  window.painted = 0;
  const look = () => {
    const shown = document.querySelectorAll("#cw-exchanges [data-exchange] .cw-answer:not(.cw-waiting), .cw-abstained");
    if (shown.length <= known) requestAnimationFrame(look);
    else requestAnimationFrame(() => setTimeout(() => (window.painted = performance.now() - window.pressed)));
  };
  look();
}"""
"""Takes the time from the key to the frame after the one in which an answer's words stand there."""


@dataclass
class Crowd:
    """What many people at once met: seconds of each question, what went wrong, and the server's memory in MB."""

    seconds: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """In ms but for the crowd's seconds."""

    library: str
    usable: Sequence[float]
    painted: Sequence[float]
    crowd: Crowd


def _environment() -> dict[str, str]:
    """Give the environment without what a developer has set for Citewell, and without Ollama."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CITEWELL_")}
    return {**clean, "OLLAMA_HOST": "127.0.0.1:9"}


def in_browser(address: str, questions: Sequence[str]) -> tuple[list[float], list[float]]:
    """Give the ms until the page can be used, of each opening, and those until each question's answer is painted."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = _CHROMIUM if _CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        usable = []
        for _ in range(_OPENINGS + 1):
            page = browser.new_context().new_page()
            page.goto(address, wait_until="commit")
            usable.append(float(page.wait_for_function(_USABLE).json_value()))
        painted = []
        for number, question in enumerate(questions):
            if number % _TURNS == 0:
                page = browser.new_context().new_page()
                page.goto(address)
                page.wait_for_function(_USABLE)
            page.locator("#cw-box").fill(question)
            page.evaluate(_WATCH)
            page.keyboard.press("Enter")
            painted.append(float(page.wait_for_function("() => window.painted").json_value()))
            page.wait_for_selector(".cw-exchange[data-state=done] >> nth=-1")
            page.wait_for_timeout(200)
        browser.close()
    return usable[1:], painted[1:]  # the first of each warms the server


async def crowd_of(address: str, process: int, questions: Sequence[str], each: int) -> Crowd:
    """Have many people ask ``each`` questions, every one as soon as the one before is answered."""
    met = Crowd()
    limits = httpx.Limits(max_connections=3 * _PEOPLE)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        people = (_person(client, _shared(questions, n, each), met, process) for n in range(_PEOPLE))
        await asyncio.gather(*people)
    return met


def _shared(questions: Sequence[str], person: int, each: int) -> list[str]:
    start = person * len(questions) // _PEOPLE
    return list(islice(cycle(questions), start, start + each))


async def _person(client: httpx.AsyncClient, asked: Sequence[str], met: Crowd, process: int) -> None:
    conversation = None
    for number, question in enumerate(asked):
        conversation = conversation if number % _TURNS else None
        began = time.perf_counter()
        try:
            patch, first = await _answered(client, {"conversation": conversation, "text": question})
            conversation = patch["conversation"]
            if patch["state"] != "done":
                met.errors.append(f"{question}: {patch['state']}")
            met.seconds.append(time.perf_counter() - began)
            met.first.append(first - began)
        except (httpx.HTTPError, KeyError, TypeError, ValueError) as exc:
            met.errors.append(f"{question}: {type(exc).__name__} {exc}")
        if len(met.seconds) in _WEIGHED_AT:
            met.memory.setdefault(len(met.seconds), told_of(process, "VmRSS") / 1024)


async def _answered(client: httpx.AsyncClient, signal: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """Ask as the page does; gives the last that is told of the answer, and when its first words came."""
    patch = (await client.post("/chat/ask", json=signal)).raise_for_status().json()["live"]
    first = 0.0
    async with aconnect_sse(client, "GET", f"/chat/follow/{patch['exchange']}") as source:
        async for event in source.aiter_sse():
            patch = json.loads(event.data)
            if not first and "cw-waiting" not in patch["html"]:
                first = time.perf_counter()
    return patch, first or time.perf_counter()


def measure(library: str, home: Path, questions: Sequence[str], each: int) -> Measured:
    """Measure everything on one library."""
    with server_process(home, _environment()) as (address, process):
        usable, painted = in_browser(address, list(islice(cycle(questions), _ASKED + 1)))
        crowd = asyncio.run(crowd_of(address, process, questions, each))
    return Measured(library, usable, painted, crowd)


def report(measured: Sequence[Measured]) -> list[str]:
    """Give the tables."""
    rows, weights = [], []
    for each in measured:
        crowd = each.crowd
        rows += [
            [f"{each.library}: opened, until the box can be written in, {len(each.usable)} times, p50 / worst",
             f"{np.median(each.usable):,.0f} / {max(each.usable):,.0f} ms", "≤ 1,500 ms"],
            [f"{each.library}: Enter to the first words painted, {len(each.painted)} questions, p50 / p95",
             f"{np.median(each.painted):,.0f} / {np.percentile(each.painted, 95):,.0f} ms", "≤ 300 ms (p50)"],
            [f"{each.library}: {_PEOPLE} people at once, {len(crowd.seconds):,} questions, first words, p50 / p95",
             _two(crowd.first), ""],
            [f"{each.library}: the same, complete answer, p50 / p95", _two(crowd.seconds), "≤ 1,500 ms (p95)"],
            [f"{each.library}: the same, errors", f"{len(crowd.errors)}", "0"],
        ]  # fmt: skip
        weights.append([each.library, *(f"{crowd.memory.get(count, 0):,.0f} MB" for count in _WEIGHED_AT)])
    heads = ["the server's memory after", *(f"{count:,} questions" for count in _WEIGHED_AT)]
    return [table(["measured", "figure", "aim"], rows), table(heads, weights)]


def _two(seconds: Sequence[float]) -> str:
    return f"{np.median(seconds) * 1000:,.0f} / {np.percentile(seconds, 95) * 1000:,.0f} ms"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=Path, help="folder of the seed documents")
    parser.add_argument("--work", type=Path, help="folder for the libraries; a temporary one by default")
    parser.add_argument("--each", type=int, default=_EACH, help="questions of each of the people")
    parser.add_argument("--out", type=Path, default=_RESULT, help="the page to write")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        corpora = open_corpora(given.work or Path(scratch), given.seeds, SentenceEmbedder())
        measured = [
            measure(
                corpus.name, corpus.folder.parent, [q.question for q in corpus.questions if not q.history], given.each
            )
            for corpus in corpora
        ]
    for each in measured:
        print("\n".join(each.crowd.errors[:10]), file=sys.stderr)  # noqa: T201
    command = "python -m eval.benchmarks.page --seeds FOLDER" if given.seeds else "python -m eval.benchmarks.page"
    libraries = [(corpus.name, corpus.status) for corpus in corpora]
    given.out.write_text(written_page("The page", command, libraries, [_NOTE, *report(measured)]), "utf-8")


_NOTE = (
    "The browser, the twenty people and the server share the cores; each of the twenty asks the next question as soon "
    "as the last is answered, as fast as nobody types, and begins a new conversation after ten."
)

if __name__ == "__main__":
    main()
