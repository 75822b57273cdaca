"""CSV and its kin: dialects, quoting, rows that do not fit, and headers that lack a column."""

from __future__ import annotations

import pytest

HEADER = "ID,Title,Abstract,Year"
ROW = "7,Tides,The moon pulls.,1999"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
def test_dialects(read_file, delimiter: str, end: str, name: str) -> None:
    content = end.join(["", HEADER, ROW, "", ROW, ""]).replace(",", delimiter)
    entries, rejected = read_file(content, name)
    assert [(e.line, e.local_id, e.paper.title, e.paper.abstract, e.paper.year) for e in entries] == [
        (3, "7", "Tides", "The moon pulls.", 1999),
        (5, "7", "Tides", "The moon pulls.", 1999),
    ]
    assert rejected == []


def test_quoted_delimiters_quotes_and_line_ends(read_file) -> None:
    content = f'{HEADER}\n1,"Tides, ""High""","Line one,\nline two.\n\nEnd.",2001\n{ROW}\n'
    entries, rejected = read_file(content, "a.csv")
    assert [(e.line, e.paper.title, e.paper.abstract) for e in entries] == [
        (2, 'Tides, "High"', "Line one,\nline two.\n\nEnd."),
        (6, "Tides", "The moon pulls."),
    ]
    assert rejected == []


@pytest.mark.parametrize(
    "before", ["sep=;", '"sep=;"', "SEP=;\r", '\ufeff"About the data: Exported on Jan 5, 2024; Criteria: tides"']
)
@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
def test_a_line_before_the_header_is_none(read_file, before: str, name: str) -> None:
    entries, rejected = read_file(f"{before}\ntitle;abstract;year\nTides, high;The moon pulls.;1999\n", name)
    assert [(e.line, e.paper.title, e.paper.year) for e in entries] == [(3, "Tides, high", 1999)]
    assert rejected == []


def test_the_separator_is_the_one_that_is_named(read_file) -> None:
    [found], _ = read_file("sep=|\ntitle|abstract|year, month, day\nTides|The moon.|1, 2, 3\n", "a.csv")
    assert found.paper.title == "Tides"


def test_the_separator_may_be_a_tab(read_file) -> None:
    assert read_file("sep=\t\ntitle\tabstract\nTides\tThe moon.\n", "a.csv")[0][0].paper.title == "Tides"


def test_a_file_of_nothing_but_a_separator_is_empty(read_file) -> None:
    assert read_file("sep=;\n", "a.csv") == ([], ["0: an empty file: no title and no abstract"])


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "Key,Item Type,Publication Year,Author,Title,DOI,Url,Abstract Note,Manual Tags",
            ("A1,article,1999,Ada Quill,Tides,10.1000/x,https://example.org/1,The moon.,sea"),
        ),
        (
            "Document Title,Authors,Publication Title,Publication Year,Abstract,DOI,PDF Link,Author Keywords",
            ("Tides,Ada Quill,Proc.,1999,The moon.,10.1000/x,https://example.org/1,sea"),
        ),
        (
            "Cites,Authors,Title,Year,Source,ArticleURL,DOI,Abstract,Keywords",
            ("5,Ada Quill,Tides,1999,Sea,https://example.org/1,10.1000/x,The moon.,sea"),
        ),
        (
            "Lens ID,Title,Publication Year,Author/s,Abstract,Keywords,External URL,DOI",
            ("1-2,Tides,1999,Ada Quill,The moon.,sea,https://example.org/1,10.1000/x"),
        ),
    ],
    ids=["Zotero", "IEEE Xplore", "Publish or Perish", "The Lens"],
)
def test_tables_of_other_programs(read_file, header: str, row: str) -> None:
    [found], rejected = read_file(f"{header}\n{row}\n", "a.csv")
    paper = found.paper
    assert (paper.title, paper.abstract, paper.authors, paper.year) == ("Tides", "The moon.", ("Ada Quill",), 1999)
    assert (paper.doi, paper.url, paper.categories) == ("10.1000/x", "https://example.org/1", ("sea",))
    assert rejected == []


def test_a_field_longer_than_the_csv_modules_default(read_file) -> None:
    entries, rejected = read_file(f"{HEADER},Body\n{ROW},{'b' * 200_000}\n", "a.csv")
    assert [e.paper.title for e in entries] == ["Tides"]
    assert rejected == []


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_no_title_column(read_file, name: str) -> None:
    assert read_file("Name,Abstract,Year\nTides,The moon pulls.,1999\n", name) == (
        [],
        ["1: no title column; found columns: Name, Abstract, Year; rename one to 'title'"],
    )


def test_no_abstract_column(read_file) -> None:
    assert read_file("\ntitle;body\nTides;The moon pulls.\n", "a.csv") == (
        [],
        ["2: no abstract column; found columns: title, body; rename one to 'abstract'"],
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("8,Tides,Pull", "3 fields where the header has 4"),
        ("8,Tides,Pull,1999,", "5 fields where the header has 4"),
        ("8,,The moon pulls.,1999", "an abstract with no title"),
        ("8,Tides, ,1999", "a title with no abstract: Tides"),
        ('8,"Tides" etc,Pull,1999', "broken quoting: ',' expected after '\"'"),
        (
            "8,Mar\udce9e,Pull,1999",
            "not UTF-8: byte 0xE9 at offset 5 of the line; convert the file, for example with iconv",
        ),
        ("8,Tides," + "x" * 2_000_000 + ",1999", "a line of more than 1,000,000 characters"),
        ('8,Tides,"' + "x" * 2_000_000 + '",1999', "a line of more than 1,000,000 characters"),
    ],
)
def test_a_bad_row_is_rejected_and_the_next_one_read(read_file, row: str, reason: str) -> None:
    content = "\n".join([HEADER, ROW, row, ROW, ""]).encode("utf-8", "surrogateescape")
    entries, rejected = read_file(content, "a.csv")
    assert [e.line for e in entries] == [2, 4]
    assert rejected == [f"3: {reason}"]


def test_a_line_too_long_inside_of_quotes_ends_with_its_row(read_file) -> None:
    row = '8,Tides,"' + "x" * 2_000_000 + '\nsecond line",1999'
    entries, rejected = read_file("\n".join([HEADER, ROW, row, ROW]), "a.csv")
    assert [e.line for e in entries] == [2, 5]
    assert rejected == ["3: a line of more than 1,000,000 characters"]


def test_a_quote_that_never_closes_is_reported_where_it_opened(read_file) -> None:
    entries, rejected = read_file("\n".join([HEADER, ROW, '8,Tides,"The moon,1999', ROW, ""]), "a.csv")
    assert [e.line for e in entries] == [2]
    assert rejected == ["3: broken quoting (the row runs to line 4): unexpected end of data"]


def test_a_quote_that_swallows_a_million_characters_lets_the_rest_be_read(read_file) -> None:
    rows = [ROW] * 60_000
    entries, rejected = read_file("\n".join([HEADER, '8,Tides,"The moon,1999', *rows, ""]), "a.csv")
    assert len(rejected) == 1
    assert rejected[0].startswith("2: broken quoting (the row runs to line ")
    assert entries[-1].line == 60_002
    assert len(entries) > 20_000
