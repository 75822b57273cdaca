"""What a library was built with, in a small JSON file that is written last and checked on every opening.

Its absence means that no build has finished yet; a difference from the settings in force is refused, because vectors of
two models do not mix.  Knows no database and no model.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from index_store.errors import LibraryDamaged, LibraryMismatch, StorageError

FORMAT = 1  # of the library folder as a whole
CHUNKING = 1  # raise it when the rules of ``chunking`` or ``sentences`` change, or how texts are joined for embedding


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what is in the indexes for a given paper."""

    format: int
    chunking: int
    embedder: str
    embedder_digest: str
    dim: int
    max_tokens: int

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Manifest:
    """The recipe and what came of it.  ``digest`` is the library's content digest; ``written_at`` is ISO 8601, UTC."""

    recipe: Recipe
    papers: int
    passages: int
    digest: str
    written_at: str


def read(path: Path) -> Manifest | None:
    """Read a manifest, None where there is none.  Raises ``LibraryDamaged`` where it is not one."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return Manifest(**{**data, "recipe": Recipe(**data["recipe"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise LibraryDamaged(f"{path} is not a manifest ({exc}). Run `citewell doctor --repair`.") from exc


def write(path: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step: after a power cut there is the old one or the new one."""
    draft = path.with_suffix(".tmp")
    try:
        with draft.open("w", encoding="utf-8") as stream:
            json.dump(asdict(manifest), stream, indent=2)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    except OSError as exc:
        draft.unlink(missing_ok=True)
        raise StorageError(
            f"{path} cannot be written: {exc.strerror}. Free some space or mend its permissions."
        ) from exc


def refuse_mismatch(found: Recipe, wanted: Recipe, folder: Path) -> None:
    """Raise ``LibraryMismatch`` when a library was built with another recipe than the one in force."""
    if found == wanted:
        return
    if found.format > wanted.format:
        raise LibraryMismatch(f"The library in {folder} is from a newer Citewell. Run `pip install -U citewell`.")
    if found.embedder != wanted.embedder:
        raise LibraryMismatch(
            f"The library in {folder} was built with the embedder {found.embedder}, the settings say {wanted.embedder}."
            f" Set CITEWELL_EMBEDDER={found.embedder}, or run `citewell index --rebuild`."
        )
    changed = [name for name in Recipe.__dataclass_fields__ if getattr(found, name) != getattr(wanted, name)]
    raise LibraryMismatch(
        f"The library in {folder} was built with another {' and '.join(changed).replace('_', ' ')}."
        " Run `citewell index --rebuild`."
    )


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder to sync it
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
