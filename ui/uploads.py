"""Files that were dragged in: kept under ``HOME/uploads``, so that a paper's source stays a file that can be opened.

    HOME/arriving/…                    while it comes in; Gradio's
    HOME/uploads/waiting/RANDOM/NAME   until it is read; each in a place of its own, also where two bring one content
    HOME/uploads/SHELF-N/NAME          where it stays; SHELF stands for who brought it, and into which collection

A file of the name of one that the same user has put into the same collection before is a new edition of that one, and
takes its place, where the two share papers; then entries that were edited replace what they said before.  Files that
only happen to have one name ("export.bib") are kept apart, for their entries may have the same ids.  Names are not
trusted.  A file of which nothing was read is removed, and the edition before it is back.  Knows no page and no format.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from index_store.errors import InputError, StorageError
from index_store.identity import entry_keys
from index_store.readers import read
from index_store.types import Entry

MOST_FILES = 50
MOST_BYTES = 200 * 1024 * 1024
_DIGITS = 12
_MAX_NAME = 100
_COMPARED = 5_000  # entries of each of two files
_FORGOTTEN = 24 * 3600.0  # seconds: what lies longer than this where files arrive or wait belongs to no running server
_SHARED = 0.5  # of the entries of the smaller file, for the two to be editions of one
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\s]+')


def clean_file_name(name: str) -> str:
    """Give a name that is safe on any disk and on any page: its last part, printable, not hidden, not long."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    printable = "".join(c for c in last if c.isprintable())
    whole = _NOT_IN_NAMES.sub("-", printable).strip("-. ")
    stem, dot, suffix = whole.rpartition(".")
    if not dot:
        return whole[:_MAX_NAME] or "upload"
    return f"{stem[: _MAX_NAME - len(suffix) - 1]}.{suffix}" if len(suffix) < 10 else whole[:_MAX_NAME]


@dataclass(frozen=True, slots=True)
class Settled:
    """An upload in the place where it stays; ``former`` is the edition before it, until ``conclude``."""

    place: Path
    former: Path | None = None

    def conclude(self, *, was_read: bool) -> None:
        """Let the former edition go, or this one where nothing of it was read."""
        if was_read and self.former is not None:
            with suppress(OSError):
                self.former.unlink(missing_ok=True)
        elif not was_read and self.former is not None:
            with suppress(OSError):
                self.former.replace(self.place)
        elif not was_read:
            let_go(self.place)


def keep(home: Path, uploaded: Path, name: str) -> Path:
    """Move an uploaded file to where it waits to be read, and give that place.

    Raises ``InputError`` where it is empty, larger than ``MOST_BYTES`` or gone, ``StorageError``; the upload is gone
    then.
    """
    shown = clean_file_name(name)
    place = home / "uploads" / "waiting" / secrets.token_hex(_DIGITS // 2) / shown
    try:
        size = uploaded.stat().st_size
        if not 0 < size <= MOST_BYTES:
            raise InputError(f"{shown} is empty." if not size else _too_large(shown, size))
        place.parent.mkdir(parents=True)
        shutil.move(uploaded, place)
    except FileNotFoundError as exc:  # where files arrive, one content has one place: another may have been quicker
        raise InputError(f"{shown} was added just now, or waited for too long. Choose it again.") from exc
    except OSError as exc:
        let_go(place)
        raise StorageError(f"{shown} cannot be kept in {home / 'uploads'}: {exc.strerror}. Free some space.") from exc
    finally:
        let_go(uploaded)
    return place


def settle(home: Path, waiting: Path, by: str, collection: str | None, taken: Collection[Path] = ()) -> Settled:
    """Move a file to where it stays: the place of the edition before it, or one of its own.

    ``taken`` are the places of files that came together with it: of two of one name none is an edition of the other.
    Raises ``StorageError``.
    """
    shelf = hashlib.sha256(json.dumps([by, collection]).encode()).hexdigest()[:_DIGITS]
    try:
        held = {place for place in (home / "uploads").glob(f"{shelf}-*") if (place / waiting.name).is_file()}
        known = [folder / waiting.name for folder in sorted(held) if folder / waiting.name not in taken]
        place = next((former for former in known if _are_editions(former, waiting)), None)
        former = None
        if place is not None:
            former = place.with_name(f".{place.name}.before")
            place.replace(former)
        else:
            free = next(n for n in range(1, len(held) + 2) if home / "uploads" / f"{shelf}-{n}" not in held)
            place = home / "uploads" / f"{shelf}-{free}" / waiting.name
            place.parent.mkdir(parents=True, exist_ok=True)
        waiting.replace(place)
    except OSError as exc:
        raise StorageError(f"{waiting.name} cannot be kept in {home / 'uploads'}: {exc.strerror}.") from exc
    let_go(waiting)
    return Settled(place, former)


def let_go(file: Path) -> None:
    """Remove a file and the folder it had for itself."""
    with suppress(OSError):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        file.parent.rmdir()  # refuses where something else lies in it


def make_room(home: Path) -> None:
    """Make the folders where files arrive and stay; others of this machine cannot look into them."""
    for folder in (home / "arriving", home / "uploads"):
        with suppress(OSError):  # what cannot be made or is another's: whoever brings a file is told
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)


def sweep(home: Path) -> None:
    """Remove what servers that were killed left where files arrive and wait: nobody will read it any more."""
    for root in (home / "arriving", home / "uploads" / "waiting"):
        for folder, _, names in os.walk(root):
            for file in (Path(folder, name) for name in names):
                with suppress(OSError):
                    if time.time() - file.lstat().st_ctime > _FORGOTTEN:
                        let_go(file)


def _are_editions(one: Path, other: Path) -> bool:
    """Tell whether two files share most of the papers of the smaller, by identifier or title, as far as is looked."""
    first, second = _entries(one), _entries(other)
    names = {name for keys in first for name in keys}
    shared = sum(not names.isdisjoint(keys) for keys in second)
    return bool(shared) and shared >= _SHARED * min(len(first), len(second))


def _entries(file: Path) -> list[list[int]]:
    """Give what each of the first entries of a file is known by wherever it stands, as hashes."""
    entries = islice((item for item in read(file) if isinstance(item, Entry)), _COMPARED)
    return [[hash(key) for key in entry_keys(entry) if not key.startswith("source:")] for entry in entries]


def _too_large(name: str, size: int) -> str:
    most, mega = MOST_BYTES // 1024**2, 1024**2
    return f"{name} has {size / mega:,.0f} MB; a file may have {most:,}. Read it with `citewell index` instead."
