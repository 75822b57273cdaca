"""Running a question set from the page: in a thread of its own, step by step, kept like the command line's results.

It asks the same assistant that users get, one question at a time, so others are answered meanwhile.  Knows no page.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from eval.compare import Comparison, compare
from eval.document import question_document
from eval.errors import ResultsUnusable
from eval.questions import shipped_sets
from eval.report import pages
from eval.results import Document, load, prepare, set_names, stamp, store
from eval.run import EVERYTHING, Choice, Loaded, Run, ask_all, load_sets, load_shipped
from index_store.errors import CitewellError
from index_store.library import Library
from rag.preferences import Preferences
from rag.settings import AnswererChoice
from rag.types import Answer, Request
from ui.protocols import Assistant


@dataclass(frozen=True, slots=True)
class Progress:
    """Questions asked, and questions in all (0: not known yet)."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished run: its document, where that is kept, and how it compares with the last run of the same questions."""

    document: Document
    path: Path
    comparison: Comparison | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to run: files of questions, and who answers.

    Without files, the shipped sets that the library is meant for; None answers as the settings say.  What comes of
    their own files only ``user`` sees; without a name, everyone does.
    """

    files: tuple[Path, ...] = ()
    choice: Choice = EVERYTHING
    answerer: AnswererChoice | None = None
    user: str = ""


class Evaluations:
    """The runs of one server.  One at a time: two would slow each other down and measure that."""

    def __init__(self, assistant: Assistant, library: Library, preferences: Preferences) -> None:
        self._assistant = assistant
        self._library = library
        self._preferences = preferences
        self._busy = threading.Lock()

    @property
    def folder(self) -> Path:
        return self._preferences.settings.home / "results"

    def results(self, user: str = "") -> list[Path]:
        """Give the kept results that ``user`` may see, newest first."""
        folders = (self.folder, self.folder / user) if user else (self.folder,)
        found = (path for folder in folders if folder.is_dir() for path in folder.glob("*.json"))
        return sorted(found, key=lambda path: (path.stat().st_mtime, path.name), reverse=True)

    def named(self, name: str, user: str = "") -> Path | None:
        """Give the kept result of this name; other names, and others' results, give None."""
        return next((path for path in self.results(user) if path.name == name), None)

    def run(self, wanted: Wanted) -> Iterator[Progress | Outcome]:
        """Ask the questions; the last thing given is the outcome.  Closing the iterator stops it and keeps nothing.

        Raises ``CitewellError``.
        """
        if not self._busy.acquire(blocking=False):
            raise CitewellError("A question set is being run already. Wait for its end, or stop it.")
        try:
            yield from self._run(wanted)
        finally:
            self._busy.release()

    def _run(self, wanted: Wanted) -> Iterator[Progress | Outcome]:
        yield Progress(0, 0)
        settings = self._preferences.settings
        loaded = self._load(wanted.files)
        folder = prepare(self.folder / wanted.user if wanted.files and wanted.user else self.folder)
        asking = _Asking(self._assistant, loaded, wanted)
        try:
            while isinstance(step := asking.next(), Progress):
                yield step
        finally:
            asking.stop()
        names = [given.name for given in loaded.sets]
        name = set_names(names, wanted.choice.split, wanted.choice.types)
        settings = replace(settings, answerer=wanted.answerer or settings.answerer)
        stamped = stamp("questions", name, self._library.status(), settings)
        document = question_document(stamped, loaded.sets, wanted.choice, step, None)
        before = self._last(name, wanted.user)
        path = store(document, folder, pages(document))[0]
        yield Outcome(document, path, _compared(before, document))

    def _load(self, files: Sequence[Path]) -> Loaded:
        titles = [paper.title for paper in self._library.papers(limit=-1)[0]]
        return load_sets(files, titles) if files else load_shipped(shipped_sets(), titles)

    def _last(self, name: str, user: str) -> Document | None:
        for path in self.results(user):
            try:
                document = load(path)
            except ResultsUnusable:
                continue
            if document.get("name") == name:
                return document
        return None


class _Asking:
    """A run in its own thread; ``next`` waits for its next step."""

    def __init__(self, assistant: Assistant, loaded: Loaded, wanted: Wanted) -> None:
        self._steps: SimpleQueue[Progress | Run | Exception] = SimpleQueue()
        self._stopped = threading.Event()
        answering = _Answering(assistant, wanted.answerer)

        def ask() -> None:
            try:
                self._steps.put(ask_all(answering, loaded.sets, wanted.choice, self._asked))
            except Exception as exc:  # noqa: BLE001 (raised again where the steps are read)
                self._steps.put(exc)

        self._thread = threading.Thread(target=ask, daemon=True)
        self._thread.start()

    def next(self) -> Progress | Run:
        step = self._steps.get()
        if isinstance(step, Exception):
            raise step
        return step

    def stop(self) -> None:
        """Stop before the next question."""
        self._stopped.set()
        self._thread.join()

    def _asked(self, done: int, total: int) -> None:
        if self._stopped.is_set():
            raise _StoppedByUser
        self._steps.put(Progress(done, total))


class _StoppedByUser(Exception):
    """Ends the thread of a run that nobody wants any more."""


@dataclass(frozen=True, slots=True)
class _Answering:
    """The assistant with a choice of who answers."""

    assistant: Assistant
    answerer: str | None

    def ask(self, request: Request) -> Answer:
        return self.assistant.ask(replace(request, answerer=self.answerer))


def _compared(before: Document | None, after: Document) -> Comparison | None:
    try:
        return None if before is None else compare(before, after)
    except ResultsUnusable:  # the set was rewritten: no question in common
        return None
