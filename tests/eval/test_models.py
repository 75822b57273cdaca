"""What models are asked for: a judge's verdicts and a question's wording, from an LLM that says fixed words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata

from eval.draft import Candidate, draft_lines
from eval.errors import ModelFailed
from eval.judge import Judge, summarise
from eval.local_model import open_llm
from eval.wording import model_wording
from rag.errors import OllamaUnreachable
from rag.settings import Settings


class FixedLLM(CustomLLM):
    """Says ``faithful`` when asked to support information, ``words`` otherwise; "break" raises."""

    faithful: str = "YES"
    words: str = "Clear. [RESULT] 2"
    prompts: list[str] = []  # noqa: RUF012 - pydantic copies it for each instance

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="fixed")

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        self.prompts.append(prompt)
        said = self.faithful if "supported by the context" in prompt else self.words
        if said == "break":
            raise ConnectionError("gone")
        return CompletionResponse(text=said)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        raise AssertionError("nothing here is streamed")


@pytest.mark.parametrize(
    ("faithful", "words", "verdict"),
    [
        ("YES", "Good. [RESULT] 2", {"faithfulness": 1.0, "answer_relevance": 1.0}),
        ("No.", "Half. [RESULT] 1", {"faithfulness": 0.0, "answer_relevance": 0.5}),
        ("NO", "Off. [RESULT] 0", {"faithfulness": 0.0, "answer_relevance": 0.0}),
        ("yes", "I cannot tell.", {"faithfulness": 1.0, "answer_relevance": None}),
    ],
)
def test_verdicts_become_shares(faithful: str, words: str, verdict: dict[str, float | None]) -> None:
    llm = FixedLLM(faithful=faithful, words=words)
    assert Judge(llm, "fixed").judge("How many?", "Forty-five.", ["It has 45.", "Other."]) == verdict
    support = next(prompt for prompt in llm.prompts if "supported by the context" in prompt)
    assert "Information: Forty-five." in support
    assert "It has 45." in support
    assert "Other." in support


@pytest.mark.parametrize(
    ("said", "faithfulness"),
    [
        ("", None),
        ("Maybe", None),
        ("I cannot tell.", None),
        ("I have no idea.", None),
        ("Is it supported? YES or NO?", None),
        ("The eyes have it: no", 0.0),
        ("**No**, it does not say so.", 0.0),
        ("NO\n\nThe context is about rain.", 0.0),
        ("No information in the context supports it.", 0.0),
        ("Yes, there is no contradiction.", 1.0),
        ("The answer is: yes!", 1.0),
    ],
)
def test_only_a_clear_yes_or_no_tells_whether_an_answer_is_faithful(said: str, faithfulness: float | None) -> None:
    judge = Judge(FixedLLM(faithful=said), "fixed")
    assert judge.judge("How many?", "45.", ["It has 45."])["faithfulness"] == faithfulness


def test_more_points_than_there_are_is_no_verdict() -> None:
    judge = Judge(FixedLLM(words="Superb. [RESULT] 5"), "fixed")
    assert judge.judge("How many?", "45.", ["It has 45."])["answer_relevance"] is None


def test_an_answer_that_cites_nothing_has_nothing_to_be_faithful_to() -> None:
    assert Judge(FixedLLM(), "fixed").judge("How many?", "45.", [])["faithfulness"] is None


def test_a_judge_that_is_gone_is_one_sentence() -> None:
    with pytest.raises(ModelFailed, match=r"The judge fixed cannot be asked \(ConnectionError: gone\)"):
        Judge(FixedLLM(faithful="break"), "fixed").judge("How many?", "45.", ["It has 45."])


def test_the_section_counts_only_verdicts() -> None:
    judged = [{"faithfulness": 1.0, "answer_relevance": None}, {"faithfulness": 0.0, "answer_relevance": None}]
    section = summarise("fixed", judged)
    assert (section["faithfulness"], section["intervals"]["faithfulness"]) == (0.5, [0.0, 1.0])
    assert (section["answer_relevance"], section["intervals"]["answer_relevance"]) == (None, None)
    assert (section["model"], section["answers"]) == ("fixed", 2)


CANDIDATE = Candidate("fact", "How many sheep?", "Alpha", (("45",),), "Alpha counts 45 sheep.")


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("What flock size does the method reach?", "What flock size does the method reach?"),
        ('Here it is:\n"What flock size?"\nI hope this helps.', "What flock size?"),
        ("I cannot.", "How many sheep?"),
        ("why " * 100 + "?", "How many sheep?"),
    ],
)
def test_a_model_words_a_draft_or_the_template_stays(said: str, question: str) -> None:
    llm = FixedLLM(words=said)
    (line,) = draft_lines([CANDIDATE], model_wording(llm, "fixed"))
    assert json.loads(line)["question"] == question
    assert "The answer must be: 45" in llm.prompts[0]
    assert "Alpha counts 45 sheep." in llm.prompts[0]


def test_a_model_that_is_gone_is_one_sentence() -> None:
    with pytest.raises(ModelFailed, match=r"fixed cannot be asked"):
        model_wording(FixedLLM(words="break"), "fixed")(CANDIDATE)


def test_without_a_server_the_command_that_helps_is_named(tmp_path: Any) -> None:
    with pytest.raises(OllamaUnreachable):
        open_llm(Settings(home=tmp_path, ollama_host="127.0.0.1:9"))
