"""Which papers a list is narrowed to by its words: "papers from 2020", "papers since 2019 by Hinton".  Pure; English.

A year counts where it stands by "papers" or "published", or after "since" or "before" at the end: "papers on the crisis
of 2008" are about it.  Whether the library has an author of such a name is for others to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.cues import asks_for_papers
from rag.naming import spelled
from rag.weighty import weighty_words

_YEAR = r"(?:1[89]|20)\d\d"
_PAPERS = r"(?:papers|articles|publications|studies)"
_PUBLISHED = r"(?:published|publish|written|write|appeared|dated|posted)"
_SPAN = (
    rf"(?:(?:from|between)\s+(?P<first>{_YEAR})\s*(?:to|and|until|till|through|-|–|\.\.)\s*(?P<last>{_YEAR})"
    r"|(?P<bound>since|from|after|before|until|up\s+to|in|of|during|newer\s+than|later\s+than|older\s+than|earlier\s+than)"
    rf"\s+(?P<year>{_YEAR})(?P<on>\s+on(?:wards?)?)?)(?!\w)"
)
_YEARS = re.compile(
    rf"(?:(?P<papers>\b{_PAPERS}(?:\s+(?:are|were|is|that\s+(?:are|were)))?\s+)|\b(?P<verb>{_PUBLISHED}\s+))?"
    rf"\b(?P<span>{_SPAN})(?P<end>\W*$)?|\b(?P<bare>{_YEAR})(?=\s+{_PAPERS}\b)",
    re.IGNORECASE,
)
_ANYWHERE = re.compile(r"in|of|during", re.IGNORECASE)  # these say a year of many things
_NAME = r"(?P<name>[^\W\d_][\w.'’-]*(?:\s+[^\W\d_][\w.'’-]*){0,4}?)"
_WRITER = _NAME.replace("name", "writer")
_AUTHOR = re.compile(
    rf"\b(?:(?:written|authored|published)\s+)?by\s+{_NAME}"
    r"(?=\W*$|,\s+\w+\s+first$|\s+(?:on|about|in|from|since|before|after|that|which|are|is|do|does|have|there)\b)"
    rf"|\b(?:did|has|have)\s+{_WRITER}\s+(?:writ(?:e|ten)|publish(?:ed)?|(?:co-?)?author(?:ed)?)\b",
    re.IGNORECASE,
)
_LISTS = re.compile(rf"\b{_PAPERS}\b|\bwhat\s+(?={_AUTHOR.pattern})", re.IGNORECASE)  # "what did Hinton write"
# How one asks for papers, beside what the light words are: these alone say nothing of what they are about.
_FRAME = frozenset("library collection catalogue total articles publications published years".split())
_INITIAL = 1  # letters


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the words of a question narrow its papers to, and the ``rest`` of it.  Years are inclusive, None is open."""

    rest: str
    first_year: int | None = None
    last_year: int | None = None
    author: str = ""

    @property
    def by_year(self) -> bool:
        return self.first_year is not None or self.last_year is not None

    @property
    def is_all(self) -> bool:
        """Tell whether the question asks for nothing else."""
        return not [word for word in weighty_words(self.rest) if word not in _FRAME]

    def __str__(self) -> str:
        """Say it as it stands after "papers": "from 2020 by Noam Shazeer"."""
        first, last = self.first_year, self.last_year
        years = f"from {first} on" if last is None else f"from before {last + 1}"
        if first is not None and last is not None:
            years = f"from {first}" if first == last else f"from {first} to {last}"
        return " ".join([years] * self.by_year + [f"by {self.author}"] * bool(self.author))


def narrowing(question: str, *, with_author: bool = True, of_list: bool = False) -> Narrowing | None:
    """Tell what the words of a question for papers narrow them to; None where it asks for none, or narrows nothing.

    Not ``with_author``, the words after "by" stay a part of the question.  ``of_list``: it is asked of a list of papers
    and need not say so.
    """
    if not (of_list or _LISTS.search(question) or asks_for_papers(question)):
        return None
    year = next((match for match in _YEARS.finditer(question) if of_list or _is_of_papers(match)), None)
    by = _AUTHOR.search(question) if with_author else None
    if not (year or by):
        return None
    first, last = _bounds(year) if year else (None, None)
    return Narrowing(_without(question, year, by), first, last, (by["name"] or by["writer"]) if by else "")


def wrote(name: str, authors: Sequence[str]) -> bool:
    """Tell whether one of ``authors`` has all parts of a name, of which some may be initials."""
    parts = re.findall(r"\w+", spelled(name))
    return any(_has(re.findall(r"\w+", spelled(author)), parts) for author in authors)


def _has(words: Sequence[str], parts: Sequence[str]) -> bool:
    return all(
        any(word.startswith(part) if len(part) == _INITIAL else word == part for word in words) for part in parts
    )


def _without(question: str, year: re.Match[str] | None, by: re.Match[str] | None) -> str:
    """Give a question without the words that narrow it; the papers that they narrow stay."""
    cut = set(range(*by.span())) if by else set()
    if year:
        start = year.start("verb") if year["verb"] else year.start("bare" if year["bare"] else "span")
        cut |= set(range(start, year.end("bare" if year["bare"] else "span")))
    return " ".join("".join(" " if at in cut else char for at, char in enumerate(question)).split())


def _is_of_papers(match: re.Match[str]) -> bool:
    if match["bare"] or match["papers"] or match["verb"]:
        return True
    return match["end"] is not None and not _ANYWHERE.fullmatch(match["bound"] or "")


def _bounds(match: re.Match[str]) -> tuple[int | None, int | None]:
    """Give the first and the last year that a phrase admits."""
    if match["first"]:
        first, last = sorted((int(match["first"]), int(match["last"])))
        return first, last
    year, bound = int(match["bare"] or match["year"]), (match["bound"] or "").split(" ")[0].lower()
    if bound == "since" or match["on"]:
        return year, None
    if bound in ("after", "newer", "later"):
        return year + 1, None
    if bound in ("before", "older", "earlier"):
        return None, year - 1
    return (None if bound in ("until", "up") else year), year
