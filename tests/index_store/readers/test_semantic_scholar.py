"""Papers of Semantic Scholar: single ones, pages, batches, citations, bulk lines."""

from __future__ import annotations

import json

import pytest

PAPER = {
    "paperId": "649def34f8be52c8b66281af98ae884c09aef38b",
    "externalIds": {"ArXiv": "2101.00001", "DOI": "10.1000/TIDES", "PubMed": "12345", "CorpusId": 99, "MAG": "777"}
    | {"PubMedCentral": "55"},
    "url": "https://www.semanticscholar.org/paper/649def",
    "title": "Tides of the Harbour",
    "abstract": "The moon pulls.",
    "year": 2021,
    "authors": [{"authorId": "1", "name": "Ada Quill"}, {"authorId": None, "name": "Bo Reed"}],
    "s2FieldsOfStudy": [{"category": "Geology", "source": "s2-fos-model"}],
}
BULK = {
    "corpusid": 99,
    "externalids": {"ArXiv": "2101.00001", "DOI": None, "PubMed": None},
    "title": "Tides of the Harbour",
    "abstract": "The moon pulls.",
    "authors": [{"authorId": "1", "name": "Ada Quill"}],
    "year": None,
    "publicationdate": "2021-03-04",
    "s2fieldsofstudy": None,
}


def test_a_paper_with_all_that_it_holds(read_file) -> None:
    [found], rejected = read_file(json.dumps(PAPER, indent=2), "paper.json")
    assert rejected == []
    paper = found.paper
    assert (paper.title, paper.abstract, paper.year) == ("Tides of the Harbour", "The moon pulls.", 2021)
    assert (paper.authors, paper.categories) == (("Ada Quill", "Bo Reed"), ("Geology",))
    assert (paper.doi, paper.arxiv_id) == ("10.1000/tides", "2101.00001")
    assert paper.identifiers == ("mag:777", "pmcid:pmc55", "pmid:12345", "s2:99")
    assert paper.url == "https://www.semanticscholar.org/paper/649def"


@pytest.mark.parametrize(
    "document",
    [
        {"total": 2, "offset": 0, "next": 2, "data": [PAPER]},
        {"total": 2, "token": "abc", "data": [PAPER]},
        {"offset": 0, "data": [{"contexts": ["as in"], "intents": [], "citedPaper": PAPER}]},
        {"data": [{"citingPaper": PAPER}]},
        {"recommendedPapers": [PAPER]},
        [PAPER],
    ],
)
def test_lists_of_the_api(read_file, document: object) -> None:
    [found], rejected = read_file(json.dumps(document))
    assert (found.paper.arxiv_id, found.paper.title, rejected) == ("2101.00001", PAPER["title"], [])


def test_a_batch_has_null_for_what_was_not_found(read_file) -> None:
    found, rejected = read_file(json.dumps([None, PAPER]), "batch.json")
    assert (len(found), rejected) == (1, ["1: not an object with a title and an abstract"])


def test_bulk_lines_and_the_older_corpus(read_file) -> None:
    older = {"id": "ab", "title": "Waves", "paperAbstract": "The wind pushes.", "s2Url": "https://s2.example/ab"}
    found, rejected = read_file(f"{json.dumps(BULK)}\n{json.dumps(older)}\n")
    first, second = (e.paper for e in found)
    assert (first.year, first.arxiv_id, first.identifiers) == (2021, "2101.00001", ("s2:99",))
    assert (second.abstract, second.url) == ("The wind pushes.", "https://s2.example/ab")
    assert rejected == []


@pytest.mark.parametrize(
    ("half", "said"),
    [
        (
            {"corpusid": 1, "openaccessinfo": {}, "abstract": "The moon pulls."},
            "'abstracts', which are abstracts without",
        ),
        (
            {"corpusid": 1, "externalids": {}, "title": "Tides", "year": 2021},
            "'papers', which are titles without their",
        ),
    ],
)
def test_a_half_of_the_bulk_data_is_refused_as_a_whole(read_file, half: dict[str, object], said: str) -> None:
    found, rejected = read_file((json.dumps(half) + "\n") * 3, "part.jsonl")
    assert (found, len(rejected)) == ([], 1)
    assert rejected[0].startswith("0: Semantic Scholar's bulk data ")
    assert said in rejected[0]
    assert "join them" in rejected[0]


def test_bulk_papers_of_which_one_has_no_abstract_are_read(read_file) -> None:
    found, rejected = read_file("".join(json.dumps(each) + "\n" for each in (BULK | {"abstract": None}, BULK)))
    assert ([entry.line for entry in found], rejected) == ([2], ["1: a title with no abstract: Tides of the Harbour"])
