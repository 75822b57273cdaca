"""English words that tell nothing about a topic, and which pieces of a tokenizer's vocabulary carry content.

Pure; knows no tokenizer and no index.
"""

from __future__ import annotations

STOP_WORDS = frozenset(
    "a about after all also although am an and any are as at be because been before being between both but by can "
    "could did do does doing during each either else few for from further get had has have having he her here hers "
    "him his how however i if in into is it its itself just me might more most much must my no nor not of off on once "
    "one only or other our out over own same she should so some such t than that the their them then there these they "
    "this those through to too under until up upon us use used using very was we were what when where whether which "
    "while who whom whose why will with within without would you your s".split()
)

_BEGINNINGS = "▁Ġ"  # what SentencePiece and byte-level BPE put before the piece that begins a word


def carries_content(piece: str) -> bool:
    """Tell whether a piece of a vocabulary, written as in the vocabulary, is more than a stop word or a mark."""
    if (piece.startswith("[") and piece.endswith("]")) or (piece.startswith("<") and piece.endswith(">")):
        return False
    word = piece.lstrip(_BEGINNINGS).lower()
    return any(c.isalnum() for c in word) and word not in STOP_WORDS
