"""Token codes in SQLite, one row a passage, and how many passages have each piece of the vocabulary.

A row has a code for each distinct piece, and for each token of the abstract the number of its piece and how far it
stands from the one before: see ``as_row``.  That is 2.2 KB for a passage of the seeds, 1.6 KB with codes that are
shortened (see ``late``); a file may hold both kinds.  Only the rows of a question's
candidates are ever read.  Like the vectors they are derived from the catalogue and can be made again.  Knows no
embedder and no search.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index_store.database import Database, Migration
from index_store.directions import BITS, FEWER_BITS, code_bits
from index_store.errors import LibraryDamaged
from index_store.late import codes
from index_store.protocols import TokenCodes, TokenVectors

_SCHEMA = """
CREATE TABLE IF NOT EXISTS codes (
    id     INTEGER PRIMARY KEY,
    bits   BLOB NOT NULL,
    pieces BLOB NOT NULL,
    which  BLOB NOT NULL,
    steps  BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS frequencies (
    piece    INTEGER PRIMARY KEY,
    passages INTEGER NOT NULL
);
"""
_PAGE = 16_384  # bytes: seven rows; of 4,096 a row would take one alone
_SQL_VARIABLES = 500  # at most this many values in one IN (…)
_AT_ONCE = 1_000  # rows of an older format that are read together
_NONE = np.zeros((0, 0), np.uint8)
_ON = 255  # a byte of ``steps`` that goes on in the next


class SqliteTokens:
    """``protocols.TokenIndex`` in one file.  Safe to share between threads."""

    def __init__(self, path: Path, dim: int) -> None:
        """Open the file for vectors of ``dim`` numbers.  Raises ``LibraryDamaged`` or ``StorageError``."""
        self._db = Database(path, _SCHEMA, migrations=MIGRATIONS, page_size=_PAGE)
        width = code_bits(dim) // 8
        self._widths = (width, FEWER_BITS // 8) if width == BITS // 8 else (width,)

    def upsert(self, ids: Sequence[int], tokens: Sequence[TokenCodes]) -> None:
        rows = {id_: (id_, *as_row(one)) for id_, one in zip(ids, tokens, strict=True)}
        with self._db.transaction():
            self._forget(list(rows))
            self._db.many("INSERT INTO codes VALUES (?, ?, ?, ?, ?)", rows.values())
            self._count(list(rows), 1)

    def delete(self, ids: Sequence[int]) -> None:
        with self._db.transaction():
            self._forget(list(dict.fromkeys(ids)))

    def get(self, ids: Sequence[int]) -> dict[int, TokenCodes]:
        found: dict[int, TokenCodes] = {}
        for part in _parts(ids):
            marks = ",".join("?" * len(part))
            rows = self._db.all(f"SELECT * FROM codes WHERE id IN ({marks})", *part)
            with _belonging_together(self._db):
                found.update((id_, _codes(self._widths, *blobs)) for id_, *blobs in rows)
        return found

    def bits(self, ids: Sequence[int]) -> dict[int, npt.NDArray[np.uint8]]:
        found: dict[int, npt.NDArray[np.uint8]] = {}
        for part in _parts(ids):
            marks = ",".join("?" * len(part))
            rows = self._db.all(f"SELECT id, bits, length(pieces) FROM codes WHERE id IN ({marks})", *part)
            with _belonging_together(self._db):
                found.update((id_, _rows(self._widths, bits, pieces)) for id_, bits, pieces in rows)
        return found

    def frequencies(self) -> npt.NDArray[np.int64]:
        rows = self._db.all("SELECT piece, passages FROM frequencies WHERE passages > 0")
        counts = np.zeros(max((piece for piece, _ in rows), default=-1) + 1, np.int64)
        for piece, passages in rows:
            counts[piece] = passages
        return counts

    def ids(self) -> set[int]:
        return {row[0] for row in self._db.all("SELECT id FROM codes")}

    def close(self) -> None:
        self._db.close()

    def _forget(self, ids: Sequence[int]) -> None:
        self._count(ids, -1)
        self._db.many("DELETE FROM codes WHERE id = ?", [(id_,) for id_ in ids])

    def _count(self, ids: Sequence[int], step: int) -> None:
        """Add ``step`` to the frequency of every piece of the stored passages among ``ids``."""
        counts: Counter[int] = Counter()
        for part in _parts(ids):
            marks = ",".join("?" * len(part))
            stored = self._db.all(f"SELECT length(bits), pieces FROM codes WHERE id IN ({marks})", *part)
            with _belonging_together(self._db):
                for length, pieces in stored:
                    width = _width(self._widths, length, len(pieces))
                    counts.update(_pieces(pieces, length // width).tolist())
        self._db.many(
            "INSERT INTO frequencies VALUES (?, ?) ON CONFLICT DO UPDATE SET passages = passages + excluded.passages",
            [(piece, step * count) for piece, count in counts.items()],
        )


def as_row(of: TokenCodes) -> tuple[bytes, bytes, bytes, bytes]:
    """Give the columns of a passage: codes, pieces, numbers of the tokens' pieces, steps between the tokens.

    Pieces take two bytes each, or four where one needs that; numbers take one byte, or two where there are more than
    256 pieces.  A step is the sum of bytes of which all but the last are 255.
    """
    pieces = of.pieces.astype("<u2" if of.pieces.max(initial=0) < 1 << 16 else "<u4")
    which = of.which.astype("<u1" if len(pieces) <= 1 << 8 else "<u2")
    whole, rest = np.divmod(np.diff(of.starts, prepend=0), _ON)
    ends = np.cumsum(whole + 1)
    steps = np.full(ends[-1] if len(ends) else 0, _ON, np.uint8)
    steps[ends - 1] = rest
    return of.bits.tobytes(), pieces.tobytes(), which.tobytes(), steps.tobytes()


def _codes(widths: Sequence[int], bits: bytes, pieces: bytes, which: bytes, steps: bytes) -> TokenCodes:
    """Read the columns of ``as_row``.  Raises ``ValueError`` where they do not belong together."""
    rows = _rows(widths, bits, len(pieces))
    added = np.frombuffer(steps, np.uint8)
    starts = np.cumsum(added, dtype=np.int32)[added != _ON]
    numbers = np.frombuffer(which, "<u1" if len(rows) <= 1 << 8 else "<u2")
    if len(numbers) != len(starts) or numbers.max(initial=0) >= max(len(rows), 1) or (len(numbers) and not len(rows)):
        raise ValueError("tokens without a code")
    return TokenCodes(rows, _pieces(pieces, len(rows)), numbers.astype(np.int32), starts)


def _rows(widths: Sequence[int], bits: bytes, pieces: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(bits, np.uint8).reshape(-1, _width(widths, len(bits), pieces))


def _width(widths: Sequence[int], bits: int, pieces: int) -> int:
    """Tell which of ``widths`` codes have that take so many bytes, their pieces so many.

    Raises ``ValueError`` where none fits; no two do while the shorter is not half of the longer.
    """
    for width in widths:
        count, rest = divmod(bits, width)
        if not rest and pieces in (2 * count, 4 * count):
            return width
    raise ValueError("codes of other pieces")


def _pieces(stored: bytes, count: int) -> npt.NDArray[np.int32]:
    """Read ``count`` pieces.  Raises ``ValueError`` where there are more or fewer."""
    wide = len(stored) == 4 * count
    if not wide and len(stored) != 2 * count:
        raise ValueError("codes of other pieces")
    return np.frombuffer(stored, "<u4" if wide else "<u2").astype(np.int32)


@contextmanager
def _belonging_together(db: Database) -> Iterator[None]:
    """Turn what columns that do not belong together raise into ``LibraryDamaged``."""
    try:
        yield
    except ValueError as exc:
        raise LibraryDamaged(f"{db.path} holds codes of another length. Run `citewell doctor --repair`.") from exc


def _parts(values: Sequence[int]) -> Iterator[Sequence[int]]:
    return (values[i : i + _SQL_VARIABLES] for i in range(0, len(values), _SQL_VARIABLES))


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


MIGRATIONS: tuple[Migration, ...] = (_one_code_a_piece, _codes_may_be_shorter)
