"""Question sets: JSON Lines in, checked questions out.

A line is ``{"id", "type", "question", "history": [], "gold": [titles], "facts": [[alternatives]], "answerable"}`` and
may say ``"split": "dev" | "test"`` and ``"also": [titles]``.  All but ``id``, ``type``, ``question``, ``gold`` and
``answerable`` may be left out; further fields are the author's own notes.  A line that is wrong becomes a ``Rejection``
and the rest is still read.

Knows no library but a set of titles, and no assistant.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

from eval.errors import QuestionsUnusable
from eval.json_lines import read_object
from index_store.counting import counted
from index_store.identity import title_key
from index_store.types import Rejection
from rag.types import Role, Turn

QuestionType = Literal["fact", "concept", "named", "multi", "followup", "near", "off"]
Split = Literal["dev", "test"]

TYPES: tuple[QuestionType, ...] = get_args(QuestionType)
_UNANSWERABLE = ("near", "off")
_REQUIRED = ("id", "type", "question", "gold", "answerable")


@dataclass(frozen=True, slots=True)
class Question:
    """One question with what a right answer needs: ``gold`` titles, and ``facts`` as groups of alternatives.

    ``answerable`` tells whether the abstracts of the library answer it.  ``also`` are titles that a list may name
    beside those it must.  ``line`` counts from 1.
    """

    id: str
    type: QuestionType
    question: str
    gold: tuple[str, ...]
    answerable: bool
    facts: tuple[tuple[str, ...], ...] = ()
    history: tuple[Turn, ...] = ()
    split: Split | None = None
    line: int = 0
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The usable questions of one file, and what was wrong with the other lines."""

    path: Path
    questions: tuple[Question, ...]
    rejected: tuple[Rejection, ...] = ()

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def gold_keys(self) -> set[str]:
        return {title_key(title) for question in self.questions for title in question.gold}


def shipped_sets() -> list[Path]:
    """Give the question files that come with Citewell: the starter library's, and the seed documents'."""
    folder = Path(str(files("eval").joinpath("questions")))
    return [folder / "starter.jsonl", folder / "seeds.jsonl"]


def shipped_lists() -> list[Path]:
    """Give the files of questions for lists of papers, in the order of ``shipped_sets``."""
    return [path.with_name(f"lists-{path.name}") for path in shipped_sets()]


def shipped_quoting() -> list[Path]:
    """Give the files of further dev questions that quoting was developed on, in the order of ``shipped_sets``."""
    return [path.with_name(f"quoting-{path.name}") for path in shipped_sets()]


def shipped_everyday() -> list[Path]:
    """Give the files of questions as people put them, of kinds that the sets lack, in the order of ``shipped_sets``.

    They name the kind of each: comparison, catalogue, yes-no, keywords, context, how-why, numbers, definition,
    followups, near, off.
    """
    return [path.with_name(f"everyday-{path.name}") for path in shipped_sets()]


def shipped_followups() -> list[Path]:
    """Give the files of further dev questions in conversations, in the order of ``shipped_sets``."""
    return [path.with_name(f"followup-{path.name}") for path in shipped_sets()]


def read_questions(path: Path) -> QuestionSet:
    """Read a question file.  Raises ``QuestionsUnusable`` where the file cannot be read or holds nothing."""
    questions: list[Question] = []
    rejected: list[Rejection] = []
    seen: dict[str, int] = {}
    lines = list(_lines(path))
    for number, text in lines:
        try:
            question = _question(read_object(text), number)
            if question.id in seen:
                raise ValueError(f"the id {question.id!r} is already that of line {seen[question.id]}")
        except (ValueError, RecursionError) as exc:
            rejected.append(Rejection(path, number, _reason(exc)))
            continue
        seen[question.id] = number
        questions.append(question)
    if not lines:
        raise QuestionsUnusable(f"{path}: the file holds no questions. See `citewell eval draft` for a start.")
    if not questions and lines[0][1].lstrip().startswith("["):
        raise QuestionsUnusable(f"{path}: is a JSON array. Save it as JSON Lines: one object a line, nothing between.")
    return QuestionSet(path, tuple(questions), tuple(rejected))


def within(given: QuestionSet, titles: Collection[str]) -> QuestionSet:
    """Keep the questions whose gold papers are all among ``titles``; the others are rejected by name.

    Titles are compared without case, accents and punctuation.
    """
    known = {title_key(title) for title in titles}
    kept: list[Question] = []
    rejected = list(given.rejected)
    for question in given.questions:
        absent = [title for title in question.gold if title_key(title) not in known]
        if absent:
            named = ", ".join(f"“{title}”" for title in absent)
            rejected.append(Rejection(given.path, question.line, f"not in the library: {named}"))
        else:
            kept.append(question)
    return replace(given, questions=tuple(kept), rejected=tuple(sorted(rejected, key=lambda r: r.line)))


def papers_present(given: QuestionSet, titles: Collection[str]) -> int:
    """Count the papers that the questions ask about and that are among ``titles``."""
    return len(given.gold_keys & {title_key(title) for title in titles})


def select(given: QuestionSet, split: str = "all", types: Sequence[str] = ()) -> QuestionSet:
    """Keep the questions of one half (``dev``, ``test`` or ``all``) and of the given types (none: every type)."""
    kept = tuple(q for q in given.questions if split in ("all", q.split) and (not types or q.type in types))
    return replace(given, questions=kept)


def left_out(rejected: Sequence[Rejection]) -> str:
    """Say how many lines were left out, and what the first of them lacks; nothing where none was."""
    return f"{counted(len(rejected), 'line')} left out; the first: {rejected[0]}." if rejected else ""


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise QuestionsUnusable(f"{path}: is not UTF-8 text (byte {exc.start}). Save it as UTF-8.") from exc
    except OSError as exc:
        raise QuestionsUnusable(f"{path}: cannot be read: {exc.strerror or exc}. Name a question file.") from exc
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def _question(data: dict[str, Any], line: int) -> Question:
    if data.get("draft"):
        raise ValueError('is still a draft: edit the question and its facts, then take out "draft"')
    missing = [name for name in _REQUIRED if name not in data]
    if missing:
        raise ValueError(f"lacks the field{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
    if data["type"] not in TYPES:
        raise ValueError(f"unknown type {data['type']!r}; known are {', '.join(TYPES)}")
    if not isinstance(data["answerable"], bool):
        raise ValueError("answerable must be true or false")
    if data.get("split") not in (None, *get_args(Split)):
        raise ValueError(f"unknown split {data['split']!r}; known are {', '.join(get_args(Split))}")
    question = Question(
        id=_text(data["id"], "id"),
        type=data["type"],
        question=_text(data["question"], "question"),
        gold=_texts(data["gold"], "gold"),
        answerable=data["answerable"],
        facts=_facts(data.get("facts", [])),
        history=_history(data.get("history", [])),
        split=data.get("split"),
        line=line,
        also=_texts(data.get("also", []), "also"),
    )
    _refuse_contradictions(question)
    return question


def _refuse_contradictions(question: Question) -> None:
    if question.type in _UNANSWERABLE and question.answerable:
        raise ValueError(f"a question of type {question.type} has no answer in the library: answerable must be false")
    if question.answerable and not question.gold:
        raise ValueError("an answerable question needs the title of at least one paper in gold")
    if question.type == "off" and question.gold:
        raise ValueError("a question of type off is about no paper: gold must be empty")
    if not question.answerable and question.facts:
        raise ValueError("a question without an answer cannot have facts")


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} must be a text that is not empty")
    return value


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{name} must be a list of texts")
    return tuple(_text(item, f"each entry of {name}") for item in value)


def _facts(value: Any) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, list) or not all(isinstance(group, list) and group for group in value):
        raise ValueError("facts must be a list of lists of alternatives, none of them empty")
    return tuple(_texts(group, "facts") for group in value)


def _history(value: Any) -> tuple[Turn, ...]:
    if not isinstance(value, list):
        raise ValueError("history must be a list of messages")
    turns = []
    for turn in value:
        if not isinstance(turn, dict) or turn.get("role") not in get_args(Role):
            raise ValueError('each message of history needs a "role" (user or assistant) and a "content"')
        turns.append(Turn(turn["role"], _text(turn.get("content"), "content of a message of history")))
    return tuple(turns)


def _reason(exc: Exception) -> str:
    if isinstance(exc, json.JSONDecodeError):
        return f"is no JSON: {exc.msg} at character {exc.colno}"
    return "is nested too deeply" if isinstance(exc, RecursionError) else str(exc)
