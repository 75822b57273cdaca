"""Where the citation markers are in a model's text, read piece by piece as it arrives.

Small models write markers in many ways; these count: ``[1]``, ``[1, 2]``, ``[1][2]``, ``[1-3]``, ``【1】``, ``［１］``,
``[Source 1]``, ``[^1]``, ``[#1]``, ``[1†…]``, ``(Source 1)``, ``(Source [1])``.  A bare ``(1)`` is left alone: in prose
it numbers a list more often than it cites.  Text inside code spans, code fences and LaTeX is left alone, and so are
brackets that index something: ``array[0]``, ``x[1]``, ``a_i[2]``, ``\\[``, and intervals such as ``[0, 1]``.

Every decision is a pure function of the text from one character on, and waits until the text that it depends on has
arrived; that is why any chunking gives the same result.  What is held back is bounded.  Knows no source and no paper.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index_store.types import Span

_SPECIAL = re.compile(r"[\[【［(`$]")
_CLOSING = {"[": "]", "【": "】", "［": "］", "(": ")"}
_LONGEST_MARKER = 48
_LONGEST_MATH = 240
_LONGEST_SPAN = 300
_LONGEST_FENCE = 4000
_LONGEST_RUN = 10
_CONTEXT = 40  # characters before a bracket that decide whether it indexes a name

_NOUN = r"(?:sources?|refs?\.?|references?|papers?|documents?|docs?\.?|abstracts?|citations?|passages?)"
_NUMBER = r"\d{1,4}"
_RANGE = rf"{_NUMBER}(?:\s*[-‐‑‒–—]\s*(?:{_NOUN}\s*)?[#^]?{_NUMBER})?"
_LIST = rf"[#^]?{_RANGE}(?:\s*(?:[,;&，、；]|\band\b)\s*(?:and\s+)?(?:{_NOUN}\s*)?[#^]?{_RANGE})*"
_INSIDE = re.compile(rf"\s*(?P<noun>{_NOUN}\s*[:#]?\s*)?(?P<list>{_LIST})\s*(?:(?::\d+)?[†‡].*)?", re.IGNORECASE)
_OPENS = re.compile(r"\s*(?:$|[\d#^]|(?:[sS]|[rR]|[pP]|[dD]|[aA]|[cC]))")
_OPENS_ROUND = re.compile(r"\s*(?:$|[sSrRpPdDaAcC]\w{0,9}(?:$|\W))")
_RANGES = re.compile(rf"({_NUMBER})(?:\s*[-‐‑‒–—]\s*[^\d,;&]*({_NUMBER}))?")
_BETWEEN = re.compile(r"[\]】］]\s*[\[【［]")
_BRACKET = re.compile(r"[\[\]【】［］]")
_INDEXED = re.compile(r"(?:(?<!\w)[a-z]|\w*_\w*|\])$")


@dataclass(frozen=True, slots=True)
class Plain:
    """Text that is shown as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker as written and the numbers that it names; ``ranges`` are inclusive."""

    text: str
    ranges: tuple[Span, ...]


Token = Plain | Marker


class Scanner:
    """Cuts text into plain stretches and markers; ``feed`` gives what is certain, ``finish`` the rest."""

    def __init__(self) -> None:
        self._pending = ""
        self._before = ""

    def feed(self, text: str) -> list[Token]:
        """Read a further piece."""
        self._pending += text
        return self._drain(final=False)

    def finish(self) -> list[Token]:
        """Read what is left as the end of the text."""
        return self._drain(final=True)

    def _drain(self, final: bool) -> list[Token]:
        tokens: list[Token] = []
        at = 0
        while at < len(self._pending):
            special = _SPECIAL.search(self._pending, at)
            plain_end = special.start() if special else len(self._pending)
            if plain_end > at:
                self._take(tokens, Plain(self._pending[at:plain_end]))
                at = plain_end
                continue
            token = _read(self._pending[at:], self._before, final)
            if token is None:
                break
            self._take(tokens, token)
            at += len(token.text)
        self._pending = self._pending[at:]
        return tokens

    def _take(self, tokens: list[Token], token: Token) -> None:
        # A marker leaves no context behind: the bracket after "[1]" is a second marker, not an index.
        context = "" if isinstance(token, Marker) else self._before + token.text
        self._before = context[-_CONTEXT:]
        tokens.append(token)


def _read(text: str, before: str, final: bool) -> Token | None:
    """Read the token at the special character that opens ``text``; None asks for more text."""
    if text[0] == "`":
        return _read_code(text, final)
    if text[0] == "$":
        return _read_math(text, final)
    return _read_bracket(text, before, final)


def _read_code(text: str, final: bool) -> Plain | None:
    """Read a code span or fence: a run of backticks up to a run of the same length (CommonMark 6.1)."""
    run = len(text) - len(text.lstrip("`"))
    if run > _LONGEST_RUN:
        return Plain("`")
    if run == len(text) and not final:
        return None
    limit = _LONGEST_FENCE if run >= 3 else _until(text, "\n\n", _LONGEST_SPAN)
    closing = re.compile(rf"(?<!`)`{{{run}}}(?!`)").search(text, run)
    if closing and closing.end() <= limit:
        # The run might go on in the next piece, and then it closes nothing.
        return None if closing.end() == len(text) and not final else Plain(text[: closing.end()])
    return Plain(text[:run]) if final or len(text) > limit else None


def _read_math(text: str, final: bool) -> Plain | None:
    """Read ``$…$`` or ``$$…$$``.  A dollar before a digit or a space is money."""
    if len(text) == 1 and not final:
        return None
    fence = "$$" if text.startswith("$$") else "$"
    if fence == "$" and (len(text) == 1 or text[1].isspace() or text[1].isdigit()):
        return Plain("$")
    limit = _until(text, "\n" if fence == "$" else "\n\n", _LONGEST_MATH)
    closing = text.find(fence, len(fence))
    if 0 <= closing <= limit - len(fence):
        return Plain(text[: closing + len(fence)])
    return Plain(fence) if final or len(text) > limit else None


def _until(text: str, end: str, limit: int) -> int:
    """How far a span may reach: up to ``end`` or ``limit`` characters, whichever comes first."""
    at = text.find(end)
    return min(at, limit) if at >= 0 else limit


def _read_bracket(text: str, before: str, final: bool) -> Token | None:
    opener = text[0]
    if before.endswith("\\"):
        return Plain(opener)
    # Most brackets of prose are decided by their first word, and need not be held back.
    if not (_OPENS_ROUND if opener == "(" else _OPENS).match(text, 1):
        return Plain(opener)
    within = "" if opener == "(" else r"\[【［"  # round ones may hold others: "(Sources [1] and [2])"
    stop = re.compile(rf"[{within}\n`${re.escape(_CLOSING[opener])}]").search(text, 1)
    if stop is None or stop.start() > _LONGEST_MARKER:
        return Plain(opener) if final or len(text) > _LONGEST_MARKER else None
    if stop.group() != _CLOSING[opener]:
        return Plain(opener)
    return _as_marker(text[: stop.end()], before) or Plain(text[: stop.end()] if opener != "(" else opener)


def _as_marker(text: str, before: str) -> Marker | None:
    """Read a whole bracketed text as a marker, or None where it is something else."""
    inside = _INSIDE.fullmatch(_BRACKET.sub("", _BETWEEN.sub(",", text[1:-1])))
    if inside is None or (text[0] == "(" and not inside["noun"]):
        return None
    ranges = tuple(Span(int(first), int(last or first)) for first, last in _RANGES.findall(inside["list"]))
    glued = before[-1:].isalnum() or before[-1:] in set("_)]\\")
    if glued and _INDEXED.search(before):
        return None
    # Sources count from 1: a zero is an array's first element or the end of an interval.
    if any(r.start == 0 for r in ranges) and (glued or len(ranges) > 1):
        return None
    return Marker(text, ranges)
