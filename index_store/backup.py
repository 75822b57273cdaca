"""One file that holds a home folder: papers, conversations, settings, feedback; and bringing it back.

The file is a gzipped tar whose first member, ``citewell-backup.json``, names every other member with its size and its
SHA-256.  Databases are copied as they are in one moment, also while a server writes to them.  Indexes are derived, and
left out unless asked for; folders that are links to elsewhere are followed.  A backup appears under its name when it is
complete, and a restored home takes the place of the old one when all of it has been checked; what was there before is
kept beside it.

Knows which files are derived, and nothing else of what is in them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from index_store.build import Progress, silent
from index_store.database import snapshot
from index_store.errors import InputError, LibraryDamaged, LibraryMismatch, StorageError
from index_store.shelf import place_of, refuse_lost, writing
from index_store.vector_server import on_server

FORMAT = 1
LIBRARY = "library"
_HEAD = "citewell-backup.json"
_INDEXES = ("manifest.json", "vectors", "lexical", "tokens")
# In a home: the library, which is taken apart; what is made again (drawings, indexes of measured collections); and what
# is on its way in.
_LEFT_OUT = (LIBRARY, "atlas", "cache", "arriving", "uploads/waiting")
_BESIDE = ("restoring-", "replaced-")
_DATABASE = b"SQLite format 3\0"  # how such a file begins, whatever its name
_OF_DATABASE = ("-wal", "-shm", "-journal")  # files beside one that it is nothing without
_WRONG = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_MALFORMED = (tarfile.TarError, zlib.error, EOFError, *_WRONG)
_CHUNK = 1 << 20

Complete = Callable[[Path], None]
"""Called with a restored library before it is put in its place; makes the indexes that the backup does not have."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself; ``files`` maps each member to its size in bytes and its SHA-256."""

    format: int
    written_at: str
    has_index: bool
    files: dict[str, tuple[int, str]]

    @property
    def size(self) -> int:
        return sum(size for size, _ in self.files.values())


def write(home: Path, file: Path, *, with_index: bool = False, progress: Progress = silent) -> Backup:
    """Write a backup of ``home``.  Raises ``InputError``, ``LibraryDamaged``, ``LibraryLocked`` or ``StorageError``.

    Indexes can only be copied while nobody writes to them.
    """
    refuse_lost(home / LIBRARY)
    place = place_of(home / LIBRARY)
    if not (place / "catalogue.sqlite3").exists():
        raise InputError(f"There is no library in {home} to back up. Name another --home.")
    if with_index and on_server(place / "vectors"):
        raise InputError(f"The vectors of {home} are on a Chroma server. Back it up without its indexes.")
    held = writing(home / LIBRARY) if with_index else nullcontext()
    with _storage(file), held, tempfile.TemporaryDirectory(prefix=".backup-", dir=file.absolute().parent) as folder:
        staged = Path(folder) / "home"
        _stage(home, staged, place, with_index=with_index)
        made = Backup(FORMAT, datetime.now(UTC).isoformat(timespec="seconds"), with_index, _listed(staged))
        draft = Path(folder) / "draft"
        _pack(staged, made, draft, progress)
        draft.chmod(0o600)  # conversations are nobody else's business
        draft.replace(file)
    return made


def read_head(file: Path) -> Backup:
    """Read what a backup says of itself.  Raises ``InputError``, ``LibraryDamaged`` or ``LibraryMismatch``."""
    with _opened(file) as archive:
        return _head(archive, file)


def restore(
    file: Path, home: Path, complete: Complete, *, force: bool = False, progress: Progress = silent
) -> tuple[Backup, Path | None]:
    """Bring a backup back into ``home``; gives what it was, and where the former contents are now.

    Everything is unpacked, checked and completed beside the home before anything in it is touched.  Raises
    ``InputError`` where the home is not empty and ``force`` is not given, and for what is no backup;
    ``LibraryDamaged`` for a damaged one, ``LibraryMismatch`` for a newer one; the home is then as it was.
    """
    made = read_head(file)
    was_empty = not _contents(home)
    if not was_empty and not force:
        raise InputError(f"{home} is not empty. Give --force to put the backup in its place; what is there is kept.")
    with _storage(home):
        home.mkdir(parents=True, exist_ok=True)
        for left in home.glob(f"{_BESIDE[0]}*"):  # by a restoring that was killed
            shutil.rmtree(left, ignore_errors=True)
        staged = Path(tempfile.mkdtemp(prefix=_BESIDE[0], dir=home))
        try:
            _unpack(file, staged, progress)
            complete(staged / LIBRARY)
            with writing(home / LIBRARY):
                before = _swap(staged, home)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    if was_empty:  # nothing lay there but the lock
        shutil.rmtree(before, ignore_errors=True)
    return made, None if was_empty else before


def _stage(home: Path, staged: Path, place: Path, *, with_index: bool) -> None:
    """Copy what a backup holds; ``place`` is where the library's parts lie."""
    snapshot(place / "catalogue.sqlite3", staged / LIBRARY / "catalogue.sqlite3")
    for name in _INDEXES if with_index else ():
        _copy(place / name, staged / LIBRARY / name)
    for path in _contents(home):
        _copy(path, staged / path.name, [home / name for name in _LEFT_OUT], (home.resolve(),))


def _copy(path: Path, target: Path, left_out: Sequence[Path] = (), inside: tuple[Path, ...] = ()) -> None:
    """Copy a file or folder, but not what is ``left_out``, nor folders that it is ``inside`` of, by a link."""
    if path in left_out or _is_of_a_process(path):
        return
    if path.is_dir() and (place := path.resolve()) not in inside:
        for each in sorted(path.iterdir()):
            _copy(each, target / each.name, left_out, (*inside, place))
    elif _is_database(path):
        snapshot(path, target)
    elif path.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _is_of_a_process(path: Path) -> bool:
    """Tell whether a file is one process's while it runs: a lock, a draft, or a part of a database's last writes."""
    if path.suffix == ".lock" or (path.name.startswith(".") and path.suffix == ".tmp"):
        return True
    return any(_is_database(Path(str(path).removesuffix(end))) for end in _OF_DATABASE if path.name.endswith(end))


def _is_database(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(_DATABASE)) == _DATABASE


def _contents(home: Path) -> list[Path]:
    """List what lies in a home but locks, a running server's address and what this module puts there."""
    if not home.is_dir():
        return []
    found = (path for path in sorted(home.iterdir()) if not path.name.startswith((*_BESIDE, ".")))
    return [path for path in found if path.suffix != ".lock" and path.name != "server.json"]


def _listed(staged: Path) -> dict[str, tuple[int, str]]:
    files = sorted(path for path in staged.rglob("*") if path.is_file())
    return {path.relative_to(staged).as_posix(): (path.stat().st_size, _digest(path)) for path in files}


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _pack(staged: Path, made: Backup, draft: Path, progress: Progress) -> None:
    head = json.dumps(asdict(made), ensure_ascii=False, indent=1).encode()
    with draft.open("wb") as stream:
        with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as archive:
            archive.addfile(_member(_HEAD, len(head)), io.BytesIO(head))
            for done, (name, (size, _)) in enumerate(made.files.items()):
                progress("packing", done, len(made.files))
                with (staged / name).open("rb") as source:
                    archive.addfile(_member(name, size), source)
            progress("packing", len(made.files), len(made.files))
        stream.flush()
        os.fsync(stream.fileno())


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _unpack(file: Path, staged: Path, progress: Progress) -> None:
    """Unpack the members that the head names, and check that all are there as it says."""
    with _opened(file) as archive:
        made = _head(archive, file)
        missing = dict(made.files)
        while (member := archive.next()) is not None:
            if member.name not in missing or not member.isfile():
                raise ValueError(f"{member.name} does not belong in it")
            size, digest = missing.pop(member.name)
            stream = archive.extractfile(member)
            if member.size != size or stream is None or _write(stream, staged / member.name) != digest:
                raise ValueError(f"{member.name} is not what was written")
            progress("unpacking", len(made.files) - len(missing), len(made.files))
        if missing:
            raise ValueError(f"{next(iter(missing))} is missing")
        while archive.fileobj is not None and archive.fileobj.read(_CHUNK):
            pass  # to its end, where gzip compares its checksum


def _write(stream: IO[bytes], path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    state = hashlib.sha256()
    with path.open("xb") as target:
        while chunk := stream.read(_CHUNK):
            state.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return state.hexdigest()


def _head(archive: tarfile.TarFile, file: Path) -> Backup:
    member = archive.next()
    stream = archive.extractfile(member) if member is not None and member.name == _HEAD else None
    if stream is None:
        raise InputError(f"{file} is not a backup of Citewell.")
    data: dict[str, Any] = json.load(stream)
    if data["format"] > FORMAT:
        raise LibraryMismatch(f"{file} was made by a newer Citewell. Run `pip install -U citewell`.")
    files = {str(name): (int(size), str(digest)) for name, (size, digest) in data["files"].items()}
    for name in files:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name or ":" in name:
            raise ValueError(f"{name!r} would lie outside the home")
    return Backup(data["format"], str(data["written_at"]), bool(data["has_index"]), files)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    """Open a backup; whatever is wrong with it becomes one sentence."""
    try:
        stream = file.open("rb")
    except OSError as exc:
        raise InputError(
            f"{file} cannot be read: {exc.strerror}. Name a file that `citewell backup` has written."
        ) from exc
    try:
        with stream, tarfile.open(fileobj=stream, mode="r:gz") as archive:
            yield archive
    except _MALFORMED as exc:
        raise LibraryDamaged(
            f"{file} is damaged or no backup ({exc}); nothing was restored. Use another backup."
        ) from exc
    except OSError as exc:
        if exc.errno is None:  # the gzip layer's own: a wrong checksum
            raise LibraryDamaged(f"{file} is damaged ({exc}); nothing was restored. Use another backup.") from exc
        raise


@contextmanager
def _storage(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise StorageError(f"{place} cannot be written: {exc.strerror}. Free some space or choose another.") from exc


def _swap(staged: Path, home: Path) -> Path:
    """Put the restored things in place of those in the home, which are kept; what fails half-way is taken back."""
    before = home / f"{_BESIDE[1]}{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    before.mkdir()
    moves = [(path, before / path.name) for path in _contents(home)]
    moves += [(path, home / path.name) for path in sorted(staged.iterdir())]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            source.rename(target)
            done.append((source, target))
    except BaseException:
        for source, target in reversed(done):
            target.rename(source)
        before.rmdir()
        raise
    return before
