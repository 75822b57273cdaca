"""Papers are named by the beginning of their title, in whatever spelling."""

from __future__ import annotations

import pytest

from index_store.types import Paper
from rag.naming import mentions, names_paper, short_title

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
