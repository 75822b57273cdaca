"""Works of OpenAlex: pages of its API, lines of its snapshot, and abstracts in pieces."""

from __future__ import annotations

import json

import pytest

from index_store.readers.openalex import in_order

WORK = {
    "id": "https://openalex.org/W42",
    "doi": "https://doi.org/10.1000/TIDES",
    "title": "Tides of CO<sub>2</sub> &amp; salt",
    "display_name": "Tides of CO<sub>2</sub> &amp; salt",
    "publication_year": 2021,
    "publication_date": "2021-03-04",
    "ids": {"openalex": "https://openalex.org/W42", "mag": "777", "pmid": "https://pubmed.ncbi.nlm.nih.gov/12345"},
    "primary_location": {"landing_page_url": "https://journal.example/tides"},
    "locations": [{"landing_page_url": None}, {"landing_page_url": "http://arxiv.org/abs/2101.00001"}],
    "authorships": [
        {"author": {"id": "https://openalex.org/A1", "display_name": "Ada Quill"}, "raw_author_name": "Quill, A."},
        {"author": {"display_name": None}, "raw_author_name": "Bo Reed"},
    ],
    "topics": [{"display_name": "Ocean Tides", "score": 0.9}],
    "abstract_inverted_index": {"The": [0, 5], "moon": [1], "pulls": [2], "at": [3], "everything.": [4], "sea": [6]},
}
META = {"count": 2, "db_response_time_ms": 5, "page": None, "per_page": 2, "next_cursor": "IlsxXSI="}


def test_a_page_of_the_api_in_one_line(read_file) -> None:
    page = {"meta": META, "results": [WORK, WORK | {"id": "https://openalex.org/W43", "abstract_inverted_index": None}]}
    [found], rejected = read_file(json.dumps(page), "page.json")
    paper = found.paper
    assert rejected == ["1: a title with no abstract: Tides of CO2 & salt"]
    assert (paper.title, paper.abstract) == ("Tides of CO2 & salt", "The moon pulls at everything. The sea")
    assert (paper.authors, paper.year, paper.doi) == (("Ada Quill", "Bo Reed"), 2021, "10.1000/tides")
    assert (paper.url, paper.arxiv_id, found.local_id) == ("https://journal.example/tides", "2101.00001", "W42")
    assert paper.identifiers == ("mag:777", "openalex:w42", "pmid:12345")
    assert paper.categories == ("Ocean Tides",)


def test_words_lose_their_markup(read_file) -> None:
    index = {"The": [0], "<i>open</i>": [1], "sea,": [2], "p&lt;0.05": [3]}
    [found], _ = read_file(json.dumps(WORK | {"abstract_inverted_index": index}))
    assert found.paper.abstract == "The open sea, p<0.05"


def test_a_page_over_many_lines_names_them_and_goes_on_after_the_list(read_file) -> None:
    page = {"meta": META, "results": [WORK, 5, WORK], "group_by": []}
    found, rejected = read_file(json.dumps(page, indent=1) + json.dumps({"results": [WORK]}))
    width = json.dumps(WORK, indent=1).count("\n") + 1
    assert [e.line for e in found] == [10, 10 + width + 1, 10 + 2 * width + 3]
    assert rejected == [f"{10 + width}: not an object with a title and an abstract"]


def test_a_page_that_breaks_off_keeps_what_came_before(read_file) -> None:
    text = json.dumps({"meta": META, "results": [WORK, WORK]})
    found, [rejected] = read_file(text[: -len(json.dumps(WORK)) // 2])
    assert len(found) == 1
    assert rejected.startswith("1: not JSON: ")
    assert rejected.endswith("; the rest of the file was not read; with one object per line it would have been")


def test_a_snapshot_has_one_work_a_line(read_file) -> None:
    found, rejected = read_file(f"{json.dumps(WORK)}\n{{broken\n{json.dumps(WORK)}\n")
    assert [e.line for e in found] == [1, 3]
    assert len(rejected) == 1


def test_a_list_of_results_inside_of_a_paper_makes_no_page(read_file) -> None:
    line = json.dumps({"title": "Tides", "abstract": "The moon pulls.", "results": [{"title": "no paper"}]})
    first = json.dumps({"results": ["a"], "title": "Waves", "abstract": "The wind pushes."})
    found, rejected = read_file(f"{line}\n{first}\n")
    assert ([e.paper.title for e in found], rejected) == (["Tides", "Waves"], [])


@pytest.mark.parametrize(
    ("index", "text"),
    [
        ({"b": [1], "a": [0]}, "a b"),
        ({"far": [10**12], "near": [3]}, "near far"),
        ({"x": [-1, True, "2", None, 1.5], "y": 3, "z": [0]}, "x z"),
        ({}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_words_come_in_the_order_of_their_places(index: object, text: str) -> None:
    assert in_order(index) == text
