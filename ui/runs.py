"""The one piece of work on the library that the page has under way, and the last one that ended; all users see it.

``jobs`` does the work in a process of its own; this module starts it, follows it and stops it.  Knows no page.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal

from index_store.errors import LibraryLocked, StorageError
from ui.jobs import Job, Kind
from ui.uploads import let_go

State = Literal["running", "stopping", "done", "stopped", "failed"]
FileState = Literal["waiting", "reading", "done", "left"]
Offer = Literal["open", "removed", "kept"]

_PATIENCE = 20.0
"""Seconds that work may take to stop by itself; it looks after every batch."""


@dataclass(frozen=True, slots=True)
class FileRun:
    """One file of a run.  ``counts`` are entries by outcome; ``rejections`` (line, reason), the first of them.

    ``replaces``: it is a new edition of a file that was read before.  ``gone``: papers, (id, title), that only the
    former edition had.
    """

    name: str
    state: FileState = "waiting"
    counts: tuple[tuple[str, int], ...] = ()
    rejections: tuple[tuple[int, str], ...] = ()
    replaces: bool = False
    gone: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it is now.  ``done`` of ``total`` in ``stage``, None where the total is not known yet.

    ``offer``: what became of the offer to remove the papers that are gone from their files.
    """

    number: int
    kind: Kind
    by: str = ""
    collection: str | None = None
    files: tuple[FileRun, ...] = ()
    state: State = "running"
    stage: str = "starting"
    done: int = 0
    total: int | None = None
    message: str = ""
    offer: Offer = "open"

    @property
    def busy(self) -> bool:
        return self.state in {"running", "stopping"}

    @property
    def gone(self) -> tuple[tuple[str, str], ...]:
        """The papers, (id, title), that are gone from their files."""
        return tuple(dict.fromkeys(paper for file in self.files for paper in file.gone))


class Runs:
    """Starts runs, one at a time.  Safe to share between threads."""

    def __init__(self, home: Path, command: Sequence[str] = (sys.executable, "-m", "ui.jobs")) -> None:
        self._home, self._command = home, list(command)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._run: Run | None = None
        self._revision = 0

    def current(self) -> tuple[Run | None, int]:
        """Give the run under way, or the last one, and a number that every change makes larger."""
        with self._lock:
            return self._run, self._revision

    def start(self, kind: Kind, files: Sequence[Path] = (), collection: str | None = None, by: str = "") -> Run:
        """Start a run.  Raises ``LibraryLocked`` where one is under way, ``StorageError`` where none can start."""
        with self._lock:
            if self._run is not None and self._run.busy:
                raise LibraryLocked("Another run is under way. Wait until it has finished, then try again.")
            number = 1 if self._run is None else self._run.number + 1
            job = Job(str(self._home), kind, tuple(map(str, files)), collection, by)
            self._process, errors = self._launched(job)
            self._run = Run(number, kind, by, collection, tuple(FileRun(file.name) for file in files))
            self._revision += 1
            follow = threading.Thread(
                target=self._follow,
                args=(self._process, errors, list(files)),
                name=f"following run {number}",
                daemon=True,
            )
            follow.start()
            return self._run

    def answer_offer(self, number: int, offer: Offer) -> None:
        """Note what became of the papers that are gone, unless another run has begun."""
        with self._lock:
            if self._run is not None and self._run.number == number:
                self._change(offer=offer)

    def stop(self) -> None:
        """Ask the run under way to stop; after ``_PATIENCE`` it is ended, which the library survives as well."""
        with self._lock:
            process = self._process
            if process is None or self._run is None or self._run.state != "running":
                return
            self._change(state="stopping")
        with suppress(OSError, ValueError):
            if process.stdin is not None:
                process.stdin.write("stop\n")
                process.stdin.flush()
        end = threading.Timer(_PATIENCE, process.terminate)
        end.daemon = True
        end.start()

    def _launched(self, job: Job) -> tuple[subprocess.Popen[str], IO[str]]:
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115  # _follow closes it
        try:
            process = subprocess.Popen(
                self._command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
            assert process.stdin is not None
            process.stdin.write(job.to_json() + "\n")
            process.stdin.flush()
        except OSError as exc:
            errors.close()
            raise StorageError(f"The work could not be started: {exc.strerror}. Try again.") from exc
        return process, errors

    def _follow(self, process: subprocess.Popen[str], errors: IO[str], files: Sequence[Path]) -> None:
        assert process.stdout is not None
        last: dict[str, Any] = {}
        with process, errors:
            for line in process.stdout:
                with suppress(ValueError), self._lock:
                    last = json.loads(line)
                    self._take(last)
            code = process.wait()
            errors.seek(0)
            told = errors.read().strip().splitlines()
        with self._lock:  # only now may the next one start: the process is gone, and so is its lock
            run = self._run
            assert run is not None
            if "ended" not in last:  # it went without a word: stopped by force, or broken
                stopped = run.state == "stopping"
                message = "" if stopped else f"The work broke off ({told[-1] if told else f'status {code}'})."
                last = {"ended": "stopped" if stopped else "failed", "message": message}
            for file, state in zip(files, run.files, strict=True):
                if state.state == "waiting":
                    let_go(file)
            left = tuple(replace(f, state="left") if f.state == "waiting" else f for f in run.files)
            self._change(state=last["ended"], message=last.get("message", ""), files=left)

    def _take(self, event: dict[str, Any]) -> None:
        run = self._run
        assert run is not None
        if "stage" in event:
            self._change(stage=event["stage"], done=event["done"], total=event["total"])
        elif "file" in event:
            files = list(run.files)
            files[event["file"]] = _after(files[event["file"]], event.get("report"))
            self._change(files=tuple(files), stage="reading", done=0, total=None)

    def _change(self, **changes: Any) -> None:
        assert self._run is not None
        self._run = replace(self._run, **changes)
        self._revision += 1


def _after(file: FileRun, report: dict[str, Any] | None) -> FileRun:
    if report is None:
        return replace(file, state="reading")
    counts = tuple((name, report[name]) for name in ("added", "updated", "merged", "unchanged", "rejected"))
    return replace(
        file,
        state="done",
        counts=counts,
        rejections=tuple((line, why) for line, why in report["rejections"]),
        replaces=bool(report.get("replaces")),
        gone=tuple((paper_id, title) for paper_id, title in report.get("gone", ())),
    )
