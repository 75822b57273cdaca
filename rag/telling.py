"""What Citewell says in its own words, without a search for what is asked: courtesies, what the library holds, and the
metadata of one paper.

Its confidence is the probability that the library answers: 1 for what stands in the catalogue, 0 for what does not and
for courtesies.  These are off topic, as any library is concerned, and answered in a friendlier way than by saying so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from index_store.library import Library
from index_store.types import Hit
from rag.courtesies import courtesy, reply
from rag.drafting import Draft
from rag.holdings import asks_for_all, asks_for_holdings, holding, narrowed, overview, unknown
from rag.listing import Resumed, resumed
from rag.metadata import Asked, Named, asked_of, is_absent, missing, named, statement
from rag.naming import short_title
from rag.reading import Reading
from rag.spelling import misspells
from rag.types import Citation, Claim, Reason, Request, Turn
from rag.wording import did_you_mean, narrowed_notice, no_paper_called

_A_LIST = "List all papers"
_AMONG = 10  # papers found for a name
_EXAMPLES = 2


@dataclass(frozen=True, slots=True)
class Told:
    """An answer in Citewell's own words, or why there is none, with the papers that it looked at, best first."""

    draft: Draft
    hits: tuple[Hit, ...] = ()
    confidence: float = 1.0
    reason: Reason | None = None
    standalone: str = ""


def tell(library: Library, request: Request, shown: int) -> Told | None:
    """Answer what needs no search, None for a question to the papers; ``shown`` papers of a list stand in answers."""
    question = request.question
    if kind := courtesy(question):
        titles = [short_title(paper) for paper in library.sample(_EXAMPLES)]
        return _refused(reply(kind, len(library), titles), "off_topic")
    if asks_for_all(question):
        return _listed(overview(library, request.scope, shown))
    if found := narrowed(library, question, request.scope):
        read, inside = found
        if reason := unknown(library, read):
            return _refused(reason, "not_in_abstract")
        if read.is_all:
            return _listed(holding(library, read, inside, request.scope, shown))
        return None
    before = [turn.content for turn in request.history if turn.role == "user"]
    asked = asked_of(question, before[-1] if before else "")
    return _of_metadata(library, request, asked) if asked else None


def narrow(library: Library, request: Request) -> tuple[Request, str | None]:
    """Give a question for a list without the words that narrow it, in a scope that does, and the sentence about it."""
    found = narrowed(library, request.question, request.scope)
    if found is None:
        return request, None
    read, inside = found
    _, papers = library.papers(limit=0, scope=inside)
    return replace(request, question=read.rest, scope=inside), narrowed_notice(papers, str(read))


def resumed_list(question: str, history: Sequence[Turn]) -> Resumed | None:
    """Tell which list "show more" goes on with, also of those that the catalogue gives: they need not say "papers"."""
    lists = [
        replace(turn, content=_A_LIST) if turn.role == "user" and asks_for_holdings(turn.content) else turn
        for turn in history
    ]
    more = resumed(question, lists)
    if more is None:
        return None
    begun = len(more.history)
    return replace(more, question=history[begun].content, history=tuple(history[:begun]))


def _of_metadata(library: Library, request: Request, asked: Asked) -> Told | None:
    """Answer a question for one paper's metadata; None where it is not clear which paper is meant."""
    if not asked.name:
        hits = _discussed(library, request, asked.place)
        title = hits[0].paper.title if hits else ""
        return _stated(asked, Named(hits[0].paper, sure=True), hits, f"{title}: {request.question}") if hits else None
    hits = library.search(asked.name, _AMONG, request.scope)
    papers = [hit.paper for hit in hits]
    if found := named(asked, papers):
        return _stated(asked, found, hits)
    if not is_absent(asked, papers):
        return None
    text = no_paper_called(asked.name, len(library))
    if papers and misspells(asked.name, papers[0], library):
        text = f"{text} {did_you_mean(papers[0])}"
    return _refused(text, "off_topic", hits)


def _stated(asked: Asked, found: Named, hits: Sequence[Hit], standalone: str = "") -> Told:
    """Say what the catalogue tells of a paper, which comes first of ``hits`` then, or that it does not."""
    ordered = tuple(sorted(hits, key=lambda hit: hit.paper.id != found.paper.id))
    said = statement(asked, found)
    if said is None:
        return replace(_refused(missing(asked, found.paper), "not_in_abstract", ordered), standalone=standalone)
    claims, citations = (Claim(said, (1,), "supported"),), (Citation(1, found.paper),)
    return Told(Draft(f"{said} [1]", claims, citations), ordered, standalone=standalone)


def _discussed(library: Library, request: Request, place: str) -> tuple[Hit, ...]:
    """Give the paper under discussion, and what is found beside it; nothing where there is none."""
    points = Request(f"What is the {place} one?" if place else "What is it?", request.history, request.scope)
    with library.turns.taken():
        read = Reading(library, points).understood()
    return read.ranking.hits if read.about else ()


def _listed(draft: Draft) -> Told:
    return Told(draft, tuple(Hit(citation.paper, 1.0, ()) for citation in draft.citations))


def _refused(text: str, reason: Reason, hits: tuple[Hit, ...] = ()) -> Told:
    return Told(_words(text), hits, confidence=0.0, reason=reason)


def _words(text: str) -> Draft:
    return Draft(text, (), ())
