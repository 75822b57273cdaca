"""Open a library of made-up papers in this process and tell how long opening, searching and listing take.

Run in a process of its own, whose memory is then the library's.  Knows no report.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.benchmarks.generated import FIRST_YEAR, LAST_YEAR, entries, question
from eval.benchmarks.scale.building import NARROW, WIDE, clock_s
from eval.benchmarks.scale.synthetic import SyntheticEmbedder
from eval.benchmarks.server_process import told_of
from index_store import search
from index_store.index import Index
from index_store.library import Library
from index_store.search import encode_query
from index_store.types import WHOLE_LIBRARY, Scope

SCOPES = {
    "fused": WHOLE_LIBRARY,
    "one year": Scope(first_year=LAST_YEAR - 20, last_year=LAST_YEAR - 20),
    "five years": Scope(first_year=LAST_YEAR - 4),
    "most years": Scope(first_year=FIRST_YEAR + 5),
    "half the papers": Scope(collections=(WIDE,)),
    "1,000 papers": Scope(collections=(NARROW,)),
}
_MORE = 100  # made-up papers whose questions are asked for the first time when the clock runs


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of this process on the processors: the median and the 95th percentile; ``wall_p95`` by the clock.

    On a machine that others use too, the clock says mostly what they do.
    """

    p50: float
    p95: float
    wall_p95: float


def ask(folder: Path, papers: int, questions: int = 100) -> dict[str, Any]:
    """Measure a library of ``papers``: seconds to open and to be ready, bytes of memory, milliseconds of each call."""
    embedder = SyntheticEmbedder()
    texts = _questions(papers, questions)
    embedder.encode(texts)
    before = memory_bytes()
    began = clock_s()
    with closing(Library.open(folder, embedder)) as library:
        opened = clock_s()
        library.search(texts[0])
        ready = clock_s()
        library.search(texts[1], scope=SCOPES["half the papers"])
        deep_first = _timed(lambda _: library.papers(offset=papers // 2), [0]).p50  # an order that is not kept yet
        word_first = _timed(lambda word: library.papers(query=word), texts[0].split()[:1]).p50  # nor are titles
        found: dict[str, Any] = {
            "open_s": opened - began,
            "ready_s": ready - began,  # with the first search
            "search": {name: _searched(library, texts, scope) for name, scope in SCOPES.items()},
            "listing": _listed(library, texts),
            "deep_first_ms": deep_first,
            "word_first_ms": word_first,
        }
        with library._lender.using() as lent:
            index = lent.index()
            found["search"]["dense"] = _dense(index, texts)
            found["search"]["lexical"] = _timed(lambda text: index.shelf.lexical.query(text, 1_000), texts)
        found["memory_bytes"] = memory_bytes() - before
        found["peak_bytes"] = peak_bytes() - before
    return found


def memory_bytes() -> int:
    """Give the bytes of memory that this process holds, on Linux; 0 elsewhere."""
    return 1024 * told_of(os.getpid(), "VmRSS")


def peak_bytes() -> int:
    return 1024 * told_of(os.getpid(), "VmHWM")


def _questions(papers: int, count: int) -> list[str]:
    rng = np.random.default_rng(1)
    firsts = rng.integers(0, max(papers - 10, 1), count // 10 + 1).tolist()
    found = [question(entry.paper, rng) for first in firsts for entry in entries(10, first=first)]
    return found[:count]


def _searched(library: Library, texts: Sequence[str], scope: Scope) -> Times:
    library.search("a question before the clock runs", scope=scope)
    return _timed(lambda text: library.search(text, scope=scope), texts)


def _dense(index: Index, texts: Sequence[str]) -> Times:
    everything = np.ones(len(index.papers), np.bool_)
    return _timed(lambda text: search._cosines(index, encode_query(index, text).vector, everything), texts)


def _listed(library: Library, texts: Sequence[str]) -> dict[str, Times]:
    held = len(library)
    rare, common = [text.split()[0] for text in texts[:20]], ["la", "tor", "kum", "re", "ba"]
    offsets = [held * part // 21 for part in range(1, 21)]
    return {
        "first": _timed(lambda _: library.papers(), range(20)),
        "deep": _timed(lambda offset: library.papers(offset=offset), offsets),
        "deep by year": _timed(lambda offset: library.papers(offset=offset, order="newest"), offsets),
        "by a word": _timed(lambda word: library.papers(query=word), rare),
        "by a syllable": _timed(lambda word: library.papers(query=word), common),
        "of five years": _timed(
            lambda offset: library.papers(offset=offset // 20, scope=SCOPES["five years"]), offsets
        ),
        "of half the papers": _timed(
            lambda offset: library.papers(offset=offset // 3, scope=SCOPES["half the papers"]), offsets
        ),
    }


def _timed(call: Callable[[Any], object], values: Sequence[Any]) -> Times:
    own, wall = [], []
    for value in values:
        began = time.process_time(), time.perf_counter()
        call(value)
        own.append(time.process_time() - began[0])
        wall.append(time.perf_counter() - began[1])
    p50, p95 = (1000 * float(share) for share in np.percentile(own, (50, 95)))
    return Times(p50, p95, 1000 * float(np.percentile(wall, 95)))
