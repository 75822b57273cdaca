"""RIS of several makers: what is read, and what a slip costs."""

from __future__ import annotations

import pytest

FULL = """Provider: a library
Content: text/plain; charset="UTF-8"

TY  - JOUR
ID  - quill2019
TI  - The Moon Pulls
AU  - Quill, Ada
AU  - van der Berg, Jan
AU  - King, Martin, Jr.
AU  - The Tide Team
PY  - 2019/05/03/
DO  - 10.1000/ABC
UR  - https://example.org/a;b
KW  - tides
KW  - moon
AB  - Some tides follow the moon
and go on in the next line.

They end here.
ER  -

TY  - JOUR
T1  - Waves
A1  - Reed, Bo
Y1  - 2001///
N2  - The wind pushes.
UR  - https://arxiv.org/abs/2101.00002
ER  -
"""


def reference(title: str = "Tides", more: str = "", end: str = "ER  - \n") -> str:
    return f"TY  - JOUR\nTI  - {title}\nAB  - The moon pulls.\n{more}{end}"


def test_references_with_all_that_a_paper_holds(read_file) -> None:
    [first, second], rejected = read_file(FULL, "a.ris")
    assert rejected == []
    assert (first.line, first.local_id) == (4, "quill2019")
    assert first.paper.title == "The Moon Pulls"
    assert first.paper.abstract == "Some tides follow the moon and go on in the next line. They end here."
    assert first.paper.authors == ("Ada Quill", "Jan van der Berg", "Martin King, Jr.", "The Tide Team")
    assert (first.paper.year, first.paper.doi, first.paper.url) == (2019, "10.1000/abc", "https://example.org/a;b")
    assert first.paper.categories == ("tides", "moon")
    assert (second.line, second.paper.title, second.paper.abstract) == (22, "Waves", "The wind pushes.")
    assert (second.paper.authors, second.paper.year, second.paper.arxiv_id) == (("Bo Reed",), 2001, "2101.00002")


@pytest.mark.parametrize("name", ["a.ris", "a.txt", "a"])
@pytest.mark.parametrize("content", [reference(), "\ufeff" + reference(), reference().replace("\n", "\r\n")])
def test_the_content_tells_ris(read_file, name: str, content: str) -> None:
    entries, rejected = read_file(content, name)
    assert [(e.paper.title, e.paper.abstract) for e in entries] == [("Tides", "The moon pulls.")]
    assert rejected == []


def test_tags_with_one_space(read_file) -> None:
    [found], rejected = read_file("TY - JOUR\nTI - Tides\nAU - Quill, Ada\nAB - A - B\nER -\n", "a.ris")
    assert (found.paper.title, found.paper.authors, found.paper.abstract) == ("Tides", ("Ada Quill",), "A - B")
    assert rejected == []


@pytest.mark.parametrize(
    ("more", "abstract"),
    [
        ("AB  - It does so twice.\n", "The moon pulls. It does so twice."),
        ("N2  - Second choice.\n", "The moon pulls."),
        ("XX  - unknown\nUK  - rispy's own name\n", "The moon pulls."),
        ("AI - not a tag here\n", "The moon pulls. AI - not a tag here"),
    ],
)
def test_odd_tags(read_file, more: str, abstract: str) -> None:
    [found], rejected = read_file(reference(more=more), "a.ris")
    assert (found.paper.abstract, rejected) == (abstract, [])


def test_keywords_below_one_another(read_file) -> None:
    [found], _ = read_file(reference(more="KW  - tides\nmoon\nsalt\nLA  - English\n"), "a.ris")
    assert found.paper.categories == ("tides", "moon", "salt")


def test_doi_in_older_places(read_file) -> None:
    assert read_file(reference(more="M3  - doi: 10.1000/x\n"), "a.ris")[0][0].paper.doi == "10.1000/x"
    assert read_file(reference(more="UR  - https://doi.org/10.1000/x\n"), "a.ris")[0][0].paper.doi == "10.1000/x"


def test_the_number_in_pubmed(read_file) -> None:
    [found], _ = read_file(reference(more="AN  - 12345678\nDB  - PubMed\n"), "a.ris")
    assert found.paper.identifiers == ("pmid:12345678",)
    [found], _ = read_file(reference(more="AN  - 12345678\nDB  - Tides\n"), "a.ris")
    assert found.paper.identifiers == ()


def test_a_reference_without_end_is_read_where_the_next_begins(read_file) -> None:
    entries, rejected = read_file(reference("One", end="") + reference("Two"), "a.ris")
    assert [e.paper.title for e in entries] == ["One", "Two"]
    assert rejected == []


def test_a_file_that_is_cut_short(read_file) -> None:
    entries, rejected = read_file(reference("One") + reference("Two", end=""), "a.ris")
    assert [e.paper.title for e in entries] == ["One"]
    reason = "the file ends within this reference, which has no line 'ER  - '; add it if the reference is whole"
    assert rejected == [f"5: {reason}"]


def test_missing_parts_are_said(read_file) -> None:
    content = "TY  - JOUR\nTI  - Tides\nER  - \nTY  - JOUR\nAB  - The moon.\nER  - \nTY  - JOUR\nER  - \n"
    reasons = ["1: a title with no abstract: Tides", "4: an abstract with no title", "7: no title and no abstract"]
    assert read_file(content, "a.ris") == ([], reasons)


def test_a_reference_without_its_first_line(read_file) -> None:
    entries, rejected = read_file(reference("One") + "\nTI  - Lost\nAB  - Text.\nER  - \n" + reference("Two"), "a.ris")
    assert [e.paper.title for e in entries] == ["One", "Two"]
    assert rejected == ["6: tags between two references: a line 'TY  - JOUR' or the like is missing"]


def test_nothing_of_ris(read_file) -> None:
    reason = "0: not RIS: a reference begins with a line 'TY  - JOUR' or the like"
    assert read_file("Dear reader,\nnothing here.\n", "a.ris") == ([], [reason])


def test_a_bad_byte_costs_its_reference(read_file) -> None:
    content = reference("One").encode() + reference("Marées").encode("latin-1") + reference("Two").encode()
    entries, rejected = read_file(content, "a.ris")
    assert [e.paper.title for e in entries] == ["One", "Two"]
    assert rejected == ["6: not UTF-8: byte 0xE9 at offset 9 of the line; convert the file, for example with iconv"]


def test_a_reference_too_long_costs_itself(read_file) -> None:
    entries, rejected = read_file(reference("One", more="KW  - moon\n" * 40_000) + reference("Two"), "a.ris")
    assert [e.paper.title for e in entries] == ["Two"]
    assert rejected == ["1: a record of more than 400,000 characters"]
