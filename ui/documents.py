"""The documents that the REST interface sends, described for its OpenAPI description, each with an example.

They describe, they do not produce: ``rag.types`` and ``ui.api`` do, and a test holds both together.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_Probability = Annotated[float, Field(ge=0, le=1)]
_EXAMPLE_QUESTION = "By what factor does LoRA cut the trainable parameters of GPT-3?"


class Document(BaseModel):
    """Later versions may add fields."""

    model_config = ConfigDict(extra="allow")


class PaperDocument(Document):
    """A paper without its abstract."""

    id: str
    title: str
    authors: list[str]
    year: int | None
    url: str | None
    doi: str | None
    arxiv_id: str | None
    note: str | None
    collections: list[str]


class SourceDocument(Document):
    """Where a paper was read from: a file by its name, the line of its entry, the id it has there."""

    file: str
    line: int
    local_id: str


class FullPaperDocument(PaperDocument):
    """A paper with its abstract."""

    abstract: str
    categories: list[str]
    sources: list[SourceDocument]


class QuoteDocument(Document):
    """``text == abstract[start:end]``, in characters, end exclusive."""

    text: str
    start: int
    end: int


class CitationDocument(Document):
    """A paper that the answer cites as ``[number]``, and the sentences it is cited for."""

    number: int
    paper: FullPaperDocument
    quotes: list[QuoteDocument]


class ClaimDocument(Document):
    """One sentence of the answer, the numbers it cites, and whether they say it."""

    text: str
    citations: list[int]
    support: Literal["supported", "partial", "unsupported"]


class RankedDocument(Document):
    """One line of the ranking behind the answer."""

    paper_id: str
    title: str
    score: _Probability


class AnswerDocument(Document):
    """An answer; every sentence of ``text`` has its citations in ``claims``."""

    question: Annotated[str, Field(examples=[_EXAMPLE_QUESTION])]
    standalone_question: str
    text: Annotated[str, Field(examples=["LoRA cut the number of trainable parameters by a factor of 10,000. [1]"])]
    claims: list[ClaimDocument]
    citations: list[CitationDocument]
    invented_markers: list[str]
    abstained: bool
    reason: Literal["off_topic", "not_in_abstract", "empty_library"] | None
    confidence: Annotated[_Probability, Field(description="that the library answers this question")]
    answerer: Annotated[str, Field(examples=["quote"])]
    model: str | None
    hits: list[RankedDocument]
    timings_ms: dict[str, float]
    receipt: dict[str, Any]
    notice: str | None
    fallback: Annotated[str | None, Field(description="the part of notice that says why no model answers")]


class PassageDocument(Document):
    """A passage that matches: ``text == abstract[start:end]``."""

    text: str
    start: int
    end: int
    score: float


class HitDocument(Document):
    """A paper found, and its passages that match, best first."""

    paper: PaperDocument
    score: _Probability
    passages: list[PassageDocument]


class HitsDocument(Document):
    """The papers found, best first."""

    hits: list[HitDocument]


class PapersDocument(Document):
    """One page of the library; ``total`` counts all papers that match."""

    papers: list[PaperDocument]
    total: int
    offset: int


class ReadyDocument(Document):
    """Sent while questions are answered."""

    status: Literal["ok"]


class ProblemDocument(Document):
    """What went wrong (RFC 9457); ``detail`` is one sentence that says what to do."""

    type: Annotated[str, Field(examples=["about:blank"])]
    title: Annotated[str, Field(examples=["Bad Request"])]
    status: Annotated[int, Field(examples=[400])]
    detail: Annotated[str, Field(examples=["'20' is not a range of years: write 2020, 2019..2023, 2019.. or ..2023."])]
    request_id: Annotated[str, Field(description="as in the header X-Request-Id and in the server's log")] = ""


_NAMES = ["hits", "thought", "delta", "answer", "error"]
EVENTS = {
    "text/event-stream": {
        "schema": {
            "type": "object",
            "description": "server-sent events; the data of each is JSON",
            "properties": {"event": {"enum": _NAMES}, "data": {"type": "string"}},
        }
    }
}


def responses(document: type[Document] | None, *failures: int) -> dict[int | str, dict[str, Any]]:
    """Describe what a route answers: ``document`` (None: a stream of events), and the failures it can have."""
    problem = {"model": ProblemDocument, "content": {"application/problem+json": {}}}
    described: dict[int | str, dict[str, Any]] = {200: {"model": document} if document else {"content": EVENTS}}
    return described | {status: {**problem, "description": _MEANS[status]} for status in failures}


_MEANS = {
    400: "the request asks for something that cannot be done",
    404: "there is nothing of this name",
    422: "a field of the request is missing or not valid",
    429: "too many requests: `Retry-After` says when to come back",
    500: "something failed inside Citewell",
    503: "the library or the model cannot answer now",
}
