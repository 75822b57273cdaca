"""Which reader gets a file, and the files that none can read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from index_store.readers import read
from index_store.readers.refusals import FORMATS
from index_store.types import Rejection

LINE = '{"title": "Tides", "abstract": "The moon pulls."}\n'
TABLE = "title,abstract\nTides,The moon pulls.\n"


@pytest.mark.parametrize("content", [LINE, TABLE, TABLE.replace(",", "\t"), f"[{LINE}]"])
@pytest.mark.parametrize("name", ["a.txt", "a", "a.jsonl", "a.csv"])
def test_the_content_decides_whatever_the_suffix_says(read_file, content: str, name: str) -> None:
    entries, rejected = read_file(content, name)
    assert [(e.paper.title, e.paper.abstract) for e in entries] == [("Tides", "The moon pulls.")]
    assert rejected == []


def test_the_suffix_decides_where_the_content_leaves_it_open(read_file) -> None:
    assert read_file("nonsense\n" + LINE, "a.jsonl")[1] == ["1: not JSON: Expecting value (character 1)"]


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv", "a"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0: an empty file: no title and no abstract"),
        (b" \n\t\n", "0: nothing but white space in its first 4 bytes: no title and no abstract"),
        (
            b"%PDF-1.7\n%\xe2\xe3",
            "0: a PDF, and Citewell reads abstracts, not whole papers; export the reference with its abstract as "
            "BibTeX, RIS or CSL-JSON (Zotero and publishers do), or save titles and abstracts as CSV",
        ),
        (
            b"PK\x03\x04\x14",
            "0: a ZIP archive that is broken or cut short (File is not a zip file); nothing of it was read",
        ),
        (b"\x1f\x8b\x08", "0: a gzip file that is cut short; the rest of it was not read"),
        (b"abc\0def", f"0: a binary file of a kind that Citewell does not know; it reads {FORMATS}"),
    ],
)
def test_what_is_no_text_is_rejected_as_a_whole(read_file, content: bytes, reason: str, name: str) -> None:
    assert read_file(content, name) == ([], [reason])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("content", [LINE, TABLE, f"[{LINE}]"])
def test_byte_order_marks_are_honoured(read_file, content: str, encoding: str) -> None:
    entries, rejected = read_file(content.replace("Tides", "Marées 🌊").encode(encoding))
    assert [e.paper.title for e in entries] == ["Marées 🌊"]
    assert rejected == []


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_utf16_that_breaks_off_keeps_what_came_before(read_file, name: str) -> None:
    rows = LINE * 500 if name == "a.jsonl" else TABLE + "Tides,The moon pulls.\n" * 500
    entries, rejected = read_file(rows.encode("utf-16")[:-1], name)
    last = entries[-1].line
    assert last > 250
    reason = "not utf-16-le, though its byte-order mark says so; the rest of the file was not read"
    assert rejected == [f"{last + 1}: {reason}"]


def test_latin_1_is_reported_not_guessed(read_file) -> None:
    content = LINE.encode() + LINE.replace("Tides", "Marées").encode("latin-1") + LINE.encode()
    entries, rejected = read_file(content, "a.jsonl")
    assert [e.line for e in entries] == [1, 3]
    assert rejected == ["2: not UTF-8: byte 0xE9 at offset 14 of the line; convert the file, for example with iconv"]


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    assert list(read(tmp_path)) == [Rejection(tmp_path, 0, "a folder, not a file")]
    missing = tmp_path / "missing.jsonl"
    assert list(read(missing)) == [Rejection(missing, 0, "no such file or folder")]


def test_a_rejection_is_one_line_whatever_the_files_name_is(tmp_path: Path) -> None:
    path = tmp_path / "two\nlines\u2028\x1b[2J é.csv"
    path.write_text('title,abstract\n"Tides\nand waves",\n')
    [rejection] = read(path)
    place = str(tmp_path / r"two\nlines\u2028\x1b[2J é.csv")
    assert str(rejection) == rf"{place}:2: a title with no abstract: Tides\nand waves"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    assert list(read(pipe)) == [Rejection(pipe, 0, "not a regular file")]


@pytest.fixture
def forbidden_file() -> Iterator[Path]:
    """A file this process may not open.  Root may open anything, so it becomes nobody for the while."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "forbidden.jsonl"
        path.write_text(LINE)
        path.chmod(0)
        Path(folder).chmod(0o755)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        yield path
        if is_root:
            os.seteuid(0)


def test_permission_denied_is_a_rejection(forbidden_file: Path) -> None:
    assert list(read(forbidden_file)) == [Rejection(forbidden_file, 0, "cannot be read: Permission denied")]
