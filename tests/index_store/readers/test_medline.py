"""MEDLINE text, as PubMed saves it."""

from __future__ import annotations

import pytest

FULL = """PMID- 12345678
OWN - NLM
STAT- MEDLINE
DP  - 2019 May 3
TI  - Tides of water
      and salt.
LID - 10.1000/ABC [doi]
AB  - BACKGROUND: The moon pulls.
      RESULTS: All of it.
CI  - Copyright nobody.
FAU - Quill, Ada B
AU  - Quill AB
FAU - Reed, Bo Jr
AU  - Reed B Jr
CN  - The Tide Team
LA  - eng
MH  - *Moon/physiology
OT  - tides
OT  - *salt
PMC - PMC1234
AID - S0000-0000(19)00001-2 [pii]
AID - 10.1000/ABC [doi]
SO  - Tides. 2019 May 3;1(1):1-2.

"""


def record(title: str = "Tides", more: str = "") -> str:
    return f"PMID- 1\nTI  - {title}\nAB  - The moon pulls.\n{more}\n"


def test_a_record_with_all_that_a_paper_holds(read_file) -> None:
    [found, second], rejected = read_file(FULL + record(), "a.nbib")
    assert rejected == []
    paper = found.paper
    assert (found.line, found.local_id, paper.title) == (1, "12345678", "Tides of water and salt.")
    assert paper.abstract == "BACKGROUND: The moon pulls. RESULTS: All of it."
    assert paper.authors == ("Ada B Quill", "Bo Reed, Jr", "The Tide Team")
    assert (paper.year, paper.doi, paper.categories) == (2019, "10.1000/abc", ("tides", "salt"))
    assert paper.url == "https://pubmed.ncbi.nlm.nih.gov/12345678/"
    assert paper.identifiers == ("pmcid:pmc1234", "pmid:12345678")
    assert second.line == 25


@pytest.mark.parametrize("name", ["a.nbib", "a.txt", "a"])
@pytest.mark.parametrize("content", [record(), "\n\n" + record(), "\ufeff" + record(), record().replace("\n", "\r\n")])
def test_the_content_tells_medline(read_file, name: str, content: str) -> None:
    entries, rejected = read_file(content, name)
    assert [(e.paper.title, e.paper.abstract) for e in entries] == [("Tides", "The moon pulls.")]
    assert rejected == []


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ("AU  - Quill AB\nAU  - Reed B Jr\nCN  - The Tide Team\n", ("AB Quill", "B Reed, Jr", "The Tide Team")),
        ("CN  - The Tide Team\nFAU - Quill, Ada\n", ("The Tide Team", "Ada Quill")),
        ("", ()),
    ],
)
def test_names(read_file, more: str, names: tuple[str, ...]) -> None:
    assert read_file(record(more=more), "a.nbib")[0][0].paper.authors == names


def test_missing_parts_are_said(read_file) -> None:
    content = "PMID- 1\nTI  - Tides\n\nPMID- 2\nAB  - The moon.\n\nPMID- 3\n"
    reasons = ["1: a title with no abstract: Tides", "4: an abstract with no title", "7: no title and no abstract"]
    assert read_file(content, "a.nbib") == ([], reasons)


def test_a_bad_byte_costs_its_record(read_file) -> None:
    content = record("One").encode() + record("Marées").encode("latin-1") + record("Two").encode()
    entries, rejected = read_file(content, "a.nbib")
    assert [e.paper.title for e in entries] == ["One", "Two"]
    assert rejected == ["6: not UTF-8: byte 0xE9 at offset 9 of the line; convert the file, for example with iconv"]


def test_nothing_of_medline(read_file) -> None:
    reason = "1: not MEDLINE text: a record begins with a line 'PMID- 12345678'"
    assert read_file("Dear reader,\nnothing here.\n", "a.nbib") == ([], [reason])
