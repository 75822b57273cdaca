"""A library open for reading: search, browse, count.

It holds the passage vectors in memory up to ``HELD_IN_MEMORY`` passages, where comparing with all of them is exact and
fast, and asks Chroma's graph beyond.  What another process has published is picked up at the next call, be it a build
or a whole new edition: then the new one is opened, and the old one closed when the last search in it has ended.  Knows
no question, only queries.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index_store import manifest, removal
from index_store.browsing import Order
from index_store.doctor import open_mended
from index_store.errors import LibraryDamaged, LibraryMismatch
from index_store.late import QueryTokens, Scores, query_tokens, span_matches
from index_store.neighbours import similar
from index_store.protocols import Embedder, Reranker
from index_store.reranking import RERANKED, reranked
from index_store.search import Index, Query, Ranking, codes_of, encode_queries, encode_query, load_index, rank
from index_store.servers import ChromaServer
from index_store.shelf import Shelf, open_shelf, place_of, writing
from index_store.types import WHOLE_LIBRARY, Hit, Paper, Scope, Span

_QUERIES = 64  # encoded queries kept
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a library: how much it holds, and whether the last build finished."""

    papers: int
    passages: int
    waiting: int
    digest: str | None
    embedder: str
    folder: str


class _Lent:
    """An open shelf, what was read from it, and how many calls are using it."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.users = 0
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._index: Index | None = None

    def index(self) -> Index:
        """Give the index as it is published now; read it again where a build has changed it."""
        stamp = self._manifest_stamp()
        with self._lock:
            if self._index is None or stamp != self._stamp:
                self._index, self._stamp = load_index(self.shelf), stamp
            return self._index

    def _manifest_stamp(self) -> tuple[int, int] | None:
        try:
            found = self.shelf.manifest_path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino


class Library:
    """One open library.  Safe to share between threads."""

    def __init__(self, shelf: Shelf, reranker: Reranker | None = None) -> None:
        self._reranker = reranker
        self._folder, self._embedder, self._server = shelf.folder, shelf.embedder, shelf.server
        self._lock = threading.Lock()
        self._lent = _Lent(shelf)
        self._closed = False
        self._passed_over: Path | None = None
        self._queries: dict[str, Query] = {}

    @classmethod
    def open(
        cls,
        folder: Path,
        embedder: Embedder,
        reranker: Reranker | None = None,
        server: ChromaServer | None = None,
    ) -> Library:
        """Open the library in ``folder``; an absent one is made, empty.

        What a killed run left of an index that no longer opens is put aside; the next run completes the library.
        With ``server``, its vectors are there.  Raises ``LibraryMismatch``, ``LibraryDamaged``, ``LibraryLocked``,
        ``StorageError`` or ``VectorServerError``.
        """
        try:
            return cls(open_shelf(folder, embedder, server), reranker)
        except LibraryDamaged:
            with writing(folder):
                return cls(open_mended(folder, embedder, server), reranker)

    @property
    def embedder(self) -> Embedder:
        return self._embedder

    def __len__(self) -> int:
        with self._using() as lent:
            return len(lent.shelf.catalogue)

    def rank(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> Ranking:
        """Find the ``k`` best papers for a query, with what the ranking was made from; none for a blank one."""
        if not query.strip():
            return Ranking()
        with self._using() as lent:
            index = lent.index()
            if self._reranker is None:
                return rank(index, self._encoded(index, query), k, scope)
            found = rank(index, self._encoded(index, query), max(k, RERANKED), scope)
        again = reranked(found, query, self._reranker)
        return replace(again, hits=again.hits[:k], evidence=again.evidence[:k])

    def rank_all(self, queries: Sequence[str], k: int = 10) -> Iterator[Ranking]:
        """Find the ``k`` best papers for each of many queries, which are encoded together."""
        with self._using() as lent:
            index = lent.index()
            for query in encode_queries(index, queries):
                yield rank(index, query, k) if query.text.strip() else Ranking()

    def sample(self, limit: int) -> list[Paper]:
        """Give up to ``limit`` papers, chosen as if at random but always the same for the same papers."""
        with self._using() as lent:
            return lent.shelf.catalogue.sample(limit)

    def terms(self, text: str) -> list[str]:
        """Give the terms of a text as the lexical index knows them."""
        with self._using() as lent:
            return lent.shelf.lexical.terms(text)

    def question_tokens(self, question: str) -> tuple[QueryTokens, npt.NDArray[np.int32]]:
        """Give the content tokens of a question, weighted, and the character offsets where they start: (n,)."""
        with self._using() as lent:
            index = lent.index()
            tokens = self._encoded(index, question).tokens
            return query_tokens(tokens, index.idf), tokens.starts

    def coverage(self, question: str, paper: Paper) -> float:
        """Tell how well a paper covers the words of a question, in [0, 1]."""
        query, _ = self.question_tokens(question)
        return float(self.span_matches(query, paper, ())[-1] @ query.weights)

    def span_matches(self, query: QueryTokens, paper: Paper, spans: Sequence[Span]) -> Scores:
        """Tell how well each span of a paper's abstract matches each question token; see ``late.span_matches``."""
        with self._using() as lent:
            number = lent.shelf.catalogue.number(paper.id)
            return span_matches(query, codes_of(lent.index(), number), spans)

    def search(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> tuple[Hit, ...]:
        """Find the ``k`` best papers for a query, best first, each with its matching passages."""
        return self.rank(query, k, scope).hits

    def paper(self, paper_id: str) -> Paper | None:
        with self._using() as lent:
            return lent.shelf.catalogue.paper(paper_id)

    def papers(
        self,
        *,
        offset: int = 0,
        limit: int = 50,
        query: str = "",
        scope: Scope = WHOLE_LIBRARY,
        order: Order = "title",
    ) -> tuple[list[Paper], int]:
        """List papers: one page, and how many there are.  ``query`` must occur in title or authors."""
        with self._using() as lent:
            return lent.shelf.catalogue.papers(offset=offset, limit=limit, query=query, scope=scope, order=order)

    def similar(self, paper_id: str, k: int = 5) -> tuple[Hit, ...]:
        """Find the ``k`` papers nearest to a paper, best first; their scores are cosines in [0, 1]."""
        with self._using() as lent:
            return similar(lent.index(), lent.shelf.catalogue.number(paper_id), k)

    def remove(self, paper_ids: Sequence[str]) -> list[str]:
        """Take papers out of the library; gives the ids of those that were there.

        Raises ``LibraryLocked`` while another process writes.
        """
        with writing(self._folder), self._using() as lent:
            return removal.remove(lent.shelf, paper_ids)

    def restore(self, paper_ids: Sequence[str]) -> list[str]:
        """Bring removed papers back as they were; gives the ids of those that had been removed."""
        with writing(self._folder), self._using() as lent:
            return removal.restore(lent.shelf, paper_ids)

    def removed(self) -> list[removal.Removed]:
        """List the papers that can come back, the last removed first."""
        with self._using() as lent:
            return removal.removed(lent.shelf.catalogue)

    def waiting(self) -> int:
        """Count the passages that no index holds yet: a run is under way, or was cut short."""
        with self._using() as lent:
            return lent.shelf.catalogue.waiting_count()

    def digest(self) -> str | None:
        """Give the digest of the papers as they were last published, without counting anything."""
        with self._using() as lent:
            built = manifest.read(lent.shelf.manifest_path)
            return built.digest if built else None

    def collections(self) -> dict[str, int]:
        """Count the papers of each collection."""
        with self._using() as lent:
            return lent.shelf.catalogue.collections()

    def status(self) -> Status:
        with self._using() as lent:
            catalogue = lent.shelf.catalogue
            built = manifest.read(lent.shelf.manifest_path)
            return Status(
                papers=len(catalogue),
                passages=catalogue.passage_count(),
                waiting=catalogue.waiting_count(),
                digest=built.digest if built else None,
                embedder=self._embedder.name,
                folder=str(self._folder),
            )

    def close(self) -> None:
        """Close the files, now or when the last call that uses them has ended."""
        with self._lock:
            self._closed = True
            if not self._lent.users:
                self._lent.shelf.close()

    @contextmanager
    def _using(self) -> Iterator[_Lent]:
        """Lend the shelf that is published now; it stays open until it is given back."""
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

    def _turn_over(self) -> None:
        """Open the edition in force where another was published; of another embedder's none can be asked from here.

        Raises ``LibraryMismatch`` where such a one has come and the one in use has been removed.
        """
        place, before = place_of(self._folder), self._lent
        if place == before.shelf.place:
            return
        still_there = before.shelf.catalogue.db.path.exists()
        if still_there and place == self._passed_over:
            return
        try:
            self._lent = _Lent(open_shelf(self._folder, self._embedder, self._server))
        except LibraryMismatch as exc:
            if not still_there:
                raise
            self._passed_over = place
            _log.warning("%s Until I am started again I answer from the library as it was before.", exc)
            return
        if not before.users:
            before.shelf.close()

    def _encoded(self, index: Index, text: str) -> Query:
        """Encode a text, or take it from the last few: one question is searched, judged and quoted for."""
        with self._lock:
            if text in self._queries:
                return self._queries[text]
        query = encode_query(index, text)
        with self._lock:
            if len(self._queries) >= _QUERIES:
                self._queries.pop(next(iter(self._queries)))
            self._queries[text] = query
        return query
