"""Drafted questions worded by a local model, through LlamaIndex's LLM interface.

Knows no library: it is given a candidate and gives back one question, or None where the model wrote none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval.draft import Candidate, Wording
from eval.errors import ModelFailed

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

_PROMPT = """Write one question that a researcher could ask and that this sentence of an abstract answers.
Use other words than the sentence where you can. Do not give the answer away. Reply with the question alone.
{fact}Title: {title}
Sentence: {sentence}
Question:"""
_LONGEST = 300  # characters; more is no single question


def model_wording(llm: LLM, name: str) -> Wording:
    """Give a wording that asks ``llm``.  It raises ``ModelFailed`` where the model cannot be asked."""

    def word(candidate: Candidate) -> str | None:
        answer = f"The answer must be: {candidate.facts[0][0]}\n" if candidate.facts else ""
        prompt = _PROMPT.format(fact=answer, title=candidate.title, sentence=candidate.sentence)
        try:
            text = str(llm.complete(prompt))
        except Exception as exc:  # whatever client the model has raises errors of its own
            raise ModelFailed(f"{name} cannot be asked ({type(exc).__name__}: {exc}). Check: citewell models") from exc
        lines = [line.strip().strip('"') for line in text.splitlines() if line.strip().strip('"').endswith("?")]
        return lines[-1] if lines and len(lines[-1]) <= _LONGEST else None

    return word
