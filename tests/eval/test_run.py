"""Asking question sets: the right library, failing questions, who judges."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from eval.errors import QuestionsUnusable
from eval.run import Choice, ask_all, load_sets, load_shipped
from rag.errors import QuestionRefused
from rag.types import Turn
from tests.eval.fake_assistant import ALPHA, BETA, PAPERS, FakeAssistant

TITLES = [paper.title for paper in PAPERS]


def line(id_: str, question: str, gold: Sequence[str] = (ALPHA.title,), **rest: Any) -> dict[str, Any]:
    return {"id": id_, "type": "fact", "question": question, "gold": list(gold), "answerable": True, **rest}


def write(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in lines), "utf-8")
    return path


def test_every_question_is_asked_with_its_history(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "What is alpha?"}]
    path = write(tmp_path / "mine.jsonl", line("1", "alpha?", history=history), line("2", "beta?", [BETA.title]))
    assistant, seen = FakeAssistant(), []
    run = ask_all(assistant, load_sets([path], TITLES).sets, asked=lambda done, total: seen.append((done, total)))
    assert [request.history for request in assistant.asked] == [(Turn("user", "What is alpha?"),), ()]
    assert [row.key for row in run.rows] == ["mine/1", "mine/2"]
    assert [row.measured["recall@1"] for row in run.rows] == [1, 1]
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_only_the_chosen_questions_are_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", line("1", "a?", split="dev"), line("2", "b?", split="test"), line("3", "c?"))
    sets = load_sets([path], TITLES).sets
    assert [row.key for row in ask_all(FakeAssistant(), sets, Choice("test")).rows] == ["mine/2"]


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (Choice("test"), "Of 2 questions none is of split test. Choose others, or add some."),
        (Choice("dev", ("off", "near")), "Of 2 questions none is of split dev and of type off or near. Choose others"),
    ],
)
def test_a_choice_that_leaves_nothing_is_refused(tmp_path: Path, choice: Choice, sentence: str) -> None:
    path = write(tmp_path / "mine.jsonl", line("1", "a?", split="dev"), line("2", "b?"))
    with pytest.raises(QuestionsUnusable) as caught:
        ask_all(FakeAssistant(), load_sets([path], TITLES).sets, choice)
    assert str(caught.value).startswith(sentence)


def test_a_set_of_which_no_line_can_be_used_is_refused_with_the_first_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", line("1", "a?", draft=True), line("2", ""))
    with pytest.raises(QuestionsUnusable) as caught:
        ask_all(FakeAssistant(), load_sets([path], TITLES).sets)
    assert str(caught.value).startswith(
        f"There is no question to ask. 2 lines left out; the first: {path}:1: is still a draft"
    )


def test_a_gold_paper_that_is_absent_leaves_its_question_out(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", line("1", "omega?", ["Omega"]), line("2", "alpha?"))
    run = ask_all(FakeAssistant(), load_sets([path], TITLES).sets)
    assert [str(r) for r in run.rejected] == [f"{path}:1: not in the library: “Omega”"]
    assert [row.key for row in run.rows] == ["mine/2"]


def test_the_wrong_library_is_one_sentence(tmp_path: Path) -> None:
    path = write(tmp_path / "starter.jsonl", line("1", "omega?", ["Omega"]), line("2", "psi?", ["Psi"]))
    with pytest.raises(QuestionsUnusable) as caught:
        load_sets([path], TITLES)
    assert str(caught.value) == (
        f"{path}: none of the 2 papers it asks about is in the library. Put them in: citewell index --starter"
    )


def test_of_the_shipped_sets_those_are_asked_that_the_library_is_meant_for(tmp_path: Path) -> None:
    here = write(tmp_path / "starter.jsonl", line("1", "a?"), line("2", "omega?", ["Omega"]))
    elsewhere = write(
        tmp_path / "seeds.jsonl", *(line(str(n), "q?", [f"Paper {n}"]) for n in range(9)), line("9", "a?")
    )
    loaded = load_shipped([here, elsewhere], TITLES)
    assert [given.name for given in loaded.sets] == ["starter"]
    assert loaded.left_out == (
        "seeds.jsonl is left out: this library does not hold its papers. "
        "Index the papers first: citewell index FILE...",
    )
    with pytest.raises(QuestionsUnusable, match="citewell index --starter"):
        load_shipped([elsewhere], TITLES)


def test_two_sets_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    paths = [write(tmp_path / "a.jsonl", line("1", "a?")), write(tmp_path / "sub" / "a.jsonl", line("1", "a?"))]
    with pytest.raises(QuestionsUnusable, match="have the same name"):
        load_sets(paths, TITLES)


def test_a_question_that_fails_is_named_and_the_next_is_asked(tmp_path: Path) -> None:
    bad = [line(str(n), "unspeakable") for n in (1, 2)]
    path = write(tmp_path / "mine.jsonl", *bad, line("3", "alpha?"), line("4", "unspeakable"))
    run = ask_all(FakeAssistant(), load_sets([path], TITLES).sets)
    assert [str(r).removeprefix(f"{path}:") for r in run.rejected] == [
        f"{n}: could not be asked: The question is too long." for n in (1, 2, 4)
    ]
    assert [row.key for row in run.rows] == ["mine/3"]


def test_the_third_failure_in_a_row_ends_the_run(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", *(line(str(n), "unspeakable") for n in range(5)))
    assistant = FakeAssistant()
    with pytest.raises(QuestionRefused):
        ask_all(assistant, load_sets([path], TITLES).sets)
    assert len(assistant.asked) == 3


def test_a_judge_sees_the_answer_and_what_it_cites_but_no_refusal(tmp_path: Path) -> None:
    seen = []

    class Opinionated:
        def judge(self, question: str, answer: str, abstracts: Sequence[str]) -> dict[str, float | None]:
            seen.append((question, answer, list(abstracts)))
            return {"faithfulness": 1.0, "answer_relevance": None}

    path = write(tmp_path / "mine.jsonl", line("1", "alpha?"), line("2", "lost"))
    run = ask_all(FakeAssistant(), load_sets([path], TITLES).sets, judge=Opinionated())
    assert seen == [("alpha?", "Alpha counts 45 sheep.", [ALPHA.abstract])]
    assert [row.judged for row in run.rows] == [{"faithfulness": 1.0, "answer_relevance": None}, None]
