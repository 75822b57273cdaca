"""JSON values one after another out of a text too long to hold: a window of it moves on as they are decoded.

The standard library's decoder over a window knows the line of every value, which the streaming parsers on PyPI do not
tell.  Memory stays at one value of ``LINE_LIMIT`` characters.  Knows no column name.
"""

from __future__ import annotations

import json
import re
from typing import TextIO

from index_store.readers.lines import LINE_LIMIT

_BETWEEN = re.compile(r"[\s,]*")
_CHUNK = 65_536
# Raw tabs and line ends inside strings are wrong, but harmless and common.
DECODER = json.JSONDecoder(strict=False)


class TooLong(ValueError):
    """One value is longer than the window may grow."""


class Window:
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
                value, end = DECODER.raw_decode(self._text, self._position)
            except json.JSONDecodeError as exc:
                if not self._is_cut_short(exc) or not self._grow(ask):
                    raise
            else:  # a number at the edge of the window may go on behind it
                if end < len(self._text) or not self._grow(ask):
                    self._advance(end)
                    return value
            if len(self._text) - self._position > LINE_LIMIT + ask:
                raise TooLong
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
