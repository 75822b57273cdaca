"""What one user asked, was answered, rated and brought is invisible to another, by whatever way he tries.

The ways are not listed here: they are the route table and the page's functions of the real application, so that a new
one cannot be forgotten.  Ada's secrets all hold one word; Bob tries everything with numbers and names that are hers.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.browser.visits import ROOT
from tests.serving import served
from tests.ui.fake_assistant import FakeLibrary
from ui.door import _OPEN_PATHS
from ui.library_routes import build_library_router
from ui.runs import FileRun, Offer, Run, State

SECRET = "zebrafinch"
HERS = "adas0session"
WORK = {"_mend", "_make_again", "_examined", "_pulled", "_run"}
"""Functions of the page that begin long work on what all share, and show nothing of anyone's."""
STREAMS = ("/gradio_api/queue/data", "/gradio_api/heartbeat/")


@dataclass
class Someone:
    """A user with a token, and what the page of this user's browser can do.  ``heard``: all that came back."""

    http: httpx.Client
    heard: list[str] = field(default_factory=list)

    def sends(self, method: str, path: str, **content: Any) -> httpx.Response | None:
        """Send a request and keep what comes back within a second; a stream may go on for ever."""
        try:
            with self.http.stream(method, path, **content) as response:
                self.heard.append(str(response.headers))
                with suppress(httpx.ReadTimeout):
                    for text in response.iter_text():
                        self.heard.append(text)
                return response
        except httpx.ReadTimeout:
            return None

    def joins(self, function: int, event: dict[str, Any], data: list[Any], session: str = HERS) -> None:
        body = {"data": data, "fn_index": function, "session_hash": session, "event_data": event, "trigger_id": None}
        self.sends("POST", "/gradio_api/queue/join", json=body)

    def listens(self, session: str = HERS) -> None:
        self.sends("GET", "/gradio_api/queue/data", params={"session_hash": session})

    @property
    def knows(self) -> bool:
        return SECRET in "".join(self.heard).lower()


@dataclass(frozen=True)
class Known:
    """The server, and what Bob could have learned about Ada's things."""

    address: str
    tokens: dict[str, str]
    routes: list[tuple[str, str]]
    functions: list[dict[str, Any]]
    hers: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def someone(self, name: str) -> Iterator[Someone]:
        headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        with httpx.Client(base_url=self.address, headers=headers, timeout=httpx.Timeout(20, read=1)) as http:
            yield Someone(http)

    def function(self, name: str) -> int:
        return next(int(each["id"]) for each in self.functions if each["name"] == name)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    """Serve the real application, and let Ada ask, rename and upload."""
    home = tmp_path_factory.mktemp("two")
    command = [sys.executable, "-m", "tests.ui.serve_two", str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip().removeprefix("Citewell is ready at ")
            known = Known(address, **json.loads((home / "known.json").read_text()))
            with known.someone("ada") as ada:
                made = hers(ada, known)
            results = home / "results" / "ada"
            results.mkdir(parents=True)
            (results / f"{SECRET}-run.json").write_text("{}")
            yield replace(known, hers=made)
        finally:
            server.terminate()


def hers(ada: Someone, known: Known) -> dict[str, Any]:
    """Have Ada do what users do; gives the numbers and names of what came of it."""
    asked = ada.http.post("/chat/ask", json={"text": f"How much energy does a {SECRET} need?"}).json()["live"]
    ada.http.get(f"/chat/follow/{asked['exchange']}")
    place = {"conversation": asked["conversation"], "exchange": asked["exchange"], "view": 1}
    for act in ("rename", "rate"):
        ada.http.post(f"/chat/{act}", json=place | {"text": f"{SECRET} title", "rating": 1}).raise_for_status()
    upload = ada.http.post("/gradio_api/upload", files={"files": ("a.txt", f"{SECRET} in a file".encode())})
    return place | {"upload": upload.json()[0]}


def events(hers: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give what the page's script could tell about her conversation."""
    base = {key: hers[key] for key in ("conversation", "exchange", "view")}
    told = base | {"text": "markdown", "rating": -1, "paper": "p1", "name": "n", "to": "m", "do": "rename"}
    yield from (told, told | {"exchange": 0}, told | {"search": SECRET[:1]})


def values(hers: dict[str, Any], count: int) -> Iterator[list[Any]]:
    """Give inputs for a function of the page: nothing, or her file."""
    file = {"path": hers["upload"], "meta": {"_type": "gradio.FileData"}}
    for first in (None, [file]):
        yield ([first] + [None] * count)[:count]


def addresses(path: str, hers: dict[str, Any]) -> Iterator[str]:
    """Give a route's address with each of her names in the place of its parameters."""
    names = [HERS, hers["conversation"], str(hers["exchange"]), hers["upload"], "p1", f"../../{hers['upload']}"]
    for name in names if "{" in path else names[:1]:
        yield re.sub(r"\{[^}]*\}", lambda _, name=name: name, path)  # type: ignore[misc]


def bodies(hers: dict[str, Any]) -> Iterator[dict[str, Any]]:
    base = {"session_hash": HERS, "event_id": "e", "fn_index": 1, "data": [], "event_data": hers}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    yield from (
        base,
        hers,
        *events(hers),
        {"question": "energy", "history": []},
        {"query": "frogs", "k": 10},
        {"papers": ["p1"], "format": "csv"},
        {"model": "quote", "messages": [{"role": "user", "content": "energy"}]},
        call | {"params": {"name": "list_collections", "arguments": {}}},
        call | {"params": {"name": "search_papers", "arguments": {"query": "frogs"}}},
    )


def try_everything(someone: Someone, known: Known) -> None:
    hers = known.hers
    query = {"session_hash": HERS, "have": -1, "conversation": hers["conversation"], "query": "", "upload_id": HERS}
    accept = {"Accept": "application/json, text/event-stream"}
    for method, path in known.routes:
        for address in addresses(path, hers):
            if method not in {"POST", "PUT", "PATCH"}:
                someone.sends(method, address, params=query, headers=accept)
            else:
                for body in bodies(hers):
                    someone.sends(method, address, params=query, json=body, headers=accept)
    for function in known.functions:
        if function["name"] not in WORK:
            for event in events(hers):
                for data in values(hers, function["inputs"]):
                    someone.joins(function["id"], event, data)
    someone.listens()


@pytest.mark.slow
def test_another_user_finds_nothing_whatever_he_tries(known: Known) -> None:
    with known.someone("bob") as bob, known.someone("ada") as ada:
        try_everything(bob, known)
        assert not bob.knows
        assert "process_completed" in "".join(bob.heard)  # he was let into the functions, not turned away at the door
        ada.sends("POST", "/chat/open", json={"conversation": known.hers["conversation"]})
        ada.sends("POST", "/chat/find", json={})
        ada.joins(known.function("_listed"), {}, [])
        bob.listens()  # to what she has not fetched yet
        assert not bob.knows
        ada.listens()
    heard = "".join(ada.heard)
    assert f"a {SECRET} need?" in heard  # her things are what they were: he changed nothing
    assert f"{SECRET} title" in heard
    assert f"{SECRET}-run.json" in heard


def test_a_file_is_not_given_by_its_path_and_no_address_is_fetched(known: Known) -> None:
    with known.someone("ada") as ada:
        for path in (known.hers["upload"], "/etc/hostname", "http://127.0.0.1:9/", "https://example.org/x"):
            for route in ("file=", "file/", "proxy="):
                response = ada.http.get(f"/gradio_api/{route}{path}")
                assert response.status_code == 404
                assert response.headers["content-type"] == "application/problem+json"


def test_without_a_key_nothing_but_the_open_paths_is_there(known: Known) -> None:
    with httpx.Client(base_url=known.address, timeout=20) as nobody:
        for method, path in known.routes:
            for address in addresses(path, known.hers):
                if httpx.URL(address).path not in _OPEN_PATHS:
                    response = nobody.request(method, address)
                    assert response.status_code == 401, (method, address)
        page = nobody.get("/", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/sign-in")


@dataclass
class HerRun:
    """Stands where the runs are."""

    state: State = "running"

    def current(self) -> tuple[Run, int]:
        file = FileRun(f"{SECRET}.txt", "done", gone=(("p1", SECRET),))
        return Run(1, "read", by="ada", collection=f"{SECRET} birds", files=(file,), state=self.state), 1

    def answer_offer(self, number: int, offer: Offer) -> None:
        """Hear it."""


@pytest.mark.parametrize(("user", "sees"), [("ada", True), ("bob", False)])
def test_which_files_are_read_only_she_sees_who_brought_them(user: str, sees: bool) -> None:
    app = FastAPI()
    runs, library = HerRun(), FakeLibrary()
    app.include_router(build_library_router(runs, library))  # type: ignore[arg-type]

    async def signed_in(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "state": {"user": user}}, receive, send)

    with served(signed_in) as url:
        shown = httpx.get(f"{url}/library/run").json()["html"]
        runs.state = "done"
        answered = httpx.post(f"{url}/library/gone", json={"do": "remove"})
    assert (SECRET in shown) is sees
    assert "started by ada" in shown
    assert answered.status_code == (200 if sees else 409)
    assert len(library) == (2 if sees else 3)
