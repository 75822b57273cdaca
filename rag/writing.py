"""Lets an answerer speak: pieces in; the text as it comes, and at the end the draft with its receipt, out.

A failure ends the draft and is handed back with it, so that what was written before stays of use.  Knows no search and
no question.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass

from rag.answerers import Answerer, Brief, Done, Piece, Quoted, Remark, Said, Sources, Thought
from rag.drafting import Draft, ProseDrafting, QuoteDrafting, SupportCheck
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
    """Yield the text as it comes, thoughts apart; return what was written.  Stopping ``work`` ends it at once."""
    pen, failure = Pen(brief, support, getattr(answerer, "model", None)), None
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
    if rest := pen.rest():
        yield rest
    return pen.written(failure)


class Pen:
    """Writes down the pieces of one answer."""

    def __init__(self, brief: Brief, support: SupportCheck, model: str | None = None) -> None:
        self._hits, self._support = brief.hits, support
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
                self._prose = ProseDrafting([self._hits[at] for at in piece.positions], self._support)
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
