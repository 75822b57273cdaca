"""Variants of the production code: one piece switched off or exchanged, for as long as a measurement takes.

A piece is a name in a module or class that the production code looks up when it runs, so everything around it stays
what users get.  A name that is no longer there is an error, so that a table cannot go on measuring nothing.  Not for
use by several threads.  Knows no corpus and no measure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands in for ``owner.name``."""

    owner: object
    name: str
    stand_in: object


@dataclass(frozen=True, slots=True)
class Variant:
    """A row of a table; without pieces it is the production code."""

    name: str
    pieces: tuple[Piece, ...] = ()


@contextmanager
def exchanged(pieces: Sequence[Piece]) -> Iterator[None]:
    """Exchange the pieces, and put the production code back at the end."""
    before = [Piece(piece.owner, piece.name, getattr(piece.owner, piece.name)) for piece in pieces]
    try:
        for piece in pieces:
            setattr(piece.owner, piece.name, piece.stand_in)
        yield
    finally:
        for piece in before:
            setattr(piece.owner, piece.name, piece.stand_in)
