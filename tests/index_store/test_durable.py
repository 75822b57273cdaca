"""A file is replaced whole or not at all, and what it is made of is never taken for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from index_store import durable
from index_store.durable import draft_of, replace_file
from index_store.errors import StorageError


def test_a_file_is_made_and_replaced_and_nothing_else_stays(tmp_path: Path) -> None:
    file = tmp_path / "note.json"
    for content in (b"old", b"new and longer", b""):
        replace_file(file, content)
        assert file.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["note.json"]


def test_a_folder_is_made_only_where_that_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"note\.json cannot be written: No such file or directory"):
        replace_file(tmp_path / "gone" / "note.json", b"x")
    replace_file(tmp_path / "new" / "er" / "note.json", b"x", make_folder=True)
    assert (tmp_path / "new" / "er" / "note.json").read_bytes() == b"x"


def test_a_full_disk_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "note.json"
    replace_file(file, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(StorageError, match=r"No space left on device\. Free some space"):
        replace_file(file, b"new")
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["note.json"]


def test_a_draft_is_hidden_and_one_process_s_own(tmp_path: Path) -> None:
    draft = draft_of(tmp_path / "page.xml")
    assert draft.name.startswith(".")
    assert str(os.getpid()) in draft.name
    assert draft.parent == tmp_path
