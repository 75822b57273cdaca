"""Files as they are inside: gzip, Zstandard and ZIP opened as if they were not packed.

Judged by their first bytes.  ``papers.jsonl.gz`` is read under its own name; what is in a ZIP archive has the archive's
path before its own, ``papers.zip/inner.bib``, and opens by that path.  Unpacking is a stream; only for
``open_seekable`` something is written to disk.  An archive in an archive is refused.  Knows no format of papers.
"""

from __future__ import annotations

import gzip
import shutil
import stat
import tempfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from index_store.errors import InputError
from index_store.readers.archives import archive_of, names, open_member
from index_store.readers.unpacking import Unpacker, Zstandard, as_stream, most_bytes

_GZIP, _ZSTD, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OTHERS = (
    (0, b"BZh", "a bzip2 file"),
    (0, b"\xfd7zXZ\0", "an xz file"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
)


def kind(raw: bytes) -> str | None:
    """Name the packing of what begins with ``raw``; None for what is not packed."""
    if raw.startswith((_ZIP, _EMPTY_ZIP)):
        return "ZIP"
    return "gzip" if raw.startswith(_GZIP) else "Zstandard" if raw.startswith(_ZSTD) else None


def refusal(raw: bytes) -> str | None:
    """Say why a file is not read that begins, unpacked, with ``raw``; None where that does not forbid it."""
    if kind(raw) is not None:
        return "an archive in an archive; unpack the outer one and give the files inside"
    found = next((what for at, mark, what in _OTHERS if raw.startswith(mark, at)), None)
    return found and f"{found}; unpack it and give the files inside (gzip, Zstandard and ZIP are read as they are)"


def zip_start(path: Path) -> bytes | None:
    """Give the beginning of a ZIP archive, broken or not; None for a file of another kind.

    Raises ``InputError`` for what is no regular file.
    """
    _refuse_odd(path)
    with path.open("rb") as stream:
        raw = stream.read(8_192)
    return raw if kind(raw) == "ZIP" else None


def suffix(path: Path) -> str:
    """Give the suffix that tells the format: ``.csv`` of ``papers.csv.gz``."""
    name = path.name.lower()
    return PurePosixPath(name.removesuffix(".gz").removesuffix(".zst")).suffix


def open_bytes(path: Path) -> BinaryIO:
    """Open a file, or a file in a ZIP archive, as it is inside.  Raises ``InputError`` and ``OSError``."""
    archive = archive_of(path)
    if archive is not None:
        return open_member(archive, path.relative_to(archive).as_posix())
    stream = path.open("rb")
    packing = kind(stream.peek(4)[:4])
    if packing not in {"gzip", "Zstandard"}:
        return stream
    limit = most_bytes(path.stat().st_size)
    inside = cast("Unpacker", gzip.GzipFile(fileobj=stream)) if packing == "gzip" else Zstandard(stream)
    return as_stream(inside, limit, f"{packing} file", stream)


def is_there(path: Path) -> bool:
    """Tell whether there is a file, or such a file in a ZIP archive; True also where that cannot be told."""
    try:
        archive = archive_of(path)
        if archive is None:
            return True
        return zip_start(archive) is not None and path.relative_to(archive).as_posix() in names(archive)
    except FileNotFoundError:
        return False
    except (OSError, ValueError, InputError):  # no permission, or an archive that is broken
        return True


def open_seekable(path: Path) -> BinaryIO:
    """Open a file as ``open_bytes`` does, for those who read here and there; what is packed is copied to disk first."""
    stream = open_bytes(path)
    if stream.seekable():
        return stream
    copy = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 the caller closes it
    try:
        with stream:
            shutil.copyfileobj(stream, copy)
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return copy


def first_bytes(path: Path, count: int) -> bytes:
    """Give the beginning of a file as it is inside.  Raises ``InputError`` for what is no regular file."""
    if archive_of(path) is None:
        _refuse_odd(path)
    raw = b""
    try:
        with open_bytes(path) as stream:
            raw = stream.read(count)
    except InputError:  # the reader that comes to the broken place tells
        if not raw:
            raise
    return raw


def _refuse_odd(path: Path) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise InputError("a folder, not a file")
    if not stat.S_ISREG(mode):  # a pipe or a device may never end, or never begin
        raise InputError("not a regular file")
