"""The one actor on the cluster that puts work through Ray Data and gives the results one after another.

Ray Data runs where its driver is, and needs generators that Ray's client protocol (``ray://``) does not carry; so its
driver is here, inside the cluster, whatever way the build is connected.  Nothing is materialised: results wait in
blocks of about a megabyte, and workers pause while too many wait.  Knows no catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from index_store.errors import CitewellError
from index_store.on_ray.labour import Embedding, Row, Terms, cut_entries, read_files

if TYPE_CHECKING:
    from ray.data import Dataset

Stage = Literal["read", "embed"]

_BLOCK_BYTES = 1 << 20
_RETRIES = 3  # of one row whose worker died; without a limit, a row that kills its worker would be tried for ever


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a cluster has to compute with."""

    cpus: int
    gpus: int

    @property
    def embedders(self) -> int:
        """How many models compute side by side: one a graphics card, else one a core."""
        return self.gpus or self.cpus


class Foreman:
    """Runs one stage at a time."""

    def __init__(self, terms: Terms, capacity: Capacity) -> None:
        self._terms = terms
        self._capacity = capacity
        self._results: Iterator[Row] = iter(())

    def start(self, stage: Stage, jobs: Sequence[bytes], first: int) -> None:
        """Begin on ``jobs``, which are numbered from ``first``."""
        rows: list[Row] = [{"job": first + number, "content": job} for number, job in enumerate(jobs)]
        dataset = self._reading(rows) if stage == "read" else self._embedding(rows)
        self._results = iter(dataset.iter_rows())

    def next(self) -> Row | CitewellError | None:
        """Give the next result, in the order of the jobs; None after the last.

        What a worker could not do for a reason that a user can be told is given, not raised.
        """
        try:
            return next(self._results, None)
        except Exception as exc:
            told = _told(exc)
            if told is None:
                raise
            return told

    def _reading(self, rows: list[Row]) -> Dataset:
        from ray.data import TaskPoolStrategy

        agreed = {"terms": self._terms}
        read: Any = _source(rows)  # Ray's types know no function with further arguments
        read = read.flat_map(read_files, fn_kwargs=agreed, max_retries=_RETRIES)
        # With a size of its own Ray Data keeps it apart from the reading: one file's abstracts go to many workers.
        cut: Dataset = read.map(
            cut_entries, fn_kwargs=agreed, compute=TaskPoolStrategy(size=self._capacity.cpus), max_retries=_RETRIES
        )
        return cut

    def _embedding(self, rows: list[Row]) -> Dataset:
        from ray.data import ActorPoolStrategy

        on_gpus = self._capacity.gpus > 0
        batches: Any = _source(rows)
        embedded: Dataset = batches.map(
            Embedding,
            fn_constructor_kwargs={"terms": self._terms, "threads": None if on_gpus else 1},
            compute=ActorPoolStrategy(size=min(self._capacity.embedders, len(rows))),
            num_cpus=None if on_gpus else 1,
            num_gpus=1 if on_gpus else None,
            max_task_retries=_RETRIES,
        )
        return embedded


def _source(rows: list[Row]) -> Dataset:
    from ray.data import DataContext, from_items

    context = DataContext.get_current()
    context.target_max_block_size = _BLOCK_BYTES
    context.execution_options.preserve_order = True
    context.raise_original_map_exception = True
    context.enable_progress_bars = False
    return from_items(rows, override_num_blocks=len(rows))


def _told(exc: BaseException | None) -> CitewellError | None:
    """Find the error of ours that a worker raised, inside what Ray makes of it."""
    while exc is not None:
        inner: BaseException | None = getattr(exc, "cause", None)
        if isinstance(exc, CitewellError) and inner is None:  # else a class of Ray's that passes for ours
            return type(exc)(str(exc).partition("\n")[0])  # Ray Data adds lines on how to try again
        exc = inner or exc.__cause__
    return None
