"""One SQLite file, opened so that a crash loses nothing, with SQLite's errors mapped to Citewell's.

The only importer of sqlite3.  Knows connections and transactions, not what the tables mean.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from index_store.errors import CitewellError, InputError, LibraryDamaged, LibraryLocked, StorageError

Row = tuple[Any, ...]

_BUSY_SECONDS = 30.0
_CUT_OFF = (sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS)  # the file's fault, not the disk's


class Database:
    """An open database file.  Safe to share between threads: one statement at a time."""

    def __init__(self, path: Path, schema: str, remedy: str = "Run `citewell doctor --repair`.") -> None:
        """Open ``path``; make it with ``schema`` if absent.  Raises ``LibraryDamaged`` or ``StorageError``.

        ``remedy`` is the sentence that tells what to do when the file is damaged.
        """
        self.path = path
        self._remedy = remedy
        self._lock = threading.RLock()
        with self.errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None)
        try:
            with self.errors():
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")  # a power cut must not lose what other files rely on
                self._db.executescript(schema)
        except CitewellError:
            self._db.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one step: all of it is on disk afterwards, or none."""
        with self._lock:
            try:
                self.run("BEGIN IMMEDIATE")
                yield
                self.run("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled back already
                    self.run("ROLLBACK")
                raise

    def all(self, statement: str, *values: object) -> list[Row]:
        with self._lock, self.errors():
            return self._db.execute(statement, values).fetchall()

    def one(self, statement: str, *values: object) -> Row | None:
        with self._lock, self.errors():
            row: Row | None = self._db.execute(statement, values).fetchone()
            return row

    def run(self, statement: str, *values: object) -> int:
        """Execute one statement; returns the id of the row it inserted, if it did."""
        with self._lock, self.errors():
            return self._db.execute(statement, values).lastrowid or 0

    def many(self, statement: str, rows: Iterable[Row]) -> None:
        with self._lock, self.errors():
            self._db.executemany(statement, rows)

    def check(self) -> str | None:
        """Run SQLite's integrity check: None when sound, else what it found."""
        with self._lock, self.errors():
            found = [row[0] for row in self._db.execute("PRAGMA quick_check(3)")]
        return None if found == ["ok"] else "; ".join(found)

    def copy_to(self, path: Path) -> None:
        """Write a copy of the file as it is in one moment; others may read and write it meanwhile."""
        with self._lock, self.errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(path)) as copy:
                self._db.backup(copy)

    @contextmanager
    def errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            raise self._translated(exc) from exc
        except OSError as exc:
            raise StorageError(f"{self.path.parent} cannot be written: {exc.strerror}. Choose another --home.") from exc
        except (UnicodeEncodeError, OverflowError) as exc:
            raise InputError(
                f"{self.path} holds Unicode text and numbers of at most 64 bits; another was given: {exc}."
            ) from exc

    def _translated(self, exc: sqlite3.Error) -> CitewellError:
        code = getattr(exc, "sqlite_errorcode", None)
        primary = None if code is None else code & 0xFF
        if primary == sqlite3.SQLITE_FULL:
            return StorageError(f"The disk that holds {self.path.parent} is full. Free some space and run it again.")
        if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return StorageError(f"{self.path} cannot be written. Mend its permissions or choose another --home.")
        if primary == sqlite3.SQLITE_IOERR and code not in _CUT_OFF:
            return StorageError(f"{self.path} cannot be read or written ({exc}). Free space or mend the disk.")
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return LibraryLocked(f"{self.path} is in use by another process. Try again when that has finished.")
        return LibraryDamaged(f"{self.path} is damaged ({exc}). {self._remedy}")
