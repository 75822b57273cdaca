"""The fit of the quoter's signs: weights recovered, chances of other papers, and the table."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.benchmarks.quoting_signs import Example, earned, examples, fit, held_out, recall_at_words, softmax
from eval.questions import Question
from index_store.build import index_entries
from index_store.library import Library
from index_store.types import Paper
from rag.selection import SIGNS
from tests.fakes import FakeEmbedder
from tests.small_library import entry, fake_shelf

PONDS = Paper("", "Ponds", "The heron waits. We present frogs. There were 40 frogs.")


def example(paper: str, signs: list[list[float]], states: list[list[float]]) -> Example:
    return Example("ponds", paper, np.array(signs), np.array(states), (10,) * len(signs))


def test_the_fit_finds_the_weight_that_made_the_choices() -> None:
    """Three times in four the sentence with the sign is right: without the ridge its weight would be the log of 3."""
    given = [example(str(n), [[1.0], [0.0]], [[1, 0] if n % 4 else [0, 1]]) for n in range(4_000)]
    assert fit(given)[0] == pytest.approx(np.log(3), abs=0.02)


def test_sentences_that_both_state_the_fact_are_right_together() -> None:
    given = [example(str(n), [[1.0], [1.0], [0.0]], [[1, 1, 0]]) for n in range(50)]
    assert fit(given)[0] > 1


def test_what_is_fitted_never_saw_the_paper() -> None:
    """One paper says the opposite of all others: its own chances are those of the others."""
    usual = [example(str(n), [[1.0], [0.0]], [[1, 0]]) for n in range(40)]
    odd = example("odd", [[1.0], [0.0]], [[0, 1]])
    chances = held_out([*usual, odd], 0)[-1]
    assert chances[0] > 0.8
    assert chances.sum() == pytest.approx(1)


def test_recall_is_read_off_at_the_mean_number_of_words() -> None:
    """Ten sentences of 10 words, likeliest first; only the eighth states the fact, so 70 words have none, 80 all."""
    one = Example("ponds", "p", np.zeros((10, 1)), np.eye(10)[[7]], (10,) * 10)
    likely = np.array([*[0.121] * 7, 0.1, 0.043, 0.01])
    assert recall_at_words([one], [likely])[2] == 1.0
    assert softmax(np.zeros(4)).tolist() == [0.25] * 4


def test_examples_are_the_questions_whose_right_paper_states_a_fact(tmp_path: Path) -> None:
    shelf = fake_shelf(tmp_path, FakeEmbedder(("frogs", "heron"), 64))
    index_entries(shelf, [entry(PONDS), entry(Paper("", "Bread", "Rye dough rises."), line=2)])
    questions = [
        Question("1", "fact", "How many frogs?", ("Ponds",), True, facts=(("40", "forty"), ("no such fact",))),
        Question("2", "fact", "How many frogs?", ("Ponds",), True, facts=(("no such fact",),)),
        Question("3", "fact", "How many frogs?", ("Elsewhere",), True, facts=(("40",),)),
        Question("4", "multi", "frogs?", ("Ponds", "Bread"), True, facts=(("40",),)),
    ]
    with closing(Library(shelf)) as library:
        (found,) = examples("ponds", library, questions)
    assert found.states.tolist() == [[0, 0, 1]]
    assert found.lengths == (3, 3, 4)
    assert found.signs.shape == (3, len(SIGNS))
    several = [replace(found, paper=str(n)) for n in range(20)]
    assert len(earned(several).splitlines()) == 2 + 2 + len(SIGNS)
