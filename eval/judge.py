"""Answers judged by a local model: faithfulness to the cited abstracts, and relevance to the question.

The prompts are those of LlamaIndex (``FaithfulnessEvaluator``, yes or no; ``AnswerRelevancyEvaluator``, 0 to 2 points,
given here as 0 to 1), which also reads the points.  Yes and no are read here: LlamaIndex takes every reply without the
letters "yes" for a no, and one about the eyes for a yes.  A model's opinion is no measurement: it varies with the model
and is kept in a section of its own.  Knows no question set.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eval.bootstrap import as_values, mean_interval
from eval.errors import ModelFailed

if TYPE_CHECKING:
    from llama_index.core.evaluation import EvaluationResult
    from llama_index.core.llms import LLM

MEASURES = ("faithfulness", "answer_relevance")
_VERDICT = re.compile(r"^\W*no\b|\bno\b(?! \w)|\byes\b", re.IGNORECASE)  # "no, …" is one, "I have no idea" is none


class Judge:
    """Asks one model about answers."""

    def __init__(self, llm: LLM, name: str) -> None:
        from llama_index.core.evaluation import AnswerRelevancyEvaluator, FaithfulnessEvaluator

        self.name = name
        self._faithfulness = FaithfulnessEvaluator(llm=llm)
        self._relevance = AnswerRelevancyEvaluator(llm=llm)

    def judge(self, question: str, answer: str, abstracts: Sequence[str]) -> dict[str, float | None]:
        """Judge one answer by the ``abstracts`` it cites: each of ``MEASURES`` in [0, 1].

        None where the model gave no verdict that can be read, or nothing was cited to be faithful to.  Raises
        ``ModelFailed`` where the model cannot be asked.
        """
        try:
            # In a loop of our own: LlamaIndex's synchronous calls leave theirs open.
            faithful, relevance = asyncio.run(self._verdicts(question, answer, abstracts))
        except Exception as exc:  # whatever client the model has raises errors of its own
            raise ModelFailed(
                f"The judge {self.name} cannot be asked ({type(exc).__name__}: {exc}). Check it: citewell models"
            ) from exc
        return dict(zip(MEASURES, (_yes_or_no(faithful), _points(relevance)), strict=True))

    async def _verdicts(
        self, question: str, answer: str, abstracts: Sequence[str]
    ) -> tuple[EvaluationResult | None, EvaluationResult]:
        contexts = list(abstracts)
        faithful = await self._faithfulness.aevaluate(response=answer, contexts=contexts) if contexts else None
        return faithful, await self._relevance.aevaluate(query=question, response=answer)


def summarise(name: str, judged: Sequence[Mapping[str, float | None]]) -> dict[str, Any]:
    """Give the judge's section of a result: means with 95% intervals over the answers that got a verdict."""
    section: dict[str, Any] = {"model": name, "answers": len(judged), "intervals": {}}
    for measure in MEASURES:
        values = [value for verdict in judged if (value := verdict[measure]) is not None]
        interval = mean_interval(as_values(values))
        section[measure] = interval.value if interval else None
        section["intervals"][measure] = [interval.low, interval.high] if interval else None
    return section


def _yes_or_no(result: EvaluationResult | None) -> float | None:
    """Read 1 for yes and 0 for no from the model's own words; None where they are neither, or both."""
    if result is None:
        return None
    verdicts = {match[0].lower() == "yes" for match in _VERDICT.finditer(result.feedback or "")}
    return float(verdicts.pop()) if len(verdicts) == 1 else None


def _points(result: EvaluationResult) -> float | None:
    """Give the share of the points; None where there are none, or more than there are to be had."""
    return None if result.score is None or result.score > 1 else float(result.score)
