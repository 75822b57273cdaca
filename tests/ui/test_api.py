"""The REST interface: the documents of DESIGN section 3, and one sentence for whatever is wrong with a request."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from starlette.testclient import TestClient

from index_store.types import Scope
from rag.limits import MAX_QUESTION_CHARS
from rag.types import Answer, Event, Request, Turn
from tests.ui.fake_assistant import HITS, PAPERS, FakeAssistant, answer_to, sent
from ui.programs import build_api
from ui.scopes import parse_years
from ui.sse import EventStream, message


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def client(assistant: FakeAssistant) -> TestClient:
    return TestClient(build_api(assistant), raise_server_exceptions=False)


def events_of(body: str) -> list[tuple[str, Any]]:
    """Read server-sent events back: the name and the data of each."""
    found = []
    for block in body.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def assert_problem(response: Any, status: int, sentence: str) -> None:
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code == status
    assert response.json()["detail"] == sentence


def test_ask_gives_the_answer_of_the_assistant(client: TestClient) -> None:
    response = client.post("/api/ask", json={"question": " How much energy? "})
    assert response.status_code == 200
    assert Answer.from_dict(response.json()) == sent(answer_to("How much energy?"))


def test_ask_passes_everything_that_decides_the_answer(client: TestClient, assistant: FakeAssistant) -> None:
    body = {
        "question": "energy",
        "history": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}],
        "collection": "efficiency",
        "year": "2019..2023",
        "answerer": "quote",
        "model": "m",
    }
    assert client.post("/api/ask", json=body).status_code == 200
    assert assistant.asked == [
        Request(
            "energy",
            (Turn("user", "hi"), Turn("assistant", "hello")),
            Scope(collections=("efficiency",), first_year=2019, last_year=2023),
            "quote",
            "m",
        )
    ]


def test_stream_sends_hits_then_pieces_then_the_answer(client: TestClient) -> None:
    response = client.post("/api/ask/stream", json={"question": "energy"})
    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_of(response.text)
    names = [name for name, _ in events]
    assert names == ["hits", *["delta"] * (len(events) - 2), "answer"]
    assert [hit["paper"]["id"] for hit in events[0][1]["hits"]] == ["p1", "p2", "p3"]
    answer = Answer.from_dict(events[-1][1])
    assert "".join(data["text"] for name, data in events if name == "delta") == answer.text
    assert answer == sent(answer_to("energy"))


@pytest.mark.parametrize(
    ("question", "status", "sentence"),
    [
        ("broken", 503, "The vectors of this library are damaged: run `citewell index --repair`."),
        ("bug", 500, "Something failed inside Citewell; the server's log has the details."),
    ],
)
def test_failures_are_problems_in_both_forms(client: TestClient, question: str, status: int, sentence: str) -> None:
    assert_problem(client.post("/api/ask", json={"question": question}), status, sentence)
    name, problem = events_of(client.post("/api/ask/stream", json={"question": question}).text)[-1]
    assert name == "error"
    assert (problem["status"], problem["detail"]) == (status, sentence)


class Named:
    """Words each event by the name of its type."""

    def event(self, event: Event) -> str:
        return message({}, type(event).__name__)

    def failure(self, exc: Exception) -> str:
        raise AssertionError(exc)

    def end(self) -> str:
        return ""


def test_stream_stops_the_work_when_the_client_leaves(assistant: FakeAssistant) -> None:
    received: list[str] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            received.append(message["body"].decode())

    async def receive() -> Any:
        while len(received) < 3:
            await anyio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def serve() -> None:
        stream = EventStream(assistant.stream(Request("slow")), Named())
        with anyio.fail_after(10):
            await stream({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)

    anyio.run(serve)
    assert assistant.stopped.is_set()
    assert len(received) < 20


def test_search_gives_papers_with_their_passages(client: TestClient) -> None:
    hits = client.post("/api/search", json={"query": "adders", "k": 2}).json()["hits"]
    assert [hit["score"] for hit in hits] == [0.9, 0.6]
    passage = HITS[0].passages[0].passage
    assert hits[0]["passages"] == [{"text": passage.text, "start": 0, "end": len(PAPERS[0].abstract), "score": 0.9}]
    assert hits[0]["paper"]["title"] == PAPERS[0].title
    assert client.post("/api/search", json={"query": "a", "year": 2022}).json()["hits"][0]["paper"]["id"] == "p2"


def test_papers_are_listed_by_page_query_and_collection(client: TestClient) -> None:
    first = client.get("/api/papers", params={"limit": 1, "offset": 1}).json()
    assert (first["total"], first["offset"], [paper["id"] for paper in first["papers"]]) == (3, 1, ["p2"])
    assert client.get("/api/papers", params={"query": "fail"}).json()["papers"][0]["id"] == "p2"
    assert client.get("/api/papers", params={"collection": "efficiency"}).json()["total"] == 1


def test_one_paper_comes_with_its_abstract(client: TestClient) -> None:
    assert client.get("/api/papers/p2").json()["abstract"] == PAPERS[1].abstract
    missing = client.get("/api/papers/none")
    assert_problem(missing, 404, "There is no paper with this id; GET /api/papers lists the ids.")


def test_health_is_what_the_assistant_says(client: TestClient, assistant: FakeAssistant) -> None:
    assert client.get("/api/health").json() == assistant.health()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "question is missing."),
        ({"question": " \n"}, "question is empty."),
        ({"question": "x" * 100_000}, f"question may have at most {MAX_QUESTION_CHARS} characters."),
        ({"question": "q", "colour": 1}, "colour is not a field that this request has."),
        (
            {"question": "q", "history": [{"role": "user", "content": ""}] * 101},
            "history may have at most 100 entries.",
        ),
    ],
)
def test_what_a_request_lacks_is_said_in_one_sentence(client: TestClient, body: dict[str, Any], sentence: str) -> None:
    assert_problem(client.post("/api/ask", json=body), 422, sentence)
    assert_problem(client.post("/api/ask/stream", json=body), 422, sentence)


def test_other_refusals(client: TestClient) -> None:
    json_type = {"content-type": "application/json"}
    assert_problem(client.post("/api/ask", content=b"{", headers=json_type), 422, "The body is not valid JSON.")
    assert_problem(client.get("/api/ask"), 405, "/api/ask takes POST, not GET.")
    no_object = "The body is to be a JSON object: send one with `Content-Type: application/json`."
    for body in (b"", b"[]", b"null"):
        assert_problem(client.post("/api/ask", content=body, headers=json_type), 422, no_object)
    assert_problem(client.post("/api/ask", data={"question": "q"}), 422, no_object)
    assert client.post("/api/ask", json={"question": "q", "answerer": "oracle"}).status_code == 422
    assert client.post("/api/search", json={"query": "q", "k": 0}).status_code == 422
    assert client.get("/api/papers", params={"limit": 5000}).status_code == 422
    assert client.get("/docs").status_code == 404


@pytest.mark.parametrize(
    ("year", "ends"),
    [
        (2020, (2020, 2020)),
        ("2020", (2020, 2020)),
        ("2019..2023", (2019, 2023)),
        ("2019..", (2019, None)),
        ("..2023", (None, 2023)),
        (" 2019 .. 2023 ", (2019, 2023)),
    ],
)
def test_years(year: str | int, ends: tuple[int | None, int | None]) -> None:
    assert parse_years(year) == ends


@pytest.mark.parametrize("year", ["..", "20", "2019-2023", "x", "2023..2019", "2019...2023", 12])
def test_what_is_no_year_is_refused(client: TestClient, year: str | int) -> None:
    response = client.post("/api/ask", json={"question": "q", "year": year})
    assert response.status_code == 400
    assert response.json()["detail"].endswith((": write 2020, 2019..2023, 2019.. or ..2023.", ": write 2019..2023."))
