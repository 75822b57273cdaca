"""Questions about one paper's metadata, "who wrote X", "when was it published": what they ask, and what is known.

Strict, since a question about what a paper says must not be taken for one: it counts only where it asks for nothing
else, and X is the name of a paper or points back at one.  Knows no library.  Pure; English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from index_store.counting import counted
from index_store.types import Paper
from rag.followup import names, new_subject
from rag.links import link_of
from rag.naming import head, spelled

Field = Literal["authors", "first author", "last author", "number of authors", "year", "link", "doi", "arxiv"]

_LEAD = (
    r"\W*(?:(?:and|but|so|ok(?:ay)?|please|hi|hey|hello|thanks|now|also|then|sorry)\b\W*)*"
    r"(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?(?=\w)|please\s+)?"
    r"(?:(?:give|tell|send|show)\s+(?:me|us)\s+|do\s+you\s+(?:know|have)\s+|is\s+there\s+|i\s+(?:want|need)\s+)?"
    r"(?:(?:what|who)(?:['’]s|\s+(?:is|are|was|were))\s+)?(?:the\s+|an?\s+|its\s+|their\s+|any\s+)?"
)
_END = r"(?:\s+please)?\W*"
_OF = r"(?:\s+(?:of|for|to|on)\s+(?P<name>\S.*?))?"
_X = r"(?P<name>(?!(?:about|on|for|in|with)\b)\S.*?)"  # "who wrote about X"
_OUT = r"(?:\s+(?:first\s+)?(?:published(?:\s+in)?|written|posted|from|out))"
_FORMS: tuple[tuple[Field, str], ...] = (
    ("authors", rf"who\s+(?:wrote|authored|published)\s+{_X}"),
    ("authors", rf"by\s+whom\s+(?:is|was)\s+{_X}\s+written"),
    ("authors", rf"(?:names?\s+of\s+(?:the\s+)?)?authors?(?:\s+names?)?{_OF}"),
    ("first author", rf"(?:first|lead)\s+author{_OF}"),
    ("last author", rf"(?:last|senior)\s+author{_OF}"),
    ("number of authors", rf"how\s+many\s+authors\s+(?:do|does|did)\s+{_X}\s+have"),
    ("number of authors", rf"how\s+many\s+(?:authors|people)\s+(?:wrote|authored)\s+{_X}"),
    ("number of authors", rf"(?:how\s+many|number\s+of)\s+authors(?:\s+are\s+there)?{_OF}"),
    ("year", rf"when\s+(?:is|was|were)\s+{_X}{_OUT}"),
    ("year", rf"when\s+did\s+{_X}\s+(?:first\s+)?(?:come\s+out|appear)"),
    ("year", rf"(?:(?:in|from)\s+)?(?:what|which)\s+year\s+(?:is|was|were)\s+{_X}{_OUT}?"),
    ("year", rf"(?:in\s+)?(?:what|which)\s+year\s+did\s+{_X}\s+(?:come\s+out|appear)"),
    ("year", rf"(?:publication\s+(?:year|date)|year(?:\s+of\s+publication)?){_OF}"),
    ("year", r"(?:in\s+|from\s+)?(?:what|which)\s+year"),
    ("link", rf"(?:web\s+)?(?:link|url|address){_OF}"),
    ("doi", rf"doi(?:\s+number)?{_OF}"),
    ("arxiv", rf"arxiv(?:\s+(?:id|identifier|number|link|url|page|address))?{_OF}"),
)
_CUES = [(field, re.compile(_LEAD + form + _END, re.IGNORECASE | re.DOTALL)) for field, form in _FORMS]
_WHEN = re.compile(r"\W*(?:(?:and|but)\s+)?when(?:\s+was\s+(?:it|that|this))?\W*", re.IGNORECASE)
_NOUN = r"(?:papers?|articles?|study|work|publication|preprint)"
_POINTS = re.compile(
    rf"it|this|that|(?:the|this|that)\s+(?P<place>first|second|third|fourth|fifth|last|former|latter)?\s*(?:one|{_NOUN})"
    r"|(?:the|that)\s+(?P<bare>first|second|third|fourth|fifth|last|former|latter)",
    re.IGNORECASE,
)
_CALLED = re.compile(
    rf"(?:(?:the|this)\s+)?(?P<name>.+?)(?P<noun>\s+(?:{_NOUN}|method|model|algorithm|optimi[sz]er|network|architecture))?",
    re.IGNORECASE | re.DOTALL,
)
_MOST_WORDS = 6  # of a name that is no title
_FEWEST_MENTIONS = 2
_OTHERS_HAVE_IT: tuple[Field, ...] = ("year", "link")  # "the year of the flood"
_SHOWN = 20  # authors
_DOI, _ARXIV = "https://doi.org/", "https://arxiv.org/abs/"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the paper called ``name``; of the one under discussion where that is empty.

    ``place``: which of several papers under discussion is meant, in words.  ``of_paper``: the question says "paper", so
    that the name need not look like one; ``bare``: it stands without an article.
    """

    field: Field
    name: str = ""
    place: str = ""
    of_paper: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A paper that a name stands for; ``sure`` where it is its title's, and not one that it merely speaks of most."""

    paper: Paper
    sure: bool


def asked_of(question: str, before: str = "") -> Asked | None:
    """Tell which metadata of one paper a question asks for; None where it asks for more, or for something else.

    ``before`` is the question before it: only after one of this kind "when?" asks for a year, "and X?" for the same.
    """
    last = asked_of(before) if before else None
    if last and _WHEN.fullmatch(question):
        return Asked("year")
    if last and (subject := new_subject(question)):
        return Asked(last.field, subject)
    for field, cue in _CUES:
        if match := cue.fullmatch(question):
            return _asked(field, match.groupdict().get("name") or "")
    return None


def named(asked: Asked, papers: Sequence[Paper]) -> Named | None:
    """Find the paper that a name stands for; None where that is none, or several alike."""
    wanted = _plain(asked.name)
    titled = [paper for paper in papers if wanted in (spelled(paper.title), spelled(head(paper)))]
    if titled:
        return Named(titled[0], sure=True)
    counts = [_mentions(wanted, paper) for paper in papers]
    best = sorted(counts, reverse=True)[:2]
    if not best or sum(best[0]) < _FEWEST_MENTIONS or best[0] in best[1:] or any(count[0] for count in best[1:]):
        return None
    paper = papers[counts.index(best[0])]
    looks_so = " " in wanted or any(_plain(name) == wanted for name in names(f"{paper.title} {paper.abstract}"))
    return Named(paper, sure=best[0][0] > 0) if looks_so or asked.of_paper else None


def is_absent(asked: Asked, papers: Sequence[Paper]) -> bool:
    """Tell whether a name that can only be a paper's, or its method's, is none of ``papers`` found for it."""
    if asked.field in _OTHERS_HAVE_IT or len(asked.name.split()) > _MOST_WORDS or not (asked.bare or asked.of_paper):
        return False
    return bool(names(asked.name)) or not any(sum(_mentions(_plain(asked.name), paper)) for paper in papers)


def statement(asked: Asked, found: Named) -> str | None:
    """Say what a paper's entry in the catalogue tells; None where it does not."""
    paper = found.paper
    title = f"“{paper.title}”" + ("" if found.sure else f", the paper here that speaks most of {asked.name},")
    link = link_of(paper)
    match asked.field:
        case "year":
            return f"{title} is from {paper.year}." if paper.year is not None else None
        case "link":
            return f"{title} is at {link}" if link else None
        case "doi":
            return f"The DOI of {title} is {paper.doi}: {_DOI}{paper.doi}" if paper.doi else None
        case "arxiv":
            return f"The arXiv id of {title} is {paper.arxiv_id}: {_ARXIV}{paper.arxiv_id}" if paper.arxiv_id else None
        case _:
            return _of_authors(asked.field, title, paper.authors) if paper.authors else None


def missing(asked: Asked, paper: Paper) -> str:
    """Say that the catalogue does not tell what is asked."""
    what = {"year": "a year", "link": "an address", "doi": "a DOI", "arxiv": "an arXiv id"}.get(asked.field, "authors")
    return f"“{paper.title}” stands in your library without {what}."


def _asked(field: Field, name: str) -> Asked | None:
    name = name.strip().rstrip("?!. ")
    if not name:
        return Asked(field)
    if points := _POINTS.fullmatch(name):
        return Asked(field, place=points["place"] or points["bare"] or "")
    called = _CALLED.fullmatch(name)
    bare = not re.match(r"(?:the|this|that|these|those|an?|its|their|his|her|such)\b", name, re.IGNORECASE)
    return Asked(field, called["name"], of_paper=called["noun"] is not None, bare=bare) if called else None


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
            return f"{title} has {counted(len(authors), 'author')}: {_listed(authors)}."
        case _:
            return f"{title} was written by {_listed(authors)}."


def _listed(authors: Sequence[str]) -> str:
    shown = list(authors[:_SHOWN])
    if more := len(authors) - len(shown):
        shown.append(counted(more, "other"))
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
