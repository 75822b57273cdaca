"""Rebuilding under guard: new indexes that find less than the old ones are not published."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from eval.errors import QuestionsUnusable, RecallFell
from index_store.build import index_entries
from index_store.errors import EmbedderError
from index_store.library import Library
from index_store.protocols import Embedder, TokenVectors, Vectors
from index_store.shelf import editions, open_shelf
from index_store.types import Paper
from tests.fakes import FakeEmbedder
from tests.small_library import entry
from ui.rebuilding import Guard, Rebuilt, rebuild_guarded

ANIMALS = {
    "frog": "toads",
    "cow": "cattle",
    "ewe": "sheep",
    "hen": "poultry",
    "hog": "swine",
    "mare": "equines",
    "cat": "felines",
    "fox": "vulpines",
}


class Knowing(FakeEmbedder):
    """Knows the animals under both of their names; their papers and the questions share no word."""

    @property
    def name(self) -> str:
        return "knowing"

    def encode(self, texts: Sequence[str]) -> Vectors:
        return super().encode([_translated(text) for text in texts])

    def encode_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        return super().encode_with_tokens([_translated(text) for text in texts])


KNOWING = Knowing(list(ANIMALS))
UNKNOWING = FakeEmbedder(["granite"])  # to it all these papers are the same


def _translated(text: str) -> str:
    for animal, other in ANIMALS.items():
        text = text.replace(other, animal)
    return text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "library"
    papers = [Paper("", f"Study of the {animal}", f"One {animal} was seen.") for animal in ANIMALS]
    with closing(open_shelf(made, KNOWING)) as shelf:
        index_entries(shelf, [entry(paper, line=line) for line, paper in enumerate(papers, 1)])
    return made


@pytest.fixture
def guard(tmp_path: Path) -> Guard:
    path = tmp_path / "questions.jsonl"
    given = [
        {"id": animal, "type": "concept", "question": f"What about {other}?", "gold": [f"Study of the {animal}"]}
        for animal, other in ANIMALS.items()
    ]
    path.write_text("".join(json.dumps({**line, "answerable": True}) + "\n" for line in given), "utf-8")
    return Guard(path, 0.02)


def absent(name: str) -> Embedder:
    raise EmbedderError(f"The model {name} is not here.")


def known(name: str) -> Embedder:
    return {"knowing": KNOWING, "fake": UNKNOWING}[name]


def rebuilt(folder: Path, model: Embedder, guard: Guard) -> Rebuilt:
    return rebuild_guarded(folder, model, guard, known)


def test_indexes_that_find_less_are_not_published(folder: Path, guard: Guard) -> None:
    with pytest.raises(RecallFell) as failure:
        rebuilt(folder, UNKNOWING, guard)
    told = str(failure.value)
    assert f"the library in {folder} stays as it was" in told
    assert f"recall@5 of the 8 questions in {guard.questions} is 1.000 there and would be 0." in told
    assert "a fall of more than 0.02" in told
    assert editions(folder) == {}
    with closing(Library.open(folder, KNOWING)) as library:
        assert library.search("cattle")[0].paper.title == "Study of the cow"


def test_a_wider_margin_lets_them_pass(folder: Path, guard: Guard) -> None:
    done = rebuilt(folder, UNKNOWING, Guard(guard.questions, 0.9))
    assert done.before is not None
    assert done.check is not None
    assert done.before.recall == 1
    assert done.to_dict()["check"] == {"questions": 8, "recall@5": {"before": 1.0, "after": done.check.recall}}
    assert done.conclusion == f"recall@5 of 8 questions: 1.000 before, {done.check.recall:.3f} now."
    with closing(Library.open(folder, UNKNOWING)) as library:
        assert len(library) == 8


def test_indexes_that_find_more_are_published(folder: Path, guard: Guard) -> None:
    rebuilt(folder, UNKNOWING, Guard(guard.questions, 1))
    done = rebuilt(folder, KNOWING, guard)
    assert done.check is not None
    assert done.check.recall == 1


def test_nothing_to_compare_with_is_told(folder: Path, guard: Guard) -> None:
    done = rebuild_guarded(folder, UNKNOWING, guard, absent)
    assert done.conclusion.startswith(
        "There was nothing to compare with, for the old indexes could not be asked: The m"
    )
    assert "check" not in done.to_dict()
    assert rebuilt(folder / "new", KNOWING, guard).conclusion.endswith("the library was empty.")
    with closing(Library.open(folder, UNKNOWING)) as library:
        assert len(library) == 8


def test_questions_that_cannot_be_used_are_told_before_anything_is_made(folder: Path, guard: Guard) -> None:
    guard.questions.write_text('{"id": "1", "type": "off", "question": "Hm?", "answerable": false}\n', "utf-8")
    with pytest.raises(QuestionsUnusable):
        rebuilt(folder, KNOWING, guard)
    assert editions(folder) == {}
