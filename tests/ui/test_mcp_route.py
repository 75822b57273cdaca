"""MCP's server is made when it is first asked for, once, and goes with the application."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.ui.fake_assistant import FakeAssistant
from ui import mcp_route
from ui.programs import build_api

ASKED = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
HEADERS = {"accept": "application/json, text/event-stream"}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Count how often the server of MCP is made."""
    made, make = [], mcp_route._make

    def noted(assistant: Any) -> Any:
        made.append(assistant)
        return make(assistant)

    monkeypatch.setattr(mcp_route, "_make", noted)
    return made


def tools(client: TestClient) -> set[str]:
    return {tool["name"] for tool in client.post("/mcp", json=ASKED, headers=HEADERS).json()["result"]["tools"]}


def test_it_is_made_once_for_all_who_ask_first(made: list[Any]) -> None:
    with TestClient(build_api(FakeAssistant())) as client, ThreadPoolExecutor(4) as pool:
        assert made == []
        assert client.get("/api/ready").status_code == 200
        answers = list(pool.map(lambda _: tools(client), range(4)))
    assert answers == [{"search_papers", "ask", "get_paper", "list_collections"}] * 4
    assert len(made) == 1


def test_where_nobody_asks_it_is_never_made(made: list[Any]) -> None:
    with TestClient(build_api(FakeAssistant())) as client:
        assert client.get("/mcp").status_code == 405
    assert made == []


def test_what_cannot_be_made_fails_the_request_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> Any:
        raise ImportError("no SDK")

    monkeypatch.setattr(mcp_route, "_make", broken)
    with TestClient(build_api(FakeAssistant()), raise_server_exceptions=False) as client:
        for _ in range(2):
            answer = client.post("/mcp", json=ASKED, headers=HEADERS)
            assert answer.status_code == 500
            assert "server's log" in answer.json()["detail"]
        assert client.get("/api/ready").status_code == 200


def test_outside_of_a_lifespan_it_says_so() -> None:
    client = TestClient(build_api(FakeAssistant()))
    with pytest.raises(RuntimeError, match="lifespan"):
        client.post("/mcp", json=ASKED, headers=HEADERS)
