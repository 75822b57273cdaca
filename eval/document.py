"""A run of questions as the document that is printed, stored and compared.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from eval.judge import summarise as summarise_judge
from eval.questions import QuestionSet
from eval.results import Document
from eval.run import Choice, Run
from eval.summary import summarise


def question_document(
    stamped: Document, sets: Sequence[QuestionSet], choice: Choice, run: Run, judge: str | None
) -> Document:
    """Put a run's measures, rows and rejected lines behind its stamp.  ``judge`` names the model that was asked."""
    judged = [row.judged for row in run.rows if row.judged is not None]
    answerers = Counter(row.model or row.answerer for row in run.rows if not row.abstained)
    return {
        **stamped,
        "sets": [given.name for given in sets],
        "split": choice.split,
        "types": list(choice.types),
        "answerers": dict(sorted(answerers.items())),
        **summarise(run.rows),
        "judge": summarise_judge(judge, judged) if judge else None,
        "rejected": [f"{r.path.name}:{r.line}: {r.reason}" for r in run.rejected],
        "rows": [row.to_dict() for row in run.rows],
    }
