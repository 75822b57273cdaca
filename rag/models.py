"""Which models an Ollama server has, which of them to use, and how to get one.

Everything is read defensively: old servers leave fields out.  Knows no prompt and no answer.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from rag.errors import AnswererError, ModelMissing, OllamaFailed
from rag.ollama_http import Wire, missing, plain_words

# 2.5 GB, runs on a laptop with 8 GB, keeps to a citation format, and answers at once instead of thinking first.
DEFAULT_MODEL = "qwen3:4b-instruct"
# A model larger than this is slow on most machines, so it is not chosen by itself.
COMFORTABLE_BYTES = 10 * 10**9

_ASK_SECONDS = 10.0
_PULL_SILENCE_SECONDS = 300.0
_EMBEDS = re.compile(r"embed|minilm|(?:^|[/-])(?:bge|gte|e5)\b|rerank", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that a server has.  ``size`` in bytes, ``context_length`` in tokens; empty or None where not told."""

    name: str
    host: str
    size: int = 0
    digest: str = ""
    quantization: str = ""
    parameters: str = ""
    family: str = ""
    context_length: int | None = None
    capabilities: tuple[str, ...] = ()

    @property
    def can_chat(self) -> bool:
        """Whether it writes text; by its name where the server does not say (before 0.6.4)."""
        return "completion" in self.capabilities if self.capabilities else not _EMBEDS.search(self.name)

    @property
    def is_local(self) -> bool:
        """Whether it runs on the server itself; names that end in ``cloud`` are sent on to a service."""
        return not re.search(r"[:-]cloud$", self.name)


@dataclass(frozen=True, slots=True)
class PullProgress:
    """One step of a download: what happens, to which layer, and bytes of that layer (0 where not told)."""

    status: str
    digest: str = ""
    completed: int = 0
    total: int = 0


def reachable(host: str, timeout: float = 0.3) -> bool:
    """Tell within ``timeout`` seconds (per step) whether an Ollama server answers at ``host``."""
    parts = urlsplit(host)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    with closing(connect(parts.hostname or "", parts.port, timeout=timeout)) as connection:
        try:
            connection.request("GET", f"{parts.path}/api/version")
            answer = json.loads(connection.getresponse().read(4096))
        except (OSError, http.client.HTTPException, ValueError):
            return False
    return isinstance(answer, dict) and "version" in answer


def available(hosts: Sequence[str], known: Sequence[ModelInfo] = ()) -> list[ModelInfo]:
    """List the models of every server that answers, by name; of those ``known`` nothing but the list is asked.

    Raises ``AnswererError`` where no server answers.
    """
    found: list[ModelInfo] = []
    failures: list[AnswererError] = []
    for host in hosts:
        try:
            found.extend(_models_of(host, known))
        except AnswererError as exc:
            failures.append(exc)
    if failures and len(failures) == len(hosts):
        raise failures[0]
    return sorted(found, key=lambda model: (model.name, model.host))


def choose(installed: Sequence[ModelInfo], wanted: str | None = None) -> str | None:
    """Pick a model: the one wanted, else the default, else the largest comfortable one that chats, else None.

    A name without a tag means ``:latest``, or any tag where that is not there.  Never an embedding model or one in the
    cloud, unless it is asked for by name.
    """
    if wanted:
        return _find(installed, wanted)
    if default := _find(installed, DEFAULT_MODEL):
        return default
    usable = [model for model in installed if model.can_chat and model.is_local]
    comfortable = [model for model in usable if model.size <= COMFORTABLE_BYTES]
    if comfortable:
        return min(comfortable, key=lambda model: (-model.size, model.name)).name
    return min(usable, key=lambda model: (model.size, model.name)).name if usable else None


def inspect(wire: Wire, name: str) -> ModelInfo:
    """Ask a server about one of its models.  Raises ``ModelMissing`` where it does not have it."""
    installed = _listed(wire)
    full = _find(installed, name)
    if full is None:
        raise missing(name, wire.host)
    return _detailed(wire, next(model for model in installed if model.name == full))


class Pull:
    """The steps of a download.  ``close`` ends it from any thread, also while another waits for the next step."""

    def __init__(self, name: str, host: str) -> None:
        self._wire = Wire(host, _PULL_SILENCE_SECONDS)
        self._steps = _pulled(name, host, self._wire)
        self._closed = False

    def __iter__(self) -> Pull:
        return self

    def __next__(self) -> PullProgress:
        try:
            return next(self._steps)
        except AnswererError:
            if self._closed:  # cutting the wire is what failed it
                raise StopIteration from None
            raise

    def close(self) -> None:
        self._closed = True
        self._wire.cut()
        with suppress(ValueError):  # the thread that is inside it finds the wire cut, and leaves by itself
            self._steps.close()


def pull(name: str, host: str) -> Pull:
    """Download a model, step by step.  Closing stops it; a later pull goes on where it stopped."""
    return Pull(name, host)


def _pulled(name: str, host: str, connected: Wire) -> Generator[PullProgress, None, None]:
    with closing(connected) as wire:
        steps = wire.client.pull(name, stream=True)
        status = ""
        while True:
            with plain_words(host, name, "was downloading"):
                step = next(steps, None)
            if step is None:
                break
            status = step.status or status
            yield PullProgress(status, step.digest or "", step.completed or 0, step.total or 0)
    if status != "success":
        raise OllamaFailed(f"The download of {name} broke off. Go on with: citewell pull {name}")


def _models_of(host: str, known: Sequence[ModelInfo]) -> list[ModelInfo]:
    # A model of one digest never changes; one that could not be looked up before may be by now.
    seen = {(model.host, model.name, model.digest): model for model in known if model.context_length}
    with closing(Wire(host, _ASK_SECONDS)) as wire:
        listed = _listed(wire)
        return [seen.get((model.host, model.name, model.digest)) or _detailed(wire, model) for model in listed]


def _listed(wire: Wire) -> list[ModelInfo]:
    with plain_words(wire.host):
        listed = wire.client.list().models
    return [
        ModelInfo(
            name=model.model,
            host=wire.host,
            size=int(model.size or 0),
            digest=model.digest or "",
            quantization=(model.details and model.details.quantization_level) or "",
            parameters=(model.details and model.details.parameter_size) or "",
            family=(model.details and model.details.family) or "",
        )
        for model in listed
        if model.model
    ]


def _detailed(wire: Wire, model: ModelInfo) -> ModelInfo:
    """Add what only ``/api/show`` tells; a server that cannot tell it leaves it open."""
    try:
        with plain_words(wire.host, model.name, "was looked up"):
            shown = wire.client.show(model.name)
    except (OllamaFailed, ModelMissing):  # missing: listed, but removed since, or broken; the others are there
        return model
    return replace(
        model,
        context_length=_context_length(shown.modelinfo or {}),
        capabilities=tuple(str(capability) for capability in shown.capabilities or ()),
    )


def _context_length(info: Mapping[str, Any]) -> int | None:
    """Read the model's own maximum: ``<architecture>.context_length``.

    Vision and audio parts have lengths of their own; where the architecture is not named, the largest is the text's.
    """
    architecture = info.get("general.architecture")
    ending = f"{architecture or ''}.context_length"
    lengths = [v for key, v in info.items() if key.endswith(ending) and isinstance(v, int | float) and v > 0]
    return int(max(lengths)) if lengths else None


def _find(installed: Sequence[ModelInfo], wanted: str) -> str | None:
    names = sorted({model.name for model in installed})
    tagged = ":" in wanted.rpartition("/")[2]
    candidates = [wanted] if tagged else [f"{wanted}:latest", *(n for n in names if n.startswith(f"{wanted}:"))]
    lowered = {name.lower(): name for name in names}
    return next((lowered[c.lower()] for c in candidates if c.lower() in lowered), None)
