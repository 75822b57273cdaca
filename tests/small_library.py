"""A few papers written by hand, and a library of them with fake parts: results can be worked out on paper."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from index_store.catalogue import Catalogue
from index_store.protocols import Embedder
from index_store.shelf import Shelf
from index_store.types import Entry, Paper
from tests.fakes import FakeEmbedder, FakeLexical, FakeVectors

FROGS = Paper("", "Frogs of the pond", "Frogs sing at dusk. They fall silent when a heron lands. Ten ponds were watched.")
BREAD = Paper("", "Rye bread", "Rye dough rises slowly. Warm water helps the yeast. The crust gains from steam.")
STARS = Paper("", "Faint stars", "Faint stars need long exposures. A cooled camera lowers the noise by half.")

VOCABULARY = ("frogs", "heron", "rye", "steam", "stars", "camera")


def entry(paper: Paper, path: str = "/papers.jsonl", line: int = 1, local_id: str = "", **changes: Any) -> Entry:
    return Entry(replace(paper, **changes), Path(path), line, local_id)


def embedder(max_tokens: int = 16) -> FakeEmbedder:
    """With 16 tokens each of the papers above makes two passages or three."""
    return FakeEmbedder(VOCABULARY, max_tokens)


def fake_shelf(folder: Path, model: Embedder | None = None) -> Shelf:
    """A library in ``folder`` whose indexes live in memory; its catalogue is real."""
    model = model or embedder()
    return Shelf(folder, Catalogue(folder / "catalogue.sqlite3"), FakeVectors(model.dim), FakeLexical(), model)
