"""What the ablations are measured on: libraries built by the production code, and the dev questions about them.

Libraries lie in a work folder; a second run finds them there and embeds only what is new.  Questions of the other half,
``test``, are never read out of their files.  Knows no variant.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.questions import Question, read_questions, select, shipped_lists, shipped_sets, within
from index_store import starter
from index_store.build import index_entries, index_paths
from index_store.doctor import open_mended
from index_store.library import Library, Status
from index_store.protocols import Embedder
from index_store.search import Ranking
from index_store.shelf import writing
from rag.abstain import Judgement
from rag.assistant import Assistant
from rag.parts import Judge, Parts, Speaker
from rag.quote import QuoteAnswerer
from rag.settings import Settings
from rag.support import SentenceSupport
from rag.types import Request


@dataclass(frozen=True, slots=True)
class Corpus:
    """A library in ``folder``, the dev questions that its papers can be asked, and those that ask for ``lists``."""

    name: str
    folder: Path
    questions: tuple[Question, ...]
    status: Status
    lists: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the production code understood it, stand-alone, and what its search found."""

    question: Question
    standalone: str
    ranking: Ranking
    words: str


class Refuses:
    """A ``Judge`` that stops every answer before it is worded, and keeps what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[str, Ranking, str]] = []

    def judge(self, question: str, ranking: Ranking, asked: str) -> Judgement:
        self.given.append((question, ranking, asked))
        return Judgement(0.0, "off_topic")


class Admits:
    """A ``Judge`` that lets every question through."""

    def judge(self, question: str, ranking: Ranking, asked: str) -> Judgement:  # noqa: ARG002  # Judge's signature
        return Judgement(1.0)


class Quoter:
    """``Speakers`` that always quote."""

    def __init__(self, library: Library) -> None:
        self._speaker = Speaker(QuoteAnswerer(library))

    def choose(self, answerer: str | None, model: str | None) -> Speaker:  # noqa: ARG002  # Speakers' signature
        return self._speaker

    def describe(self) -> dict[str, Any]:
        return {"answerer": self._speaker.answerer.name}

    def warm(self) -> None:
        """Nothing is loaded late."""


def open_corpora(work: Path, seeds: Path | None, embedder: Embedder) -> list[Corpus]:
    """Build or find the starter library and, where a folder of listing dumps is given, the seeds' library."""
    starter_file, seeds_file = shipped_sets()
    corpora = [open_corpus(work, starter_file, None, embedder)]
    if seeds is not None:
        corpora.insert(0, open_corpus(work, seeds_file, seeds, embedder))
    return corpora


def open_corpus(work: Path, questions: Path, papers: Path | None, embedder: Embedder) -> Corpus:
    """Build or find one library of ``papers``, or of the starter's, named as the file of its questions."""
    folder = work / questions.stem / "library"
    with writing(folder), closing(open_mended(folder, embedder)) as shelf:
        if papers is None:
            index_entries(shelf, starter.entries(), starter.COLLECTION)
        else:
            index_paths(shelf, [papers])
    with closing(Library.open(folder, embedder)) as library:
        titles = [paper.title for paper in library.papers(limit=-1)[0]]
        given = select(within(read_questions(questions), titles), "dev")
        lists = select(within(read_questions(_lists(questions)), titles), "dev")
        return Corpus(questions.stem, folder, given.questions, library.status(), lists.questions)


def _lists(questions: Path) -> Path:
    """Give the shipped file of lists for the library that a file of questions asks about."""
    return next(path for path in shipped_lists() if path.name == f"lists-{questions.name}")


def assistant(library: Library, judge: Judge) -> Assistant:
    """Put together what users get, with another judge, quoting without a model."""
    papers = Settings(Path()).papers
    return Assistant(Parts(library, Quoter(library), judge, SentenceSupport(library.embedder), papers))


def ask_only(library: Library, questions: Sequence[Question]) -> list[Asked]:
    """Let the production code understand and search every question, and go no further.

    What the catalogue answers is not searched for, and left out.
    """
    asked: list[Asked] = []
    for question in questions:
        judge = Refuses()
        assistant(library, judge).ask(Request(question.question, question.history))
        asked += [Asked(question, *given) for given in judge.given]
    return asked
