"""Thumbs become drafts of questions: what is proposed, what is only noted, and that a set refuses them unedited."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from eval.feedback import feedback_lines
from eval.questions import read_questions
from rag.conversations import Exchange, Rating
from tests.ui.fake_assistant import PAPERS, answer_to


def rated(question: str, rating: Rating, number: int = 1) -> Exchange:
    answer = answer_to(question)
    return Exchange(number, "c", question, "done", answer.text, answer, rating=rating)


def test_a_good_answers_papers_are_proposed_and_a_bad_ones_only_noted() -> None:
    lines = feedback_lines([(rated("energy", 1), []), (rated("both", -1), []), (rated("béchamel", 1), [])])
    good, bad, off = (json.loads(line) for line in lines)
    assert (good["type"], good["gold"], good["answerable"], good["rated"]) == (
        "concept",
        [PAPERS[0].title],
        True,
        "good",
    )
    assert (bad["type"], bad["gold"], bad["cited"]) == ("multi", [], [PAPERS[0].title, PAPERS[1].title])
    assert (off["type"], off["gold"], off["answerable"]) == ("off", [], False)
    assert [line["id"] for line in (good, bad, off)] == ["rated-001", "rated-002", "rated-003"]


def test_a_follow_up_brings_along_what_was_said() -> None:
    before = rated("energy", 0)
    asked = rated("both", 1, 2)
    assert asked.answer is not None
    asked = replace(asked, answer=replace(asked.answer, standalone_question="energy and both"))
    (line,) = map(json.loads, feedback_lines([(asked, [before])]))
    assert line["type"] == "followup"
    assert [turn["role"] for turn in line["history"]] == ["user", "assistant"]


def test_an_answer_that_never_came_proposes_nothing() -> None:
    assert list(feedback_lines([(Exchange(1, "c", "energy", "failed", rating=-1), [])])) == []


def test_an_unedited_draft_is_refused_and_an_edited_one_read(tmp_path: Path) -> None:
    (line,) = feedback_lines([(rated("energy", 1), [])])
    path = tmp_path / "mine.jsonl"
    path.write_text(line + "\n", "utf-8")
    assert read_questions(path).questions == ()
    edited = {key: value for key, value in json.loads(line).items() if key != "draft"}
    path.write_text(json.dumps(edited) + "\n", "utf-8")
    assert read_questions(path).questions[0].gold == (PAPERS[0].title,)
