"""The gate in front of Gradio's own interface: what the page and ``gradio_client`` need passes, nothing else is there.

Gradio serves more than we use: files by their path, whatever address it is given to fetch, other pages' states.  And it
gives whoever names a session what happens in it.  Here a session's name is mixed with the user's, so that the name
alone, however somebody came by it, opens nothing.

Knows no conversation; who the user is was found out at the door.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.door import user_of
from ui.problems import Refusal

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
_WITH_SESSION = frozenset((f"{API}/queue/join", f"{API}/run/predict", f"{API}/cancel"))
"""Requests whose body names a session."""
_NAMES = frozenset(("session_hash", "upload_id"))


class PageGate:
    """Wraps Gradio's application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if not _is_needed(path):
            await Refusal(404, f"Nothing is served at {path[:200]}.")(scope, receive, send)
            return
        user = user_of(Request(scope))
        scope = {**scope, **_renamed(scope, user)}
        if path in _WITH_SESSION and scope["method"] == "POST":
            try:
                receive = await _with_own_session(Request(scope, receive), receive, user)
            except ClientDisconnect:
                return
        await self.app(scope, receive, send)


def own_name(user: str, name: str) -> str:
    """Give what a session, or an upload, that ``user`` calls ``name`` is called inside."""
    return hashlib.sha256(f"{user}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


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
    except ValueError:  # Gradio says what is wrong with it
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
