"""ZIP archives as folders of files: what is in ``papers.zip`` opens by the path ``papers.zip/inner.bib``.

Nothing is written to disk, so names that lead out of the archive do no harm; they are refused all the same, like what
is encrypted or a bomb.  Whatever is wrong with an archive comes as ``InputError`` with the reason alone.  Knows no
format of papers.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from index_store.errors import InputError
from index_store.readers.unpacking import Unpacker, as_stream, bomb, most_bytes
from index_store.types import Rejection

MOST_MEMBERS = 10_000

# What reading the directory of a damaged archive may raise, ``OSError`` aside.
_BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, struct.error)

# What makes up the noise in archives of macOS and Windows.
_NOISE = frozenset(["__MACOSX", "Thumbs.db", "desktop.ini"])


def members(path: Path) -> Iterator[Path | Rejection]:
    """Give the files in a ZIP archive, in the order of their names, and the reasons why some cannot be read.

    Hidden files are left out as in folders.  Raises ``InputError`` where the whole archive cannot be read.
    """
    directory = _directory(path)
    infos = directory.infolist()
    if len(infos) > MOST_MEMBERS:
        raise InputError(f"a ZIP archive of {len(infos):,} files; at most {MOST_MEMBERS:,} are read: unpack it")
    if sum(info.file_size for info in infos) > most_bytes(path.stat().st_size):
        raise InputError(bomb("ZIP archive"))
    given: set[str] = set()
    for info in sorted(infos, key=lambda info: info.filename):
        parts = PurePosixPath(info.filename).parts
        if info.is_dir() or any((part.startswith(".") and part != "..") or part in _NOISE for part in parts):
            continue
        problem = _problem(info, given)
        yield path / info.filename if problem is None else Rejection(path / _shown(info.filename), 0, problem)
        given.add(info.filename)
    if not given:
        raise InputError("a ZIP archive with no file to read")


def open_member(archive: Path, name: str) -> BinaryIO:
    """Open a file in an archive.  Raises ``InputError`` where it cannot be opened."""
    directory = _directory(archive)
    try:
        info = directory.getinfo(name)
        return as_stream(cast("Unpacker", directory.open(info)), info.file_size, "ZIP archive")
    except KeyError as exc:
        raise InputError("no such file in the archive") from exc
    except _BROKEN as exc:
        raise InputError(f"broken in its ZIP archive ({str(exc)[:120]}); it was not read") from exc


def names(archive: Path) -> Collection[str]:
    """Give the names of the files in an archive.  Raises ``InputError`` where it is broken."""
    return _directory(archive).NameToInfo.keys()


def close() -> None:
    """Let go of the archive that was opened last."""
    _opened.cache_clear()


def archive_of(path: Path) -> Path | None:
    """Give the ZIP archive that a path leads into; None for the path of a file of its own."""
    try:
        path.stat()
    except NotADirectoryError:
        return next(parent for parent in path.parents if parent.is_file())
    return None


def _directory(path: Path) -> zipfile.ZipFile:
    found = path.stat()
    try:
        return _opened(path, found.st_ino, found.st_size, found.st_mtime_ns)
    except _BROKEN as exc:
        raise InputError(f"a ZIP archive that is broken or cut short ({exc}); nothing of it was read") from exc


@lru_cache(maxsize=1)  # the files of one archive are opened one after another, and each several times
def _opened(path: Path, *_identity: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


def _problem(info: zipfile.ZipInfo, given: set[str]) -> str | None:
    """Say why a file in an archive is not read."""
    name = PurePosixPath(info.filename)
    if name.is_absolute() or ".." in name.parts or "\\" in info.filename or name.as_posix() != info.filename:
        return "a name in the archive that leads out of it, or is none"
    if info.flag_bits & 1:
        return "encrypted; unpack the archive with its password and give the files inside"
    if info.filename in given:
        return "the second file of this name in the archive; it was not read"
    if info.file_size > most_bytes(info.compress_size):
        return bomb("file")
    try:
        info.filename.encode()
    except UnicodeEncodeError:
        return "a name in the archive that is not UTF-8"
    return None


def _shown(name: str) -> str:
    """Give a name that stays below the archive, for messages."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    return "/".join(parts).encode("utf-8", "replace").decode() or "file"
