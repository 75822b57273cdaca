"""The guard of a rebuilt index: recall@5 of a question file, by plain search."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from eval.errors import QuestionsUnusable
from eval.guard import Check, check_library, has_fallen
from index_store.types import Hit, Paper
from tests.eval.fake_assistant import ALPHA, BETA, PAPERS


@dataclass
class FakeLibrary:
    """Finds the papers whose title shares a word with the query, in the order of the shelf."""

    queries: list[str] = field(default_factory=list)

    def papers(self, *, offset: int = 0, limit: int = 50) -> tuple[list[Paper], int]:
        return list(PAPERS), len(PAPERS)

    def search(self, query: str, k: int = 10) -> tuple[Hit, ...]:
        self.queries.append(query)
        asked = set(query.lower().strip("?").split())
        found = [
            paper for paper in PAPERS if asked & set(paper.title.lower().replace(":", "").replace(",", "").split())
        ]
        return tuple(Hit(paper, 1.0, ()) for paper in found[:k])


def write(path: Path, *lines: dict[str, Any]) -> Path:
    base = {"type": "fact", "gold": [ALPHA.title], "answerable": True}
    path.write_text("".join(json.dumps({**base, "id": str(n), **line}) + "\n" for n, line in enumerate(lines)), "utf-8")
    return path


def test_recall_counts_answerable_questions_and_reads_follow_ups(tmp_path: Path) -> None:
    path = write(
        tmp_path / "q.jsonl",
        {"question": "alpha"},
        {"question": "How old is it?", "history": [{"role": "user", "content": "What is beta"}], "gold": [BETA.title]},
        {"question": "gamma"},
        {"question": "omega", "gold": ["Omega"]},
        {"question": "bread", "type": "off", "gold": [], "answerable": False},
    )
    library = FakeLibrary()
    check = check_library(path, library)
    assert library.queries == ["alpha", "What is beta How old is it?", "gamma"]
    assert check.recall == pytest.approx(2 / 3)
    assert (check.questions, [r.line for r in check.rejected]) == (3, [4])


def test_a_file_without_answerable_questions_guards_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl", {"question": "bread", "type": "off", "gold": [], "answerable": False})
    with pytest.raises(QuestionsUnusable) as caught:
        check_library(path, FakeLibrary())
    none = f"{path}: holds no answerable question about this library."
    assert str(caught.value) == f"{none} Add some, or leave --check."
    write(path, {"question": "alpha", "draft": True}, {"question": ""})
    with pytest.raises(QuestionsUnusable) as caught:
        check_library(path, FakeLibrary())
    assert str(caught.value).startswith(f"{none} 2 lines left out; the first: {path}:1: is still a draft:")


@pytest.mark.parametrize(
    ("before", "after", "fell"),
    [
        ((0.9, 10), (0.9, 10), False),
        ((0.9, 10), (0.88, 10), False),
        ((0.9, 10), (0.85, 10), False),  # by just the margin
        ((0.9, 10), (0.8, 10), True),
        ((0.9, 10), (1, 9), True),
    ],
)
def test_a_fall_beyond_the_margin_or_a_lost_question_counts(
    before: tuple[float, int], after: tuple[float, int], fell: bool
) -> None:
    assert has_fallen(Check(*before, ()), Check(*after, ()), margin=0.05) is fell
