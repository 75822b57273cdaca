"""The nouns of the library: papers as read, passages cut from them, hits found for a query.

Plain data; knows no file format, no database and no model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a paper was read: a file, the line its entry starts at, and the file's own id for it, if it has one."""

    path: str
    line: int
    local_id: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """One study: its metadata and its abstract, the text as its reader gave it.

    ``id`` is unique in a library and stable over re-reads.  A reader leaves it empty; the catalogue assigns it.
    ``identifiers`` are the paper's further names, as "scheme:value" in lower case: "pmid:1234", "arxiv:2401.00001v3".
    """

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    url: str | None = None
    doi: str | None = None
    arxiv_id: str | None = None
    categories: tuple[str, ...] = ()
    note: str | None = None
    collections: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper as a reader found it, with the place to name in messages.  ``line`` counts from 1."""

    paper: Paper
    path: Path
    line: int
    local_id: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One entry (or a whole file) that could not be read, and why.  ``line`` counts from 1; 0 is the whole file.

    As text it is one line, whatever the file's name is.
    """

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), f"{place}: {self.reason}")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an abstract: character offsets, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one abstract that fits the embedder: ``text == abstract[start:end]``.

    ``id`` is a positive integer, unique in a library and never used again for other text.
    """

    id: int
    paper_id: str
    title: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PassageHit:
    """A passage and how well it matches a query: higher is better."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper found for a query, with its matching passages, best first.  ``score`` in [0, 1] orders the hits."""

    paper: Paper
    score: float
    passages: tuple[PassageHit, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which papers a search may return.  Empty means the whole library; years are inclusive, None is open."""

    collections: tuple[str, ...] = ()
    first_year: int | None = None
    last_year: int | None = None
    paper_ids: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.collections or self.paper_ids or self.first_year is not None or self.last_year is not None)

    def admits(self, paper: Paper) -> bool:
        """Tell whether ``paper`` lies inside.  A paper without a year lies outside any bounded range of years."""
        if self.collections and not set(self.collections) & set(paper.collections):
            return False
        if self.paper_ids and paper.id not in self.paper_ids:
            return False
        if self.first_year is None and self.last_year is None:
            return True
        if paper.year is None:
            return False
        return (self.first_year is None or paper.year >= self.first_year) and (
            self.last_year is None or paper.year <= self.last_year
        )


WHOLE_LIBRARY = Scope()
