"""Who words an answer: a local model where Ollama runs and has one, the quoter otherwise; and what to tell the user.

Whether Ollama runs is looked up again after ``_FRESH_SECONDS``, so that starting it needs no restart here and a
question hardly ever waits for the look.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from index_store.errors import CitewellError
from rag.answerers import Answerer
from rag.assistant import Speaker
from rag.errors import ModelMissing, OllamaUnreachable
from rag.models import DEFAULT_MODEL, ModelInfo, available, choose, reachable
from rag.ollama import OllamaAnswerer, OllamaOptions
from rag.ollama_http import parse_hosts
from rag.quote import QuoteAnswerer
from rag.settings import Settings

_FRESH_SECONDS = 5.0


class LocalSpeakers:
    """Chooses among the quoter and the models of the Ollama servers.  Safe to share between threads."""

    def __init__(self, settings: Settings, quoter: QuoteAnswerer) -> None:
        self._settings = settings
        self._quoter = quoter
        self._hosts = parse_hosts(settings.ollama_host)
        self._lock = threading.Lock()
        self._seen: tuple[float, tuple[str, ...], list[ModelInfo]] | None = None
        self._answerers: dict[str, OllamaAnswerer] = {}

    def choose(self, answerer: str | None = None, model: str | None = None) -> Speaker:
        """Give the answerer asked for, or the best there is now.

        Raises ``OllamaUnreachable`` or ``ModelMissing`` where Ollama, or one model, was asked for and is not there.
        """
        wanted = answerer or self._settings.answerer
        if wanted == "quote":
            return Speaker(self._quoter)
        hosts, installed = self._look()
        asked_for = model or self._settings.model
        chosen = choose(installed, asked_for)
        if chosen is not None:
            return Speaker(self._ollama(chosen, hosts))
        if wanted == "ollama":
            raise self._absence(hosts, asked_for)
        return Speaker(self._quoter, notice=f"{self._absence(hosts, asked_for)} Until then I quote.")

    def describe(self) -> dict[str, Any]:
        """Say who would answer now, and how Ollama is."""
        try:
            speaker = self.choose()
        except CitewellError as exc:
            return {"answerer": "ollama", "model": None, "ollama": str(exc)}
        hosts, _ = self._look()
        state = f"running at {', '.join(hosts)}" if hosts else "not running"
        model = speaker.answerer.model if isinstance(speaker.answerer, OllamaAnswerer) else None
        return {"answerer": speaker.answerer.name, "model": model, "ollama": state}

    def warm(self) -> None:
        """Have Ollama load the model that would answer now."""
        answerer = self.choose().answerer
        if isinstance(answerer, OllamaAnswerer):
            answerer.warm_up()

    def _look(self) -> tuple[tuple[str, ...], list[ModelInfo]]:
        """Give the servers that run and what they have installed."""
        with self._lock:
            now = time.monotonic()
            if self._seen is None or now - self._seen[0] > _FRESH_SECONDS:
                hosts = tuple(host for host in self._hosts if reachable(host))
                try:
                    installed = available(hosts) if hosts else []
                except CitewellError:  # it went away between two looks, or is something else than Ollama
                    hosts, installed = (), []
                self._seen = (now, hosts, installed)
            return self._seen[1], self._seen[2]

    def _ollama(self, model: str, hosts: tuple[str, ...]) -> Answerer:
        with self._lock:
            if model not in self._answerers:
                self._answerers[model] = OllamaAnswerer(model, hosts, OllamaOptions(num_ctx=self._settings.num_ctx))
            return self._answerers[model]

    def _absence(self, hosts: tuple[str, ...], model: str | None) -> CitewellError:
        if not hosts:
            return OllamaUnreachable(
                f"No Ollama server runs at {', '.join(self._hosts)}. For answers in prose, install Ollama, start it"
                f" with `ollama serve`, and run `citewell pull {model or DEFAULT_MODEL}`."
            )
        wanted = f"the model {model}" if model else "a model that can chat"
        return ModelMissing(
            f"Ollama at {', '.join(hosts)} does not have {wanted}. Run `citewell pull {model or DEFAULT_MODEL}`."
        )
