"""Slips in the name of a paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index_store.build import index_entries
from index_store.library import Library
from index_store.types import Entry, Paper
from rag.spelling import misspells
from tests.fakes import FakeEmbedder
from tests.small_library import fake_shelf

FOLD = Paper("", "Protein structures with AlphaFold", "AlphaFold folds proteins before training.")


@pytest.fixture
def folds(tmp_path: Path) -> Iterator[Library]:
    shelf = fake_shelf(tmp_path, FakeEmbedder(("proteins",)))
    papers = (FOLD, *(Paper("", f"Protein {n}", "A protein.") for n in range(3)))
    index_entries(shelf, (Entry(paper, Path("file"), line) for line, paper in enumerate(papers, 1)))
    opened = Library(shelf)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("question", "slip"),
    [
        ("alfafold acuracy", True),
        ("what is alphafould", True),
        ("betafold", False),  # begins otherwise
        ("alphafold", False),  # no slip
        ("proteim", False),  # of a word that many titles have
        ("is it raining", False),
        ("alps", False),  # too short
    ],
)
def test_a_word_that_the_library_lacks_may_be_a_slip(folds: Library, question: str, slip: bool) -> None:
    assert misspells(question, FOLD, folds) == slip


def test_a_word_that_the_library_has_is_none(folds: Library) -> None:
    paper = Paper("", "Protein trainings", "")
    assert misspells("how does trainingg go", paper, folds)
    assert not misspells("how does training go", paper, folds)
