"""Reading question files: what is right comes through whole, what is wrong is named with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.errors import QuestionsUnusable
from eval.questions import read_questions, select, within
from rag.types import Turn

GOOD: dict[str, Any] = {
    "id": "fact-001",
    "type": "fact",
    "question": "How many sheep?",
    "history": [],
    "gold": ["Alpha: Counting Sheep"],
    "facts": [["45", "forty-five"]],
    "answerable": True,
    "split": "dev",
}


def write(folder: Path, *lines: Any) -> Path:
    path = folder / "set.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), "utf-8")
    return path


def test_a_list_may_name_titles_beside_its_gold(tmp_path: Path) -> None:
    (question,) = read_questions(write(tmp_path, GOOD | {"also": ["Beta", "Gamma"]})).questions
    assert question.also == ("Beta", "Gamma")
    (rejection,) = read_questions(write(tmp_path, GOOD | {"also": "Beta"})).rejected
    assert rejection.reason == "also must be a list of texts"


def test_a_right_line_comes_through_whole(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "What is Alpha?"}]
    given = read_questions(write(tmp_path, "", GOOD | {"history": history}))
    (question,) = given.questions
    assert question.facts == (("45", "forty-five"),)
    assert question.history == (Turn("user", "What is Alpha?"),)
    assert (question.id, question.line, question.split, given.rejected) == ("fact-001", 2, "dev", ())


def test_history_facts_and_split_may_be_left_out_and_notes_may_be_added(tmp_path: Path) -> None:
    line = {name: GOOD[name] for name in ("id", "type", "question", "gold", "answerable")}
    (question,) = read_questions(write(tmp_path, line | {"note": "checked"})).questions
    assert (question.history, question.facts, question.split) == ((), (), None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "facts"}, "unknown type 'facts'; known are fact, concept, named, multi, followup, near, off"),
        ({"id": " "}, "id must be a text that is not empty"),
        ({"question": 4}, "question must be a text that is not empty"),
        ({"gold": "Alpha"}, "gold must be a list of texts"),
        ({"gold": []}, "an answerable question needs the title of at least one paper in gold"),
        ({"facts": ["45"]}, "facts must be a list of lists of alternatives, none of them empty"),
        ({"facts": [[]]}, "facts must be a list of lists of alternatives, none of them empty"),
        ({"answerable": "yes"}, "answerable must be true or false"),
        ({"split": "train"}, "unknown split 'train'; known are dev, test"),
        ({"history": ["hello"]}, 'each message of history needs a "role" (user or assistant) and a "content"'),
        ({"type": "near"}, "a question of type near has no answer in the library: answerable must be false"),
        ({"type": "off", "answerable": False}, "a question of type off is about no paper: gold must be empty"),
        ({"answerable": False}, "a question without an answer cannot have facts"),
        ({"draft": True}, 'is still a draft: edit the question and its facts, then take out "draft"'),
    ],
)
def test_a_wrong_line_is_named_and_the_rest_is_read(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    path = write(tmp_path, GOOD | change, GOOD | {"id": "fact-002"})
    given = read_questions(path)
    assert [str(rejection) for rejection in given.rejected] == [f"{path}:1: {reason}"]
    assert [question.id for question in given.questions] == ["fact-002"]


@pytest.mark.parametrize("field", ["id", "type", "question", "gold", "answerable"])
def test_a_missing_field_is_named(tmp_path: Path, field: str) -> None:
    path = write(tmp_path, {name: value for name, value in GOOD.items() if name != field})
    assert [str(r) for r in read_questions(path).rejected] == [f"{path}:1: lacks the field {field}"]


def test_the_second_of_two_equal_ids_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, "", GOOD | {"question": "Another?"})
    given = read_questions(path)
    assert [str(r) for r in given.rejected] == [f"{path}:3: the id 'fact-001' is already that of line 1"]
    assert [question.question for question in given.questions] == ["How many sheep?"]


def test_broken_json_is_named_with_its_place(tmp_path: Path) -> None:
    path = write(tmp_path, '{"id": }', "[1]", "[" * 100_000)
    reasons = [str(r) for r in read_questions(path).rejected]
    assert reasons[0] == f"{path}:1: is no JSON: Expecting value at character 8"
    assert reasons[1] == f"{path}:2: is no JSON object"
    assert reasons[2].startswith(f"{path}:3: is")


@pytest.mark.parametrize("change", [{"question": "How \ud800?"}, {"gold": ["\udfff"]}, {"id": "\ud800"}])
def test_half_a_character_is_refused_and_a_whole_one_read(tmp_path: Path, change: dict[str, Any]) -> None:
    path = write(tmp_path, GOOD | change, GOOD | {"question": "How many 🐑?"})
    given = read_questions(path)
    assert r"\ud83d\udc11" in path.read_text("utf-8")
    assert [question.question for question in given.questions] == ["How many 🐑?"]
    [rejection] = given.rejected
    assert str(rejection).startswith(f"{path}:1: holds half a character (\\ud")


@pytest.mark.parametrize("indent", [None, 2])
def test_one_json_array_is_refused_as_such(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "set.json"
    path.write_text(json.dumps([GOOD], indent=indent), "utf-8")
    with pytest.raises(QuestionsUnusable, match=r"set\.json: is a JSON array\. Save it as JSON Lines"):
        read_questions(path)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00"])
def test_a_file_without_questions_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(content)
    with pytest.raises(QuestionsUnusable, match=r"set\.jsonl: (the file holds no questions|is not UTF-8)"):
        read_questions(path)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionsUnusable, match="cannot be read: No such file"):
        read_questions(tmp_path / "absent.jsonl")


def test_titles_meet_without_case_and_punctuation_and_strangers_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, GOOD | {"id": "x", "gold": ["Alpha: Counting Sheep", "Omega"]})
    checked = within(read_questions(path), ["ALPHA — counting  sheep"])
    assert [question.id for question in checked.questions] == ["fact-001"]
    assert [str(r) for r in checked.rejected] == [f"{path}:2: not in the library: “Omega”"]


def test_halves_and_types_can_be_selected(tmp_path: Path) -> None:
    lines = [
        GOOD | {"id": str(n), "split": split, "type": type_}
        for n, (split, type_) in enumerate([("dev", "fact"), ("test", "fact"), ("test", "named"), (None, "named")])
    ]
    given = read_questions(write(tmp_path, *lines))
    assert [q.id for q in select(given, "test").questions] == ["1", "2"]
    assert [q.id for q in select(given, "test", ["named"]).questions] == ["2"]
    assert [q.id for q in select(given, types=["named"]).questions] == ["2", "3"]
