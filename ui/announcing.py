"""A server that runs says so in its home, and ``citewell ask`` asks it: no model has to be loaded for one question.

``HOME/server.json`` holds the address and a digest of the settings; ``HOME/server.lock`` is held for as long as the
server runs, and falls with its process, however that ends: who finds it held knows that the address is still that
server's.  A server behind a door (users or tokens) announces nothing.  Asked are only servers with the same settings,
so that the answer is the one that would be given here.
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

from filelock import FileLock, Timeout

from index_store.errors import CitewellError
from rag.client import AskOptions, Client
from rag.errors import AnswererError, ServerError
from rag.settings import Settings
from rag.types import Answer, Event, Request

_NOTE, _LOCK = "server.json", "server.lock"
_PATIENCE_S = 0.5
_SILENCE_S = 600.0  # a model that is loaded from a slow disk says nothing for long, as it does not here either


@contextmanager
def announced(settings: Settings, address: str) -> Iterator[Callable[[Settings], None]]:
    """Announce a server until the ``with`` ends; what it gives is to be told of changed settings.

    Where another server of the same home does so already, or nothing can be written, this one stays unannounced.
    """
    lock = FileLock(settings.home / _LOCK, timeout=_PATIENCE_S)
    try:
        lock.acquire()
    except (Timeout, OSError, NotImplementedError):  # the last: a file system without locks
        yield lambda _: None
        return
    try:
        _note(settings, address)
        yield lambda changed: _note(changed, address)
    finally:
        with suppress(OSError):
            (settings.home / _NOTE).unlink(missing_ok=True)
        lock.release()


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
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    except (OSError, NotImplementedError):
        return False
    lock.release()
    return False
