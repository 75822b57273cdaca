"""A good file, damaged at random: no reader raises, and what comes out can be stored."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from index_store.readers import read
from index_store.types import Rejection
from tests.index_store.readers import test_arxiv_atom as atom
from tests.index_store.readers import test_arxiv_snapshot as snapshot
from tests.index_store.readers import test_bibtex as bibtex
from tests.index_store.readers import test_daily_papers as daily
from tests.index_store.readers import test_endnote as endnote
from tests.index_store.readers import test_oaipmh as oai
from tests.index_store.readers import test_openalex as openalex
from tests.index_store.readers import test_packed as packed
from tests.index_store.readers import test_semantic_scholar as semantic

LINES = snapshot.lines(snapshot.RECORD, semantic.PAPER, openalex.WORK, daily.DAY).encode()
GOOD = {
    "snapshot": snapshot.lines(snapshot.RECORD, snapshot.RECORD).encode(),
    "openalex": json.dumps({"meta": openalex.META, "results": [openalex.WORK] * 2}).encode(),
    "semantic": json.dumps({"total": 2, "data": [semantic.PAPER, {"citedPaper": semantic.PAPER}]}).encode(),
    "daily": json.dumps([daily.DAY, daily.PAPER]).encode(),
    "atom": (atom.FEED + atom.ENTRY + atom.ERROR + atom.ANNOUNCED + atom.END).encode(),
    "oai": (oai.HEAD + oai.record(oai.ARXIV) + oai.DELETED + oai.record(oai.DUBLIN) + oai.END).encode(),
    "endnote": endnote.TAGGED.encode(),
    "endnote xml": endnote.export(endnote.record(more=endnote.MORE), endnote.record(13)).encode(),
    "volumes": (bibtex.VOLUME + bibtex.entry("crossref = {Tides19}") + bibtex.FULL).encode(),
    "gzip": gzip.compress(LINES),
    "zstd": zstandard.ZstdCompressor().compress(LINES),
    "zip": packed.zipped(("a.jsonl", LINES), ("b/c.csv", packed.TABLE), ("d.bib", packed.BIB)),
}
PIECES = st.sampled_from(
    [b"", b'"', b"\\", b"[", b"]", b"{", b"}", b",", b"null", b"1e999", b"\xff", b"\0", b"<", b"&"]
)
EDITS = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 40), PIECES | st.binary(max_size=4)), min_size=1, max_size=4
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutations") / "papers"


@pytest.mark.parametrize("name", GOOD)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(edits=EDITS)
def test_no_damage_makes_a_reader_raise(path: Path, name: str, edits: list[tuple[int, int, bytes]]) -> None:
    content = GOOD[name]
    for at, length, piece in edits:
        start = at % (len(content) + 1)
        content = content[:start] + piece + content[start + length :]
    path.write_bytes(content)
    for item in read(path):
        if isinstance(item, Rejection):
            str(item).encode()
        else:
            assert item.paper.title.strip() == item.paper.title != ""
            "".join((item.paper.title, item.paper.abstract, item.local_id, str(item.path))).encode()
