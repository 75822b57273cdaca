"""Pronouns that mean something before the question, and those that mean something in it, or nothing."""

from __future__ import annotations

import pytest

from rag.pronouns import follows_fronted, pointer


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("which loss does it minimise?", "it"),
        ("Which paper extends it?", "it"),  # an object is never its own subject
        ("Is there a model that improves its speed?", "its"),  # another than the one under discussion
        ("Which experiments support its claim?", "its"),  # several are no "it"
        ("What limits its speed?", "its"),
        ("Are there experiments with it?", "it"),
        ("Is it easy to train?", "it"),
        ("Is it possible to train it at home?", "it"),
        ("Do the authors release their code?", "the authors"),
        ("How do they find their way?", "they"),
        ("Were both tested?", "both"),
        ("Which of the two is newer?", "the two"),
        ("What do the two have in common?", "the two"),
        ("What was the model trained on?", "the model"),
        ("Does the method work for small ponds?", "the method"),
        ("Do both use pictures and text?", "both"),
        ("Are both trained on frogs and toads?", "both"),
    ],
)
def test_what_nothing_in_the_question_can_be_points_back(question: str, word: str) -> None:
    found = pointer(question)
    assert found is not None
    assert found.group() == word


def test_it_is_the_second_it_that_points_back_where_the_first_means_nothing() -> None:
    question = "Is it possible to train it at home?"
    found = pointer(question)
    assert found is not None
    assert found.start() == question.rindex("it ")


@pytest.mark.parametrize(
    "question",
    [
        "Does a model that uses its own outputs get worse?",
        "Which networks modify their own weights?",
        "Which network modifies its weights?",
        "Can a robot repair itself?",
        "How do cats and their owners sleep?",
        "How do bees find their hive?",
        "Does it rain in Bergen?",
        "Is it better to sow in spring?",
        "Is it worth sowing in spring?",
        "What time is it in Rome?",
        "How do both bees and wasps find home?",
        "How do neither bees nor wasps get lost?",
        "How do the two halves of a brain talk?",
        "How are both small bees and wasps fed?",
        "Who wrote the paper published in 2017?",
    ],
)
def test_what_means_something_in_the_question_or_nothing_does_not(question: str) -> None:
    assert pointer(question) is None


@pytest.mark.parametrize(
    ("question", "fronted"),
    [
        ("which training framework is it written in?", True),
        ("And on how many small images were they tested?", True),
        ("what happens when it is pruned?", False),
        ("does the loss that it has help?", False),
        ("which layers help and where do they sit?", False),
    ],
)
def test_what_is_asked_for_is_not_what_the_subject_after_it_means(question: str, fronted: bool) -> None:
    found = pointer(question)
    assert found is not None
    assert follows_fronted(found) is fronted
