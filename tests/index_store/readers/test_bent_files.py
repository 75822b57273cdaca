"""A good file that was bent at random: nothing is raised, and what comes out can be stored.

Also: each format is known by one reader alone, and its memory is bounded.
"""

from __future__ import annotations

import itertools
import json
import resource
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_store.readers import (
    arxiv_atom,
    bibtex,
    delimited,
    jsonlines,
    listing,
    medline,
    oaipmh,
    pubmed,
    read,
    ris,
)
from index_store.types import Entry
from tests.index_store.readers import test_bibtex, test_csl, test_medline, test_parquet, test_pubmed, test_ris
from tests.index_store.readers.test_fuzz import check
from tests.index_store.readers.test_memory import MEGABYTE, WORDS

GOOD: dict[str, bytes] = {
    "a.bib": test_bibtex.FULL.encode(),
    "a.ris": test_ris.FULL.encode(),
    "a.json": json.dumps([test_csl.ITEM], indent=1).encode(),
    "a.xml": (test_pubmed.HEAD + test_pubmed.FULL + test_pubmed.BOOK + test_pubmed.END).encode(),
    "a.nbib": test_medline.FULL.encode(),
    "a.parquet": test_parquet.table(test_parquet.COLUMNS),
}
_PIECES = st.sampled_from(
    [
        *(b"{", b"}", b'"', b"\\", b"$", b"@misc{x,", b"#", b"%", b"=", b"@string{", b"\\begin{", b"\\'", b","),
        *(b"TY  - ", b"ER  - ", b"AB  - ", b"PMID- 1", b"      ", b"\n", b"\r", b"[", b"]", b"null", b"1e999"),
        *(b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!ENTITY", b"<PubmedArticle>", b"</PubmedArticle>", b"\0", b"\xe9"),
        *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800"),
    ]
)
# Where (in thousandths of the file), how many bytes go, and what comes instead.
_EDITS = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(0, 40), _PIECES | st.binary(max_size=4)), min_size=1, max_size=6
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutations")


def bent(content: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for place, count, piece in edits:
        start = len(content) * place // 1000
        content = content[:start] + piece + content[start + count :]
    return content


@pytest.mark.parametrize("name", GOOD)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(edits=_EDITS)
def test_a_bent_file_raises_nothing(folder: Path, name: str, edits: list[tuple[int, int, bytes]]) -> None:
    path = folder / name
    path.write_bytes(bent(GOOD[name], edits))
    check(read(path))


@pytest.mark.parametrize("name", GOOD)
def test_a_file_cut_anywhere_raises_nothing(folder: Path, name: str) -> None:
    path = folder / name
    for end in range(0, len(GOOD[name]), 37):
        path.write_bytes(GOOD[name][:end])
        found = list(read(path))
        check(iter(found))
        assert found


_READERS = (jsonlines, delimited, bibtex, ris, medline, pubmed, arxiv_atom, oaipmh, listing)


def test_one_reader_knows_each_format() -> None:
    sniffs = {m.__name__.rpartition(".")[2]: m.sniff for m in _READERS}
    known = {
        name: [reader for reader, sniff in sniffs.items() if sniff(content.decode("utf-8", "replace"))]
        for name, content in GOOD.items()
    }
    assert known == {
        "a.bib": ["bibtex"],
        "a.ris": ["ris"],
        "a.json": ["jsonlines"],
        "a.xml": ["pubmed"],
        "a.nbib": ["medline"],
        "a.parquet": [],
    }


def bib() -> Iterable[str]:
    return (f"@misc{{k{n}, title = {{Title {n}}}, abstract = {{{WORDS}}}}}\n" for n in itertools.count())


def references() -> Iterable[str]:
    return (f"TY  - JOUR\nTI  - Title {n}\nAB  - {WORDS}\nER  - \n" for n in itertools.count())


def records() -> Iterable[str]:
    return (f"PMID- {n}\nTI  - Title {n}\nAB  - {WORDS}\n\n" for n in itertools.count(1))


def articles() -> Iterable[str]:
    text = f"<AbstractText>{WORDS}</AbstractText>"
    return itertools.chain([test_pubmed.HEAD], (test_pubmed.article(f"Title {n}", text) for n in itertools.count()))


@pytest.mark.slow
@pytest.mark.parametrize("made", [bib, references, records])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, made: Callable[[], Iterable[str]]) -> None:
    path, count = tmp_path / "a.txt", 3 * MEGABYTE // len(WORDS)
    path.write_text("".join(itertools.islice(made(), count)))
    next(iter(read(path)))  # what the parsers keep for good
    tracemalloc.start()
    try:
        assert sum(1 for item in read(path) if isinstance(item, Entry)) == count
        assert tracemalloc.get_traced_memory()[1] < 2.5 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux tells what a process takes")
def test_memory_does_not_grow_with_the_xml(tmp_path: Path) -> None:
    """Python does not see what the parser takes, so the process is measured; the tree would take 100 MB."""
    path, count = tmp_path / "a.xml", 30 * MEGABYTE // len(WORDS)
    with path.open("w") as out:
        out.writelines(itertools.islice(articles(), count + 1))
    before = resident()
    peak = max(resident() for n, item in enumerate(read(path)) if isinstance(item, Entry) and n % 1_000 == 0)
    assert peak - before < 25 * MEGABYTE


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
