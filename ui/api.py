"""The REST interface of DESIGN section 3: ask, ask with a stream of server-sent events, search, papers, health.

Requests are checked by pydantic (unknown fields refused, everything bounded); every failure is a problem document
(RFC 9457, ``application/problem+json``) whose ``detail`` is one sentence.  The assistant's work runs in the thread
pool, so that one question never holds up another.

Knows no page; who may connect is decided elsewhere.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.requests import Request as HttpRequest

from index_store.types import Hit, Scope
from rag.limits import MAX_HISTORY_TURNS, MAX_HITS, MAX_QUESTION_CHARS, MAX_TURN_CHARS
from rag.types import (
    AnswerEvent,
    DeltaEvent,
    Event,
    HitsEvent,
    Json,
    Request,
    ThoughtEvent,
    Turn,
    full_paper_to_dict,
    paper_to_dict,
)
from ui.documents import AnswerDocument, FullPaperDocument, HitsDocument, PapersDocument, ReadyDocument, responses
from ui.problems import problem, when_again
from ui.protocols import Assistant
from ui.scopes import make_scope
from ui.sse import EventStream, message
from ui.streams import answered

_FAILURES = (400, 422, 429, 500, 503)
_Question = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION_CHARS),
    Field(examples=["By what factor does LoRA cut the trainable parameters of GPT-3?"]),
]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Years = Annotated[int | _Name, Field(description="2020, 2019..2023, 2019.. or ..2023; both ends included")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TurnBody(_Body):
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: Annotated[str, StringConstraints(max_length=MAX_TURN_CHARS)]


class ScopedBody(_Body):
    """What narrows a request to a part of the library."""

    collection: _Name | None = None
    year: _Years | None = None

    def scope(self) -> Scope:
        """Give the scope; raises ``SettingsError`` where the years cannot be read."""
        return make_scope((self.collection,) if self.collection else (), self.year)


class AskBody(ScopedBody):
    """A question with all that decides its answer."""

    question: _Question
    history: Annotated[list[TurnBody], Field(max_length=MAX_HISTORY_TURNS)] = []
    answerer: Literal["auto", "quote", "ollama"] | None = None
    model: _Name | None = None

    def request(self) -> Request:
        """Give the request that the assistant takes."""
        history = tuple(Turn(turn.role, turn.content) for turn in self.history)
        return Request(self.question, history, self.scope(), self.answerer, self.model)


class SearchBody(ScopedBody):
    """A query for papers."""

    query: _Question
    k: Annotated[int, Field(ge=1, le=MAX_HITS, description="papers to return")] = 10


def build_router(assistant: Assistant) -> APIRouter:
    """Give the routes under ``/api`` that serve ``assistant``."""
    router = APIRouter(prefix="/api")

    @router.post("/ask", responses=responses(AnswerDocument, *_FAILURES))
    async def ask(body: AskBody, http: HttpRequest) -> Json:
        return (await answered(assistant.stream(body.request()), http)).to_dict()

    @router.post("/ask/stream", response_model=None, responses=responses(None, *_FAILURES))
    def ask_stream(body: AskBody) -> EventStream:
        return EventStream(assistant.stream(body.request()), _Wording())

    @router.post("/search", responses=responses(HitsDocument, *_FAILURES))
    def search(body: SearchBody) -> Json:
        return {"hits": [hit_to_dict(hit) for hit in assistant.search(body.query, body.k, body.scope())]}

    @router.get("/papers", responses=responses(PapersDocument, *_FAILURES))
    def papers(
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
        query: Annotated[str, Query(max_length=MAX_QUESTION_CHARS)] = "",
        collection: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    ) -> Json:
        scope = make_scope((collection,) if collection else ())
        page, total = assistant.library.papers(offset=offset, limit=limit, query=query, scope=scope)
        return {"papers": [paper_to_dict(paper) for paper in page], "total": total, "offset": offset}

    @router.get("/papers/{paper_id:path}", responses=responses(FullPaperDocument, 404, *_FAILURES))
    def paper(paper_id: str) -> Json:
        found = assistant.library.paper(paper_id)
        if found is None:
            raise HTTPException(404, "There is no paper with this id; GET /api/papers lists the ids.")
        return full_paper_to_dict(found)

    @router.get("/health")
    def health() -> dict[str, Any]:
        return assistant.health()

    @router.get("/ready", responses=responses(ReadyDocument, 503))
    def ready() -> dict[str, str]:
        state = assistant.health()["status"]
        if state != "ok":
            raise HTTPException(503, "The library is not indexed yet: run `citewell doctor --repair`.")
        return {"status": state}

    return router


def hit_to_dict(hit: Hit) -> Json:
    """Give a hit as JSON: the paper, its score, and the passages that matched, best first."""
    passages = [
        {"text": found.passage.text, "start": found.passage.start, "end": found.passage.end, "score": found.score}
        for found in hit.passages
    ]
    return {"paper": paper_to_dict(hit.paper), "score": hit.score, "passages": passages}


class _Wording:
    """Events by name, as DESIGN section 3 has them."""

    def event(self, event: Event) -> str:
        name, data = _event_to_json(event)
        return message(data, name)

    def failure(self, exc: Exception) -> str:
        seconds = when_again(exc).get("Retry-After")  # which no header can tell any more
        again = {"retry_after": int(seconds)} if seconds else {}
        return message(problem(exc) | again, "error")

    def end(self) -> str:
        return ""


def _event_to_json(event: Event) -> tuple[str, Json]:
    match event:
        case HitsEvent(hits):
            return "hits", {"hits": [hit_to_dict(hit) for hit in hits]}
        case ThoughtEvent(text):
            return "thought", {"text": text}
        case DeltaEvent(text):
            return "delta", {"text": text}
        case AnswerEvent(answer):
            return "answer", answer.to_dict()
