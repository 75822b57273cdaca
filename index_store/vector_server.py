"""Passage vectors on a Chroma server: a collection for each edition of a library, everything else beside the app.

``FOLDER/vectors`` then holds no vector, only ``server.json``, which names the collection, and what ``vectors`` keeps
there to tell its readers of changes.  A library's vectors lie in one of the two places, and only a rebuild moves them:
whoever opens it with the other setting is told so, and nothing is made or thrown away.  Collections that no edition
names any more, since a rebuild or a repair has taken their place, are removed when the next one is made.

The server may go and come back at any time.  Nothing is kept of a connection: each call stands for itself, fails in
one sentence while nothing answers, and works again when the server does.  Chroma Cloud is one such server, at
https://api.trychroma.com, with a token, a tenant and a database; its quotas are kept to, so no more than the nearest
300 passages are asked for, and filters of a large library there rest more on the words.  Knows no paper and no
question.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index_store.connecting import connected, refused, sessions, short, unreachable
from index_store.damage import REPAIR, explained
from index_store.errors import LibraryDamaged, LibraryMismatch
from index_store.protocols import Scored, VectorIndex
from index_store.servers import ChromaServer
from index_store.vectors import PAGE, SEARCHED, ChromaVectors, best_first

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api.client import Client

RECORD = "server.json"  # a name that backups leave out: two libraries must not share a collection

_EDITION = re.compile(r"edition-\d+")
_NO_BATCH_LIMIT = 5_000  # vectors a request where the server names none


@dataclass(frozen=True, slots=True)
class _Record:
    """Which collection holds the vectors, and where it was made."""

    collection: str
    url: str


def open_vectors(folder: Path, dim: int, server: ChromaServer | None) -> VectorIndex:
    """Open the vectors of ``folder``, on ``server`` where one is given.

    Raises ``LibraryMismatch`` where they lie in the other place, ``VectorServerError``, or as ``ChromaVectors`` does.
    """
    refuse_elsewhere(folder, server)
    return ChromaVectors(folder, dim) if server is None else ServerVectors(folder, dim, server)


def on_server(folder: Path) -> bool:
    """Tell whether the vectors of ``folder`` are on a server."""
    return (folder / RECORD).exists()


def refuse_elsewhere(folder: Path, server: ChromaServer | None) -> None:
    """Raise ``LibraryMismatch`` where the vectors of ``folder`` lie in another place than the settings say."""
    if server is None and on_server(folder):
        found = _read(folder)
        raise LibraryMismatch(
            f"The vectors of the library in {folder.parent} are on the Chroma server at {found.url}. Set"
            f" CITEWELL_CHROMA_URL={found.url}, or run `citewell index --rebuild` to have them beside the papers."
        )
    if server is not None and (folder / "chroma.sqlite3").exists():
        raise LibraryMismatch(
            f"The vectors of the library in {folder.parent} lie beside the papers, not on the Chroma server at"
            f" {server.url}. Unset CITEWELL_CHROMA_URL, or run `citewell index --rebuild` to have them there."
        )


class ServerVectors(ChromaVectors):
    """``protocols.VectorIndex`` in a collection of a Chroma server.  Safe to share between threads.

    Raises ``VectorServerError`` where the server does not answer, refuses, or is no Chroma of a known version,
    ``LibraryDamaged`` where it has lost the collection, ``LibraryMismatch`` where that has another length of vectors.
    """

    def __init__(self, folder: Path, dim: int, server: ChromaServer) -> None:
        self._server = server
        self._page = server.most_records or PAGE
        super().__init__(folder, dim)
        self._reading = nullcontext()  # a server answers many at a time

    def refresh(self) -> int:
        """Give the version of the content; what others wrote is seen at once."""
        with self._mutex:
            self._version = self._version_on_disk()
            return self._version

    def close(self) -> None:
        """Let go of the connections.  A second call does nothing."""
        client = self._client
        super().close()
        if client is not None:
            for session in sessions(client):
                session.close()

    def _nearest(self, vector: npt.NDArray[np.float32], k: int) -> Scored:
        """Ask the graph, which is approximate.  Where it reaches too few passages, all are compared."""
        k = min(k, self._server.most_records or k)
        with self._reading, self._boundary():
            found = self._collection.query(query_embeddings=vector.tolist(), n_results=k, include=["distances"])
            names, distances = found["ids"][0], (found["distances"] or [[]])[0]
            if len(names) < min(k, self._collection.count()):
                return super()._nearest(vector, k)
        scores = np.clip(1 - np.asarray(distances, np.float32), -1, 1)
        return best_first(np.asarray([int(name) for name in names], np.int64), scores, k)

    def _names(self) -> list[str]:
        most = self._server.most_records
        if most is None:
            return super()._names()
        names: list[str] = []
        while page := self._collection.get(limit=most, offset=len(names), include=[])["ids"]:
            names += page
        return names

    def _compact_file(self) -> None:
        """Keep no rows beside the server's: its graph finds."""

    def _open(self) -> None:
        with self._boundary(), self._access:
            self._version = self._version_on_disk()
            client = self._client = connected(self._server)
            try:
                limit = client.get_max_batch_size()
                known = limit if limit > 0 else _NO_BATCH_LIMIT
                self._batch = min(known, self._server.most_records or known)
                self._collection = self._open_collection(client)
            except BaseException:
                self.close()
                raise

    def _open_collection(self, client: Client) -> Collection:
        from chromadb.errors import NotFoundError

        if not on_server(self._folder):
            return self._make_collection(client)
        found = _read(self._folder)
        try:
            return self._fitting(client.get_collection(found.collection, embedding_function=None))
        except NotFoundError as exc:
            moved = "" if found.url == self._server.url else f"; it was made at {found.url}"
            raise self._damaged(f"it has no collection {found.collection}{moved}") from exc

    def _make_collection(self, client: Client) -> Collection:
        library = _library_id(self._root)
        self._sweep(client, library)
        name = f"citewell-{secrets.token_hex(8)}"
        metadata = {"dim": self._dim, "library": library}
        made = client.create_collection(
            name, configuration=SEARCHED, metadata=metadata, embedding_function=None, get_or_create=False
        )
        _write(self._folder / RECORD, json.dumps({"collection": name, "url": self._server.url}))
        return made

    def _sweep(self, client: Client, library: str) -> None:
        """Remove this library's collections that none of its editions names."""
        folders = [place / "vectors" for place in (self._root, *self._root.glob("edition-*"))]
        named = {_read(folder).collection for folder in folders if on_server(folder)}
        for collection in client.list_collections():
            if (collection.metadata or {}).get("library") == library and collection.name not in named:
                client.delete_collection(collection.name)

    @property
    def _root(self) -> Path:
        place = self._folder.absolute().parent
        return place.parent if _EDITION.fullmatch(place.name) else place

    @contextmanager
    def _boundary(self) -> Iterator[None]:
        import httpx
        from chromadb.errors import ChromaError, InternalError, NotFoundError

        try:
            yield
        except OSError as exc:
            raise explained("vector index", self._folder, exc) from exc
        except httpx.HTTPError as exc:
            raise unreachable(self._server, exc) from exc
        except (InternalError, NotFoundError) as exc:
            raise self._damaged(short(exc)) from exc
        except (ChromaError, ValueError) as exc:
            raise refused(self._server, exc) from exc
        except Exception as exc:
            if type(exc) is not Exception:  # what chromadb raises for any other answer
                raise
            raise refused(self._server, exc) from exc

    def _damaged(self, reason: str) -> LibraryDamaged:
        return LibraryDamaged(
            f"The vector index on the Chroma server at {self._server.url} is damaged ({reason}); build it again with: "
            f"{REPAIR}"
        )


def _read(folder: Path) -> _Record:
    file = folder / RECORD
    try:
        found = json.loads(file.read_text("utf-8"))
        return _Record(str(found["collection"]), str(found["url"]))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise LibraryDamaged(
            f"{file} does not say where the vectors are ({exc}); build them again with: {REPAIR}"
        ) from exc


def _library_id(root: Path) -> str:
    """Name a library so that no other has its name, not even a copy of its folder."""
    file = root / "server-id"
    with suppress(FileNotFoundError):
        return f"{file.read_text('utf-8').strip()} {root}"
    _write(file, secrets.token_hex(8))
    return _library_id(root)


def _write(file: Path, text: str) -> None:
    draft = file.with_name(f"{file.name}.tmp")
    with draft.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
