"""The manifest: what was written is read; what is none, is newer or is another's is refused in words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from index_store import manifest
from index_store.durable import draft_of
from index_store.errors import LibraryDamaged, LibraryMismatch, StorageError
from index_store.manifest import FORMAT, Manifest, Recipe

RECIPE = Recipe(FORMAT, 1, "fake", "digest", 4, 256)
WRITTEN = Manifest(RECIPE, 3, 7, "content", "2024-05-06T07:08:09+00:00")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    manifest.write(tmp_path / "manifest.json", WRITTEN)
    return tmp_path / "manifest.json"


def test_what_was_written_is_read(path: Path) -> None:
    assert manifest.read(path) == WRITTEN
    assert [file.name for file in path.parent.iterdir()] == ["manifest.json"]


def test_none_where_there_is_none(tmp_path: Path) -> None:
    assert manifest.read(tmp_path / "manifest.json") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b'{"recipe": []}',
        b"[" * 100_000,
        json.dumps({"recipe": {"format": "1"}}).encode(),
        json.dumps({"recipe": {"format": FORMAT}}).encode(),
    ],
)
def test_what_is_no_manifest_is_damage(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(LibraryDamaged, match=r"is not a manifest .* Run `citewell doctor --repair`\."):
        manifest.read(path)


@pytest.mark.parametrize("field", ["papers", "digest", "recipe"])
def test_every_field_counts(path: Path, field: str) -> None:
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, field: None}))
    with pytest.raises(LibraryDamaged, match="manifest"):
        manifest.read(path)


def test_a_folder_in_its_place_is_damage(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(LibraryDamaged, match="is not a manifest"):
        manifest.read(tmp_path / "manifest.json")


def test_a_newer_format_is_named_as_such_whatever_else_it_holds(path: Path) -> None:
    path.write_text(json.dumps({"recipe": {"format": FORMAT + 1, "shards": 3}, "new": True}))
    with pytest.raises(LibraryMismatch, match=r"newer Citewell\. Run `pip install -U citewell`"):
        manifest.read(path)


def test_it_cannot_be_written_where_a_file_is_in_the_way(path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        manifest.write(path / "manifest.json", WRITTEN)
    assert manifest.read(path) == WRITTEN


def test_a_failed_write_leaves_the_old_one(path: Path) -> None:
    draft_of(path).mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        manifest.write(path, replace(WRITTEN, papers=4))
    assert manifest.read(path) == WRITTEN


def test_a_recipe_survives_json(tmp_path: Path) -> None:
    assert Recipe.from_json(RECIPE.to_json(), tmp_path / "catalogue.sqlite3") == RECIPE


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "colour": "red"}'])
def test_a_broken_recipe_is_damage(tmp_path: Path, text: str) -> None:
    with pytest.raises(LibraryDamaged, match="--rebuild"):
        Recipe.from_json(text, tmp_path / "catalogue.sqlite3")


def test_the_same_recipe_is_accepted(tmp_path: Path) -> None:
    manifest.refuse_mismatch(RECIPE, replace(RECIPE), tmp_path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"embedder": "other", "dim": 8}, r"fake, the settings say other\. Set CITEWELL_EMBEDDER=fake, or run"),
        ({"chunking": 9}, r"another chunking\. Run `citewell index --rebuild`\."),
        ({"embedder_digest": "x", "max_tokens": 9}, "another embedder digest and max tokens"),
    ],
)
def test_a_difference_is_named_with_its_fix(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    with pytest.raises(LibraryMismatch, match=words):
        manifest.refuse_mismatch(RECIPE, replace(RECIPE, **changes), tmp_path)  # type: ignore[arg-type]
