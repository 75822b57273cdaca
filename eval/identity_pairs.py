"""Labelled pairs of records: the same study, or two (``pairs/identity.jsonl``).

Every pair is about one invented paper of ``pairs/papers.jsonl``; ``first`` and ``second`` say in what each record
differs from it.  The papers take turns between the halves.  Knows no catalogue.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from eval.sentence_pairs import Split, pair_papers
from index_store.types import Paper


@dataclass(frozen=True, slots=True)
class IdentityPair:
    """Two records, what is between them, and whether they are one study."""

    kind: str
    same: bool
    first: Paper
    second: Paper


def identity_pairs(split: Split) -> tuple[IdentityPair, ...]:
    """Give the pairs of one half."""
    papers = pair_papers()
    text = files("eval").joinpath("pairs", "identity.jsonl").read_text("utf-8")
    rows = [row for row in map(json.loads, text.splitlines()) if row["split"] == split]
    return tuple(
        IdentityPair(
            row["kind"],
            row["same"],
            _record(papers[row["paper"]], row["first"]),
            _record(papers[row["paper"]], row["second"]),
        )
        for row in rows
    )


def _record(paper: Paper, said: dict[str, Any]) -> Paper:
    lists = {name: tuple(value) for name, value in said.items() if isinstance(value, list)}
    return replace(paper, **{**said, **lists, "id": ""})
