"""Two abstracts of a library disagree: the answer says so and shows what each says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.assemble import assemble
from rag.assistant import Assistant
from rag.settings import Settings
from rag.types import Answer
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Script
from ui.indexing import index_into

YES = "Mixup increases the robustness of speech models to noise."
NO = "Mixup decreases the robustness of speech models to noise."
PAPERS = (
    "title,abstract\n"
    f"Mixup for Speech,We train speech recognisers with mixup. {YES} Training takes a day.\n"
    f"Another Look at Mixup,Noise is everywhere in cities. {NO} We publish all recordings.\n"
    "Baking Bread,Rye dough rises slowly. Salt slows yeast.\n"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("disagreement")
    (folder / "papers.csv").write_text(PAPERS, "utf-8")
    index_into(Settings(home=folder), [folder / "papers.csv"], None)
    return folder


@pytest.fixture
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble() as running:
        yield running


@pytest.fixture
def assistant(home: Path, double: OllamaDouble) -> Iterator[Assistant]:
    opened = assemble(Settings(home=home, ollama_host=double.url))
    yield opened
    opened.close()


def test_where_both_are_cited_the_answer_says_that_they_disagree(assistant: Assistant, double: OllamaDouble) -> None:
    double.play(Script(text=f"{NO} {YES}"))  # attributed by the check, in this order
    answer = assistant.ask("Does mixup make speech models robust to noise?")
    assert [citation.paper.title for citation in answer.citations] == ["Another Look at Mixup", "Mixup for Speech"]
    assert answer.disagreements == ((1, 2),)
    assert f"The abstracts disagree: [1] says “{NO}”, but [2] says “{YES}”." in (answer.notice or "")
    assert Answer.from_dict(answer.to_dict()).disagreements == ((1, 2),)


def test_a_paper_that_is_not_cited_is_shown_too(assistant: Assistant, double: OllamaDouble) -> None:
    double.play(Script(text=YES))
    answer = assistant.ask("Does mixup make speech models robust to noise?")
    assert answer.text == f"{YES} [1]"
    assert answer.disagreements == ()
    assert f"[1] says “{YES}”, but “Another Look at Mixup” says “{NO}”." in (answer.notice or "")


def test_abstracts_that_do_not_disagree_are_not_said_to(assistant: Assistant, double: OllamaDouble) -> None:
    double.play(Script(text="Salt slows yeast [1]. Rye dough rises slowly [1]."))
    answer = assistant.ask("What does salt do to yeast in rye dough?")
    assert answer.disagreements == ()
    assert "disagree" not in (answer.notice or "")
