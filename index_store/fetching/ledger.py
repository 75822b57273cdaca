"""What has been fetched, and where to go on.

    HOME/fetched/NAME/.fetch.json       the query, the place to go on from, the pages that the library has not read yet
    HOME/fetched/NAME/page-00001.xml    pages as they came; the library reads them like any file
    HOME/fetched/.SERVICE.lock          held by the one process that asks a service
    HOME/fetched/.SERVICE.asked         when it was asked last, by the file's time

What is no page is hidden, so that the folder can be indexed as a whole.

Each file is written beside its place and moved there, a page before the note of it: whatever moment a fetch is killed
at, what the note says is there, and the page that was under way is fetched again under the same name.  Knows no
service and no network.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from index_store.durable import replace_file
from index_store.errors import FetchError, StorageError
from index_store.fetching.service import Cursor

_NOTE = ".fetch.json"
_NOT_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for: the service by its command's name, its own options, where the papers go.

    ``options`` are what makes two orders different, the server among them.
    """

    service: str
    options: Mapping[str, str]
    collection: str | None = None

    @property
    def name(self) -> str:
        """A folder's name that can be read, and is the same for the same order."""
        words = _NOT_NAME.sub("-", " ".join(v for k, v in sorted(self.options.items()) if k != "server").lower())
        digest = hashlib.sha256(json.dumps([self.service, dict(self.options)], sort_keys=True).encode()).hexdigest()
        return "-".join(filter(None, (self.service, words.strip("-")[:40].strip("-"), digest[:8])))


@dataclass(frozen=True, slots=True)
class Fetch:
    """An order and how far it has come.

    ``since`` and ``until``: the days of the round under way or last done, ISO 8601; ``earliest``: the first day of all
    rounds.  ``cursor``: the next page, None where the round is done.  ``pages``: pages so far; ``waiting``: files that
    the library has not read yet.
    """

    service: str
    options: Mapping[str, str]
    collection: str | None
    earliest: str
    since: str
    until: str
    cursor: Cursor | None
    pages: int = 0
    papers: int = 0
    waiting: tuple[str, ...] = ()

    @property
    def order(self) -> Order:
        return Order(self.service, self.options, self.collection)


@contextmanager
def alone(folder: Path, service: str) -> Iterator[float]:
    """Make the folder of an order and be the one who asks its service; gives the seconds since it was asked last.

    One process at a time, since services count by machine.  Raises ``FetchError`` where another is at it.
    """
    stamp = folder.parent / f".{service}.asked"
    lock = FileLock(folder.parent / f".{service}.lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        idle = max(0.0, time.time() - stamp.stat().st_mtime) if stamp.exists() else math.inf
    except Timeout as exc:
        raise FetchError(
            f"Another process fetches from {service} into {folder.parent}, and services want one request at a time."
            " Wait until it has finished."
        ) from exc
    except OSError as exc:
        raise StorageError(f"{folder} cannot be written: {exc.strerror or exc}. Mend its permissions.") from exc
    try:
        yield idle
    finally:
        with suppress(OSError):  # what went wrong before is told
            stamp.touch()
        lock.release()


def read(folder: Path) -> Fetch | None:
    """Read how far a fetch has come, None where it has not begun.  Raises ``FetchError`` for a note that is none."""
    place = folder / _NOTE
    try:
        return _checked(json.loads(place.read_text("utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise StorageError(f"{place} cannot be read: {exc.strerror}. Mend its permissions.") from exc
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise FetchError(
            f"{place} does not say how far the fetch has come ({exc}). Move it away and fetch again; papers that the"
            " library has are not doubled."
        ) from exc


def write(folder: Path, fetch: Fetch) -> None:
    """Replace the note.  Raises ``StorageError``."""
    replace_file(folder / _NOTE, json.dumps(asdict(fetch), ensure_ascii=False, indent=2).encode())


def folders(root: Path) -> list[Path]:
    """Give the folders of all that has been fetched, by name."""
    try:
        return sorted(place.parent for place in root.glob(f"*/{_NOTE}"))
    except OSError as exc:
        raise StorageError(f"{root} cannot be read: {exc.strerror}. Mend its permissions.") from exc


def _checked(noted: Any) -> Fetch:
    fetch = Fetch(**{field.name: noted[field.name] for field in fields(Fetch)})
    for day in (fetch.earliest, fetch.since, fetch.until):
        date.fromisoformat(day)
    is_cursor = fetch.cursor is None or (
        isinstance(fetch.cursor, dict) and all(isinstance(value, str | int) for value in fetch.cursor.values())
    )
    if not is_cursor or not isinstance(fetch.pages, int) or not isinstance(fetch.papers, int):
        raise ValueError("its fields are of the wrong kinds")
    options = {str(name): str(value) for name, value in fetch.options.items()}
    names = tuple(str(name) for name in noted["waiting"])
    if any(Path(name).name != name for name in names):
        raise ValueError("a page lies elsewhere")
    collection = None if fetch.collection is None else str(fetch.collection)
    return Fetch(
        *(str(fetch.service), options, collection, fetch.earliest, fetch.since, fetch.until),
        *(fetch.cursor, fetch.pages, fetch.papers, names),
    )
