"""A study that several files have is cited once and counted once, whatever it is called in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index_store import parting
from index_store.build import index_entries
from index_store.library import Library
from index_store.shelf import Shelf
from index_store.types import Entry, Paper
from rag.abstain import Judgement
from rag.assistant import Assistant
from rag.parts import Parts
from rag.quote import QuoteAnswerer
from rag.types import Answer
from tests.fakes import FakeEmbedder
from tests.rag.test_assistant import Judge, NoCheck, Speakers
from tests.small_library import fake_shelf

FROGS = Paper("", "Frogs at dusk", "Grass grows by the pond. Frogs sing at dusk in May. We rest.", year=2020)
JOURNAL = replace(FROGS, doi="10.1000/frogs", year=2021, authors=("Ada Quill",))
PREPRINT = replace(FROGS, arxiv_id="2001.00001", identifiers=("arxiv:2001.00001v2",), authors=("A. Quill",))
PONDS = Paper("", "Ponds by night", "Water is dark. Frogs sing until the heron lands. All fall silent.")
RYE = Paper("", "Rye", "Rye dough rises. Steam makes the crust.")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Three papers from four files; the frogs at dusk have three sources."""
    made = fake_shelf(tmp_path, FakeEmbedder(("frogs", "rye", "heron", "dusk"), 64))
    files = {"/a.bib": (JOURNAL, PONDS), "/b.xml": (PREPRINT,), "/c.csv": (FROGS, RYE), "/d.csv": (PONDS,)}
    for path, papers in files.items():
        index_entries(made, [Entry(paper, Path(path), line) for line, paper in enumerate(papers, 1)])
    assert len(made.catalogue) == 3
    return made


@pytest.fixture
def assistant(shelf: Shelf) -> Iterator[Assistant]:
    library = Library(shelf)
    yield Assistant(Parts(library, Speakers(QuoteAnswerer(library)), Judge(Judgement(0.9)), NoCheck(), papers=8))
    library.close()


def id_of(shelf: Shelf, title: str) -> str:
    return next(paper.id for paper in shelf.catalogue.papers()[0] if paper.title == title)


def assert_each_once(answer: Answer) -> None:
    cited = [citation.paper.id for citation in answer.citations]
    found = [hit.paper_id for hit in answer.hits]
    assert len(set(cited)) == len(cited)
    assert len(set(found)) == len(found)
    assert [citation.number for citation in answer.citations] == list(range(1, len(cited) + 1))
    for citation in answer.citations:
        for quote in citation.quotes:
            assert citation.paper.abstract[quote.start : quote.end] == quote.text


def test_an_answer_cites_it_once(assistant: Assistant) -> None:
    answer = assistant.ask("When do frogs sing at dusk?")
    assert_each_once(answer)
    assert [citation.paper.title for citation in answer.citations][:1] == [FROGS.title]
    assert answer.text.count("Frogs sing at dusk in May.") == 1
    paper = answer.citations[0].paper
    assert (paper.doi, paper.arxiv_id, len(paper.sources)) == ("10.1000/frogs", "2001.00001", 3)


def test_a_list_counts_it_once(assistant: Assistant, shelf: Shelf) -> None:
    answer = assistant.ask("Which papers are about frogs?")
    assert_each_once(answer)
    assert "2 of 3 papers match." in answer.text
    assert sorted(citation.paper.title for citation in answer.citations) == [FROGS.title, PONDS.title]


def test_what_the_user_joins_or_parts_is_counted_as_he_says(assistant: Assistant, shelf: Shelf) -> None:
    parting.merge(shelf, id_of(shelf, FROGS.title), id_of(shelf, PONDS.title))
    answer = assistant.ask("Which papers are about frogs?")
    assert_each_once(answer)
    assert ("1 of 2 papers matches." in answer.text, len(answer.citations)) == (True, 1)
    parting.undo(shelf)
    parting.split(shelf, id_of(shelf, FROGS.title), ["c.csv"])
    answer = assistant.ask("Which papers are about frogs?")
    assert_each_once(answer)
    assert ("3 of 4 papers match." in answer.text, len(answer.citations)) == (True, 3)
