"""Serving the application: take the port, say when it is really reachable, stop cleanly on Ctrl-C.

Knows no command line and no assistant's insides.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from index_store.collecting import take_up
from index_store.errors import CitewellError
from rag.preferences import Preferences
from ui.accounts import Accounts
from ui.app import build_app
from ui.door import Door
from ui.ending import Ending
from ui.patience import PatientProtocol
from ui.protocols import Assistant
from ui.request_log import RequestLog

_SECONDS_TO_FINISH = 3
"""How long running answers may take to end after Ctrl-C."""
_KEEP_ALIVE_S = 75
"""Seconds for which an idle connection stays: longer than proxies and clients keep theirs, so that none is closed just
as it is used again."""


class PortError(CitewellError):
    """The address cannot be served on: the port is taken, forbidden, or the host is not this machine's."""


def serve_on(
    listener: socket.socket,
    assistant: Assistant,
    open_browser: bool = False,
    accounts: Accounts | None = None,
    preferences: Preferences | None = None,
    names: Sequence[str] = (),
) -> None:
    """Serve on a bound port until Ctrl-C.

    Everything lies behind a door (``ui.door``), which ``accounts`` lock and which knows this machine by its ``names``.
    ``preferences``: see ``build_app``.
    """
    app = build_app(assistant, preferences=preferences)
    take_up()
    door = Door(app, accounts, locked=bool(accounts), names=names)
    serve_app(listener, RequestLog(door), open_browser)


def serve_app(listener: socket.socket, app: ASGIApp, open_browser: bool = False) -> None:
    """Serve ``app`` on a bound port until Ctrl-C.  Prints the address on stdout once connections are accepted."""
    ending = Ending(app)
    config = uvicorn.Config(
        ending,
        http=PatientProtocol,
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        timeout_keep_alive=_KEEP_ALIVE_S,
        server_header=False,
    )
    try:
        with _ended_like_ctrl_c():
            _Server(config, address_of(listener), ending, open_browser).run(sockets=[listener])
    except KeyboardInterrupt:
        print("Citewell has stopped.", file=sys.stderr)  # noqa: T201


def refuse_open_door(listener: socket.socket, accounts: Accounts) -> None:
    """Raise ``PortError`` where other machines could reach a server that asks nobody who they are."""
    host = listener.getsockname()[0]
    if not (accounts or ipaddress.ip_address(host).is_loopback):
        raise PortError(
            f"Whoever can reach {host} could read and change your library. Add users first (`citewell user add NAME`),"
            " or a token (`citewell token add NAME`), or say --i-know-it-is-open."
        )


def listen(host: str, port: int) -> socket.socket:
    """Bind the port without accepting on it yet, so that a taken one is known at once; 0 takes a free one.

    Raises ``PortError``.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as exc:
        raise PortError(f"{host!r} is not an address of this machine: use --host 127.0.0.1.") from exc
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as exc:
        listener.close()
        raise PortError(_why_not(exc, host, port)) from exc
    return listener


def address_of(listener: socket.socket) -> str:
    """Give the address to open in a browser: ``http://127.0.0.1:7860``."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _why_not(exc: OSError, host: str, port: int) -> str:
    if exc.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program: choose another with --port {port + 1}."
    if exc.errno == errno.EACCES:
        return f"Port {port} may not be used by this user: choose one above 1023 with --port 7860."
    return f"{host!r} is not an address of this machine: use --host 127.0.0.1."


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Have the signal of ``kill``, systemd and Docker end the program as Ctrl-C does: everything is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Server(uvicorn.Server):
    """Uvicorn, announcing that it listens, and to its streams that it ends."""

    def __init__(self, config: uvicorn.Config, address: str, ending: Ending, open_browser: bool) -> None:
        super().__init__(config)
        self._address = address
        self._ending = ending
        self._open_browser = open_browser
        logging.getLogger("uvicorn.error").addFilter(self._is_news)

    def _is_news(self, record: logging.LogRecord) -> bool:
        """Tell whether a line of the log is worth reading: that Ctrl-C ends what an open page listens to is not."""
        if "ASGI callable returned without completing response" in record.getMessage():
            return False  # a client that took nothing for too long: it hears no more
        cut_off = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
        return not (self.should_exit and (cut_off or "timeout graceful shutdown" in record.getMessage()))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the address; nothing is printed when starting failed."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            print(f"Citewell is ready at {self._address}", flush=True)  # noqa: T201
            if self._open_browser:
                webbrowser.open(self._address)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell the streams, then wait for them."""
        self._ending.announce()
        await super().shutdown(sockets)
