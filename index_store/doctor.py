"""Is the library sound, and if not, what mends it.

Each part is examined by itself, so that one that is broken does not hide the others.  ``repair`` makes again what can
be made from the catalogue, whose papers it never touches.  Knows no page and no language model.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from index_store import build, manifest
from index_store.build import Progress, silent
from index_store.catalogue import Catalogue
from index_store.counting import holdings
from index_store.errors import CitewellError, LibraryDamaged, LibraryMismatch
from index_store.lexical import TantivyLexical
from index_store.protocols import Embedder
from index_store.servers import ChromaServer
from index_store.shadow import tidy
from index_store.shelf import Shelf, built_with, discard, open_shelf, place_of, recipe_of, refuse_lost, refuse_newer
from index_store.tokens import SqliteTokens
from index_store.vector_server import open_vectors, refuse_elsewhere

_SAMPLE = 1_000  # vectors that are read to see that the index has more than their ids


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one part; ``message`` ends with the way to mend it where it is not ``ok``."""

    part: str
    ok: bool
    message: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine(folder: Path, embedder: Embedder, server: ChromaServer | None = None) -> list[Finding]:
    """Examine every part of the library in ``folder``; changes nothing."""
    findings = [_finding("catalogue", lambda: _catalogue(folder))]
    folder = place_of(folder)
    if findings[0].ok and (folder / "catalogue.sqlite3").exists():
        findings += [
            _finding("manifest", lambda: _manifest(folder, embedder)),
            _finding("vectors", lambda: _compared(folder, "passages", _vector_ids(folder, embedder, server))),
            _finding("tokens", lambda: _compared(folder, "passages", _token_ids(folder, embedder))),
            _finding("lexical index", lambda: _compared(folder, "papers", _lexical_ids(folder))),
        ]
    return [*findings, _finding("embedder", lambda: _embedder(embedder))]


def repair(folder: Path, embedder: Embedder, progress: Progress = silent, server: ChromaServer | None = None) -> None:
    """Make again what can be made from the catalogue, and remove what a killed rebuild left.

    The caller holds the write lock.  Raises ``LibraryDamaged`` when the catalogue is broken or gone and
    ``LibraryMismatch`` when the library is another embedder's or a newer Citewell's or its vectors lie elsewhere; both
    leave everything as it was.
    """
    refuse_lost(folder)
    place = place_of(folder)
    refuse_newer(place)
    with closing(Catalogue(place / "catalogue.sqlite3")) as catalogue:
        _refuse_broken(catalogue)
        _drop_if_broken(place, "manifest.json", lambda: manifest.read(place / "manifest.json"))
        recipe = built_with(place, catalogue)
    if recipe is not None:
        manifest.refuse_mismatch(recipe, recipe_of(embedder), folder)
    _refuse_elsewhere(place, server)
    tidy(folder)
    _drop_broken_indexes(place, embedder, server)
    with closing(open_shelf(folder, embedder, server)) as shelf:
        build.begin(shelf)
        build.reconcile(shelf)
        build.publish(shelf, progress)


def open_mended(folder: Path, embedder: Embedder, server: ChromaServer | None = None) -> Shelf:
    """Open a library for a run; the caller holds the write lock.

    An index that does not open because a run was killed while it was written (Chroma saves its graph in place) is
    thrown away: the run makes it again.  Raises as ``open_shelf`` does, ``LibraryDamaged`` for any other damage.
    """
    try:
        return open_shelf(folder, embedder, server)
    except LibraryDamaged:
        place = place_of(folder)
        with closing(Catalogue(place / "catalogue.sqlite3")) as catalogue:
            if not build.was_cut_short(catalogue):
                raise
    _drop_broken_indexes(place, embedder, server)
    shelf = open_shelf(folder, embedder, server)
    build.reconcile(shelf)  # what was thrown away waits for the run, and until then answers say so
    return shelf


def _refuse_elsewhere(place: Path, server: ChromaServer | None) -> None:
    with suppress(LibraryDamaged):  # a broken record is no reason to leave it
        refuse_elsewhere(place / "vectors", server)


def _drop_broken_indexes(folder: Path, embedder: Embedder, server: ChromaServer | None) -> None:
    _drop_if_broken(folder, "vectors", lambda: _vector_ids(folder, embedder, server))
    _drop_if_broken(folder, "lexical", lambda: _lexical_ids(folder))
    _drop_if_broken(folder, "tokens", lambda: _token_ids(folder, embedder))


def _finding(part: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(part, True, look())
    except CitewellError as exc:
        return Finding(part, False, str(exc))


def _catalogue(folder: Path) -> str:
    refuse_lost(folder)
    file = place_of(folder) / "catalogue.sqlite3"
    if not file.exists():
        return "none yet: the library is empty"
    with closing(Catalogue(file)) as catalogue:
        _refuse_broken(catalogue)
        papers, passages, waiting = len(catalogue), catalogue.passage_count(), catalogue.waiting_count()
    if waiting:
        raise LibraryDamaged(
            f"{waiting:,} of {passages:,} passages are not indexed, since a run was cut short."
            " Run `citewell doctor --repair` to complete it."
        )
    return holdings(papers, passages)


def _refuse_broken(catalogue: Catalogue) -> None:
    if trouble := catalogue.db.check():
        raise LibraryDamaged(
            f"{catalogue.db.path} is damaged ({trouble}). Move it away and read your files again with `citewell index`."
        )


def _manifest(folder: Path, embedder: Embedder) -> str:
    with closing(Catalogue(folder / "catalogue.sqlite3")) as catalogue:
        recipe = built_with(folder, catalogue)
        if recipe is None:
            return "none yet: the library is empty"
        manifest.refuse_mismatch(recipe, recipe_of(embedder), folder)
        found = manifest.read(folder / "manifest.json")
        if found is None or found.digest != catalogue.digest():
            raise LibraryDamaged("The last run did not finish. Run `citewell doctor --repair` to complete it.")
    return f"written {found.written_at}, digest {found.digest[:12]}"


def _vector_ids(folder: Path, embedder: Embedder, server: ChromaServer | None) -> set[int]:
    with closing(open_vectors(folder / "vectors", embedder.dim, server)) as vectors:
        held = vectors.ids()
        vectors.get(sorted(held)[:: len(held) // _SAMPLE + 1])
        return held


def _token_ids(folder: Path, embedder: Embedder) -> set[int]:
    with closing(SqliteTokens(folder / "tokens" / "tokens.sqlite3", embedder.dim)) as tokens:
        held = tokens.ids()
        tokens.get(sorted(held)[:: len(held) // _SAMPLE + 1])
        return held


def _lexical_ids(folder: Path) -> set[int]:
    with closing(TantivyLexical(folder / "lexical")) as lexical:
        return lexical.ids()


def _compared(folder: Path, what: Literal["passages", "papers"], held: set[int]) -> str:
    with closing(Catalogue(folder / "catalogue.sqlite3")) as catalogue:
        wanted = set(catalogue.passage_table()[:, 0 if what == "passages" else 1].tolist())
    if held != wanted:
        raise LibraryDamaged(
            f"{len(wanted - held):,} {what} are missing and {len(held - wanted):,} are left over."
            " Run `citewell doctor --repair`."
        )
    return f"{len(held):,} {what}"


def _embedder(embedder: Embedder) -> str:
    row = embedder.encode(["A sound model gives a vector of length one."])
    return f"{embedder.name}, {row.shape[1]} dimensions, {embedder.max_tokens} tokens"


def _drop_if_broken(folder: Path, part: str, look: Callable[[], object]) -> None:
    try:
        look()
    except (LibraryDamaged, LibraryMismatch):  # vectors of another length: the recipe has been compared before
        discard(folder, part)
