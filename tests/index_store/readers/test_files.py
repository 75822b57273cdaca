"""Files and folders as given -> the files to read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from index_store.readers import expand
from index_store.types import Rejection


@pytest.fixture
def library(tmp_path: Path) -> Path:
    for name in ("b.csv", "a.jsonl", "deep/er/c.txt", ".hidden.csv", ".git/config", "deep/README"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def names(root: Path, *paths: Path) -> list[str]:
    return [str(p.relative_to(root)) if isinstance(p, Path) else str(p) for p in expand(paths)]


def test_folders_are_walked_by_name_and_hidden_files_skipped(library: Path) -> None:
    assert names(library, library) == ["a.jsonl", "b.csv", "deep/README", "deep/er/c.txt"]


def test_files_keep_the_order_they_were_given_in_even_when_hidden(library: Path) -> None:
    assert names(library, library / "b.csv", library / ".hidden.csv") == ["b.csv", ".hidden.csv"]


def test_a_file_reached_twice_is_given_once(library: Path) -> None:
    (library / "z.csv").symlink_to(library / "b.csv")
    given = [library / "b.csv", library, library, library / "deep" / ".." / "a.jsonl"]
    assert names(library, *given) == ["b.csv", "a.jsonl", "deep/README", "deep/er/c.txt"]


def test_links_in_a_circle_are_harmless(library: Path) -> None:
    (library / "deep" / "up").symlink_to(library)
    (library / "deep" / "self").symlink_to(library / "deep" / "self")
    found = list(expand([library]))
    assert [p.name for p in found if isinstance(p, Path)] == ["a.jsonl", "b.csv", "README", "c.txt"]
    assert [r.reason for r in found if isinstance(r, Rejection)] == [
        "cannot be read: Too many levels of symbolic links"
    ]


def test_a_link_to_nothing_is_reported(library: Path) -> None:
    (library / "c.csv").symlink_to(library / "gone.csv")
    assert names(library, library)[2] == f"{library / 'c.csv'}: a link to nothing"


@pytest.mark.parametrize("inside", [None, ".hidden", "empty/empty"])
def test_a_folder_with_nothing_to_read_is_one_rejection(tmp_path: Path, inside: str | None) -> None:
    if inside is not None:
        (tmp_path / inside).mkdir(parents=True)
    assert list(expand([tmp_path])) == [Rejection(tmp_path, 0, "a folder with no file to read")]


@pytest.mark.parametrize("name", ["missing", "a.jsonl/below", "nul\0byte"])
def test_a_path_that_does_not_exist(library: Path, name: str) -> None:
    found = list(expand([library / name]))
    assert [(type(r), getattr(r, "reason", "")) for r in found] == [(Rejection, "no such file or folder")]


def test_a_file_name_that_is_not_utf8_is_reported_in_characters_that_can_be_printed(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv")).write_text("x")
    reason = "a file name that is not UTF-8, which the library cannot keep; rename the file"
    assert list(expand([tmp_path])) == [Rejection(tmp_path / "caf\ufffd.csv", 0, reason)]


def test_ten_thousand_files(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"{number:05}.csv").touch()
    assert [p.name for p in expand([tmp_path]) if isinstance(p, Path)] == [f"{n:05}.csv" for n in range(10_000)]
