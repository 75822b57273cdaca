"""A library open for reading: search, browse, count.

It holds the passage vectors in memory up to ``HELD_IN_MEMORY`` passages, where comparing with all of them is exact and
fast, and asks Chroma's graph beyond.  What a build in another process has published is picked up at the next call.
Knows no question, only queries.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index_store import manifest
from index_store.doctor import open_mended
from index_store.errors import LibraryDamaged
from index_store.protocols import Embedder
from index_store.search import Index, Ranking, load_index, rank
from index_store.shelf import Shelf, open_shelf, writing
from index_store.types import WHOLE_LIBRARY, Hit, Paper, Scope


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a library: how much it holds, and whether the last build finished."""

    papers: int
    passages: int
    waiting: int
    digest: str | None
    embedder: str
    folder: str


class Library:
    """One open library.  Safe to share between threads."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._index: Index | None = None

    @classmethod
    def open(cls, folder: Path, embedder: Embedder) -> Library:
        """Open the library in ``folder``; an absent one is made, empty.

        What a killed run left of an index that no longer opens is put aside; the next run completes the library.
        Raises ``LibraryMismatch``, ``LibraryDamaged``, ``LibraryLocked`` or ``StorageError``.
        """
        try:
            return cls(open_shelf(folder, embedder))
        except LibraryDamaged:
            with writing(folder):
                return cls(open_mended(folder, embedder))

    @property
    def embedder(self) -> Embedder:
        return self._shelf.embedder

    def __len__(self) -> int:
        return len(self._shelf.catalogue)

    def rank(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> Ranking:
        """Find the ``k`` best papers for a query, with what the ranking was made from."""
        return rank(self._current(), query, k, scope)

    def search(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> tuple[Hit, ...]:
        """Find the ``k`` best papers for a query, best first, each with its matching passages."""
        return self.rank(query, k, scope).hits

    def paper(self, paper_id: str) -> Paper | None:
        return self._shelf.catalogue.paper(paper_id)

    def papers(
        self, *, offset: int = 0, limit: int = 50, query: str = "", scope: Scope = WHOLE_LIBRARY
    ) -> tuple[list[Paper], int]:
        """List papers by title: one page, and how many there are.  ``query`` must occur in title or authors."""
        return self._shelf.catalogue.papers(offset=offset, limit=limit, query=query, scope=scope)

    def collections(self) -> dict[str, int]:
        """Count the papers of each collection."""
        return self._shelf.catalogue.collections()

    def status(self) -> Status:
        catalogue = self._shelf.catalogue
        built = manifest.read(self._shelf.manifest_path)
        return Status(
            papers=len(catalogue),
            passages=catalogue.passage_count(),
            waiting=catalogue.waiting_count(),
            digest=built.digest if built else None,
            embedder=self._shelf.embedder.name,
            folder=str(self._shelf.folder),
        )

    def status_dict(self) -> dict[str, Any]:
        status = self.status()
        return {name: getattr(status, name) for name in Status.__dataclass_fields__}

    def close(self) -> None:
        self._shelf.close()

    def _current(self) -> Index:
        """Give the index as it is published now; load it again where a build has replaced it."""
        stamp = self._manifest_stamp()
        with self._lock:
            if self._index is None or stamp != self._stamp:
                self._index, self._stamp = load_index(self._shelf), stamp
            return self._index

    def _manifest_stamp(self) -> tuple[int, int] | None:
        try:
            found = self._shelf.manifest_path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino
