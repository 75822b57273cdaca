"""The whole line with a model: question, search, a streamed answer over HTTP, citations, support, the page's JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index_store.embedding import SentenceEmbedder
from rag.assemble import assemble
from rag.assistant import Assistant
from rag.errors import OllamaFailed
from rag.settings import Settings
from rag.types import Answer, AnswerEvent, DeltaEvent, Request
from tests.ollama_double import OllamaDouble
from tests.ollama_script import Failure, Script
from ui.indexing import index_into

ADDERS = "Adders replace multipliers in a matrix product. They save 90% of its energy on nine tasks. Accuracy falls."
SHIFTERS = "Shifters need no gates at all. They are used where powers of two suffice. Rounding is the price."
PAPERS = f"title,abstract\nCheap Adders for Matrix Products,{ADDERS}\nShifters Without Gates,{SHIFTERS}\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prose")
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


def said(text: str) -> Script:
    return Script(text=text)


def test_an_answer_in_prose_is_cited_checked_and_says_who_spoke(assistant: Assistant, double: OllamaDouble) -> None:
    double.play(
        said("Adders save 90% of the energy of a matrix product [1]. They save 20% of the energy [1]. So says [9].")
    )
    answer = assistant.ask("How much energy do adders save in a matrix product?")
    assert answer.answerer == "ollama"
    assert answer.model
    assert [claim.support for claim in answer.claims][:2] == ["supported", "unsupported"]
    assert answer.invented_markers == ("[9]",)
    (citation,) = answer.citations
    assert citation.paper.title == "Cheap Adders for Matrix Products"
    assert "They save 90% of its energy on nine tasks." in [quote.text for quote in citation.quotes]
    assert all(citation.paper.abstract[q.start : q.end] == q.text for q in citation.quotes)
    assert Answer.from_dict(answer.to_dict()).text == answer.text
    (chat,) = double.chats
    assert chat["options"]["num_ctx"] == 8192
    assert "Cheap Adders" in str(chat["messages"])


def test_the_text_streams_before_it_is_complete(assistant: Assistant, double: OllamaDouble) -> None:
    double.play(said("Adders save 90% of the energy [2][1]."))
    events = list(assistant.stream(Request("How much energy do adders save?")))
    pieces = [event.text for event in events if isinstance(event, DeltaEvent)]
    assert len(pieces) > 1
    last = events[-1]
    assert isinstance(last, AnswerEvent)
    assert "".join(pieces).strip() == last.answer.text == "Adders save 90% of the energy [1][2]."


def test_sentences_without_a_source_get_theirs_or_are_left_uncited(assistant: Assistant, double: OllamaDouble) -> None:
    double.play(
        said("Here is a summary. Shifters need no gates. Adders save 90% of the energy [1]. They were built in Peru.")
    )
    answer = assistant.ask("How much energy do adders and shifters need?")
    first, second, third = answer.claims
    assert (first.text, first.support, first.citations) == ("Shifters need no gates.", "supported", (1,))
    assert (second.support, second.citations) == ("supported", (2,))
    assert (third.support, third.citations) == ("unsupported", ())
    assert answer.text.startswith("Here is a summary. Shifters need no gates. [1] Adders save 90% of the energy [2].")
    assert answer.receipt["attributed"] == [0]
    assert answer.citations[0].paper.title == "Shifters Without Gates"


def test_a_model_that_cannot_answer_abstains(assistant: Assistant, double: OllamaDouble) -> None:
    from rag.prompts import ABSTENTION

    double.play(said(ABSTENTION))
    answer = assistant.ask("Do adders save energy in a matrix product?")
    assert (answer.abstained, answer.reason) == (True, "not_in_abstract")


def test_an_off_topic_question_never_reaches_the_model(assistant: Assistant, double: OllamaDouble) -> None:
    answer = assistant.ask("What is the capital of Peru?")
    assert (answer.abstained, answer.reason) == (True, "off_topic")
    assert double.chats == []


def test_a_server_that_fails_is_told_in_one_sentence(assistant: Assistant, double: OllamaDouble) -> None:
    double.play(Script(failure=Failure(500, "out of memory")))
    with pytest.raises(OllamaFailed, match="out of memory"):
        assistant.ask("Do adders save energy in a matrix product?")


def test_the_embedder_is_the_bundled_one(assistant: Assistant) -> None:
    assert isinstance(assistant.library.embedder, SentenceEmbedder)
