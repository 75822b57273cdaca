"""What each piece of the quoter earns: production answers with one rule switched off or exchanged.

Every answer comes from the assistant that users get, whose judge lets all questions through, so that a refusal hides
nothing.  Probabilities as in ``ablation_retrieval``.  Knows no file and no command line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.benchmarks.ablation_retrieval import all_alike
from eval.benchmarks.corpora import Admits, assistant
from eval.benchmarks.tables import changed, figure, table
from eval.benchmarks.variants import PRODUCTION, Piece, Variant, exchanged
from eval.bootstrap import as_values
from eval.metrics import Values
from eval.questions import Question
from eval.rows import Row, make_row
from index_store import late, library
from index_store.late import QueryTokens
from index_store.library import Library
from index_store.protocols import Embedder, TokenCodes
from index_store.types import Hit, Span
from rag import listing, quote, selection
from rag.selection import SIGNS, Candidates, Scores
from rag.types import Request

_CITED = ("citation_precision",)
_SAME_WORDS = 105  # gives the median length of production
_TYPES = ("fact", "concept", "named", "multi", "followup")


@dataclass(frozen=True, slots=True)
class Measured:
    """The rows that one variant gave, question by question."""

    name: str
    rows: tuple[Row, ...]

    def values(self, measure: str) -> Values:
        """Give a measure of every question that it can be taken on; an answer of no words cites nothing right."""
        found = [0.0 if row.abstained and measure in _CITED else row.measured[measure] for row in self.rows]
        return as_values([value for value in found if value is not None])


def run(held: Library, questions: Sequence[Question], variants: Sequence[Variant]) -> list[Measured]:
    """Answer every answerable question with every variant."""
    asking = assistant(held, Admits())
    answerable = [question for question in questions if question.answerable]
    found = []
    for variant in variants:
        with exchanged(variant.pieces):
            answers = [asking.ask(Request(q.question, q.history)) for q in answerable]
        rows = (make_row("dev", q, answer, 0.0) for q, answer in zip(answerable, answers, strict=True))
        found.append(Measured(variant.name, tuple(rows)))
    return found


def quoting_table(measured: Sequence[Measured]) -> str:
    """Tell fact recall of all and by type, citation precision, and the median number of words."""
    types = [name for name in _TYPES if any(row.type == name for row in measured[0].rows)]
    head = ["variant", "facts", "p", "citations", "p", "words", *(f"facts, {name}" for name in types)]
    before = {name: measured[0].values(name) for name in ("fact_recall", "citation_precision")}
    rows = []
    for one in measured:
        cells = []
        for name, production in before.items():
            values = one.values(name)
            cells += [figure(values.mean()), changed(values, production)]
        of_type = [Measured(one.name, tuple(row for row in one.rows if row.type == name)) for name in types]
        by_type = [figure(mean(part.values("fact_recall"))) for part in of_type]
        rows.append([one.name, *cells, f"{np.median(one.values('answer_words')):.0f}", *by_type])
    return table(head, rows)


def mean(values: Values) -> float | None:
    """Give the mean, None of nothing."""
    return float(values.mean()) if len(values) else None


def variants(embedder: Embedder) -> list[Variant]:
    """Give production first, then production without each piece."""
    alone = (Piece(quote, "papers_to_quote", _best_only), Piece(quote, "asks_for_papers", _never))
    untitled = (Piece(quote, "_heading", _untitled), Piece(listing, "_heading", _untitled))
    same_length = (Piece(quote, "_ENOUGH", math.inf), Piece(quote, "_WORDS", _SAME_WORDS))
    return [
        Variant(PRODUCTION),
        *(Variant(f"no {name}", (Piece(selection, "WEIGHTS", _without(sign)),)) for sign, name in enumerate(SIGNS)),
        Variant("the match itself for the votes", (Piece(selection, "_votes", _matches),)),
        Variant(f"always up to {_SAME_WORDS} words from one paper", same_length),
        Variant("sentence embeddings for token matches", (Piece(quote, "candidates", _ByCosine(embedder)),)),
        Variant("token matches not squared", (Piece(library, "span_matches", _unsquared),)),
        Variant("no weights of rareness (idf)", (Piece(library, "query_tokens", all_alike),)),
        Variant("always one paper", alone),
        Variant("no list of papers", (Piece(quote, "asks_for_papers", _never),)),
        Variant("never both of two papers that tie", (Piece(quote, "_TIE", math.inf),)),
        Variant("both of two that tie by score alone", (Piece(quote, "_TIE_OF_WORDS", 0.0),)),
        Variant("several papers by score alone", (Piece(quote, "near_best", _near_by_score),)),
        Variant("words of earlier turns weigh fully", (Piece(quote, "_HISTORY", 1.0),)),
        Variant("words of earlier turns do not count", (Piece(quote, "_HISTORY", 0.0),)),
        Variant("no titles above quotes", untitled),
    ]


def _without(sign: int) -> Scores:
    weights: Scores = np.where(np.arange(len(SIGNS)) == sign, 0, selection.WEIGHTS).astype(np.float32)
    return weights


def _matches(matches: Scores, weights: Scores) -> Scores:
    found: Scores = matches @ weights
    return found / max(float(found.max(initial=0)), 1e-9)


def _never(text: str) -> bool:  # noqa: ARG001  # as the cues
    return False


def _best_only(
    question: str,  # noqa: ARG001  # as production
    near: Sequence[int],  # noqa: ARG001
    hits: Sequence[Hit],
    about: int,  # noqa: ARG001
    *,
    alike: bool,  # noqa: ARG001
) -> list[int]:
    return [0][: len(hits)]


def _near_by_score(scores: Scores, coverage: Scores) -> list[int]:  # noqa: ARG001  # as near_best
    ranks: list[int] = np.flatnonzero(scores >= quote._NEAR_BEST * scores[:1]).tolist()
    return ranks


def _untitled(hit: Hit, *, first: bool = False) -> str:  # noqa: ARG001  # as both _heading
    return "" if first else "\n\n"


def _unsquared(query: QueryTokens, passages: Sequence[TokenCodes], spans: Sequence[Span]) -> Scores:
    return np.sqrt(late.span_matches(query, passages, spans))


class _ByCosine:
    """``quote.candidates`` whose sentences match by the cosine of their own embedding, for all tokens alike."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, Scores] = {}
        self._production = quote.candidates

    def __call__(self, held: Library, question: str, source: int, hit: Hit) -> Candidates:
        made = self._production(held, question, source, hit)
        if not made.texts:
            return made
        asked, *sentences = self._embedded([question, *made.texts])
        cosines = np.clip(np.array([asked @ vector for vector in sentences], np.float32), 0, 1)
        return replace(made, matches=np.repeat(cosines[:, None], made.matches.shape[1], axis=1))

    def _embedded(self, texts: Sequence[str]) -> list[Scores]:
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            self._vectors |= dict(zip(new, self._embedder.encode(new), strict=True))
        return [self._vectors[text] for text in texts]
