"""Consults the catalogue for what a question asks of single papers: their authors, years, addresses, which came first.

A name has to be found for a paper's, or the question is left to the search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from index_store.library import Library
from index_store.types import Hit, Paper
from rag.drafting import Draft
from rag.entries import Named, came_first, is_absent, missing, named, statement, subject_of
from rag.metadata import Asked, Field
from rag.naming import is_marked
from rag.reading import Reading
from rag.spelling import misspells
from rag.told import Told, refused
from rag.types import Citation, Claim, Request
from rag.wording import did_you_mean, no_paper_called

_AMONG = 10  # papers found for a name
_LATEST = 9999  # a year after any
_BIBTEX = "As BibTeX it stands on the paper's page, and `citewell export --format bibtex` writes it."


@dataclass(frozen=True, slots=True)
class _Sought:
    """What was asked for by a name, among which papers it was found, and for which of them it stands."""

    asked: Asked
    hits: tuple[Hit, ...]
    found: Named | None

    @property
    def is_absent(self) -> bool:
        """Tell whether the name can only be a paper's, or is one by its look, and stands for none."""
        sole = is_marked(self.asked.name) and " " not in self.asked.name
        return not self.found and (sole or is_absent(self.asked, [hit.paper for hit in self.hits]))


def consulted(library: Library, request: Request, asked: Asked) -> Told | None:
    """Answer a question for the metadata of papers; None where it is not clear which are meant.

    A name with "and" in it may be one paper's, or else stands for several.
    """
    if not asked.name:
        meant = _discussed(library, request, asked)
        told = _stated(asked.fields, meant) if len(meant) > asked.orders else None
        title = meant[0].hits[0].paper.title if meant else ""
        return replace(told, standalone=f"{title}: {request.question}") if told and told.reason is None else told
    whole = _sought(library, request, asked)
    if whole.found and not asked.orders:
        return _stated(asked.fields, [whole])
    names = asked.each
    each = [_sought(library, request, part) for part in names] if len(names) > 1 else []
    found = [sought for sought in each if sought.found]
    if len(found) > asked.orders and all(sought.found or sought.is_absent for sought in each):
        absent = [_none_called(library, request, sought.asked.name) for sought in each if not sought.found]
        return _stated(asked.fields, found, absent)
    return _absent(library, request, whole)


def _sought(library: Library, request: Request, asked: Asked) -> _Sought:
    if not asked.name:
        return next(iter(_discussed(library, request, replace(asked, fields=()))), _Sought(asked, (), None))
    hits = library.search(asked.name, _AMONG, request.scope)
    return _Sought(asked, hits, named(asked, [hit.paper for hit in hits]))


def _absent(library: Library, request: Request, sought: _Sought) -> Told | None:
    """Say that no paper has a name; None where that may be no name."""
    papers = [hit.paper for hit in sought.hits]
    if not is_absent(sought.asked, papers):
        return None
    text = _none_called(library, request, sought.asked.name)
    if papers and misspells(sought.asked.name, papers[0], library):
        text = f"{text} {did_you_mean(papers[0])}"
    return refused(text, "off_topic", sought.hits)


def _none_called(library: Library, request: Request, name: str) -> str:
    searched = library.papers(limit=0, scope=request.scope)[1] if request.scope else None
    return no_paper_called(name, len(library), searched)


def _stated(fields: Sequence[Field], found: Sequence[_Sought], absent: Sequence[str] = ()) -> Told:
    """Say what the catalogue tells of each paper, which come first among those looked at, or that it does not."""
    papers = list({sought.found.paper.id: (sought.asked, sought.found) for sought in found if sought.found}.values())
    if "order" in fields:
        papers.sort(key=lambda each: each[1].paper.year or _LATEST)
    told = [_sentences(fields, subject_of(*each), each[1].paper) for each in papers]
    hits = _ordered([each.paper for _, each in papers], found)
    if not any(known for _, known in told):
        return refused(" ".join([" ".join(said) for said, _ in told] + list(absent)), "not_in_abstract", hits)
    dated = [each.paper for _, each in papers if each.paper.year is not None]
    lead = [came_first(dated)] if "order" in fields and 1 < len(dated) == len(papers) else []
    lines = [" ".join(f"{sentence} [{n}]" for sentence in said) for n, (said, _) in enumerate(told, 1)]
    claims = tuple(Claim(sentence, (n,), "supported") for n, (said, _) in enumerate(told, 1) for sentence in said)
    citations = tuple(Citation(n, each.paper) for n, (_, each) in enumerate(papers, 1))
    bibtex = [_BIBTEX] if "citation" in fields else []
    return Told(Draft("\n\n".join([*lead, *lines, *absent, *bibtex]), claims, citations), hits)


def _sentences(fields: Sequence[Field], title: str, paper: Paper) -> tuple[list[str], bool]:
    """Give a sentence for each thing asked of a paper, one for all that the catalogue lacks, and whether it has any."""
    known: list[str] = []
    lacked: list[Field] = []
    for field in fields:
        said = statement(field, "this paper" if known else title, paper)
        if said is None:
            lacked.append(field)
        else:
            known.append(said[0].upper() + said[1:])
    if lacked:
        return [*known, missing(lacked, "This paper" if known else title)], bool(known)
    return known, bool(known)


def _ordered(first: Sequence[Paper], found: Sequence[_Sought]) -> tuple[Hit, ...]:
    """Give all papers looked at once, those ``first`` that an answer is about."""
    hits = {hit.paper.id: hit for sought in found for hit in sought.hits}
    ids = [paper.id for paper in first]
    return (*(hits[each] for each in ids), *(hit for each, hit in hits.items() if each not in ids))


def _discussed(library: Library, request: Request, asked: Asked) -> list[_Sought]:
    """Give the papers under discussion that a question points at; none where it is not clear which these are."""
    points = f"What is the {asked.place} one?" if asked.place else "What is it?"
    points = "How do the two differ?" if asked.orders else points
    with library.turns.taken():
        read = Reading(library, Request(points, request.history, request.scope)).understood()
    hits = read.ranking.hits
    return [_Sought(asked, hits, Named(hit.paper, sure=True)) for hit in hits[: read.about]]
