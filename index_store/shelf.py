"""The parts of one library folder, opened together.

    FOLDER/catalogue.sqlite3   the papers; the truth
    FOLDER/vectors/            Chroma
    FOLDER/lexical/            the BM25 index
    FOLDER/tokens/             the token codes for late interaction
    FOLDER/manifest.json       what it was built with, written last
    FOLDER/write.lock          held by the one process that writes

Knows where the parts are and whether they belong together; knows neither how to build nor how to search.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from index_store import manifest
from index_store.catalogue import Catalogue
from index_store.errors import LibraryDamaged, LibraryLocked, StorageError
from index_store.lexical import TantivyLexical
from index_store.manifest import Recipe
from index_store.protocols import Embedder, LexicalIndex, TokenIndex, VectorIndex
from index_store.tokens import SqliteTokens
from index_store.vectors import ChromaVectors

_RECIPE = "recipe"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The open parts of a library and the embedder that goes with them."""

    folder: Path
    catalogue: Catalogue
    vectors: VectorIndex
    lexical: LexicalIndex
    tokens: TokenIndex
    embedder: Embedder

    @property
    def manifest_path(self) -> Path:
        return self.folder / "manifest.json"

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


def open_shelf(folder: Path, embedder: Embedder) -> Shelf:
    """Open a library folder, making it where it is absent.

    Raises ``LibraryMismatch``, ``LibraryDamaged`` or ``StorageError``.
    """
    _make(folder)
    refuse_newer(folder)
    catalogue = Catalogue(folder / "catalogue.sqlite3")
    try:
        found = built_with(folder, catalogue)
        if found is not None:
            manifest.refuse_mismatch(found, recipe_of(embedder), folder)
        lexical = TantivyLexical(folder / "lexical")  # holds no file open, so there is nothing to close on failure
        tokens = SqliteTokens(folder / "tokens" / "tokens.sqlite3", embedder.dim)
        try:
            return Shelf(folder, catalogue, ChromaVectors(folder / "vectors", embedder.dim), lexical, tokens, embedder)
        except BaseException:
            tokens.close()
            raise
    except BaseException:
        catalogue.close()
        raise


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
