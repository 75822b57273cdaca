"""Opening a library's parts together: the lock, the recipe, and what is in the way."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from index_store import manifest
from index_store.errors import LibraryDamaged, LibraryLocked, LibraryMismatch, StorageError
from index_store.shelf import built_with, discard, note_recipe, open_shelf, recipe_of, writing
from tests.fakes import FakeEmbedder
from tests.small_library import embedder


def test_an_absent_library_is_made_empty(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path / "a" / "b", embedder())) as shelf:
        assert (len(shelf.catalogue), shelf.vectors.ids(), shelf.lexical.ids()) == (0, set(), set())
        assert built_with(shelf.folder, shelf.catalogue) is None


def test_the_recipe_of_an_unfinished_build_counts(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        note_recipe(shelf.catalogue, shelf.embedder)
        assert built_with(tmp_path, shelf.catalogue) == recipe_of(embedder())
    with pytest.raises(LibraryMismatch, match="another embedder digest"):
        open_shelf(tmp_path, FakeEmbedder(["cat"], 16))
    with closing(open_shelf(tmp_path, embedder())):
        assert manifest.read(tmp_path / "manifest.json") is None


def test_a_recipe_that_is_none_is_damage(tmp_path: Path) -> None:
    with closing(open_shelf(tmp_path, embedder())) as shelf:
        shelf.catalogue.set_meta("recipe", "{")
    with pytest.raises(LibraryDamaged, match="--rebuild"):
        open_shelf(tmp_path, embedder())


def test_a_file_in_the_place_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("a file")
    with pytest.raises(StorageError, match="cannot be made: File exists"):
        open_shelf(tmp_path / "library", embedder())
    with pytest.raises(StorageError, match="cannot be made"), writing(tmp_path / "library" / "deeper"):
        pass


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from index_store.shelf import writing\n"
        "with writing(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    pipe, root = subprocess.PIPE, Path(__file__).parents[2]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LibraryLocked, match="Another process is writing"), writing(tmp_path):
            pass
        other.kill()  # a killed writer holds no lock
    with writing(tmp_path), pytest.raises(LibraryLocked), writing(tmp_path):
        pass


def test_a_folder_in_the_place_of_the_lock(tmp_path: Path) -> None:
    (tmp_path / "write.lock").mkdir()
    with pytest.raises(StorageError, match="cannot be locked for writing"), writing(tmp_path):
        pass


def test_discard_removes_whatever_is_there(tmp_path: Path) -> None:
    (tmp_path / "discarded").mkdir()  # left by a removal that was killed
    (tmp_path / "discarded" / "old").write_text("old")
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / "graph").write_text("graph")
    (tmp_path / "manifest.json").write_text("{}")
    discard(tmp_path, "manifest.json", "vectors", "lexical")
    assert list(tmp_path.iterdir()) == []
