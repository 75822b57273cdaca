"""Questions to click in an empty conversation, made from the titles in the library.

Knows no answer: the questions are plain enough that a paper's own abstract answers them.
"""

from __future__ import annotations

from index_store.types import Paper
from ui.display import display_text
from ui.protocols import Library

_FORMS = ("What does “{}” propose?", "What are the main findings of “{}”?", "What problem does “{}” address?")
_LONGEST_TITLE = 90
_CANDIDATES = 5
"""Neighbours of which the one with the shortest title is asked about."""


def suggest_questions(library: Library, count: int = 3) -> list[str]:
    """Give up to ``count`` questions, about papers that lie far apart in the library's order."""
    _, total = library.papers(limit=1)
    stride = max(1, total // count)
    papers: list[Paper] = []
    for number in range(min(count, total)):
        page, _ = library.papers(offset=number * stride, limit=min(stride, _CANDIDATES))
        papers += sorted(page, key=lambda paper: len(paper.title))[:1]
    titles = [display_text(paper.title) for paper in papers]
    return [form.format(title) for form, title in zip(_FORMS, titles, strict=False) if len(title) <= _LONGEST_TITLE]
