"""What the Papers tab fetches and asks for, over HTTP, with the assistant of the tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from index_store.errors import LibraryLocked
from tests.ui.fake_assistant import FakeAssistant, FakeLibrary
from tests.ui.routed import routed
from ui.papers_routes import build_papers_router


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def client(assistant: FakeAssistant) -> Iterator[TestClient]:
    with routed(build_papers_router(assistant)) as running:
        yield running


def listed(client: TestClient, **query: Any) -> list[str]:
    """The ids of the rows, in order."""
    answer = client.get("/papers/list", params=query)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return [part.split('"')[0] for part in answer.text.split('<tr data-paper="')[1:]]


def test_the_list_is_sorted_filtered_and_searched(client: TestClient) -> None:
    assert listed(client) == ["p1", "p2", "p3"]
    assert listed(client, order="newest") == ["p2", "p1", "p3"]
    assert listed(client, order="title", text="additions") == ["p2"]
    assert listed(client, collection="efficiency") == ["p1"]
    assert listed(client, first=2022) == ["p2"]
    assert listed(client, last=2021) == ["p1"]
    assert listed(client, page=2) == []
    assert listed(client, text="anything by meaning") == ["p1", "p2", "p3"]  # the tests' search finds all
    assert listed(client, text="by meaning", first=2022) == ["p2"]


def test_a_search_shows_why_it_found_a_paper(client: TestClient) -> None:
    assert "Integer networks lose accuracy" in client.get("/papers/list", params={"text": "x"}).text
    assert "Integer networks lose accuracy" not in client.get("/papers/list").text


def test_collections_are_counted(client: TestClient) -> None:
    assert client.get("/papers/collections").json() == {"efficiency": 1}


@pytest.mark.parametrize(
    "query", [{"order": "sideways"}, {"page": 0}, {"first": "x"}, {"last": -1}, {"text": "x" * 20_000}]
)
def test_a_list_that_cannot_be_is_refused(client: TestClient, query: dict[str, Any]) -> None:
    answer = client.get("/papers/list", params=query)
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)


def test_one_paper_with_its_neighbours(client: TestClient) -> None:
    page = client.get("/papers/one", params={"paper": "p2"}).text
    assert "Where Additions Fail" in page
    assert 'href="?paper=p1"' in page
    gone = client.get("/papers/one", params={"paper": "<script>"})
    assert gone.status_code == 404
    assert "There is no such paper" in gone.text
    assert "<script>" not in gone.text


def test_selected_papers_come_as_a_file(client: TestClient) -> None:
    body = {"papers": ["p2", "p1", "gone", "p2"], "format": "csl-json"}
    answer = client.post("/papers/file", json=body)
    assert answer.headers["content-disposition"] == 'attachment; filename="citewell-2-papers.json"'
    assert [item["id"] for item in json.loads(answer.content)] == ["prow2022where", "quill2021adders"]
    one = client.post("/papers/file", json={"papers": ["p2"], "format": "ris"})
    assert one.headers["content-disposition"].startswith('attachment; filename="citewell-where-additions-fail')
    assert one.headers["content-type"].startswith("application/x-research-info-systems")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("file", {"papers": [], "format": "ris"}),
        ("file", {"papers": ["p1"], "format": "jsonl"}),  # it names the files of this machine
        ("file", {"papers": ["p1"] * 20_001, "format": "ris"}),
        ("remove", {"papers": []}),
        ("remove", {"papers": [1]}),
        ("remove", {"papers": ["p1"], "all": True}),
        ("restore", {}),
    ],
)
def test_bad_requests_are_refused(client: TestClient, assistant: FakeAssistant, path: str, body: Any) -> None:
    answer = client.post(f"/papers/{path}", json=body)
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)
    assert len(assistant.library) == 3


def test_nothing_is_removed_by_a_mere_visit(client: TestClient, assistant: FakeAssistant) -> None:
    assert client.get("/papers/remove", params={"papers": "p1"}).status_code == 405
    assert client.post("/papers/remove", data={"papers": "p1"}).status_code == 422  # what a form of another site sends
    assert len(assistant.library) == 3


def test_a_paper_is_removed_and_comes_back(client: TestClient) -> None:
    assert client.post("/papers/remove", json={"papers": ["p1", "gone"]}).json() == {"papers": ["p1"]}
    assert listed(client) == ["p2", "p3"]
    assert client.post("/papers/restore", json={"papers": ["p1"]}).json() == {"papers": ["p1"]}
    assert sorted(listed(client)) == ["p1", "p2", "p3"]


def test_a_library_in_use_says_so(
    client: TestClient, assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_papers: list[str]) -> list[str]:
        raise LibraryLocked("Another process is writing to the library. Wait until it has finished.")

    monkeypatch.setattr(assistant.library, "remove", locked)
    answer = client.post("/papers/remove", json={"papers": ["p1"]})
    assert answer.status_code >= 400
    assert answer.json()["detail"].startswith("Another process is writing")


def test_an_empty_library_says_how_to_fill_it() -> None:
    with routed(build_papers_router(FakeAssistant(FakeLibrary(())))) as client:
        assert "The library is empty" in client.get("/papers/list").text
