"""The oldest and the newest of papers: "the oldest paper here", "the five latest papers", "newest paper on X".

Of all papers, or those of an author, the catalogue tells which they are.  Those on a subject are searched for as any
list is, and the list then is in the order of years, which its question says at its end: "papers on X, oldest first".
Knows no library.  Pure; English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index_store.types import Hit
from rag.weighty import weighty_words

_OLD, _NEW = "oldest|earliest", "newest|latest|most\\s+recent"
_COUNTS = {word: n for n, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}
_COUNT = rf"(?:(?P<count>\d{{1,2}}|{'|'.join(_COUNTS)})\s+)?"
_ASKED = (
    r"\W*(?:(?:and|so|ok(?:ay)?|please|pls|can\s+you|could\s+you)\W+)*"
    r"(?:(?:show|list|give|tell|find)\s+(?:me\s+)?)?(?:(?:what|which)(?:['’]s|\s+(?:is|are|was|were))?\s+)?"
)
_PLEASE = r"(?:\W+(?:please|pls|thanks))?\W*"
_OF_THEM = r"(?:of|among|from)\s+(?:them|these|those|the\s+list)"
_SUPERLATIVE = re.compile(
    rf"{_ASKED}(?:the\s+)?{_COUNT}(?:(?P<old>{_OLD})|{_NEW})\s+{_COUNT.replace('count', 'number')}"
    rf"(?:paper|article|publication|study|work)(?P<many>s|)(?:\s+(?P<rest>\S.*?))??{_PLEASE}",
    re.IGNORECASE | re.DOTALL,
)
_SUP = rf"(?:the\s+)?{_COUNT}(?:(?P<old>{_OLD})|{_NEW})"
_OF_LIST = [
    re.compile(rf"{_ASKED}{form}{_PLEASE}", re.IGNORECASE)
    for form in (
        rf"{_SUP}(?:\s+(?:one|paper)(?P<many>s|))?\s+{_OF_THEM}",
        rf"(?:one\s+|paper\s+|{_OF_THEM}\s+)?(?:is|was|(?P<many>are|were))\s+{_SUP}(?:\s+ones?)?",
        rf"{_SUP}(?:\s+one(?P<many>s|))?",
        rf"(?:(?:sort|order)(?:\s+(?:them|these|those|it|the\s+list))?\s+by\s+(?:year|date|age)\W*)?{_SUP}(?P<many>\s+first)",
    )
]
_HERE = re.compile(
    r"(?:(?:that\s+)?(?:(?:you|we|i)\s+have|is|are)(?:\s+|$))?(?:(?:here|there|(?:in|of)\s+(?:all|(?:(?:my|the|your|our|this)\s+)?"
    r"(?:library|collection|catalogue|corpus|database)))\W*)*",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"\b(?:what|how|why)\b", re.IGNORECASE)  # to another question
_ORDERED = re.compile(r",\s+(?P<age>oldest|newest)\s+first$")


@dataclass(frozen=True, slots=True)
class Superlative:
    """The oldest or the ``newest`` papers that are asked for: so many of them, None where no number is said.

    ``rest`` says among which: "on attention", "by Hinton"; "" stands for the whole library.
    """

    newest: bool
    count: int | None = None
    many: bool = False
    rest: str = ""

    @property
    def papers(self) -> str:
        """The question for the papers among which they are."""
        return f"papers {self.rest}".strip()

    def __str__(self) -> str:
        return "newest" if self.newest else "oldest"


def superlative(question: str) -> Superlative | None:
    """Tell which oldest or newest papers a question asks for; None where it asks for none."""
    match = _SUPERLATIVE.fullmatch(question)
    rest = (match["rest"] or "") if match else ""
    here = _HERE.fullmatch(rest) is not None
    if match is None or of_list(question) or _GOES_ON.search(rest) or not (here or weighty_words(rest)):
        return None
    return _read(match, "" if here else rest, match["count"] or match["number"])


def of_list(question: str) -> Superlative | None:
    """Tell which oldest or newest papers of a list a question asks for ("the newest of them", "which is oldest?")."""
    match = next((match for form in _OF_LIST if (match := form.fullmatch(question))), None)
    return _read(match, "", match["count"]) if match else None


def ordered(question: str) -> str | None:
    """Tell whether a question for a list ends in the order of it: "oldest" or "newest" first."""
    match = _ORDERED.search(question)
    return match["age"] if match else None


def in_order(question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Put papers into the order of years that a question asks for, if it does; those without a year come last."""
    age = ordered(question)
    if age is None:
        return tuple(hits)
    way = -1 if age == "newest" else 1
    return tuple(sorted(hits, key=lambda hit: (hit.paper.year is None, way * (hit.paper.year or 0))))


def order_notice(question: str, hits: Sequence[Hit]) -> str | None:
    """Say in which order a list is, and from which year its first paper is; None where its question asks for none."""
    age = ordered(question)
    if age is None or not hits or hits[0].paper.year is None:
        return None
    return f"They are listed with the {age} first, which is from {hits[0].paper.year}."


def _read(match: re.Match[str], rest: str, count: str | None) -> Superlative:
    number = None if count is None else _COUNTS.get(count.lower()) or int(count)
    return Superlative(match["old"] is None, number, bool(match["many"]), rest)
