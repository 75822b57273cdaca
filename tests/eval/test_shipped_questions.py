"""The shipped question sets: every gold paper exists, every fact is in its abstract, nothing is copied."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from eval.metrics import fact_found
from eval.questions import (
    TYPES,
    Question,
    read_questions,
    shipped_everyday,
    shipped_followups,
    shipped_lists,
    shipped_quoting,
    shipped_sets,
)
from index_store import starter
from index_store.identity import title_key
from index_store.readers import read
from index_store.types import Entry, Paper, Rejection
from rag.cues import asks_for_papers

Run = tuple[str, ...]

_RUN = 8  # words in a row that a question may not share with an abstract
_LEAST = {"starter": 120, "seeds": 200}
STARTER, SEEDS = shipped_sets()
LISTS = shipped_lists()
QUOTING = shipped_quoting()
FOLLOWUPS = shipped_followups()
EVERYDAY = shipped_everyday()


@pytest.fixture(scope="module")
def starter_papers() -> Mapping[str, Paper]:
    return _by_title(starter.entries())


@pytest.fixture(scope="module")
def seed_papers(seeds: list[Path]) -> Mapping[str, Paper]:
    return _by_title(entry for path in seeds for entry in read(path))


@pytest.mark.parametrize("path", [STARTER, SEEDS], ids=lambda path: path.stem)
def test_every_line_is_right_and_all_types_are_there(path: Path) -> None:
    given = read_questions(path)
    assert given.rejected == ()
    assert len(given.questions) >= _LEAST[path.stem]
    assert {question.type for question in given.questions} == set(TYPES)
    assert all(question.id.startswith(f"{question.type}-") for question in given.questions)
    texts = [(question.question.lower(), question.history) for question in given.questions]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("path", [STARTER, SEEDS], ids=lambda path: path.stem)
def test_both_halves_hold_as_many_of_each_type(path: Path) -> None:
    counts = Counter((question.type, question.split) for question in read_questions(path).questions)
    for type_ in TYPES:
        assert abs(counts[type_, "dev"] - counts[type_, "test"]) <= 1, type_


@pytest.mark.parametrize("path", [STARTER, SEEDS], ids=lambda path: path.stem)
def test_types_have_the_papers_and_histories_they_need(path: Path) -> None:
    for question in read_questions(path).questions:
        if question.type == "multi":
            assert 2 <= len(question.gold) <= 6, question.id
        elif question.type in ("fact", "concept", "named", "followup"):
            assert len(question.gold) == 1, question.id
        assert bool(question.history) == (question.type == "followup"), question.id
        assert bool(question.facts) >= (question.type in ("fact", "followup")), question.id


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_the_lists_ask_for_papers_and_are_as_many_in_both_halves(path: Path) -> None:
    given = read_questions(path)
    assert given.rejected == ()
    assert len(given.questions) >= 20
    assert all(asks_for_papers(question.question) for question in given.questions)
    assert all(len(question.gold) >= 2 for question in given.questions)
    assert not [question.id for question in given.questions if set(question.gold) & set(question.also)]
    halves = Counter(question.split for question in given.questions)
    assert abs(halves["dev"] - halves["test"]) <= 1


@pytest.mark.parametrize("path", QUOTING, ids=lambda path: path.stem)
def test_what_quoting_was_developed_on_is_dev_and_has_facts(path: Path) -> None:
    given = read_questions(path)
    assert given.rejected == ()
    assert {question.split for question in given.questions} == {"dev"}
    assert all(question.facts and len(question.gold) == 1 for question in given.questions)


@pytest.mark.parametrize("path", FOLLOWUPS, ids=lambda path: path.stem)
def test_what_follow_ups_were_developed_on_is_dev_and_has_a_conversation(path: Path) -> None:
    given = read_questions(path)
    assert given.rejected == ()
    assert len(given.questions) >= 40
    assert {(question.split, question.type) for question in given.questions} == {("dev", "followup")}
    assert all(question.history and question.facts and len(question.gold) == 1 for question in given.questions)


@pytest.mark.parametrize("path", EVERYDAY, ids=lambda path: path.stem)
def test_everyday_questions_are_of_many_kinds_and_as_many_of_each_in_both_halves(path: Path) -> None:
    given = read_questions(path)
    assert given.rejected == ()
    assert len(given.questions) >= 100
    kinds = {line["id"]: line["kind"] for line in map(json.loads, path.read_text("utf-8").splitlines())}
    halves = Counter((kinds[question.id], question.split) for question in given.questions)
    assert len(set(kinds.values())) == 11
    assert all(abs(halves[kind, "dev"] - halves[kind, "test"]) <= 1 for kind in kinds.values())
    for question in given.questions:
        assert question.answerable == (question.type not in ("near", "off")), question.id
        assert bool(question.gold) >= question.answerable, question.id


@pytest.mark.parametrize("path", [STARTER, LISTS[0], QUOTING[0], FOLLOWUPS[0], EVERYDAY[0]], ids=lambda path: path.stem)
def test_the_starter_questions_fit_the_starter_library(path: Path, starter_papers: Mapping[str, Paper]) -> None:
    assert list(_misfits(path, starter_papers)) == []


@pytest.mark.parametrize("path", [SEEDS, LISTS[1], QUOTING[1], FOLLOWUPS[1], EVERYDAY[1]], ids=lambda path: path.stem)
def test_the_seed_questions_fit_the_seed_documents(path: Path, seed_papers: Mapping[str, Paper]) -> None:
    assert list(_misfits(path, seed_papers)) == []


def test_the_checker_finds_what_is_wrong() -> None:
    abstract = "The quick brown fox jumps over the lazy dog while nobody is looking at it."
    papers = {title_key("Foxes"): Paper("p", "Foxes", abstract)}
    shared = _runs_of(papers)
    right = Question("1", "fact", "Who leaps?", ("Foxes",), True, (("fox",),))
    absent = Question("2", "fact", "Who leaps?", ("Wolves",), True, ())
    wrong = Question("3", "fact", "Who leaps?", ("Foxes",), True, (("wolf", "bear"),))
    copied = Question("4", "fact", "Does the quick brown fox jumps over the lazy cat?", ("Foxes",), True, ())
    assert list(_misfits_of(right, papers, shared)) == []
    assert list(_misfits_of(absent, papers, shared)) == ["2: no paper “Wolves”"]
    assert list(_misfits_of(wrong, papers, shared)) == ["3: no gold paper has wolf"]
    assert list(_misfits_of(copied, papers, shared)) == ["4: copies: the quick brown fox jumps over the lazy"]


def _misfits(path: Path, papers: Mapping[str, Paper]) -> Iterator[str]:
    shared = _runs_of(papers)
    for question in read_questions(path).questions:
        yield from _misfits_of(question, papers, shared)


def _misfits_of(question: Question, papers: Mapping[str, Paper], shared: frozenset[Run]) -> Iterator[str]:
    gold = [papers.get(title_key(title)) for title in question.gold]
    yield from (f"{question.id}: no paper “{title}”" for title in question.also if title_key(title) not in papers)
    for title, paper in zip(question.gold, gold, strict=True):
        if paper is None:
            yield f"{question.id}: no paper “{title}”"
    known = [_known_of(paper) for paper in gold if paper is not None]
    for group in question.facts:
        if known and not any(fact_found(text, group) for text in known):
            yield f"{question.id}: no gold paper has {group[0]}"
    for text in (question.question, *(turn.content for turn in question.history)):
        for run in _runs(text):
            if run in shared:
                yield f"{question.id}: copies: {' '.join(run)}"


def _known_of(paper: Paper) -> str:
    """What can be told of a paper: its abstract, and what the catalogue has."""
    return f"{paper.abstract} {', '.join(paper.authors)} {paper.year} {paper.url} {paper.doi}"


def _runs_of(papers: Mapping[str, Paper]) -> frozenset[Run]:
    """Every run of words of the abstracts."""
    return frozenset(run for paper in papers.values() for run in _runs(paper.abstract))


def _runs(text: str) -> Iterator[Run]:
    words = re.findall(r"\w+", text.lower())
    return (tuple(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1))


def _by_title(entries: Iterator[Entry | Rejection]) -> dict[str, Paper]:
    return {title_key(entry.paper.title): entry.paper for entry in entries if isinstance(entry, Entry)}
