"""A guard for rebuilt indexes: does the library still find what its questions are about?

Knows no answers: it searches for each answerable question, after the one before it where it has a history, and takes
recall@5.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from eval.errors import QuestionsUnusable
from eval.metrics import recall_at
from eval.questions import Question, left_out
from eval.run import load_sets
from index_store.identity import title_key
from index_store.types import Hit, Paper, Rejection

_DEPTH = 5


class Searchable(Protocol):
    """What of ``index_store.library.Library`` is needed here."""

    def search(self, query: str, k: int = 10) -> tuple[Hit, ...]: ...
    def papers(self, *, offset: int = 0, limit: int = 50) -> tuple[list[Paper], int]: ...


@dataclass(frozen=True, slots=True)
class Check:
    """Recall@5 in [0, 1] over so many questions, and the lines of the file that could not be used."""

    recall: float
    questions: int
    rejected: tuple[Rejection, ...]


def check_library(path: Path, library: Searchable) -> Check:
    """Measure recall@5 of the answerable questions of a file.  Raises ``QuestionsUnusable`` where there are none."""
    given = load_sets([path], [paper.title for paper in library.papers(limit=-1)[0]]).sets[0]
    recalls = []
    for question in given.questions:
        if question.answerable:
            hits = library.search(_words(question), _DEPTH)
            gold = {title_key(title) for title in question.gold}
            recalls.append(recall_at(list(dict.fromkeys(title_key(hit.paper.title) for hit in hits)), gold, _DEPTH))
    if not recalls:
        none = f"{path}: holds no answerable question about this library."
        sentences = [none, left_out(given.rejected), "Add some, or leave --check."]
        raise QuestionsUnusable(" ".join(filter(None, sentences)))
    return Check(float(np.mean([recall for recall in recalls if recall is not None])), len(recalls), given.rejected)


def _words(question: Question) -> str:
    """Give what to search for: indexes are compared, so a plain way to read a follow-up is enough."""
    before = [turn.content for turn in question.history if turn.role == "user"][-1:]
    return " ".join([*before, question.question])


def has_fallen(before: Check, after: Check, margin: float) -> bool:
    """Tell whether recall@5 fell by more than ``margin`` in [0, 1]; questions that were lost count as a fall."""
    fall = round(before.recall - after.recall, 9)  # 0.9 - 0.88 is a little more than 0.02
    return fall > margin or after.questions < before.questions
