"""The user's word on which sources are one paper: taking papers apart, putting them together, and taking that back.

A decision is written down with the sources it is about and holds through later runs (see ``decisions``).  The order of
the steps is that of a build: what is killed is completed by the next run.  Knows no file format.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations, product
from pathlib import PurePath

from index_store import build, decisions, regrouping
from index_store.build import Progress, silent
from index_store.errors import InputError
from index_store.grouping import Groups
from index_store.records import Record
from index_store.shelf import Shelf
from index_store.types import Paper


def split(shelf: Shelf, paper_id: str, sources: Sequence[str] = (), progress: Progress = silent) -> list[Paper]:
    """Take a paper apart: the named ``sources`` leave it together, or each source becomes a paper of its own.

    A source is named by its file, ``FILE:LINE`` or ``FILE#ID``.  Gives the papers that came of it.  The caller holds
    the write lock.  Raises ``InputError`` where there is nothing to take apart.
    """
    groups = Groups(shelf.catalogue)
    records = groups.records([_number(shelf, paper_id)])
    if len(records) < 2:
        raise InputError(f"{paper_id} has only one source; there is nothing to take apart.")
    leaving = [record for name in sources for record in _named(records, name)]
    staying = [record for record in records if record not in leaving]
    if not staying:
        raise InputError(f"All sources of {paper_id} were named. Leave out those that stay.")
    pairs = list(product(leaving, staying)) if leaving else list(combinations(records, 2))
    return _decide(shelf, records, pairs, together=False, progress=progress)


def merge(shelf: Shelf, first: str, second: str, progress: Progress = silent) -> list[Paper]:
    """Make one paper of two; gives it.  The caller holds the write lock.  Raises ``InputError``."""
    groups = Groups(shelf.catalogue)
    numbers = [_number(shelf, paper_id) for paper_id in (first, second)]
    if numbers[0] == numbers[1]:
        raise InputError(f"{first} and {second} are one paper already.")
    left, right = (groups.records([number]) for number in numbers)
    return _decide(shelf, [*left, *right], list(product(left, right)), together=True, progress=progress)


def undo(shelf: Shelf, progress: Progress = silent, step: int | None = None) -> list[Paper]:
    """Take back the last ``split`` or ``merge``; gives the papers it was about.

    Raises ``InputError`` where there is none, or it is not the one of number ``step``.
    """
    last = decisions.last_step(shelf.catalogue.db)
    if not last:
        raise InputError("No paper was merged or split by hand; there is nothing to take back.")
    if step not in (None, last):
        raise InputError("Another paper has been merged or split since; `citewell papers undo` takes that back first.")
    build.begin(shelf)
    with shelf.catalogue.transaction():
        taken_back = decisions.undo(shelf.catalogue.db)
        groups = Groups(shelf.catalogue)
        records = [r for name in taken_back for r in groups.records(groups.by_name(name)) if r.name == name]
        numbers = _regroup(shelf, groups.records({record.number for record in records}))
    build.publish(shelf, progress)
    return _papers(shelf, numbers)


def _decide(
    shelf: Shelf,
    records: Sequence[Record],
    pairs: Sequence[tuple[Record, Record]],
    *,
    together: bool,
    progress: Progress,
) -> list[Paper]:
    build.begin(shelf)
    with shelf.catalogue.transaction():
        decisions.note(shelf.catalogue.db, pairs, together=together)
        numbers = _regroup(shelf, records)
    build.publish(shelf, progress)
    return _papers(shelf, numbers)


def _regroup(shelf: Shelf, records: Sequence[Record]) -> set[int]:
    """Part the records anew, with all that may be one with them; gives where ``records`` are now."""
    groups = Groups(shelf.catalogue)
    places = regrouping.write(shelf.catalogue, groups.parted(groups.together(records)))
    return {places[(record.number, *record.source)][0] for record in records}


def _papers(shelf: Shelf, numbers: Iterable[int]) -> list[Paper]:
    return [paper for _, paper in sorted(shelf.catalogue.papers_by_number(sorted(numbers)).items())]


def _number(shelf: Shelf, paper_id: str) -> int:
    number = shelf.catalogue.number(paper_id)
    if not number:
        raise InputError(f"The library holds no paper {paper_id}. `citewell papers --json` shows the ids.")
    return number


def _named(records: Sequence[Record], name: str) -> list[Record]:
    """Find the sources that the user means."""
    found = [record for record in records if name in _names(record)]
    if not found:
        known = ", ".join(f"{PurePath(record.path).name}:{record.line}" for record in records)
        raise InputError(f"The paper has no source {name}. It has {known}.")
    return found


def _names(record: Record) -> set[str]:
    paths = (record.path, PurePath(record.path).name)
    return {form for path in paths for form in (path, f"{path}:{record.line}", f"{path}#{record.local_id}")}
