"""Files that are replaced in one step: after a crash or a power cut there is the old one or the new one, whole.

Knows no content.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from index_store.errors import StorageError


def replace_file(file: Path, content: bytes, *, make_folder: bool = False) -> None:
    """Put ``content`` in the place of a file, in one step.  Raises ``StorageError``, also where its folder is gone."""
    draft = draft_of(file)
    try:
        if make_folder:
            file.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
        sync_folder(file.parent)
    except OSError as exc:
        with suppress(OSError):
            draft.unlink()
        raise StorageError(
            f"{file} cannot be written: {exc.strerror}. Free some space or mend its permissions, then run this again."
        ) from exc


def draft_of(file: Path) -> Path:
    """Give where this process writes what is to replace ``file``: hidden, so that nobody reads it as what it is not."""
    return file.with_name(f".{file.name}.{os.getpid()}.tmp")


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, so that a power cut does not undo a file's making or renaming."""
    if os.name == "nt":  # Windows cannot open a folder to sync it
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
