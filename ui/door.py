"""The door that every request passes: page, REST, OpenAI's API, MCP, uploads and downloads alike.

It looks at where a request claims to go (``Host``: a name that is not this machine's means DNS rebinding), where it
comes from (``Origin``: another site's page), how much it brings, how often it comes and who sends it, and it adds the
headers that keep the page's browser from doing anything it need not.  What does not pass gets a problem document, a
browser that wants a page gets the sign-in form.

The user's name is left for ``user_of``: ``"local"`` where the door is open.  Knows no route behind it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index_store.counting import counted
from ui.accounts import Accounts
from ui.problems import Refusal
from ui.sign_in import SIGN_IN, SIGN_OUT, build_sign_in, session_of
from ui.throttle import Throttle

LOCAL_USER = "local"
MAX_BODY_BYTES = 4 * 1024 * 1024
"""Bytes that a request may bring, except an upload of files."""
MAX_UPLOAD_BYTES = 512 * 1024 * 1024
_UPLOADS = ("/gradio_api/upload",)
_OPEN_PATHS = (SIGN_IN, "/look/favicon.svg", "/api/ready")
_NOT_HERE = (
    "{name} is not this machine. Use the address that `citewell serve` printed, or name it: `citewell serve --name`."
)
_NUMBER = re.compile("[0-9]{1,15}")
_HOST = re.compile(r"(?:\[(?P<bracketed>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?")
_SAFE = ("GET", "HEAD", "OPTIONS")
_OURS = ("same-origin", "none")
"""``Sec-Fetch-Site`` of our own page, and of an address typed in; other programs on this machine are "same-site"."""

# Gradio's page has inline scripts and styles, and compiles templates; nothing may come from or go to another host.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Door:
    """Wraps an application."""

    def __init__(
        self,
        app: ASGIApp,
        accounts: Accounts | None,
        throttle: Throttle | None = None,
        *,
        locked: bool = False,
        names: Iterable[str] = (),
    ) -> None:
        """Wrap ``app``.  The door is locked while there are ``accounts``, and always where it shall be ``locked``.

        ``names``: what this machine is called by a proxy in front of it, besides its own names.
        """
        self._app = app
        self._sign_in = app if accounts is None else build_sign_in(accounts)
        self._accounts = accounts
        self._throttle = throttle or Throttle()
        self._locked = locked
        self._names = frozenset(name.lower() for name in ("localhost", *_own_names(), *names))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close"})
            return
        request = Headers(scope=scope)
        refused = self._misdirected(scope, request) or _too_large(scope["path"], request)
        if refused is None:
            refused = await self._unwelcome(scope, request)
        if refused is not None:
            await refused(scope, receive, _with_headers(send))
            return
        app = self._sign_in if scope["path"] in (SIGN_IN, SIGN_OUT) else self._app
        with self._throttle.counted(scope["path"], _named(scope)):
            await app(scope, _bounded(receive, _limit(scope["path"])), _with_headers(send))

    def _misdirected(self, scope: Scope, request: Headers) -> ASGIApp | None:
        host = request.get("host", "")
        if not self._is_ours(host):
            name = host or "No name"
            return Refusal(421, _NOT_HERE.format(name=name))
        origin = request.get("origin")
        if origin is not None and _netloc(origin) != host:
            return Refusal(403, "Pages of other sites may not use Citewell.")
        foreign = request.get("sec-fetch-site", "none") not in _OURS
        if foreign and (scope["method"] not in _SAFE or request.get("sec-fetch-mode") != "navigate"):
            return Refusal(403, "Pages of other sites may not use Citewell.")  # but they may link to it
        return None

    def _is_ours(self, host: str) -> bool:
        """Tell whether ``Host`` names this machine: an address does, since nobody can rebind one."""
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found["bracketed"] or found["name"]
        if name.lower() in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    async def _unwelcome(self, scope: Scope, request: Headers) -> ASGIApp | None:
        """Find out who it is; None lets them in."""
        state = scope.setdefault("state", {})
        path = scope["path"]
        user = await run_in_threadpool(self._user_of, request)
        if user is None and path not in _OPEN_PATHS:
            return _who_are_you(scope, request)
        state["user"] = user
        wait = self._throttle.wait(scope["method"], path, _named(scope), _address(scope))
        if wait is None:
            return None
        sentence = f"Too many requests: try again in {counted(wait, 'second')}."
        return Refusal(429, sentence, {"Retry-After": str(wait)})

    def _user_of(self, request: Headers) -> str | None:
        if self._accounts is None or not (self._locked or self._accounts):
            return LOCAL_USER
        scheme, _, token = request.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._accounts.user_of_token(token.strip())
        session = session_of(request)
        return None if session is None else self._accounts.user_of_session(session)


def user_of(request: Request) -> str:
    """Give the name of who sent a request that came through the door, or that needed none."""
    return getattr(request.state, "user", None) or LOCAL_USER


def _named(scope: Scope) -> str | None:
    """Give the user's name, None for the only user of an open door."""
    user: str | None = scope.get("state", {}).get("user")
    return None if user == LOCAL_USER else user


def _who_are_you(scope: Scope, request: Headers) -> ASGIApp:
    wants_page = scope["method"] == "GET" and "text/html" in request.get("accept", "")
    if wants_page:
        return RedirectResponse(SIGN_IN, 303)
    sentence = "Sign in, or send a token: `citewell token add` makes one; send it as `Authorization: Bearer TOKEN`."
    return Refusal(401, sentence, {"WWW-Authenticate": "Bearer"})


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _limit(path: str) -> int:
    return MAX_UPLOAD_BYTES if path.startswith(_UPLOADS) else MAX_BODY_BYTES


def _too_large(path: str, request: Headers) -> ASGIApp | None:
    length = request.get("content-length", "0")
    if _NUMBER.fullmatch(length) and int(length) <= _limit(path):
        return None
    return Refusal(413, f"A request may bring at most {_limit(path) // 1024**2} MiB.")


def _bounded(receive: Receive, limit: int) -> Receive:
    """Cut off a body that says no length, or a false one: what comes after ``limit`` bytes is a lost connection."""
    taken = 0

    async def receive_bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return message if taken <= limit else {"type": "http.disconnect"}

    return receive_bounded


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


@cache
def _own_names() -> tuple[str, ...]:
    name = socket.gethostname()
    return (name, f"{name}.local") if name else ()
