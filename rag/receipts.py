"""The receipt of an answer by a model: what was asked, what was sent of which source, what the model counted.

Knows no connection; reads the last line of Ollama's answer defensively, since old servers leave fields out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rag.answerers import Done
from rag.models import ModelInfo
from rag.prompts import Prompt

Think = bool | Literal["low", "medium", "high"]

_DURATIONS = {
    "total": "total_duration",
    "load": "load_duration",
    "prompt": "prompt_eval_duration",
    "answer": "eval_duration",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it was sent; ``think`` is None for a model that cannot."""

    model: ModelInfo
    prompt: Prompt
    options: Mapping[str, Any]
    think: Think | None


def done(sent: Sent, last: Mapping[str, Any]) -> Done:
    """Close a draft with its receipt.  ``last`` is the last line of Ollama's answer."""
    counted = last.get("prompt_eval_count")
    # Sources and question are one message, which Ollama never drops; too long a one it cuts to exactly the context.
    lost = isinstance(counted, int) and counted >= sent.options["num_ctx"]
    cut = last.get("done_reason") == "length"
    warnings = ["Ollama cut the prompt: the model did not read all of the sources."] if lost else []
    warnings += ["The answer reached its limit of tokens and is not complete."] if cut else []
    receipt = {
        "host": sent.model.host,
        "model": sent.model.name,
        "model_digest": sent.model.digest,
        "options": dict(sent.options),
        "think": sent.think,
        "sources": [
            {"number": s.number, "paper_id": s.paper_id, "sentences": [[span.start, span.end] for span in s.spans]}
            for s in sent.prompt.sources
        ],
        "dropped_sentences": sent.prompt.dropped_sentences,
        "dropped_turns": sent.prompt.dropped_turns,
        "tokens": {"estimated": sent.prompt.tokens, "prompt": counted, "answer": last.get("eval_count")},
        "durations_ms": {name: _milliseconds(last.get(key)) for name, key in _DURATIONS.items()},
        "done_reason": last.get("done_reason"),
        "warnings": warnings,
    }
    return Done(receipt, sent.model.name, truncated=lost or cut)


def _milliseconds(nanoseconds: object) -> float | None:
    return round(nanoseconds / 1e6, 1) if isinstance(nanoseconds, int | float) else None
