"""An assistant whose every answer can be worked out by hand, over a library of four papers.

The words of a question decide: "alpha" and "beta" are answered from the paper of that name, "both" from both of them,
"wrong" is answered from Gamma, "lost" is refused, anything else is answered from Alpha.  The confidence is the number
in the question ("… 0.7"), else 0.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from index_store.library import Status
from index_store.types import Paper
from rag.errors import QuestionRefused
from rag.types import Answer, Citation, Claim, Quote, RankedPaper, Request

ALPHA = Paper("a", "Alpha: Counting Sheep", "Alpha counts 45 sheep. It needs 2.5 hours for that. Dogs help it.")
BETA = Paper("b", "Beta, or the Art of Sleep", "Beta sleeps 8 hours. It never counts.")
GAMMA = Paper("c", "Gamma Rays at Night", "Gamma shines at night. Nobody sleeps.")
DELTA = Paper("d", "Delta", "Rivers end in deltas.")
PAPERS = (ALPHA, BETA, GAMMA, DELTA)

_NUMBER = re.compile(r"0\.\d+")


@dataclass
class FakeLibrary:
    shelf: tuple[Paper, ...] = PAPERS

    def papers(self, *, offset: int = 0, limit: int = 50) -> tuple[list[Paper], int]:
        return list(self.shelf), len(self.shelf)

    def status(self) -> Status:
        return Status(len(self.shelf), len(self.shelf), 0, "digest-of-fake", "fake", "nowhere")


@dataclass
class FakeAssistant:
    """``asked`` holds every request in order."""

    library: FakeLibrary = field(default_factory=FakeLibrary)
    asked: list[Request] = field(default_factory=list)

    def ask(self, request: Request) -> Answer:
        self.asked.append(request)
        words = request.question.lower()
        if "unspeakable" in words:
            raise QuestionRefused("The question is too long.")
        if "lost" in words:
            return _answer(request, (DELTA, GAMMA, ALPHA), (), abstained=True)
        if "both" in words:
            return _answer(request, (ALPHA, GAMMA, BETA), (ALPHA, BETA))
        if "wrong" in words:
            return _answer(request, (GAMMA, ALPHA), (GAMMA,))
        return _answer(
            request, (BETA, ALPHA) if "beta" in words else (ALPHA, BETA), (BETA if "beta" in words else ALPHA,)
        )

    def warm(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing is open."""


def _answer(
    request: Request, ranked: tuple[Paper, ...], cited: tuple[Paper, ...], *, abstained: bool = False
) -> Answer:
    """Quote each cited paper's first sentence."""
    firsts = [paper.abstract.split(". ")[0] + "." for paper in cited]
    confidence = _NUMBER.search(request.question)
    return Answer(
        question=request.question,
        standalone_question=request.question,
        text=" ".join(f"{first} [{n}]" for n, first in enumerate(firsts, 1)) or "I found nothing about this.",
        claims=tuple(Claim(first, (n,), "supported") for n, first in enumerate(firsts, 1)),
        citations=tuple(
            Citation(n, paper, (Quote(first, 0, len(first)),))
            for n, (paper, first) in enumerate(zip(cited, firsts, strict=True), 1)
        ),
        abstained=abstained,
        reason="off_topic" if abstained else None,
        confidence=float(confidence.group()) if confidence else 0.5,
        hits=tuple(RankedPaper(paper.id, paper.title, 1 / rank) for rank, paper in enumerate(ranked, 1)),
        timings_ms={"search": 2.0, "answer": 1.0},
    )
