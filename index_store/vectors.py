"""Passage vectors in Chroma: the nearest passages to a question, by cosine.  The importer of chromadb, with
``vector_server`` for the same on a server and ``connecting``.

Keeps ids and vectors, no text: the catalogue is the truth and this index can be built again from it.  Knows no
embedder, no paper and no fusion.

Chroma's index is a graph (HNSW: Malkov and Yashunin 2018), and making a good one is what storing costs: of 20,000
vectors of 384 numbers with 32 neighbours and ef_construction 200 the last went in at 340 a second, and ever slower.
In a folder the graph is not what finds: a library that fits is compared in full, a larger one is gone through in 8 bits
(see ``scan``), which at 1,000,000 vectors is faster than the graph, misses less and knows filters.  So the graph of a
folder is about the least that Chroma makes, ten times as fast to store; that of a server, ``SEARCHED``, is to be asked.
Measured with chromadb 1.5.9 on vectors in clusters, 2 shared cores, vectors/s of the first 20,000 and of all:

    max_neighbors  ef_construction  a batch   20,000   100,000   bytes each
               32              200      256      489                   2009  (a server's)
                8               16      256     2473                   1818
                8               16     2048     3223      2391         1829
                4                8     2048     5100                   1790

A folder's have 4 and 4: of 270,000 vectors, 5,376 a batch, 8,170/s went in, 6,780 with 4 and 8 and 8,550 with 2 and 2.

Every batch saves the graph and the names of all vectors, 30 bytes each, 0.6 s of 1,000,000, so batches grow with the
library (``storing``).
``all()`` gives 100,000 vectors in 2.9 s (4.7 s beside other work): the ids 0.5 s, then pages of 1,000 ids 2.4 s; of
20,000 it takes 3.5 s, in one piece 7.3 s, for chromadb makes a Python list of every number.

Several processes on one folder.  Chroma does not support it: a client reads the graph once and then never sees what
others write, ``get`` of a new id fails, and a client whose graph is old can save it over a newer one.  Hence three
rules, kept here.  A write and an opening hold ``access.lock``, so that no client opens between a write's log and its
graph.  Every write appends one byte to ``changes``, whose length is the version of the content.  A writer whose
version is old reopens before it writes, and so does whatever reads all: a query, ``all()``.  For anyone else
``refresh()`` does it, and tells the version.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from index_store.chroma_graph import count_saved, is_cut_off
from index_store.compact import CompactFile, compacted
from index_store.damage import REPAIR, damaged, explained
from index_store.errors import LibraryDamaged, LibraryMismatch
from index_store.protocols import Compact, Ids, Scored, Vectors

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateCollectionConfiguration

COLLECTION = "passages"
PAGE = 1_000  # ids a read: the fastest of those measured, and far below SQLite's limit of variables
SEARCHED: CreateCollectionConfiguration = {
    "hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 32}
}
STORED: CreateCollectionConfiguration = {
    "hnsw": {
        "space": "cosine",
        "ef_construction": 4,
        "ef_search": 200,
        "max_neighbors": 4,
        # A library of a few papers is saved as a graph too; at Chroma's 1,000 each start would insert it anew.
        "batch_size": 100,
        "sync_threshold": 100,
    }
}

_PROBED = 100_000  # vectors that are read in a moment

_openings = itertools.count(1)


class ChromaVectors:
    """``protocols.VectorIndex`` in a folder of Chroma's.  Safe to share between threads, one call at a time.

    Raises ``LibraryDamaged`` where the folder is corrupt, ``LibraryMismatch`` where it holds vectors of another length
    than ``dim``, ``StorageError`` where the disk is full or the folder cannot be written.
    """

    _page = PAGE

    def __init__(self, folder: Path, dim: int) -> None:
        from filelock import FileLock

        self._folder = folder
        self._dim = dim
        self._mutex = threading.RLock()
        self._reading: AbstractContextManager[Any] = self._mutex
        self._client: Client | None = None
        with self._boundary():
            folder.mkdir(parents=True, exist_ok=True)
        self._access = FileLock(folder / "access.lock")
        self._changes = folder / "changes"
        self._rows_file = self._compact_file()
        self._open()

    def upsert(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Store ``(n, dim)`` float32 rows under ``n`` ids; where an id comes twice, its last row counts."""
        if vectors.shape != (len(ids), self._dim):
            raise ValueError(f"{len(ids)} ids need vectors of shape ({len(ids)}, {self._dim}), not {vectors.shape}")
        rows = {id_: row for row, id_ in enumerate(ids)}
        names, order = [str(id_) for id_ in rows], list(rows.values())
        for start in range(0, len(names), self._batch):
            page = slice(start, start + self._batch)
            with self._writing() as collection:
                self._keep([int(name) for name in names[page]], vectors[order[page]])
                collection.upsert(ids=names[page], embeddings=vectors[order[page]])

    def delete(self, ids: Sequence[int]) -> None:
        """Forget the ids; unknown ones are no error."""
        names = [str(id_) for id_ in dict.fromkeys(ids)]
        for start in range(0, len(names), self._page):
            page = names[start : start + self._page]
            with self._writing() as collection:
                collection.delete(ids=page)
                if self._rows_file is not None and self._rows_file.exists():
                    self._rows_file.forget([int(name) for name in page])

    def query(self, vector: npt.NDArray[np.float32], k: int) -> Scored:
        """Find the ``k`` nearest passages to a ``(dim,)`` unit vector, scored by cosine in [-1, 1].

        All are compared, so ``min(k, n)`` always come back; of a large library, ask ``compact`` instead.
        """
        if vector.shape != (self._dim,):
            raise ValueError(f"a query vector has the shape ({self._dim},), not {vector.shape}")
        if k < 1:
            return best_first(np.empty(0, np.int64), np.empty(0, np.float32), 0)
        return self._nearest(vector, k)

    def get(self, ids: Sequence[int]) -> Vectors:
        """Give the ``(n, dim)`` rows of ``n`` ids in that order.  Raises ``LibraryDamaged`` where one is missing."""
        wanted, order = np.unique(np.asarray(ids, np.int64), return_inverse=True)
        with self._reading:
            version = self._version
            try:
                return self._rows(wanted)[order]
            except LibraryDamaged:
                # Another process may have written the ids since this client read the graph.
                if self.refresh() == version:
                    raise
                return self._rows(wanted)[order]

    def all(self) -> tuple[Ids, Vectors]:
        """Give every id ``(n,)`` int64, ascending, with its row ``(n, dim)`` float32, as stored now."""
        with self._mutex:
            self.refresh()
            ids = np.asarray(sorted(self.ids()), np.int64)
            return ids, self._rows(ids)

    def compact(self) -> Compact | None:
        """Give all rows in 8 bits, as stored now; None where a server has them, which is asked instead."""
        if self._rows_file is None:
            return None
        with self._mutex, self._boundary():
            return self._rows_file.read() if self._rows_file.exists() else compacted(*self.all())

    def ids(self) -> set[int]:
        """Give the ids stored now, those that other processes wrote included; one that lacks its compact row is not."""
        with self._reading, self._boundary():
            stored = {int(name) for name in self._names()}
            if self._rows_file is not None and self._rows_file.exists():
                stored &= set(self._rows_file.read().ids.tolist())
            return stored

    def _names(self) -> list[str]:
        return self._collection.get(include=[])["ids"]

    def refresh(self) -> int:
        """Reopen if another process wrote; give the version of the content, which every write makes larger."""
        with self._mutex:
            if self._version != self._version_on_disk():
                self._open()
            return self._version

    def close(self) -> None:
        """Let go of the files.  A second call does nothing."""
        with self._mutex:
            client, self._client = self._client, None
            if client is not None:
                client.close()

    def _open(self) -> None:
        from chromadb import PersistentClient
        from chromadb.config import Settings

        self.close()
        with self._boundary(), self._access:
            self._version = self._version_on_disk()
            settings = Settings(anonymized_telemetry=False)
            self._client = cast("Client", PersistentClient(path=_new_spelling(self._folder), settings=settings))
            try:
                self._batch = self._client.get_max_batch_size()
                self._collection = self._open_collection(self._client)
                self._probe()
            except BaseException:  # a client that nobody has goes on with its threads and open files
                self.close()
                raise

    def _open_collection(self, client: Client) -> Collection:
        from chromadb.errors import NotFoundError

        try:
            collection = client.get_collection(COLLECTION, embedding_function=None)
        except NotFoundError as exc:
            if any(child.is_dir() for child in self._folder.iterdir()):
                raise self._damaged("its database is missing") from exc
            return client.create_collection(
                COLLECTION, configuration=STORED, metadata={"dim": self._dim}, embedding_function=None
            )
        return self._fitting(collection)

    def _fitting(self, collection: Collection) -> Collection:
        stored = (collection.metadata or {}).get("dim")
        if stored != self._dim:
            raise LibraryMismatch(
                f"The vector index in {self._folder} holds vectors of {stored} numbers, but the embedder in force "
                f"gives {self._dim}; build it again with: {REPAIR}"
            )
        return collection

    def _probe(self) -> None:
        """Raise where the graph's files are lost or cut off: Chroma would open all the same and answer wrongly.

        A large graph is not read for that, which takes seconds and as much memory as it has bytes: a search of so many
        passages asks the compact copy, and the first write reads the graph.
        """
        graphs = [child for child in self._folder.iterdir() if child.is_dir()]
        if any(is_cut_off(graph) for graph in graphs):
            raise self._damaged("its graph is cut off")
        if sum(count_saved(graph) for graph in graphs) <= _PROBED and self._collection.count():
            self._collection.get(limit=1, include=["embeddings"])

    def _nearest(self, vector: npt.NDArray[np.float32], k: int) -> Scored:
        ids, rows = self.all()
        lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(vector)
        return best_first(ids, np.clip(rows @ vector / np.maximum(lengths, 1e-9), -1, 1), k)

    def _compact_file(self) -> CompactFile | None:
        return CompactFile(self._folder / "compact", self._dim)

    def _keep(self, ids: Sequence[int], rows: Vectors) -> None:
        """Note rows in the compact file; a store from before there was one brings all it holds."""
        if self._rows_file is None:
            return
        if not self._rows_file.exists() and self._collection.count():
            self._rows_file.begin(*self.all())
        self._rows_file.append(ids, rows)

    def _rows(self, ids: Ids) -> Vectors:
        """Give the rows of ids that ascend without repeats."""
        rows = np.empty((len(ids), self._dim), np.float32)
        for start in range(0, len(ids), self._page):
            page = ids[start : start + self._page]
            with self._boundary():
                found = self._collection.get(ids=[str(id_) for id_ in page.tolist()], include=["embeddings"])
            names, vectors = found["ids"], found["embeddings"]
            if vectors is None or len(names) < len(page):
                missing = set(page.tolist()) - {int(name) for name in names}
                raise self._damaged(f"passage {min(missing)} is missing")
            rows[start + np.searchsorted(page, [int(name) for name in names])] = vectors
        return rows

    @contextmanager
    def _writing(self) -> Iterator[Collection]:
        with self._mutex, self._boundary(), self._access:
            self.refresh()
            with self._changes.open("ab") as file:  # before the write: a reader that sees it then waits for the lock
                file.write(b".")
            self._version += 1
            yield self._collection

    def _version_on_disk(self) -> int:
        try:
            return self._changes.stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def _boundary(self) -> Iterator[None]:
        from chromadb.errors import ChromaError

        try:
            yield
        except (ChromaError, OSError, ValueError) as exc:
            raise explained("vector index", self._folder, exc) from exc

    def _damaged(self, reason: str) -> LibraryDamaged:
        return damaged("vector index", self._folder, reason)


def best_first(ids: Ids, scores: npt.NDArray[np.float32], k: int) -> Scored:
    """Order ``(n,)`` ids by falling score, ties by rising id, and keep ``k``."""
    order = np.lexsort((ids, -scores))[:k]
    return Scored(ids[order], scores[order].astype(np.float32, copy=False))


def _new_spelling(folder: Path) -> str:
    """Spell the folder's path as no opening before did.

    chromadb keeps one client per spelling in the process and would give back an old one, even one that failed to
    start.  The number of the opening is written in binary: ``./`` is a one, an idle ``/`` a zero.
    """
    bits = f"{next(_openings):b}"
    return f"{folder}/" + "".join("./" if bit == "1" else "/" for bit in bits)
