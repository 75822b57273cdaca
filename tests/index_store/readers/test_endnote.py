"""EndNote's two exports: what is read, what a slip costs, and what damage does."""

from __future__ import annotations

import gzip

import pytest

TAGGED = """%0 Journal Article
%A Quill, Ada
%A van der Berg, Jan
%A The Tide Team,
%D 2019
%T The Moon Pulls
%J Journal of Tides
%8 May 3
%R https://doi.org/10.1000/ABC
%U https://example.org/a
%K tides
moon; water
%X Some tides, "all", follow 5% of the moon
and go on in the next line.

They end here.
%M 12345678
%~ PubMed
%F quill2019

%0 Thesis
%A Bo Reed
%T Waves
%D 2001
%X The wind pushes.
%> https://arxiv.org/pdf/2101.00002.pdf
"""

STYLED = '<style face="normal" font="default" size="100%">{}</style>'


def styled(text: str) -> str:
    return STYLED.format(text)


def record(number: int = 12, title: str = "The Moon Pulls", more: str = "", abstract: str = "Tides &lt; 5.") -> str:
    return (
        f'<record><database name="My.enl" path="C:\\My.enl">My.enl</database><rec-number>{number}</rec-number>'
        f'<foreign-keys><key app="EN" db-id="x">{number}</key></foreign-keys><ref-type name="Journal Article">17'
        f"</ref-type><titles><title>{styled(title)}</title><secondary-title>{styled('Tides')}</secondary-title></titles>"
        f"<abstract>{styled(abstract)}</abstract>{more}</record>"
    )


MORE = (
    "<contributors><authors><author>{}</author><author>{}</author></authors></contributors><keywords><keyword>{}"
    "</keyword></keywords><dates><year>{}</year></dates><urls><related-urls><url>{}</url></related-urls><pdf-urls><url>"
    "internal-pdf://1/a.pdf</url></pdf-urls></urls><electronic-resource-num>{}</electronic-resource-num>"
    "<accession-num>{}</accession-num><remote-database-name>{}</remote-database-name>"
).format(
    *map(styled, ["Quill, Ada", "The Tide Team,", "tides", "2019", "https://example.org/a", "10.1000/ABC", "12345678"]),
    styled("Medline"),
)


def export(*records: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8" ?><xml><records>{"".join(records)}</records></xml>'


@pytest.mark.parametrize("name", ["a.enw", "a.txt", "a"])
@pytest.mark.parametrize("mark", ["", "\ufeff", "\n"])
def test_tagged_references_with_all_that_a_paper_holds(read_file, name: str, mark: str) -> None:
    [first, second], rejected = read_file(mark + TAGGED, name)
    assert rejected == []
    assert (first.line - mark.count("\n"), first.local_id) == (1, "")
    paper = first.paper
    assert paper.title == "The Moon Pulls"
    assert paper.abstract == 'Some tides, "all", follow 5% of the moon and go on in the next line. They end here.'
    assert paper.authors == ("Ada Quill", "Jan van der Berg", "The Tide Team")
    assert (paper.year, paper.doi, paper.url) == (2019, "10.1000/abc", "https://example.org/a")
    assert (paper.categories, paper.identifiers) == (("tides", "moon", "water"), ("pmid:12345678",))
    assert (second.paper.title, second.paper.authors, second.paper.year) == ("Waves", ("Bo Reed",), 2001)
    assert second.paper.arxiv_id == "2101.00002"


def test_what_a_slip_in_a_tagged_file_costs(read_file) -> None:
    content = "%0 Book\n%T Tides\n\n%0 Book\n%T Waves\n%X The wind.\n%0 Book\n%T Foam \udce9\n%X It is white.\n"
    entries, rejected = read_file(content.encode("utf-8", "surrogateescape"), "a.enw")
    assert [(e.line, e.paper.title) for e in entries] == [(4, "Waves")]
    assert rejected[0] == "1: a title with no abstract: Tides"
    assert rejected[1].startswith("8: not UTF-8: byte 0xE9")
    assert read_file("%T Tides\n%X The moon.\n", "a.enw")[1] == [
        "1: a reference without its first line, '%0 Journal Article' or the like"
    ]
    assert read_file("nothing at all\n", "a.enw")[1] == [
        "0: no reference in it: one begins with a line '%0 Journal Article' or the like"
    ]


def test_a_comment_of_percent_signs_is_no_endnote(read_file) -> None:
    bib = "%0 made by hand\n% and so on\n@misc{k, title = {Tides}, abstract = {The moon pulls.}}\n"
    assert [e.paper.title for e in read_file(bib, "a.txt")[0]] == ["Tides"]


@pytest.mark.parametrize("name", ["a.xml", "a.txt", "a"])
def test_records_with_all_that_a_paper_holds(read_file, name: str) -> None:
    entries, rejected = read_file(export(record(more=MORE), "\n", record(13, "Waves")), name)
    assert rejected == []
    first, second = entries
    paper = first.paper
    assert (first.line, first.local_id, second.line, second.local_id) == (1, "12", 2, "13")
    assert (paper.title, paper.abstract, paper.year) == ("The Moon Pulls", "Tides < 5.", 2019)
    assert (paper.authors, paper.categories) == (("Ada Quill", "The Tide Team"), ("tides",))
    assert (paper.doi, paper.url, paper.identifiers) == ("10.1000/abc", "https://example.org/a", ("pmid:12345678",))


def test_what_stands_above_the_line_stays_there(read_file) -> None:
    above = '<style face="superscript" font="default" size="100%">{}</style>'
    title = styled("Salt of 10") + above.format("-3") + styled(" in the 4") + above.format("th") + styled(" sea")
    (found,), _ = read_file(export(record(title=title)), "a.xml")
    assert found.paper.title == "Salt of 10⁻³ in the 4th sea"


def test_a_title_in_several_styles_is_one(read_file) -> None:
    title = f"H{styled('2')}O &amp; the{styled(' moon')}"
    (found,), rejected = read_file(export(record(title=title, abstract="One.&#xD;&#xD;Two.")), "a.xml")
    assert (found.paper.title, found.paper.abstract, rejected) == ("H2O & the moon", "One. Two.", [])


def test_what_a_slip_in_the_xml_costs(read_file) -> None:
    entries, rejected = read_file(export(record(abstract=""), record(13))[:-40], "a.xml")
    assert entries == []
    assert rejected[0] == "1: a title with no abstract: The Moon Pulls"
    assert "damaged or cut short" in rejected[-1]
    assert read_file(export(), "a.xml") == ([], ["0: no reference in it: EndNote's XML has each in a <record>"])


def test_entities_of_a_hostile_file_reach_nothing(read_file) -> None:
    hostile = '<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY b "' + "x" * 1_000 + '">]>'
    entries, _ = read_file(hostile + export(record(title="Tides &e;&b;"))[39:], "a.xml")
    assert all("root:" not in e.paper.title and "xxx" not in e.paper.title for e in entries)


def test_both_are_read_from_packed_files(read_file) -> None:
    assert len(read_file(gzip.compress(TAGGED.encode()), "a.enw.gz")[0]) == 2
    assert len(read_file(gzip.compress(export(record()).encode()), "a.xml.gz")[0]) == 1
