"""What the catalogue tells of a paper: which paper a name stands for, and its authors, year, address and the like.

Knows no search.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index_store.counting import counted
from index_store.types import Paper
from rag.followup import names
from rag.links import link_of
from rag.metadata import Asked, Field
from rag.naming import head, is_marked, short_title, spelled

_MOST_WORDS = 6  # of a name that is no title
_FEWEST_MENTIONS = 2
_OTHERS_HAVE_IT: tuple[Field, ...] = ("year", "link", "title", "citation")  # "the year of the flood"
_SHOWN = 20  # authors
_DOI, _ARXIV = "https://doi.org/", "https://arxiv.org/abs/"
_LACKED = {
    "year": "a year",
    "order": "a year",
    "link": "an address",
    "doi": "a DOI",
    "arxiv": "an arXiv id",
    "citation": "authors, a year or an address",
}


@dataclass(frozen=True, slots=True)
class Named:
    """A paper that a name stands for; ``sure`` where it is its title's, and not one that it merely speaks of most."""

    paper: Paper
    sure: bool


def named(asked: Asked, papers: Sequence[Paper]) -> Named | None:
    """Find the paper that a name stands for; None where that is none, or several alike."""
    wanted = _plain(asked.name)
    titled = [paper for paper in papers if wanted in (spelled(paper.title), spelled(head(paper)))]
    if titled:
        return Named(titled[0], sure=True)
    common = asked.orders and asked.name.islower() and not is_marked(asked.name)  # "the policy or the value network"
    if common or (asked.terse and " " in asked.name and not asked.of_paper):
        return None
    counts = [_mentions(wanted, paper) for paper in papers]
    best = sorted(counts, reverse=True)[:2]
    if not best or sum(best[0]) < _FEWEST_MENTIONS or best[0] in best[1:] or any(count[0] for count in best[1:]):
        return None
    paper = papers[counts.index(best[0])]
    text = paper.abstract if asked.terse and not is_marked(asked.name) else f"{paper.title} {paper.abstract}"
    looks_so = " " in wanted or any(_plain(name) == wanted for name in names(text))
    # "ColBERT: … over BERT" is not BERT.
    begins = re.match(rf"{re.escape(wanted)}s?(?!\w)", spelled(paper.title)) is not None
    return Named(paper, sure=begins) if looks_so or asked.of_paper else None


def is_absent(asked: Asked, papers: Sequence[Paper]) -> bool:
    """Tell whether a name that can only be a paper's, or its method's, is none of ``papers`` found for it."""
    if set(asked.fields) <= set(_OTHERS_HAVE_IT) or not (asked.bare or asked.of_paper):
        return False
    if asked.terse or len(asked.name.split()) > _MOST_WORDS:
        return False
    return bool(names(asked.name)) or not any(sum(_mentions(_plain(asked.name), paper)) for paper in papers)


def subject_of(asked: Asked, found: Named) -> str:
    """Give what a sentence about a paper calls it."""
    return f"“{found.paper.title}”" + ("" if found.sure else f", the paper here that speaks most of {asked.name},")


def statement(field: Field, title: str, paper: Paper) -> str | None:
    """Say what a paper's entry in the catalogue tells, the paper called ``title``; None where it does not."""
    dated = f"{title} is from {paper.year}." if paper.year is not None else None
    said = {
        "year": dated,
        "order": dated,
        "link": f"{title} is at {link}" if (link := link_of(paper)) else None,
        "doi": f"The DOI of {title} is {paper.doi}: {_DOI}{paper.doi}" if paper.doi else None,
        "arxiv": f"The arXiv id of {title} is {paper.arxiv_id}: {_ARXIV}{paper.arxiv_id}" if paper.arxiv_id else None,
        "title": f"The full title is “{paper.title}”.",
        "citation": _reference(paper),
    }
    if field in said:
        return said[field]
    return _of_authors(field, title, paper.authors) if paper.authors else None


def missing(fields: Sequence[Field], title: str) -> str:
    """Say that the catalogue does not tell what is asked."""
    lacked = list(dict.fromkeys(_LACKED.get(field, "authors") for field in fields))
    return f"{title} stands in your library without {_listed(lacked, 'or')}."


def came_first(papers: Sequence[Paper]) -> str:
    """Say which of several papers, all of which have a year, came out first, and which last."""
    years = [paper.year or 0 for paper in papers]
    first, last = (
        _listed([f"“{short_title(paper)}”" for paper in papers if paper.year == year])
        for year in (min(years), max(years))
    )
    same = f"They came out in the same year, {years[0]}."
    return same if min(years) == max(years) else f"{first} came out first, {last} last."


def _plain(name: str) -> str:
    return spelled(name).strip("\"“”'‘’ ")


def _mentions(wanted: str, paper: Paper) -> tuple[int, int]:
    """Count how often a paper has a name, or its plural, in its title and in its abstract."""
    word = re.compile(rf"(?<!\w){re.escape(wanted)}s?(?!\w)")
    return len(word.findall(spelled(paper.title))), len(word.findall(spelled(paper.abstract)))


def _of_authors(field: Field, title: str, authors: Sequence[str]) -> str:
    match field:
        case "first author":
            return f"The first author of {title} is {authors[0]}."
        case "last author":
            return f"The last author of {title} is {authors[-1]}."
        case "number of authors":
            return f"{title} has {counted(len(authors), 'author')}: {_people(authors)}."
        case _:
            return f"{title} was written by {_people(authors)}."


def _reference(paper: Paper) -> str | None:
    """Word the entry as a list of references has it; None where it has nothing but a title."""
    year, link = "" if paper.year is None else str(paper.year), link_of(paper)
    if not (paper.authors or year or link):
        return None
    people = f"{_people(paper.authors)}: " if paper.authors else ""
    return f"Cite it as: {people}“{paper.title}”{f', {year}' if year else ''}.{f' {link}' if link else ''}"


def _people(authors: Sequence[str]) -> str:
    shown = list(authors[:_SHOWN])
    if more := len(authors) - len(shown):
        shown.append(counted(more, "other"))
    return _listed(shown)


def _listed(words: Sequence[str], joint: str = "and") -> str:
    return f" {joint} ".join(filter(None, (", ".join(words[:-1]), words[-1])))
