r"""BibTeX and BibLaTeX, cut into entries by ``bibtexparser``.

The parser wants its text whole, so it gets one entry at a time: the file is cut where a line begins with ``@name{``,
where the parser itself would give up an entry that does not end.  One broken entry costs that entry.  ``@string`` holds
from where it stands, as in BibTeX.  Entries with one key are all read.

An entry with a ``crossref`` has the year of the one that it names, which may stand behind it: such a file is gone
through twice before.  Title, abstract and identifiers of a volume are never those of a paper in it.  A volume that
others name is no paper, unless it has an abstract.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from index_store.errors import InputError
from index_store.readers import latex
from index_store.readers.chunks import Chunk, chunks
from index_store.readers.columns import to_entry
from index_store.readers.lines import LINE_LIMIT, lines
from index_store.readers.people import is_extended, of_extended, said, turned
from index_store.types import Entry, Rejection

if TYPE_CHECKING:
    from bibtexparser.model import Block
    from bibtexparser.model import Entry as BibEntry

SUFFIXES = frozenset([".bib", ".bibtex"])

Volume = Mapping[str, str]
"""What an entry that others name in a ``crossref`` has for them."""

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
_CROSSREF = re.compile(r"\bcrossref\s*=\s*[{\"]?\s*([^\s{}\",]{1,300})", re.IGNORECASE)
_KEY = re.compile(r"\s*@\w+\s*[{(]\s*([^\s{}()=,]*)")
_INHERITED = ("year", "date")
_KEPT = 300  # characters of what is inherited
_MOST_VOLUMES = 100_000
_DEEPEST = 4  # volumes of volumes
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
    volumes = _volumes(path)
    strings: dict[str, str] = dict(_MONTHS)
    nothing = True
    for chunk in chunks(path, _START.match):
        for item in _items(chunk, path, strings, volumes):
            nothing = False
            if item is not None:
                yield item
    if nothing:
        yield Rejection(path, 0, "no entry in it: BibTeX entries look like @article{key, title = {...}, ...}")


def _volumes(path: Path) -> dict[str, Volume]:
    """Find what the entries that others name in a ``crossref`` have for them, by their keys in lower case."""
    named: set[str] = set()
    with suppress(InputError):  # a broken archive: what can be unpacked is read, and the rest told, below
        for line in lines(path):
            if "crossref" in line.text.lower() and len(named) < _MOST_VOLUMES:
                named.update(key.lower() for key in _CROSSREF.findall(line.text))
    volumes: dict[str, Volume] = {}
    with suppress(InputError):
        for chunk in chunks(path, _START.match) if named else ():
            _note_volumes(chunk, named, volumes)
    return volumes


def _note_volumes(chunk: Chunk, named: Set[str], volumes: dict[str, Volume]) -> None:
    from bibtexparser.model import Entry as BibEntry

    begun = _KEY.match(chunk.text.removeprefix("\ufeff"))
    if begun is None or begun[1].lower() not in named:
        return
    for block in _blocks(chunk.text):
        inner = getattr(block, "ignore_error_block", None) or block
        if isinstance(inner, BibEntry) and inner.key.lower() in named:
            found = _found(inner, _MONTHS)
            kept = {name: found[name][:_KEPT] for name in (*_INHERITED, "crossref") if name in found}
            volumes.setdefault(inner.key.lower(), kept)


def _inherited(found: Mapping[str, str], volumes: Mapping[str, Volume]) -> Volume:
    """Give the dates of an entry, or of the volume that it names."""
    held = found
    for _ in range(_DEEPEST):
        if any(name in held for name in _INHERITED):
            break
        held = volumes.get(held.get("crossref", "").strip().lower(), {})
    return {name: held[name] for name in _INHERITED if name in held}


def _items(
    chunk: Chunk, path: Path, strings: dict[str, str], volumes: Mapping[str, Volume]
) -> Iterator[Entry | Rejection | None]:
    """Give the papers of a chunk; None for a volume that is none."""
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
            fields = _fields(inner, strings, volumes)
            is_volume = inner.key.lower() in volumes and not fields["abstract"]
            yield None if is_volume else to_entry(fields, path, line)
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


def _found(entry: BibEntry, strings: Mapping[str, str]) -> dict[str, str]:
    """Give the fields of an entry by their names in lower case, the first of a name."""
    found: dict[str, str] = {}
    for field in entry.fields:
        value = _value(str(field.value), strings)
        if value.strip():
            found.setdefault(field.key.lower(), value)
    return found


def _fields(entry: BibEntry, strings: Mapping[str, str], volumes: Mapping[str, Volume]) -> dict[str, object]:
    found = _found(entry, strings)
    dates = _inherited(found, volumes)
    eprint = latex.verbatim(found.get("eprint", "")).partition(" ")[0]
    archive = found.get("archiveprefix", found.get("eprinttype", "")).lower()
    addresses = [latex.verbatim(found.get(name, "")) for name in ("url", "howpublished", "note")]
    title, subtitle = (latex.plain(found.get(name, "")) for name in ("title", "subtitle"))
    return {
        "title": f"{title}: {subtitle}" if title and subtitle else title,
        "abstract": latex.plain(found.get("abstract", "")),
        "id": entry.key,
        "authors": _people(found.get("author", "") or found.get("editor", "")),
        "year": latex.plain(dates.get("year", "")),
        "date": latex.plain(dates.get("date", "")),
        "doi": latex.verbatim(found.get("doi", "")),
        "url": [address for text in addresses for address in text.split() if "://" in address],
        "arxiv": [eprint] * (archive in ("", "arxiv")) + _arxiv_words(found),
        "pmid": latex.verbatim(found.get("pmid", "") or (eprint if archive == "pubmed" else "")),
        "pmcid": latex.verbatim(found.get("pmcid", "")),
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
    if is_extended(raw):
        return latex.plain(of_extended(raw))
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
