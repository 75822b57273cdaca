"""A few papers written by hand, and a library of them with fake parts: results can be worked out on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from index_store import manifest
from index_store.build import IndexReport, index_entries
from index_store.catalogue import Catalogue
from index_store.chunking import embedding_text
from index_store.library import Library
from index_store.protocols import Embedder
from index_store.shelf import Shelf
from index_store.tokens import SqliteTokens
from index_store.types import Entry, Paper
from tests.fakes import FakeEmbedder, FakeLexical, FakeVectors

FROGS = Paper("", "Frogs of the pond", "Frogs sing at dusk. They fall silent when a heron lands. Ten ponds were seen.")
BREAD = Paper("", "Rye bread", "Rye dough rises slowly. Warm water helps the yeast. The crust gains from steam.")
STARS = Paper("", "Faint stars", "Faint stars need long exposures. A cooled camera lowers the noise by half.")

VOCABULARY = ("frogs", "heron", "rye", "steam", "stars", "camera")


def entry(paper: Paper, path: str = "/papers.jsonl", line: int = 1, local_id: str = "", **changes: Any) -> Entry:
    return Entry(replace(paper, **changes), Path(path), line, local_id)


def embedder(max_tokens: int = 16) -> FakeEmbedder:
    """With 16 tokens each of the papers above makes two passages or three."""
    return FakeEmbedder(VOCABULARY, max_tokens)


def fake_shelf(folder: Path, model: Embedder | None = None) -> Shelf:
    """A library in ``folder`` whose vectors and words live in memory; its SQLite files are real."""
    model = model or embedder()
    tokens = SqliteTokens(folder / "tokens" / "tokens.sqlite3", model.dim)
    catalogue = Catalogue(folder / "catalogue.sqlite3")
    return Shelf(folder, catalogue, FakeVectors(model.dim), FakeLexical(), tokens, model)


def library_of(folder: Path, papers: Sequence[Paper]) -> Library:
    """An open library of ``papers`` with fake parts."""
    shelf = fake_shelf(folder)
    index_entries(shelf, [entry(paper, line=line) for line, paper in enumerate(papers, 1)])
    return Library(shelf)


def outcome(report: IndexReport) -> dict[str, int]:
    counts = {name: getattr(report, name) for name in ("read", "added", "updated", "unchanged", "merged", "papers")}
    return {name: count for name, count in counts.items() if count}


def assert_whole(shelf: Shelf) -> None:
    """The indexes hold exactly what the catalogue does, each passage the vector of its text, and nothing waits."""
    catalogue = shelf.catalogue
    owners = dict(catalogue.passage_table().tolist())
    ids = list(owners)
    assert shelf.vectors.ids() == shelf.tokens.ids() == set(ids)
    assert shelf.lexical.ids() == set(owners.values())
    assert (catalogue.waiting_count(), catalogue.stale(9)) == (0, [])
    cut = shelf.embedder.token_spans, shelf.embedder.max_tokens
    passages = catalogue.passages(ids)
    texts = [embedding_text(passages[i].title, passages[i].text, *cut) for i in ids]
    assert shelf.vectors.get(ids).tolist() == shelf.embedder.encode(texts).tolist()
    found = manifest.read(shelf.manifest_path)
    assert found is not None
    assert (found.papers, found.passages, found.digest) == (len(catalogue), len(ids), catalogue.digest())
    assert found.recipe == shelf.recipe
