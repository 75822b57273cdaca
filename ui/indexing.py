"""Changing a library from the command line: the lock, the progress bar, the starter library.

Knows no page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from index_store import removal, starter
from index_store.build import IndexReport, Progress, index_entries, index_paths
from index_store.catalogue import Catalogue
from index_store.doctor import open_mended
from index_store.embedding import SentenceEmbedder
from index_store.engine import Engine
from index_store.errors import InputError
from index_store.removal import Removed
from index_store.shadow import tidy
from index_store.shelf import Shelf, place_of, refuse_lost, writing
from index_store.types import Paper, Scope
from rag.assemble import open_embedder, prepare_judge
from rag.settings import Settings
from ui.progress import bars


def index_into(
    settings: Settings,
    paths: Sequence[Path],
    collection: str | None,
    *,
    with_starter: bool = False,
    remove_departed: bool = False,
    ray: str | None = None,
) -> IndexReport:
    """Read ``paths``, or the starter library, into the library.

    ``remove_departed``: the papers that the report names as departed are taken out.  ``ray``: the address of the
    cluster that does the work, empty for a Ray on this machine; None does it in this process.
    """
    embedder = open_embedder(settings)
    with writing(settings.library), engine_on(ray, settings, embedder) as engine, bars() as progress:
        tidy(settings.library)
        with closing(open_mended(settings.library, embedder, settings.chroma)) as shelf:
            if with_starter:
                report = index_entries(shelf, starter.entries(), starter.COLLECTION, progress)
            else:
                report = index_paths(shelf, paths, collection, progress, engine)
            if remove_departed and report.departed:
                removal.remove_departed(shelf, [paper.id for paper in report.departed], progress)
                catalogue = shelf.catalogue
                report = replace(report, papers=len(catalogue), passages=catalogue.passage_count())
    prepare_judge(settings, embedder)
    return report


def engine_on(ray: str | None, settings: Settings, embedder: SentenceEmbedder) -> AbstractContextManager[Engine | None]:
    """Connect to the cluster at ``ray``, empty for a Ray on this machine; None gives None: this process does it."""
    if ray is None:
        return nullcontext()
    from index_store.on_ray.connecting import connected

    return connected(ray, embedder, partial(SentenceEmbedder, settings.embedder, settings.precision))


def is_empty(settings: Settings) -> bool:
    """Tell whether the library holds no paper.  This and what lists raises ``LibraryDamaged`` for a lost catalogue."""
    with _catalogue(settings) as catalogue:
        return len(catalogue) == 0


def all_papers(settings: Settings, query: str, scope: Scope) -> list[Paper]:
    """List every paper inside ``scope`` whose title or authors contain ``query``."""
    with _catalogue(settings) as catalogue:
        found, _ = catalogue.papers(limit=-1, query=query, scope=scope)
        return found


def removed_papers(settings: Settings) -> list[Removed]:
    """List the papers that were removed and can come back, the last removed first."""
    with _catalogue(settings) as catalogue:
        return removal.removed(catalogue)


def remove_papers(settings: Settings, paper_ids: Sequence[str]) -> list[Removed]:
    """Remove papers.  Raises ``InputError``, before any is removed, where the library does not hold one of them."""
    with _catalogue(settings) as catalogue:
        _refuse_unknown(paper_ids, [each for each in paper_ids if catalogue.number(each)], "")
    gone = _changed(settings, removal.remove, paper_ids)
    return [each for each in removed_papers(settings) if each.id in gone]


def restore_papers(settings: Settings, paper_ids: Sequence[str]) -> list[Removed]:
    """Bring papers back.  Raises ``InputError``, before any is back, where one of them was not removed."""
    known = [each for each in removed_papers(settings) if each.id in paper_ids]
    _refuse_unknown(paper_ids, [each.id for each in known], " --removed")
    _changed(settings, removal.restore, paper_ids)
    return known


def part_papers(settings: Settings, change: Callable[[Shelf, Progress], list[Paper]]) -> list[Paper]:
    """Take a paper apart, make one of two, or take that back (see ``parting``); gives the papers that came of it."""
    embedder = open_embedder(settings)
    with (
        writing(settings.library),
        bars() as progress,
        closing(open_mended(settings.library, embedder, settings.chroma)) as shelf,
    ):
        return change(shelf, progress)


@contextmanager
def _catalogue(settings: Settings) -> Iterator[Catalogue]:
    refuse_lost(settings.library)
    with closing(Catalogue(place_of(settings.library) / "catalogue.sqlite3")) as catalogue:
        yield catalogue


def _refuse_unknown(paper_ids: Sequence[str], known: Sequence[str], listing: str) -> None:
    for each in paper_ids:
        if each not in known:
            raise InputError(
                f"There is no paper with the id {each!r}: `citewell papers{listing} --json` lists the ids."
            )


def _changed(
    settings: Settings, change: Callable[[Shelf, Sequence[str], Progress], list[str]], paper_ids: Sequence[str]
) -> list[str]:
    embedder = open_embedder(settings)
    with (
        writing(settings.library),
        bars() as progress,
        closing(open_mended(settings.library, embedder, settings.chroma)) as shelf,
    ):
        done = change(shelf, paper_ids, progress)
    prepare_judge(settings, embedder)
    return done
