"""JSON Lines (https://jsonlines.org), and JSON as one array, as objects spread over lines, or as a service's pages.

Line by line, a broken line costs that line.  In an array nothing shows where the next object begins once one is broken,
so the rest is given up, and the message says so.  Arrays and pages are streamed through a window of the file.
Knows no column name; the dialects of objects have modules of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from index_store.errors import InputError
from index_store.readers import arxiv_snapshot, csl, daily_papers, openalex, semantic_scholar
from index_store.readers.columns import ABSTRACT, TITLE, column_name, to_entry
from index_store.readers.jsonwindow import DECODER, TooLong, Window
from index_store.readers.lines import LINE_LIMIT, encoding_error, lines, open_text
from index_store.types import Entry, Rejection

SUFFIXES = frozenset([".jsonl", ".ndjson", ".json"])

_LOOKS_JSON = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\[{\]"])')
_SPREAD = re.compile(r"\s*(?:\[|\{\s*\n)")  # an array, or an object that goes on in the next line
# Services wrap their papers in pages: {"total": 2, "data": [...]}; the names of the lists, as Semantic Scholar and
# OpenAlex give them.
_LISTS = frozenset(["data", "results", "recommendedPapers"])
_OWN = frozenset((*TITLE, *ABSTRACT))  # what has one of these is a paper, whatever lists it has besides
_DIALECTS = (csl, arxiv_snapshot, openalex, semantic_scholar, daily_papers)


def sniff(head: str) -> bool:
    """Tell whether a file begins like JSON."""
    return _LOOKS_JSON.match(head) is not None


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one object per line, or the objects of one array."""
    start = ""
    with suppress(InputError), open_text(path) as stream:  # a broken archive: what can be unpacked is read below
        try:
            start = stream.read(1024)
        except UnicodeError as exc:
            yield Rejection(path, 1, encoding_error(exc))
            return
    if _is_page(path):
        yield from _read_window(path, _pages)
    else:
        yield from _read_window(path, _spread) if _SPREAD.match(start) else _read_lines(path)


def _read_lines(path: Path) -> Iterator[Entry | Rejection]:
    is_first = True
    for line in lines(path):
        if line.problem is not None:
            yield Rejection(path, line.number, line.problem)
        elif line.text.strip():
            try:
                value = DECODER.decode(line.text)
            except (ValueError, RecursionError) as exc:
                yield Rejection(path, line.number, _not_json(exc))
            else:
                half = semantic_scholar.lone_half(value) if is_first and isinstance(value, dict) else None
                if half is not None:  # millions of lines, none of which is a paper
                    yield Rejection(path, 0, half)
                    return
                is_first = False
                yield _entry(value, path, line.number)


def _entry(value: object, path: Path, line: int) -> Entry | Rejection:
    if not isinstance(value, dict):
        return Rejection(path, line, "not an object with a title and an abstract")
    dialect = next((each for each in _DIALECTS if each.is_item(value)), None)
    return to_entry(dialect.fields(value) if dialect else value, path, line)


def _not_json(exc: ValueError | RecursionError) -> str:
    if isinstance(exc, json.JSONDecodeError):
        return f"not JSON: {exc.msg} (character {exc.pos + 1})"
    return (
        "not JSON: nested too deeply" if isinstance(exc, RecursionError) else "not JSON: a number with too many digits"
    )


def _read_window(
    path: Path, read_values: Callable[[Window, Path], Iterator[Entry | Rejection]]
) -> Iterator[Entry | Rejection]:
    with open_text(path) as stream:
        window = Window(stream)
        try:
            yield from read_values(window, path)
        except UnicodeError as exc:
            yield Rejection(path, window.line, encoding_error(exc))
        except (ValueError, RecursionError) as exc:
            rest = "the rest of the file was not read; with one object per line it would have been"
            yield Rejection(path, window.line, f"{_spread_problem(exc)}; {rest}")


def _spread(window: Window, path: Path) -> Iterator[Entry | Rejection]:
    """Read the objects of one array, or objects one after another."""
    is_array = window.take("[")
    while window.skip_separators() and not (is_array and window.take("]")):
        line = window.line
        yield _entry(window.next_value(), path, line)
    if is_array and not window.closed:
        yield Rejection(path, window.line, "the array has no end: ']' is missing, the file may be cut short")
    elif is_array and window.skip_separators():
        yield Rejection(path, window.line, "more text after the end of the array, which was not read")


def _pages(window: Window, path: Path) -> Iterator[Entry | Rejection]:
    """Read the papers of pages, one page after another; an object without a list is a paper."""
    while window.skip_separators():
        line = window.line
        if not window.take("{"):
            raise json.JSONDecodeError("a page that does not begin with {", "", 0)
        single: dict[str, object] | None = {}
        while not window.take("}"):
            name = _name(window)
            if name in _LISTS and window.take("["):
                single = None
                yield from _listed(window, path)
            elif single is None:
                window.next_value()
            else:
                single[name] = window.next_value()
        if single is not None:
            yield _entry(single, path, line)


def _listed(window: Window, path: Path) -> Iterator[Entry | Rejection]:
    while not window.take("]"):
        line = window.line
        yield _entry(window.next_value(), path, line)


def _name(window: Window) -> str:
    name = window.next_value()
    if not isinstance(name, str) or not window.take(":"):
        raise json.JSONDecodeError("a value without a name in an object", "", 0)
    window.skip_separators()
    return name


def _is_page(path: Path) -> bool:
    """Tell whether a JSON text is an object around a list of papers: one of the known names before any paper's own."""
    with suppress(InputError, ValueError, RecursionError), open_text(path) as stream:
        window = Window(stream)
        is_object = window.take("{")
        while is_object and not window.take("}"):
            name = _name(window)
            if name in _LISTS and window.take("["):
                return window.take("{") or window.take("]")
            if column_name(name) in _OWN:
                return False
            window.next_value()
    return False


def _spread_problem(exc: ValueError | RecursionError) -> str:
    if isinstance(exc, TooLong):
        return f"an entry of more than {LINE_LIMIT:,} characters"
    # The decoder counts from the start of its window, which means nothing to a reader.
    return f"not JSON: {exc.msg}" if isinstance(exc, json.JSONDecodeError) else _not_json(exc)
