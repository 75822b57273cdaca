"""What the library holds, told from its catalogue: how many papers, which ones, by which years or author.

A list goes on page by page, by title; each paper is cited, and nothing of its abstract is quoted.  Knows no search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from index_store.browsing import Order
from index_store.counting import counted, noun_for
from index_store.library import Library
from index_store.types import Paper, Scope
from rag.ages import Superlative
from rag.cues import asks_for_papers
from rag.drafting import Draft
from rag.narrowing import Narrowing, narrowing, wrote
from rag.types import Citation, Claim

PAGE = 20  # papers, as many as ``rag.listing.resumed`` counts for a page
_WRITERS = 1_000  # papers looked through for an author's
_SHOWN = 3  # authors of one paper in a list
_NAMED = 5  # collections

_MY = r"(?:my|your|the|this|our)"
_LIBRARY = rf"(?:{_MY}\s+)?(?:library|collection|catalogue|database|corpus)"
_WHERE = rf"(?:\s+(?:(?:are\s+)?(?:there\s+)?in\s+(?:{_LIBRARY}|total|all|here)|altogether|overall|here|now))*"
_HAVE = (
    r"(?:are\s+there|are|(?:do|have)\s+(?:you|we|i)\s+(?:have|got|hold|know|know\s+of)"
    rf"|does\s+{_LIBRARY}\s+(?:have|hold|contain))"
)
_KINDS = r"(?:(?:kinds?|sorts?|types?)\s+of\s+)?(?:papers|articles|publications|documents|abstracts)"
_ALL = r"(?:all(?:\s+of)?(?:\s+the|\s+my|\s+your)?|every)\s+(?:papers?|articles?)"
_OVERVIEW = re.compile(
    r"\W*(?:(?:please|ok(?:ay)?|and|so|hi|hey)\W+)*(?:(?:can|could)\s+you\s+)?(?:"
    rf"(?:tell\s+me\s+)?how\s+many\s+(?:papers|articles|documents|abstracts)(?:\s+{_HAVE})?{_WHERE}"
    rf"|(?:(?:list|show|give|name)\s+(?:me\s+)?)?{_ALL}(?:\s+(?:that\s+)?(?:you|we|i)\s+have)?{_WHERE}"
    rf"|(?:list|show)\s+(?:me\s+)?(?:{_MY}\s+)?(?:papers|library|titles){_WHERE}"
    rf"|(?:what|which)\s+{_KINDS}\s+{_HAVE}{_WHERE}"
    rf"|what(?:['’]s|\s+is|\s+do\s+(?:you|we|i)\s+have)\s+in\s+{_LIBRARY}"
    rf"|what\s+(?:topics|subjects|areas|fields)\s+(?:does\s+{_LIBRARY}\s+cover|are\s+(?:covered\s+)?in\s+{_LIBRARY})"
    rf"|what\s+is\s+{_LIBRARY}\s+about)(?:\s+please)?\W*",
    re.IGNORECASE,
)
_PERSON = re.compile(r"[A-Z]\S*(?:\s+[A-Z]\S*)*")


def asks_for_holdings(question: str) -> bool:
    """Tell whether a question asks for nothing but papers of the library: all, or those of some years or an author."""
    read = narrowing(question)
    return asks_for_all(question) or (read is not None and read.is_all)


def asks_for_all(question: str) -> bool:
    """Tell whether a question asks for all papers of the library, or how many they are."""
    return _OVERVIEW.fullmatch(question) is not None


def narrowed(library: Library, question: str, scope: Scope) -> tuple[Narrowing, Scope] | None:
    """Read what a question narrows its papers to, and give that part of ``scope``; None where it narrows nothing.

    What stands after "by" counts as an author where the library has one of that name: "papers by Hinton".
    """
    read = narrowing(question)
    if read and read.author:
        ids = _papers_by(library, read.author, scope)
        if ids or (_PERSON.fullmatch(read.author) and not has_authors(library)):
            scope = replace(scope, paper_ids=ids)
        else:
            read = narrowing(question, with_author=False)
    if read is None or not (read.is_all or asks_for_papers(read.rest)):
        return None
    return read, _within(scope, read)


def has_authors(library: Library) -> bool:
    """Tell whether any paper of the library has authors."""
    first, _ = library.papers(limit=1, order="author")  # those without any come last
    return any(paper.authors for paper in first)


def has_years(library: Library) -> bool:
    """Tell whether any paper of the library has a year."""
    return library.papers(limit=0, scope=Scope(first_year=0))[1] > 0


def undated(library: Library, which: str) -> str | None:
    """Say that the library cannot tell ``which`` papers are meant, for none has a year; None where it can."""
    if has_years(library):
        return None
    return f"None of the {counted(len(library), 'paper')} in your library has a year, so I cannot tell which {which}."


def unknown(library: Library, read: Narrowing) -> str | None:
    """Say that the library cannot tell what a question narrows its papers to; None where it can."""
    held = counted(len(library), "paper")
    if read.by_year and (said := undated(library, f"are {read}")):
        return said
    if read.author and not has_authors(library):
        return f"None of the {held} in your library has authors, so I cannot tell which are {read}."
    return None


def overview(library: Library, scope: Scope, shown: int) -> Draft:
    """Say how many papers there are, of which years and collections, and list a page of them."""
    _, total = library.papers(limit=0, scope=scope)
    if not scope:
        told = f"Your library holds {counted(total, 'paper')}{_years(library)}{_collections(library)}."
    else:
        told = f"{total:,} of {counted(len(library), 'paper')} {'is' if total == 1 else 'are'} being searched."
    return _page(library, scope, told, shown)


def holding(library: Library, read: Narrowing, inside: Scope, among: Scope, shown: int) -> Draft:
    """Say how many of the papers ``among`` are ``inside`` what a question narrows them to, and list a page of them."""
    _, total = library.papers(limit=0, scope=inside)
    of = counted(library.papers(limit=0, scope=among)[1], "paper")
    return _page(library, inside, f"{total:,} of {of} {'is' if total == 1 else 'are'} {read}.", shown)


def dated(inside: Scope) -> Scope:
    """Give the papers of a scope that have a year."""
    return _within(inside, Narrowing("", first_year=0))


def extreme(library: Library, asked: Superlative, inside: Scope) -> Draft:
    """List the oldest or newest papers ``inside`` a scope: as many as asked for, else all of the first year."""
    order: Order = "newest" if asked.newest else "oldest"
    papers, total = library.papers(limit=min(asked.count or PAGE, PAGE), scope=dated(inside), order=order)
    if asked.count is None and not asked.many:
        papers = [paper for paper in papers if paper.year == papers[0].year]
    one = len(papers) == 1
    of = counted(total, "paper") + (" that have a year" if total < library.papers(limit=0, scope=inside)[1] else "")
    return listed(f"The {asked}{'' if one else f' {len(papers)}'} of {of}{' is' if one else ' are'}:", papers)


def _page(library: Library, scope: Scope, told: str, shown: int) -> Draft:
    """List a page of the papers inside ``scope`` by title, ``told`` before the first one."""
    papers, total = library.papers(offset=shown, limit=PAGE, scope=scope)
    if shown and papers:
        told = f"Papers {shown + 1:,} to {shown + len(papers):,} of {total:,}."
    elif shown:
        told = f"That was the whole list: {counted(total, 'paper')}."
    left = total - shown - len(papers)
    more = f"\n\nAsk “show more” for the {'other' if left == 1 else f'other {left:,}'}." if papers and left else ""
    return listed(told, papers, more)


def listed(told: str, papers: Sequence[Paper], more: str = "") -> Draft:
    """Give an answer that names papers, each a claim of its own that cites the paper and quotes nothing."""
    lines = [f"{paper.title}{_people(paper)}" for paper in papers]
    text = "".join([told, *(f"\n\n{line} [{n}]" for n, line in enumerate(lines, 1)), more])
    claims = tuple(Claim(line, (n,), "supported") for n, line in enumerate(lines, 1))
    return Draft(text, claims, tuple(Citation(n, paper) for n, paper in enumerate(papers, 1)))


def _people(paper: Paper) -> str:
    more = " et al." if len(paper.authors) > _SHOWN else ""
    year = () if paper.year is None else (str(paper.year),)
    told = ", ".join([*paper.authors[: 1 if more else _SHOWN]]) + more
    return f": {', '.join(filter(None, (told, *year)))}." if told or year else ""


def _years(library: Library) -> str:
    dated = Scope(first_year=0)
    first, _ = library.papers(limit=1, scope=dated, order="oldest")
    last, _ = library.papers(limit=1, scope=dated, order="newest")
    if not first or not last:
        return ""
    return f" from {first[0].year}" + (f" to {last[0].year}" if last[0].year != first[0].year else "")


def _collections(library: Library) -> str:
    names = list(library.collections())
    if len(names) > _NAMED:
        return f", in {counted(len(names), 'collection')}"
    quoted = ", ".join(f"“{name}”" for name in names)
    return f", in the {noun_for(len(names), 'collection')} {quoted}" if names else ""


def _within(scope: Scope, read: Narrowing) -> Scope:
    firsts = [year for year in (scope.first_year, read.first_year) if year is not None]
    lasts = [year for year in (scope.last_year, read.last_year) if year is not None]
    return replace(scope, first_year=max(firsts, default=None), last_year=min(lasts, default=None))


def _papers_by(library: Library, name: str, scope: Scope) -> tuple[str, ...]:
    """Give the ids of the papers that have an author of this name, or of each of the names that "and" joins."""
    people = re.split(r"\s+and\s+", name)
    longest = max(re.findall(r"\w+", people[0]), key=len, default=name)
    papers, _ = library.papers(query=longest, limit=_WRITERS, scope=scope)
    return tuple(paper.id for paper in papers if all(wrote(person, paper.authors) for person in people))
