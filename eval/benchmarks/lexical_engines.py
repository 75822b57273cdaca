"""Which engine should rank papers by words?  tantivy, SQLite FTS5 and bm25s, side by side on made-up papers.

Run with ``python -m eval.benchmarks.lexical_engines``; prints a markdown table.  The words are drawn from a seeded
Zipf distribution (Zipf 1949: frequency falls as one over rank), about 130 a paper; questions take 8 to 15 words of
one paper, so common and rare ones mix.  Knows nothing of quality: it measures speed, size and what survives a kill.
bm25s is a peer, not a dependency: ``pip install bm25s`` to have it compared.
"""

from __future__ import annotations

import argparse
import importlib
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from index_store.lexical import TantivyLexical
from index_store.protocols import LexicalDocument

VOCABULARY, ADDED, BATCH = 50_000, 1_000, 5_000


class Engine(Protocol):
    """What is measured: adding in batches that are on disk on return, ranking ids, counting."""

    def add(self, documents: Sequence[LexicalDocument]) -> None: ...
    def rank(self, question: str, k: int) -> Sequence[int]: ...
    def count(self) -> int: ...


class Tantivy:
    """Citewell's own index."""

    def __init__(self, folder: Path) -> None:
        self._index = TantivyLexical(folder)

    def add(self, documents: Sequence[LexicalDocument]) -> None:
        self._index.add(documents)

    def rank(self, question: str, k: int) -> Sequence[int]:
        return [int(id_) for id_ in self._index.query(question, k).ids]

    def count(self) -> int:
        return len(self._index)


class Fts5:
    """SQLite's full-text table with its Porter stemmer, no copy of the text; cannot delete before SQLite 3.43."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / "fts5.sqlite3")
        self._database.execute(
            "create virtual table if not exists papers using fts5(text, content='', tokenize='porter unicode61')"
        )

    def add(self, documents: Sequence[LexicalDocument]) -> None:
        rows = ((document.id, document.text) for document in documents)
        with self._database:
            self._database.executemany("insert into papers(rowid, text) values (?, ?)", rows)

    def rank(self, question: str, k: int) -> Sequence[int]:
        any_word = " OR ".join(f'"{word}"' for word in question.split())
        rows = self._database.execute(
            "select rowid from papers where papers match ? order by rank limit ?", (any_word, k)
        )
        return [row[0] for row in rows]

    def count(self) -> int:
        return int(self._database.execute("select count(*) from papers_docsize").fetchone()[0])


class Bm25s:
    """Sparse matrix of scores worked out ahead.  It cannot grow: every add indexes all and saves all again."""

    def __init__(self, folder: Path) -> None:
        self._library: Any = importlib.import_module("bm25s")  # ships no types
        self._folder = folder
        self._texts: list[str] = []
        self._scores: Any = self._library.BM25.load(folder) if folder.exists() else None

    def add(self, documents: Sequence[LexicalDocument]) -> None:
        self._texts += [document.text for document in documents]
        self._scores = self._library.BM25()
        self._scores.index(self._library.tokenize(self._texts, show_progress=False), show_progress=False)
        self._scores.save(self._folder, show_progress=False)

    def rank(self, question: str, k: int) -> Sequence[int]:
        words = self._library.tokenize([question], show_progress=False, return_ids=False)
        ids, _ = self._scores.retrieve(words, k=k, show_progress=False)
        return [int(id_) for id_ in ids[0]]

    def count(self) -> int:
        return int(self._scores.scores["num_docs"]) if self._scores is not None else 0


ENGINES: dict[str, Callable[[Path], Engine]] = {"tantivy": Tantivy, "SQLite FTS5": Fts5, "bm25s": Bm25s}


def papers(count: int, first: int = 1, seed: int = 0) -> list[LexicalDocument]:
    """Make ``count`` papers of 70 to 190 words out of ``VOCABULARY`` words, the same for the same seed."""
    rng = np.random.default_rng(seed)
    chances = 1 / np.arange(1, VOCABULARY + 1)
    ranks = rng.choice(VOCABULARY, size=(count, 190), p=chances / chances.sum())
    lengths = rng.integers(70, 191, count)
    words = np.asarray([f"w{rank}x" for rank in range(VOCABULARY)])
    return [LexicalDocument(first + row, " ".join(words[ranks[row, :length]])) for row, length in enumerate(lengths)]


def questions(documents: Sequence[LexicalDocument], count: int, seed: int = 1) -> list[str]:
    """Take 8 to 15 words of ``count`` papers, one paper a question."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(documents), count, replace=False)
    return [" ".join(rng.choice(documents[i].text.split(), rng.integers(8, 16), replace=False)) for i in chosen]


def milliseconds(engine: Engine, asked: Sequence[str], k: int) -> str:
    """Time every question once, after one round to warm up; give the median and the 95th percentile."""
    taken = []
    for question in [*asked[:5], *asked]:
        begin = time.perf_counter()
        engine.rank(question, k)
        taken.append((time.perf_counter() - begin) * 1e3)
    return f"{np.percentile(taken[5:], 50):.1f} / {np.percentile(taken[5:], 95):.1f}"


def kill_during_add(name: str, folder: Path) -> str:
    """Start a process that adds batches of 500 for good, kill it within a batch, and open what is left."""
    command = [sys.executable, "-m", __spec__.name, "--add-until-killed", name, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        acknowledged = 0
        for _ in range(6):
            acknowledged = int(child.stdout.readline())
        time.sleep(0.05)
        child.kill()
    try:
        held = ENGINES[name](folder).count()
    except Exception as exc:  # noqa: BLE001  # how an engine fails here is the measurement
        return f"does not open: {type(exc).__name__}"
    return f"opens, {held} of {acknowledged} acknowledged" if held < acknowledged else "opens, nothing lost"


def add_until_killed(name: str, folder: Path) -> None:
    """Add batches of 500 and print the total after each, until killed."""
    engine, added = ENGINES[name](folder), 0
    while True:
        engine.add(papers(500, first=added + 1, seed=added))
        added += 500
        sys.stdout.write(f"{added}\n")
        sys.stdout.flush()


def measure(name: str, documents: Sequence[LexicalDocument], asked: Sequence[str], folder: Path) -> Iterator[str]:
    """Give the cells of one engine's row."""
    engine = ENGINES[name](folder / "index")
    batch = len(documents) if name == "bm25s" else BATCH
    begin = time.perf_counter()
    for start in range(0, len(documents), batch):
        engine.add(documents[start : start + batch])
    yield f"{len(documents) / (time.perf_counter() - begin):,.0f}"
    yield f"{sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()) / 1e6:.0f}"
    yield milliseconds(engine, asked, 200)
    yield milliseconds(engine, asked, 1_000)
    begin = time.perf_counter()
    engine.add(papers(ADDED, first=len(documents) + 1, seed=9))
    yield f"{time.perf_counter() - begin:.2f}"
    yield kill_during_add(name, folder / "killed")


def main() -> None:
    """Measure every engine that is installed and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--papers", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--add-until-killed", nargs=2, metavar=("ENGINE", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.add_until_killed:
        add_until_killed(options.add_until_killed[0], Path(options.add_until_killed[1]))
    documents = papers(options.papers)
    asked = questions(documents, options.questions)
    rows = [
        "| engine | papers/s | MB | k=200 p50 / p95 ms | k=1000 p50 / p95 ms | add 1,000 s | kill -9 |",
        "|---" * 7 + "|",
    ]
    for name in ENGINES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                rows.append("| " + " | ".join([name, *measure(name, documents, asked, Path(folder))]) + " |")
            except ModuleNotFoundError as exc:
                sys.stderr.write(f"{name} is left out: it is not installed ({exc}); pip install {exc.name}\n")
    sys.stdout.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
