"""Later places win, and nothing unknown or impossible passes in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from index_store.errors import SettingsError
from index_store.servers import ChromaServer
from rag.settings import resolve


def test_defaults_need_nothing(tmp_path: Path) -> None:
    settings = resolve({"home": tmp_path}, {})
    assert (settings.answerer, settings.model, settings.library) == ("auto", None, tmp_path / "library")


def test_without_a_home_the_platform_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert resolve({}, {}).home.name == "citewell"


def test_arguments_win_over_environment_over_file(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('answerer = "quote"\npapers = 3\nmodel = "a"\n', "utf-8")
    environ = {"CITEWELL_HOME": str(tmp_path), "CITEWELL_PAPERS": "4", "CITEWELL_MODEL": "b"}
    settings = resolve({"model": "c", "answerer": None}, environ)
    assert (settings.answerer, settings.papers, settings.model) == ("quote", 4, "c")


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"CITEWELL_MODLE": "x"}, "Unknown setting 'modle' in the environment. Known are: embedder,"),
        ({"CITEWELL_ANSWERER": "poet"}, "answerer = 'poet' in the environment is not one of auto, quote, ollama."),
        ({"CITEWELL_PAPERS": "0"}, "papers = '0' in the environment is not a whole number from 1 to 50."),
        ({"CITEWELL_THINK": "hard"}, "think = 'hard' in the environment is not one of off, low, medium, high, on."),
        ({"CITEWELL_NUM_CTX": "many"}, "num_ctx = 'many' in the environment is not a whole number"),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        resolve({"home": tmp_path}, environ)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["answerer = ", "model = 5", "modle = 'x'", "\x00", "home = '/x'"]
    + [f"papers = {number}" for number in ("inf", "nan", "7.5", "true")],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        resolve({"home": tmp_path}, {})


def test_a_mark_before_the_first_line_is_no_setting(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("papers = 7\n", "utf-8-sig")
    assert resolve({"home": tmp_path}, {}).papers == 7


def test_a_whole_number_may_be_written_with_an_exponent(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("num_ctx = 2e3", "utf-8")
    assert resolve({"home": tmp_path}, {}).num_ctx == 2000


def test_the_places_of_test_material_are_no_settings(tmp_path: Path) -> None:
    assert resolve({"home": tmp_path}, {"CITEWELL_SEEDS": "/somewhere"}).model is None


def test_a_chroma_server_and_its_token(tmp_path: Path) -> None:
    assert resolve({"home": tmp_path}, {}).chroma is None
    environ = {"CITEWELL_CHROMA_URL": "https://chroma.example.org", "CITEWELL_CHROMA_TOKEN": "sesame"}
    settings = resolve({"home": tmp_path}, environ | {"CITEWELL_CHROMA_DATABASE": "papers"})
    assert settings.chroma == ChromaServer("https://chroma.example.org", "sesame", "default_tenant", "papers")
    assert "sesame" not in f"{settings!r} {settings.chroma!r}"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"chroma_url": "http://me:sesame@host"}, "chroma_url in the arguments is not http://HOST:PORT"),
        ({"chroma_token": "sesame\n"}, "chroma_token in the arguments is no token"),
        ({"chroma_token": "sesame seed"}, "chroma_token in the arguments is no token"),
        ({"chroma_token": ["sesame"]}, "chroma_token in the arguments is not a text"),
        ({"openalex_key": ["sesame"]}, "openalex_key in the arguments is not a text"),
    ],
)
def test_a_wrong_server_or_token_is_told_without_showing_it(tmp_path: Path, given: Any, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        resolve({"home": tmp_path} | given, {})
    assert sentence in str(caught.value)
    assert "sesame" not in str(caught.value)
