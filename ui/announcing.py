"""A server that runs says so in its home, and ``citewell ask`` asks it: no model has to be loaded for one question.

``HOME/server.json`` holds the address and a digest of the settings; ``HOME/server.lock`` is held for as long as the
server runs, and falls with its process, however that ends: who finds it held knows that the address is still that
server's.  A server behind a door (users or tokens) announces no address.  Asked are only servers with the same
settings, so that the answer is the one that would be given here.

Further servers of one home hold ``server-2.lock`` and so on, so that whoever wants to replace the home knows of all.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from index_store.errors import CitewellError, LibraryLocked
from rag.client import AskOptions, Client
from rag.errors import AnswererError, ServerError
from rag.settings import Settings
from rag.types import Answer, Event, Request

_NOTE, _LOCK = "server.json", "server.lock"
_SLOTS = (_LOCK, *(f"server-{number}.lock" for number in range(2, 9)))
_PATIENCE_S = 0.5
_SILENCE_S = 600.0  # a model that is loaded from a slow disk says nothing for long, as it does not here either


@contextmanager
def announced(settings: Settings, address: str, *, has_door: bool = False) -> Iterator[Callable[[Settings], None]]:
    """Announce a server until the ``with`` ends; what it gives is to be told of changed settings.

    Where another server of the same home does so already, or nothing can be written, this one stays unannounced; so
    does one that ``has_door``.
    """
    held = _slot(settings.home)
    if held is None or held.lock_file != str(settings.home / _LOCK):
        try:
            yield lambda _: None
        finally:
            if held is not None:
                held.release()
        return
    try:
        _forget(settings.home)  # the note of one that was killed
        if not has_door:
            _note(settings, address)
        yield lambda changed: None if has_door else _note(changed, address)
    finally:
        _forget(settings.home)
        held.release()


def refuse_running(home: Path) -> None:
    """Raise ``LibraryLocked`` where a server uses ``home``."""
    if not any(_is_held(home / name) for name in _SLOTS):
        return
    try:
        where = f" at {json.loads((home / _NOTE).read_text('utf-8'))['address']}"
    except (OSError, ValueError, KeyError, TypeError):
        where = ""
    raise LibraryLocked(
        f"A server{where} uses {home}. Stop it (Ctrl-C where `citewell serve` runs, or `systemctl stop`), run this"
        " again, then start it."
    )


def _slot(home: Path) -> BaseFileLock | None:
    """Hold the first lock of servers that is free; None where there is none, or no lock can be held."""
    for name in _SLOTS:
        lock = FileLock(home / name, timeout=_PATIENCE_S if name == _LOCK else 0)
        try:
            lock.acquire()
        except Timeout:
            continue
        except (OSError, NotImplementedError):  # the last: a file system without locks
            return None
        return lock
    return None


def _forget(home: Path) -> None:
    with suppress(OSError):
        (home / _NOTE).unlink(missing_ok=True)


def find_running(settings: Settings) -> RunningServer | None:
    """Give the server that runs in the home of these settings and has the same; None where there is none."""
    try:
        note = json.loads((settings.home / _NOTE).read_text("utf-8"))
        address, digest = str(note["address"]), note["settings"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if digest != _digest(settings) or not _is_held(settings.home / _LOCK):
        return None
    server = RunningServer(address)
    if server.can_answer():
        return server
    server.close()
    return None


class RunningServer:
    """A server of this machine that answers in place of an assistant of our own."""

    def __init__(self, address: str) -> None:
        self._client = Client(address, timeout=_SILENCE_S, retries=0)

    def can_answer(self) -> bool:
        """Tell whether it is there and has papers; of an empty library, the command line has its own word."""
        try:
            return bool(self._client.health().get("papers"))
        except CitewellError:
            return False

    def ask(self, request: Request) -> Answer:
        """Answer a question.  Raises ``CitewellError``."""
        with _as_here():
            return self._client.ask(request.question, **_options(request))

    def stream(self, request: Request) -> Iterator[Event]:
        """Answer step by step; closing the iterator stops the work.  Raises ``CitewellError``."""
        with _as_here():
            yield from self._client.stream(request.question, **_options(request))

    def close(self) -> None:
        self._client.close()


@contextmanager
def _as_here() -> Iterator[None]:
    """Raise what fails over there as what it would be here."""
    try:
        yield
    except ServerError as exc:
        failure = AnswererError(str(exc))
        failure.partial = exc.partial
        raise failure from exc


def _options(request: Request) -> AskOptions:
    scope = request.scope
    bounds = (scope.first_year, scope.last_year)
    years = "..".join("" if year is None else str(year) for year in bounds)
    return {
        "collection": scope.collections[0] if scope.collections else None,
        "year": None if bounds == (None, None) else years,
        "answerer": request.answerer,
        "model": request.model,
    }


def _note(settings: Settings, address: str) -> None:
    fresh = settings.home / f"{_NOTE}.new"
    with suppress(OSError):
        fresh.write_text(json.dumps({"address": address, "settings": _digest(settings)}), "utf-8")
        fresh.replace(settings.home / _NOTE)


def _digest(settings: Settings) -> str:
    """Digest all that decides an answer besides the library; the home is where the note lies."""
    told = asdict(settings) | {"home": "", "OLLAMA_HOST": os.environ.get("OLLAMA_HOST"), "version": version("citewell")}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _is_held(file: Path) -> bool:
    if not file.exists():
        return False
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    except (OSError, NotImplementedError):
        return False
    lock.release()
    return False
