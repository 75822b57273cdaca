"""Collections by hand: giving one another name, and taking the name off its papers.  The papers stay.

Needs no index: a collection is a label in the catalogue.  Knows no file and no search.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from index_store.catalogue import Catalogue
from index_store.errors import InputError
from index_store.shelf import place_of, writing

MAX_NAME = 80


def clean_name(text: str) -> str:
    """Give a collection's name as it is kept: on one line, white space ironed out.  Raises ``InputError``."""
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not name:
        raise InputError("A collection needs a name. Type one.")
    if len(name) > MAX_NAME:
        raise InputError(f"A collection's name may have {MAX_NAME} characters, not {len(name):,}. Shorten it.")
    return name


def rename_collection(folder: Path, old: str, new: str) -> int:
    """Give a collection another name, that of another collection to unite the two; gives how many papers it had.

    Raises ``LibraryLocked`` while a run is under way, and ``InputError`` for a name that is none.
    """
    name = clean_name(new)
    with _catalogue(folder) as catalogue:
        found = catalogue.collections().get(old, 0)
        if name != old:
            catalogue.db.run("UPDATE OR IGNORE memberships SET collection = ? WHERE collection = ?", name, old)
            catalogue.db.run("DELETE FROM memberships WHERE collection = ?", old)
    return found


def remove_collection(folder: Path, name: str) -> int:
    """Take a collection's name off its papers; gives how many it had.  Raises ``LibraryLocked`` while a run goes on."""
    with _catalogue(folder) as catalogue:
        found = catalogue.collections().get(name, 0)
        catalogue.db.run("DELETE FROM memberships WHERE collection = ?", name)
    return found


@contextmanager
def _catalogue(folder: Path) -> Iterator[Catalogue]:
    """Open the catalogue for one change."""
    with (
        writing(folder),
        closing(Catalogue(place_of(folder) / "catalogue.sqlite3")) as catalogue,
        catalogue.transaction(),
    ):
        yield catalogue
