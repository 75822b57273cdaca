"""Answers by quoting: the sentences of the best papers that come nearest to the question, verbatim."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from index_store.protocols import Embedder
from index_store.sentences import sentence_spans
from rag.answerers import Brief, Done, Piece, Quoted

_SENTENCES = 3


class QuoteAnswerer:
    """An ``Answerer`` without a model."""

    name = "quote"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def stream(self, brief: Brief) -> Iterator[Piece]:
        """Quote the best sentences."""
        candidates = [(n, s) for n, hit in enumerate(brief.hits, 1) for s in sentence_spans(hit.paper.abstract)]
        texts = [brief.hits[n - 1].paper.abstract[s.start : s.end] for n, s in candidates]
        rows = self._embedder.encode([brief.question, *texts])
        scores = rows[1:] @ rows[0] + np.array([0.3 * brief.hits[n - 1].score for n, _ in candidates])
        for i in np.argsort(-scores)[:_SENTENCES]:
            yield Quoted(candidates[i][0], candidates[i][1])
        yield Done()
