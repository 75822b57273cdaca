"""The parts of one library folder, opened together.

    FOLDER/catalogue.sqlite3   the papers; the truth
    FOLDER/vectors/            Chroma
    FOLDER/lexical/            the BM25 index
    FOLDER/manifest.json       what it was built with, written last
    FOLDER/write.lock          held by the one process that writes

Knows where the parts are and whether they belong together; knows neither how to build nor how to search.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from index_store import manifest
from index_store.catalogue import Catalogue
from index_store.errors import LibraryLocked, StorageError
from index_store.lexical import TantivyLexical
from index_store.manifest import Recipe
from index_store.protocols import Embedder, LexicalIndex, VectorIndex
from index_store.vectors import ChromaVectors

_RECIPE = "recipe"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The open parts of a library and the embedder that goes with them."""

    folder: Path
    catalogue: Catalogue
    vectors: VectorIndex
    lexical: LexicalIndex
    embedder: Embedder

    @property
    def manifest_path(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def recipe(self) -> Recipe:
        return recipe_of(self.embedder)

    def close(self) -> None:
        self.lexical.close()
        self.vectors.close()
        self.catalogue.close()


def recipe_of(embedder: Embedder) -> Recipe:
    return Recipe(manifest.FORMAT, manifest.CHUNKING, embedder.name, embedder.digest, embedder.dim, embedder.max_tokens)


def open_shelf(folder: Path, embedder: Embedder, *, check: bool = True) -> Shelf:
    """Open a library folder, making it where it is absent.

    ``check`` off skips the comparison with the recipe, for a rebuild.  Raises ``LibraryMismatch``, ``LibraryDamaged``
    or ``StorageError``.
    """
    _make(folder)
    catalogue = Catalogue(folder / "catalogue.sqlite3")
    try:
        found = built_with(folder, catalogue)
        if check and found is not None:
            manifest.refuse_mismatch(found, recipe_of(embedder), folder)
        dim = embedder.dim if found is None or check else found.dim
        vectors = ChromaVectors(folder / "vectors", dim)
        try:
            return Shelf(folder, catalogue, vectors, TantivyLexical(folder / "lexical"), embedder)
        except BaseException:
            vectors.close()
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
    return None if begun is None else Recipe.from_json(begun)


def note_recipe(shelf: Shelf) -> None:
    """Write down what a build uses before it begins, so that a killed one is completed with the same."""
    shelf.catalogue.set_meta(_RECIPE, shelf.recipe.to_json())


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
    except OSError as exc:
        raise StorageError(f"{folder} cannot be written: {exc.strerror}. Choose another --home.") from exc
    try:
        yield
    finally:
        lock.release()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StorageError(f"{folder} cannot be made: {exc.strerror}. Choose another --home.") from exc
