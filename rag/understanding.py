"""What a question in a conversation asks: a question that stands alone, and what the search finds for it.

The rules of ``rag.reading`` decide whether a question leans on the conversation and which paper it is about.  Where a
model runs, it words one that leans, and the rules' paper stays first if the search for those words finds it among the
best.  A question that stands alone costs no model anything.  Knows no answerer.
"""

from __future__ import annotations

from typing import Protocol

from index_store.library import Library
from index_store.search import Ranking
from rag.cues import asks_for_papers
from rag.reading import Reading
from rag.stopping import Work
from rag.types import Request
from rag.understood import Understood

_NEAR_THE_TOP = 3


class Rewriter(Protocol):
    def rewrite(self, request: Request, subject: str, work: Work) -> str | None:
        """Word the question of ``request`` so that it stands alone; ``subject`` is the paper that it is likely about.

        None where that cannot be done now.  Stopping ``work`` ends it at once.
        """
        ...


class Understanding:
    """Understands questions with a library and, where there is one, a ``rewriter``.  Safe to share between threads."""

    def __init__(self, library: Library, rewriter: Rewriter | None = None) -> None:
        self._library = library
        self._rewriter = rewriter

    def understand(self, request: Request, work: Work) -> Understood:
        """Give the question of a request in a form that stands alone, and what the search finds for it."""
        reading = Reading(self._library, request)
        with self._library.turns.taken():
            read = reading.understood()
        if self._rewriter is not None and read.leans and read.ranking.hits:
            words = self._rewriter.rewrite(request, read.ranking.hits[0].paper.title, work)
            read = read if words is None else _reworded(read, words, reading.rank(words))
        return reading.listed(read) if asks_for_papers(read.asked) and not read.wanted else read


def _reworded(read: Understood, words: str, ranking: Ranking) -> Understood:
    """Give a reading in a model's words, as long as these find something."""
    first = read.ranking.hits[0].paper
    near = [hit.paper for hit in ranking.hits[:_NEAR_THE_TOP] if hit.paper.id == first.id]
    return Understood(words, words, ranking).on(near) if ranking.hits else read
