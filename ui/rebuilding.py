"""Rebuilding a library under guard: what the new indexes find is compared with what the old ones found.

The comparison is recall@5 of a question file by plain search (``eval.guard``).  Knows no page.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from eval.errors import RecallFell
from eval.guard import Check, check_library, has_fallen
from eval.questions import read_questions
from index_store.build import IndexReport
from index_store.catalogue import Catalogue
from index_store.embedding import SentenceEmbedder
from index_store.errors import EmbedderError, LibraryError
from index_store.library import Library
from index_store.manifest import Manifest
from index_store.protocols import Embedder
from index_store.servers import ChromaServer
from index_store.shadow import rebuild, roll_back
from index_store.shelf import built_with, open_shelf, place_of, refuse_lost, writing
from index_store.vector_server import on_server
from rag.assemble import open_embedder, prepare_judge
from rag.settings import Settings
from ui.indexing import engine_on
from ui.progress import bars

OpenEmbedder = Callable[[str], Embedder]


@dataclass(frozen=True, slots=True)
class Guard:
    """Questions whose recall@5, in [0, 1], may fall by at most ``margin``."""

    questions: Path
    margin: float


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did, how the new indexes were found to be where that was asked for, and that in a sentence."""

    report: IndexReport
    before: Check | None = None
    check: Check | None = None
    conclusion: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON document of ``citewell index --rebuild --json``."""
        document = self.report.to_dict()
        if self.before and self.check:
            recalls = {"before": self.before.recall, "after": self.check.recall}
            document["check"] = {"questions": self.check.questions, "recall@5": recalls}
        return document


def rebuild_library(settings: Settings, guard: Guard | None, ray: str | None = None) -> Rebuilt:
    """Make the indexes again with the embedder in force.  Raises ``RecallFell`` where the guard keeps the old ones.

    ``ray``: the address of the cluster that embeds, see ``engine_on``.
    """
    embedder = open_embedder(settings)
    with writing(settings.library), engine_on(ray, settings, embedder) as engine, bars() as progress:
        if guard is None:
            done = Rebuilt(rebuild(settings.library, embedder, progress, server=settings.chroma, engine=engine))
        else:
            done = rebuild_guarded(
                settings.library,
                embedder,
                guard,
                lambda name: SentenceEmbedder(name, settings.precision),
                settings.chroma,
                partial(rebuild, progress=progress, engine=engine),
            )
    prepare_judge(settings, embedder)
    return done


def rebuild_guarded(
    folder: Path,
    embedder: Embedder,
    guard: Guard,
    open_other: OpenEmbedder,
    server: ChromaServer | None = None,
    remake: Callable[..., IndexReport] = rebuild,
) -> Rebuilt:
    """Make the indexes again; ``open_other`` gives the embedder of the old ones by name, where it is another.

    ``remake``: ``rebuild``, or that with who does the work and who is told of it.  The caller holds the write lock.
    Raises ``RecallFell``, which leaves the old library as it was.
    """
    read_questions(guard.questions)  # a wrong name is told now, not after hours
    before = _before(folder, guard.questions, embedder, open_other, server)
    if isinstance(before, str):
        return Rebuilt(remake(folder, embedder, server=server), conclusion=before)
    checks: list[Check] = []

    def examine(shadow: Path) -> None:
        with closing(Library.open(shadow, embedder, server=server)) as library:
            after = check_library(guard.questions, library)
        if has_fallen(before, after, guard.margin):
            raise RecallFell(_fell(before, after, guard, folder))
        checks.append(after)

    report = remake(folder, embedder, examine=examine, server=server)
    [after] = checks
    conclusion = f"recall@5 of {after.questions:,} questions: {before.recall:.3f} before, {after.recall:.3f} now."
    return Rebuilt(report, before, after, conclusion)


def roll_back_library(settings: Settings) -> Manifest:
    """Bring back the library from before the last rebuild."""
    with writing(settings.library):
        return roll_back(settings.library)


def _before(
    folder: Path, questions: Path, embedder: Embedder, open_other: OpenEmbedder, server: ChromaServer | None
) -> Check | str:
    """Measure the old library, or say in a sentence why there is nothing to compare with."""
    refuse_lost(folder)  # before it is opened, which would make another
    place = place_of(folder)
    try:
        with closing(Catalogue(place / "catalogue.sqlite3")) as catalogue:
            recipe = built_with(place, catalogue)
        if recipe is None:
            return "There was nothing to compare with: the library was empty."
        own = embedder if recipe.embedder == embedder.name else open_other(recipe.embedder)
        with closing(Library(open_shelf(folder, own, _where(place, server)))) as library:
            return check_library(questions, library)
    except (LibraryError, EmbedderError) as exc:
        return f"There was nothing to compare with, for the old indexes could not be asked: {exc}"


def _where(place: Path, server: ChromaServer | None) -> ChromaServer | None:
    """Give the server for the old vectors; None where they lie beside the papers still."""
    return server if on_server(place / "vectors") else None


def _fell(before: Check, after: Check, guard: Guard, folder: Path) -> str:
    return (
        f"The new indexes find less, so the library in {folder} stays as it was: recall@5 of the {before.questions:,}"
        f" questions in {guard.questions} is {before.recall:.3f} there and would be {after.recall:.3f},"
        f" a fall of more than {guard.margin:g}; to have the new ones all the same, run `citewell index --rebuild`"
        " without --check."
    )
