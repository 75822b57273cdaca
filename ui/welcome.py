"""What an empty conversation shows: what this is, and questions to click; or how to fill an empty library.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_EMPTY = (
    '<div class="cw-welcome"><h2>The library is empty</h2>'
    "<p>Add papers in the Library tab, or with <code>citewell index FILE</code>, then ask about them here.</p></div>"
)


def welcome(papers: int, questions: Sequence[str]) -> str:
    """Give the markup for a library of so many papers."""
    if not papers:
        return _EMPTY
    examples = "".join(
        f'<li><button type="button" class="cw-example" data-act="suggest">{escape(question)}</button></li>'
        for question in questions
    )
    return (
        '<div class="cw-welcome"><h2>Ask your library</h2>'
        "<p>Every sentence of an answer points at the sentence of an abstract that says so.</p>"
        f'<ul class="cw-examples" aria-label="Examples">{examples}</ul></div>'
    )
