"""The markers of an answer as markup: numbers that lead to the papers' cards and tell the sentence that says so.

Pure: every character of a paper or a model is escaped; ids and addresses come from numbers only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from rag.types import Citation, Claim
from ui.display import display_text
from ui.formulas import readable_html

MARKER = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")


def source_id(turn: int, number: int) -> str:
    """Name the card of citation ``number`` of the answer to question ``turn``, both counted from 1."""
    return f"source-{turn}-{number}"


class Markers:
    """Turns the markers of one answer into markup."""

    def __init__(self, turn: int, citations: Iterable[Citation], invented: Iterable[str]) -> None:
        self._turn = turn
        self._citations = {citation.number: citation for citation in citations}
        self._invented = {number for marker in invented for number in re.findall(r"\d+", marker)}
        self._arriving = not self._citations and not self._invented

    def title_of(self, paragraph: str) -> str:
        """Give the title of a cited paper that a paragraph begins with, as those of several papers do; else nothing."""
        titles = (citation.paper.title for citation in self._citations.values())
        return max((title for title in titles if paragraph.startswith(f"{title}:")), key=len, default="")

    def html(self, text: str, claim: Claim | None, *, code: bool = False) -> str:
        """Escape ``text``, its LaTeX made readable unless it is ``code``, and its markers made links.

        A marker tells the sentence that says what ``claim``, the last one before it, says.
        """
        words = escape if code else readable_html
        parts, position = [], 0
        for match in MARKER.finditer(text):
            parts.append(words(text[position : match.start()]))
            parts.append(self._marker(match, claim))
            position = match.end()
        parts.append(words(text[position:]))
        return "".join(parts)

    def _marker(self, match: re.Match[str], claim: Claim | None) -> str:
        numbers = re.findall(r"\d+", match[1])
        known = [number for number in numbers if int(number) in self._citations or number in self._invented]
        if self._arriving:
            return "".join(f'<span class="cw-marker">{number}</span>' for number in numbers)
        return "".join(self._one(number, claim) for number in numbers) if known else escape(match.group())

    def _one(self, number: str, claim: Claim | None) -> str:
        citation = self._citations.get(int(number))
        if citation is None:
            reason = "The model named a source that does not exist."
            return f'<span class="cw-marker cw-invented" tabindex="0" title="{reason}">{number}?</span>'
        quoted = _nearest(citation, claim)
        return (
            f'<a class="cw-marker" href="#{source_id(self._turn, citation.number)}" '
            f'title="{escape(display_text(quoted))}"><span class="cw-sr">Source </span>{citation.number}</a>'
        )


def _nearest(citation: Citation, claim: Claim | None) -> str:
    """Give the quote of a citation that shares most words with a claim; the paper's title where nothing is quoted."""
    wanted = set(re.findall(r"\w+", claim.text.lower())) if claim else set()
    quotes = [quote.text for quote in citation.quotes]
    return max(
        quotes, key=lambda quote: len(wanted & set(re.findall(r"\w+", quote.lower()))), default=citation.paper.title
    )
