"""A library whose vectors are on a Chroma server: a real process, killed and started again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import chromadb
import httpx
import numpy as np
import pytest

from index_store.build import IndexReport, index_entries
from index_store.doctor import examine, open_mended, repair
from index_store.errors import LibraryDamaged, LibraryMismatch, VectorServerError
from index_store.library import Library
from index_store.removal import remove
from index_store.servers import ChromaServer
from index_store.shadow import rebuild, roll_back
from index_store.shelf import open_shelf, place_of, writing
from index_store.types import Hit, Paper
from tests.chroma_process import ChromaProcess
from tests.small_library import BREAD, FROGS, STARS, VOCABULARY, embedder, entry

PAPERS = [FROGS, BREAD, STARS]
MANY = [
    Paper("", f"Note {number}", f"A {VOCABULARY[number % 6]} was seen {number} times. It had {number + 1} marks.")
    for number in range(900)
]
DOWN = r"Chroma server at http://127\.0\.0\.1:\d+, which holds the vectors .* does not answer .*Start it"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ChromaProcess]:
    made = ChromaProcess(tmp_path / "chroma")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def server(process: ChromaProcess) -> ChromaServer:
    return ChromaServer(process.url)


@pytest.fixture
def nothing_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every search ask the server, as that of a large library does."""
    monkeypatch.setattr("index_store.index.HELD_IN_MEMORY", 0)


def built(folder: Path, papers: list[Paper], server: ChromaServer | None) -> IndexReport:
    with writing(folder), closing(open_mended(folder, embedder(), server)) as shelf:
        return index_entries(shelf, [entry(paper, line=line) for line, paper in enumerate(papers, 1)])


def found(folder: Path, server: ChromaServer | None, *questions: str) -> list[tuple[str, float]]:
    with closing(Library.open(folder, embedder(), server=server)) as library:
        return [each for text in questions for each in told(library.search(text))]


def told(hits: Sequence[Hit]) -> list[tuple[str, float]]:
    return [(hit.paper.title, hit.score) for hit in hits]


def collections(server: ChromaServer) -> int:
    """Count what the server holds."""
    place = "/api/v2/tenants/default_tenant/databases/default_database/collections"
    return len(httpx.get(server.url + place).json())


def assert_sound(folder: Path, server: ChromaServer) -> None:
    assert [finding.message for finding in examine(folder, embedder(), server) if not finding.ok] == []


def test_questions_fail_in_a_sentence_while_it_is_down_and_work_again_after(
    process: ChromaProcess, server: ChromaServer, tmp_path: Path, nothing_held: None
) -> None:
    built(tmp_path / "library", PAPERS, server)
    assert not (tmp_path / "library" / "vectors" / "chroma.sqlite3").exists()
    with closing(Library.open(tmp_path / "library", embedder(), server=server)) as library:
        before = library.search("frogs and a heron")
        assert before[0].paper.title == FROGS.title
        process.kill()
        for _ in range(2):
            with pytest.raises(VectorServerError, match=DOWN):
                library.search("frogs and a heron")
        process.start()
        assert library.search("frogs and a heron") == before


def test_where_quotas_are_no_request_goes_beyond_them(
    server: ChromaServer, tmp_path: Path, nothing_held: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As at Chroma Cloud, which this server is taken for; a request that asks for more is refused as it does there."""
    monkeypatch.setattr("index_store.servers._CLOUD", "127.0.0.1")
    monkeypatch.setattr("index_store.servers._CLOUD_RECORDS", 7)
    for name in ("get", "query", "upsert", "delete"):
        monkeypatch.setattr(f"chromadb.Collection.{name}", kept_to(7, getattr(chromadb.Collection, name)))
    built(tmp_path, MANY[:40], server)
    with writing(tmp_path), closing(open_shelf(tmp_path, embedder(), server)) as shelf:
        assert len(shelf.vectors.ids()) == len(shelf.vectors.all()[0]) == 40
        remove(shelf, [paper.id for paper in shelf.catalogue.papers()[0][:20]])
    assert_sound(tmp_path, server)
    assert len(found(tmp_path, server, "the frog was seen 17 times")) > 5


def kept_to(most: int, call: Callable[..., Any]) -> Callable[..., Any]:
    """Have a method of a collection refuse what names or asks for more than ``most`` records."""

    def kept(self: chromadb.Collection, **asked: Any) -> Any:
        ids, limit = asked.get("ids"), asked.get("limit", asked.get("n_results"))
        if (len(ids) if ids is not None else limit or most + 1) > most:
            raise ValueError(f"Quota exceeded: more than {most}")
        return call(self, **asked)

    return kept


@pytest.mark.slow
def test_held_vectors_go_on_answering_while_it_is_down(
    process: ChromaProcess, server: ChromaServer, tmp_path: Path
) -> None:
    built(tmp_path, PAPERS, server)
    with closing(Library.open(tmp_path, embedder(), server=server)) as library:
        before = library.search("rye")
        process.kill()
        assert library.search("rye") == before
    with pytest.raises(VectorServerError, match=DOWN):
        Library.open(tmp_path, embedder(), server=server)


@pytest.mark.slow
@pytest.mark.parametrize("held", [0, 100_000])
def test_it_finds_what_a_folder_finds(
    server: ChromaServer, tmp_path: Path, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index_store.index.HELD_IN_MEMORY", held)
    reports = [built(tmp_path / name, PAPERS, at) for name, at in (("there", server), ("here", None))]
    assert reports[0].passages == reports[1].passages
    questions = ("frogs", "a heron and rye", "stars by camera", "steam")
    assert found(tmp_path / "there", server, *questions) == found(tmp_path / "here", None, *questions)


@pytest.mark.slow
def test_papers_leave_a_rebuild_replaces_and_a_rollback_returns(
    server: ChromaServer, tmp_path: Path, nothing_held: None
) -> None:
    built(tmp_path, PAPERS, server)
    with writing(tmp_path), closing(open_shelf(tmp_path, embedder(), server)) as shelf:
        [bread] = [paper for paper in shelf.catalogue.papers()[0] if paper.title == BREAD.title]
        assert remove(shelf, [bread.id]) == [bread.id]
    assert_sound(tmp_path, server)
    with closing(Library.open(tmp_path, embedder(), server=server)) as library:
        before = told(library.search("rye or stars"))
        assert BREAD.title not in {title for title, _ in before}
        for _ in range(3):
            rebuild(tmp_path, embedder(), server=server)
            assert told(library.search("rye or stars")) == before
    assert collections(server) == 2, "the library in use and the one before; earlier ones are gone"
    newest = place_of(tmp_path)
    roll_back(tmp_path)
    assert place_of(tmp_path) != newest
    with closing(Library.open(tmp_path, embedder(), server=server)) as library:
        assert told(library.search("rye or stars")) == before
    assert_sound(tmp_path, server)


@pytest.mark.slow
def test_a_build_that_its_death_cuts_short_is_completed(
    process: ChromaProcess, server: ChromaServer, tmp_path: Path
) -> None:
    undisturbed = tmp_path / "undisturbed"
    built(undisturbed, MANY, None)
    folder, failures = tmp_path / "library", 0
    for seconds in (0.5, 1.0, 1.5, 600):
        killer = threading.Timer(seconds, process.kill)
        killer.start()
        try:
            built(folder, MANY, server)
        except VectorServerError:
            failures += 1
            process.start()
        finally:
            killer.cancel()
            killer.join()
    assert failures
    assert_sound(folder, server)
    digests = []
    for place, at in ((folder, server), (undisturbed, None)):
        with closing(open_shelf(place, embedder(), at)) as shelf:
            digests.append((shelf.catalogue.digest(), [part.tolist() for part in shelf.vectors.all()]))
    assert digests[0] == digests[1]


@pytest.mark.slow
def test_many_threads_ask_while_it_comes_and_goes(
    process: ChromaProcess, server: ChromaServer, tmp_path: Path, nothing_held: None
) -> None:
    built(tmp_path / "library", PAPERS, server)
    stop, outcomes = threading.Event(), set[str]()
    with closing(Library.open(tmp_path / "library", embedder(), server=server)) as library:
        before = library.search("a heron")

        def ask() -> None:
            while not stop.is_set():
                try:
                    outcomes.add("same" if library.search("a heron") == before else "other")
                except Exception as exc:  # noqa: BLE001  # whatever it is, it is looked at below
                    outcomes.add(type(exc).__name__)

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for _ in range(2):
            process.kill()
            stop.wait(0.3)
            process.start()
        stop.set()
        for thread in threads:
            thread.join()
        assert outcomes <= {"same", "VectorServerError"}
        assert library.search("a heron") == before


@pytest.mark.slow
def test_a_server_without_the_collection_is_told_and_repaired(
    process: ChromaProcess, server: ChromaServer, tmp_path: Path
) -> None:
    folder = tmp_path / "library"
    built(folder, PAPERS, server)
    empty = ChromaProcess(tmp_path / "empty")
    empty.start()
    try:
        other = ChromaServer(empty.url)
        with pytest.raises(LibraryDamaged, match=rf"no collection .* made at {server.url}.*doctor --repair"):
            Library.open(folder, embedder(), server=other)
        repair(folder, embedder(), server=other)
        assert_sound(folder, other)
    finally:
        empty.kill()


@pytest.mark.slow
def test_only_a_rebuild_moves_the_vectors(server: ChromaServer, tmp_path: Path) -> None:
    built(tmp_path, PAPERS, None)
    for attempt in (open_shelf, Library.open, open_mended):
        with pytest.raises(LibraryMismatch, match=r"beside the papers.*CITEWELL_CHROMA_URL.*--rebuild"):
            attempt(tmp_path, embedder(), server=server)
    with pytest.raises(LibraryMismatch):
        repair(tmp_path, embedder(), server=server)
    rebuild(tmp_path, embedder(), server=server)
    assert_sound(tmp_path, server)
    with pytest.raises(LibraryMismatch, match=rf"Set CITEWELL_CHROMA_URL={server.url}"):
        Library.open(tmp_path, embedder())
    with pytest.raises(LibraryMismatch):
        repair(tmp_path, embedder())
    rebuild(tmp_path, embedder())
    assert found(tmp_path, None, "rye")[0][0] == BREAD.title


@pytest.mark.slow
def test_an_unknown_database_names_the_settings(server: ChromaServer, tmp_path: Path) -> None:
    with pytest.raises(
        VectorServerError, match=r"database none of the tenant default_tenant.*CITEWELL_CHROMA_DATABASE"
    ):
        open_shelf(tmp_path, embedder(), ChromaServer(server.url, database="none"))


@pytest.mark.slow
def test_vectors_of_another_length_are_refused(server: ChromaServer, tmp_path: Path) -> None:
    from index_store.vector_server import ServerVectors

    with closing(ServerVectors(tmp_path / "vectors", 8, server)) as vectors:
        vectors.upsert([1], np.ones((1, 8), np.float32))
    with pytest.raises(LibraryMismatch, match="holds vectors of 8 numbers"):
        ServerVectors(tmp_path / "vectors", 16, server)
