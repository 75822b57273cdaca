"""A running server found by its note, and what it answers, over real HTTP; the lock is what says that it lives."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from eval.benchmarks.speed.place import clean_environment, serving
from index_store.errors import LibraryLocked
from index_store.types import Scope
from rag.errors import AnswererError
from rag.settings import Settings
from rag.types import AnswerEvent, DeltaEvent, Request
from tests.serving import served
from tests.ui.fake_assistant import FakeAssistant, answer_to, sent
from ui.announcing import RunningServer, announced, find_running, refuse_running
from ui.programs import build_api
from ui.restoring import restore_home


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(build_api(FakeAssistant())) as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path)


def found(settings: Settings) -> bool:
    server = find_running(settings)
    if server is not None:
        server.close()
    return server is not None


def test_a_server_is_found_while_it_runs_and_not_after(settings: Settings, address: str) -> None:
    assert not found(settings)
    with announced(settings, address):
        assert found(settings)
    assert not found(settings)
    assert not (settings.home / "server.json").exists()


def test_a_killed_server_s_note_is_not_believed(settings: Settings, address: str) -> None:
    with announced(settings, address):
        note = (settings.home / "server.json").read_bytes()
    (settings.home / "server.json").write_bytes(note)  # as kill -9 leaves it: the note stays, the lock falls
    assert not found(settings)


def test_only_a_server_with_the_same_settings_is_asked(
    settings: Settings, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = replace(settings, papers=3)
    with announced(settings, address) as tell:
        assert not found(changed)
        tell(changed)
        assert found(changed)
        assert not found(settings)
        monkeypatch.setenv("OLLAMA_HOST", "elsewhere:11434")
        assert not found(changed)


def test_of_two_servers_the_first_is_found(settings: Settings, address: str) -> None:
    with announced(settings, address):
        with announced(settings, "http://127.0.0.1:9") as tell:
            tell(replace(settings, papers=3))
            assert found(settings)
        assert found(settings)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"address": 1}', '{"address": "x", "settings": null}', "\x00"])
def test_a_note_that_is_none_is_no_server(settings: Settings, address: str, content: str) -> None:
    with announced(settings, address):
        (settings.home / "server.json").write_text(content, "utf-8")
        assert not found(settings)


def test_a_server_that_does_not_answer_is_none(settings: Settings) -> None:
    with announced(settings, "http://127.0.0.1:9"):
        assert not found(settings)


def test_a_home_that_cannot_be_written_is_served_all_the_same(tmp_path: Path, address: str) -> None:
    (tmp_path / "file").write_text("no folder")
    with announced(Settings(tmp_path / "file" / "home"), address) as tell:
        tell(Settings(tmp_path))
        assert not found(Settings(tmp_path / "file" / "home"))


def test_the_note_tells_no_setting(settings: Settings, address: str) -> None:
    with announced(replace(settings, model="secret-model"), address):
        note = json.loads((settings.home / "server.json").read_text("utf-8"))
    assert set(note) == {"address", "settings"}
    assert "secret-model" not in str(note)


def test_it_answers_as_an_assistant_here_would(address: str) -> None:
    with closing(RunningServer(address)) as server:
        assert server.ask(Request("energy")) == sent(answer_to("energy"))
        events = list(server.stream(Request("both")))
        assert any(isinstance(event, DeltaEvent) for event in events)
        assert events[-1] == AnswerEvent(sent(answer_to("both")))


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (Scope(), None),
        (Scope(collections=("efficiency",)), Scope(collections=("efficiency",))),
        (Scope(first_year=2019, last_year=2023), Scope(first_year=2019, last_year=2023)),
        (Scope(first_year=2020, last_year=2020), Scope(first_year=2020, last_year=2020)),
        (Scope(last_year=2023), Scope(last_year=2023)),
    ],
)
def test_the_scope_goes_with_the_question(scope: Scope, said: Scope | None) -> None:
    heard: list[Request] = []

    class Listening(FakeAssistant):
        def stream(self, request: Request):  # type: ignore[no-untyped-def]
            heard.append(request)
            return super().stream(request)

    with served(build_api(Listening())) as url, closing(RunningServer(url)) as server:
        server.ask(Request("energy", scope=scope, answerer="quote", model="m"))
    assert heard == [Request("energy", scope=said or Scope(), answerer="quote", model="m")]


def test_what_fails_there_fails_as_it_would_here(address: str) -> None:
    with closing(RunningServer(address)) as server, pytest.raises(AnswererError):
        list(server.stream(Request("broken")))


@pytest.mark.slow
def test_the_command_has_the_running_server_answer(tmp_path: Path) -> None:
    """The same document, and no library is opened for it."""
    asked = ["--home", str(tmp_path), "ask", "What is LoRA?", "--json"]
    code = f"import sys; from ui.cli import main; main({asked!r}); sys.exit('chromadb' in sys.modules)"
    answers = []
    with serving(tmp_path):  # which reads the starter library first
        answers.append(
            subprocess.run([sys.executable, "-c", code], env=clean_environment(), stdout=subprocess.PIPE, check=False)
        )
    answers.append(
        subprocess.run([sys.executable, "-c", code], env=clean_environment(), stdout=subprocess.PIPE, check=False)
    )
    through, here = (json.loads(done.stdout) | {"timings_ms": {}} for done in answers)
    assert [done.returncode for done in answers] == [0, 1]
    assert through == here
    assert through["citations"]


def test_a_home_that_a_server_uses_is_not_replaced(settings: Settings) -> None:
    refuse_running(settings.home)
    with announced(settings, "http://127.0.0.1:7860"):
        with pytest.raises(LibraryLocked, match=r"A server at http://127\.0\.0\.1:7860 uses .*Stop it"):
            refuse_running(settings.home)
        with pytest.raises(LibraryLocked):
            restore_home(settings.home, settings.home / "no backup at all", force=True)
    refuse_running(settings.home)


def test_a_server_behind_a_door_tells_no_address_and_is_noticed(settings: Settings, address: str) -> None:
    with announced(settings, "http://127.0.0.1:7860"):
        note = (settings.home / "server.json").read_bytes()
    (settings.home / "server.json").write_bytes(note)  # left by one that was killed
    with announced(settings, address, has_door=True) as tell:
        tell(replace(settings, papers=3))
        assert not found(settings)
        assert not (settings.home / "server.json").exists()
        with pytest.raises(LibraryLocked, match="A server uses"):
            refuse_running(settings.home)
    refuse_running(settings.home)


def test_a_second_server_of_a_home_is_noticed_after_the_first_has_ended(settings: Settings, address: str) -> None:
    first, second = announced(settings, address), announced(settings, address)
    first.__enter__()
    second.__enter__()
    assert found(settings)
    first.__exit__(None, None, None)
    assert not found(settings)
    with pytest.raises(LibraryLocked):
        refuse_running(settings.home)
    second.__exit__(None, None, None)
    refuse_running(settings.home)
