"""From an answer as it was begun, and what an answerer wrote, to the whole answer: its words, its receipt, its notice.

``rag.assistant`` and ``rag.replay`` both finish with it, so that an answer asked for again is like its first.  Knows no
search and no answerer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from index_store.library import Library
from index_store.types import WHOLE_LIBRARY, Hit, Scope
from rag.disagreement import find_disagreements
from rag.prompts import is_abstention
from rag.spelling import misspells
from rag.types import Answer, Reason
from rag.wording import abstention_text, did_you_mean, disagreement_notice
from rag.writing import Written


def finished(
    answer: Answer, written: Written, hits: Sequence[Hit], library: Library, scope: Scope = WHOLE_LIBRARY
) -> Answer:
    """Finish an answer that may draw on ``hits``, found in ``scope``; without words, or saying so, it abstains."""
    draft, done = written.draft, written.done
    failure = str(written.failure) if written.failure else None
    receipt = {**answer.receipt, **done.receipt}
    if draft.attributed:
        receipt["attributed"] = list(draft.attributed)
    notice = joined(answer.notice, *done.receipt.get("warnings", ()), failure)
    answer = replace(answer, model=done.model, receipt=receipt, notice=notice)
    if not draft.text or is_abstention(draft.text):
        return abstained(answer, "not_in_abstract", library, scope)
    answer = replace(answer, text=draft.text, claims=draft.claims, citations=draft.citations)
    return _compared(replace(answer, invented_markers=draft.invented), hits)


def abstained(
    answer: Answer,
    reason: Reason,
    library: Library,
    scope: Scope = WHOLE_LIBRARY,
    unknown: Sequence[str] = (),
) -> Answer:
    """Say why there is no answer in ``scope``, and which paper comes nearest or may have been meant.

    ``unknown``: names that were asked about and are in no abstract.
    """
    nearest = library.paper(answer.hits[0].paper_id) if answer.hits else None
    searched = library.papers(limit=0, scope=scope)[1] if scope else None
    text = abstention_text(reason, len(library), nearest, searched, unknown)
    if reason == "off_topic" and nearest and misspells(answer.question, nearest, library):
        text = f"{text} {did_you_mean(nearest)}"
    return replace(answer, text=text, abstained=True, reason=reason)


def joined(*notices: str | None) -> str | None:
    """Give several notices as one, None where there is none."""
    return " ".join(notice for notice in notices if notice) or None


def _compared(answer: Answer, hits: Sequence[Hit]) -> Answer:
    """Say so where papers disagree with what the answer quotes."""
    found = find_disagreements(answer.citations, hits)
    if not found:
        return answer
    cited = tuple((pair.number, pair.other) for pair in found if pair.other is not None)
    return replace(answer, notice=joined(answer.notice, disagreement_notice(found)), disagreements=cited)
