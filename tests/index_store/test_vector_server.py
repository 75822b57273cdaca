"""What answers at the address of a Chroma server may be anything, or nothing."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from index_store import connecting
from index_store.backup import write
from index_store.build import index_entries
from index_store.errors import InputError, LibraryDamaged, LibraryMismatch, VectorServerError
from index_store.servers import ChromaServer, is_server_url
from index_store.vector_server import RECORD, ServerVectors, refuse_elsewhere
from tests.serving import served
from tests.small_library import FROGS, entry, fake_shelf

TOKEN = "sesame-token"


@pytest.mark.parametrize(
    ("url", "most"),
    [
        ("https://api.trychroma.com", 300),
        ("https://api.trychroma.com:443/", 300),
        ("http://localhost:8000", None),
        ("https://nottrychroma.com", None),
        ("https://trychroma.com.example.org", None),
    ],
)
def test_the_quotas_of_chroma_cloud_are_known_by_its_name(url: str, most: int | None) -> None:
    assert ChromaServer(url).most_records == most


@contextmanager
def answering(answers: Callable[[str], tuple[int, bytes]]) -> Iterator[ChromaServer]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        status, body = answers(scope["path"])
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    with served(app) as url:
        yield ChromaServer(url, TOKEN)


def refusal(folder: Path, server: ChromaServer) -> str:
    with pytest.raises(VectorServerError) as caught:
        ServerVectors(folder / "vectors", 4, server)
    assert not (folder / "vectors" / RECORD).exists()
    assert TOKEN not in f"{caught.value} {server!r}"
    return str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, b"<html>A page</html>", "is no Chroma server of version 1 or later"),
        (200, b'"\x00\xff', "is no Chroma server of version 1 or later"),
        (404, b'{"detail": "Not Found"}', "is no Chroma server of version 1 or later"),
        (410, b'{"error": "Unimplemented"}', "is no Chroma server of version 1 or later"),
        (500, b"", "is no Chroma server of version 1 or later"),
        (200, b'"0.6.3"', "has the version 0.6.3, which is too old"),
        (401, b"", "does not let us in. Set CITEWELL_CHROMA_TOKEN"),
        (403, b"", "does not let us in. Set CITEWELL_CHROMA_TOKEN"),
    ],
)
def test_what_is_no_chroma_of_a_known_version_is_told(tmp_path: Path, status: int, body: bytes, message: str) -> None:
    with answering(lambda path: (status, body)) as server:
        assert message in refusal(tmp_path, server)


def test_a_database_that_is_not_given_names_the_settings(tmp_path: Path) -> None:
    with answering(lambda path: (200, b'"1.0.0"') if path.endswith("version") else (404, b"{}")) as server:
        assert "CITEWELL_CHROMA_TENANT, CITEWELL_CHROMA_DATABASE" in refusal(tmp_path, server)


def test_nobody_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound, but nobody listens
        told = refusal(tmp_path, ChromaServer(f"http://127.0.0.1:{free.getsockname()[1]}", TOKEN))
    assert "does not answer" in told
    assert told.endswith("Start it, then try again.")


def test_one_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = refusal(tmp_path, ChromaServer(f"http://127.0.0.1:{silent.getsockname()[1]}", TOKEN))
    assert "does not answer (timed out)" in told


@pytest.mark.parametrize("url", ["http://localhost:8000", "https://api.example.org", "http://[::1]:8000/"])
def test_addresses_of_servers(url: str) -> None:
    assert is_server_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://host",
        "http://",
        "http://host:x",
        "http://host:0",
        "http://host:99999",
        "http://me:secret@host",
        "http://host/path",
        "http://host?x=1",
        "http://ho st",
        "http://host\n",
        "http://[::1",
    ],
)
def test_what_is_no_address_of_a_server(url: str) -> None:
    assert not is_server_url(url)


def test_vectors_in_the_other_place_are_left_alone(tmp_path: Path) -> None:
    server = ChromaServer("http://localhost:8000")
    here, there = tmp_path / "here" / "vectors", tmp_path / "there" / "vectors"
    for folder, name in ((here, "chroma.sqlite3"), (there, RECORD)):
        folder.mkdir(parents=True)
        (folder / name).write_text('{"collection": "citewell-1", "url": "http://localhost:8000"}')
    refuse_elsewhere(here, None)
    refuse_elsewhere(there, server)
    with pytest.raises(LibraryMismatch, match=r"lie beside the papers.*Unset CITEWELL_CHROMA_URL.*--rebuild"):
        refuse_elsewhere(here, server)
    with pytest.raises(LibraryMismatch, match=r"Set CITEWELL_CHROMA_URL=http://localhost:8000, or .*--rebuild"):
        refuse_elsewhere(there, None)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"collection": "x"}', "\x00"])
def test_a_garbled_record_is_damage(tmp_path: Path, text: str) -> None:
    (tmp_path / RECORD).write_text(text)
    with pytest.raises(LibraryDamaged, match="citewell doctor --repair"):
        refuse_elsewhere(tmp_path, None)


def test_a_backup_cannot_hold_what_is_on_a_server(tmp_path: Path) -> None:
    shelf = fake_shelf(tmp_path / "home" / "library")
    index_entries(shelf, [entry(FROGS)])
    shelf.close()
    (tmp_path / "home" / "library" / "vectors").mkdir()
    (tmp_path / "home" / "library" / "vectors" / RECORD).write_text("{}")
    with pytest.raises(InputError, match="on a Chroma server"):
        write(tmp_path / "home", tmp_path / "backup", with_index=True)
    assert not write(tmp_path / "home", tmp_path / "backup").has_index
