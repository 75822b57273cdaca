"""Memory stays bounded whatever the file's size: measured on 8 MB, where holding the file would show."""

from __future__ import annotations

import gzip
import itertools
import json
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from index_store.readers import read

MEGABYTE = 1_000_000
WORDS = "The tide came in and went out again, and nobody wrote it down. " * 20
COUNT = 8 * MEGABYTE // len(WORDS)


def jsonl() -> Iterable[str]:
    return (json.dumps({"title": f"Title {n}", "abstract": WORDS}) + "\n" for n in range(COUNT))


def array() -> Iterable[str]:
    return itertools.chain(["["], (line.replace("\n", ",") for line in jsonl()), ["{}]"])


def table() -> Iterable[str]:
    return itertools.chain(["title,abstract\n"], (f'Title {n},"{WORDS}"\n' for n in range(COUNT)))


def page() -> Iterable[str]:
    return (f"Title of Paper {n}\n\n{WORDS}\n\n" for n in range(COUNT))


def page_of_lines() -> Iterable[str]:
    return (f"Title of Paper {n}\n{WORDS}\n" for n in range(COUNT))


def one_line() -> Iterable[str]:
    yield from ('{"title": "', *itertools.repeat("x" * MEGABYTE, 50), '"}\n')
    yield from itertools.islice(jsonl(), 3)


@pytest.mark.parametrize(
    ("content", "name", "papers", "limit"),
    [
        (jsonl, "a.jsonl", COUNT, 3),
        (array, "a.json", COUNT, 3),
        (table, "a.csv", COUNT, 3),
        (page, "a.txt", COUNT, 5),
        (page_of_lines, "a.txt", COUNT, 5),
        (one_line, "a.jsonl", 3, 20),
        (jsonl, "a.jsonl.gz", COUNT, 3),
    ],
)
def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, content: Callable[[], Iterable[str]], name: str, papers: int, limit: int
) -> None:
    path = tmp_path / name
    with gzip.open(path, "wt") if name.endswith(".gz") else path.open("w") as out:
        out.writelines(content())
    tracemalloc.start()
    try:
        assert sum(1 for item in read(path) if hasattr(item, "paper")) == papers
        assert tracemalloc.get_traced_memory()[1] < limit * MEGABYTE
    finally:
        tracemalloc.stop()
