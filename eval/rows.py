"""One question and what became of it: the answer measured, as a row that is stored and compared.

Papers are told apart by their titles, since that is what a question set can name; several papers of one title count as
one.  Knows no library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eval.metrics import (
    citation_scores,
    fact_found,
    fact_found_strictly,
    ndcg_at,
    recall_at,
    reciprocal_rank,
    words,
)
from eval.questions import Question
from index_store.identity import title_key
from rag.types import Answer

Measured = Mapping[str, float | None]

_KEPT = 10  # titles of the ranking that a row keeps


@dataclass(frozen=True, slots=True)
class Row:
    """``key`` names the question across runs; ``measured`` holds None where a measure does not apply to it.

    ``missed``: the first alternative of each fact that the answer lacks.  ``cited``: titles in the order of their
    numbers.  ``ms``: wall-clock milliseconds by stage, ``total`` around all of them.  ``judged``: what a judge model
    said, where one was asked.
    """

    key: str
    set: str
    type: str
    split: str | None
    question: str
    history: tuple[str, ...]
    gold: tuple[str, ...]
    answerable: bool
    abstained: bool
    reason: str | None
    confidence: float
    answerer: str
    model: str | None
    retrieved: tuple[str, ...]
    cited: tuple[str, ...]
    text: str
    missed: tuple[str, ...]
    measured: Measured
    ms: Mapping[str, float]
    judged: Measured | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the row as JSON."""
        return asdict(self)


def make_row(set_name: str, question: Question, answer: Answer, total_ms: float) -> Row:
    """Measure the answer to a question."""
    return Row(
        key=f"{set_name}/{question.id}",
        set=set_name,
        type=question.type,
        split=question.split,
        question=question.question,
        history=tuple(f"{turn.role}: {turn.content}" for turn in question.history),
        gold=question.gold,
        answerable=question.answerable,
        abstained=answer.abstained,
        reason=answer.reason,
        confidence=answer.confidence,
        answerer=answer.answerer,
        model=answer.model,
        retrieved=tuple(hit.title for hit in answer.hits[:_KEPT]),
        cited=tuple(citation.paper.title for citation in answer.citations),
        text=answer.text,
        missed=tuple(group[0] for group in question.facts if answer.abstained or not fact_found(answer.text, group)),
        measured=_retrieval(question, answer) | _wording(question, answer) | _decision(question, answer),
        ms={**answer.timings_ms, "total": round(total_ms, 2)},
    )


def _retrieval(question: Question, answer: Answer) -> dict[str, float | None]:
    """Measure the ranking, for answerable questions: those without an answer have no right paper to find."""
    gold = {title_key(title) for title in question.gold} if question.answerable else set()
    ranking = list(dict.fromkeys(title_key(hit.title) for hit in answer.hits))
    return {
        "recall@1": recall_at(ranking, gold, 1),
        "recall@5": recall_at(ranking, gold, 5),
        "recall@10": recall_at(ranking, gold, 10),
        "mrr": reciprocal_rank(ranking[:10], gold),
        "ndcg@10": ndcg_at(ranking, dict.fromkeys(gold, 1), 10),
    }


def _wording(question: Question, answer: Answer) -> dict[str, float | None]:
    """Measure the text.  A refusal states no fact, whatever titles it names; its citations and length do not count."""
    names = ("fact_recall", "fact_recall_strict", "citation_precision", "citation_recall", "answer_words")
    measured: dict[str, float | None] = dict.fromkeys(names)
    if not question.answerable:
        return measured
    if question.facts:
        found = [not answer.abstained and fact_found(answer.text, group) for group in question.facts]
        strict = [not answer.abstained and fact_found_strictly(answer.text, group) for group in question.facts]
        measured |= {"fact_recall": _share(found), "fact_recall_strict": _share(strict)}
    if answer.abstained:
        return measured
    scores = citation_scores(_claims(question, answer), len(answer.invented_markers))
    return measured | {
        "citation_precision": scores.precision,
        "citation_recall": scores.recall,
        "answer_words": float(words(answer.text)),
    }


def _decision(question: Question, answer: Answer) -> dict[str, float | None]:
    """Measure whether it was right to answer, and whether the confidence knew."""
    refused = float(answer.abstained)
    return {
        "abstention_recall": None if question.answerable else refused,
        "answerable_refused": refused if question.answerable else None,
        "brier": (answer.confidence - question.answerable) ** 2,
    }


def _claims(question: Question, answer: Answer) -> list[list[bool]]:
    gold = {title_key(title) for title in (*question.gold, *question.also)}
    is_gold = {citation.number: title_key(citation.paper.title) in gold for citation in answer.citations}
    return [[is_gold.get(number, False) for number in claim.citations] for claim in answer.claims]


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found)
