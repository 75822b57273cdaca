"""Papers that are one by now, or several again, over HTTP: by every name they had, with a library that is real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from index_store import parting
from index_store.build import index_entries
from index_store.library import Library
from index_store.shelf import Shelf
from index_store.types import Paper
from tests.small_library import BREAD, FROGS, STARS, entry, fake_shelf
from tests.ui.fake_assistant import FakeAssistant
from tests.ui.routed import routed
from ui.api import build_router
from ui.paper_sources import source_key
from ui.papers_routes import build_papers_router

ENTRIES = [entry(FROGS, "/a.jsonl"), entry(FROGS, "/b.jsonl", year=1999), entry(FROGS, "/c.jsonl", 7, doi="10.1000/f")]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    made = fake_shelf(tmp_path)
    index_entries(made, [*ENTRIES, entry(BREAD, line=2), entry(STARS, line=3)])
    return made


@pytest.fixture
def library(shelf: Shelf) -> Iterator[Library]:
    opened = Library(shelf)
    yield opened
    opened.close()


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    assistant = FakeAssistant(library)  # type: ignore[arg-type]
    with routed(build_papers_router(assistant), build_router(assistant)) as running:
        yield running


def id_of(library: Library, paper: Paper) -> str:
    return next(found.id for found in library.papers()[0] if found.title == paper.title)


def test_a_merged_paper_is_found_by_each_of_its_names(client: TestClient, library: Library, shelf: Shelf) -> None:
    old = [id_of(library, BREAD), id_of(library, STARS)]
    (both,) = parting.merge(shelf, *old)
    for name in old:
        found = client.get(f"/api/papers/{name}")
        assert (found.status_code, found.json()["id"]) == (200, both.id)
        page = client.get("/papers/one", params={"paper": name})
        assert page.status_code == 200
        assert f'data-paper="{both.id}"' in page.text
    file = client.post("/papers/file", json={"papers": old, "format": "csv"})
    assert len(file.text.splitlines()) == 2, "a heading and one paper"
    (gone,) = {*old} - {both.id}
    assert client.post("/papers/remove", json={"papers": [gone]}).json() == {"papers": [both.id]}
    assert client.get(f"/api/papers/{gone}").status_code == 404
    assert client.post("/papers/restore", json={"papers": [both.id]}).json() == {"papers": [both.id]}


def keys(library: Library, paper_id: str) -> dict[str, str]:
    return {record.path: source_key(record) for record in library.records(paper_id)}


def test_a_source_leaves_its_paper_and_is_taken_back(client: TestClient, library: Library) -> None:
    frogs = id_of(library, FROGS)
    page = client.get("/papers/one", params={"paper": frogs}).text
    assert "Made of 3 sources" in page
    leaving = keys(library, frogs)["/b.jsonl"]
    assert leaving in page
    done = client.post("/papers/split", json={"paper": frogs, "sources": [leaving]}).json()
    assert [paper["title"] for paper in done["papers"]] == [FROGS.title] * 2
    papers = [client.get(f"/api/papers/{paper['id']}").json() for paper in done["papers"]]
    assert sorted(paper["year"] or 0 for paper in papers) == [0, 1999]
    assert len(library) == 4
    back = client.post("/papers/undo", json={"step": done["step"]}).json()["papers"]
    assert [paper["id"] for paper in back] == [frogs]
    assert len(library) == 3


def test_two_papers_become_one_and_two_again(client: TestClient, library: Library) -> None:
    pair = [id_of(library, BREAD), id_of(library, STARS)]
    done = client.post("/papers/merge", json={"papers": pair}).json()
    (both,) = done["papers"]
    assert len(library) == 2
    assert "Made of 2 sources" in client.get("/papers/one", params={"paper": both["id"]}).text
    back = client.post("/papers/undo", json={"step": done["step"]}).json()["papers"]
    assert sorted(paper["title"] for paper in back) == sorted([BREAD.title, STARS.title])
    assert sorted(paper["id"] for paper in back) == sorted(pair)


def test_each_source_becomes_a_paper_of_its_own(client: TestClient, library: Library) -> None:
    done = client.post("/papers/split", json={"paper": id_of(library, FROGS)}).json()
    assert len(done["papers"]) == 3
    assert len(library) == 5


def test_only_the_last_parting_is_taken_back(client: TestClient, library: Library, shelf: Shelf) -> None:
    step = client.post("/papers/split", json={"paper": id_of(library, FROGS)}).json()["step"]
    parting.merge(shelf, id_of(library, BREAD), id_of(library, STARS))
    refused = client.post("/papers/undo", json={"step": step})
    assert refused.status_code >= 400
    assert "Another paper has been merged or split since" in refused.json()["detail"]
    assert len(library) == 4


def test_what_cannot_be_parted_is_refused_in_words(client: TestClient, library: Library) -> None:
    frogs, bread = id_of(library, FROGS), id_of(library, BREAD)
    every = list(keys(library, frogs).values())
    wrong: list[tuple[str, dict[str, Any], int, str]] = [
        ("split", {"paper": "nobody"}, 400, "holds no paper nobody"),
        ("split", {"paper": bread}, 400, "only one source"),
        ("split", {"paper": frogs, "sources": ["no such source"]}, 409, "open it again"),
        ("split", {"paper": frogs, "sources": every}, 400, "Leave out those that stay"),
        ("split", {"paper": ""}, 422, ""),
        ("split", {"paper": frogs, "all": True}, 422, ""),
        ("merge", {"papers": [frogs, "nobody"]}, 400, "holds no paper nobody"),
        ("merge", {"papers": [bread, bread]}, 400, "are one paper already"),
        ("merge", {"papers": [bread]}, 422, ""),
        ("merge", {"papers": [bread, frogs, "nobody"]}, 422, ""),
        ("undo", {"step": 3}, 400, "nothing to take back"),
        ("undo", {"step": 0}, 422, ""),
        ("undo", {}, 422, ""),
    ]
    for path, body, status, said in wrong:
        answer = client.post(f"/papers/{path}", json=body)
        assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text
    for path in ("split", "merge", "undo"):
        assert client.get(f"/papers/{path}", params={"paper": frogs}).status_code == 405, "not by a mere visit"
    assert len(library) == 3
