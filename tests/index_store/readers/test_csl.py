"""CSL-JSON items among the objects of a JSON file."""

from __future__ import annotations

import json

import pytest

from index_store.readers import csl

ITEM = {
    "id": "quill2019",
    "type": "article-journal",
    "title": "The <i>Moon</i> Pulls",
    "author": [
        {"family": "Quill", "given": "Ada"},
        {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"},
        {"family": "King", "given": "Martin", "suffix": "Jr."},
        {"literal": "The Tide Team"},
    ],
    "issued": {"date-parts": [["2019", 5, 3]]},
    "container-title": "Tides",
    "abstract": "<jats:title>Abstract</jats:title><jats:p>Salt &amp; H<sub>2</sub>O, x &lt; y.</jats:p>",
    "DOI": "10.1000/ABC",
    "URL": "https://example.org/a",
    "keyword": "tides, moon",
    "note": "arXiv: 1901.00001\nPMID: 12345678",
}


def test_an_item_with_all_that_a_paper_holds(read_file) -> None:
    [found], rejected = read_file(json.dumps([ITEM]), "a.json")
    assert rejected == []
    paper = found.paper
    assert (found.line, found.local_id, paper.title) == (1, "quill2019", "The Moon Pulls")
    assert paper.abstract == "Abstract Salt & H2O, x < y."
    assert paper.authors == ("Ada Quill", "Jan van der Berg", "Martin King, Jr.", "The Tide Team")
    assert (paper.year, paper.doi, paper.arxiv_id) == (2019, "10.1000/abc", "1901.00001")
    assert (paper.url, paper.categories) == ("https://example.org/a", ("tides", "moon"))


def test_items_one_a_line_and_items_that_are_broken(read_file) -> None:
    poor = {"id": 7, "type": "book", "title": "Waves", "issued": {"date-parts": [[2001]]}}
    content = "\n".join(map(json.dumps, [ITEM, poor, {"type": "article", "issued": []}]))
    entries, rejected = read_file(content, "a.json")
    assert [e.line for e in entries] == [1]
    assert rejected == ["2: a title with no abstract: Waves", "3: no title and no abstract"]


@pytest.mark.parametrize(
    ("issued", "year"),
    [
        ({"date-parts": [[2019, 5]]}, 2019),
        ({"date-parts": [2019]}, 2019),
        ({"raw": "May 2019"}, 2019),
        ({"literal": "spring 2019"}, 2019),
        ("2019-05-03", 2019),
        ({"date-parts": [[None]]}, None),
        ({"date-parts": {}}, None),
        (7, None),
    ],
)
def test_years(read_file, issued: object, year: int | None) -> None:
    assert read_file(json.dumps([ITEM | {"issued": issued}]), "a.json")[0][0].paper.year == year


@pytest.mark.parametrize(
    "odd",
    [
        {"author": "Quill"},
        {"author": [7, None, {}, {"family": 7}]},
        {"author": {"family": "Quill"}},
        {"DOI": ["x"]},
        {"note": {"a": 1}},
        {"number": 12},
        {"keyword": [1, 2]},
        {"URL": 3},
    ],
)
def test_odd_values_cost_themselves(read_file, odd: dict[str, object]) -> None:
    [found], rejected = read_file(json.dumps([ITEM | odd]), "a.json")
    assert (found.paper.title, rejected) == ("The Moon Pulls", [])


def test_titles_in_lists_and_titles_that_are_no_text(read_file) -> None:
    assert read_file(json.dumps([ITEM | {"title": ["Waves"]}]), "a.json")[0][0].paper.title == "Waves"
    assert read_file(json.dumps([ITEM | {"title": 7}]), "a.json") == ([], ["1: title is a number, not text"])


@pytest.mark.parametrize(
    "value",
    [
        {"title": "T", "abstract": "A", "doi": "10.1/x", "url": "https://example.org"},
        {"type": 7, "DOI": "10.1/x"},
        {"id": "https://openalex.org/W1", "type": "article", "display_name": "T", "doi": "10.1/x"},
        {"type": "entry", "title": "T", "authors": ["A"]},
    ],
)
def test_other_objects_are_no_items(value: dict[str, object]) -> None:
    assert not csl.is_item(value)


def test_signs_that_are_no_markup_stay(read_file) -> None:
    [found], _ = read_file(json.dumps([ITEM | {"abstract": "if a<b and <i>c</i> > d, <unknown> stays"}]), "a.json")
    assert found.paper.abstract == "if a<b and c > d, <unknown> stays"
