"""Token codes in SQLite, one row a passage, and how many passages have each piece of the vocabulary.

Codes are whole or shortened (see ``late``), each kind in a table of its own, in the columns of ``token_rows``; a file
may hold both kinds.  Only the rows of a question's candidates are ever read.  Like the vectors they are derived from
the catalogue and can be made again.  Knows no embedder and no search.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index_store.database import Database, Migration, parts
from index_store.directions import FEWER_BITS, code_bits
from index_store.errors import LibraryDamaged
from index_store.late import codes, may_shorten, shortened
from index_store.protocols import TokenCodes, TokenVectors
from index_store.token_rows import (
    as_row,
    as_short_row,
    code_rows,
    code_width,
    from_row,
    from_short_row,
    read_pieces,
    short_rows,
)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS codes (
    id     INTEGER PRIMARY KEY,
    bits   BLOB NOT NULL,
    pieces BLOB NOT NULL,
    which  BLOB NOT NULL,
    steps  BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS short_codes (
    id       INTEGER PRIMARY KEY,
    bits     BLOB NOT NULL,
    pieces   BLOB,              -- NULL where they are not counted
    begin    INTEGER NOT NULL,
    again    BLOB NOT NULL,
    repeated BLOB NOT NULL,
    steps    BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS frequencies (
    piece    INTEGER PRIMARY KEY,  -- -1: how many passages are counted
    passages INTEGER NOT NULL
);
"""
_PAGE = 16_384  # bytes: seven rows; of 4,096 a row would take one alone
_AT_ONCE = 1_000  # rows of an older format that are read together
_TABLES = ("codes", "short_codes")
_SHORT_TOLD = "id, bits, begin, again, repeated, steps"
_NONE = np.zeros((0, 0), np.uint8)
_FORMER_BITS = 128  # of shortened codes until format 4, which lie among the whole ones
_EVERY = -1  # the piece that every passage counted has


class SqliteTokens:
    """``protocols.TokenIndex`` in one file.  Safe to share between threads."""

    def __init__(self, path: Path, dim: int) -> None:
        """Open the file for vectors of ``dim`` numbers.  Raises ``LibraryDamaged`` or ``StorageError``."""
        self._db = Database(path, _SCHEMA, migrations=MIGRATIONS, page_size=_PAGE)
        width = code_bits(dim) // 8
        self._may_shorten = may_shorten(dim)
        self._widths = (width, _FORMER_BITS // 8) if self._may_shorten else (width,)

    def upsert(self, ids: Sequence[int], tokens: Sequence[TokenCodes]) -> None:
        given = dict(zip(ids, tokens, strict=True))
        short = {id_: one for id_, one in given.items() if self._is_short(one)}
        whole = [(id_, *as_row(one)) for id_, one in given.items() if id_ not in short]
        with self._db.transaction():
            self._forget(list(given))
            self._db.many("INSERT INTO codes VALUES (?, ?, ?, ?, ?)", whole)
            self._add_short(short)
            self._count(list(given), 1)

    def shorten(self, limit: int) -> int:
        """Shorten the codes of up to ``limit`` passages that have whole ones; gives how many they were."""
        if not self._may_shorten:
            return 0
        with self._db.transaction():
            rows = self._db.all("SELECT * FROM codes ORDER BY id LIMIT ?", limit)
            with _belonging_together(self._db):
                short = {id_: shortened(from_row(self._widths, *blobs)) for id_, *blobs in rows}
            self._forget(list(short))
            self._add_short(short)
            self._count(list(short), 1)
        return len(rows)

    def delete(self, ids: Sequence[int]) -> None:
        with self._db.transaction():
            self._forget(list(dict.fromkeys(ids)))

    def get(self, ids: Sequence[int]) -> dict[int, TokenCodes]:
        found: dict[int, TokenCodes] = {}
        for part in parts(ids):
            marks = ",".join("?" * len(part))
            rows = self._db.all(f"SELECT * FROM codes WHERE id IN ({marks})", *part)
            short = self._db.all(f"SELECT {_SHORT_TOLD} FROM short_codes WHERE id IN ({marks})", *part)
            with _belonging_together(self._db):
                found.update((id_, from_row(self._widths, *blobs)) for id_, *blobs in rows)
                found.update((id_, from_short_row(*columns)) for id_, *columns in short)
        return found

    def bits(self, ids: Sequence[int]) -> dict[int, npt.NDArray[np.uint8]]:
        found: dict[int, npt.NDArray[np.uint8]] = {}
        for part in parts(ids):
            marks = ",".join("?" * len(part))
            rows = self._db.all(f"SELECT id, bits, length(pieces) FROM codes WHERE id IN ({marks})", *part)
            short = self._db.all(f"SELECT id, bits FROM short_codes WHERE id IN ({marks})", *part)
            with _belonging_together(self._db):
                found.update((id_, code_rows(self._widths, bits, pieces)) for id_, bits, pieces in rows)
                found.update((id_, short_rows(bits)) for id_, bits in short)
        return found

    def frequencies(self) -> npt.NDArray[np.int64]:
        rows = self._db.all("SELECT piece, passages FROM frequencies WHERE passages > 0 AND piece != ?", _EVERY)
        counts = np.zeros(max((piece for piece, _ in rows), default=-1) + 1, np.int64)
        for piece, passages in rows:
            counts[piece] = passages
        return counts

    def counted(self) -> int:
        row = self._db.one("SELECT passages FROM frequencies WHERE piece = ?", _EVERY)
        return int(row[0]) if row else 0

    def ids(self) -> set[int]:
        return {row[0] for table in _TABLES for row in self._db.all(f"SELECT id FROM {table}")}

    def close(self) -> None:
        self._db.close()

    def _is_short(self, of: TokenCodes) -> bool:
        return self._may_shorten and 8 * of.bits.shape[1] == FEWER_BITS

    def _add_short(self, of: Mapping[int, TokenCodes]) -> None:
        rows = [(id_, *as_short_row(one)) for id_, one in of.items()]
        self._db.many("INSERT INTO short_codes VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def _forget(self, ids: Sequence[int]) -> None:
        self._count(ids, -1)
        for table in _TABLES:
            self._db.many(f"DELETE FROM {table} WHERE id = ?", [(id_,) for id_ in ids])

    def _count(self, ids: Sequence[int], step: int) -> None:
        """Add ``step`` to the frequency of every piece of the stored passages among ``ids`` that are counted."""
        counts: Counter[int] = Counter()
        for part in parts(ids):
            marks = ",".join("?" * len(part))
            stored = self._db.all(f"SELECT length(bits), pieces FROM codes WHERE id IN ({marks})", *part)
            listed = f"SELECT length(bits), pieces FROM short_codes WHERE id IN ({marks}) AND pieces IS NOT NULL"
            short = self._db.all(listed, *part)
            with _belonging_together(self._db):
                for length, pieces in stored:
                    width = code_width(self._widths, length, len(pieces))
                    counts.update(read_pieces(pieces, length // width).tolist())
                for length, pieces in short:
                    counts.update(read_pieces(pieces, 8 * length // FEWER_BITS).tolist())
            counts[_EVERY] += len(stored) + len(short)
        self._db.many(
            "INSERT INTO frequencies VALUES (?, ?) ON CONFLICT DO UPDATE SET passages = passages + excluded.passages",
            [(piece, step * count) for piece, count in counts.items()],
        )


@contextmanager
def _belonging_together(db: Database) -> Iterator[None]:
    """Turn what columns that do not belong together raise into ``LibraryDamaged``."""
    try:
        yield
    except ValueError as exc:
        raise LibraryDamaged(f"{db.path} holds codes of another length. Run `citewell doctor --repair`.") from exc


def _one_code_a_piece(db: Database) -> None:
    """Format 2: of one bit a dimension for every token, the mean for each piece, and as many bits as codes have now.

    Codes made from the vectors themselves differ in a few bits.
    """
    create, _, _ = _SCHEMA.partition(";")
    db.run(create)
    last = -1
    while rows := db.all("SELECT * FROM tokens WHERE id > ? ORDER BY id LIMIT ?", last, _AT_ONCE):
        with _belonging_together(db):
            made = [(id_, *as_row(_from_every_token(*blobs))) for id_, *blobs in rows]
        db.many("INSERT INTO codes VALUES (?, ?, ?, ?, ?)", made)
        last = rows[-1][0]
    db.run("DROP TABLE tokens")


def _from_every_token(bits: bytes, pieces: bytes, starts: bytes) -> TokenCodes:
    """Read a row of format 1, whose tokens of the title stand at -1.  Raises ``ValueError`` where it is none."""
    numbers, at = np.frombuffer(pieces, "<i4"), np.frombuffer(starts, "<i4")
    if len(at) != len(numbers) or len(bits) % max(len(numbers), 1):
        raise ValueError("codes of other tokens")
    signs = np.unpackbits(np.frombuffer(bits, np.uint8)).reshape(len(numbers), -1) if len(numbers) else _NONE
    return codes(TokenVectors(numbers, at, np.where(signs > 0, 1, -1).astype(np.float32)), 0, 0)


def _codes_may_be_shorter(_: Database) -> None:
    """Format 3: codes may be shortened.  Those that there are stay; a Citewell that knows no others must not read."""


def _some_are_counted(db: Database) -> None:
    """Format 4: shortened codes have a table of their own, and not every passage is counted.

    What there is stays until ``shorten`` comes to it.
    """
    db.run("INSERT OR REPLACE INTO frequencies SELECT ?, COUNT(*) FROM codes", _EVERY)


MIGRATIONS: tuple[Migration, ...] = (_one_code_a_piece, _codes_may_be_shorter, _some_are_counted)
