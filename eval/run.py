"""Asking a question set: every question goes through the assistant that users get, and its answer is measured.

Knows no home folder and no page; who calls it opens the assistant.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from eval.errors import QuestionsUnusable
from eval.metrics import without_markers
from eval.questions import Question, QuestionSet, left_out, papers_present, read_questions, select, within
from eval.rows import Row, make_row
from index_store.counting import counted
from index_store.errors import CitewellError
from index_store.types import Rejection
from rag.types import Answer, Request

Asked = Callable[[int, int], None]  # called with (questions done, questions in all)

_SHIPPED_SHARE = 0.5  # of the papers that a shipped set asks about must be there for it to be meant
_FAILURES_IN_A_ROW = 3  # then it is not the question


class Asks(Protocol):
    """What is measured: ``rag.assistant.Assistant``, or anything that answers like it."""

    def ask(self, request: Request) -> Answer: ...


class Judges(Protocol):
    """Who gives an opinion on an answer: ``eval.judge.Judge``."""

    def judge(self, question: str, answer: str, abstracts: Sequence[str]) -> dict[str, float | None]: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """Which questions to ask: of one half, of some types.  ``types`` empty means all."""

    split: str = "all"
    types: tuple[str, ...] = ()


EVERYTHING = Choice()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The sets to ask, and sentences about the sets that were left out."""

    sets: tuple[QuestionSet, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """The rows of the questions asked, and the lines that were not."""

    rows: tuple[Row, ...]
    rejected: tuple[Rejection, ...]


def load_sets(paths: Sequence[Path], titles: Sequence[str]) -> Loaded:
    """Read question files against a library's titles.

    A question about papers that are not there is rejected and the rest is asked.  Raises ``QuestionsUnusable`` where
    all papers of a file are absent: then it is the wrong library.
    """
    sets = []
    for path in paths:
        given = read_questions(path)
        if given.gold_keys and not papers_present(given, titles):
            raise QuestionsUnusable(
                f"{path}: none of the {len(given.gold_keys)} papers it asks about is in the library. {_remedy(path)}"
            )
        sets.append(within(given, titles))
    _refuse_same_names(sets)
    return Loaded(tuple(sets))


def load_shipped(paths: Sequence[Path], titles: Sequence[str]) -> Loaded:
    """Read those of the shipped sets that this library is meant for: most of the papers they ask about are there."""
    sets, left_out = [], []
    for path in paths:
        given = read_questions(path)
        if papers_present(given, titles) >= _SHIPPED_SHARE * len(given.gold_keys):
            sets.append(within(given, titles))
        else:
            left_out.append(f"{path.name} is left out: this library does not hold its papers. {_remedy(path)}")
    if not sets:
        raise QuestionsUnusable(
            "The library holds the papers of none of the shipped question sets. Run `citewell index --starter`, or "
            "write questions of your own: `citewell eval draft`."
        )
    return Loaded(tuple(sets), tuple(left_out))


def ask_all(
    assistant: Asks,
    sets: Sequence[QuestionSet],
    choice: Choice = EVERYTHING,
    asked: Asked | None = None,
    judge: Judges | None = None,
) -> Run:
    """Ask the chosen questions one after the other.

    A question that fails is rejected with the reason; the third failure in a row is raised, as the next would fail too.
    Raises ``QuestionsUnusable`` where there is nothing to ask.
    """
    chosen = [(given, q) for given in sets for q in select(given, choice.split, choice.types).questions]
    if not chosen:
        raise _nothing_to_ask(sets, choice)
    rows: list[Row] = []
    rejected = [rejection for given in sets for rejection in given.rejected]
    failures = 0
    for done, (given, question) in enumerate(chosen):
        if asked:
            asked(done, len(chosen))
        try:
            rows.append(_ask(assistant, given.name, question, judge))
            failures = 0
        except CitewellError as exc:
            failures += 1
            if failures == _FAILURES_IN_A_ROW:
                raise
            rejected.append(Rejection(given.path, question.line, f"could not be asked: {exc}"))
    if asked:
        asked(len(chosen), len(chosen))
    return Run(tuple(rows), tuple(rejected))


def _ask(assistant: Asks, set_name: str, question: Question, judge: Judges | None) -> Row:
    started = time.perf_counter()
    answer = assistant.ask(Request(question.question, question.history))
    row = make_row(set_name, question, answer, (time.perf_counter() - started) * 1000)
    if judge is None or answer.abstained:
        return row
    abstracts = [citation.paper.abstract for citation in answer.citations]
    return replace(row, judged=judge.judge(answer.standalone_question, without_markers(answer.text), abstracts))


def _refuse_same_names(sets: Sequence[QuestionSet]) -> None:
    """Rows are told apart by the name of their set, so that results of different machines can be compared."""
    names: dict[str, Path] = {}
    for given in sets:
        if given.name in names:
            raise QuestionsUnusable(f"{names[given.name]} and {given.path} have the same name. Rename one of them.")
        names[given.name] = given.path


def _nothing_to_ask(sets: Sequence[QuestionSet], choice: Choice) -> QuestionsUnusable:
    usable = sum(len(given.questions) for given in sets)
    sentences = ["There is no question to ask."]
    if usable:
        wanted = [] if choice.split == "all" else [f"split {choice.split}"]
        wanted += [f"type {' or '.join(choice.types)}"] if choice.types else []
        none = f"Of {counted(usable, 'question')} none is of {' and of '.join(wanted)}."
        sentences = [none, "Choose others, or add some."]
    reason = left_out([rejection for given in sets for rejection in given.rejected])
    return QuestionsUnusable(" ".join(filter(None, [*sentences, reason])))


def _remedy(path: Path) -> str:
    if path.stem == "starter":
        return "Put them in: citewell index --starter"
    return "Index the papers first: citewell index FILE..."
