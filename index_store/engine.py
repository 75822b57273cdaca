"""The part of a build that other machines can share: reading files, cutting abstracts, embedding passages.

The catalogue and the indexes have one writer, the process that runs the build; it asks an engine for everything else.
``Here`` does the work in this process; ``on_ray`` on a cluster, with the functions of this module, so both give the
same.  Knows no catalogue and no index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from index_store.chunking import embedding_text, passage_spans
from index_store.late import codes_of
from index_store.protocols import Embedder, TokenCodes, Vectors
from index_store.readers import expand, read
from index_store.types import Entry, Passage, Rejection, Span

Batch = Sequence[Passage]


@dataclass(frozen=True, slots=True)
class File:
    """A file to read: where it opens, as the user spelled it, and the path that it is known by as a source."""

    place: Path
    spelled: Path
    source: Path


@dataclass(frozen=True, slots=True)
class Embedded:
    """What the indexes keep of ``n`` passages: ``vectors`` (n, dim) float32, and the codes of each one's tokens."""

    vectors: Vectors
    tokens: list[TokenCodes]


class Engine(Protocol):
    """Whoever does the work.  ``batches_at_once``: how many batches of passages it is best given together."""

    @property
    def batches_at_once(self) -> int: ...
    def read(self, paths: Sequence[Path]) -> Iterator[Entry | Rejection]:
        """Read files and folders, in the order given."""
        ...

    def cut(self, title: str, abstract: str) -> Sequence[Span]:
        """Cut an abstract into passages."""
        ...

    def embed(self, batches: Sequence[Batch]) -> Iterator[tuple[Batch, Embedded]]:
        """Embed batches of passages; gives each one once, as it is done."""
        ...


class Here:
    """Does the work in this process."""

    batches_at_once = 1

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def read(self, paths: Sequence[Path]) -> Iterator[Entry | Rejection]:
        for file in files(paths):
            yield from [file] if isinstance(file, Rejection) else entries(file)

    def cut(self, title: str, abstract: str) -> Sequence[Span]:
        return cut(self._embedder, title, abstract)

    def embed(self, batches: Sequence[Batch]) -> Iterator[tuple[Batch, Embedded]]:
        return ((batch, embed(self._embedder, batch)) for batch in batches)


def files(paths: Sequence[Path]) -> Iterator[File | Rejection]:
    """Give the files that ``paths`` name or hold.  A file is one source, however the user spelled its path."""
    for path in expand(paths):
        yield path if isinstance(path, Rejection) else File(path.absolute(), path, path.resolve())


def entries(file: File) -> Iterator[Entry | Rejection]:
    """Read a file: its entries name the source, its rejections the path as it was spelled."""
    for item in read(file.place):
        inside = item.path.relative_to(file.place)  # in an archive; else the file itself
        yield replace(item, path=(file.source if isinstance(item, Entry) else file.spelled) / inside)


def cut(embedder: Embedder, title: str, abstract: str) -> list[Span]:
    """Cut an abstract into passages that ``embedder`` reads whole."""
    return passage_spans(title, abstract, embedder.token_spans, embedder.max_tokens)


def embed(embedder: Embedder, batch: Batch) -> Embedded:
    """Embed passages, each with its paper's title in front of it."""
    limits = embedder.token_spans, embedder.max_tokens
    texts = [embedding_text(p.title, p.text, *limits) for p in batch]
    vectors, tokens = embedder.encode_with_tokens(texts)
    heads = [len(text) - len(p.text) for p, text in zip(batch, texts, strict=True)]
    return Embedded(vectors, codes_of(tokens, heads, [p.start for p in batch]))
