"""Files in, entries out: one module per format, and the registry that picks it.

The content decides (a CSV named ``.txt`` is a CSV), the suffix where the content leaves it open.  Whatever is wrong
with a file or an entry comes out as a ``Rejection`` with its place, and the rest is still read; nothing is raised.
Text is as read, but for white space around titles and abstracts and for control characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index_store.errors import InputError
from index_store.readers import delimited, jsonlines, listing
from index_store.readers.files import expand
from index_store.readers.lines import head
from index_store.types import Entry, Rejection

__all__ = ["expand", "read"]


@dataclass(frozen=True, slots=True)
class _Format:
    sniff: Callable[[str], bool]
    suffixes: frozenset[str]
    read: Callable[[Path], Iterator[Entry | Rejection]]


_FORMATS = (
    _Format(jsonlines.sniff, jsonlines.SUFFIXES, jsonlines.read),
    _Format(delimited.sniff, delimited.SUFFIXES, delimited.read),
    _Format(listing.sniff, listing.SUFFIXES, listing.read),
)


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read the papers of one file as a stream, in the order of the file.  Memory does not grow with the file."""
    try:
        yield from _format(head(path), path.suffix.lower()).read(path)
    except InputError as exc:
        yield Rejection(path, 0, str(exc))
    except FileNotFoundError:
        yield Rejection(path, 0, "no such file or folder")
    except OSError as exc:
        yield Rejection(path, 0, f"cannot be read: {exc.strerror or exc}")


def _format(start: str, suffix: str) -> _Format:
    by_content = next((f for f in _FORMATS if f.sniff(start)), None)
    by_suffix = next((f for f in _FORMATS if suffix in f.suffixes), _FORMATS[-1])
    return by_content or by_suffix
