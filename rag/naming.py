"""How a text names papers: by the beginning of a title, or by a name that a paper has in it.  Pure."""

from __future__ import annotations

import re

from index_store.types import Paper
from rag.followup import names

_NAME_WORDS = 3  # a longer beginning of a title ("You Only Look Once") tells less than the whole


def short_title(paper: Paper) -> str:
    """Give the name that a title begins with ("GloVe: …"), else the title."""
    beginning = head(paper)
    return beginning if len(beginning.split()) <= _NAME_WORDS else paper.title


def names_paper(text: str, paper: Paper) -> bool:
    """Tell whether a text names a paper by the beginning of its title."""
    beginning = head(paper)
    return (len(beginning.split()) > 1 or bool(names(beginning))) and has_word(_spelled(text), _spelled(beginning))


def mentions(paper: Paper, name: str) -> bool:
    """Tell whether a paper has a name in its title, its abstract or among its authors."""
    return has_word(_spelled(f"{paper.title} {paper.abstract} {' '.join(paper.authors)}"), _spelled(name))


def head(paper: Paper) -> str:
    """Give a title up to its colon."""
    beginning, colon, _ = paper.title.partition(": ")
    return beginning if colon and len(beginning) > 1 else paper.title


def has_word(text: str, word: str) -> bool:
    """Tell whether a text has a word, or some in a row, in whatever case."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def _spelled(text: str) -> str:
    """Write a text in one spelling: no hyphens, -ize for -ise."""
    return re.sub(r"is(?=(?:e[sd]?|ing|ation)\b)", "iz", text.replace("-", " ").lower())
