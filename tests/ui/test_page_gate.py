"""The gate in front of Gradio: how many bytes of files may wait, and what is said of an address that is none."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.serving import served
from ui import problems
from ui.page_gate import _MOST_ARRIVING, PageGate

GIB = 1024**3


async def taken(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("taken")(scope, receive, send)


@pytest.mark.parametrize(("waiting", "status"), [(0, 200), (_MOST_ARRIVING - GIB // 2, 200), (_MOST_ARRIVING, 507)])
def test_files_that_nobody_reads_do_not_fill_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waiting: int, status: int
) -> None:
    monkeypatch.setattr("ui.page_gate.get_upload_folder", lambda: str(tmp_path))
    (tmp_path / "digest").mkdir()
    for number in range(2):
        file = tmp_path / "digest" / f"{number}.txt"
        file.touch()
        os.truncate(file, waiting // 2)
    with served(PageGate(taken)) as url:
        response = httpx.post(f"{url}/gradio_api/upload", content=b"x")
        assert response.status_code == status
        if status == 507:
            assert response.json()["detail"].startswith("Too many files wait to be read already")
        assert httpx.get(f"{url}/config").status_code == 200


def test_an_address_that_takes_another_method_is_told_from_one_that_is_none() -> None:
    inside = Starlette(routes=[Route("/api/ask", lambda _: PlainTextResponse(""), methods=["POST"])])
    problems.install(inside)  # type: ignore[arg-type]
    inside.mount("/", PageGate(taken, inside.routes[:]))
    with served(inside) as url:
        response = httpx.get(f"{url}/api/ask")
        assert (response.status_code, response.headers["allow"]) == (405, "POST")
        assert response.json()["detail"] == "/api/ask takes POST, not GET."
        response = httpx.get(f"{url}/api/none")
        assert (response.status_code, response.json()["detail"]) == (404, "Nothing is served at /api/none.")


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_document_is_left_to_gradio_to_refuse(body: bytes) -> None:
    async def refuses(scope: Scope, receive: Receive, send: Send) -> None:
        assert await HttpRequest(scope, receive).body() == body
        await PlainTextResponse("no JSON", 400)(scope, receive, send)

    with served(PageGate(refuses)) as url:
        assert httpx.post(f"{url}/gradio_api/queue/join", content=body).text == "no JSON"
