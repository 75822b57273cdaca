"""Code and data that an abstract does not speak of are told from what it does not need to name."""

from __future__ import annotations

import pytest

from index_store.types import Paper
from rag.releases import lacks_release

PONDS = Paper(
    "", "Ponds: Models of water", "PondNet models still water with code words. It was trained on calls of frogs."
)
OPEN = Paper("", "Ponds: Models of water", "PondNet models still water. It is available at https://example.org.")
LICENSED = Paper("", "Ponds: Models of water", "PondNet models still water under the MIT licence.")


@pytest.mark.parametrize(
    "asked",
    [
        "Is the code available?",
        "is the source code of Ponds publicly available",
        "Are the model weights released?",
        "Did they release the data?",
        "did the authors open-source their code for Ponds?",
        "Did the authors of Ponds release their code?",
        "Is there a github repo?",
        "is there any implementation of Ponds?",
        "Where can I download the dataset?",
        "where is the code?",
        "link to the code please",
        "and the code?",
        "How deep is it? any code?",
        "Is it open source?",
    ],
)
def test_what_was_released_leaves_a_trace(asked: str) -> None:
    assert lacks_release(f"Ponds: {asked}", asked, PONDS)
    assert not lacks_release(f"Ponds: {asked}", asked, OPEN)


@pytest.mark.parametrize(
    "asked",
    [
        "What are its limits?",
        "Which code words does it use?",
        "Is the data shared between clients?",
        "How are weights released from memory?",
        "Which data was it trained on?",
        "Is there code generation in it?",
        "Where is the data for it from?",
        "Does PondNet share weights?",
        "Was the model released before the lake dried up?",
    ],
)
def test_other_questions_about_code_and_data_ask_for_no_release(asked: str) -> None:
    assert not lacks_release(f"Ponds: {asked}", asked, PONDS)


def test_a_licence_leaves_a_trace_of_its_own() -> None:
    asked = "Which licence does it have?"
    assert lacks_release(f"Ponds: {asked}", asked, OPEN)
    assert not lacks_release(f"Ponds: {asked}", asked, LICENSED)


def test_only_one_paper_that_is_named_can_lack_it() -> None:
    asked = "Is there code for water?"
    assert not lacks_release(asked, asked, PONDS)
    assert lacks_release("Is there code for PondNet?", "Is there code for PondNet?", PONDS)
