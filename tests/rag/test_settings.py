"""Later places win, and nothing unknown or impossible passes in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_store.errors import SettingsError
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


@pytest.mark.parametrize("text", ["answerer = ", "model = 5", "modle = 'x'", "\x00"])
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        resolve({"home": tmp_path}, {})


def test_the_places_of_test_material_are_no_settings(tmp_path: Path) -> None:
    assert resolve({"home": tmp_path}, {"CITEWELL_SEEDS": "/somewhere"}).model is None
