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
