"""Papers are named by the beginning of their title, in whatever spelling."""

from __future__ import annotations

import pytest

from index_store.types import Paper
from rag.naming import (
    gives_title,
    mentions,
    names_paper,
    only_compares,
    short_title,
    speaks_more_of,
    subject_name,
)

BATCH = Paper("", "Batch Normalization: Faster training", "It is as fast as GPT-4.", ("Eva Lund",))


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("LoRA: Low-Rank Adaptation", "LoRA"),
        ("You Only Look Once: Detection", "You Only Look Once: Detection"),
        ("Frogs of the pond", "Frogs of the pond"),
        (": a beginning", ": a beginning"),
    ],
)
def test_a_short_beginning_stands_for_the_title(title: str, short: str) -> None:
    assert short_title(Paper("", title, "")) == short


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("What does batch normalisation do?", True),
        ("What does Batch-Normalization do?", True),
        ("What does normalisation do?", False),
        ("subbatch normalization", False),
        ("bátch normalization", True),
    ],
)
def test_a_title_is_recognised_in_any_spelling(text: str, named: bool) -> None:
    assert names_paper(text, BATCH) is named


def test_a_common_word_names_no_paper() -> None:
    assert not names_paper("Where do adders add?", Paper("", "Adders", ""))
    assert names_paper("What is LoRA?", Paper("", "LoRA: x", ""))


@pytest.mark.parametrize(
    ("name", "there"), [("GPT-4", True), ("gpt 4", True), ("GPT", True), ("Lund", True), ("T4", False)]
)
def test_names_are_found_in_title_abstract_and_authors(name: str, there: bool) -> None:
    assert mentions(BATCH, name) is there


@pytest.mark.parametrize(
    ("text", "named"),
    [("When is layer norm better?", True), ("layer normalisation", True), ("a normal layer", False), ("no", False)],
)
def test_a_title_of_few_words_is_recognised_when_they_are_cut_short(text: str, named: bool) -> None:
    assert names_paper(text, Paper("", "Layer Normalization", "")) is named


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("How does PPO keep its steps small?", "PPO"),
        ("Is that also a problem for GANs?", "GANs"),
        ("Doesn't the LSTM lose its state?", "LSTM"),
        ("How much faster than PyTorch is it?", None),
        ("Does it beat GPT-3?", None),
        ("How fast is the Fast version?", None),
        ("What does it need?", None),
    ],
)
def test_the_name_that_a_question_is_about(question: str, name: str | None) -> None:
    assert subject_name(question) == name


@pytest.mark.parametrize(
    ("question", "only"),
    [
        ("How much faster than PyTorch?", True),
        ("better compared with the large GPT-3?", True),
        ("How does SMaT compare with cuSPARSE?", False),
        ("How fast is PyTorch?", False),
        ("How fast?", False),
    ],
)
def test_a_name_may_only_be_there_to_compare_with(question: str, only: bool) -> None:
    assert only_compares(question) is only


def test_a_title_says_more_than_an_abstract_and_often_more_than_once() -> None:
    nets, gates = Paper("", "GANs", ""), Paper("", "Gates", "A GAN is named. So is PPO. PPO again.")
    other = Paper("", "Others", "PPO is used.")
    assert speaks_more_of("GANs", nets, gates)
    assert speaks_more_of("PPO", gates, other)
    assert not speaks_more_of("PPO", other, gates)
    assert not speaks_more_of("GAN", other, nets)


def test_only_a_title_that_is_no_accident_is_given() -> None:
    long, short = Paper("", "Sums for all: a study", ""), Paper("", "Adders", "")
    assert gives_title("That is in sums for all: a study [1].", long)
    assert not gives_title("Sums for all.", long)
    assert not gives_title("Adders add.", short)
