"""EndNote's tagged export (``.enw``, from refer), as EndNote, Zotero, Google Scholar and publishers write it.

A reference begins with its ``%0``; a tag is one sign, what goes on in the next lines has none.  Labels (``%F``) are the
user's own words and name no reference for sure, so they are no ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from index_store.readers.chunks import Chunk, chunks
from index_store.readers.columns import to_entry
from index_store.readers.people import turned
from index_store.types import Entry, Rejection

SUFFIXES = frozenset([".enw"])

_START = re.compile(r"\ufeff?%0(?: |$)")
_SNIFFED = re.compile(r"\ufeff?\s*%0 \w[^\n]*\n(?:%0[^\n]*\n)*%[A-Z@](?: |\n|$)")
_FIELD = re.compile(
    r"^%(?P<tag>[0-9A-Z@!#$&()*+^>\[\]~?=<_:])(?: |$)(?P<value>.*(?:\n(?!%\S(?: |$)).*)*)", re.MULTILINE
)
_STRAY = re.compile(r"^%[A-Z@](?: |$)", re.MULTILINE)
_FROM_PUBMED = re.compile("pubmed|medline", re.IGNORECASE)


def sniff(head: str) -> bool:
    """Tell whether a file begins with a reference: its kind, then a tag."""
    return _SNIFFED.match(head) is not None


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one paper per reference."""
    nothing = True
    for chunk in chunks(path, _START.match):
        for item in _items(chunk, path):
            nothing = False
            yield item
    if nothing:
        yield Rejection(path, 0, "no reference in it: one begins with a line '%0 Journal Article' or the like")


def _items(chunk: Chunk, path: Path) -> Iterator[Entry | Rejection]:
    if chunk.problems:
        yield Rejection(path, *chunk.problems[0])
    elif _START.match(chunk.text):
        yield to_entry(_fields(chunk.text.removeprefix("\ufeff")), path, chunk.line)
    elif stray := _STRAY.search(chunk.text):
        line = chunk.line + chunk.text.count("\n", 0, stray.start())
        yield Rejection(path, line, "a reference without its first line, '%0 Journal Article' or the like")


def _fields(text: str) -> dict[str, object]:
    found: dict[str, list[str]] = {}
    for field in _FIELD.finditer(text):
        if value := field["value"].strip():
            found.setdefault(field["tag"], []).append(value)
    source = " ".join(_line(value) for tag in ("~", "W") for value in found.get(tag, ()))
    return {
        "title": _first(found, "T", "B", "Q"),
        "abstract": _first(found, "X"),
        "authors": [turned(_line(name)) for value in found.get("A", ()) for name in value.split("\n") if name.strip()],
        "year": _first(found, "D"),
        "date": _first(found, "8"),
        "doi": _first(found, "R"),
        "url": [address for tag in ("U", ">") for value in found.get(tag, ()) for address in value.split()],
        "pmid": _first(found, "M") if _FROM_PUBMED.search(source) else None,
        "keywords": [
            word.strip() for value in found.get("K", ()) for word in re.split(r"[\n;]", value) if word.strip()
        ],
    }


def _first(found: dict[str, list[str]], *tags: str) -> str:
    return next((_line(found[tag][0]) for tag in tags if tag in found), "")


def _line(value: str) -> str:
    return " ".join(value.split())
