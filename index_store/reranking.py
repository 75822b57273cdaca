"""A second look at the best papers by a cross-encoder, which reads question and abstract together.  Off by default.

A cross-encoder (Nogueira and Cho 2019, "Passage re-ranking with BERT") is slower than all the rest of a search and its
weights come from a hub, so it is named in the settings by those who have one.  Its verdict counts half; papers beyond
the first ``RERANKED`` keep their order behind them.  Knows no index and no question.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from index_store.encoders import first_line
from index_store.errors import EmbedderError
from index_store.protocols import Reranker
from index_store.search import Ranking
from index_store.types import Paper

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

RERANKED = 20
_DECIMALS = 6


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder by name or folder, loaded at first use.  Safe to share between threads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()

    def scores(self, query: str, papers: Sequence[Paper]) -> npt.NDArray[np.float32]:
        """Tell how well each of ``n`` papers answers ``query``, in [0, 1]: (n,).  Raises ``EmbedderError``."""
        pairs = [(query, f"{paper.title}. {paper.abstract}") for paper in papers]
        try:
            with self._lock:
                model: Any = self._model  # its stubs list every kind of input and none fits pairs of texts
                raw = model.predict(pairs, activation_fn=_sigmoid(), show_progress_bar=False)
        except (RuntimeError, ValueError) as exc:
            raise EmbedderError(
                f"The reranker {self.name} failed: {first_line(exc)}. Leave CITEWELL_RERANKER unset."
            ) from exc
        return np.asarray(raw, np.float32).reshape(len(papers))

    @cached_property
    def _model(self) -> CrossEncoder:
        from sentence_transformers import CrossEncoder

        try:
            model: CrossEncoder = CrossEncoder(self.name, local_files_only=True, num_labels=1)
            return model
        except Exception as exc:
            raise EmbedderError(
                f"The reranker {self.name!r} cannot be loaded from this machine ({first_line(exc)[:200]})."
                f" Fetch it once with `hf download {self.name}`, or leave CITEWELL_RERANKER unset."
            ) from exc


def reranked(ranking: Ranking, query: str, reranker: Reranker) -> Ranking:
    """Order the best papers of a ranking by the mean of their score and the reranker's, before all others."""
    first = ranking.hits[:RERANKED]
    if not first:
        return ranking
    verdicts = reranker.scores(query, [hit.paper for hit in first])
    scores = [hit.score / 2 for hit in ranking.hits]
    for at, verdict in enumerate(verdicts.tolist()):
        scores[at] += verdict / 2
    hits = [replace(h, score=round(s, _DECIMALS)) for h, s in zip(ranking.hits, scores, strict=True)]
    order = sorted(range(len(hits)), key=lambda at: (at >= len(first), -hits[at].score, hits[at].paper.id))
    behind = range(len(hits), len(ranking.matches))
    return replace(
        ranking,
        hits=tuple(hits[at] for at in order),
        evidence=tuple(ranking.evidence[at] for at in order),
        matches=ranking.matches[[*order, *behind]],
    )


def _sigmoid() -> object:
    from torch.nn import Sigmoid

    return Sigmoid()
