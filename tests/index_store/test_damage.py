"""What a failure of an engine is laid to: the disk or the index."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from index_store.damage import damaged, explained
from index_store.errors import LibraryDamaged, StorageError


@pytest.mark.parametrize(
    "failure",
    [
        PermissionError(13, "Permission denied"),
        RuntimeError("error returned from database: (code: 13) database or disk is full"),
        ValueError("An IO error occurred: 'No space left on device (os error 28)'"),
        ValueError("attempt to write a readonly database"),
    ],
)
def test_trouble_with_the_disk_is_named_as_such(tmp_path: Path, failure: Exception) -> None:
    told = explained("vector index", tmp_path, failure)
    assert type(told) is StorageError
    assert str(told).startswith(f"The vector index in {tmp_path} cannot be written (")


def test_a_vague_failure_is_damage_while_the_disk_has_room(tmp_path: Path) -> None:
    told = explained("lexical index", tmp_path, ValueError("Worker thread\n  failed"))
    assert type(told) is LibraryDamaged
    assert str(told) == (
        f"The lexical index in {tmp_path} is damaged (Worker thread failed); build it again with: "
        "citewell doctor --repair"
    )


def test_a_vague_failure_on_a_full_disk_is_laid_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=4_096)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    assert type(explained("lexical index", tmp_path, ValueError("Worker thread failed"))) is StorageError


def test_a_long_reason_is_cut(tmp_path: Path) -> None:
    assert len(str(damaged("lexical index", tmp_path, "x" * 9_999))) < 320 + len(str(tmp_path))
