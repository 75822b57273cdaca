"""Ids of requests, and the log's lines: what they tell, and what they do not."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.serving import served
from tests.ui.fake_assistant import FakeAssistant, SilentAssistant
from ui import mcp_route
from ui.door import Door
from ui.programs import build_api
from ui.request_log import HEADER, RequestLog, configure_logging


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("citewell.requests").setLevel(logging.NOTSET)


@pytest.fixture
def url() -> Iterator[str]:
    with served(RequestLog(Door(build_api(FakeAssistant()), None))) as address:
        yield address


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_fit_id_comes_back_and_an_unfit_one_is_replaced(url: str) -> None:
    assert httpx.get(f"{url}/api/health", headers={HEADER: "proxy-7.a"}).headers[HEADER] == "proxy-7.a"
    for unfit in ("", "x" * 65, 'a"b', "a b"):
        made = httpx.get(f"{url}/api/health", headers={HEADER: unfit}).headers[HEADER]
        assert len(made) == 16
        assert made != httpx.get(f"{url}/api/health").headers[HEADER]


def test_a_problem_names_its_request_inside_and_at_the_door(url: str) -> None:
    missing = httpx.get(f"{url}/api/papers/none")
    assert missing.json()["request_id"] == missing.headers[HEADER]
    foreign = httpx.get(f"{url}/api/papers", headers={"Host": "evil.example"})
    assert (foreign.status_code, foreign.json()["request_id"]) == (421, foreign.headers[HEADER])
    broken = httpx.post(f"{url}/api/ask/stream", json={"question": "broken"}, headers={HEADER: "b1"})
    assert '"request_id": "b1"' in broken.text


def test_a_line_tells_who_and_what_and_no_question(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json", requests=True)
    headers = {HEADER: "r1", "Authorization": "Bearer cw_secret", "Cookie": "citewell_session=secret"}
    httpx.post(f"{url}/api/ask", json={"question": "a secret energy"}, headers=headers)
    httpx.get(f"{url}/api/papers", params={"query": "secret"})
    httpx.get(f"{url}/a%0Ab")
    text = capsys.readouterr().err
    asked, listed, odd = lines(text)
    assert {key: asked[key] for key in asked.keys() - {"time", "ms"}} == {
        **{"level": "info", "logger": "citewell.requests", "request_id": "r1"},
        **{"user": "local", "method": "POST", "path": "/api/ask", "status": 200},
    }
    assert (listed["path"], odd["path"], odd["status"]) == ("/api/papers", "/a%0Ab", 404)
    assert "secret" not in text


ASKED = [{"role": "user", "content": "energy"}]
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/ask", {"question": "energy"}), ("/v1/chat/completions", {"messages": ASKED}), ("/mcp", CALL)],
)
def test_a_client_that_leaves_before_its_answer_is_counted_as_gone(
    path: str, body: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make = mcp_route._make

    def make_slowly(assistant: Any) -> Any:
        time.sleep(0.5)
        return make(assistant)

    monkeypatch.setattr(mcp_route, "_make", make_slowly)
    with served(RequestLog(Door(build_api(SilentAssistant()), None))) as url:
        configure_logging("json", requests=True)
        headers = {"Accept": "application/json, text/event-stream"}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{url}{path}", json=body, headers=headers, timeout=httpx.Timeout(5, read=0.2))
        text, started = "", time.monotonic()
        while not text and time.monotonic() - started < 20:
            time.sleep(0.05)
            text = capsys.readouterr().err
    (line,) = lines(text + capsys.readouterr().err)
    assert (line["path"], line["status"]) == (path, 499)


def test_the_log_is_quiet_by_default(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    httpx.get(f"{url}/api/health")
    assert capsys.readouterr().err == ""
    logging.getLogger("anyone").warning("This is worth reading.")
    assert capsys.readouterr().err.endswith(" WARNING This is worth reading.\n")


def test_a_defect_is_logged_under_the_id_of_its_request(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json")
    httpx.post(f"{url}/api/ask", json={"question": "bug"}, headers={HEADER: "r2"})
    found = [line for line in lines(capsys.readouterr().err) if line["level"] == "error"]
    assert found
    assert {line["request_id"] for line in found} == {"r2"}
    assert "ZeroDivisionError" in str(found[0]["exception"])
