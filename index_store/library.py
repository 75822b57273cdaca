"""A library open for reading: search, browse, count.

What of it is in memory is decided by ``index``.  What another process published is picked up at the next call; see
``lending``.  Knows no question, only queries.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index_store import decisions, manifest, parting, removal
from index_store.browsing import Order
from index_store.doctor import open_mended
from index_store.errors import LibraryDamaged
from index_store.grouping import Groups
from index_store.index import Index, codes_of
from index_store.late import QueryTokens, Scores, query_tokens, span_matches
from index_store.lending import Lender, Lent
from index_store.neighbours import similar
from index_store.protocols import Embedder, Reranker
from index_store.records import Record
from index_store.reranking import RERANKED, reranked
from index_store.search import Query, Ranking, by_words, encode_queries, encode_query, rank
from index_store.servers import ChromaServer
from index_store.shelf import Shelf, open_shelf, refuse_lost, writing
from index_store.turns import Turns
from index_store.types import WHOLE_LIBRARY, Hit, Paper, Scope, Span

_QUERIES = 64  # encoded queries kept


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
    """One open library.  Safe to share between threads, which compute in ``turns``."""

    def __init__(self, shelf: Shelf, reranker: Reranker | None = None) -> None:
        self._reranker = reranker
        self._folder, self._embedder = shelf.folder, shelf.embedder
        self._lender = Lender(shelf)
        self.turns = Turns()
        self._lock = threading.Lock()
        self._queries: dict[str, Query] = {}
        # The lexical engine and the embedder compute outside of Python's lock: one beside the other.
        self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="words")

    @classmethod
    def open(
        cls,
        folder: Path,
        embedder: Embedder,
        reranker: Reranker | None = None,
        server: ChromaServer | None = None,
    ) -> Library:
        """Open the library in ``folder``; an absent one is made, empty, but not where one was built and is lost.

        What a killed run left of an index that no longer opens is put aside; the next run completes the library.
        With ``server``, its vectors are there.  Raises ``LibraryMismatch``, ``LibraryDamaged``, ``LibraryLocked``,
        ``StorageError`` or ``VectorServerError``.
        """
        refuse_lost(folder)
        try:
            return cls(open_shelf(folder, embedder, server), reranker)
        except LibraryDamaged:
            with writing(folder):
                return cls(open_mended(folder, embedder, server), reranker)

    @property
    def embedder(self) -> Embedder:
        return self._embedder

    def __len__(self) -> int:
        return self._lender.reading(lambda lent: len(lent.shelf.catalogue))

    def is_empty(self) -> bool:
        """Tell whether there is no paper, which takes no longer in a large library."""
        return self._lender.reading(lambda lent: lent.shelf.catalogue.is_empty())

    def rank(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> Ranking:
        """Find the ``k`` best papers for a query, with what the ranking was made from; none for a blank one."""
        if not query.strip():
            return Ranking()
        with self.turns.taken():
            if self._reranker is None:
                return self._ranked(query, k, scope)
            again = reranked(self._ranked(query, max(k, RERANKED), scope), query, self._reranker)
            return replace(again, hits=again.hits[:k], evidence=again.evidence[:k])

    def rank_all(self, queries: Sequence[str], k: int = 10) -> Iterator[Ranking]:
        """Find the ``k`` best papers for each of many queries, which are encoded together."""
        with self._lender.using() as lent:
            index = lent.index()
            for query in encode_queries(index, queries):
                yield rank(index, query, k) if query.text.strip() else Ranking()

    def sample(self, limit: int) -> list[Paper]:
        """Give up to ``limit`` papers, chosen as if at random but always the same for the same papers."""
        return self._lender.reading(lambda lent: lent.shelf.catalogue.sample(limit))

    def terms(self, text: str) -> list[str]:
        """Give the terms of a text as the lexical index knows them."""
        return self._lender.reading(lambda lent: lent.shelf.lexical.terms(text))

    def question_tokens(self, question: str) -> tuple[QueryTokens, npt.NDArray[np.int32]]:
        """Give the content tokens of a question, weighted, and the character offsets where they start: (n,)."""

        def read(lent: Lent) -> tuple[QueryTokens, npt.NDArray[np.int32]]:
            index = lent.index()
            tokens = self._encoded(index, question).tokens
            return query_tokens(tokens, index.idf), tokens.starts

        return self._lender.reading(read)

    def coverage(self, question: str, paper: Paper) -> float:
        """Tell how well a paper covers the words of a question, in [0, 1]."""
        query, _ = self.question_tokens(question)
        return float(self.span_matches(query, paper, ())[-1] @ query.weights)

    def span_matches(self, query: QueryTokens, paper: Paper, spans: Sequence[Span]) -> Scores:
        """Tell how well each span of a paper's abstract matches each question token; see ``late.span_matches``."""

        def read(lent: Lent) -> Scores:
            return span_matches(query, codes_of(lent.index(), lent.shelf.catalogue.number(paper.id)), spans)

        return self._lender.reading(read)

    def search(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> tuple[Hit, ...]:
        """Find the ``k`` best papers for a query, best first, each with its matching passages."""
        return self.rank(query, k, scope).hits

    def paper(self, paper_id: str) -> Paper | None:
        return self._lender.reading(lambda lent: lent.shelf.catalogue.paper(paper_id))

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
        return self._lender.reading(
            lambda lent: lent.shelf.catalogue.papers(offset=offset, limit=limit, query=query, scope=scope, order=order)
        )

    def similar(self, paper_id: str, k: int = 5) -> tuple[Hit, ...]:
        """Find the ``k`` papers nearest to a paper, best first; their scores are cosines in [0, 1]."""
        return self._lender.reading(lambda lent: similar(lent.index(), lent.shelf.catalogue.number(paper_id), k))

    def remove(self, paper_ids: Sequence[str]) -> list[str]:
        """Take papers out of the library; gives the ids of those that were there.

        Raises ``LibraryLocked`` while another process writes, and as all that changes papers does, ``LibraryMismatch``
        where the library was built again with another embedder since it was opened.
        """
        with writing(self._folder), self._lender.changing() as lent:
            return removal.remove(lent.shelf, paper_ids)

    def remove_departed(self, paper_ids: Sequence[str]) -> list[str]:
        """Take papers out that no file has any more, as ``remove`` does, until a file has them again."""
        with writing(self._folder), self._lender.changing() as lent:
            return removal.remove_departed(lent.shelf, paper_ids)

    def restore(self, paper_ids: Sequence[str]) -> list[str]:
        """Bring removed papers back as they were; gives the ids of those that had been removed."""
        with writing(self._folder), self._lender.changing() as lent:
            return removal.restore(lent.shelf, paper_ids)

    def records(self, paper_id: str) -> list[Record]:
        """Give what each source of a paper says, the one that gave the text first."""

        def read(lent: Lent) -> list[Record]:
            paper = lent.shelf.catalogue.paper(paper_id)
            order = [(source.path, source.local_id) for source in paper.sources] if paper else []
            found = Groups(lent.shelf.catalogue).records([lent.shelf.catalogue.number(paper_id)])
            return sorted(found, key=lambda record: order.index(record.source))

        return self._lender.reading(read)

    def split(self, paper_id: str, sources: Sequence[str] = ()) -> tuple[list[Paper], int]:
        """Take a paper apart (see ``parting.split``); gives what came of it, and the step for ``undo_parting``."""
        with writing(self._folder), self._lender.changing() as lent:
            papers = parting.split(lent.shelf, paper_id, sources)
            return papers, decisions.last_step(lent.shelf.catalogue.db)

    def merge(self, first: str, second: str) -> tuple[list[Paper], int]:
        """Make one paper of two; gives it, and the step for ``undo_parting``.  Raises ``InputError``."""
        with writing(self._folder), self._lender.changing() as lent:
            papers = parting.merge(lent.shelf, first, second)
            return papers, decisions.last_step(lent.shelf.catalogue.db)

    def undo_parting(self, step: int) -> list[Paper]:
        """Take back a ``split`` or ``merge`` while it is the last; gives what it was about.  Raises ``InputError``."""
        with writing(self._folder), self._lender.changing() as lent:
            return parting.undo(lent.shelf, step=step)

    def removed(self) -> list[removal.Removed]:
        """List the papers that can come back, the last removed first."""
        return self._lender.reading(lambda lent: removal.removed(lent.shelf.catalogue))

    def waiting(self) -> int:
        """Count the passages that no index holds yet: a run is under way, or was cut short."""
        return self._lender.reading(lambda lent: lent.shelf.catalogue.waiting_count())

    def digest(self) -> str | None:
        """Give the digest of the papers as they were last published, without counting anything."""

        def read(lent: Lent) -> str | None:
            built = manifest.read(lent.shelf.manifest_path)
            return built.digest if built else None

        return self._lender.reading(read)

    def collections(self) -> dict[str, int]:
        """Count the papers of each collection."""
        return self._lender.reading(lambda lent: lent.shelf.catalogue.collections())

    def status(self) -> Status:
        return self._lender.reading(self._status)

    def close(self) -> None:
        """Close the files, now or when the last call that uses them has ended."""
        self._lender.close()

    def _status(self, lent: Lent) -> Status:
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

    def _ranked(self, query: str, k: int, scope: Scope) -> Ranking:
        def read(lent: Lent) -> Ranking:
            index = lent.index()
            if self._known(query) is not None:
                return rank(index, self._encoded(index, query), k, scope)
            words = self._beside.submit(by_words, index, query, scope)
            try:
                return rank(index, self._encoded(index, query), k, scope, words.result)
            finally:
                wait((words,))  # it reads files that may be closed once this call has ended

        return self._lender.reading(read)

    def _encoded(self, index: Index, text: str) -> Query:
        """Encode a text, or take it from the last few: one question is searched, judged and quoted for."""
        if (known := self._known(text)) is not None:
            return known
        query = encode_query(index, text)
        with self._lock:
            if len(self._queries) >= _QUERIES:
                self._queries.pop(next(iter(self._queries)))
            self._queries[text] = query
        return query

    def _known(self, text: str) -> Query | None:
        with self._lock:
            return self._queries.get(text)
