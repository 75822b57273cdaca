"""An XML file as a stream of its records: what every reader of XML reads through.

``lxml`` with all that reaches outside of the file turned off: entities are not expanded, no DTD is loaded, nothing is
fetched.  libxml2's own limits stay on (depth 256, 10 MB a text, the amplification by entities), and a record of more
than ``RECORD_LIMIT`` bytes ends the reading, so memory stays at one record.  Where the text stops being XML the rest is
given up: nothing shows where the next record begins.  Knows no vocabulary but the ``sup`` of HTML, JATS and PubMed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from index_store.readers.packed import open_bytes
from index_store.readers.raised import raised
from index_store.types import Entry, Rejection

RECORD_LIMIT = 16_000_000
"""The most bytes that may pass without the end of a record."""

_BLANKS = re.compile(r"\s+")
_REST = "the rest of the file was not read"

Element = Any  # lxml ships no types


def records(
    path: Path, names: Collection[str], to_item: Callable[[Element, int], Entry | Rejection | None]
) -> Iterator[Entry | Rejection]:
    """Give what ``to_item`` makes of each element of one of ``names`` (local names) and the line where it starts."""
    from lxml import etree  # type: ignore[import-untyped]  # it ships no types

    with open_bytes(path) as stream:
        source = _Limited(stream)
        parsing = etree.iterparse(
            source,
            events=("end",),
            tag=[f"{{*}}{name}" for name in names],
            remove_comments=True,
            remove_pis=True,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
        )
        line = 0
        try:
            for _, element in parsing:
                line = element.sourceline or 0
                item = to_item(element, line)
                if item is not None:
                    yield item
                _forget(element)
                source.passed = 0
        except etree.XMLSyntaxError as exc:
            yield Rejection(
                path, exc.lineno or line, f"not well-formed XML: {_reason(exc)}; damaged or cut short; {_REST}"
            )
        except _TooLong:
            yield Rejection(path, line, f"more than {RECORD_LIMIT:,} bytes without the end of a record; {_REST}")


def text(element: Element | None) -> str:
    """Give the text of an element and of all inside it (``H<sub>2</sub>O``) in one line; "" for None."""
    if element is None:
        return ""
    if len(element):
        for above in element.iter("{*}sup"):
            above.text = above.text if len(above) else raised(above.text or "")
    return _BLANKS.sub(" ", "".join(element.itertext())).strip()


class _TooLong(Exception):
    """Too much was read without the end of a record."""


class _Limited:
    """A stream that gives up where no record ends."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.passed = 0

    def read(self, count: int) -> bytes:
        self.passed += count
        if self.passed > RECORD_LIMIT:
            raise _TooLong
        return self._stream.read(count)


def _forget(element: Element) -> None:
    """Free a record and all that stands before it."""
    element.clear(keep_tail=False)
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _reason(exc: SyntaxError) -> str:
    """Give the parser's sentence without its place, which the rejection names."""
    return re.sub(r",? *line \d+, column \d+.*", "", exc.msg or "", flags=re.DOTALL) or "an empty document"
