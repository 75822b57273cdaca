"""A question as it was understood: words that stand alone, and what the search finds for them.

Knows no conversation and no library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from index_store.search import Ranking
from index_store.types import Paper


@dataclass(frozen=True, slots=True)
class Understood:
    """A ``question`` that stands alone, its end that is ``asked`` now, and what the search found for it.

    ``leans``: it was put together with the conversation; the first ``about`` papers are those that it tells are meant,
    or that the question compares, or asks of together, by name.
    ``wanted``: where a list of papers is asked for, what they are to be about; the search was for that then.
    ``unwanted``: what they are not to be about; papers that match it were left out, unless it is all that was said.
    """

    question: str
    asked: str
    ranking: Ranking = field(default_factory=Ranking)
    leans: bool = True
    about: int = 0
    wanted: str = ""
    unwanted: str = ""

    def on(self, papers: Sequence[Paper]) -> Understood:
        """Give the same reading about those of ``papers`` that were found, which then come first."""
        found = {hit.paper.id for hit in self.ranking.hits} & {paper.id for paper in papers}
        return replace(self, ranking=pinned(self.ranking, papers), about=len(found))


def pinned(ranking: Ranking, papers: Sequence[Paper]) -> Ranking:
    """Move those of ``papers`` that were found to the front, in their order; the first gets the best score."""
    places = {hit.paper.id: place for place, hit in enumerate(ranking.hits)}
    first = [places[paper.id] for paper in papers if paper.id in places]
    if not first or first == list(range(len(first))):
        return ranking
    order = [*first, *(place for place in range(len(ranking.hits)) if place not in first)]
    best = ranking.hits[0].score
    hits = tuple(replace(ranking.hits[at], score=best) if at in first else ranking.hits[at] for at in order)
    rows = np.array([*order, *range(len(order), len(ranking.matches))], np.intp)
    evidence = tuple(ranking.evidence[at] for at in order)
    return replace(ranking, hits=hits, evidence=evidence, matches=ranking.matches[rows])


def without(ranking: Ranking, papers: Sequence[Paper]) -> Ranking:
    """Leave papers out of what was found."""
    gone = {paper.id for paper in papers}
    kept = [at for at, hit in enumerate(ranking.hits) if hit.paper.id not in gone]
    rows = np.array([*kept, *range(len(ranking.hits), len(ranking.matches))], np.intp)
    return replace(
        ranking,
        hits=tuple(ranking.hits[at] for at in kept),
        evidence=tuple(ranking.evidence[at] for at in kept),
        matches=ranking.matches[rows],
    )
