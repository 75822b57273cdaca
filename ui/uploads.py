"""Files that were dragged in: kept under ``HOME/uploads``, so that a paper's source stays a file that can be opened.

``HOME/uploads/DIGEST/NAME``: the digest of the content makes the same file the same source whenever it comes, and keeps
two different files of one name apart, whose entries would else replace each other.  Names are not trusted.  A file of
which nothing was read is removed.  Knows no page and no format.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import unicodedata
from contextlib import suppress
from pathlib import Path

from index_store.errors import InputError, StorageError

MOST_FILES = 50
MOST_BYTES = 200 * 1024 * 1024
_DIGITS = 12
_MAX_NAME = 100
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


def keep(home: Path, uploaded: Path, name: str) -> Path:
    """Move an uploaded file to where it stays, and give that place.

    Raises ``InputError`` where it is empty or larger than ``MOST_BYTES``, ``StorageError``; the upload is gone then.
    """
    shown = clean_file_name(name)
    try:
        size = uploaded.stat().st_size
        if not 0 < size <= MOST_BYTES:
            raise InputError(f"{shown} is empty." if not size else _too_large(shown, size))
        with uploaded.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()[:_DIGITS]
        place = home / "uploads" / digest / shown
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{shown}.part")
        shutil.move(uploaded, draft)
        draft.replace(place)
    except OSError as exc:
        raise StorageError(f"{shown} cannot be kept in {home / 'uploads'}: {exc.strerror}. Free some space.") from exc
    finally:
        let_go(uploaded)
    return place


def let_go(file: Path) -> None:
    """Remove a file and the folder it had for itself."""
    with suppress(OSError):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        file.parent.rmdir()  # refuses where something else lies in it


def _too_large(name: str, size: int) -> str:
    most, mega = MOST_BYTES // 1024**2, 1024**2
    return f"{name} has {size / mega:,.0f} MB; a file may have {most:,}. Read it with `citewell index` instead."
