"""The nouns of an answer: claims, the papers they cite, and the receipt of how it was made.

Plain, frozen data that turns into the JSON of DESIGN section 3 and back; knows no model, no database and no page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from index_store.types import WHOLE_LIBRARY, Hit, Paper, Scope, Source
from rag.notebook import to_html, to_markdown

Support = Literal["supported", "partial", "unsupported"]
Reason = Literal["off_topic", "not_in_abstract", "empty_library"]
Role = Literal["user", "assistant"]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation so far."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a paper's abstract: ``text == abstract[start:end]``, character offsets, end exclusive."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """A paper that the answer cites as ``[number]``, with the sentences that it is cited for."""

    number: int
    paper: Paper
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of the answer without its markers, the numbers it cites, and whether they say it."""

    text: str
    citations: tuple[int, ...]
    support: Support


@dataclass(frozen=True, slots=True)
class RankedPaper:
    """One line of the ranking that the answer was made from.  ``score`` in [0, 1]."""

    paper_id: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What Citewell says to a question, every sentence traceable.

    ``confidence`` in [0, 1] is the probability that the library answers the question, given also when abstaining.
    ``timings_ms`` holds wall-clock milliseconds by stage.  ``notice`` is what the user should know about how the
    answer was made, or None; the part of it that says why no model worded the answer, and says so of every answer until
    one does, is ``fallback``.  ``disagreements`` are pairs of citation numbers whose quotes cannot both be true.
    """

    question: str
    standalone_question: str
    text: str
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    invented_markers: tuple[str, ...] = ()
    abstained: bool = False
    reason: Reason | None = None
    confidence: float = 0.0
    answerer: str = "quote"
    model: str | None = None
    hits: tuple[RankedPaper, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    receipt: Mapping[str, Any] = field(default_factory=dict)
    notice: str | None = None
    fallback: str | None = None
    disagreements: tuple[tuple[int, int], ...] = ()

    @property
    def caution(self) -> str | None:
        """What the notice says of this answer alone: all but the fallback."""
        return " ".join((self.notice or "").replace(self.fallback or "", "").split()) or None

    def to_dict(self) -> Json:
        """Give the answer as the JSON document of DESIGN section 3 plus ``notice``, ``fallback``, ``disagreements``."""
        return {
            "question": self.question,
            "standalone_question": self.standalone_question,
            "text": self.text,
            "claims": [{"text": c.text, "citations": list(c.citations), "support": c.support} for c in self.claims],
            "citations": [_citation_to_dict(c) for c in self.citations],
            "invented_markers": list(self.invented_markers),
            "abstained": self.abstained,
            "reason": self.reason,
            "confidence": self.confidence,
            "answerer": self.answerer,
            "model": self.model,
            "hits": [{"paper_id": h.paper_id, "title": h.title, "score": h.score} for h in self.hits],
            "timings_ms": dict(self.timings_ms),
            "receipt": dict(self.receipt),
            "notice": self.notice,
            "fallback": self.fallback,
            "disagreements": [list(pair) for pair in self.disagreements],
        }

    def _repr_html_(self) -> str:
        """Show the answer in a notebook."""
        return to_html(self)

    def _repr_markdown_(self) -> str:
        """Show the answer where Markdown is preferred."""
        return to_markdown(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Answer:
        """Read an answer back from ``to_dict()``.  Raises ``ValueError`` naming the part that does not fit."""
        try:
            return _answer_from_dict(data)
        except (KeyError, TypeError, AttributeError, OverflowError) as exc:
            raise ValueError(f"this is not an answer: {type(exc).__name__}: {exc}") from exc


@dataclass(frozen=True, slots=True)
class HitsEvent:
    """The first event of a stream: the papers found, best first."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class DeltaEvent:
    """A further piece of the answer's text, citation numbers already final; ``prose`` where a model words it."""

    text: str
    prose: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class ThoughtEvent:
    """A further piece of what a model thinks before it answers: shown apart, never part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """The last event of a stream: the whole answer.  Its text replaces the pieces."""

    answer: Answer


Event = HitsEvent | ThoughtEvent | DeltaEvent | AnswerEvent


@dataclass(frozen=True, slots=True)
class Request:
    """One question with all that decides its answer.  ``answerer`` None and ``model`` None leave it to the settings."""

    question: str
    history: tuple[Turn, ...] = ()
    scope: Scope = WHOLE_LIBRARY
    answerer: str | None = None
    model: str | None = None


def paper_to_dict(paper: Paper) -> Json:
    """Give a paper's metadata as JSON: everything but the abstract and the places it was read from."""
    return {
        "id": paper.id,
        "title": paper.title,
        "authors": list(paper.authors),
        "year": paper.year,
        "url": paper.url,
        "doi": paper.doi,
        "arxiv_id": paper.arxiv_id,
        "note": paper.note,
        "collections": list(paper.collections),
    }


def full_paper_to_dict(paper: Paper) -> Json:
    """Give a paper as JSON with its abstract, categories and sources: files by name, their folders are nobody's."""
    further = {"identifiers": list(paper.identifiers)} if paper.identifiers else {}
    return (
        paper_to_dict(paper)
        | further
        | {
            "abstract": paper.abstract,
            "categories": list(paper.categories),
            "sources": [{"file": _file(s.path), "line": s.line, "local_id": s.local_id} for s in paper.sources],
        }
    )


def paper_from_dict(data: Mapping[str, Any]) -> Paper:
    """Read a paper back from either form; what the short form leaves out is empty."""
    return Paper(
        id=data["id"],
        title=data["title"],
        abstract=data.get("abstract", ""),
        authors=tuple(data.get("authors", ())),
        year=data.get("year"),
        url=data.get("url"),
        doi=data.get("doi"),
        arxiv_id=data.get("arxiv_id"),
        categories=tuple(data.get("categories", ())),
        note=data.get("note"),
        collections=tuple(data.get("collections", ())),
        sources=tuple(Source(s["file"], s["line"], s.get("local_id", "")) for s in data.get("sources", ())),
        identifiers=tuple(data.get("identifiers", ())),
    )


def _file(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _citation_to_dict(citation: Citation) -> Json:
    quotes = [{"text": q.text, "start": q.start, "end": q.end} for q in citation.quotes]
    return {"number": citation.number, "paper": full_paper_to_dict(citation.paper), "quotes": quotes}


def _answer_from_dict(data: Mapping[str, Any]) -> Answer:
    reason, claims = data["reason"], data["claims"]
    if reason is not None and reason not in get_args(Reason):
        raise ValueError(f"this is not an answer: unknown reason {reason!r}")
    return Answer(
        question=data["question"],
        standalone_question=data["standalone_question"],
        text=data["text"],
        claims=tuple(Claim(c["text"], tuple(c["citations"]), c["support"]) for c in claims),
        citations=tuple(
            Citation(
                c["number"],
                paper_from_dict(c["paper"]),
                tuple(Quote(q["text"], q["start"], q["end"]) for q in c["quotes"]),
            )
            for c in data["citations"]
        ),
        invented_markers=tuple(data["invented_markers"]),
        abstained=data["abstained"],
        reason=reason,
        confidence=data["confidence"],
        answerer=data["answerer"],
        model=data["model"],
        hits=tuple(RankedPaper(h["paper_id"], h["title"], h["score"]) for h in data["hits"]),
        timings_ms=dict(data["timings_ms"]),
        receipt=dict(data["receipt"]),
        notice=data.get("notice"),
        fallback=data.get("fallback"),
        disagreements=tuple((int(one), int(other)) for one, other in data.get("disagreements", ())),
    )
