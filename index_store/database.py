"""One SQLite file, opened so that a crash loses nothing, with SQLite's errors mapped to Citewell's.

The only importer of sqlite3.  Knows connections and transactions, not what the tables mean.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from index_store.errors import CitewellError, InputError, LibraryDamaged, LibraryLocked, LibraryMismatch, StorageError

T = TypeVar("T")
Row = tuple[Any, ...]

_BUSY_SECONDS = 30.0
_VARIABLES = 500  # at most this many values in one IN (…)
Migration = Callable[["Database"], None]

_CUT_OFF = (sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS)  # the file's fault, not the disk's


class Database:
    """An open database file.  Safe to share between threads: one statement at a time."""

    def __init__(
        self,
        path: Path,
        schema: str,
        remedy: str = "Run `citewell doctor --repair`.",
        migrations: Sequence[Migration] = (),
        page_size: int = 4_096,
        *,
        private: bool = False,
    ) -> None:
        """Open ``path``; make it with ``schema`` if absent, bring it up to date with ``migrations`` if it is older.

        ``remedy`` is the sentence that tells what to do when the file is damaged.  The first migration makes format 2
        of format 1, and so on.  ``page_size``, in bytes, is that of a file that is made or migrated here.  A
        ``private`` file is for its owner's eyes only, on a machine that others use too.  Raises ``LibraryDamaged``,
        ``StorageError``, or ``LibraryMismatch`` for a newer file.
        """
        self.path = path
        self._remedy = remedy
        self._lock = threading.RLock()
        with self.errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            if private and path.name != ":memory:":
                path.touch(0o600)  # before there is anything in it; SQLite gives the files beside it the same
                with suppress(PermissionError):  # another user's, who lets this one write
                    path.chmod(0o600)
            self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None)
        try:
            with self.errors():
                self._db.execute(f"PRAGMA page_size = {page_size}")  # no other way once there is a write-ahead log
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")  # a power cut must not lose what other files rely on
                self._bring_up(migrations)
                self._db.executescript(schema)
        except CitewellError:
            self._db.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _bring_up(self, migrations: Sequence[Migration]) -> None:
        """Migrate an older file in one transaction; a copy of it lies beside it until that is done."""
        current, found = len(migrations) + 1, self._format()
        if found > current:
            raise LibraryMismatch(
                f"{self.path} was made by a newer Citewell (format {found}, this one knows {current})."
                " Run `pip install -U citewell`."
            )
        if 0 < found < current:
            copy = self.path.with_name(f"{self.path.name}.before-format-{current}")
            self.copy_to(copy)
            with self.transaction():
                for migrate in migrations[self._format() - 1 :]:  # asked again: another process may have been first
                    migrate(self)
                self.run(f"PRAGMA user_version = {current}")
            with suppress(OSError):
                copy.unlink()
            self._pack()
        elif not found:  # before the tables: a file with tables and no format is one of format 1
            self.run(f"PRAGMA user_version = {current}")

    def _pack(self) -> None:
        """Give back what a migration has freed; where that cannot be now, the file stays larger than it need be."""
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA journal_mode = DELETE")
            self._db.execute("VACUUM")
        self._db.execute("PRAGMA journal_mode = WAL")

    def _format(self) -> int:
        """Give the format of the file, 0 for one that is new.  Format 1 was not written down at first."""
        (noted,) = self.one("PRAGMA user_version") or (0,)
        return int(noted) or int(self.one("SELECT 1 FROM sqlite_master LIMIT 1") is not None)

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

    def version(self) -> tuple[int, int] | None:
        """Give what changes with every change of the content, by any process; None inside a transaction."""
        with self._lock:
            if self._db.in_transaction:
                return None
            (others,) = self.one("PRAGMA data_version") or (0,)
            return int(others), self._db.total_changes

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
        return self.damaged(str(exc))

    def damaged(self, reason: str) -> LibraryDamaged:
        """Say that the file is damaged, and what to do."""
        return LibraryDamaged(f"{self.path} is damaged ({reason}). {self._remedy}")


def snapshot(path: Path, copy: Path) -> None:
    """Write a copy of a database file as it is in one moment, whatever its format; others may go on using it.

    Raises ``LibraryDamaged`` where the file is none, ``StorageError`` where the copy cannot be written.
    """
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target, pages=4_096)
            found = target.execute("PRAGMA quick_check(1)").fetchone()
    except (sqlite3.OperationalError, OSError) as exc:
        raise StorageError(f"{path} cannot be copied to {copy.parent}: {exc}. Free some space and try again.") from exc
    except sqlite3.DatabaseError as exc:
        raise LibraryDamaged(f"{path} is damaged ({exc}). Run `citewell doctor`.") from exc
    if found != ("ok",):
        raise LibraryDamaged(f"{path} is damaged ({found[0]}). Run `citewell doctor`.")


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut values into as many as one ``IN (…)`` may have."""
    return (values[i : i + _VARIABLES] for i in range(0, len(values), _VARIABLES))
