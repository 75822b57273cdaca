"""What the clients of ``rag.client`` send and read: requests as JSON, responses as the types that they stand for.

The other side is ``ui.api`` (DESIGN section 3).  Pure: knows no socket and no retry loop, only which failure may be
tried again and how long a server asks to wait.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from index_store.errors import CitewellError, SettingsError
from index_store.types import Hit, Paper, Passage, PassageHit
from rag.errors import RequestRefused, ServerBusy, ServerError, ServerFailed, ServerUnreachable
from rag.types import Answer, AnswerEvent, DeltaEvent, Event, HitsEvent, Json, ThoughtEvent, Turn, paper_from_dict

LONGEST_WAIT = 30.0
"""Seconds that a client waits at most because a server asks it to."""
_BUSY = (429, 503)
T = TypeVar("T")
_UNKNOWN_PASSAGE = 0  # the server does not tell its passage numbers


@dataclass(frozen=True, slots=True)
class Call:
    """One request.  ``repeatable``: a second try does no harm and no double work, also after the server took it."""

    method: str
    path: str
    body: Json | None = None
    params: Json = field(default_factory=dict)
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class PaperPage:
    """One page of the library: ``papers`` from ``offset`` on, of ``total`` in all.  Their abstracts are empty."""

    papers: tuple[Paper, ...]
    total: int
    offset: int


def address(url: str) -> str:
    """Give a server's address with its scheme.  Raises ``SettingsError`` for what is none."""
    whole = (url if "://" in url else f"http://{url}").rstrip("/")
    try:
        parts = urlsplit(whole)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or any(c.isspace() for c in whole):
        raise SettingsError(f"{url!r} is not an address of a Citewell. Write it like http://127.0.0.1:7860.")
    return whole


def ask_call(question: str, *, history: Iterable[Turn] = (), **options: Any) -> Call:
    """Give the request for an answer; ``options`` that are None are left to the server."""
    turns = [{"role": turn.role, "content": turn.content} for turn in history]
    return Call("POST", "/api/ask", _given(question=question, history=turns or None, **options), repeatable=False)


def stream_call(question: str, *, history: Iterable[Turn] = (), **options: Any) -> Call:
    """Give the request for an answer that comes in pieces."""
    return replace(ask_call(question, history=history, **options), path="/api/ask/stream")


def search_call(query: str, k: int, **options: Any) -> Call:
    return Call("POST", "/api/search", _given(query=query, k=k, **options))


def papers_call(**options: Any) -> Call:
    return Call("GET", "/api/papers", params=_given(**options))


def paper_call(paper_id: str) -> Call:
    return Call("GET", f"/api/papers/{paper_id}")


def health_call() -> Call:
    return Call("GET", "/api/health")


def broken_stream(url: str) -> ServerFailed:
    return ServerFailed(f"The answer of {url} broke off before its end. Ask again.")


def read_hits(data: Mapping[str, Any]) -> tuple[Hit, ...]:
    return tuple(_hit(hit) for hit in data["hits"])


def read_page(data: Mapping[str, Any]) -> PaperPage:
    return PaperPage(tuple(paper_from_dict(paper) for paper in data["papers"]), data["total"], data["offset"])


def read_event(name: str, text: str) -> Event | None:
    """Give the event of a stream; None for a kind that this version does not know.

    Raises the failure that an ``error`` event tells, and ``ServerFailed`` for what cannot be read.
    """
    if name == "error":
        raise reading(lambda data: _failure(int(data["status"]), data, passes="retry_after" in data), text)
    read = _EVENTS.get(name)
    return None if read is None else reading(read, text)


def reading(read: Callable[[Any], T], text: str) -> T:
    """Give what ``read`` makes of the JSON in ``text``.  Raises ``ServerFailed`` where it cannot."""
    try:
        return read(json.loads(text))
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise ServerFailed(
            f"What the server sent cannot be read ({exc!r}). Is it a Citewell, and of this version?"
        ) from exc


def failure_of(response: httpx.Response) -> CitewellError:
    """Give the failure that a response tells.  Its body must have been read."""
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    told = problem if isinstance(problem, dict) else {}
    return _failure(response.status_code, told, passes="retry-after" in response.headers)


def failure_of_transport(exc: httpx.HTTPError, url: str) -> CitewellError:
    """Put what went wrong on the way into one sentence."""
    if isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout):
        return ServerUnreachable(f"No Citewell answers at {url}. Start it with `citewell serve`, or give its address.")
    if isinstance(exc, httpx.TimeoutException):
        return ServerFailed(f"Citewell at {url} did not answer in time. Ask again, or give the client more `timeout`.")
    return ServerFailed(f"The connection to Citewell at {url} broke ({type(exc).__name__}). Ask again.")


def wait_before_retry(
    call: Call, failure: CitewellError, response: httpx.Response | None, attempt: int
) -> float | None:
    """Give the seconds to wait before trying again, None where that is not safe.

    A request that was turned away, or that never arrived, can always be repeated; one that broke on the way only if
    doing it twice costs nothing.  ``attempt`` counts from 0; without a word of the server the waits double from 0.2 s.
    """
    turned_away = response is not None and response.status_code in _BUSY and "retry-after" in response.headers
    broken = response is None and isinstance(failure, ServerFailed) and call.repeatable
    if not (turned_away or broken or isinstance(failure, ServerUnreachable)):
        return None
    asked = response.headers.get("retry-after", "") if response is not None else ""
    return min(float(asked) if asked.isdigit() else 0.2 * 2**attempt, LONGEST_WAIT)


def _failure(status: int, problem: Mapping[str, Any], *, passes: bool) -> ServerError:
    """Give the failure that a problem document tells; ``passes``: the server says when to come back."""
    says = str(problem.get("detail") or f"The server answered with status {status}.")
    busy = status == 429 or (status == 503 and passes)
    kind = ServerBusy if busy else RequestRefused if 400 <= status < 500 else ServerFailed
    failure: ServerError = kind(says)
    with suppress(ValueError):  # of another version: the sentence is still true
        failure.partial = Answer.from_dict(problem["partial"]) if problem.get("partial") else None
    return failure


def _hit(data: Mapping[str, Any]) -> Hit:
    paper = paper_from_dict(data["paper"])
    passages = tuple(
        PassageHit(
            Passage(_UNKNOWN_PASSAGE, paper.id, paper.title, found["text"], found["start"], found["end"]),
            found["score"],
        )
        for found in data["passages"]
    )
    return Hit(paper, data["score"], passages)


def _given(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


_EVENTS: dict[str, Callable[[Any], Event]] = {
    "hits": lambda data: HitsEvent(read_hits(data)),
    "thought": lambda data: ThoughtEvent(data["text"]),
    "delta": lambda data: DeltaEvent(data["text"]),
    "answer": lambda data: AnswerEvent(Answer.from_dict(data)),
}
