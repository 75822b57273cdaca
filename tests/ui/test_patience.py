"""Clients that are slow, or never come to the point, are given up; those that go on are served.  On real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from itertools import repeat
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send

from tests.serving import served
from ui.patience import PatientProtocol

PATIENCE_S = 0.4
LARGE = b"x" * 65536
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


class Inside:
    """Reads a body and tells its length; for ``/large``, sends 64 MiB.  ``left`` is set when a client has gone."""

    def __init__(self) -> None:
        self.left = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            length, more = length + len(message["body"]), message["more_body"]
        parts: Iterable[bytes] = repeat(LARGE, 1024) if scope["path"] == "/large" else [str(length).encode()]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})
        if (await receive())["type"] == "http.disconnect":
            self.left.set()


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> Inside:
    monkeypatch.setattr("ui.patience._PATIENCE_S", PATIENCE_S)
    return Inside()


@pytest.fixture
def client(inside: Inside) -> Iterator[socket.socket]:
    with served(inside, http=PatientProtocol) as url, socket.socket() as client:
        parts = urlsplit(url)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, len(LARGE))
        client.settimeout(10)
        client.connect((parts.hostname, parts.port))
        yield client


def is_given_up(client: socket.socket, drip: bytes = b"") -> bool:
    """Send a byte after the other; tells whether the server closes within some patiences."""
    client.settimeout(PATIENCE_S / 10)
    for byte in (drip[at : at + 1] for at in range(50)):
        try:
            if byte:
                client.sendall(byte)
            if client.recv(4096) == b"":
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


@pytest.mark.parametrize(
    ("begun", "drip"),
    [
        (b"", b""),
        (b"GET / HT", b""),
        (b"GET / HTTP/1.1\r\n", b"X-Slow: " + b"y" * 100),
        (b"\r\n", b"\r\n" * 50),
        (POST + b"Content-Length: 100\r\n\r\n", b"z" * 100),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n40\r\n", b"z" * 64),
        (
            POST + b"Content-Length: 1\r\n\r\nzGET / HT",
            b"TP/1.1\r\nX-Slow: " + b"y" * 50,
        ),
    ],
)
def test_a_request_that_does_not_come_is_not_waited_for(client: socket.socket, begun: bytes, drip: bytes) -> None:
    client.sendall(begun)
    assert is_given_up(client, drip)


def test_the_work_for_a_body_that_does_not_come_ends(client: socket.socket, inside: Inside) -> None:
    client.sendall(POST + b"Content-Length: 100\r\n\r\nz")
    assert inside.left.wait(5 * PATIENCE_S)


@pytest.mark.parametrize(
    "start", [b"GET / HTTP/1.1\r\nX: ", b"GET /", POST + b"Content-Length: 9\r\n\r\nzzzzzzzzzGET /?"]
)
def test_a_head_without_end_is_refused(client: socket.socket, start: bytes) -> None:
    client.sendall(start)
    with pytest.raises(ConnectionError):  # noqa: PT012 (it is refused while it is being sent)
        for _ in range(500):  # so fast that patience does not end
            client.sendall(LARGE)


def test_a_body_and_a_reader_that_go_on_are_waited_for(client: socket.socket) -> None:
    client.sendall(POST + b"Content-Length: 10240\r\n\r\n")
    for _ in range(10):
        time.sleep(PATIENCE_S / 4)
        client.sendall(b"z" * 1024)
    answer = b""
    while not answer.endswith(b"0\r\n\r\n"):
        answer += client.recv(4096)
    assert b"10240" in answer
    client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    began = time.monotonic()
    while time.monotonic() - began < 3 * PATIENCE_S:
        assert client.recv(65536)
        time.sleep(PATIENCE_S / 40)


def test_a_connection_between_two_requests_may_rest(client: socket.socket) -> None:
    for _ in range(2):
        client.sendall(POST + b"Content-Length: 1\r\n\r\nz")
        time.sleep(2 * PATIENCE_S)
        assert client.recv(4096).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("pause", [PATIENCE_S / 10, 10.0])
def test_a_client_that_hardly_takes_what_it_asked_for_is_given_up(
    client: socket.socket, inside: Inside, pause: float
) -> None:
    client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    until = time.monotonic() + 6 * PATIENCE_S
    while not inside.left.wait(min(pause, until - time.monotonic())) and time.monotonic() < until:
        client.recv(1)
    assert inside.left.is_set()
