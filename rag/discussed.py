"""Which papers a conversation is about.

A conversation comes as bare text, so its papers are found again: what was asked and answered last is searched for, and
a piece of an answer that ends in a marker of its own tells which paper that marker stood for.  An answer that quotes
finds its paper by its very words.  Knows no new question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from index_store.library import Library
from index_store.types import Hit, Paper, Scope
from rag.followup import leans_on_history
from rag.mentioned import named_in_order
from rag.types import Turn
from rag.wording import says_nothing_found

_WORDS = 60  # of an answer or a piece of it that are searched for: what tells its paper comes early
_EXCHANGES = 6  # looked back at for an earlier subject
_DEPTH = 10
_NAMED_AMONG = 10  # best papers of an exchange
_SEGMENT_DEPTH = 30
_MARKER = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of the conversation and what was answered; ``subject`` is the question with those it leans on."""

    asked: str
    answered: str
    subject: str

    @property
    def leans(self) -> bool:
        return self.subject != self.asked

    @property
    def text(self) -> str:
        return f"{self.subject} {_begin(self.answered)}"


class Discussion:
    """The papers of one conversation, found in a library when they are asked for."""

    def __init__(self, library: Library, history: Sequence[Turn], scope: Scope) -> None:
        self._library, self._scope = library, scope
        self._found: dict[str, tuple[Hit, ...]] = {}
        self.exchanges = exchanges(history)

    @cached_property
    def latest(self) -> tuple[Hit, ...]:
        """The papers that the last exchange may be about, best first."""
        return self._of(self.exchanges[-1]) if self.exchanges else ()

    @cached_property
    def in_order(self) -> tuple[Paper, ...]:
        """The papers that a question may point at by their place.

        Those that the last exchange about several of them speaks of, else those of the conversation, in the order in
        which they came up.
        """
        for exchange in reversed(self.exchanges):
            if len(papers := self._side_by_side(exchange)) > 1:
                return papers
        return self.all if len(self.exchanges) > 1 else ()

    def _side_by_side(self, exchange: Exchange) -> tuple[Paper, ...]:
        """The papers that an answer cites, in the order of its markers; else those that the question or it names."""
        pieces = _pieces(exchange.answered)
        if len(pieces) > 1:
            return self._papers_of(exchange, pieces)
        papers = tuple(hit.paper for hit in self._of(exchange)[:_NAMED_AMONG])
        asked = named_in_order(exchange.asked, papers)
        if len(asked) > 1 or exchange.leans:
            return asked
        told = named_in_order(exchange.answered, papers, as_subjects=True)
        return () if set(asked) & set(told) else told  # "A is …. B does it otherwise", asked of A, is about A

    @cached_property
    def answered(self) -> Paper | None:
        """The paper that the last answer speaks of, whatever was asked."""
        hits = self._library.search(_begin(self.exchanges[-1].answered), 1, self._scope) if self.exchanges else ()
        return hits[0].paper if hits else None

    @cached_property
    def all(self) -> tuple[Paper, ...]:
        """The papers of the last few exchanges, in the order in which they came up."""
        found: dict[str, Paper] = {}
        for exchange in self.exchanges[-_EXCHANGES:]:
            papers = [hit.paper for hit in self._of(exchange)[:1]]
            pieces = _pieces(exchange.answered)
            for paper in [*papers, *(self._papers_of(exchange, pieces) if len(pieces) > 1 else ())]:
                found.setdefault(paper.id, paper)
        return tuple(found.values())

    def _of(self, exchange: Exchange) -> tuple[Hit, ...]:
        """The papers that an exchange may be about, best first; each is searched for once."""
        if exchange.text not in self._found:
            depth = _SEGMENT_DEPTH if len(_pieces(exchange.answered)) > 1 else _DEPTH
            self._found[exchange.text] = self._library.search(exchange.text, depth, self._scope)
        return self._found[exchange.text]

    def _papers_of(self, exchange: Exchange, pieces: Sequence[str]) -> tuple[Paper, ...]:
        likely = {hit.paper.id: hit.score for hit in self._of(exchange)}
        taken: dict[str, Paper] = {}
        for piece in pieces:
            hits = self._library.search(_begin(piece), _SEGMENT_DEPTH, self._scope)
            free = [hit for hit in hits if hit.paper.id not in taken]
            if free:
                best = max(free, key=lambda hit: hit.score + likely.get(hit.paper.id, 0.0) / 2)
                taken[best.paper.id] = best.paper
        return _as_named(exchange.asked, tuple(taken.values()))


def _as_named(question: str, papers: tuple[Paper, ...]) -> tuple[Paper, ...]:
    """Put papers into the order in which a question names them, where it names every one."""
    named = named_in_order(question, papers)
    return named if len(named) == len(papers) else papers


def exchanges(history: Sequence[Turn]) -> tuple[Exchange, ...]:
    """Give the questions of a conversation with their answers; those that nothing was found for are left out."""
    made: list[Exchange] = []
    for turn in history:
        content = turn.content.strip()
        if turn.role == "user" and content:
            before = f"{made[-1].subject} " if made and leans_on_history(content) else ""
            made.append(Exchange(content, "", before + content))
        elif made:
            last = made.pop()
            made.append(Exchange(last.asked, f"{last.answered} {content}".strip(), last.subject))
    return tuple(exchange for exchange in made if not says_nothing_found(exchange.answered))


def _pieces(answer: str) -> tuple[str, ...]:
    """Give the text of each marker of an answer, in the order of the numbers' first use."""
    texts: dict[str, str] = {}
    parts = _MARKER.split(answer)
    text = ""
    for part, number in zip(parts[::2], [*parts[1::2], ""], strict=True):
        text = part.strip(" .\n") or text
        if number:
            texts[number] = f"{texts.get(number, '')} {text}".strip()
    return tuple(texts.values())


def _begin(text: str) -> str:
    return " ".join(_MARKER.sub("", text).split()[:_WORDS])
