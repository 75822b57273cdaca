"""A stand-in for an Ollama server: real HTTP on a free port, scripted behaviour, every request recorded.

It speaks ``/api/chat``, ``/api/generate``, ``/api/tags``, ``/api/show``, ``/api/ps``, ``/api/pull`` and
``/api/version``; ``tests/contract/test_ollama_double.py`` holds its answers against the published API description.
It runs no model: it says what ``Script`` tells it to.

    with OllamaDouble(Script(text="It is so [1].")) as server:
        ...  # server.url, server.requests, server.streams_open
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.ollama_script import Json, Script, absence, document, is_rewriting, lines_of


@dataclass
class _State:
    script: Script
    requests: list[tuple[str, Json]] = field(default_factory=list)
    streams_open: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)
    bugs: list[BaseException] = field(default_factory=list)


class OllamaDouble:
    """The server; use it in a ``with`` statement."""

    def __init__(self, script: Script | None = None) -> None:
        self._state = _State(script or Script())
        self._server = _Server(("127.0.0.1", 0), _handler(self._state))
        self._server.state = self._state
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> list[tuple[str, Json]]:
        """What was asked: (path, body), in order."""
        return list(self._state.requests)

    @property
    def streams_open(self) -> int:
        """How many answers are under way."""
        return self._state.streams_open

    @property
    def chats(self) -> list[Json]:
        """What was asked for answers."""
        return [body for path, body in self.requests if path == "/api/chat" and not is_rewriting(body)]

    @property
    def rewritings(self) -> list[Json]:
        """What was asked for questions in other words."""
        return [body for path, body in self.requests if path == "/api/chat" and is_rewriting(body)]

    def play(self, script: Script) -> None:
        """Behave like this from the next request on."""
        self._state.script = script

    def wait_until_idle(self, seconds: float = 5.0) -> float:
        """Wait until no answer is under way; gives the seconds that it took.  Fails after ``seconds``."""
        started = time.monotonic()
        while self.streams_open:
            assert time.monotonic() - started < seconds, f"{self.streams_open} streams still open"
            time.sleep(0.002)
        return time.monotonic() - started

    def __enter__(self) -> OllamaDouble:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._state.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if self._state.bugs:
            raise self._state.bugs[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128
    state: _State

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error here; anything else is a bug of the double, raised at its end."""
        failure = sys.exception()
        if failure and not isinstance(failure, OSError):
            self.state.bugs.append(failure)


class _Died(Exception):
    """The script closes the socket here."""


def _handler(state: _State) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        pass

    Handler.state = state
    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: _State

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(0.5)  # an idle keep-alive connection must not keep the server from closing
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}"))

    def _answer(self, body: Json) -> None:
        with self.state.lock:
            self.state.requests.append((self.path, body))
        script = self.state.script
        if script.rewriting and is_rewriting(body):
            script = script.rewriting
        if script.not_ollama:
            self._send(404, b"<html>not found</html>")
        elif self.path in {"/api/chat", "/api/generate", "/api/pull"}:
            self._answer_stream(script, body)
        else:
            status, said = document(script, self.path, body)
            self._send(status, json.dumps(said).encode())

    def _answer_stream(self, script: Script, body: Json) -> None:
        failure = script.failure or absence(script, self.path, body)
        if failure:
            self._send(failure.status, json.dumps({"error": failure.error}).encode())
            return
        lines = lines_of(script, self.path, body)
        if not body.get("stream", True):
            self._send(200, json.dumps(list(lines)[-1]).encode())
            return
        with self.state.lock:
            self.state.streams_open += 1
        try:
            self._stream(script, lines)
        except (_Died, OSError):
            self.close_connection = True
        finally:
            with self.state.lock:
                self.state.streams_open -= 1

    def _stream(self, script: Script, lines: Iterator[Json | str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in lines:
            if line == "die":
                raise _Died
            if line == "stall":
                self._wait(3600)
            data = (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)).encode() + b"\n"
            size = script.raw_bytes or len(data)
            with suppress(OSError) if script.deaf else nullcontext():
                for at in range(0, len(data), size):
                    self._chunk(data[at : at + size])
            if script.pause and script.deaf:
                self.state.closing.wait(script.pause)
            elif script.pause:
                self._wait(script.pause)
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _wait(self, seconds: float) -> None:
        """Wait, but not longer than client and test are there."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.state.closing.is_set():
            self.connection.settimeout(min(0.05, left))
            with suppress(TimeoutError):
                if not self.connection.recv(1, socket.MSG_PEEK):
                    raise _Died
            self.connection.settimeout(0.5)
        if self.state.closing.is_set():
            raise _Died

    def _send(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
