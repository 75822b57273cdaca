"""How many there are, in words: "1 paper", "1,204 papers"."""

from __future__ import annotations


def noun_for(count: int, noun: str) -> str:
    """Give the form of ``noun`` that goes with ``count``."""
    if count == 1:
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("ry") else f"{noun}s"


def counted(count: int, noun: str) -> str:
    """Give a count with its noun."""
    return f"{count:,} {noun_for(count, noun)}"


def holdings(papers: int, passages: int) -> str:
    """Say how much a library holds."""
    return f"{counted(papers, 'paper')} in {counted(passages, 'passage')}"
