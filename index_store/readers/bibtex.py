r"""BibTeX and BibLaTeX, cut into entries by ``bibtexparser``.

The parser wants its text whole, so it gets one entry at a time: the file is cut where a line begins with ``@name{``,
where the parser itself would give up an entry that does not end.  One broken entry costs that entry.  ``@string`` holds
from where it stands, as in BibTeX.  Entries with one key are all read; ``crossref`` is not followed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.readers import latex
from index_store.readers.chunks import Chunk, chunks
from index_store.readers.columns import to_entry
from index_store.readers.lines import LINE_LIMIT
from index_store.readers.people import said, turned
from index_store.types import Entry, Rejection

if TYPE_CHECKING:
    from bibtexparser.model import Block
    from bibtexparser.model import Entry as BibEntry

SUFFIXES = frozenset([".bib", ".bibtex"])

_START = re.compile(r"\s*@\w+\s*[{(]")
_ENTRY = re.compile(
    r"^[ \t]*@(?!comment|string|preamble)[A-Za-z]+\s*[{(]\s*[^\s{}()=,]+\s*,\s*[\w\-]+\s*=", re.M | re.I
)
_FIRST_BLOCK = re.compile(r"\s*(?:%[^\n]*\n\s*)*@(?:comment|string|preamble|[A-Za-z]+)\s*[{(]", re.IGNORECASE)
_BEFORE, _LINE = 1_000, 300  # characters that may stand before the first entry, and in a line there
_MOST_STRINGS = 10_000
_LONGEST_STRING = 2_000  # characters: strings made of strings must not grow without end
_JOINED = re.compile(r"\s*#")
_DELIMITER = re.compile(r"(?<!\\)[{}\"]")
_PIECE = re.compile(r'\s*(?:(?P<braced>\{)|(?P<quoted>")|(?P<bare>[^\s#{}"]+))')
_MONTHS = dict.fromkeys("jan feb mar apr may jun jul aug sep oct nov dec".split(), "")  # predefined, not needed here
_REASONS = {"Unexpectedly reached end of file.": "the entry does not end: a closing brace or quote is missing"}


def sniff(head: str) -> bool:
    """Tell whether a file begins with an entry or a comment, or has an entry after some words of the program's own."""
    entry = _ENTRY.search(head)
    if entry is None or _FIRST_BLOCK.match(head):
        return entry is not None
    before = head[: entry.start()]
    is_short = len(before) <= _BEFORE and all(len(line) <= _LINE for line in before.split("\n"))
    return is_short and not before.lstrip().startswith(("#", "<"))


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one paper per entry; comments, preambles and strings are none."""
    strings: dict[str, str] = dict(_MONTHS)
    nothing = True
    for chunk in chunks(path, _START.match):
        for item in _items(chunk, path, strings):
            nothing = False
            yield item
    if nothing:
        yield Rejection(path, 0, "no entry in it: BibTeX entries look like @article{key, title = {...}, ...}")


def _items(chunk: Chunk, path: Path, strings: dict[str, str]) -> Iterator[Entry | Rejection]:
    from bibtexparser.model import Entry as BibEntry
    from bibtexparser.model import ParsingFailedBlock, String

    unread = dict(chunk.problems)
    for block in _blocks(chunk.text):
        line = chunk.line + (block.start_line or 0)
        # Wrapped: a key or a field that is there twice.
        inner = block.ignore_error_block if isinstance(block, ParsingFailedBlock) else block
        problem = chunk.problem_in(line, block.raw or "")
        if problem is not None:
            yield Rejection(path, *problem)
            unread.clear()
        elif isinstance(inner, String):
            _define(inner.key.lower(), _value(str(inner.value), strings), strings)
        elif isinstance(inner, BibEntry):
            yield to_entry(_fields(inner, strings), path, line)
        elif isinstance(block, ParsingFailedBlock):
            yield Rejection(path, line, _broken(block))
    yield from (Rejection(path, number, problem) for number, problem in unread.items())


def _define(name: str, value: str, strings: dict[str, str]) -> None:
    if len(strings) < _MOST_STRINGS and len(value) <= _LONGEST_STRING:
        strings[name] = value


def _blocks(text: str) -> list[Block]:
    from bibtexparser.splitter import Splitter

    logging.getLogger("bibtexparser.splitter").setLevel(logging.CRITICAL)  # what it logs comes out as a rejection
    return Splitter(text).split().blocks if "@" in text else []


def _broken(block: Block) -> str:
    error = getattr(block, "error", None)
    reason = str(getattr(error, "abort_reason", error)).strip()
    return f"not BibTeX: {_REASONS.get(reason, reason.rstrip('.'))}; the entry was not read"


def _fields(entry: BibEntry, strings: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, str] = {}
    for field in entry.fields:
        value = _value(str(field.value), strings)
        if value.strip():
            found.setdefault(field.key.lower(), value)
    eprint = latex.verbatim(found.get("eprint", "")).partition(" ")[0]
    archive = found.get("archiveprefix", found.get("eprinttype", "")).lower()
    addresses = [latex.verbatim(found.get(name, "")) for name in ("url", "howpublished", "note")]
    title, subtitle = (latex.plain(found.get(name, "")) for name in ("title", "subtitle"))
    return {
        "title": f"{title}: {subtitle}" if title and subtitle else title,
        "abstract": latex.plain(found.get("abstract", "")),
        "id": entry.key,
        "authors": _people(found.get("author", "") or found.get("editor", "")),
        "year": latex.plain(found.get("year", "")),
        "date": latex.plain(found.get("date", "")),
        "doi": latex.verbatim(found.get("doi", "")),
        "url": [address for text in addresses for address in text.split() if "://" in address],
        "arxiv": [eprint] * (archive in ("", "arxiv")) + _arxiv_words(found),
        "pmid": latex.verbatim(found.get("pmid", "") or (eprint if archive == "pubmed" else "")),
        "keywords": latex.plain(found.get("keywords") or found.get("primaryclass", "")),
    }


def _arxiv_words(found: Mapping[str, str]) -> list[str]:
    """Find "arXiv:2101.00001" where Google Scholar and others put it."""
    words = " ".join(found.get(name, "") for name in ("journal", "journaltitle", "howpublished", "note")).split()
    return [word.strip("{},.;") for word in words if "arxiv" in word.lower()]


def _people(text: str) -> list[str]:
    from bibtexparser.middlewares.names import split_multiple_persons_names

    names = split_multiple_persons_names(text)
    return [name for raw in names if (name := _person(raw)) and name.lower() != "others"]


def _person(raw: str) -> str:
    from bibtexparser.middlewares.names import parse_single_name_into_parts

    raw = raw.strip()
    if raw.startswith("{") and raw.endswith("}") and "{" not in raw[1:-1]:
        return latex.plain(raw)  # in braces: a team, not to be taken apart
    parts = parse_single_name_into_parts(raw, strict=False)
    given, particle, family, suffix = (latex.plain(" ".join(p)) for p in (parts.first, parts.von, parts.last, parts.jr))
    return said(given, family, particle=particle, suffix=suffix) if family else turned(latex.plain(raw))


def _value(raw: str, strings: Mapping[str, str]) -> str:
    """Give a value without its braces or quotes; what ``#`` joins is joined, the names of strings are replaced."""
    parts: list[str] = []
    position = size = 0
    while (found := _PIECE.match(raw, position)) and size <= LINE_LIMIT:
        if found["bare"]:
            parts.append(strings.get(found["bare"].lower(), found["bare"]))
            end = found.end()
        else:
            end = _closing(raw, found.end(), "}" if found["braced"] else '"')
            parts.append(raw[found.end() : end])
            end += 1
        joined = _JOINED.match(raw, end)
        size += len(parts[-1])
        if joined is None:
            return "".join(parts) if not raw[end:].strip() else raw
        position = joined.end()
    return "".join(parts) if parts else raw


def _closing(raw: str, position: int, mark: str) -> int:
    depth = 0
    for found in _DELIMITER.finditer(raw, position):
        if found.group() == mark and depth == 0:
            return found.start()
        depth = max(0, depth + {"{": 1, "}": -1}.get(found.group(), 0))
    return len(raw)
