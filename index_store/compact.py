"""Passage vectors at 8 bits a number, in one file that is appended to and read through the page cache.

A copy of what Chroma holds, a quarter as large, made for going through all of it: see ``scan``.  A row is scaled by its
largest number; of a unit vector of 384 numbers the cosine with another changes by .0005.  ``append`` comes before the
vector store is written and ``forget`` after it has forgotten, both are on disk when they return: so whatever the store
acknowledged has its row here, and rows that it lacks belong to passages which no catalogue names as indexed.  What is
gone stays in the file until a rebuild makes a new one.  Knows no Chroma and no search.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index_store.protocols import Compact, Ids, Vectors

_LEVELS = 127


def compacted(ids: Ids, rows: Vectors) -> Compact:
    """Make rows compact in memory; ``ids`` (n,) ascend."""
    levels, scales = _levels(rows)
    return Compact(ids, np.arange(len(ids)), levels, scales)


class CompactFile:
    """The rows of one vector store.  One process at a time may append; readers see whole records."""

    def __init__(self, path: Path, dim: int) -> None:
        self._path, self._dim = path, dim
        # The id of a row; with a minus, of a passage that is gone.  0 is the room of a write that a power cut undid.
        self._record = np.dtype([("id", "<i8"), ("scale", "<f4"), ("row", "i1", (dim,))])

    def exists(self) -> bool:
        return self._path.exists()

    def begin(self, ids: Ids, rows: Vectors) -> None:
        """Make the file of all rows there are, in one step.  Raises ``OSError``."""
        draft = CompactFile(self._path.with_name(f"{self._path.name}.tmp"), self._dim)
        draft._path.unlink(missing_ok=True)
        draft.append(ids.tolist(), rows)
        draft._path.replace(self._path)

    def append(self, ids: Sequence[int], rows: Vectors) -> None:
        """Add or replace the rows ``(n, dim)`` of ``n`` ids.  Raises ``OSError``."""
        records = np.zeros(len(ids), self._record)
        records["id"] = ids
        records["row"], records["scale"] = _levels(rows)
        self._write(records)

    def forget(self, ids: Sequence[int]) -> None:
        """Note that passages are gone.  Raises ``OSError``."""
        records = np.zeros(len(ids), self._record)
        records["id"] = -np.asarray(ids, np.int64)
        self._write(records)

    def read(self) -> Compact:
        """Give the rows stored now.  Raises ``OSError``."""
        count = self._path.stat().st_size // self._record.itemsize
        if not count:
            return compacted(np.empty(0, np.int64), np.empty((0, self._dim), np.float32))
        records = np.asarray(np.memmap(self._path, self._record, mode="r", shape=(count,)))
        said = np.array(records["id"])
        latest, last = np.unique(np.abs(said)[::-1], return_index=True)  # of what was said of an id, the last holds
        places = count - 1 - last
        kept = (said[places] > 0) & (latest > 0)
        return Compact(latest[kept], places[kept], records["row"], records["scale"])

    def _write(self, records: npt.NDArray[np.void]) -> None:
        size = self._path.stat().st_size if self._path.exists() else 0
        with self._path.open("r+b" if self._path.exists() else "xb") as file:
            file.seek(size - size % self._record.itemsize)  # what a killed writer left of a record is written over
            try:
                file.write(records.tobytes())
                file.flush()
                os.fsync(file.fileno())
            except OSError:  # the disk is full: the records that were there stay
                with suppress(OSError):
                    file.truncate(size - size % self._record.itemsize)
                raise


def _levels(rows: Vectors) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    scales = np.abs(rows).max(axis=1, initial=0) / _LEVELS
    levels = np.rint(rows / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
    return levels, scales.astype(np.float32)
