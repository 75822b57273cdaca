"""Parquet tables: columns by their usual names, odd types, broken files, and no pyarrow."""

from __future__ import annotations

import datetime
import io
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from index_store.readers import read
from index_store.types import Rejection

COLUMNS: dict[str, Any] = {
    "Paper ID": [7, 8],
    "Title": ["Tides", "Waves"],
    "abstract": ["The moon pulls.", "The wind pushes."],
    "authors": [["Ada Quill", "Bo Reed"], ["The Tide Team"]],
    "published": [datetime.datetime(2019, 5, 3), None],
    "doi": ["10.1000/ABC", None],
    "keywords": ["tides, moon", None],
    "vector": [[0.1] * 8, None],
}


def table(columns: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    parquet.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), out, **options)
    return out.getvalue()


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a"])
def test_rows_with_all_that_a_paper_holds(read_file, name: str) -> None:
    entries, rejected = read_file(table(COLUMNS), name)
    assert rejected == []
    papers = [e.paper for e in entries]
    assert [(e.line, e.local_id) for e in entries] == [(1, "7"), (2, "8")]
    assert [(p.title, p.abstract) for p in papers] == [("Tides", "The moon pulls."), ("Waves", "The wind pushes.")]
    assert [p.authors for p in papers] == [("Ada Quill", "Bo Reed"), ("The Tide Team",)]
    assert [p.year for p in papers] == [2019, None]
    assert (papers[0].doi, papers[0].categories) == ("10.1000/abc", ("tides", "moon"))


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd"])
def test_row_groups_are_read_one_after_the_other(read_file, compression: str) -> None:
    count = 1_000
    columns = {"title": [f"Tide {n}" for n in range(count)], "abstract": ["The moon pulls."] * count}
    entries, rejected = read_file(table(columns, row_group_size=300, compression=compression), "a.parquet")
    assert [e.paper.title for e in entries] == columns["title"]
    assert [e.line for e in entries] == list(range(1, count + 1))
    assert rejected == []


def test_a_row_that_cannot_be_read_costs_itself(read_file) -> None:
    titles = pa.array([b"Tides", b"Mar\xe9es", b"Waves", None], pa.binary())
    columns = {"title": titles, "abstract": ["The moon.", "La lune.", None, "No title."]}
    entries, rejected = read_file(table(pa.table(columns)), "a.parquet")
    assert [e.paper.title for e in entries] == ["Tides"]
    assert rejected == [
        "2: not UTF-8: byte 0xE9 at offset 3 of a text",
        "3: a title with no abstract: Waves",
        "4: an abstract with no title",
    ]


def test_text_columns_that_hold_no_text(read_file) -> None:
    broken = pa.Array.from_buffers(pa.string(), 1, pa.array([b"Mar\xe9es"], pa.binary()).buffers())
    assert read_file(table(pa.table({"title": broken, "abstract": ["A."]})), "a.parquet")[1] == [
        "1: not UTF-8: byte 0xE9 at offset 3 of a text"
    ]
    assert read_file(table({"title": [1], "abstract": ["A."]}), "a.parquet")[1] == ["1: title is a number, not text"]


def test_dates_that_python_does_not_know(read_file) -> None:
    far = pa.array([2**60], pa.timestamp("ms"))
    [found], rejected = read_file(table(pa.table({"title": ["T"], "abstract": ["A."], "date": far})), "a.parquet")
    assert (found.paper.year, rejected) == (None, [])


def test_names_with_dots_and_nested_metadata(read_file) -> None:
    columns = {"Paper.Title": ["T"], "paper.abstract": ["A."], "metadata": [{"year": 1999, "doi": "10.1000/x"}]}
    [found], rejected = read_file(table(columns), "a.parquet")
    assert (found.paper.title, found.paper.year, found.paper.doi, rejected) == ("T", 1999, "10.1000/x", [])


def test_columns_that_are_missing(read_file) -> None:
    reason = "0: no abstract column; found columns: title, body; rename one to 'abstract'"
    assert read_file(table({"title": ["T"], "body": ["A."]}), "a.parquet") == ([], [reason])
    assert read_file(table(pa.table({})), "a.parquet")[1][0].startswith("0: no title column")


def test_names_of_columns_that_come_twice(read_file) -> None:
    twice = pa.table([["T"], ["A."], ["B."]], names=["title", "abstract", "abstract"])
    entries, rejected = read_file(table(twice), "a.parquet")
    assert len(entries) + len(rejected) == 1


def test_a_file_that_is_cut_short(read_file) -> None:
    whole = table(COLUMNS)
    for end in (4, 12, len(whole) // 2, len(whole) - 1):
        entries, [reason] = read_file(whole[:end], "a.parquet")
        assert entries == []
        assert reason.startswith("0: a broken Parquet file: ")
        assert reason.endswith("; nothing was read")


def test_without_pyarrow_the_way_to_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(table(COLUMNS))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    reason = "a Parquet file, for which Citewell needs pyarrow: pip install 'citewell[parquet]'"
    assert list(read(path)) == [Rejection(path, 0, reason)]
