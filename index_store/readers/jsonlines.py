"""JSON Lines (https://jsonlines.org), and JSON as one array or as objects spread over lines.

Line by line, a broken line costs that line.  In an array nothing shows where the next object begins once one is broken,
so the rest is given up, and the message says so.  Arrays are streamed with the standard library's decoder over a window
of the file: it knows the line of every entry, which the streaming parsers on PyPI do not tell.
Knows no column name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from index_store.readers.columns import to_entry
from index_store.readers.lines import LINE_LIMIT, encoding_error, lines, open_text
from index_store.types import Entry, Rejection

SUFFIXES = frozenset([".jsonl", ".ndjson", ".json"])

_LOOKS_JSON = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\[{\]"])')
_SPREAD = re.compile(r"\s*(?:\[|\{\s*\n)")  # an array, or an object that goes on in the next line
_BETWEEN = re.compile(r"[\s,]*")
_CHUNK = 65_536
# Raw tabs and line ends inside strings are wrong, but harmless and common.
_DECODER = json.JSONDecoder(strict=False)


def sniff(head: str) -> bool:
    """Tell whether a file begins like JSON."""
    return _LOOKS_JSON.match(head) is not None


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one object per line, or the objects of one array."""
    with open_text(path) as stream:
        try:
            start = stream.read(1024)
        except UnicodeError as exc:
            yield Rejection(path, 1, encoding_error(exc))
            return
    yield from _read_spread(path) if _SPREAD.match(start) else _read_lines(path)


def _read_lines(path: Path) -> Iterator[Entry | Rejection]:
    for line in lines(path):
        if line.problem is not None:
            yield Rejection(path, line.number, line.problem)
        elif line.text.strip():
            try:
                value = _DECODER.decode(line.text)
            except (ValueError, RecursionError) as exc:
                yield Rejection(path, line.number, _not_json(exc))
            else:
                yield _entry(value, path, line.number)


def _entry(value: object, path: Path, line: int) -> Entry | Rejection:
    if not isinstance(value, dict):
        return Rejection(path, line, "not an object with a title and an abstract")
    return to_entry(value, path, line)


def _not_json(exc: ValueError | RecursionError) -> str:
    if isinstance(exc, json.JSONDecodeError):
        return f"not JSON: {exc.msg} (character {exc.pos + 1})"
    return (
        "not JSON: nested too deeply" if isinstance(exc, RecursionError) else "not JSON: a number with too many digits"
    )


def _read_spread(path: Path) -> Iterator[Entry | Rejection]:
    with open_text(path) as stream:
        window = _Window(stream)
        is_array = window.take("[")
        try:
            while window.skip_separators() and not (is_array and window.take("]")):
                line = window.line
                value = window.next_value()
                yield _entry(value, path, line)
            if is_array and not window.closed:
                yield Rejection(path, window.line, "the array has no end: ']' is missing, the file may be cut short")
            elif is_array and window.skip_separators():
                yield Rejection(path, window.line, "more text after the end of the array, which was not read")
        except UnicodeError as exc:
            yield Rejection(path, window.line, encoding_error(exc))
        except (ValueError, RecursionError) as exc:
            rest = "the rest of the file was not read; with one object per line it would have been"
            yield Rejection(path, window.line, f"{_spread_problem(exc)}; {rest}")


class _TooLong(ValueError):
    """One value is longer than the window may grow."""


def _spread_problem(exc: ValueError | RecursionError) -> str:
    if isinstance(exc, _TooLong):
        return f"an entry of more than {LINE_LIMIT:,} characters"
    # The decoder counts from the start of its window, which means nothing to a reader.
    return f"not JSON: {exc.msg}" if isinstance(exc, json.JSONDecodeError) else _not_json(exc)


class _Window:
    """The part of a JSON text that is being decoded, and the line it starts at."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._text = ""
        self._position = 0
        self.line = 1
        self.closed = False

    def take(self, mark: str) -> bool:
        """Step over ``mark`` if it comes next."""
        self.skip_separators()
        found = self._text.startswith(mark, self._position)
        if found:
            self._advance(self._position + 1)
            self.closed = mark == "]"
        return found

    def skip_separators(self) -> bool:
        """Step over white space and commas.  False at the end of the file."""
        while True:
            found = _BETWEEN.match(self._text, self._position)
            self._advance(found.end() if found else self._position)
            if self._position < len(self._text):
                return True
            if not self._grow(_CHUNK):
                return False

    def next_value(self) -> object:
        """Decode one value.  Raises ``ValueError`` or ``RecursionError`` where there is none."""
        ask = _CHUNK
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._position)
            except json.JSONDecodeError as exc:
                if not self._is_cut_short(exc) or not self._grow(ask):
                    raise
            else:  # a number at the edge of the window may go on behind it
                if end < len(self._text) or not self._grow(ask):
                    self._advance(end)
                    return value
            if len(self._text) - self._position > LINE_LIMIT + ask:
                raise _TooLong
            ask *= 2  # doubling keeps the repeated decoding linear

    def _is_cut_short(self, exc: json.JSONDecodeError) -> bool:
        """Tell an error that more text may mend: at the window's edge (no literal is longer), or an open string."""
        return exc.pos > len(self._text) - 12 or exc.msg.startswith("Unterminated string")

    def _grow(self, count: int) -> bool:
        more = self._stream.read(count)
        self._text = self._text[self._position :] + more
        self._position = 0
        return bool(more)

    def _advance(self, end: int) -> None:
        self.line += self._text.count("\n", self._position, end)
        self._position = end
