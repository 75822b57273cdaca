"""What Citewell says in its own words, without a search for what is asked: courtesies, what the library holds, and the
metadata of one paper.

Its confidence is the probability that the library answers: 1 for what stands in the catalogue, 0 for what does not and
for courtesies.  These are off topic, as any library is concerned, and answered in a friendlier way than by saying so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from index_store.library import Library
from index_store.types import Scope
from rag.ages import ordered, superlative
from rag.consulting import consulted
from rag.courtesies import courtesy, reply
from rag.holdings import asks_for_all, asks_for_holdings, dated, extreme, holding, narrowed, overview, undated, unknown
from rag.listing import Resumed, resumed
from rag.metadata import asked_of
from rag.naming import short_title
from rag.narrowing import Narrowing
from rag.refining import on_list, refinement
from rag.told import Told, listed, refused
from rag.types import Request, Turn
from rag.wording import narrowed_notice

_A_LIST = "List all papers"
_EXAMPLES = 2


def tell(library: Library, request: Request, shown: int) -> Told | None:
    """Answer what needs no search, None for a question to the papers; ``shown`` papers of a list stand in answers."""
    question = request.question
    if kind := courtesy(question):
        titles = [short_title(paper) for paper in library.sample(_EXAMPLES)]
        return refused(reply(kind, len(library), titles), "off_topic")
    if asks_for_all(question):
        return listed(overview(library, request.scope, shown))
    if told := _of_ages(library, request):
        return told
    if found := narrowed(library, question, request.scope):
        return _of_narrowed(library, request, found, shown)
    before = [turn.content for turn in request.history if turn.role == "user"]
    asked = asked_of(question, before)
    return consulted(library, request, asked) if asked else None


def narrow(library: Library, request: Request) -> tuple[Request, str | None]:
    """Give a question for a list without the words that narrow it, in a scope that does, and the sentence about it."""
    found = narrowed(library, request.question, request.scope)
    if found is None:
        return request, None
    read, inside = found
    _, papers = library.papers(limit=0, scope=inside)
    return replace(request, question=read.rest, scope=inside), narrowed_notice(papers, str(read))


def resumed_list(question: str, history: Sequence[Turn]) -> Resumed | None:
    """Tell which list a question goes on with or is about: "show more", "only those from 2020", "the newest of them".

    A list that the catalogue gives need not say "papers".
    """
    lists = [
        replace(turn, content=_A_LIST) if turn.role == "user" and _is_list(turn.content) else turn for turn in history
    ]
    more = resumed(question, lists)
    if more is None:
        return on_list(question, history)
    begun = len(more.history)
    asked, before = history[begun].content, tuple(history[:begun])
    return replace(on_list(asked, before) or Resumed(asked, before, 0), shown=more.shown)


def _is_list(asked: str) -> bool:
    return asks_for_holdings(asked) or refinement(asked) is not None or on_list(asked, ()) is not None


def _of_narrowed(library: Library, request: Request, found: tuple[Narrowing, Scope], shown: int) -> Told | None:
    """Answer with the papers of some years or an author; None where they are to be on a subject, too."""
    read, inside = found
    if reason := unknown(library, read):
        return refused(reason, "not_in_abstract")
    return listed(holding(library, read, inside, request.scope, shown)) if read.is_all else None


def _of_ages(library: Library, request: Request) -> Told | None:
    """Answer with the oldest or the newest papers of the library; None where these are not asked for.

    Those on a subject are left to the search, unless no paper has a year.
    """
    asked = superlative(request.question)
    age = asked or ordered(request.question)
    if age is None:
        return None
    if reason := undated(library, f"is the {age}"):
        return refused(reason, "not_in_abstract")
    found = narrowed(library, asked.papers, request.scope) if asked else None
    if asked is None or (asked.rest and not (found and found[0].is_all)):
        return None
    if found and (reason := unknown(library, found[0])):
        return refused(reason, "not_in_abstract")
    inside = found[1] if found else request.scope
    if not library.papers(limit=0, scope=dated(inside))[1]:
        reason = f"No paper that was to be looked at has a year, so I cannot tell which is the {age}."
        return refused(reason, "not_in_abstract")
    return listed(extreme(library, asked, inside))
