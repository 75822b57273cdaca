"""The library in force, lent to one call after another while rebuilds replace it.

A call uses one edition from beginning to end.  What another process has published is picked up at the next call, be it
a build or a whole new edition: then the new one is opened, and the old one closed when the last call in it has ended.
An edition may even be removed under a call, by the second rebuild after it: then the call is made again in the newer
one, for what it read was half gone.  Knows no query.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from index_store.errors import LibraryDamaged, LibraryMismatch
from index_store.index import Index, load_index
from index_store.shelf import Shelf, open_shelf, place_of

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Lent:
    """An open shelf, what was read from it, and how many calls are using it."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.users = 0
        self._lock = threading.Lock()
        self._file = _number(shelf.catalogue.db.path)
        self._stamp: tuple[int, int] | None = None
        self._index: Index | None = None

    def index(self) -> Index:
        """Give the index as it is published now; read it again where a build has changed it."""
        stamp = self._manifest_stamp()
        with self._lock:
            if self._index is None or stamp != self._stamp:
                self._index, self._stamp = load_index(self.shelf), stamp
            return self._index

    def is_there(self) -> bool:
        """Tell whether its files are, and are those that were opened; when it is removed, the catalogue goes first."""
        return self._file is not None and _number(self.shelf.catalogue.db.path) == self._file

    def _manifest_stamp(self) -> tuple[int, int] | None:
        try:
            found = self.shelf.manifest_path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino


def _number(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


class Lender:
    """Keeps one shelf open: that of the newest edition.  Safe to share between threads."""

    def __init__(self, shelf: Shelf) -> None:
        self._folder, self._embedder, self._server = shelf.folder, shelf.embedder, shelf.server
        self._lock = threading.Lock()
        self._lent = Lent(shelf)
        self._closed = False
        self._passed_over: Path | None = None

    def reading(self, read: Callable[[Lent], T]) -> T:
        """Give what ``read`` makes of the edition in force; made again where that was removed meanwhile.

        Raises ``LibraryDamaged`` where it was removed and there is no other: files that are still open would go on
        answering, from half of a library.
        """
        while True:
            with self.using() as lent:
                try:
                    found = read(lent)
                except Exception:
                    if not self._gone(lent):
                        raise
                else:
                    if lent.is_there():
                        return found
                    if not self._gone(lent):
                        raise LibraryDamaged(
                            f"The library in {self._folder} is no longer there: its files were removed or exchanged,"
                            " or its disk is away. Bring them back, or run `citewell index FILE...`, and start"
                            " Citewell again."
                        )

    @contextmanager
    def using(self) -> Iterator[Lent]:
        """Lend the edition in force; it stays open until it is given back, but only a writer keeps it from removal."""
        with self._lock:
            if not self._closed:
                self._turn_over()
            lent = self._lent
            lent.users += 1
        try:
            yield lent
        finally:
            with self._lock:
                lent.users -= 1
                if not lent.users and (self._closed or lent is not self._lent):
                    lent.shelf.close()

    @contextmanager
    def changing(self) -> Iterator[Lent]:
        """Lend the edition in force to one who writes to it and keeps others from writing.

        Raises ``LibraryMismatch`` where another one was published that cannot be asked from here: what is written to
        the one in use would be lost with it.
        """
        with self.using() as lent:
            if place_of(self._folder) != lent.shelf.place:
                raise LibraryMismatch(
                    f"The library in {self._folder} was built again with other settings since I was started, so I"
                    " cannot change it. Start me again, then repeat this."
                )
            yield lent

    def close(self) -> None:
        """Close the files, now or when the last call that uses them has ended."""
        with self._lock:
            self._closed = True
            if not self._lent.users:
                self._lent.shelf.close()

    def _gone(self, lent: Lent) -> bool:
        """Tell whether an edition was removed and another can be asked instead."""
        return not self._closed and not lent.is_there() and place_of(self._folder) != lent.shelf.place

    def _turn_over(self) -> None:
        """Open the edition in force where another was published; of another embedder's none can be asked from here.

        Raises ``LibraryMismatch`` where such a one has come and the one in use has been removed.
        """
        place, before = place_of(self._folder), self._lent
        if place == before.shelf.place:
            return
        still_there = before.is_there()
        if still_there and place == self._passed_over:
            return
        try:
            self._lent = Lent(open_shelf(self._folder, self._embedder, self._server))
        except LibraryMismatch as exc:
            if not still_there:
                raise
            self._passed_over = place
            _log.warning("%s Until I am started again I answer from the library as it was before.", exc)
            return
        if not before.users:
            before.shelf.close()
