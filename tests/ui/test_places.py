"""Where a paper came from: files without folders, one line for each number of an answer."""

from __future__ import annotations

from index_store.types import Paper, Source
from rag.types import Answer, Citation
from ui import terminal
from ui.openai_chat import footnotes
from ui.places import file_names, footnote

BY_DOI = Paper("doi:10.1000/xyz", "Knots", "We study knots.", year=2003, doi="10.1000/xyz")


def test_a_paper_without_an_address_is_found_by_its_doi_wherever_it_is_cited() -> None:
    answer = Answer("q", "q", "We study knots. [1]", citations=(Citation(1, BY_DOI, ()),))
    line = "[1] Knots (2003). https://doi.org/10.1000/xyz"
    assert footnote(answer.citations[0]) == line
    assert footnotes(answer) == f"\n\n{line}"
    assert "[1] Knots (2003)\n    https://doi.org/10.1000/xyz" in terminal.answer(answer)
    assert "\x1b]8;;https://doi.org/10.1000/xyz\x1b" in terminal.sources(answer, links=True)


def test_files_are_named_once_and_without_their_folders() -> None:
    paths = ("/home/ada/private/list.bib", "C:\\Users\\ada\\list.bib", "more.csv")
    paper = Paper("i", "t", "a", sources=tuple(Source(path, 1) for path in paths))
    assert file_names(paper) == ["list.bib", "more.csv"]
