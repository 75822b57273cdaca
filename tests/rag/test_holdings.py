"""How a library is told of: its years, its collections and the people of its papers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import pytest

from index_store.build import index_entries
from index_store.library import Library
from index_store.types import WHOLE_LIBRARY, Entry, Paper
from rag.holdings import asks_for_all, asks_for_holdings, overview
from tests.fakes import FakeEmbedder
from tests.small_library import fake_shelf

CROWD = ("Ann Bell", "Bo Carr", "Cy Dow", "Di Eve")


def told(folder: Path, *papers: Paper, collections: Sequence[str] = ()) -> list[str]:
    shelf = fake_shelf(folder, FakeEmbedder(("sums",)))
    for line, (paper, collection) in enumerate(zip_longest(papers, collections), 1):
        index_entries(shelf, [Entry(paper, Path("file"), line)], collection)
    library = Library(shelf)
    paragraphs = overview(library, WHOLE_LIBRARY, 0).text.split("\n\n")
    library.close()
    return paragraphs


@pytest.mark.parametrize(
    ("collections", "years", "begins"),
    [
        ([], [None], "Your library holds 1 paper."),
        (["talk"], [2020], "Your library holds 1 paper from 2020, in the collection “talk”."),
        (["b", "a"], [2021, 1998], "Your library holds 2 papers from 1998 to 2021, in the collections “a”, “b”."),
        (list("uvwxyz"), [None] * 6, "Your library holds 6 papers, in 6 collections."),
    ],
)
def test_years_and_collections_are_told_where_there_are_any(
    tmp_path: Path, collections: list[str], years: list[int | None], begins: str
) -> None:
    papers = (Paper("", f"Adder {n}", f"Sums of {n}.", year=year) for n, year in enumerate(years))
    assert told(tmp_path, *papers, collections=collections)[0] == begins


def test_many_authors_are_the_first_and_others(tmp_path: Path) -> None:
    three, four = Paper("", "A", "Sums.", authors=CROWD[:3]), Paper("", "B", "More sums.", authors=CROWD, year=2020)
    assert told(tmp_path, three, four)[1:] == ["A: Ann Bell, Bo Carr, Cy Dow. [1]", "B: Ann Bell et al., 2020. [2]"]


@pytest.mark.parametrize(
    ("question", "everything", "holdings"),
    [
        ("list all papers", True, True),
        ("papers since 2022", False, True),
        ("papers on retrieval since 2022", False, False),
        ("papers on retrieval", False, False),
        ("show me the papers that use BERT", False, False),
    ],
)
def test_what_asks_for_the_catalogue(question: str, everything: bool, holdings: bool) -> None:
    assert (asks_for_all(question), asks_for_holdings(question)) == (everything, holdings)
