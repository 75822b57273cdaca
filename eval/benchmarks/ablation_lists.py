"""How whole and how clean the lists of papers are: production's rule, and the same with one piece off or exchanged.

Precision, recall and F1 of one list, and their means over the questions.  Papers that a question allows beside those it
demands count neither way.  Knows no file and no command line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.benchmarks.tables import changed, figure, table
from eval.benchmarks.variants import PRODUCTION, Piece, Variant, exchanged
from eval.bootstrap import as_values
from eval.questions import Question
from index_store.identity import title_key
from index_store.library import Library
from index_store.search import Ranking
from index_store.types import Hit
from rag import listing

_BEFORE = 0.75  # share of the best paper's score and coverage, by the rule before


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one list, in [0, 1]."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """The lists of one variant, question by question."""

    name: str
    scores: tuple[Scores, ...]


def score(question: Question, listed: Sequence[str]) -> Scores:
    """Score the titles that a list has."""
    gold, also = ({title_key(title) for title in titles} for titles in (question.gold, question.also))
    counted = {title_key(title) for title in listed} - also
    right = len(counted & gold)
    return Scores(right / len(counted) if counted else 0.0, right / len(gold))


def run(library: Library, questions: Sequence[Question], variants: Sequence[Variant]) -> list[Measured]:
    """Make every list with every variant."""
    return [Measured(variant.name, tuple(_made(library, questions, variant))) for variant in variants]


def _made(library: Library, questions: Sequence[Question], variant: Variant) -> list[Scores]:
    with exchanged(variant.pieces):
        scores = []
        for question in questions:
            wanted = listing.subject(question.question)
            hits = listing.matching(library.rank(wanted, listing.DEPTH), wanted)
            scores.append(score(question, [hit.paper.title for hit in hits]))
    return scores


def lists_table(measured: Sequence[Measured]) -> str:
    """Give the means of every variant, and how likely its change of F1 is by chance."""
    before = as_values([one.f1 for one in measured[0].scores])
    rows = []
    for variant in measured:
        columns = [[getattr(one, name) for one in variant.scores] for name in ("precision", "recall", "f1")]
        f1 = as_values(columns[-1])
        rows.append([variant.name, *(figure(sum(values) / len(values)) for values in columns), changed(f1, before)])
    return table(["variant", "precision", "recall", "F1", "p"], rows)


# --- the variants ----------------------------------------------------------------------------------------------------


def variants() -> list[Variant]:
    """Give production first."""
    return [
        Variant(PRODUCTION),
        Variant("the whole question searched for", (Piece(listing, "subject", _whole),)),
        Variant("near the best score only", (Piece(listing, "_HAS_WORD", 2.0), Piece(listing, "_phrase", _none))),
        Variant("all words there only", (Piece(listing, "_NEAR_BEST", 2.0), Piece(listing, "_phrase", _none))),
        Variant("the very words do not suffice", (Piece(listing, "_phrase", _none),)),
        *(Variant(f"from {share} of the best score", (Piece(listing, "_NEAR_BEST", share),)) for share in _SHARES),
        Variant("as before: whole question, score and coverage", _before()),
    ]


_SHARES = (0.55, 0.6, 0.72, 0.85)


def _before() -> tuple[Piece, ...]:
    def both(ranking: Ranking, wanted: str) -> tuple[Hit, ...]:  # noqa: ARG001  # as matching
        score, coverage = ranking.hits[0].score, ranking.evidence[0].coverage
        found = zip(ranking.hits, ranking.evidence, strict=True)
        return tuple(hit for hit, e in found if hit.score >= _BEFORE * score and e.coverage >= _BEFORE * coverage)

    stand_in: Callable[[Ranking, str], tuple[Hit, ...]] = both
    return Piece(listing, "matching", stand_in), Piece(listing, "subject", _whole)


def _whole(question: str) -> str:
    return question


def _none(wanted: str) -> re.Pattern[str]:  # noqa: ARG001  # as _phrase
    return re.compile(r"(?!)")
