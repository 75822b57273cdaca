"""Reading papers into a library from the command line: the lock, the progress bar, the starter library.

Knows no page.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from index_store import starter
from index_store.build import IndexReport, index_entries, index_paths
from index_store.catalogue import Catalogue
from index_store.doctor import open_mended
from index_store.shadow import tidy
from index_store.shelf import place_of, writing
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
) -> IndexReport:
    """Read ``paths``, or the starter library, into the library."""
    embedder = open_embedder(settings)
    with writing(settings.library), bars() as progress:
        tidy(settings.library)
        with closing(open_mended(settings.library, embedder)) as shelf:
            if with_starter:
                report = index_entries(shelf, starter.entries(), starter.COLLECTION, progress)
            else:
                report = index_paths(shelf, paths, collection, progress)
    prepare_judge(settings, embedder)
    return report


def is_empty(settings: Settings) -> bool:
    """Tell whether the library holds no paper."""
    with closing(Catalogue(place_of(settings.library) / "catalogue.sqlite3")) as catalogue:
        return len(catalogue) == 0


def all_papers(settings: Settings, query: str, scope: Scope) -> list[Paper]:
    """List every paper inside ``scope`` whose title or authors contain ``query``."""
    with closing(Catalogue(place_of(settings.library) / "catalogue.sqlite3")) as catalogue:
        found, _ = catalogue.papers(limit=-1, query=query, scope=scope)
        return found
