"""What the process that runs a build does with a cluster: hands out work and takes what comes back.

Ray does again what a worker was doing that died.  Where more than that was lost, the stage begins anew with what has
not come yet, and a part that has come before is passed over.  So everything comes once, and in order.  Knows nothing of
Ray, only somebody who runs a stage.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from index_store.engine import Batch, Embedded, File, cut, entries, files
from index_store.errors import ClusterError
from index_store.on_ray.foreman import Capacity, Stage
from index_store.on_ray.labour import Cut, Located, Row, Unseen, located
from index_store.protocols import Embedder
from index_store.types import Entry, Rejection, Span

# Gives the results of jobs, numbered from the last argument, in order.  Raises ``Lost``, or what a user can be told.
Run = Callable[[Stage, Sequence[bytes], int], Iterator[Row]]

_JOB_BYTES = 16 << 20  # of files that one task reads one after another
_JOB_FILES = 256
_BATCHES_PER_EMBEDDER = 16  # in a round: half a minute of work on a core, beside which loading the model is little
_MOST_BATCHES = 256  # in a round: 85 MB of text, which the one writer needs half a minute to store
_ATTEMPTS = 3  # in a row that bring nothing


class Lost(Exception):
    """The cluster stopped in the middle of a stage; the text says why, in one line."""


class RayEngine:
    """``engine.Engine`` on a cluster.  ``cluster`` names it in messages."""

    def __init__(self, cluster: str, embedder: Embedder, capacity: Capacity, run: Run) -> None:
        self._cluster = cluster
        self._embedder = embedder
        self._capacity = capacity
        self._run = run
        self._cuts: dict[tuple[str, str], Sequence[Span]] = {}

    @property
    def batches_at_once(self) -> int:
        return min(_MOST_BATCHES, _BATCHES_PER_EMBEDDER * self._capacity.embedders)

    def read(self, paths: Sequence[Path]) -> Iterator[Entry | Rejection]:
        for row in self._results("read", list(_jobs(paths))):
            some: list[Cut] = pickle.loads(row["content"])
            self._cuts = {(i.paper.title, i.paper.abstract): spans for i, spans in some if isinstance(i, Entry)}
            for item, _ in some:
                if isinstance(item, Unseen):
                    yield from self._read_here(item)
                else:
                    yield item

    def cut(self, title: str, abstract: str) -> Sequence[Span]:
        """Give the cut that came with the entry; a paper of several sources may have the text of another."""
        return self._cuts.get((title, abstract)) or cut(self._embedder, title, abstract)

    def embed(self, batches: Sequence[Batch]) -> Iterator[tuple[Batch, Embedded]]:
        for row in self._results("embed", [pickle.dumps(batch) for batch in batches]):
            yield batches[row["job"]], pickle.loads(row["content"])

    def _results(self, stage: Stage, jobs: Sequence[bytes]) -> Iterator[Row]:
        """Give each part of the result of each job once."""
        last, begin, failures = (0, -1), 0, 0
        while begin < len(jobs):
            try:
                for row in self._run(stage, jobs[begin:], begin):
                    if (row["job"], row["part"]) > last:
                        last, failures = (row["job"], row["part"]), 0
                        begin = row["job"] + (stage == "embed")  # of what was read there may be more
                        yield row
                return
            except Lost as exc:
                failures += 1
                if failures == _ATTEMPTS:
                    raise ClusterError(
                        f"{self._cluster} failed {failures} times at the same place ({exc}). What was done is kept:"
                        " run it again, with --ray or without."
                    ) from exc

    def _read_here(self, unseen: Unseen) -> Iterator[Entry | Rejection]:
        """Read a file that has changed since it was handed out; one that has not, the worker cannot see."""
        if located(unseen.located.file) == unseen.located:
            raise ClusterError(
                f"The worker on {unseen.worker} does not see {unseen.located.file.place} as this machine does. Put your"
                " files where every machine of the cluster has them under the same path."
            )
        yield from entries(unseen.located.file)


def _jobs(paths: Sequence[Path]) -> Iterator[bytes]:
    """Put small files together, so that a task has something to do."""
    together: list[Located | Rejection] = []
    size = 0
    for file in files(paths):
        item = located(file) if isinstance(file, File) else file
        together.append(item)
        size += item.size if isinstance(item, Located) else 0
        if size >= _JOB_BYTES or len(together) == _JOB_FILES:
            yield pickle.dumps(together)
            together, size = [], 0
    if together:
        yield pickle.dumps(together)
