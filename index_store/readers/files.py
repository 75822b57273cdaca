"""Files and folders as given -> the files to read, in an order that does not depend on the disk.

A file named by the user is taken whatever it is called.  Folders are walked to the bottom, by name, links followed;
hidden files and folders in them are skipped, and every other file is read and judged by its content, so that nothing a
user meant to index is left out in silence.  A file reached twice is given once.  Knows no file format.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from index_store.types import Rejection

_Identity = tuple[int, int]  # device and inode: the same for every name and link of a file


def expand(paths: Sequence[Path]) -> Iterator[Path | Rejection]:
    """Give the files that ``paths`` name or hold, and a rejection for each place where there is none to read."""
    given: set[_Identity] = set()
    for path in paths:
        nothing = True
        for found, identity in _walk(path):
            nothing = False
            if identity is None or identity not in given:
                yield found
            if identity is not None:
                given.add(identity)
        if nothing:
            yield Rejection(path, 0, "a folder with no file to read")


def _walk(root: Path) -> Iterator[tuple[Path | Rejection, _Identity | None]]:
    entered: set[_Identity] = set()  # folders: a link back up is entered once
    waiting = [root]  # a stack, not recursion: folders may lie deeper than the interpreter's stack
    while waiting:
        path = waiting.pop()
        try:
            status = path.stat()
            identity = status.st_dev, status.st_ino
            if not stat.S_ISDIR(status.st_mode):
                yield path if _is_text(path) else _odd_name(path), identity
            elif identity not in entered:
                entered.add(identity)
                waiting += sorted((p for p in path.iterdir() if not p.name.startswith(".")), reverse=True)
        except (OSError, ValueError) as exc:  # ValueError: a NUL in the path
            yield _unreachable(path, exc), None


def _unreachable(path: Path, exc: OSError | ValueError) -> Rejection:
    if not isinstance(exc, OSError):
        return Rejection(Path(str(path).replace("\0", "\N{REPLACEMENT CHARACTER}")), 0, "no such file or folder")
    if not _is_text(path):
        return _odd_name(path)
    if isinstance(exc, FileNotFoundError | NotADirectoryError):
        return Rejection(path, 0, "a link to nothing" if path.is_symlink() else "no such file or folder")
    return Rejection(path, 0, f"cannot be read: {exc.strerror}")


def _odd_name(path: Path) -> Rejection:
    shown = Path(os.fsencode(path).decode("utf-8", "replace"))
    return Rejection(shown, 0, "a file name that is not UTF-8, which the library cannot keep; rename the file")


def _is_text(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True
