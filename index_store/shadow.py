"""A rebuild: a new edition is made beside the old one, which goes on answering, and published in one step or dropped.

A shadow is an edition without its mark (see ``shelf``): a copy of the catalogue with new cuts and new indexes.  Killed
at any moment, a rebuild leaves the old library or the new one; a shadow that it left is removed by the next run or by a
repair.  The library before the last rebuild is kept until the next one begins, so there are never more than two on the
disk, and ``roll_back`` brings it back.  Knows no question: whether a shadow is good enough, the caller decides.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from index_store import durable, manifest
from index_store.build import IndexReport, Progress, begin_afresh, publish, silent
from index_store.catalogue import Catalogue
from index_store.engine import Engine
from index_store.errors import LibraryDamaged, LibraryError, StorageError
from index_store.manifest import Manifest
from index_store.protocols import Embedder
from index_store.servers import ChromaServer
from index_store.shelf import PUBLISHED, discard, editions, open_shelf, place_of, refuse_lost, refuse_newer

# Called with the folder of a finished shadow, which opens like a library; raises to keep it from being published.
Examine = Callable[[Path], None]

# In the order of removal: without its catalogue the rest is no library.
_PARTS = ("catalogue.sqlite3", "catalogue.sqlite3-wal", "catalogue.sqlite3-shm")
_INDEXES = ("manifest.json", "vectors", "lexical", "tokens")


def any_will_do(_shadow: Path) -> None:
    """Publish every shadow."""


def rebuild(
    folder: Path,
    embedder: Embedder,
    progress: Progress = silent,
    examine: Examine = any_will_do,
    server: ChromaServer | None = None,
    engine: Engine | None = None,
) -> IndexReport:
    """Make the indexes again from the catalogue and publish them.  The caller holds the write lock.

    ``engine`` cuts and embeds; None does that in this process.

    Works also where the library's indexes do not open, are another embedder's, or lie elsewhere than on ``server``.
    Whatever is raised, by ``examine`` or by a failure, leaves the library as it was.  Raises ``LibraryMismatch`` where
    a newer Citewell made it, ``LibraryDamaged`` where there is nothing to make them from.
    """
    started = time.monotonic()
    refuse_lost(folder)
    place = place_of(folder)
    refuse_newer(place)
    shadow = _new_edition(folder)  # numbered before others are removed: a number is given once
    tidy(folder, keep=1)
    try:
        _copy_catalogue(place, shadow)
        papers, passages = _fill(shadow, embedder, progress, server, engine)
        examine(shadow)
        _publish(shadow)
    except BaseException:
        with suppress(StorageError):  # what cannot be removed now, the next run removes
            discard(folder, shadow.name)
        raise
    return IndexReport(0, 0, 0, 0, 0, (), papers, passages, round(time.monotonic() - started, 3))


def roll_back(folder: Path) -> Manifest:
    """Bring back the library from before the last rebuild; tells what it was built with.  The caller holds the lock.

    Raises ``LibraryError`` where there is none, or where papers came, went or changed since: they are not in it.
    """
    now, *earlier = _libraries(folder)
    found = manifest.read(earlier[0] / "manifest.json") if earlier else None
    if found is None:
        raise LibraryError(
            f"The library in {folder} has no earlier state to go back to: only the one before the last"
            " `citewell index --rebuild` is kept."
        )
    with closing(Catalogue(now / "catalogue.sqlite3")) as catalogue:
        if catalogue.digest() != found.digest:
            raise LibraryError(
                f"Papers in {folder} have changed since the rebuild, and going back would lose that."
                f" Set CITEWELL_EMBEDDER={found.recipe.embedder} and run `citewell index --rebuild` instead."
            )
    _withdraw(now)
    return found


def tidy(folder: Path, keep: int = 2) -> None:
    """Remove shadows, and all but the ``keep`` newest libraries.  The caller holds the write lock.

    What another process keeps from being removed stays for the next time.
    """
    kept = _libraries(folder)[:keep]
    with suppress(StorageError):
        discard(folder, "discarded")  # the rest of a removal that was killed
    for place in editions(folder).values():
        if place not in kept:
            with suppress(StorageError):
                _withdraw(place)
                discard(folder, place.name)
    if folder not in kept:
        with suppress(StorageError):
            discard(folder, *_PARTS, *_INDEXES)


def _libraries(folder: Path) -> list[Path]:
    """Give where the libraries lie that are kept in ``folder``: the one in use, then the earlier ones."""
    found = [place for place in editions(folder).values() if (place / PUBLISHED).exists()]
    if not found or (folder / "catalogue.sqlite3").exists():
        found.append(folder)
    return found


def _new_edition(folder: Path) -> Path:
    """Name an edition newer than all others.

    By the time in milliseconds, so that a server, which sees by the name that the library was replaced, never meets
    the name of an edition that is gone.
    """
    newest = max(editions(folder), default=0)
    return folder / f"edition-{max(newest + 1, time.time_ns() // 1_000_000)}"


def _copy_catalogue(place: Path, shadow: Path) -> None:
    with closing(Catalogue(place / "catalogue.sqlite3")) as catalogue:
        if trouble := catalogue.db.check():
            raise LibraryDamaged(
                f"{catalogue.db.path} is damaged ({trouble}). Move it away and read your files again with"
                " `citewell index`."
            )
        catalogue.db.copy_to(shadow / "catalogue.sqlite3")


def _fill(
    shadow: Path, embedder: Embedder, progress: Progress, server: ChromaServer | None, engine: Engine | None
) -> tuple[int, int]:
    """Make the indexes of a copied catalogue; gives how many papers and passages they hold."""
    with closing(Catalogue(shadow / "catalogue.sqlite3")) as catalogue:
        begin_afresh(catalogue, embedder)
    with closing(open_shelf(shadow, embedder, server)) as shelf:
        publish(shelf, progress, engine)
        return len(shelf.catalogue), shelf.catalogue.passage_count()


def _publish(shadow: Path) -> None:
    try:
        durable.sync_folder(shadow.parent)  # the mark must not reach the disk before what it vouches for
        with (shadow / PUBLISHED).open("xb") as mark:
            os.fsync(mark.fileno())
        durable.sync_folder(shadow)
    except OSError as exc:
        raise StorageError(f"{shadow} cannot be written: {exc.strerror}. Free some space and run it again.") from exc


def _withdraw(place: Path) -> None:
    try:
        (place / PUBLISHED).unlink(missing_ok=True)
        durable.sync_folder(place)
    except OSError as exc:
        raise StorageError(f"{place} cannot be changed: {exc.strerror}. Mend its permissions.") from exc
