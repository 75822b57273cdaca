"""Labelled sentences that the checks of an answer are measured on.

``support.jsonl``: does the abstract say the sentence?  Only kind ``true`` is supported; the other kinds say what is
wrong with it: a ``number`` or unit changed, ``negated``, its ``direction`` reversed, two things ``swapped``, said of
another thing (``attribution``), another ``entity``, more ``general``, a ``hedge`` removed, ``unrelated``.
``disagreement.jsonl``: do the abstracts that two sentences come from disagree?  All papers are the starter library's
or invented (``papers.jsonl``).

Papers take turns between the halves in the order in which the file first names them; nothing is chosen or changed by
what it does to the ``test`` half.  Knows no checker.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from index_store import starter
from index_store.types import Entry, Paper

Split = Literal["dev", "test"]
SUPPORTED = "true"
DISAGREE = "disagree"


@dataclass(frozen=True, slots=True)
class SupportPair:
    """A sentence about a paper, and what is right or wrong with it."""

    paper: str
    split: Split
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class DisagreementPair:
    """Sentences of two papers, and whether they ``disagree`` or merely ``differ``."""

    split: Split
    label: str
    first: str
    second: str


def support_pairs(split: Split) -> tuple[SupportPair, ...]:
    """Give the sentences of one half."""
    return tuple(pair for pair in (SupportPair(**row) for row in _rows("support.jsonl")) if pair.split == split)


def disagreement_pairs(split: Split) -> tuple[DisagreementPair, ...]:
    """Give the pairs of sentences of one half."""
    pairs = (DisagreementPair(**row) for row in _rows("disagreement.jsonl"))
    return tuple(pair for pair in pairs if pair.split == split)


def pair_papers() -> dict[str, Paper]:
    """Give the papers that the sentences are about, by the name that the pairs give them."""
    invented = {row["id"]: Paper(row["id"], row["title"], row["abstract"]) for row in _rows("papers.jsonl")}
    return invented | {entry.local_id: entry.paper for entry in starter.entries() if isinstance(entry, Entry)}


def _rows(name: str) -> Iterator[dict[str, Any]]:
    for line in files("eval").joinpath("pairs", name).read_text("utf-8").splitlines():
        yield json.loads(line)
