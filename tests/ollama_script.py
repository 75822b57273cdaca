"""What the stand-in for an Ollama server says, and when it misbehaves.

Pure; the server is ``tests/ollama_double.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
CREATED = "2026-01-02T03:04:05.678901Z"


@dataclass(frozen=True, slots=True)
class Model:
    """A model that the server has."""

    name: str
    size: int = 2_500_000_000
    digest: str = "d1" * 32
    quantization: str = "Q4_K_M"
    parameters: str = "4.0B"
    family: str = "qwen3"
    context_length: int | None = 32768
    capabilities: tuple[str, ...] | None = ("completion",)


@dataclass(frozen=True, slots=True)
class Failure:
    """An HTTP error in place of an answer."""

    status: int
    error: str


@dataclass(frozen=True, slots=True)
class Script:
    """How the server behaves.

    ``text`` is said in pieces of ``piece`` characters; ``thinking`` comes before it in its own field.  After
    ``stop_after`` pieces it does ``then``: ``die`` (the socket closes), ``end`` (no last line), ``error`` (an error
    line), ``garbage`` (a line that is not JSON), ``stall`` (silence until the client goes).  ``raw_bytes`` cuts the
    body into writes of so many bytes, wherever that falls.  ``pause`` seconds lie between pieces.  ``reply`` makes the
    text from the request, for a model that obeys what it reads.  A ``deaf`` server goes on when its client has gone.
    ``rewriting`` is how it behaves when it is to rewrite a question; None for as ever.
    """

    models: tuple[Model, ...] = (Model("qwen3:4b-instruct"),)
    text: str = "Kilns hold heat for nine hours [1]."
    reply: Callable[[Json], str] | None = None
    piece: int = 4
    thinking: str = ""
    stop_after: int | None = None
    then: str = "end"
    raw_bytes: int | None = None
    pause: float = 0.0
    failure: Failure | None = None
    prompt_tokens: int | None = 900
    done_reason: str = "stop"
    durations: bool = True
    show_fails: bool = False
    not_ollama: bool = False
    deaf: bool = False
    rewriting: Script | None = None
    pull_steps: tuple[Json, ...] = (
        {"status": "pulling manifest"},
        {"status": "pulling d1d1d1", "digest": "sha256:d1d1d1", "total": 2_500_000_000, "completed": 1_000_000_000},
        {"status": "pulling d1d1d1", "digest": "sha256:d1d1d1", "total": 2_500_000_000, "completed": 2_500_000_000},
        {"status": "verifying sha256 digest"},
        {"status": "success"},
    )


def is_rewriting(body: Json) -> bool:
    """Tell whether a chat asks for a question in other words."""
    return any(
        message["role"] == "system" and message["content"].startswith("You rewrite the last question")
        for message in body.get("messages", ())
    )


def absence(script: Script, path: str, body: Json) -> Failure | None:
    """Give the 404 for a model that is not there, in Ollama's words."""
    if path == "/api/pull" or _model(script, body):
        return None
    return Failure(404, f"model '{body.get('model', '')}' not found")


def document(script: Script, path: str, body: Json) -> tuple[int, Json]:
    """Give status and body of an answer that is one JSON document."""
    if path == "/api/version":
        return 200, {"version": "0.13.5"}
    if path == "/api/tags":
        return 200, {"models": [_summary(model) for model in script.models]}
    if path == "/api/ps":
        return 200, {"models": [_running(model) for model in script.models[:1]]}
    if path == "/api/show":
        missing = absence(script, path, body)
        if missing:
            return missing.status, {"error": missing.error}
        return (500, {"error": "cannot read the model"}) if script.show_fails else (200, _shown(script, body))
    return 404, {"error": "404 page not found"}


def lines_of(script: Script, path: str, body: Json) -> Iterator[Json | str]:
    """Give the lines of a streamed answer; a plain string is sent as it is, or names what the server does."""
    if path == "/api/pull":
        steps: Iterator[Json] = iter(script.pull_steps)
    elif path == "/api/generate" and not body.get("prompt"):
        steps = iter([_last(script, body, "/api/generate") | {"done_reason": "load"}])
    else:
        steps = _said(script, path, body)
    for number, step in enumerate(steps):
        if number == script.stop_after:
            yield from _misbehaving(script)
            return
        yield step


def _misbehaving(script: Script) -> Iterator[Json | str]:
    if script.then == "error":
        yield {"error": "an error was encountered while running the model: CUDA error"}
    elif script.then == "garbage":
        yield "<html>502 Bad Gateway</html>"
    elif script.then != "end":
        yield script.then


def _said(script: Script, path: str, body: Json) -> Iterator[Json]:
    content = script.text if script.reply is None else script.reply(body)
    for field, text in (("thinking", script.thinking), ("content", content)):
        for at in range(0, len(text), script.piece):
            yield _line(body, path, field, text[at : at + script.piece]) | {"done": False}
    yield _last(script, body, path)


def _line(body: Json, path: str, field: str, text: str) -> Json:
    base: Json = {"model": body["model"], "created_at": CREATED}
    if path == "/api/generate":
        return base | {"response": ""} | {"response" if field == "content" else "thinking": text}
    return base | {"message": {"role": "assistant", "content": ""} | {field: text}}


def _last(script: Script, body: Json, path: str) -> Json:
    last = _line(body, path, "content", "") | {"done": True, "done_reason": script.done_reason}
    if script.prompt_tokens is not None:
        last |= {"prompt_eval_count": script.prompt_tokens, "eval_count": 20}
    if script.durations:
        last |= {"total_duration": 2_500_000_000, "load_duration": 500_000_000}
        last |= {"prompt_eval_duration": 800_000_000, "eval_duration": 1_200_000_000}
    return last


def _model(script: Script, body: Json) -> Model | None:
    wanted = body.get("model", "")
    wanted = wanted if ":" in wanted else f"{wanted}:latest"
    return next((model for model in script.models if model.name == wanted), None)


def _summary(model: Model) -> Json:
    details = _details(model)
    named = {"name": model.name, "model": model.name, "modified_at": CREATED}
    return named | {"size": model.size, "digest": model.digest, "details": details}


def _running(model: Model) -> Json:
    loaded = {"expires_at": CREATED, "size_vram": model.size, "context_length": 8192}
    return {k: v for k, v in _summary(model).items() if k != "modified_at"} | loaded


def _details(model: Model) -> Json:
    return {
        "format": "gguf",
        "family": model.family,
        "families": [model.family],
        "parameter_size": model.parameters,
        "quantization_level": model.quantization,
    }


def _shown(script: Script, body: Json) -> Json:
    model = _model(script, body)
    assert model is not None
    info: Json = {"general.architecture": model.family, "vision.context_length": 77}
    if model.context_length is not None:
        info[f"{model.family}.context_length"] = model.context_length
    shown: Json = {"details": _details(model), "model_info": info, "modified_at": CREATED}
    return shown if model.capabilities is None else shown | {"capabilities": list(model.capabilities)}
