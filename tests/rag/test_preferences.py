"""Settings that change while Citewell runs: checked, kept, taken up, or none of these."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index_store.errors import SettingsError, StorageError
from rag.preferences import Preferences
from rag.settings import Settings, resolve


class Taken(list[Settings]):
    """The settings that were put into force, in order."""


def preferences(home: Path, taken: Taken, environ: dict[str, str] | None = None) -> Preferences:
    return Preferences(resolve({"home": home}, {}), taken.append, environ or {})


def test_a_change_is_kept_and_taken_up(tmp_path: Path) -> None:
    taken = Taken()
    wanted = preferences(tmp_path, taken)
    changed = wanted.change(answerer="quote", papers=9)
    assert changed == replace(Settings(tmp_path), answerer="quote", papers=9)
    assert (list(taken), wanted.settings) == ([changed], changed)
    assert resolve({"home": tmp_path}, {}) == changed


def test_the_rest_of_the_file_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('# mine\nembedder = "some/model"  # slow but good\nmodel = "a:1b"\n')
    wanted = preferences(tmp_path, Taken())
    wanted.change(model=None, papers=3)
    assert file.read_text() == '# mine\nembedder = "some/model"  # slow but good\npapers = 3\n'
    assert wanted.settings.model is None
    assert [path.name for path in tmp_path.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize(
    ("changes", "environ", "sentence"),
    [
        ({"answerer": "oracle"}, {}, "answerer = 'oracle' in the page is not one of auto, quote, ollama."),
        ({"papers": 0}, {}, "papers = 0 in the page is not a whole number from 1 to 50."),
        ({"embedder": "x"}, {}, "'embedder' cannot be changed here."),
        ({"model": "x"}, {"CITEWELL_MODEL": "y"}, "CITEWELL_MODEL in the environment decides model."),
        ({"papers": 3, "answerer": "oracle"}, {}, "answerer = 'oracle'"),
    ],
)
def test_what_is_refused_changes_nothing(
    tmp_path: Path, changes: dict[str, Any], environ: dict[str, str], sentence: str
) -> None:
    taken = Taken()
    wanted = preferences(tmp_path, taken, environ)
    with pytest.raises(SettingsError, match=sentence):
        wanted.change(**changes)
    assert (list(taken), wanted.settings, list(tmp_path.iterdir())) == ([], Settings(tmp_path), [])


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    taken = Taken()
    wanted = preferences(tmp_path, taken)
    (tmp_path / "settings.toml").write_text("papers = [")
    with pytest.raises(SettingsError, match=r"settings\.toml: .* Mend it, or move it away\."):
        wanted.change(papers=3)
    (tmp_path / "settings.toml").unlink()
    (tmp_path / "settings.toml.new").mkdir()
    with pytest.raises(StorageError, match=r"settings\.toml cannot be written"):
        wanted.change(papers=3)
    assert list(taken) == []
