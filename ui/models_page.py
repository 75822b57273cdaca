"""The Models tab's markup: how Ollama is, which models it has, how far a download is.  Pure; names are escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import escape

from rag.models import DEFAULT_MODEL, ModelInfo, PullProgress
from ui.library_page import said_html, size_text

_WHY_DEFAULT = "2.5 GB, runs on a laptop with 8 GB of memory, keeps to citations, and answers at once."
THEME = (
    '<h3>Look</h3><p class="cw-theme"><label for="cw-theme">On this device</label> <select id="cw-theme">'
    '<option value="">as the system</option><option value="light">light</option><option value="dark">dark</option>'
    "</select></p>"
)
_SHORT = 12  # characters of a layer's digest, as Ollama shows them


@dataclass(frozen=True, slots=True)
class Layer:
    """One file of a model: bytes there, bytes in all."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Download:
    """A download as far as it is; ``layers`` by digest, in the order they came."""

    name: str
    status: str = "asking Ollama"
    layers: dict[str, Layer] = field(default_factory=dict)

    def after(self, step: PullProgress) -> Download:
        """Give the download after one more step."""
        if not step.digest:
            return replace(self, status=step.status)
        layers = self.layers | {step.digest: Layer(step.completed, step.total)}
        return replace(self, status=step.status, layers=layers)


def status_html(hosts: Sequence[str], sentence: str) -> str:
    """Say how Ollama is; ``hosts`` are the servers that run."""
    state, head = ("ok", "Ollama runs") if hosts else ("bad", "Ollama does not run")
    return f'<p class="cw-ollama" data-state="{state}"><b>{head}</b><span>{_with_code(sentence)}</span></p>'


def models_html(installed: Sequence[ModelInfo], chosen: str | None) -> str:
    """Give the installed models as a table; ``chosen`` is the one that would answer now."""
    if not installed:
        return (
            f'<p class="cw-soft">No model is installed. A good first one is <code>{escape(DEFAULT_MODEL)}</code>: '
            f"{_WHY_DEFAULT}</p>"
        )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Model", "Size", "Quantisation", "Context", "Can"))
    rows = "".join(_row(model, model.name == chosen) for model in installed)
    table = f'<table class="cw-models"><tr>{head}</tr>{rows}</table>'
    return f'<div class="cw-scroll" tabindex="0" role="group" aria-label="Installed models">{table}</div>'


def download_html(download: Download) -> str:
    """Give a download under way: the whole, and each layer."""
    done, total = (sum(getattr(layer, name) for layer in download.layers.values()) for name in ("done", "total"))
    bars = "".join(
        f"<li><span>{escape(digest.removeprefix('sha256:')[:_SHORT])}</span>"
        f"<span>{size_text(layer.done)} of {size_text(layer.total)}</span>"
        f'<progress aria-label="Layer {number}" max="{layer.total or 1}" value="{layer.done}"></progress></li>'
        for number, (digest, layer) in enumerate(download.layers.items(), 1)
    )
    share = f"{size_text(done)} of {size_text(total)}" if total else ""
    name = escape(download.name)
    return (
        f'<section class="cw-download" aria-label="Download of {name}"><p><b>{name}</b>'
        f" {escape(download.status)} <span>{share}</span></p>"
        f'<progress aria-label="Whole download" max="{total or 1}" value="{done}"></progress>'
        f"<details><summary>{len(download.layers)} layers</summary><ul>{bars}</ul></details></section>"
    )


def stopped_html(name: str) -> str:
    return said_html(f"The download of {name} is stopped; the next one goes on from there.")


def _row(model: ModelInfo, chosen: bool) -> str:
    context = f"{model.context_length:,}" if model.context_length else ""
    cells = (size_text(model.size) if model.size else "", model.quantization, context, ", ".join(model.capabilities))
    mark = ' <span class="cw-now">answers now</span>' if chosen else ""
    name = f'<th scope="row">{escape(model.name)}{mark}</th>'
    return f"<tr>{name}{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _with_code(sentence: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(sentence))
