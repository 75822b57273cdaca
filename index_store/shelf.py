"""The parts of one library folder, opened together.

    FOLDER/catalogue.sqlite3   the papers; the truth
    FOLDER/vectors/            Chroma, or where on a Chroma server the vectors are
    FOLDER/lexical/            the BM25 index
    FOLDER/tokens/             the token codes for late interaction
    FOLDER/manifest.json       what it was built with, written last
    FOLDER/write.lock          held by the one process that writes
    FOLDER/edition-N/          the same parts once more, made by a rebuild
    FOLDER/edition-N/published there once that edition may be used

The newest published edition is the library; where there is none, the parts in FOLDER itself are.  So one small file
appears, and readers have the new library: nothing is renamed, no moment is without a library, the lock stays where it
is, and files that a server has open (which Windows would not let go of) are left alone.

Knows where the parts are and whether they belong together; knows neither how to build nor how to search.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from index_store import manifest
from index_store.catalogue import Catalogue
from index_store.counting import counted
from index_store.errors import CitewellError, LibraryDamaged, LibraryLocked, StorageError
from index_store.lexical import TantivyLexical
from index_store.manifest import Recipe
from index_store.protocols import Embedder, LexicalIndex, TokenIndex, VectorIndex
from index_store.servers import ChromaServer
from index_store.tokens import SqliteTokens
from index_store.vector_server import open_vectors

PUBLISHED = "published"

_RECIPE = "recipe"
_EDITION = re.compile(r"edition-(\d+)")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The open parts of the library in ``folder``, the embedder that goes with them, the server they use."""

    folder: Path
    catalogue: Catalogue
    vectors: VectorIndex
    lexical: LexicalIndex
    tokens: TokenIndex
    embedder: Embedder
    server: ChromaServer | None = None

    @property
    def place(self) -> Path:
        """Where the parts lie: ``folder``, or an edition in it."""
        return self.catalogue.db.path.parent

    @property
    def manifest_path(self) -> Path:
        return self.place / "manifest.json"

    @property
    def recipe(self) -> Recipe:
        return recipe_of(self.embedder)

    def close(self) -> None:
        self.tokens.close()
        self.lexical.close()
        self.vectors.close()
        self.catalogue.close()


def recipe_of(embedder: Embedder) -> Recipe:
    return Recipe(manifest.FORMAT, manifest.CHUNKING, embedder.name, embedder.digest, embedder.dim, embedder.max_tokens)


def editions(folder: Path) -> dict[int, Path]:
    """Give the editions in a library folder by number, newest first, with those that are not published."""
    try:
        found = [(_EDITION.fullmatch(place.name), place) for place in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as exc:
        raise StorageError(f"{folder} cannot be read: {exc.strerror}. Mend its permissions.") from exc
    return dict(sorted(((int(named[1]), place) for named, place in found if named), reverse=True))


def place_of(folder: Path) -> Path:
    """Give the folder where the parts of a library lie: its newest published edition, else itself."""
    return next((place for place in editions(folder).values() if (place / PUBLISHED).exists()), folder)


def open_shelf(folder: Path, embedder: Embedder, server: ChromaServer | None = None) -> Shelf:
    """Open a library folder, making it where it is absent.

    With ``server``, its vectors are there.  Where rebuilds replace the edition while it is opened, the newer one is
    opened instead.  Raises ``LibraryMismatch``, ``LibraryDamaged``, ``StorageError`` or ``VectorServerError``.
    """
    _make(folder)
    while True:
        place = place_of(folder)
        try:
            shelf = _open_place(folder, place, embedder, server)
        except CitewellError:
            if place_of(folder) == place:
                raise
        else:
            if place_of(folder) == place:
                return shelf
            shelf.close()


def built_with(folder: Path, catalogue: Catalogue) -> Recipe | None:
    """Give the recipe of a library, also of one whose first build has not finished.  None when it is empty."""
    finished = manifest.read(folder / "manifest.json")
    if finished is not None:
        return finished.recipe
    begun = catalogue.meta(_RECIPE)
    return None if begun is None else Recipe.from_json(begun, catalogue.db.path)


def note_recipe(catalogue: Catalogue, embedder: Embedder) -> None:
    """Write down what a build uses before it begins, so that a killed one is completed with the same."""
    catalogue.set_meta(_RECIPE, recipe_of(embedder).to_json())


def refuse_newer(folder: Path) -> None:
    """Raise ``LibraryMismatch`` where a newer Citewell made the library, before anything of it is opened or changed."""
    with suppress(LibraryDamaged):  # no reason to keep a broken one from being mended
        manifest.read(folder / "manifest.json")


def refuse_lost(folder: Path) -> None:
    """Raise ``LibraryDamaged`` where the catalogue of a library that was built is gone: that is no empty library.

    ``citewell index`` does not ask: with the files at hand it makes another.  Raises ``StorageError`` where ``folder``
    is none.
    """
    if folder.exists() and not folder.is_dir():
        raise StorageError(f"{folder} is not a folder. Move it away, or choose another --home.")
    place = place_of(folder)
    file = place / "catalogue.sqlite3"
    if file.exists() and file.stat().st_size:
        return
    try:
        built = manifest.read(place / "manifest.json")
    except LibraryDamaged:  # it says nothing
        return
    if built is not None and built.papers:
        raise LibraryDamaged(
            f"{file} is {'empty' if file.exists() else 'gone'}, which held {counted(built.papers, 'paper')}. Bring a"
            " backup back with `citewell restore FILE --force`, or read your files again with `citewell index FILE...`."
        )


def discard(folder: Path, *parts: str) -> None:
    """Remove parts of a library.  Each is gone in one step: a killed removal leaves no half of an index to be opened.

    Raises ``StorageError``.
    """
    remains = folder / "discarded"
    try:
        for part in parts:
            _remove(remains)  # what a killed removal left
            with suppress(FileNotFoundError):
                (folder / part).rename(remains)
            _remove(remains)
    except OSError as exc:
        raise StorageError(f"{folder} cannot be changed: {exc.strerror}. Mend its permissions.") from exc


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the library's write lock.  Raises ``LibraryLocked`` when another process has it; a killed one does not."""
    _make(folder)
    lock = FileLock(folder / "write.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as exc:
        raise LibraryLocked(
            f"Another process is writing to the library in {folder}. Wait until it has finished, then run this again."
        ) from exc
    except (OSError, NotImplementedError) as exc:  # NotImplementedError: a file system without locks
        raise StorageError(f"{folder} cannot be locked for writing: {exc}. Choose another --home.") from exc
    try:
        yield
    finally:
        lock.release()


def _open_place(folder: Path, place: Path, embedder: Embedder, server: ChromaServer | None) -> Shelf:
    refuse_newer(place)
    catalogue = Catalogue(place / "catalogue.sqlite3")
    try:
        found = built_with(place, catalogue)
        if found is not None:
            manifest.refuse_mismatch(found, recipe_of(embedder), folder)
        lexical = TantivyLexical(place / "lexical")  # holds no file open, so there is nothing to close on failure
        tokens = SqliteTokens(place / "tokens" / "tokens.sqlite3", embedder.dim)
        try:
            vectors = open_vectors(place / "vectors", embedder.dim, server)
            return Shelf(folder, catalogue, vectors, lexical, tokens, embedder, server)
        except BaseException:
            tokens.close()
            raise
    except BaseException:
        catalogue.close()
        raise


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StorageError(f"{folder} cannot be made: {exc.strerror}. Choose another --home.") from exc
