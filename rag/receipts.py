"""The receipt of an answer: what was asked of which library and, of a model, what was sent and what it counted.

``rag.replay`` asks the same again from it.  Knows no connection; reads the last line of Ollama's answer defensively,
since old servers leave fields out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, Literal

from rag.answerers import Done
from rag.models import ModelInfo
from rag.prompts import Prompt
from rag.types import Request

Think = bool | Literal["low", "medium", "high"]

_THINK: dict[str, Think] = {"off": False, "on": True, "low": "low", "medium": "medium", "high": "high"}
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


def as_think(setting: str) -> Think:
    """Give the setting ``think`` as Ollama takes it."""
    return _THINK[setting]


def asked(request: Request, library_digest: str | None, embedder: str, papers: int) -> dict[str, Any]:
    """Begin a receipt with all that decides an answer before anyone words it."""
    return {
        "citewell": version("citewell"),
        "library_digest": library_digest,
        "embedder": embedder,
        "papers": papers,
        "request": {
            "question": request.question,
            "history": [{"role": turn.role, "content": turn.content} for turn in request.history],
            "scope": {name: value for name, value in asdict(request.scope).items() if value or value == 0},
            "answerer": request.answerer,
            "model": request.model,
        },
    }


def done(sent: Sent, last: Mapping[str, Any]) -> Done:
    """Close a draft with its receipt.  ``last`` is the last line of Ollama's answer."""
    counted = last.get("prompt_eval_count")
    # Sources and question are one message, which Ollama never drops; too long a one it cuts to exactly the context.
    lost = isinstance(counted, int) and counted >= sent.options["num_ctx"]
    cut = last.get("done_reason") == "length"
    warnings = ["Ollama cut the prompt: the model did not read all of the sources."] if lost else []
    warnings += ["The answer reached its limit of tokens and is not complete."] if cut else []
    return Done(_receipt(sent, last, warnings), sent.model.name)


def cut_off(sent: Sent) -> Done:
    """Close the draft of a model that did not stop at its limit."""
    warnings = ["The model went on past its limit of tokens, so Citewell stopped it."]
    return Done(_receipt(sent, {"done_reason": "length"}, warnings), sent.model.name)


def _receipt(sent: Sent, last: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
    return {
        "host": sent.model.host,
        "model": sent.model.name,
        "model_digest": sent.model.digest,
        "options": dict(sent.options),
        "think": sent.think,
        "messages": [{"role": m.role, "content": m.content} for m in sent.prompt.messages],
        "sources": [
            {"number": s.number, "paper_id": s.paper_id, "sentences": [[span.start, span.end] for span in s.spans]}
            for s in sent.prompt.sources
        ],
        "dropped_sentences": sent.prompt.dropped_sentences,
        "dropped_turns": sent.prompt.dropped_turns,
        "tokens": {
            "estimated": sent.prompt.tokens,
            "prompt": last.get("prompt_eval_count"),
            "answer": last.get("eval_count"),
        },
        "durations_ms": {name: _milliseconds(last.get(key)) for name, key in _DURATIONS.items()},
        "done_reason": last.get("done_reason"),
        "warnings": warnings,
    }


def _milliseconds(nanoseconds: object) -> float | None:
    return round(nanoseconds / 1e6, 1) if isinstance(nanoseconds, int | float) else None
