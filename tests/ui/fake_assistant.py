"""An assistant whose answers can be worked out by hand: three papers, and a question decides by its words what happens.

"energy"       quotes the first sentence of paper 1, cites it as [1]
"both"         prose of a model with a supported, a partial and an unsupported sentence, and an invented [7]
"salary"       abstains: the abstracts do not say
"broken"       fails with one sentence after two pieces
"bug"          raises an error that no one expected
"formula"      prose of a model with LaTeX, a table and code, said in pieces of 12 characters
"where"        abstains and says which scope it was asked in
"slow"         sends a piece every 50 ms until it is stopped; ``stopped`` is set when that happens
anything else  abstains: off topic
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from index_store.browsing import Order
from index_store.errors import InputError, LibraryDamaged
from index_store.records import Record
from index_store.types import WHOLE_LIBRARY, Hit, Paper, Passage, PassageHit, Scope, Source
from rag.stopping import Stoppable, Work
from rag.types import (
    Answer,
    AnswerEvent,
    Citation,
    Claim,
    DeltaEvent,
    Event,
    HitsEvent,
    Quote,
    RankedPaper,
    Request,
)

NOTICE = "No Ollama server is running, so I quote. To have prose, install Ollama and run `ollama pull llama3.2`."

PAPERS = (
    Paper(
        id="p1",
        title=r"$\mathcal{B}$-Adders: Whole Numbers Are Enough for Frugal Inference",
        abstract=(
            r"Replacing multiplications by integer additions saves 90\% of the energy of a matrix product. "
            "We study where such a replacement is safe. On nine tasks of language understanding the loss of accuracy "
            "stays under one point, and on two of them the frugal network is the better one. "
            "The operator O(n^2) is unchanged for everything else. *No* retraining is needed."
        ),
        authors=("Ada Quill", "Ben Ode", "Cleo Ritt", "Dan Stave"),
        year=2021,
        url="https://example.org/adders?a=1&b=2",
        collections=("efficiency",),
        sources=(Source("/home/someone/private/listing.txt", 12), Source("more\\second.txt", 40)),
    ),
    Paper(
        id="p2",
        title="Where Additions Fail: A Study of Outliers in Integer Networks",
        abstract=(
            "Integer networks lose accuracy when activations have outliers. We trace the outliers to four layers. "
            "Clipping them restores the accuracy of all but one of the seven networks that we examined."
        ),
        authors=("Eve Prow",),
        year=2022,
        note="summary written for Citewell",
        sources=(Source("starter.jsonl", 2),),
    ),
    Paper(
        id="p3",
        title="<script>alert(1)</script> [x](javascript:alert(2)) ![i](http://elsewhere.invalid/i.png) & \"quotes'",
        abstract="</p><img src=x onerror=alert(3)> **bold** <b>tags</b> stay text.\n\n# So does this\n\n```\ncode",
        url="javascript:alert(4)",
        sources=(Source('"><svg onload=alert(5)>.txt', 1),),
    ),
)


def passage_hit(paper: Paper, number: int, score: float) -> PassageHit:
    """Give the whole abstract as one passage."""
    return PassageHit(Passage(number, paper.id, paper.title, paper.abstract, 0, len(paper.abstract)), score)


HITS = tuple(
    Hit(paper, score, (passage_hit(paper, number, score),))
    for number, (paper, score) in enumerate(zip(PAPERS, (0.9, 0.6, 0.3), strict=True), start=1)
)


def quote_of(paper: Paper, sentence_start: str) -> Quote:
    """Give the sentence of the abstract that starts with these words."""
    start = paper.abstract.index(sentence_start)
    end = paper.abstract.index(". ", start) + 1
    return Quote(paper.abstract[start:end], start, end)


@dataclass
class FakeLibrary:
    shelf: tuple[Paper, ...] = PAPERS

    removed: dict[str, Paper] = field(default_factory=dict)

    def papers(
        self,
        *,
        offset: int = 0,
        limit: int = 50,
        query: str = "",
        scope: Scope = WHOLE_LIBRARY,
        order: Order = "title",
    ) -> tuple[list[Paper], int]:
        """List the shelf as it stands, or by year; the other orders are the catalogue's affair."""
        found = [p for p in self.shelf if query.lower() in p.title.lower() and scope.admits(p)]
        if order in {"newest", "oldest"}:
            found.sort(key=lambda paper: paper.year or 0, reverse=order == "newest")
        return found[offset : offset + limit], len(found)

    def similar(self, paper_id: str, k: int = 5) -> tuple[Hit, ...]:
        return tuple(hit for hit in HITS if hit.paper.id != paper_id and hit.paper in self.shelf)[:k]

    def remove(self, paper_ids: Sequence[str]) -> list[str]:
        gone = {paper.id: paper for paper in self.shelf if paper.id in paper_ids}
        self.removed |= gone
        self.shelf = tuple(paper for paper in self.shelf if paper.id not in gone)
        return list(gone)

    def remove_departed(self, paper_ids: Sequence[str]) -> list[str]:
        return self.remove(paper_ids)

    def restore(self, paper_ids: Sequence[str]) -> list[str]:
        back = [self.removed.pop(each) for each in paper_ids if each in self.removed]
        self.shelf = (*self.shelf, *back)
        return [paper.id for paper in back]

    def records(self, paper_id: str) -> list[Record]:
        return []

    def split(self, paper_id: str, sources: Sequence[str] = ()) -> tuple[list[Paper], int]:
        raise InputError(f"{paper_id} has only one source; there is nothing to take apart.")

    def merge(self, first: str, second: str) -> tuple[list[Paper], int]:
        raise InputError(f"{first} and {second} are one paper already.")

    def undo_parting(self, step: int) -> list[Paper]:
        raise InputError("No paper was merged or split by hand; there is nothing to take back.")

    def paper(self, paper_id: str) -> Paper | None:
        return next((paper for paper in self.shelf if paper.id == paper_id), None)

    def collections(self) -> dict[str, int]:
        return {"efficiency": 1}

    def __len__(self) -> int:
        return len(self.shelf)


@dataclass
class FakeAssistant:
    """``asked`` holds every request in order."""

    library: FakeLibrary = field(default_factory=FakeLibrary)
    asked: list[Request] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def ask(self, request: Request | str) -> Answer:
        request = Request(request) if isinstance(request, str) else request
        for event in self.stream(request):
            if isinstance(event, AnswerEvent):
                return event.answer
        raise AssertionError("a stream ends with an answer")

    def stream(self, request: Request) -> Iterator[Event]:
        self.asked.append(request)
        words = request.question.lower()
        yield HitsEvent(HITS)
        if "slow" in words:
            yield from self._slow()
        if "bug" in words:
            raise ZeroDivisionError("a secret detail")
        if "broken" in words:
            yield DeltaEvent("The first words ")
            yield DeltaEvent("arrive.")
            raise LibraryDamaged("The vectors of this library are damaged: run `citewell index --repair`.")
        answer = answer_to(request.question)
        if "where" in words:
            answer = replace(answer, text=f"Asked in {request.scope}.")
        if not answer.abstained:
            for piece in split(answer.text):
                yield DeltaEvent(piece, prose=answer.answerer != "quote")
        yield AnswerEvent(answer)

    def _slow(self) -> Iterator[Event]:
        try:
            for _ in range(600):
                yield DeltaEvent("word ")
                time.sleep(0.05)
        finally:
            self.stopped.set()

    def search(self, query: str, k: int = 10, scope: Scope = WHOLE_LIBRARY) -> tuple[Hit, ...]:
        return tuple(hit for hit in HITS if scope.admits(hit.paper))[:k]

    def health(self) -> dict[str, Any]:
        return {
            "status": "ok",
            "papers": len(self.library),
            "passages": 3,
            "answerer": "quote",
            "model": None,
            "ollama": "not running",
            "models": ["llama3.2:3b"],
        }


class SilentAssistant(FakeAssistant):
    """Finds no paper and then says nothing until it is stopped, which a ``close`` from any thread does."""

    def stream(self, request: Request) -> Stoppable[Event]:
        self.asked.append(request)
        work, stopped = Work(), threading.Event()
        for event in (stopped, self.stopped):
            work.attach(event.set)
        return Stoppable(_silence(stopped), work)


def _silence(stopped: threading.Event) -> Generator[Event, None, None]:
    yield HitsEvent(())
    stopped.wait(30)


def sent(answer: Answer) -> Answer:
    """Give an answer as it is on the other side of a wire: files have lost their folders."""
    return Answer.from_dict(answer.to_dict())


def split(text: str) -> Sequence[str]:
    """Cut a text into pieces of 12 characters."""
    return [text[i : i + 12] for i in range(0, len(text), 12)]


def answer_to(question: str) -> Answer:
    """Give the answer that the words of the question decide."""
    ranking = tuple(RankedPaper(hit.paper.id, hit.paper.title, hit.score) for hit in HITS)
    base: dict[str, Any] = {
        "question": question,
        "standalone_question": question,
        "hits": ranking,
        "timings_ms": {"search": 9.0, "answer": 291.0},
    }
    words = question.lower()
    if "energy" in words:
        quoted = quote_of(PAPERS[0], "Replacing")
        return Answer(
            **base,
            text=f"{quoted.text} [1]",
            claims=(Claim(quoted.text, (1,), "supported"),),
            citations=(Citation(1, PAPERS[0], (quoted,)),),
            confidence=0.93,
            notice=NOTICE,
            fallback=NOTICE,
        )
    if "both" in words:
        return _model_answer(base)
    if "formula" in words:
        return Answer(**base, text=_FORMULAS, answerer="ollama", model="llama3.2:3b", confidence=0.5)
    reason = "not_in_abstract" if "salary" in words else "off_topic"
    return Answer(**base, text="", abstained=True, reason=reason, confidence=0.04)  # type: ignore[arg-type]


_FORMULAS = r"""The cost is $O(n_1 * n_2)$, and \( \frac{a}{b} \) too.

$$
\sum_{i=1}^n x_i
$$

| a | b |
| - | - |
| 1 | 2 |

Broken: $\href{javascript:alert(8)}{x}$ and $\text{<script>alert(9)</script>}$ and mathcal O_i(u).

```python
x = "$y$"
```"""


def _model_answer(base: dict[str, Any]) -> Answer:
    first, second = quote_of(PAPERS[0], "Replacing"), quote_of(PAPERS[1], "Integer networks")
    return Answer(
        **base,
        text=(
            "Two papers speak to this:\n\n"
            "- Integer additions save **90% of the energy** [1].\n"
            "- Outliers always ruin `int8` networks [2].\n\n"
            "Analog chips are cheaper still [7]. <img src=x onerror=alert(6)> [a](javascript:alert(7))"
        ),
        claims=(
            Claim("Integer additions save 90% of the energy.", (1,), "supported"),
            Claim("Outliers always ruin int8 networks.", (2,), "partial"),
            Claim("Analog chips are cheaper still.", (), "unsupported"),
        ),
        citations=(Citation(1, PAPERS[0], (first,)), Citation(2, PAPERS[1], (second,))),
        invented_markers=("[7]",),
        confidence=0.71,
        answerer="ollama",
        model="llama3.2:3b",
    )
