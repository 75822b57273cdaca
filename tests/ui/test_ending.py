"""How the server ends while answers are under way, and what clients do to others that take nothing."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import anyio
import httpx
import httpx_sse
import pytest

from rag.types import Event, Request
from tests.browser.visits import ROOT
from tests.ui.fake_assistant import FakeAssistant
from ui.sse import EventStream


@contextmanager
def running(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve the assistant of the tests in a process of its own."""
    command = [sys.executable, "-m", "tests.ui.serve_fake", "0", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server, server.stdout.readline().strip().removeprefix("Citewell is ready at ")
        finally:
            server.kill()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_stream_under_way_ends_with_a_word_and_the_server_without_a_trace(sent: signal.Signals) -> None:
    body = {"question": "a slow one"}
    with running() as (server, url), httpx.Client(base_url=url, timeout=20) as client:
        with httpx_sse.connect_sse(client, "POST", "/api/ask/stream", json=body) as stream:
            events = stream.iter_sse()
            assert [next(events).event for _ in range(2)] == ["hits", "delta"]
            server.send_signal(sent)
            began = time.monotonic()
            *words, last = events
        assert {event.event for event in words} == {"delta"}
        assert last.event == "error"
        assert json.loads(last.data)["detail"] == "The server is stopping; ask again."
        out, errors = server.communicate(timeout=20)
        assert time.monotonic() - began < 8
    assert (server.returncode, out, errors) == (0, "", "Citewell has stopped.\n")


def test_a_short_answer_becomes_complete_though_the_server_ends() -> None:
    with (
        running() as (server, url),
        httpx.Client(base_url=url, timeout=20) as client,
        httpx_sse.connect_sse(client, "POST", "/api/ask/stream", json={"question": "energy"}) as stream,
    ):
        server.send_signal(signal.SIGINT)
        assert [event.event for event in stream.iter_sse()][-1] == "answer"


@pytest.mark.slow
def test_questions_of_gradio_clients_leave_room_for_others_and_end_with_the_server() -> None:
    with running("silent") as (server, url), httpx.Client(base_url=url, timeout=5) as http:
        functions = http.get("/config").json()["dependencies"]
        number = next(each["id"] for each in functions if each["api_name"] == "ask")
        for waiting in range(60):
            asked = {"data": ["a?", None, None, None], "fn_index": number, "session_hash": f"s{waiting}"}
            assert http.post("/gradio_api/queue/join", json=asked).status_code == 200
        time.sleep(0.3)
        assert http.get("/api/health").status_code == 200  # in one of the 40 threads that all share
        http.post("/gradio_api/queue/join", json={"data": [], "fn_index": functions[0]["id"], "session_hash": "page"})
        with http.stream("GET", "/gradio_api/queue/data", params={"session_hash": "page"}) as told:
            assert any("process_completed" in line for line in told.iter_lines())
        server.send_signal(signal.SIGTERM)
        began = time.monotonic()
        out, errors = server.communicate(timeout=25)
        assert time.monotonic() - began < 8
    assert (server.returncode, out, errors) == (0, "", "Citewell has stopped.\n")


def stalled(url: str) -> socket.socket:
    """Ask for a long stream and take nothing of it."""
    parts = urlsplit(url)
    body = json.dumps({"question": "slow"})
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((parts.hostname, parts.port))
    head = f"POST /api/ask/stream HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
    client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    return client


@pytest.mark.slow
def test_clients_that_take_nothing_hold_nobody_up() -> None:
    with running() as (_, url), ExitStack() as open_, httpx.Client(base_url=url, timeout=20) as client:
        client.post("/api/ask", json={"question": "energy"})
        for _ in range(50):
            open_.enter_context(stalled(url))
        time.sleep(0.5)
        for path, body in (("/api/ask", {"question": "energy"}), ("/api/search", {"query": "adders"})):
            began = time.monotonic()
            assert client.post(path, json=body).status_code == 200
            assert time.monotonic() - began < 1


def test_the_work_for_a_client_that_takes_nothing_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.sse._PATIENCE_S", 0.05)
    assistant, taken = FakeAssistant(), 0

    async def send(_message: object) -> None:
        nonlocal taken
        taken += 1
        if taken > 4:  # the head, the papers, the first words
            await anyio.sleep_forever()

    async def receive() -> dict[str, str]:
        await anyio.sleep_forever()
        raise AssertionError

    async def serve() -> None:
        stream = EventStream(assistant.stream(Request("slow")), Chunkless())
        with anyio.fail_after(10):
            await stream({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)

    anyio.run(serve)
    assert assistant.stopped.is_set()


class Chunkless:
    """Says nothing of anything."""

    def event(self, event: Event) -> str:
        return "data: x\n\n"

    def failure(self, exc: Exception) -> str:
        return ""

    def end(self) -> str:
        return ""
