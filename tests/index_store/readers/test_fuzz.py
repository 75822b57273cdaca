"""No bytes make a reader raise, and whatever comes out can be stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_store.readers import delimited, jsonlines, listing, read
from index_store.types import Entry, Rejection

_SENTENCE = b"It is a long and winding tale of tides. "
_FRAGMENTS = st.sampled_from(
    [
        *(
            b"\n",
            b"\r\n",
            b"\n\n",
            b",",
            b"\t",
            b";",
            b'"',
            b'""',
            b"\\",
            b"\\ud800",
            b"[",
            b"]",
            b"{",
            b"}",
            b":",
            b"1e999",
        ),
        *(b"title", b"abstract", b"title,abstract\n", b'{"title": "T", "abstract": "A."}', b'{"title":', b"null", b"-"),
        *(b"Subscribe", b"A Fine Title", _SENTENCE * 12, b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\xe9", b"\xed\xa0\x80"),
    ]
)
_FILES = st.lists(_FRAGMENTS | st.binary(max_size=6), max_size=30).map(b"".join)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "papers.csv"


def check(found: Iterator[Entry | Rejection]) -> None:
    for item in found:
        if isinstance(item, Rejection):
            str(item).encode()
        else:
            paper = item.paper
            assert paper.title.strip() == paper.title != ""
            assert paper.abstract.strip() == paper.abstract != ""
            repr(item).encode()
            "".join((paper.title, paper.abstract, item.local_id)).encode()


@pytest.mark.parametrize("reader", [listing, jsonlines, delimited])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(content=_FILES)
def test_a_reader_yields_and_never_raises(path: Path, reader: ModuleType, content: bytes) -> None:
    path.write_bytes(content)
    check(reader.read(path))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(content=_FILES | st.binary(max_size=300))
def test_the_registry_yields_and_never_raises(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    found = list(read(path))
    check(iter(found))
    assert found or content.strip()
