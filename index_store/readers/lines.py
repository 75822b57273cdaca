"""A text file as bounded lines: what every reader reads through.

UTF-8 (with or without a byte-order mark) and, where a mark says so, UTF-16 and UTF-32; any other encoding is
reported, never guessed.  A line that cannot be used keeps its number and says why, so that a reader rejects one entry
and goes on.  Memory stays at one line of ``LINE_LIMIT`` characters, however long the lines are.  Line ends of all three
kinds become one "\\n".  Knows no file format.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from index_store.errors import InputError
from index_store.readers.packed import first_bytes, open_bytes, refusal
from index_store.readers.refusals import FORMATS, of_bytes

# The longest line, and the longest JSON entry over several lines, in characters: ten times the longest abstract.
LINE_LIMIT = 1_000_000
HEAD_BYTES = 262_144

# The marks of UTF-32 come first: the one of its little-endian form begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Undecodable bytes arrive as these code points (PEP 383), so that one bad byte does not end the file.
_BAD_BYTE = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end.  ``problem`` says why it cannot be used; a line too long to keep has an empty ``text``.

    ``quotes`` counts the double quotes of a line too long to keep: a CSV goes on after it inside or outside of quotes.
    """

    number: int
    text: str
    problem: str | None = None
    quotes: int = 0


def head(path: Path) -> str:
    """Give the first ``HEAD_BYTES`` bytes as text.  Raises ``InputError`` (the reason alone) where there is no text."""
    raw = first_bytes(path, HEAD_BYTES)
    reason = of_bytes(raw) or refusal(raw)
    if reason is not None:
        raise InputError(reason)
    encoding = _encoding(raw)
    if encoding == "utf-8-sig" and b"\0" in raw:
        raise InputError(f"a binary file of a kind that Citewell does not know; it reads {FORMATS}")
    text = raw.decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")
    if not raw:
        raise InputError("an empty file: no title and no abstract")
    if not text.strip():
        raise InputError(f"nothing but white space in its first {len(raw):,} bytes: no title and no abstract")
    return text


def open_text(path: Path) -> TextIO:
    """Open a file as text in the encoding that its first bytes show; undecodable UTF-8 arrives as lone surrogates."""
    encoding = _encoding(first_bytes(path, 4))
    errors = "surrogateescape" if encoding == "utf-8-sig" else "strict"
    return TextIOWrapper(open_bytes(path), encoding, errors)


def lines(path: Path) -> Iterator[Line]:
    """Read a file line by line, numbers from 1.  Raises ``OSError`` where the file cannot be read."""
    with open_text(path) as stream:
        number = 0
        while True:
            number += 1
            try:
                text = stream.readline(LINE_LIMIT + 1)
                too_long = len(text) > LINE_LIMIT and not text.endswith("\n")
                quotes = text.count('"') + _skip_line(stream) if too_long else 0
            except UnicodeError as exc:
                yield Line(number, "", encoding_error(exc))
                return
            if not text:
                return
            if too_long:
                yield Line(number, "", f"a line of more than {LINE_LIMIT:,} characters", quotes)
            else:
                text = text.removesuffix("\n")
                yield Line(number, text, None if text.isascii() else _bad_byte(text))


def encoding_error(exc: UnicodeError) -> str:
    """Say that a file is not in the encoding that its byte-order mark promises; nothing after the error can be read."""
    name = exc.encoding if isinstance(exc, UnicodeDecodeError) else "the encoding of its byte-order mark"
    return f"not {name}, though its byte-order mark says so; the rest of the file was not read"


def _encoding(raw: bytes) -> str:
    return next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8-sig")


def _skip_line(stream: TextIO) -> int:
    quotes = 0
    while piece := stream.readline(65_536):
        quotes += piece.count('"')
        if piece.endswith("\n"):
            break
    return quotes


def _bad_byte(text: str) -> str | None:
    found = _BAD_BYTE.search(text)
    if found is None:
        return None
    byte = ord(found.group()) - 0xDC00
    offset = len(text[: found.start()].encode("utf-8", "surrogateescape"))
    return f"not UTF-8: byte 0x{byte:02X} at offset {offset} of the line; convert the file, for example with iconv"
