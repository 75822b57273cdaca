"""Downloading a model with a progress bar on the terminal.  Knows no page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Never

from tqdm import tqdm

from rag.errors import AnswererError
from rag.models import pull


def pull_everywhere(model: str, hosts: Sequence[str]) -> None:
    """Download ``model`` to every server that answers, one after the other.  Raises ``AnswererError`` where none does.

    Questions go round all of them, so each needs it.
    """
    failures: list[AnswererError] = []
    for host in hosts:
        try:
            pull_with_bar(model, host)
        except AnswererError as exc:
            failures.append(exc)
    if len(failures) == len(hosts):
        raise failures[0]
    for failure in failures:
        print(f"citewell: {failure}", file=sys.stderr)  # noqa: T201


def pull_with_bar(model: str, host: str) -> None:
    """Download ``model``; one bar for each layer.  Raises ``AnswererError``."""
    bar: tqdm[Never] | None = None
    layer = ""
    try:
        for step in pull(model, host):
            if step.digest != layer:
                if bar is not None:
                    bar.close()
                layer = step.digest
                bar = _bar(step.status, step.total, step.completed) if layer else None
            if bar is not None:
                bar.update(step.completed - bar.n)
    finally:
        if bar is not None:
            bar.close()


def _bar(status: str, total: int, already: int) -> tqdm[Never]:
    """Begin where an earlier download stopped, so that the speed is that of this one."""
    return tqdm(desc=status, total=total, initial=already, unit="B", unit_scale=True, disable=None)
