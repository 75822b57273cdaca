"""Files that were dragged in: safe names, one place for one content, and nothing left of what fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from index_store.errors import InputError, StorageError
from ui import uploads
from ui.uploads import clean_file_name, keep, let_go


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("papers.jsonl", "papers.jsonl"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\my list.TXT", "my-list.TXT"),
        ("..", "upload"),
        (".hidden", "hidden"),
        ("", "upload"),
        ("a\0b\n\u202ec.txt", "abc.txt"),
        ('<img src=x onerror="alert(1)">.csv', "img-src=x-onerror=-alert(1)-.csv"),
        ("x" * 300 + ".jsonl", "x" * 94 + ".jsonl"),
        ("Größen.csv", "Größen.csv"),
        ("no-suffix", "no-suffix"),
    ],
)
def test_names_are_not_trusted(given: str, kept: str) -> None:
    assert clean_file_name(given) == kept


def upload(folder: Path, content: bytes, name: str = "tmp123/papers.txt") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def test_a_file_moves_to_where_it_stays(tmp_path: Path) -> None:
    file = upload(tmp_path, b"papers")
    place = keep(tmp_path / "home", file, "papers.txt")
    assert place.read_bytes() == b"papers"
    assert place.relative_to(tmp_path / "home" / "uploads").parts[1:] == ("papers.txt",)
    assert not file.parent.exists()


def test_the_same_content_is_the_same_source(tmp_path: Path) -> None:
    first = keep(tmp_path / "home", upload(tmp_path, b"papers"), "papers.txt")
    again = keep(tmp_path / "home", upload(tmp_path, b"papers"), "papers.txt")
    other = keep(tmp_path / "home", upload(tmp_path, b"other papers"), "papers.txt")
    assert first == again
    assert other != first
    assert first.read_bytes() == b"papers"


@pytest.mark.parametrize(("content", "reason"), [(b"", "empty"), (b"x" * 11, "a file may have")])
def test_what_cannot_be_kept_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, reason: str
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    file = upload(tmp_path, content)
    with pytest.raises(InputError, match=reason):
        keep(tmp_path / "home", file, "papers.txt")
    assert list(tmp_path.rglob("*")) == []


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    file = upload(tmp_path, b"papers")
    with pytest.raises(StorageError, match=r"papers\.txt cannot be kept"):
        keep(tmp_path / "home", file, "papers.txt")
    assert not file.exists()


def test_letting_go_takes_the_folder_only_where_it_is_empty(tmp_path: Path) -> None:
    one, two = upload(tmp_path, b"1", "d/one"), upload(tmp_path, b"2", "d/two")
    let_go(one)
    assert two.exists()
    let_go(two)
    let_go(two)
    assert not two.parent.exists()
