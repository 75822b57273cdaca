"""Files written on the spot, and their papers and rejections."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index_store.readers import read
from index_store.types import Entry, Rejection

Read = Callable[..., tuple[list[Entry], list[str]]]


@pytest.fixture
def read_file(tmp_path: Path) -> Read:
    """Write ``content`` to a file and read it: the entries, and the rejections as "line: reason"."""

    def write_and_read(content: str | bytes, name: str = "papers.txt") -> tuple[list[Entry], list[str]]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found = list(read(path))
        entries = [item for item in found if isinstance(item, Entry)]
        assert all(item.path == path for item in found)
        return entries, [f"{item.line}: {item.reason}" for item in found if isinstance(item, Rejection)]

    return write_and_read
