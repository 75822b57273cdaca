"""A connection that is given up when its client is too slow, or talks for long without coming to the point.

Uvicorn waits for ever: for the head of a request, for its body, for a client to take what it asked for; and it keeps a
head however long that is.  Here each has ``_PATIENCE_S`` to go on, at a pace that every network has, and a head, or
whatever else is no body, ``_LONGEST_HEAD``.  An idle connection after an answer is uvicorn's own affair.

Knows no request and no answer.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_PATIENCE_S = 30.0
"""Seconds for a whole head, and for the next ``_LEAST`` bytes of a body, in either direction."""
_LEAST = 1024
_LONGEST_HEAD = 64 * 1024
_UNDERWAY = 128 * 1024
"""Bytes that the system may hold for a client; what is taken of them is seen only once a third of them is gone."""
_LOOKS = 6
"""How often a connection is looked at while patience lasts."""


class PatientProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, whose clients have to go on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_awaited = True  # the client: something of a request has still to come
        self._came = self._went = self.loop.time()  # when the last piece came, and when the last was taken
        self._without_body = self._of_body = self._untaken = 0
        self._next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNDERWAY)
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, and wait for the rest of it; too much of what is no body ends the connection."""
        if not self._is_awaited:
            self._is_awaited, self._came = True, self.loop.time()
        self._without_body += len(data)
        super().data_received(data)
        if self._without_body > _LONGEST_HEAD and not self.transport.is_closing():
            self._refuse()

    def on_headers_complete(self) -> None:
        """Wait for a body."""
        super().on_headers_complete()
        self._without_body, self._of_body, self._came = 0, 0, self.loop.time()

    def on_body(self, body: bytes) -> None:
        """Go on waiting once enough of it has come."""
        super().on_body(body)
        self._without_body = 0
        self._of_body += len(body)
        if self._of_body >= _LEAST:
            self._of_body, self._came = 0, self.loop.time()

    def on_message_complete(self) -> None:
        """Wait for nothing more of this request."""
        super().on_message_complete()
        self._is_awaited, self._without_body = False, 0

    def resume_writing(self) -> None:
        """Note that the client has taken most of what there was."""
        super().resume_writing()
        self._went = self.loop.time()

    def _look_later(self) -> None:
        self._next_look = self.loop.call_later(_PATIENCE_S / _LOOKS, self._look)

    def _look(self) -> None:
        now, untaken = self.loop.time(), self.transport.get_write_buffer_size()
        if self.flow.read_paused:  # it is us who are slow
            self._came = now
        if not untaken or untaken <= self._untaken - _LEAST:
            self._untaken, self._went = untaken, now
        self._untaken = max(self._untaken, untaken)
        if now - self._went > _PATIENCE_S:
            self.transport.abort()
        elif self._is_awaited and now - self._came > _PATIENCE_S:
            self.transport.close()
        else:
            self._look_later()

    def _refuse(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.send_400_response(f"A request's head may have at most {_LONGEST_HEAD // 1024} KiB.")
        else:  # in the midst of an answer there is no place for another
            self.transport.abort()
