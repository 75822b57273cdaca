"""What the workers of a cluster do to a row of work, each with the functions that the plain build calls.

A row is a dictionary: ``job``, the number of what was handed out; ``part``, which of its results this is; ``content``,
pickled.  Before anything, a worker makes sure that it would do what the process that runs the build would.  Knows
nothing of Ray.
"""

from __future__ import annotations

import pickle
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from itertools import islice
from typing import Any, Protocol

from index_store.engine import File, cut, embed, entries
from index_store.errors import ClusterError, EmbedderError
from index_store.manifest import Recipe
from index_store.protocols import Embedder
from index_store.shelf import recipe_of
from index_store.types import Entry, Rejection, Span

Row = dict[str, Any]

_ENTRIES_PER_PART = 250
_CUTTERS: dict[Recipe, Embedder] = {}  # a process cuts many lists, and reads the tokenizer once


class MakesEmbedder(Protocol):
    """Makes the embedder where the work is done; it is pickled.  ``threads``: to compute in, None for all cores."""

    def __call__(self, *, threads: int | None) -> Embedder: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What a worker must have in common with the process that runs the build: Citewell's version and the recipe."""

    version: str
    recipe: Recipe
    make_embedder: MakesEmbedder


@dataclass(frozen=True, slots=True)
class Located:
    """A file and the size that it has where the build runs, in bytes; -1 where it cannot be told."""

    file: File
    size: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """A file that a worker does not see as the process does that runs the build."""

    located: Located
    worker: str


Item = Entry | Rejection | Unseen
Cut = tuple[Item, Sequence[Span]]


def terms_for(embedder: Embedder, make_embedder: MakesEmbedder) -> Terms:
    return Terms(version("citewell"), recipe_of(embedder), make_embedder)


def located(file: File) -> Located:
    try:
        return Located(file, file.place.stat().st_size)
    except OSError:
        return Located(file, -1)


def read_files(row: Row, terms: Terms) -> Iterator[Row]:
    """Read the files of a job, ``Located`` or a rejection each; gives lists of what they hold."""
    _refuse_other_version(terms)
    items = _read(pickle.loads(row["content"]))
    part = 0
    while some := list(islice(items, _ENTRIES_PER_PART)):
        yield {"job": row["job"], "part": part, "content": pickle.dumps(some)}
        part += 1


def cut_entries(row: Row, terms: Terms) -> Row:
    """Cut the abstracts of a list of entries; gives each with its spans."""
    if terms.recipe not in _CUTTERS:
        _CUTTERS[terms.recipe] = _checked_embedder(terms)
    embedder = _CUTTERS[terms.recipe]
    made = [(item, _spans(embedder, item)) for item in pickle.loads(row["content"])]
    return row | {"content": pickle.dumps(made)}


class Embedding:
    """Embeds batches of passages; holds the model."""

    def __init__(self, terms: Terms, threads: int | None) -> None:
        self._terms = terms
        self._threads = threads

    def __call__(self, row: Row) -> Row:
        batch = pickle.loads(row["content"])
        return row | {"part": 0, "content": pickle.dumps(embed(self._embedder, batch))}

    @cached_property
    def _embedder(self) -> Embedder:  # not when it is made: Ray Data takes what fails there for the end of a worker
        embedder = _checked_embedder(self._terms, self._threads)
        embedder.warm()
        return embedder


def _checked_embedder(terms: Terms, threads: int | None = 1) -> Embedder:
    _refuse_other_version(terms)
    try:
        embedder = terms.make_embedder(threads=threads)
        _refuse_other_recipe(terms, embedder)
    except EmbedderError as exc:
        raise ClusterError(f"The worker on {platform.node()} has no embedder: {exc}") from exc
    return embedder


def _read(items: Sequence[Located | Rejection]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Rejection):
            yield item
        elif located(item.file) != item:
            yield Unseen(item, platform.node())
        else:
            yield from entries(item.file)


def _spans(embedder: Embedder, item: Item) -> Sequence[Span]:
    return cut(embedder, item.paper.title, item.paper.abstract) if isinstance(item, Entry) else ()


def _refuse_other_version(terms: Terms) -> None:
    if version("citewell") != terms.version:
        raise ClusterError(
            f"The worker on {platform.node()} has Citewell {version('citewell')}, this machine {terms.version}."
            f" Run `pip install 'citewell[ray]=={terms.version}'` on every machine of the cluster."
        )


def _refuse_other_recipe(terms: Terms, embedder: Embedder) -> None:
    found = recipe_of(embedder)
    if found != terms.recipe:
        raise ClusterError(
            f"The worker on {platform.node()} has another embedder {found.embedder}"
            f" ({found.embedder_digest[:12]}…) than this machine ({terms.recipe.embedder_digest[:12]}…)."
            " Put the same model on every machine of the cluster."
        )
