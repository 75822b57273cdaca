"""What an assistant is put together from, and the seams that each part fits.  Knows no implementation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from index_store.library import Library
from index_store.search import Ranking
from rag.abstain import Judgement
from rag.answerers import Answerer
from rag.drafting import SupportCheck
from rag.understanding import Rewriter


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who words an answer, what the user should know about it, and why it is the quoter where a model was to."""

    answerer: Answerer
    notice: str | None = None
    fallback: str | None = None


class Speakers(Protocol):
    def choose(self, answerer: str | None, model: str | None) -> Speaker:
        """Give the answerer asked for, or the best there is now.  Raises ``AnswererError`` where it is not there."""
        ...

    def describe(self) -> dict[str, Any]:
        """Say who would answer now: ``answerer``, ``model`` and the state of ``ollama``."""
        ...

    def warm(self) -> None:
        """Load the model that would answer now."""
        ...


class Judge(Protocol):
    def judge(self, question: str, ranking: Ranking, asked: str) -> Judgement:
        """Tell whether the library answers ``question``, from what the search found.

        ``question`` stands alone and ends with the words that were ``asked``.
        """
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What an assistant is put together from.

    ``papers``: how many of the papers found an answer may draw on; ``rewriter``: a model that words questions that lean
    on the conversation, None to leave that to the rules.
    """

    library: Library
    speakers: Speakers
    judge: Judge
    support: SupportCheck
    papers: int
    rewriter: Rewriter | None = None
