"""Lets an answerer speak: pieces in; the text as it comes, and at the end the draft with its receipt, out.

A failure ends the draft and is handed back with it, so that what was written before stays of use.  Knows no search and
no question.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from index_store.types import Paper
from rag.answerers import Anew, Answerer, Brief, Done, Piece, Quoted, Remark, Said, Sources, Thought
from rag.attribution import LONGEST_SENTENCE
from rag.drafting import Draft, ProseDrafting, QuoteDrafting, SupportCheck, Verdict
from rag.errors import AnswererError
from rag.stopping import Work
from rag.types import DeltaEvent, Event, ThoughtEvent


@dataclass(frozen=True, slots=True)
class Written:
    """A draft, and how it ended: ``done`` with its receipt, or a ``failure`` that leaves its last sentence open."""

    draft: Draft
    done: Done
    failure: AnswererError | None = None


def write(answerer: Answerer, brief: Brief, support: SupportCheck, work: Work) -> Generator[Event, None, Written]:
    """Yield the text as it comes, thoughts apart; return what was written.

    Stopping ``work`` ends it at once, and leaves nothing.  Where a model turns out to have thought aloud, the draft has
    only what came after; what was yielded of the thought stands.
    """
    pen, failure = Pen(brief, Checks(support, work), getattr(answerer, "model", None)), None
    pieces = answerer.stream(brief)
    close: Callable[[], object] = getattr(pieces, "close", _nothing)
    work.attach(lambda: _close(close))
    try:
        for piece in pieces:
            if event := pen.take(piece):
                yield event
    except AnswererError as exc:
        failure = exc
    finally:
        close()
    if work.is_stopped:
        return Written(Draft("", (), ()), Done(), failure)  # nobody waits for it, and checking it takes long
    if rest := pen.rest():
        yield rest
    return pen.written(failure)


class Checks:
    """The support check of one answer.

    A model that repeats itself, or never ends its sentence, would keep it busy for long after the last word: so nothing
    is checked twice, nothing beyond the length of a sentence, and nothing more once the work is stopped.
    """

    def __init__(self, support: SupportCheck, work: Work) -> None:
        self._support, self._work = support, work
        self._known: dict[tuple[str, tuple[str, ...]], Verdict] = {}

    def check(self, sentence: str, papers: Sequence[Paper]) -> Verdict:
        """Tell whether the abstracts of ``papers`` say ``sentence``."""
        if self._work.is_stopped or len(sentence) > LONGEST_SENTENCE:
            return Verdict("unsupported")
        asked = sentence, tuple(paper.id for paper in papers)
        if asked not in self._known:
            self._known[asked] = self._support.check(sentence, papers)
        return self._known[asked]


class Pen:
    """Writes down the pieces of one answer."""

    def __init__(self, brief: Brief, support: SupportCheck, model: str | None = None) -> None:
        self._hits, self._sources, self._support = brief.hits, brief.hits, support
        self._quotes, self._prose = QuoteDrafting(brief.hits), ProseDrafting(brief.hits, support)
        self._quoting, self._done = False, Done(model=model)

    def take(self, piece: Piece) -> Event | None:
        """Write a piece down; gives what is to be shown of it."""
        text = ""
        match piece:
            case Quoted() | Remark():
                self._quoting, text = True, self._quotes.take(piece)
            case Said():
                text = self._prose.take(piece)
            case Thought():
                return ThoughtEvent(piece.text)
            case Sources():
                self._sources = tuple(self._hits[at] for at in piece.positions)
                self._prose = ProseDrafting(self._sources, self._support)
            case Anew():
                self._prose = ProseDrafting(self._sources, self._support)
            case Done():
                self._done = piece
        return DeltaEvent(text, prose=not self._quoting) if text else None

    def rest(self) -> Event | None:
        """Give what was held back for a marker that did not come."""
        text = "" if self._quoting else self._prose.rest()
        return DeltaEvent(text, prose=not self._quoting) if text else None

    def written(self, failure: AnswererError | None) -> Written:
        """Finish the draft."""
        draft = self._quotes.finish() if self._quoting else self._prose.finish(whole=failure is None)
        return Written(draft, self._done, failure)


def _close(close: Callable[[], object]) -> None:
    with suppress(ValueError):  # a plain generator that runs in another thread; it has nothing to wait for
        close()


def _nothing() -> None:
    """An iterator without ``close`` has nothing to end."""
