"""The gate in front of Gradio's own interface: what the page and ``gradio_client`` need passes, nothing else is there.

Gradio serves more than we use: files by their path, whatever address it is given to fetch, other pages' states.  And it
gives whoever names a session what happens in it.  Here a session's name is mixed with the user's, so that the name
alone, however somebody came by it, opens nothing.

Knows no conversation; who the user is was found out at the door.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from gradio.utils import get_upload_folder
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.door import MAX_UPLOAD_BYTES, user_of
from ui.problems import Refusal, nothing_at

API = "/gradio_api"
_PAGE = frozenset(("/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json"))
_FOLDERS = ("/assets/", "/static/", "/svelte/")
_CALLS = frozenset(
    f"{API}/{name}"
    for name in (
        "app_id cancel info login_check queue/data queue/join reset run/predict startup-events theme.css upload"
        " upload_progress"
    ).split()
)
_HEARTBEAT = f"{API}/heartbeat/"
_UPLOAD = f"{API}/upload"
_MOST_ARRIVING = 4 * 1024**3
"""Bytes of files that may wait to be read, those under way counted as if each were as large as it may be."""
_FULL = "Too many files wait to be read already: have yours read in the Library tab first, or use `citewell index`."
_WITH_SESSION = frozenset((f"{API}/queue/join", f"{API}/run/predict", f"{API}/cancel"))
"""Requests whose body names a session."""
_NAMES = frozenset(("session_hash", "upload_id"))


class PageGate:
    """Wraps Gradio's application, which lies under everything else; ``beside`` are the routes beside it."""

    def __init__(self, app: ASGIApp, beside: Sequence[BaseRoute] = ()) -> None:
        self.app = app
        self._beside = beside
        self._arriving = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if not _is_needed(path):
            await self._refuse(scope, receive, send)
            return
        user = user_of(Request(scope))
        scope = {**scope, **_renamed(scope, user)}
        if path in _WITH_SESSION and scope["method"] == "POST":
            try:
                receive = await _with_own_session(Request(scope, receive), receive, user)
            except ClientDisconnect:
                return
        await (self._upload if path == _UPLOAD else self.app)(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take files where there is room for them: nobody has to read what he has sent."""
        self._arriving += 1
        try:
            held = await run_in_threadpool(_bytes_in, Path(get_upload_folder()))
            if held + self._arriving * MAX_UPLOAD_BYTES <= _MOST_ARRIVING:
                await self.app(scope, receive, send)
            else:
                await Refusal(507, _FULL)(scope, receive, send)
        finally:
            self._arriving -= 1

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        for route in self._beside:
            match, found = route.matches(scope)
            if match is Match.PARTIAL:  # the address is right, the method is not
                await route.handle({**scope, **found}, receive, send)
                return
        await Refusal(404, nothing_at(scope["path"]))(scope, receive, send)


def own_name(user: str, name: str) -> str:
    """Give what a session, or an upload, that ``user`` calls ``name`` is called inside."""
    return hashlib.sha256(f"{user}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _bytes_in(folder: Path) -> int:
    total = 0
    for file in folder.glob("*/*"):
        with suppress(OSError):  # it has just been read
            total += file.stat().st_size
    return total


def _is_needed(path: str) -> bool:
    return path in _PAGE or path in _CALLS or path.startswith((*_FOLDERS, _HEARTBEAT))


def _renamed(scope: Scope, user: str) -> Mapping[str, Any]:
    """Give the parts of a request's address that name a session, renamed."""
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    own = [(key, own_name(user, value) if key in _NAMES else value) for key, value in pairs]
    renamed: dict[str, Any] = {"query_string": urlencode(own).encode()}
    if scope["path"].startswith(_HEARTBEAT):
        path = _HEARTBEAT + own_name(user, scope["path"].removeprefix(_HEARTBEAT))
        renamed |= {"path": path, "raw_path": path.encode()}
    return renamed


async def _with_own_session(request: Request, receive: Receive, user: str) -> Receive:
    body = await request.body()
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):  # Gradio says what is wrong with it
        document = None
    if isinstance(document, dict) and isinstance(document.get("session_hash"), str):
        body = json.dumps(document | {"session_hash": own_name(user, document["session_hash"])}).encode()
    told = False

    async def receive_renamed() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_renamed
