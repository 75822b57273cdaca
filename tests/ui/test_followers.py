"""Those who follow an answer of the chat: behind the door, counted; neither they nor the server wait for each other."""

from __future__ import annotations

import json
import logging
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import httpx
import httpx_sse
import pytest
from fastapi import FastAPI

from rag.conversations import ALONE, Conversations
from rag.types import Json
from tests.serving import served
from tests.ui.fake_assistant import FakeAssistant
from tests.ui.test_ending import running
from ui import problems
from ui.accounts import Accounts
from ui.answering import Answering
from ui.chat_routes import build_chat_router
from ui.conversation import Room
from ui.door import MAX_BODY_BYTES, Door
from ui.ending import Ending
from ui.measured import MeasuredAssistant
from ui.request_log import RequestLog
from ui.sse import PatchStream
from ui.throttle import Rates, Throttle


@pytest.fixture
def room() -> Iterator[Room]:
    kept = Conversations.kept_nowhere()
    assistant = MeasuredAssistant(FakeAssistant())
    yield Room(assistant, kept, Answering(assistant, kept))
    kept.close()


def inside(room: Room) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.include_router(build_chat_router(room))
    return app


def followed(client: httpx.Client, exchange: int) -> list[Json]:
    with httpx_sse.connect_sse(client, "GET", f"/chat/follow/{exchange}") as stream:
        return [json.loads(event.data) for event in stream.iter_sse()]


def test_a_server_that_ends_leaves_no_trace_of_those_who_follow() -> None:
    with running() as (server, url), httpx.Client(base_url=url, timeout=20) as client:
        number = client.post("/chat/ask", json={"text": "a slow one"}).json()["live"]["exchange"]
        with httpx_sse.connect_sse(client, "GET", f"/chat/follow/{number}") as stream:
            next(stream.iter_sse())
            server.send_signal(signal.SIGTERM)
            began = time.monotonic()
            _, errors = server.communicate(timeout=20)
            assert time.monotonic() - began < 6
    assert (server.returncode, errors) == (0, "Citewell has stopped.\n")


def test_what_a_server_that_is_gone_was_answering_is_shown_as_broken_off(room: Room) -> None:
    exchange = room.kept.ask(ALONE, None, "energy")
    assert exchange is not None
    with served(inside(room)) as url, httpx.Client(base_url=url) as client:
        assert [patch["state"] for patch in followed(client, exchange.id)] == ["broken"]


HTTP = {"type": "http", "asgi": {"spec_version": "2.3"}}


async def never() -> dict[str, str]:
    await anyio.sleep_forever()
    raise AssertionError


async def endless() -> AsyncIterator[Json]:
    while True:
        yield {}
        await anyio.sleep(0)


def test_who_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.sse._PATIENCE_S", 0.05)

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.body":
            await anyio.sleep_forever()

    async def serve() -> None:
        with anyio.fail_after(10):
            await PatchStream(endless())(HTTP, never, send)

    anyio.run(serve)


def test_the_server_does_not_wait_for_those_who_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.ending.GRACE_S", 0.05)
    ending, sent = Ending(FastAPI()), 0

    async def send(_message: object) -> None:
        nonlocal sent
        sent += 1

    async def serve() -> None:
        ending.announce()
        with anyio.fail_after(10):
            await PatchStream(endless())({**HTTP, "state": {"ending": ending}}, never, send)

    anyio.run(serve)
    assert ending.is_over
    assert sent > 1


def test_followers_are_bounded_and_hold_no_answer_up() -> None:
    throttle = Throttle(Rates(at_once=1))
    with throttle.counted("/chat/follow/1", None):
        assert throttle.wait("GET", "/chat/follow/2", None, "a") == 1
        assert throttle.wait("POST", "/chat/ask", None, "a") is None


def test_the_chat_is_behind_the_door(room: Room, tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    ada, bob = ({"Authorization": f"Bearer {accounts.add_token(name)}"} for name in ("ada", "bob"))
    with (
        served(Door(inside(room), accounts, Throttle(Rates(per_minute=4)), locked=True)) as url,
        httpx.Client(base_url=url) as client,
    ):
        for path in ("/chat/ask", "/chat/open"):
            assert client.post(path, json={"text": "energy"}).status_code == 401
            assert client.post(path, json={}, headers=ada | {"Origin": "http://elsewhere.org"}).status_code == 403
            assert client.post(path, content=bytes(MAX_BODY_BYTES + 1), headers=ada).status_code == 413
        assert client.get("/chat/follow/1").status_code == 401
        asked = client.post("/chat/ask", json={"text": "energy"}, headers=ada).json()["live"]
        assert client.get(f"/chat/follow/{asked['exchange']}", headers=bob).status_code == 404
        assert client.get(f"/chat/follow/{asked['exchange']}", headers=ada).status_code == 200
        turned_away = [client.post("/chat/ask", json={}, headers=ada) for _ in range(3)][-1]
        assert turned_away.status_code == 429
        assert int(turned_away.headers["retry-after"]) > 0
    accounts.close()


def test_questions_of_the_chat_are_counted_and_logged_without_their_words(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "citewell.requests")
    with served(RequestLog(Door(inside(room), None))) as url, httpx.Client(base_url=url) as client:
        number = client.post("/chat/ask", json={"text": "energy of a secret"}).json()["live"]["exchange"]
        assert followed(client, number)[-1]["state"] == "done"
    assert [record.getMessage().rsplit(" ", 1)[0] for record in caplog.records] == [
        "local POST /chat/ask 200",
        f"local GET /chat/follow/{number} 200",
    ]
    assert isinstance(room.assistant, MeasuredAssistant)
    told = room.assistant.metrics().decode()
    assert 'citewell_answers_total{answerer="quote"} 1.0' in told
    assert "citewell_questions_in_progress 0.0" in told
