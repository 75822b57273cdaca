"""Build a library of made-up papers and tell what each stage took, what it takes on disk, and what adding to it costs.

Everything is as in ``citewell index`` but for the papers, which are made as they are asked for, and the embedder, which
is ``synthetic``.  The time of both is measured and left out.  Knows no report.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from eval.benchmarks.generated import entries
from eval.benchmarks.scale.synthetic import SyntheticEmbedder
from index_store import build, doctor
from index_store.shelf import Shelf, open_shelf, place_of, writing
from index_store.types import Entry

ADDED = 1_000  # papers that come later, a collection of their own
STEP = 100_000  # papers taken in at a time; each reads the graph anew, which a single build does not
WIDE, NARROW = "wide", "narrow"  # collections: of half the papers, and of those that come later

_PARTS = ("catalogue", "vectors", "lexical", "tokens")


def clock_s() -> float:
    """Give the seconds that this process has had of the processors, in all its threads: others' work does not count."""
    return time.process_time()


class Timed:
    """A part of a library that adds up the seconds of its calls, in ``clock[name]``."""

    def __init__(self, part: Any, name: str, clock: dict[str, float]) -> None:
        self._part, self._name, self._clock = part, name, clock

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._part, attribute)
        return self._timing(found) if callable(found) else found

    def _timing(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            began = clock_s()
            try:
                return call(*arguments)
            finally:
                self._clock[self._name] = self._clock.get(self._name, 0.0) + clock_s() - began

        return timed


def build_library(folder: Path, papers: int, steps: Path) -> dict[str, float]:
    """Build a library of ``papers`` step by step; gives seconds by stage, counts, and bytes by part.

    ``reading_s`` is everything until the catalogue holds the papers, cut into passages; ``publishing_s`` everything
    from there on, of which the other seconds are parts and ``marking_s`` what is left.  What each step took is kept in
    ``steps``, so that a build that was cut short goes on; the step in which it was is made again and not counted.
    """
    size = min(STEP, -(-papers // 2))
    for number, first in enumerate(range(0, papers, size)):
        done = _read(steps)
        if number < len(done):
            continue
        begun = steps.with_suffix(".begun")
        counted = not begun.exists()
        begun.touch()
        made = _take_in(folder, min(size, papers - first), first, WIDE if number % 2 else None)
        steps.write_text(json.dumps([*done, {**made, "counted": counted}]), "utf-8")
        begun.unlink()
    return {**summed(_read(steps)), **sizes(folder)}


def summed(steps: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Put steps together: seconds as all of them would have taken, by those that were counted."""
    before = [{"papers": 0.0, "passages": 0.0}, *steps]
    new = [(step, step["passages"] - last["passages"]) for last, step in pairwise(before)]
    counted = [(step, passages) for step, passages in new if step["counted"]]
    share = steps[-1]["passages"] / sum(passages for _, passages in counted)
    names = [name for name in steps[0] if name.endswith("_s") and name != "open_s"]
    last, passages = counted[-1]
    return {
        **{name: share * sum(step[name] for step, _ in counted) for name in names},
        "last_publishing_rate": passages / last["publishing_s"],
        "papers": steps[-1]["papers"],
        "passages": steps[-1]["passages"],
    }


def _read(steps: Path) -> list[dict[str, float]]:
    found: list[dict[str, float]] = json.loads(steps.read_text("utf-8")) if steps.exists() else []
    return found


def add(folder: Path, papers: int) -> dict[str, float]:
    """Add ``ADDED`` papers to a library of ``papers``; gives the seconds, without those of embedding and opening."""
    found = _take_in(folder, ADDED, papers, NARROW)
    return {"add_s": found["reading_s"] + found["publishing_s"], "add_open_s": found["open_s"]}


def examine(folder: Path) -> dict[str, float]:
    """Have the doctor look; gives the seconds.  Raises ``AssertionError`` where something is wrong."""
    began = clock_s()
    findings = doctor.examine(folder, SyntheticEmbedder())
    seconds = clock_s() - began
    assert all(finding.ok for finding in findings), [finding.message for finding in findings if not finding.ok]
    return {"doctor_s": seconds}


def sizes(folder: Path) -> dict[str, float]:
    """Give the bytes on disk by part."""
    found = dict.fromkeys((f"{part}_bytes" for part in _PARTS), 0.0)
    place = place_of(folder)
    for file in place.rglob("*"):
        part = file.relative_to(place).parts[0].partition(".")[0]
        if file.is_file() and part in _PARTS:
            found[f"{part}_bytes"] += file.stat().st_size
    return found


def _take_in(folder: Path, count: int, first: int, collection: str | None) -> dict[str, float]:
    clock: dict[str, float] = {}
    marks: dict[str, float] = {}

    def progress(stage: str, _done: int, _total: int | None) -> None:
        if stage not in marks:
            marks[stage] = clock_s()
            marks[f"{stage} embedding"] = clock.get("embedding", 0.0)

    began = clock_s()
    with writing(folder), closing(open_shelf(folder, SyntheticEmbedder())) as shelf:
        opened = clock_s()
        report = build.index_entries(_timed(shelf, clock), _making(count, first, clock), collection, progress)
        ended = clock_s()
    reading_s = marks["embedding"] - opened - clock["making"] - marks["embedding embedding"]
    publishing_s = ended - marks["embedding"] - (clock["embedding"] - marks["embedding embedding"])
    parts = {f"{name}_s": clock[name] for name in ("vectors", "lexical", "tokens")}
    return {
        "open_s": opened - began,
        "reading_s": reading_s,
        "publishing_s": publishing_s,
        **parts,
        "marking_s": publishing_s - sum(parts.values()),
        "papers": report.papers,
        "passages": report.passages,
    }


def _timed(shelf: Shelf, clock: dict[str, float]) -> Shelf:
    parts = {name: cast("Any", Timed(getattr(shelf, name), name, clock)) for name in ("vectors", "lexical", "tokens")}
    return replace(shelf, **parts, embedder=cast("Any", _Embedding(shelf.embedder, "embedding", clock)))


class _Embedding(Timed):
    """Only embedding is left out, not the cutting of abstracts."""

    def __getattr__(self, attribute: str) -> Any:
        return super().__getattr__(attribute) if attribute.startswith("encode") else getattr(self._part, attribute)


def _making(count: int, first: int, clock: dict[str, float]) -> Iterator[Entry]:
    made = iter(entries(count, first=first))
    while True:
        began = clock_s()
        entry = next(made, None)
        clock["making"] = clock.get("making", 0.0) + clock_s() - began
        if entry is None:
            return
        yield entry
