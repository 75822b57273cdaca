"""What an engine's failure means to the user: a damaged index, or a disk that cannot be written.

Shared by the stores at their boundary; knows the words of failure of SQLite, the operating system and the engines,
but imports no engine.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from index_store.errors import CitewellError, LibraryDamaged, StorageError

REPAIR = "citewell doctor --repair"
FULL = 16_000_000  # bytes free below which an engine's failure is laid to the disk: what one write of theirs may need
_DISK_TROUBLE = (
    "disk is full",
    "no space left",
    "readonly database",
    "read-only",
    "permission denied",
    "permissiondenied",
    "unable to open database file",
    "disk i/o error",
    "os error",
)


def damaged(part: str, folder: Path, reason: str) -> LibraryDamaged:
    """Say that ``part`` ("vector index") in ``folder`` is damaged, why, and how to build it again."""
    return LibraryDamaged(f"The {part} in {folder} is damaged ({reason[:200]}); build it again with: {REPAIR}")


def explained(part: str, folder: Path, failure: Exception) -> CitewellError:
    """Turn an engine's failure into ``StorageError`` where the disk is to blame, else into ``LibraryDamaged``."""
    reason = " ".join(str(failure).split())
    named = isinstance(failure, OSError) or any(sign in reason.lower() for sign in _DISK_TROUBLE)
    # On a full disk both engines may say no more than that a thread of theirs failed.
    if named or _is_full(folder):
        return StorageError(
            f"The {part} in {folder} cannot be written ({reason[:200]}); free space or fix its permissions, then run "
            f"the command again"
        )
    return damaged(part, folder, reason)


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < FULL
    except OSError:  # the folder is gone
        return False
