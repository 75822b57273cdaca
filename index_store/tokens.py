"""Token codes in SQLite, one row a passage, and how many passages have each piece of the vocabulary.

A row holds about 105 tokens of 56 bytes, 6 KB for a passage of the seeds.  Only the rows of a question's candidates
are ever read.  Like the vectors they are derived from the catalogue and can be made again.  Knows no embedder and no
search.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index_store.database import Database
from index_store.errors import LibraryDamaged
from index_store.protocols import TokenCodes

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (
    id     INTEGER PRIMARY KEY,
    bits   BLOB NOT NULL,
    pieces BLOB NOT NULL,
    starts BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS frequencies (
    piece    INTEGER PRIMARY KEY,
    passages INTEGER NOT NULL
);
"""
_SQL_VARIABLES = 500  # at most this many values in one IN (…)


class SqliteTokens:
    """``protocols.TokenIndex`` in one file.  Safe to share between threads."""

    def __init__(self, path: Path, dim: int) -> None:
        """Open the file for vectors of ``dim`` numbers.  Raises ``LibraryDamaged`` or ``StorageError``."""
        self._db = Database(path, _SCHEMA)
        self._width = dim // 8

    def upsert(self, ids: Sequence[int], tokens: Sequence[TokenCodes]) -> None:
        rows = {
            id_: (id_, t.bits.tobytes(), t.pieces.astype("<i4").tobytes(), t.starts.astype("<i4").tobytes())
            for id_, t in zip(ids, tokens, strict=True)
        }
        with self._db.transaction():
            self._forget(list(rows))
            self._db.many("INSERT INTO tokens VALUES (?, ?, ?, ?)", rows.values())
            self._count(list(rows), 1)

    def delete(self, ids: Sequence[int]) -> None:
        with self._db.transaction():
            self._forget(list(dict.fromkeys(ids)))

    def get(self, ids: Sequence[int]) -> dict[int, TokenCodes]:
        found: dict[int, TokenCodes] = {}
        for part in _parts(ids):
            marks = ",".join("?" * len(part))
            rows = self._db.all(f"SELECT * FROM tokens WHERE id IN ({marks})", *part)
            found.update((id_, self._codes(*blobs)) for id_, *blobs in rows)
        return found

    def frequencies(self) -> npt.NDArray[np.int64]:
        rows = self._db.all("SELECT piece, passages FROM frequencies WHERE passages > 0")
        counts = np.zeros(max((piece for piece, _ in rows), default=-1) + 1, np.int64)
        for piece, passages in rows:
            counts[piece] = passages
        return counts

    def ids(self) -> set[int]:
        return {row[0] for row in self._db.all("SELECT id FROM tokens")}

    def close(self) -> None:
        self._db.close()

    def _codes(self, bits: bytes, pieces: bytes, starts: bytes) -> TokenCodes:
        if not len(bits) * 4 == len(pieces) * self._width == len(starts) * self._width:
            raise LibraryDamaged(f"{self._db.path} holds codes of another length. Run `citewell doctor --repair`.")
        rows = np.frombuffer(bits, np.uint8).reshape(-1, self._width)
        return TokenCodes(rows, np.frombuffer(pieces, "<i4"), np.frombuffer(starts, "<i4"))

    def _forget(self, ids: Sequence[int]) -> None:
        self._count(ids, -1)
        self._db.many("DELETE FROM tokens WHERE id = ?", [(id_,) for id_ in ids])

    def _count(self, ids: Sequence[int], step: int) -> None:
        """Add ``step`` to the frequency of every piece of the stored passages among ``ids``."""
        counts: Counter[int] = Counter()
        for part in _parts(ids):
            marks = ",".join("?" * len(part))
            for (pieces,) in self._db.all(f"SELECT pieces FROM tokens WHERE id IN ({marks})", *part):
                counts.update(np.unique(np.frombuffer(pieces, "<i4")).tolist())
        self._db.many(
            "INSERT INTO frequencies VALUES (?, ?) ON CONFLICT DO UPDATE SET passages = passages + excluded.passages",
            [(piece, step * count) for piece, count in counts.items()],
        )


def _parts(values: Sequence[int]) -> Iterator[Sequence[int]]:
    return (values[i : i + _SQL_VARIABLES] for i in range(0, len(values), _SQL_VARIABLES))
