"""What to ask next: questions about the papers that an answer found, which their own abstracts answer.

Pure; knows no page and no library.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag.types import Answer, RankedPaper
from ui.display import display_text

_MOST = 3
_LONGEST = 70
_CITED = "What are the main findings of “{}”?"
_FOUND = "What does “{}” propose?"


def follow_ups(answer: Answer) -> list[str]:
    """Give up to three questions: about the paper cited first, then about what else was found; none when off topic."""
    if answer.reason in ("off_topic", "empty_library"):
        return []
    return list(dict.fromkeys(_proposed(answer)))[:_MOST]


def _proposed(answer: Answer) -> Iterator[str]:
    cited = {citation.paper.id for citation in answer.citations}
    asked = answer.question.casefold()
    others = [paper for paper in answer.hits if paper.paper_id not in cited]
    first = [paper for paper in answer.hits if paper.paper_id in cited][:1]
    for form, papers in ((_CITED, first), (_FOUND, others[: _MOST - len(first)])):
        for paper in papers:
            name = _name(paper)
            if len(name) <= _LONGEST and name.casefold() not in asked:
                yield form.format(name)


def _name(paper: RankedPaper) -> str:
    """Give the title, or the part before its colon where that is a name and not one short word."""
    title = " ".join(display_text(paper.title).split())
    start = title.split(": ", maxsplit=1)[0]
    return start if len(start) > 3 else title
