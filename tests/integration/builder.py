"""A process that forks builds, so that a test can kill one and start the next without importing everything again.

Reads lines ``JOB SECONDS FOLDER`` from stdin; kills the build after so many seconds, or not where they are negative;
prints the build's wait status when it has ended: 0 is a finished build, 9 a killed one.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from contextlib import closing
from pathlib import Path

import chromadb  # noqa: F401  # imported before the fork, once
import tantivy  # noqa: F401

from index_store import build, storing
from index_store.doctor import open_mended, repair
from index_store.protocols import Embedder
from index_store.shadow import rebuild
from index_store.shelf import writing
from index_store.types import Entry, Paper
from tests.fakes import FakeEmbedder

WORDS = ("heron", "pond", "steam", "rye", "lens", "star", "gear", "moss")
OLD = FakeEmbedder(WORDS, max_tokens=24)
NEW = FakeEmbedder(WORDS[:4], max_tokens=40)  # other vectors, other cuts
PAPERS = 240


def entries(version: int) -> list[Entry]:
    """Give half of the papers at version 1; at version 2 all of them, every third of the old ones edited."""
    count = PAPERS // 2 if version == 1 else PAPERS
    return [_entry(number, 2 if version == 2 and number % 3 == 0 else 1) for number in range(count)]


def _entry(number: int, edition: int) -> Entry:
    words = [WORDS[(number * 5 + step * 3 + edition) % len(WORDS)] for step in range(24)]
    sentences = [f"Study {number} finds {' '.join(words[i : i + 6])} in edition {edition}." for i in range(0, 24, 6)]
    paper = Paper("", f"Study {number} of {words[0]}", " ".join(sentences))
    return Entry(paper, Path("/papers.jsonl"), number + 1, str(number))


def work(job: str, folder: Path) -> None:
    """Do one job on the library in ``folder``."""
    with writing(folder):
        if job == "rebuild":
            rebuild(folder, NEW)
        elif job == "repair":
            repair(folder, OLD)
        else:
            _index(folder, OLD, version=1 if job == "first" else 2)


def _index(folder: Path, model: Embedder, version: int) -> None:
    with closing(open_mended(folder, model)) as shelf:
        build.index_entries(shelf, entries(version))


def make_steps_small() -> None:
    """Cross many more borders between transactions and batches than a build of this size would."""
    build._ENTRIES_PER_TRANSACTION, build._PASSAGES_PER_BATCH, storing._STALE_PER_BATCH = 40, 64, 30


def _serve() -> None:
    make_steps_small()
    for line in sys.stdin:
        job, seconds, folder = line.strip().split(" ", 2)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                work(job, Path(folder))
                status = 0
            finally:  # nothing of the parent's must run in the child
                if status:
                    traceback.print_exc()
                os._exit(status)
        if float(seconds) >= 0:
            time.sleep(float(seconds))
            os.kill(pid, signal.SIGKILL)  # at worst a zombie, for only the next line lets go of the id
        print(os.waitpid(pid, 0)[1], flush=True)


if __name__ == "__main__":
    _serve()
