"""The Python clients against the real REST interface and against servers that misbehave, over real HTTP.

Every test runs with ``Client`` and with ``AsyncClient``: they have the same methods, so the same tests.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from index_store.errors import CitewellError, SettingsError
from index_store.types import Scope
from rag.client import AsyncClient, Client
from rag.errors import RequestRefused, ServerBusy, ServerError, ServerFailed, ServerUnreachable
from rag.types import AnswerEvent, DeltaEvent, Event, HitsEvent, Request, ThoughtEvent, Turn
from tests.serving import served
from tests.ui.fake_assistant import HITS, PAPERS, FakeAssistant, answer_to, sent
from ui.programs import build_api

Call = Callable[[str, str, tuple[Any, ...], dict[str, Any]], Any]


def test_a_plain_address_needs_no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object, **__: object) -> None:
        raise AssertionError("reading them takes longer than a short answer")

    monkeypatch.setattr(ssl, "create_default_context", read)
    Client("http://127.0.0.1:7860").close()
    with pytest.raises(AssertionError, match="reading them"):
        Client("https://papers.example.org")


def call_sync(url: str, method: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    with Client(url, **options.pop("client", {})) as client:
        result = getattr(client, method)(*args, **options)
        return list(result) if inspect.isgenerator(result) else result


def call_async(url: str, method: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    async def call() -> Any:
        async with AsyncClient(url, **options.pop("client", {})) as client:
            result = getattr(client, method)(*args, **options)
            return await result if isinstance(result, Awaitable) else [event async for event in result]

    return asyncio.run(call())


@pytest.fixture(params=[call_sync, call_async], ids=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Call:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture(scope="module")
def url(assistant: FakeAssistant) -> Iterator[str]:
    with served(build_api(assistant)) as address:
        yield address


def test_ask_gives_the_answer_that_the_server_gave(call: Call, url: str) -> None:
    answer = call(url, "ask", ("energy",), {})
    assert answer == sent(answer_to("energy"))
    assert answer.citations[0].paper.abstract == PAPERS[0].abstract


def test_everything_that_decides_an_answer_arrives(call: Call, url: str, assistant: FakeAssistant) -> None:
    history = [Turn("user", "hi"), Turn("assistant", "hello")]
    narrowed = {"history": history, "collection": "efficiency", "year": "2019..2023"}
    call(url, "ask", ("energy",), {**narrowed, "answerer": "quote", "model": "m"})
    scope = Scope(collections=("efficiency",), first_year=2019, last_year=2023)
    assert assistant.asked[-1] == Request("energy", tuple(history), scope, "quote", "m")


def test_a_stream_gives_hits_pieces_and_the_answer(call: Call, url: str) -> None:
    events = call(url, "stream", ("energy",), {})
    assert isinstance(events[0], HitsEvent)
    assert [hit.paper.id for hit in events[0].hits] == [hit.paper.id for hit in HITS]
    assert "".join(event.text for event in events if isinstance(event, DeltaEvent)) == answer_to("energy").text
    assert events[-1] == AnswerEvent(sent(answer_to("energy")))


def test_search_papers_paper_and_health(call: Call, url: str) -> None:
    hits = call(url, "search", ("adders",), {"k": 2})
    assert [(hit.paper.id, hit.score) for hit in hits] == [("p1", 0.9), ("p2", 0.6)]
    assert hits[0].passages[0].passage.text == PAPERS[0].abstract
    page = call(url, "papers", (), {"offset": 1, "limit": 1})
    assert ([paper.id for paper in page.papers], page.total, page.offset) == (["p2"], 3, 1)
    assert call(url, "paper", ("p2",), {}).abstract == PAPERS[1].abstract
    assert call(url, "health", (), {})["papers"] == 3


@pytest.mark.parametrize(
    ("question", "kind", "sentence"),
    [
        ("broken", ServerFailed, "The vectors of this library are damaged: run `citewell index --repair`."),
        ("bug", ServerFailed, "Something failed inside Citewell; the server's log has the details."),
        (" ", RequestRefused, "question is empty."),
    ],
)
def test_the_servers_own_sentence_is_told(
    call: Call, url: str, question: str, kind: type[CitewellError], sentence: str
) -> None:
    for method in ("ask", "stream"):
        with pytest.raises(CitewellError) as failure:
            call(url, method, (question,), {})
        assert (type(failure.value), str(failure.value)) == (kind, sentence)


def test_no_server_is_said_at_once(call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ServerUnreachable, match=rf"^No Citewell answers at http://127.0.0.1:{port}. Start it with"):
        call(f"http://127.0.0.1:{port}", "ask", ("energy",), {"client": {"retries": 0}})


def test_leaving_a_stream_stops_the_work(url: str, assistant: FakeAssistant) -> None:
    async def leave() -> None:
        async with AsyncClient(url) as client, aclosing(client.stream("slow")) as events:  # type: ignore[type-var]
            async for event in events:
                if isinstance(event, DeltaEvent):
                    return

    for by in ("sync", "async"):
        assistant.stopped.clear()
        if by == "async":
            asyncio.run(leave())
        else:
            with Client(url) as client:
                events: Any = client.stream("slow")
                next(event for event in events if isinstance(event, DeltaEvent))
                events.close()
        assert assistant.stopped.wait(5), by


class Odd:
    """A server that answers each request with the next of ``replies``, and counts the requests."""

    def __init__(self, *replies: Response | float) -> None:
        self.replies = list(replies)
        self.requests: list[HttpRequest] = []
        self.app = Starlette(routes=[Route("/{path:path}", self._reply, methods=["GET", "POST"])])

    async def _reply(self, request: HttpRequest) -> Response:
        self.requests.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, float):
            await asyncio.sleep(reply)
            return PlainTextResponse("late")
        return reply


AGAIN = {"Retry-After": "5"}


def busy(**headers: str) -> JSONResponse:
    return JSONResponse({"detail": "Too many questions."}, 429, headers)


def test_a_server_that_asks_to_wait_is_asked_again(call: Call) -> None:
    odd = Odd(busy(**{"Retry-After": "0"}), busy(**{"Retry-After": "0"}), JSONResponse(answer_to("energy").to_dict()))
    with served(odd.app) as url:
        assert call(url, "ask", ("energy",), {}) == sent(answer_to("energy"))
    assert len(odd.requests) == 3


def test_what_passes_by_itself_is_a_busy_server_and_what_does_not_has_failed(call: Call) -> None:
    missing = {"detail": "Ollama does not have the model x. Get it with: citewell pull x", "status": 503}
    for problem, headers, kind in ((missing, {}, ServerFailed), (missing | {"retry_after": 5}, AGAIN, ServerBusy)):
        body = f"event: error\ndata: {json.dumps(problem)}\n\n"
        stream = PlainTextResponse(body, media_type="text/event-stream")
        for method, reply in (("ask", JSONResponse(problem, 503, headers)), ("stream", stream)):
            with served(Odd(reply).app) as url, pytest.raises(ServerError, match="citewell pull x") as failure:
                call(url, method, ("energy",), {"client": {"retries": 0}})
            assert type(failure.value) is kind


def test_patience_ends(call: Call) -> None:
    odd = Odd(*[busy(**{"Retry-After": "0"})] * 3)
    with served(odd.app) as url, pytest.raises(ServerBusy, match="Too many questions"):
        call(url, "ask", ("energy",), {"client": {"retries": 2}})
    assert len(odd.requests) == 3


def test_a_refusal_is_not_repeated(call: Call) -> None:
    odd = Odd(JSONResponse({"detail": "k is too large."}, 422))
    with served(odd.app) as url, pytest.raises(RequestRefused, match="k is too large"):
        call(url, "search", ("q",), {})
    assert len(odd.requests) == 1


def test_work_that_may_have_begun_is_not_begun_twice_but_reading_is_repeated(call: Call) -> None:
    odd = Odd(1.0, 1.0, JSONResponse({"status": "ok"}))
    with served(odd.app) as url:
        with pytest.raises(ServerFailed, match="did not answer in time"):
            call(url, "ask", ("energy",), {"client": {"timeout": 0.1}})
        assert len(odd.requests) == 1
        assert call(url, "health", (), {"client": {"timeout": 0.1}}) == {"status": "ok"}


@pytest.mark.parametrize(
    ("reply", "method"),
    [
        (PlainTextResponse("<html>hello</html>"), "ask"),
        (JSONResponse([1, 2]), "ask"),
        (JSONResponse({"question": "q"}), "ask"),
        (JSONResponse({}), "search"),
        (JSONResponse({}), "papers"),
        (PlainTextResponse("hello"), "stream"),
        (PlainTextResponse("event: delta\ndata: {}\n\n", media_type="text/event-stream"), "stream"),
        (PlainTextResponse("event: delta\ndata: {\n\n", media_type="text/event-stream"), "stream"),
        (PlainTextResponse("", media_type="text/event-stream"), "stream"),
    ],
)
def test_what_is_no_citewell_is_said(call: Call, reply: Response, method: str) -> None:
    with served(Odd(reply).app) as url, pytest.raises(ServerFailed):
        call(url, method, () if method == "papers" else ("q",), {})


def test_events_of_a_later_version_are_passed_over(call: Call) -> None:
    body = 'event: thought\ndata: {"text": "hm"}\n\nevent: mood\ndata: {}\n\n'
    odd = Odd(PlainTextResponse(body, media_type="text/event-stream"))
    seen: list[Event] = []
    with served(odd.app) as url, pytest.raises(ServerFailed, match="broke off"):
        seen = call(url, "stream", ("q",), {})
    assert not seen
    with served(Odd(PlainTextResponse(body, media_type="text/event-stream")).app) as url, Client(url) as client:
        assert next(iter(client.stream("q"))) == ThoughtEvent("hm")


def test_what_a_model_had_said_before_it_failed_is_handed_on(call: Call) -> None:
    problem = {"detail": "The model fell silent.", "status": 503, "partial": answer_to("energy").to_dict()}
    body = f"event: error\ndata: {json.dumps(problem)}\n\n"
    for method, reply in (
        ("ask", JSONResponse(problem, 503)),
        ("stream", PlainTextResponse(body, media_type="text/event-stream")),
    ):
        with served(Odd(reply).app) as url, pytest.raises(ServerError, match="fell silent") as failure:
            call(url, method, ("energy",), {})
        assert failure.value.partial == sent(answer_to("energy"))


def test_the_token_is_sent(call: Call) -> None:
    odd = Odd(JSONResponse({}))
    with served(odd.app) as url:
        call(url, "health", (), {"client": {"token": "secret"}})
    assert odd.requests[0].headers["authorization"] == "Bearer secret"


def test_one_client_serves_many_threads(url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    started = time.monotonic()
    with Client(url) as client, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(client.ask, ["energy", "both"] * 40))
    assert answers == [sent(answer_to("energy")), sent(answer_to("both"))] * 40
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "url", ["", "ftp://x", "http://", "http://[bad", "http://127.0.0.1:99999", "http://a b", "::1"]
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_is_no_address_is_said_at_once(kind: type[Client | AsyncClient], url: str) -> None:
    with pytest.raises(SettingsError, match=r"is not an address of a Citewell\. Write it like http://127"):
        kind(url)


def test_the_scheme_may_be_left_out_and_no_proxy_catches_what_stays_here(
    call: Call, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert call(url.removeprefix("http://"), "health", (), {})["status"] == "ok"


def test_a_part_of_an_answer_that_cannot_be_read_leaves_the_sentence(call: Call) -> None:
    odd = Odd(JSONResponse({"detail": "The model fell silent.", "partial": {"text": 7}}, 503))
    with served(odd.app) as url, pytest.raises(ServerError, match="fell silent") as failure:
        call(url, "ask", ("energy",), {})
    assert failure.value.partial is None
