"""arXiv's snapshot: one record a line, as Kaggle has it."""

from __future__ import annotations

import json

RECORD = {
    "id": "0704.0001",
    "submitter": "Ada Quill",
    "authors": "Ada Quill, Bo van Reed Jr. and the Tide Team",
    "title": "Tides of the inner\n  harbour",
    "comments": "12 pages, 3 figures",
    "journal-ref": "J. Tides 7 (2008) 1-9",
    "doi": "10.1000/Tides.7 10.1000/Erratum.7",
    "report-no": None,
    "categories": "physics.ao-ph math.DS",
    "license": None,
    "abstract": "  The moon pulls at the water,\nand the harbour answers.\n  We measure how much.\n",
    "versions": [
        {"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
        {"version": "v2", "created": "Tue, 24 Jul 2008 20:10:27 GMT"},
    ],
    "update_date": "2009-11-26",
    "authors_parsed": [["Quill", "Ada", ""], ["van Reed", "Bo", "Jr."], ["Tide Team", "", "", "Harbour Institute"]],
}


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_a_record_with_all_that_a_paper_holds(read_file) -> None:
    [found], rejected = read_file(lines(RECORD), "arxiv-metadata-oai-snapshot.json")
    assert rejected == []
    paper = found.paper
    assert (paper.title, found.local_id) == ("Tides of the inner harbour", "0704.0001")
    assert paper.abstract == "The moon pulls at the water, and the harbour answers. We measure how much."
    assert paper.authors == ("Ada Quill", "Bo van Reed, Jr.", "Tide Team")
    assert (paper.year, paper.doi, paper.arxiv_id) == (2007, "10.1000/tides.7", "0704.0001")
    assert paper.identifiers == ("arxiv:0704.0001v2",)
    assert (paper.url, paper.categories) == ("https://arxiv.org/abs/0704.0001", ("physics.ao-ph", "math.DS"))


def test_old_numbers_and_no_versions(read_file) -> None:
    old = RECORD | {"id": "hep-th/9901001", "versions": [], "authors_parsed": None, "doi": None}
    [found], _ = read_file(lines(old))
    assert (found.paper.arxiv_id, found.paper.year, found.paper.doi) == ("hep-th/9901001", 2009, None)
    assert found.paper.authors == ("Ada Quill", "Bo van Reed Jr.", "the Tide Team")


def test_a_broken_line_costs_that_line(read_file) -> None:
    text = lines(RECORD) + lines(RECORD)[:90] + "\n" + lines(RECORD | {"id": "0704.0002"}, RECORD | {"abstract": None})
    found, rejected = read_file(text)
    assert [(e.line, e.local_id) for e in found] == [(1, "0704.0001"), (3, "0704.0002")]
    assert rejected == [
        "2: not JSON: Unterminated string starting at (character 58)",
        "4: a title with no abstract: Tides of the inner harbour",
    ]


def test_fields_of_the_wrong_kind_are_left_out(read_file) -> None:
    odd = {"versions": [1, {"created": 5}], "authors_parsed": [7, [None, 3], ["Quill"]], "doi": 4, "categories": {}}
    [found], _ = read_file(lines(RECORD | odd))
    assert (found.paper.authors, found.paper.year, found.paper.doi) == (("Quill",), 2009, None)
