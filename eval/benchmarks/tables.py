"""Markdown tables of measurements, and what they were measured on.

A page names the date, the command, the libraries' digests, the versions and the machine, never a path or a host.  Knows
no measure.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from eval.bootstrap import permutation_p
from eval.metrics import Values
from index_store.library import Status

_LIBRARIES = ("citewell", "numpy", "torch", "chromadb", "tantivy")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table; every row has as many cells as the head."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def figure(value: float | None) -> str:
    """Write a share in [0, 1] with three decimals; a dot where there is none."""
    return "·" if value is None else f"{value:.3f}"


def changed(values: Values, before: Values) -> str:
    """Give the probability of the mean paired difference by chance; “=” where nothing differs."""
    differences = values - before
    if not differences.any():
        return "="
    chance = permutation_p(differences)
    return f"{chance:.3f}" if chance >= 0.001 else "< 0.001"


def page(title: str, command: str, libraries: Sequence[tuple[str, Status]], parts: Sequence[str]) -> str:
    """Put a page together."""
    held = [
        [name, f"{status.papers:,}", f"{status.passages:,}", f"`{(status.digest or '')[:16]}`"]
        for name, status in libraries
    ]
    made = f"Made on {datetime.now(UTC):%Y-%m-%d} by `{command}`. {machine()}  \n{versions()}"
    return "\n\n".join([f"# {title}", made, table(["library", "papers", "passages", "digest"], held), *parts]) + "\n"


def versions() -> str:
    """Name the versions that a measurement depends on."""
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:  # run from a checkout that was never installed
            found.append(f"{name} not installed")
    return f"Versions: Python {platform.python_version()}, {', '.join(found)}."


def machine() -> str:
    """Say what the machine is, and how busy."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"Machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores{load}."
