"""The long work on a library that the page starts, in a process of its own: answers do not wait for it.

It reads files, repairs, and makes the indexes again; the server itself removes, restores, merges and splits papers.

One JSON line comes in, the job; JSON lines go out, how far it is.  A further line on stdin, or its end (the server is
gone), stops the work at the next batch, from where any later run completes it.  ``python -m ui.jobs`` is that process.

Knows no page.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from index_store import shadow
from index_store.build import IndexReport, Progress, index_paths
from index_store.doctor import open_mended, repair
from index_store.errors import CitewellError
from index_store.protocols import Embedder
from index_store.servers import ChromaServer
from index_store.shelf import writing
from rag.assemble import open_embedder, prepare_judge
from rag.settings import resolve
from ui.uploads import settle

Kind = Literal["read", "repair", "rebuild"]
Tell = Callable[[dict[str, Any]], None]

_MOST_TOLD = 200  # rejections of one file


class Stopped(Exception):
    """Whoever started the work wants it no more."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to do: read ``files`` that a user (``by``) brought into ``collection``, repair the library, or make its
    indexes again.
    """

    home: str
    kind: Kind
    files: tuple[str, ...] = ()
    collection: str | None = None
    by: str = ""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        found = json.loads(text)
        return cls(**{**found, "files": tuple(found["files"])})


def work(
    job: Job,
    embedder: Embedder,
    library: Path,
    tell: Tell,
    stopped: Callable[[], bool],
    server: ChromaServer | None = None,
) -> None:
    """Do a job on the library in ``library``.  Raises ``Stopped``, or what reading, repairing and rebuilding raise."""

    def progress(stage: str, done: int, total: int | None) -> None:
        tell({"stage": stage, "done": done, "total": total})
        if stopped():
            raise Stopped

    with writing(library):
        if job.kind == "read":
            _read(job, embedder, library, tell, progress, server)
        elif job.kind == "repair":
            repair(library, embedder, progress, server)
        else:
            shadow.rebuild(library, embedder, progress, server=server)


def _read(
    job: Job, embedder: Embedder, library: Path, tell: Tell, progress: Progress, server: ChromaServer | None
) -> None:
    """Read a file at a time: each can be searched when it is done, and a stop loses none of them."""
    shadow.tidy(library)
    taken: set[Path] = set()
    with closing(open_mended(library, embedder, server)) as shelf:
        for number, file in enumerate(job.files):
            tell({"file": number})
            settled = settle(Path(job.home), Path(file), job.by, job.collection, taken)
            was_read = True  # also where it is stopped: some of it may be in the library
            try:
                report = index_paths(shelf, [settled.place], job.collection, progress)
                was_read = report.read > 0
            finally:
                settled.conclude(was_read=was_read)
            taken.add(settled.place)
            told = _told(report) | {"replaces": settled.former is not None and was_read}
            tell({"file": number, "report": told})


def _told(report: IndexReport) -> dict[str, Any]:
    """Give a report with the first rejections as (line, reason); there may be as many as lines."""
    counts = {name: getattr(report, name) for name in ("read", "added", "updated", "unchanged", "merged")}
    first = [(rejection.line, rejection.reason) for rejection in report.rejected[:_MOST_TOLD]]
    gone = [(paper.id, paper.title) for paper in report.departed]
    return {**counts, "rejected": len(report.rejected), "rejections": first, "gone": gone}


def main(lines: Iterator[str], tell: Tell) -> None:
    """Do the job that the first line names; the last thing told says how it ended."""
    job = Job.from_json(next(lines))
    stop = threading.Event()
    threading.Thread(target=_await_word, args=(lines, stop), daemon=True).start()
    try:
        settings = resolve({"home": job.home})
        embedder = open_embedder(settings)
        work(job, embedder, settings.library, tell, stop.is_set, settings.chroma)
        tell({"stage": "preparing", "done": 0, "total": None})
        prepare_judge(settings, embedder)
        tell({"ended": "done"})
    except Stopped:
        tell({"ended": "stopped"})
    except CitewellError as exc:
        tell({"ended": "failed", "message": str(exc)})


def _await_word(lines: Iterator[str], stop: threading.Event) -> None:
    next(lines, None)
    stop.set()


def _say(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)  # noqa: T201


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)
    main(iter(sys.stdin.readline, ""), _say)
