"""What a library was built with, in a small JSON file that is written last and checked on every opening.

Its absence means that no build has finished yet; a difference from the settings in force is refused, because vectors of
two models do not mix.  Knows no database and no model.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from index_store.durable import replace_file
from index_store.errors import LibraryDamaged, LibraryMismatch, StorageError

FORMAT = 1  # of the library folder as a whole
CHUNKING = 1  # raise it when the rules of ``chunking`` or ``sentences`` change, or how texts are joined for embedding

# What reading and taking apart a text that is no manifest may raise.
_MALFORMED = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


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
    def from_json(cls, text: str, place: Path) -> Recipe:
        """Read a recipe noted in ``place``.  Raises ``LibraryMismatch`` or ``LibraryDamaged``."""
        try:
            return cls(**_checked(cls, json.loads(text), place.parent))
        except _MALFORMED as exc:
            raise LibraryDamaged(
                f"{place} does not say what the library was built with ({exc}). Run `citewell index --rebuild`."
            ) from exc


@dataclass(frozen=True, slots=True)
class Manifest:
    """The recipe and what came of it.  ``digest`` is the library's content digest; ``written_at`` is ISO 8601, UTC."""

    recipe: Recipe
    papers: int
    passages: int
    digest: str
    written_at: str


def read(path: Path) -> Manifest | None:
    """Read a manifest, None where there is none.

    Raises ``LibraryMismatch`` where it is of a newer format, ``LibraryDamaged`` where it is no manifest and
    ``StorageError`` where it cannot be read.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        recipe = Recipe(**_checked(Recipe, data["recipe"], path.parent))
        return Manifest(**_checked(Manifest, {**data, "recipe": recipe}, path.parent))
    except FileNotFoundError:
        return None
    except (*_MALFORMED, IsADirectoryError) as exc:
        raise LibraryDamaged(f"{path} is not a manifest ({exc}). Run `citewell doctor --repair`.") from exc
    except OSError as exc:
        raise StorageError(f"{path} cannot be read: {exc.strerror}. Mend its permissions.") from exc


def write(path: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step: after a power cut there is the old one or the new one."""
    replace_file(path, json.dumps(asdict(manifest), indent=2).encode())


def refuse_mismatch(found: Recipe, wanted: Recipe, folder: Path) -> None:
    """Raise ``LibraryMismatch`` when a library was built with another recipe than the one in force."""
    if found == wanted:
        return
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


def _checked(cls: type, data: Any, folder: Path) -> dict[str, Any]:
    """Give the fields of ``cls`` where ``data`` has them all with the right types; a newer format may have others."""
    if data.get("format", 0) > FORMAT:
        raise LibraryMismatch(f"The library in {folder} is from a newer Citewell. Run `pip install -U citewell`.")
    wrong = [f.name for f in fields(cls) if type(data.get(f.name)).__name__ != f.type]
    if wrong or len(data) != len(fields(cls)):
        raise ValueError(f"wrong: {', '.join(wrong) or 'unknown fields'}")
    return dict(data)
