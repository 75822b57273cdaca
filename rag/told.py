"""An answer in Citewell's own words: a courtesy, or what the catalogue tells.

Its confidence is the probability that the library answers: 1 for what stands in the catalogue, 0 for what does not and
for courtesies.
"""

from __future__ import annotations

from dataclasses import dataclass

from index_store.types import Hit
from rag.drafting import Draft
from rag.types import Reason


@dataclass(frozen=True, slots=True)
class Told:
    """An answer in Citewell's own words, or why there is none, with the papers that it looked at, best first."""

    draft: Draft
    hits: tuple[Hit, ...] = ()
    confidence: float = 1.0
    reason: Reason | None = None
    standalone: str = ""


def listed(draft: Draft) -> Told:
    """Give a list of papers, which are those that it cites."""
    return Told(draft, tuple(Hit(citation.paper, 1.0, ()) for citation in draft.citations))


def refused(text: str, reason: Reason, hits: tuple[Hit, ...] = (), standalone: str = "") -> Told:
    """Say that there is no answer."""
    return Told(Draft(text, (), ()), hits, confidence=0.0, reason=reason, standalone=standalone)
