"""Removing papers by hand, and bringing them back.

A removed paper is set aside, so it can return as it was.  Its file may still be read again: the paper stays away,
whatever that file says of it by now, for whoever removed it has decided.  When *another* file has the same paper,
somebody wants it again, and it returns (see ``intake``).  A paper that left because its file had gone (see
``departures``) was not unwanted: it returns with its file.

The order of the steps is that of a build (see ``build``): a removal that is killed is completed by the next run.  Knows
no file format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from index_store import aside, build
from index_store.build import Progress, silent
from index_store.catalogue import Catalogue
from index_store.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Removed:
    """A paper that can come back; ``removed_at`` is an ISO time in UTC."""

    id: str
    title: str
    removed_at: str


def remove(shelf: Shelf, paper_ids: Iterable[str], progress: Progress = silent) -> list[str]:
    """Take papers out of the library; gives the ids of those that were there, as they are called now.

    The caller holds the write lock.  No search finds them from the moment the catalogue has forgotten them; the indexes
    follow.
    """
    return _run(shelf, _called_now(shelf.catalogue, paper_ids), aside.set_aside, progress)


def remove_departed(shelf: Shelf, paper_ids: Iterable[str], progress: Progress = silent) -> list[str]:
    """Take papers out that no file has any more, as ``remove`` does; they return when a file has them again."""
    return _run(shelf, paper_ids, lambda *paper: aside.set_aside(*paper, until_read=True), progress)


def restore(shelf: Shelf, paper_ids: Iterable[str], progress: Progress = silent) -> list[str]:
    """Bring papers back as they were; gives the ids of those that had been removed.  The caller holds the lock."""
    return _run(shelf, paper_ids, aside.bring_back, progress)


def removed(catalogue: Catalogue) -> list[Removed]:
    """List the papers that can come back, the last removed first."""
    rows = catalogue.db.all("SELECT id, title, removed_at FROM removed_papers ORDER BY removed_at DESC, id")
    return [Removed(*row) for row in rows]


def _called_now(catalogue: Catalogue, paper_ids: Iterable[str]) -> list[str]:
    """Give the ids of papers that may be named by those from before they were merged."""
    return [paper.id for each in paper_ids if (paper := catalogue.paper(each)) is not None]


def _run(
    shelf: Shelf, paper_ids: Iterable[str], step: Callable[[Catalogue, str], bool], progress: Progress
) -> list[str]:
    build.begin(shelf)
    with shelf.catalogue.transaction():
        done = [paper_id for paper_id in dict.fromkeys(paper_ids) if step(shelf.catalogue, paper_id)]
    build.publish(shelf, progress)
    return done
