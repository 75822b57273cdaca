"""A local model for the evaluation's own use: LlamaIndex's Ollama LLM, on the server that the settings name.

Knows no question and no answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.errors import ModelMissing
from rag.models import DEFAULT_MODEL, available, choose
from rag.ollama_http import parse_hosts
from rag.settings import Settings

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

AUTO = "auto"
_SECONDS = 300.0


def open_llm(settings: Settings, wanted: str = AUTO) -> tuple[LLM, str]:
    """Give a model and its full name; ``auto`` takes the settings' model, else the best one that is there.

    Raises ``AnswererError`` where no server answers or it lacks the model.
    """
    hosts = parse_hosts(settings.ollama_host)
    installed = available(hosts)
    # Only now: ``rag.ollama_http`` has imported Ollama's package first, as it must be (see ``import_ollama``).
    from llama_index.llms.ollama import Ollama  # type: ignore[import-untyped]  # it ships no types

    asked = settings.model if wanted == AUTO else wanted
    name = choose(installed, asked)
    if name is None:
        lacking = asked or DEFAULT_MODEL
        raise ModelMissing(f"Ollama at {hosts[0]} does not have {lacking}. Get it with: citewell pull {lacking}")
    host = next(model.host for model in installed if model.name == name)
    window = settings.num_ctx
    return Ollama(model=name, base_url=host, request_timeout=_SECONDS, temperature=0.0, context_window=window), name
