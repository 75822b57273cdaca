"""Downloading a model with a progress bar on the terminal.  Knows no page."""

from __future__ import annotations

from typing import Never

from tqdm import tqdm

from rag.models import pull


def pull_with_bar(model: str, host: str) -> None:
    """Download ``model``; one bar for each layer.  Raises ``AnswererError``."""
    bar: tqdm[Never] | None = None
    layer = ""
    for step in pull(model, host):
        if step.digest != layer:
            if bar is not None:
                bar.close()
            layer = step.digest
            bar = tqdm(desc=step.status, total=step.total, unit="B", unit_scale=True, disable=None) if layer else None
        if bar is not None:
            bar.update(step.completed - bar.n)
    if bar is not None:
        bar.close()
