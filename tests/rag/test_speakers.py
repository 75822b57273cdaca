"""Who words an answer, with servers over real HTTP that run, do not, have models and have none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from index_store.errors import SettingsError
from rag import speakers
from rag.answerers import Brief, Done, Piece
from rag.errors import ModelMissing, OllamaUnreachable
from rag.models import DEFAULT_MODEL
from rag.ollama import OllamaAnswerer
from rag.settings import Settings
from rag.speakers import LocalSpeakers, OllamaServers
from tests.ollama_double import OllamaDouble
from tests.ollama_reading import read
from tests.ollama_script import Model, Script

SMALL, LARGE = Model("gemma3:4b", size=3_000_000_000), Model("llama3:8b", size=5_000_000_000)


class Quoter:
    name = "quote"

    def stream(self, brief: Brief) -> Iterator[Piece]:
        yield Done()


QUOTER = Quoter()


@pytest.fixture
def server() -> Iterator[OllamaDouble]:
    with OllamaDouble() as double:
        yield double


@pytest.fixture
def nowhere() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def among(*hosts: str, **settings: Any) -> LocalSpeakers:
    return LocalSpeakers(Settings(Path("home"), ollama_host=",".join(hosts), **settings), QUOTER)


def looks(server: OllamaDouble) -> int:
    return sum(path == "/api/tags" for path, _ in server.requests)


def test_a_model_speaks_where_there_is_one(server: OllamaDouble) -> None:
    speaker = among(server.url).choose()
    assert isinstance(speaker.answerer, OllamaAnswerer)
    assert (speaker.answerer.model, speaker.fallback) == (DEFAULT_MODEL, None)
    assert read(speaker.answerer)[0] == Script().text
    assert server.chats[0]["model"] == DEFAULT_MODEL


def test_without_a_server_the_quoter_speaks_and_says_how_to_get_one(nowhere: str) -> None:
    speaker = among(nowhere).choose()
    assert speaker.answerer is QUOTER
    assert speaker.fallback == (
        f"No Ollama server runs at {nowhere}. For answers in prose, install Ollama, start it with `ollama serve`, and"
        f" run `citewell pull {DEFAULT_MODEL}`. Until then I quote."
    )


@pytest.mark.parametrize("models", [(), (Model("nomic-embed-text:v1.5", capabilities=("embedding",)),)])
def test_without_a_model_that_chats_the_quoter_speaks(server: OllamaDouble, models: tuple[Model, ...]) -> None:
    server.play(Script(models=models))
    speaker = among(server.url).choose()
    assert speaker.answerer is QUOTER
    assert speaker.fallback == (
        f"Ollama at {server.url} does not have a model that can chat. Run `citewell pull {DEFAULT_MODEL}`."
        " Until then I quote."
    )


def test_a_model_that_is_listed_and_gone_does_not_hide_the_others(server: OllamaDouble) -> None:
    server.play(Script(models=(Model("ghost"), *Script().models)))  # a name without a tag: ``/api/show`` finds it not
    answerer = among(server.url).choose().answerer
    assert isinstance(answerer, OllamaAnswerer)
    assert answerer.model == DEFAULT_MODEL


def test_something_else_at_the_address_is_no_server(server: OllamaDouble) -> None:
    server.play(Script(not_ollama=True))
    speaker = among(server.url).choose()
    assert speaker.answerer is QUOTER
    assert speaker.fallback is not None
    assert speaker.fallback.startswith(f"No Ollama server runs at {server.url}.")


def test_ollama_asked_for_and_not_there_is_an_error(server: OllamaDouble, nowhere: str) -> None:
    for model in (None, "gemma3:4b"):
        with pytest.raises(OllamaUnreachable, match="ollama serve"):
            among(nowhere).choose("ollama", model)
    with pytest.raises(OllamaUnreachable):
        among(nowhere, answerer="ollama").choose()
    server.play(Script(models=()))
    with pytest.raises(ModelMissing, match=f"a model that can chat. Run `citewell pull {DEFAULT_MODEL}`."):
        among(server.url).choose("ollama")


@pytest.mark.parametrize("wanted", [None, "auto", "ollama"])
def test_a_model_asked_for_by_name_and_not_there_is_an_error(server: OllamaDouble, wanted: str | None) -> None:
    with pytest.raises(ModelMissing, match=r"does not have the model gemma3:4b\. Run `citewell pull gemma3:4b`\."):
        among(server.url).choose(wanted, "gemma3:4b")


def test_a_model_of_the_settings_that_is_not_there_leaves_the_quoter(server: OllamaDouble) -> None:
    speaker = among(server.url, model="gemma3:4b").choose()
    assert speaker.answerer is QUOTER
    assert speaker.fallback is not None
    assert "does not have the model gemma3:4b. Run `citewell pull gemma3:4b`." in speaker.fallback


def test_the_model_asked_for_goes_before_that_of_the_settings_and_the_best(server: OllamaDouble) -> None:
    server.play(Script(models=(SMALL, LARGE)))

    def model(settings: dict[str, Any], *asked: str) -> str:
        answerer = among(server.url, **settings).choose(None, *asked).answerer
        assert isinstance(answerer, OllamaAnswerer)
        return answerer.model

    assert model({}) == "llama3:8b"
    assert model({"model": "gemma3"}) == "gemma3:4b"
    assert model({"model": "gemma3"}, "llama3:8b") == "llama3:8b"


def test_settings_that_quote_ask_no_server(server: OllamaDouble) -> None:
    chosen = among(server.url, answerer="quote")
    assert (chosen.choose().answerer, chosen.choose().fallback) == (QUOTER, None)
    chosen.warm()
    assert server.requests == []
    assert isinstance(chosen.choose("ollama").answerer, OllamaAnswerer)
    assert among(server.url).choose("quote").answerer is QUOTER


def test_one_answerer_a_model_is_kept(server: OllamaDouble) -> None:
    server.play(Script(models=(SMALL, LARGE)))
    chosen = among(server.url)
    assert chosen.choose().answerer is chosen.choose("ollama").answerer is chosen.choose(None, "llama3:8b").answerer
    assert chosen.choose(None, "gemma3:4b").answerer is not chosen.choose().answerer


def test_the_context_of_the_settings_is_asked_for(server: OllamaDouble) -> None:
    read(among(server.url, num_ctx=2048).choose().answerer)  # type: ignore[arg-type]  # an OllamaAnswerer, see above
    assert server.chats[0]["options"]["num_ctx"] == 2048


@pytest.mark.parametrize(("setting", "sent"), [("off", False), ("on", True), ("low", "low"), ("high", "high")])
def test_a_model_that_can_think_does_as_the_settings_say(server: OllamaDouble, setting: str, sent: bool | str) -> None:
    server.play(Script(models=(Model(DEFAULT_MODEL, capabilities=("completion", "thinking")),)))
    read(among(server.url, think=setting).choose().answerer)  # type: ignore[arg-type]  # an OllamaAnswerer, see above
    assert server.chats[0]["think"] == sent


def test_of_two_servers_the_one_that_runs_is_used(server: OllamaDouble, nowhere: str) -> None:
    speaker = among(nowhere, server.url).choose()
    assert isinstance(speaker.answerer, OllamaAnswerer)
    assert read(speaker.answerer)[0] == Script().text
    assert among(nowhere, server.url).describe()["ollama"].startswith(f"{server.url} runs")


def test_servers_are_looked_at_once_in_a_while(server: OllamaDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = among(server.url)
    assert isinstance(chosen.choose().answerer, OllamaAnswerer)
    server.play(Script(models=()))
    assert isinstance(chosen.choose().answerer, OllamaAnswerer)
    assert looks(server) == 1
    monkeypatch.setattr(speakers, "_FRESH_SECONDS", -1.0)
    assert chosen.choose().answerer is QUOTER
    server.play(Script())
    assert isinstance(chosen.choose().answerer, OllamaAnswerer)


def test_a_server_that_goes_between_two_looks_leaves_no_answerer_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call looks anew here: model and servers have to come from the same look."""
    monkeypatch.setattr(speakers, "_FRESH_SECONDS", -1.0)
    with OllamaDouble() as double:
        chosen = among(double.url)
        monkeypatch.setattr(speakers, "choose", lambda installed, wanted: gone(double, installed))
        speaker = chosen.choose()
    assert isinstance(speaker.answerer, OllamaAnswerer)
    with pytest.raises(OllamaUnreachable):
        read(speaker.answerer)


def gone(double: OllamaDouble, installed: Any) -> str:
    """Choose a model, and have the server stop being one meanwhile."""
    double.play(Script(not_ollama=True))
    return str(installed[0].name)


def test_threads_that_choose_at_once_share_one_look(server: OllamaDouble) -> None:
    chosen = among(server.url)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(chosen.choose().answerer)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1
    assert looks(server) == 1


def test_described_with_a_model(server: OllamaDouble) -> None:
    both = {"ollama": f"{server.url} runs and answers with {DEFAULT_MODEL}", "models": [DEFAULT_MODEL]}
    assert among(server.url).describe() == {"answerer": "ollama", "model": DEFAULT_MODEL, **both}
    assert among(server.url, answerer="quote").describe() == {"answerer": "quote", "model": None, **both}


def test_described_without_one(server: OllamaDouble, nowhere: str) -> None:
    without = among(nowhere).describe()
    assert (without["answerer"], without["model"]) == ("quote", None)
    assert without["ollama"].startswith(f"No Ollama server runs at {nowhere}.")
    wanted = among(nowhere, answerer="ollama").describe()
    assert (wanted["answerer"], wanted["model"]) == ("ollama", None)
    server.play(Script(models=()))
    assert among(server.url).describe()["ollama"] == (
        f"Ollama at {server.url} does not have a model that can chat. Run `citewell pull {DEFAULT_MODEL}`."
    )


def test_warming_loads_the_model_that_would_answer(server: OllamaDouble, nowhere: str) -> None:
    among(server.url).warm()
    assert [body["model"] for path, body in server.requests if path == "/api/generate"] == [DEFAULT_MODEL]
    among(nowhere).warm()  # nothing to load: the quoter would answer
    with pytest.raises(OllamaUnreachable):
        among(nowhere, answerer="ollama").warm()


def test_an_address_that_is_none_is_told_at_once() -> None:
    with pytest.raises(SettingsError, match="is not an address"):
        OllamaServers(Settings(Path("home"), ollama_host="ftp://box"))
