"""The seam between the assistant and whatever writes the answer: a quoter, a local model, a fake.

An answerer gets a ``Brief`` and streams a draft: pieces of text whose markers ``[n]`` point at ``hits[n - 1]``,
thinking apart from the text, and one ``Done`` at the end.  Knows no search, no support check and no page; whoever
reads the draft renumbers the markers (``rag.citations``) and checks the sentences (``rag.support``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from index_store.types import Hit, Span
from rag.types import Turn


@dataclass(frozen=True, slots=True)
class Brief:
    """All that an answerer may use.

    ``question`` stands alone and ends with the question as it was ``asked`` (empty: all of it); ``hits`` are papers,
    best first; source n is ``hits[n - 1]``; the first ``about`` of them are meant, as the conversation tells or the
    question compares them by name (0: nothing tells); ``searched`` papers were looked through, and the first ``shown``
    of a list stand in earlier answers.
    """

    question: str
    hits: tuple[Hit, ...]
    history: tuple[Turn, ...] = ()
    asked: str = ""
    searched: int = 0
    shown: int = 0
    about: int = 0


@dataclass(frozen=True, slots=True)
class Sources:
    """Comes first where not all hits are sources, since some did not fit: source n is ``hits[positions[n - 1]]``."""

    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A further piece of the answer, with markers ``[n]`` that point at source n."""

    text: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """A sentence of ``hits[source - 1]``, verbatim: its span in the abstract.  Brackets in it are never markers."""

    source: int
    span: Span


@dataclass(frozen=True, slots=True)
class Remark:
    """Citewell's own words between quotes, such as the title that they stand under; claims nothing, cites nothing."""

    text: str


@dataclass(frozen=True, slots=True)
class Thought:
    """A further piece of the model's thinking: shown apart, never part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Anew:
    """What was said so far was thinking, and follows as a ``Thought``: the answer begins after this."""


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a draft.  ``receipt`` says what was sent, and warns of what did not fit."""

    receipt: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None


Piece = Sources | Said | Quoted | Remark | Thought | Anew | Done


class Answerer(Protocol):
    """Writes answers from the hits alone."""

    @property
    def name(self) -> str:
        """``"quote"`` or ``"ollama"``: who spoke."""
        ...

    def stream(self, brief: Brief) -> Iterator[Piece]:
        """Draft an answer; ``Done`` comes last.

        Raises ``AnswererError``, possibly after some text: the reader keeps what came before.  Closing or dropping
        the iterator ends the work behind it at once.
        """
        ...
