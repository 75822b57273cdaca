"""RIS, each reference taken apart by ``rispy``; also as EndNote, Zotero, Mendeley and publishers bend it.

``N2`` stands for ``AB``, ``T1`` for ``TI``, ``A1`` for ``AU``, ``Y1`` for ``PY``; tags may have one space before the
hyphen, values may go on in lines without a tag, a reference may lack its ``ER`` where the next one begins.  The last
reference of a file needs it: without one the file may be cut short.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from index_store.readers.chunks import Chunk, chunks
from index_store.readers.columns import to_entry
from index_store.readers.people import turned
from index_store.types import Entry, Rejection

SUFFIXES = frozenset([".ris"])

_START = re.compile(r"\ufeff?TY {1,2}-(?: |$)")
_END = re.compile(r"^ER {1,2}-[ \t]*$", re.MULTILINE)
_SNIFFED = re.compile(r"^\ufeff?TY {1,2}- ?[A-Z]{2,}[ \t]*$", re.MULTILINE)
_NARROW = re.compile(r"^([A-Z][A-Z0-9]) -(?= |$)", re.MULTILINE)
_TAGGED = re.compile(r"^[A-Z][A-Z0-9] {1,2}-(?: |$)", re.MULTILINE)
_ADDRESSES = re.compile(r";\s*(?=https?://)")
_FROM_PUBMED = re.compile("pubmed|medline", re.IGNORECASE)
_WITHIN = 4_000  # characters that may stand before the first reference: what a provider says of itself


def sniff(head: str) -> bool:
    """Tell whether a line that opens a reference (``TY  - JOUR``) stands near the beginning."""
    return _SNIFFED.search(head[:_WITHIN]) is not None


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one paper per reference."""
    held: Chunk | None = None
    for chunk in chunks(path, _START.match):
        if held is not None:
            yield from _items(held, path, is_last=False)
        held = chunk
    if held is not None:
        yield from _items(held, path, is_last=True)


def _items(chunk: Chunk, path: Path, *, is_last: bool) -> Iterator[Entry | Rejection]:
    if chunk.problems:
        yield Rejection(path, *chunk.problems[0])
        return
    end = _END.search(chunk.text)
    if not _START.match(chunk.text):
        stray = _TAGGED.search(chunk.text)
        if stray or is_last:
            line = chunk.line + chunk.text.count("\n", 0, stray.start()) if stray else 0
            yield Rejection(path, line, "not RIS: a reference begins with a line 'TY  - JOUR' or the like")
    elif end is None and is_last:
        reason = "the file ends within this reference, which has no line 'ER  - '; add it if the reference is whole"
        yield Rejection(path, chunk.line, reason)
    else:
        yield to_entry(_fields(chunk.text[: end.start() if end else None]), path, chunk.line)
        stray = _TAGGED.search(chunk.text, end.end()) if end else None
        if stray:
            line = chunk.line + chunk.text.count("\n", 0, stray.start())
            yield Rejection(path, line, "tags between two references: a line 'TY  - JOUR' or the like is missing")


def _fields(text: str) -> dict[str, object]:
    if text.startswith("TY -"):
        text = _NARROW.sub(r"\1  -", text)
    found: dict[str, Any] = next(iter(_parser().parse(f"{text}\nER  - \n")), {})
    addresses = [address for value in found.get("urls", ()) for address in _ADDRESSES.split(value)]
    return {
        "title": _joined(found.get("title") or found.get("primary_title") or found.get("translated_title")),
        "abstract": _joined(found.get("abstract") or found.get("notes_abstract")),
        "id": found.get("id", ""),
        "authors": [turned(name) for name in found.get("authors") or found.get("first_authors") or ()],
        "year": found.get("year", ""),
        "published": found.get("publication_year", ""),
        "date": found.get("date", ""),
        "doi": [found.get("doi", ""), found.get("type_of_work", "")],  # M3 held it before there was DO
        "pmid": found.get("accession_number") if _FROM_PUBMED.search(found.get("name_of_database", "")) else None,
        "url": addresses,
        "keywords": found.get("keywords", []),
    }


def _joined(value: object) -> str:
    """Give a value in one line; a tag may be there more than once, and a value go on over lines."""
    return " ".join(" ".join(value if isinstance(value, list) else [str(value or "")]).split())


@lru_cache(maxsize=1)
def _parser() -> Any:
    from rispy import RisParser  # type: ignore[import-untyped]  # it ships no types
    from rispy.config import LIST_TYPE_TAGS  # type: ignore[import-untyped]

    return RisParser(
        list_tags=[*LIST_TYPE_TAGS, "AB", "N2"],
        delimiter_tags_mapping={},  # an address may hold a semicolon
        skip_unknown_tags=True,
    )
