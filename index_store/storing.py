"""Embedded passages go into the three indexes many at a time, and what is gone goes out of them.

``build`` knows the order that makes a crash harmless; here is how much is written together.  A write of Chroma's saves
the names of all passages there are, so the more a library holds, the more is gathered for one.  Knows no file that is
read and no manifest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from index_store.engine import Batch, Embedded
from index_store.late import LONG_CODES, may_shorten, shortened
from index_store.protocols import LexicalDocument
from index_store.shelf import Shelf

# Passages: the most take 40 MB until they are written, and are what Chroma takes at once, 5,461, in whole batches.
_LEAST_PER_WRITE, _MOST_PER_WRITE = 2_048, 5_376
_SHARE_PER_WRITE = 32  # of a library of a size between, one passage in so many
_SECONDS_UNWRITTEN = 5.0  # a killed run repeats at most this much embedding, and a batch; of the most, 13 s
_STALE_PER_BATCH = 5_000
_SHORTENED_AT_ONCE = 2_000


def per_write(held: int) -> int:
    """Tell how many passages are written together to a library of ``held``."""
    return max(_LEAST_PER_WRITE, min(_MOST_PER_WRITE, held // _SHARE_PER_WRITE))


def gathered(made: Iterable[tuple[Batch, Embedded]], enough: int) -> Iterator[list[tuple[Batch, Embedded]]]:
    """Group what is written together, ``enough`` passages or less: none may wait long.

    What was embedded before a failure or Ctrl-C is written too.
    """
    seconds = _SECONDS_UNWRITTEN * enough / _LEAST_PER_WRITE
    group: list[tuple[Batch, Embedded]] = []
    began, remaining = time.monotonic(), iter(made)
    while True:
        try:
            each = next(remaining, None)
        except BaseException:
            if group:
                yield group
            raise
        if each is None:
            break
        group.append(each)
        if time.monotonic() - began > seconds or sum(len(batch) for batch, _ in group) >= enough:
            yield group
            group, began = [], time.monotonic()
    if group:
        yield group


def store(shelf: Shelf, group: Sequence[tuple[Batch, Embedded]], held: int) -> None:
    """Put passages into the indexes of a library of ``held``, then mark them."""
    ids = [passage.id for batch, _ in group for passage in batch]
    shelf.vectors.upsert(ids, np.concatenate([embedded.vectors for _, embedded in group]))
    made = [codes for _, embedded in group for codes in embedded.tokens]
    in_short = held > LONG_CODES and may_shorten(shelf.embedder.dim)
    shelf.tokens.upsert(ids, [shortened(codes) for codes in made] if in_short else made)
    texts = shelf.catalogue.texts_of(ids)
    shelf.lexical.add([LexicalDocument(number, f"{title}. {abstract}") for number, title, abstract in texts])
    with shelf.catalogue.transaction():
        shelf.catalogue.mark_indexed(ids)


def shorten(shelf: Shelf, held: int, progress: Callable[[str, int, int | None], None]) -> None:
    """Shorten the codes from when a library of ``held`` was small, that they give their room to those that come."""
    done = 0
    while held > LONG_CODES and (some := shelf.tokens.shorten(_SHORTENED_AT_ONCE)):
        done += some
        progress("shortening", done, held)


def forget_stale(shelf: Shelf) -> None:
    """Take the passages whose text is gone out of the indexes."""
    while ids := shelf.catalogue.stale(_STALE_PER_BATCH):
        shelf.vectors.delete(ids)
        shelf.tokens.delete(ids)
        shelf.lexical.delete(shelf.catalogue.gone(ids))
        with shelf.catalogue.transaction():
            shelf.catalogue.forget_stale(ids)
