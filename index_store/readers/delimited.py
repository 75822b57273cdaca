"""Tables: CSV (RFC 4180) and its kin, separated by comma, semicolon, tab or bar, with a header row.

Before the header Excel may name the separator (``sep=;``), and Dimensions says when the table was made.
Quoting is taken at its word: a quote that never closes is reported where it opened instead of swallowing rows in
silence.  Knows no column name but that there must be a title and an abstract.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from index_store.readers.columns import KNOWN, TITLE, column_name, missing_column, to_entry
from index_store.readers.lines import LINE_LIMIT, Line, lines
from index_store.readers.metadata import clean
from index_store.types import Entry, Rejection

SUFFIXES = frozenset([".csv", ".tsv", ".tab"])

_DELIMITERS = (",", "\t", ";", "|")
_BEFORE_HEADER = re.compile(r'"?(?:sep=(?P<delimiter>[,;\t|])|About the data: .*)"?[,;\t|]*', re.IGNORECASE)


def sniff(head: str) -> bool:
    """Tell whether the first line is a header that names a title and at least one more known column."""
    first, _, rest = head.lstrip().partition("\n")
    before = _BEFORE_HEADER.fullmatch(first)
    cells = _header(rest.lstrip().partition("\n")[0] if before else first, before)[1]
    known = [name for name in map(column_name, cells) if name in KNOWN]
    return len(known) > 1 and any(name in TITLE for name in known)


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one paper per row."""
    csv.field_size_limit(max(csv.field_size_limit(), LINE_LIMIT))  # the library's default of 131,072 is for all threads
    source = lines(path)
    first, before = _first_line(source), None
    if first is not None and (before := _BEFORE_HEADER.fullmatch(first.text.lstrip())):
        first = _first_line(source)
    if first is None:
        yield Rejection(path, 0, "an empty file: no title and no abstract")
        return
    delimiter, header = _header(first.text, before)
    problem = first.problem or missing_column(header)
    if problem is not None:
        yield Rejection(path, first.number, problem)
        return
    yield from _read_rows(path, _Feed(source, first.number), delimiter, header)


class _Feed:
    """Lines for the CSV parser, with a memory of which of them cannot be used."""

    def __init__(self, source: Iterator[Line], number: int) -> None:
        self._source = source
        self.number = number
        self.problem: str | None = None

    def __iter__(self) -> Iterator[str]:
        for line in self._source:
            self.number = line.number
            self.problem = self.problem or line.problem
            # Of a line too long to keep, the parser needs to know whether it ends inside of quotes.
            yield line.text + '"' * (line.quotes % 2) + "\n"

    def take_problem(self) -> str | None:
        """Give the first problem since the last call."""
        problem, self.problem = self.problem, None
        return problem


def _read_rows(path: Path, feed: _Feed, delimiter: str, header: list[str]) -> Iterator[Entry | Rejection]:
    rows = csv.reader(iter(feed), delimiter=delimiter, strict=True)
    while True:
        start = feed.number + 1
        try:
            row = next(rows, None)
        except csv.Error as exc:
            yield Rejection(path, start, feed.take_problem() or _broken(exc, start, feed.number))
            continue
        problem = feed.take_problem()
        if problem is not None:
            yield Rejection(path, start, problem)
        elif row is None:
            return
        elif len(row) == len(header):
            yield to_entry(dict(zip(header, row, strict=True)), path, start)
        elif any(field.strip() for field in row):
            yield Rejection(path, start, f"{len(row)} fields where the header has {len(header)}")


def _first_line(source: Iterator[Line]) -> Line | None:
    return next((line for line in source if line.problem or line.text.strip()), None)


def _header(line: str, before: re.Match[str] | None) -> tuple[str, list[str]]:
    """Give the separator, the one that stands ``before`` the header if there is one, and the names of the columns."""
    named = before["delimiter"] if before else None
    tables = [(delimiter, _cells(line, delimiter)) for delimiter in (named or _DELIMITERS)]
    return max(tables, key=lambda table: (_has(table[1], TITLE), len(table[1])))


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [clean(cell) for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _has(header: list[str], aliases: tuple[str, ...]) -> bool:
    return any(column_name(cell) in aliases for cell in header)


def _broken(exc: csv.Error, start: int, end: int) -> str:
    where = f" (the row runs to line {end})" if end > start else ""
    return f"broken quoting{where}: {exc}"
