"""Which papers came only from what is no longer there: a file, a file in an archive, an entry of a file.

Told after a run for what lay below the paths it was given, and never acted upon here: whoever started the run decides
(see ``removal.remove_departed``).  Where it cannot be told, as of a file of which some entry could not be read, all of
it counts as there.  Knows no file format.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from index_store.catalogue import Catalogue
from index_store.readers import archives
from index_store.readers.packed import is_there
from index_store.types import Entry, Rejection

Place = tuple[int, str, str]
"""A paper's number, the path of a source of it, and the source's own id for it."""

_NUMBERS = 5_000  # papers whose sources are looked at together


@dataclass(frozen=True, slots=True)
class Departed:
    """A paper none of whose sources has it any more; ``path`` and ``line`` are where the first of them had it."""

    id: str
    title: str
    path: str
    line: int


class Trail:
    """What a run has read of the files below its paths, noted while their entries pass by."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._roots = {_resolved(path) for path in paths}
        self._is_whole: dict[str, bool] = {}  # files that gave an entry or a rejection: whether all of them was read
        self._resolved = cache(_resolved)

    def follow(self, items: Iterable[Entry | Rejection]) -> Iterator[Entry | Rejection]:
        """Pass on the entries of a run."""
        for item in items:
            if isinstance(item, Entry):
                self._is_whole.setdefault(str(item.path), True)
            else:
                self._is_whole[self._resolved(item.path)] = False
            yield item

    def departed(self, catalogue: Catalogue, seen: Collection[Place]) -> tuple[Departed, ...]:
        """Give the papers that were read before and are no longer there, as their files had them.

        ``seen`` are the sources that the run has met.
        """
        there = cache(_is_there)
        below = [path for (path,) in catalogue.db.all("SELECT DISTINCT path FROM sources") if self._is_below(path)]
        told = [path for path in sorted(below) if self._was_read(path) or not there(path)]
        left: dict[int, list[tuple[str, str, int]]] = {}
        for number, path, local_id, line in _sources(catalogue, told):
            if (number, path, local_id) not in seen:
                left.setdefault(number, []).append((path, local_id, line))
        gone = [number for number, sources in left.items() if not _is_elsewhere(catalogue, number, sources, there)]
        archives.close()
        return tuple(_departed(catalogue, gone, left))

    def _was_read(self, path: str) -> bool:
        """Tell whether a file was read from end to end; one in an archive that broke off was not."""
        return self._is_whole.get(path, False) and not any(
            self._is_whole.get(str(parent)) is False for parent in Path(path).parents
        )

    def _is_below(self, path: str) -> bool:
        return path in self._roots or any(str(parent) in self._roots for parent in Path(path).parents)


def _resolved(path: Path) -> str:
    try:
        return str(path.resolve())
    except (OSError, ValueError, RuntimeError):  # a NUL in it, or links that go round
        return str(path)


def _is_there(path: str) -> bool:
    return not Path(path).is_absolute() or is_there(Path(path))  # the starter library's is no path


def _sources(catalogue: Catalogue, paths: Sequence[str]) -> Iterator[tuple[int, str, str, int]]:
    """Give the sources with one of ``paths``, by number: a few papers at a time."""
    (last,) = catalogue.db.one("SELECT ifnull(MAX(number), 0) FROM sources") or (0,)
    for first in range(0, last + 1 if paths else 0, _NUMBERS):
        yield from catalogue.db.all(
            "SELECT number, path, local_id, line FROM sources WHERE number >= ? AND number < ?"
            " AND path IN (SELECT value FROM json_each(?)) ORDER BY number, path, line",
            *(first, first + _NUMBERS, json.dumps(paths)),
        )


def _is_elsewhere(
    catalogue: Catalogue, number: int, left: Sequence[tuple[str, str, int]], there: Callable[[str], bool]
) -> bool:
    """Tell whether a paper has a source besides those that it has left."""
    gone = {(path, local_id) for path, local_id, _ in left}
    sources = catalogue.db.all("SELECT path, local_id FROM sources WHERE number = ?", number)
    return any(source not in gone and there(source[0]) for source in sources)


def _departed(
    catalogue: Catalogue, numbers: Sequence[int], left: dict[int, list[tuple[str, str, int]]]
) -> Iterator[Departed]:
    for number, paper_id, title in catalogue.db.all(
        "SELECT number, id, title FROM papers WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number",
        json.dumps(numbers),
    ):
        path, _, line = left[number][0]
        yield Departed(paper_id, title, path, line)
