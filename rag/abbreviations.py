"""What an abbreviation stands for: whether a question asks for that, and which paper tells it.  Pure; English."""

from __future__ import annotations

import re

from index_store.types import Paper
from index_store.words import STOP_WORDS
from rag.naming import head
from rag.understood import Understood

_X = r"[\"“'‘(]?(?P<{}>[\w][\w/+-]*)[\"”'’)]?"
_LETTERS = r"(?:(?:the|this)\s+)?(?:(?:acronym|abbreviation|letters|initials|name|term)\s+)?"
_ABBREVIATION = r"(?:the\s+)?(?:acronym|abbreviation|initials)"
_ASKS = (
    rf"\b(?:do|does|did)\s+{_LETTERS}{_X}\s+(?:actually\s+|really\s+)?(?:stand\s+for|abbreviate|mean(?=\W*$|\s+(?:in|here)\b))",
    rf"(?:^|\b(?:is|what['’]?s)\s+){_LETTERS}{_X}\s+(?:(?:is|are)\s+)?(?:short|an?\s+(?:abbreviation|acronym))\s+(?:for|of)\b",
    rf"\b(?:meaning|(?:full|long)\s+(?:form|name)|expansion|definition)\s+of\s+{_LETTERS}{_X}(?!\w)",
    rf"^\W*(?:please\s+)?(?:expand|spell\s+out)\s+{_LETTERS}{_X}(?!\w)",
    rf"\b{_ABBREVIATION}\s+{_X}(?!\w)",
    rf"^\W*{_X}\s+(?:acronym|abbreviation|meaning|full\s+form)\W*$",
)
_ASKED = re.compile("|".join(form.format(f"x{n}") for n, form in enumerate(_ASKS)), re.IGNORECASE)


def abbreviation(question: str) -> str | None:
    """Give what a question wants spelt out ("what does X stand for?"), None where it asks for no such thing."""
    asked = next((name for match in _ASKED.finditer(question) for name in match.groups() if name), None)
    return asked if asked and asked.lower() not in STOP_WORDS else None


def explains(paper: Paper, name: str) -> bool:
    """Tell whether a paper says what an abbreviation stands for, in its abstract or as "NAME: What It Stands For"."""
    return spells_out(f"{paper.title}. {paper.abstract}", name) or (":" in paper.title and head(paper) == name)


def spells_out(text: str, name: str) -> bool:
    """Tell whether a text has an abbreviation in brackets behind what it stands for, or that in brackets behind it."""
    plural = rf"{re.escape(name.removesuffix('s'))}s?"
    bracketed = rf"\w\W{{0,3}}\({plural}[),;]|(?<!\w){plural}\s+\((?i:{re.escape(name[0])})\w+[\s-]\w"
    return re.search(bracketed, text, re.IGNORECASE if name.islower() else 0) is not None


def explained(read: Understood) -> Understood:
    """Give a reading that asks for an abbreviation about the best paper that explains it, where one was found."""
    name = abbreviation(read.asked)
    owner = next((hit.paper for hit in read.ranking.hits if explains(hit.paper, name)), None) if name else None
    return read.on([owner]) if owner else read
