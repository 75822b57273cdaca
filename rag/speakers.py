"""Who words an answer: a local model where Ollama runs and has one, the quoter otherwise; and what to tell the user.

Whether Ollama runs is looked up again after ``_FRESH_SECONDS``, so that starting it needs no restart here.  The first
question after that waits for the look: some 13 ms where a server runs, .4 s where a host keeps silent.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from index_store.errors import CitewellError
from rag.answerers import Answerer
from rag.errors import AnswererError, ModelMissing, OllamaUnreachable
from rag.models import DEFAULT_MODEL, ModelInfo, available, choose, reachable
from rag.ollama import OllamaAnswerer, OllamaOptions
from rag.ollama_http import parse_hosts
from rag.parts import Speaker
from rag.receipts import as_think
from rag.settings import Settings

_FRESH_SECONDS = 5.0


class OllamaServers:
    """The Ollama servers that the settings name: which of them run, and the model to use.  Safe to share."""

    def __init__(self, settings: Settings) -> None:
        self.model = settings.model
        self._hosts = parse_hosts(settings.ollama_host)
        self._lock = threading.Lock()
        self._seen: tuple[float, tuple[str, ...], list[ModelInfo]] | None = None

    def look(self) -> tuple[tuple[str, ...], list[ModelInfo]]:
        """Give the servers that run, and what they have installed."""
        with self._lock:
            now = time.monotonic()
            if self._seen is None or now - self._seen[0] > _FRESH_SECONDS:
                hosts = tuple(host for host in self._hosts if reachable(host))
                try:
                    installed = available(hosts, self._seen[2] if self._seen else ()) if hosts else []
                except CitewellError:  # it went away between two looks, or is something else than Ollama
                    hosts, installed = (), []
                self._seen = (now, hosts, installed)
            return self._seen[1], self._seen[2]

    def chosen(self, model: str | None = None) -> tuple[str, tuple[str, ...]] | None:
        """Give the model to use and the servers that run: the model asked for, the settings', or the best installed."""
        hosts, installed = self.look()
        name = choose(installed, model or self.model)
        return None if name is None else (name, hosts)

    def absence(self, model: str | None = None) -> AnswererError:
        """Say why no model can be used, and what to do."""
        hosts, _ = self.look()
        wanted = model or self.model
        if not hosts:
            return OllamaUnreachable(
                f"No Ollama server runs at {', '.join(self._hosts)}. For answers in prose, install Ollama, start it"
                f" with `ollama serve`, and run `citewell pull {wanted or DEFAULT_MODEL}`."
            )
        missing = f"the model {wanted}" if wanted else "a model that can chat"
        return ModelMissing(
            f"Ollama at {', '.join(hosts)} does not have {missing}. Run `citewell pull {wanted or DEFAULT_MODEL}`."
        )

    def describe(self) -> str:
        """Say in one sentence how Ollama is."""
        chosen = self.chosen()
        return f"{', '.join(chosen[1])} runs and answers with {chosen[0]}" if chosen else str(self.absence())


class LocalSpeakers:
    """Chooses among the quoter and the models of the Ollama servers.  Safe to share between threads."""

    def __init__(self, settings: Settings, quoter: Answerer) -> None:
        self._settings = settings
        self._quoter = quoter
        self._servers = OllamaServers(settings)
        self._lock = threading.Lock()
        self._answerers: dict[tuple[str, tuple[str, ...]], OllamaAnswerer] = {}

    def choose(self, answerer: str | None = None, model: str | None = None) -> Speaker:
        """Give the answerer asked for, or the best there is now.

        Raises ``OllamaUnreachable`` or ``ModelMissing`` where Ollama, or one model, was asked for and is not there.
        """
        wanted = answerer or self._settings.answerer
        if wanted == "quote":
            return Speaker(self._quoter)
        chosen = self._servers.chosen(model)
        if chosen is not None:
            return Speaker(self._ollama(*chosen))
        absence = self._servers.absence(model)
        if wanted == "ollama" or model:
            raise absence
        return Speaker(self._quoter, fallback=f"{absence} Until then I quote.")

    def describe(self) -> dict[str, Any]:
        """Say who would answer now, how Ollama is, and which models it has to chat with."""
        chosen = None if self._settings.answerer == "quote" else self._servers.chosen()
        quotes = chosen is None and self._settings.answerer != "ollama"
        return {
            "answerer": "quote" if quotes else "ollama",
            "model": chosen[0] if chosen else None,
            "ollama": self._servers.describe(),
            "models": sorted({model.name for model in self._servers.look()[1] if model.can_chat}),
        }

    def warm(self) -> None:
        """Have Ollama load the model that would answer now."""
        answerer = self.choose().answerer
        if isinstance(answerer, OllamaAnswerer):
            answerer.warm_up()

    def _ollama(self, model: str, hosts: tuple[str, ...]) -> Answerer:
        with self._lock:
            if (model, hosts) not in self._answerers:
                options = OllamaOptions(num_ctx=self._settings.num_ctx, think=as_think(self._settings.think))
                self._answerers[model, hosts] = OllamaAnswerer(model, hosts, options)
            return self._answerers[model, hosts]
