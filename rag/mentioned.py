"""Which papers a text names side by side, in its order: "A draws samples first, and B does it all at once".

A paper goes by the beginning of its title, or by a name of which it speaks most among those that may be meant.  In an
answer a name counts where a clause begins with it: "A feeds B" and "unlike B, A is fast" are about A.  Pure; English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index_store.types import Paper
from rag.followup import names
from rag.naming import head, is_marked, shortened

_BEFORE = 40  # characters
_TITLE = 100  # a name in a title outweighs any in an abstract
_CLAUSE = re.compile(
    r"(?:^|[.;:,!?–—-]\s|\b(?:and|or|plus|while|whereas|but|also|then)\s)\W*(?:the\s|an?\s|one\sis\s)?\W*$",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"[A-Z][\w-]*(?:\s+[A-Z][\w-]*)+")


def named_in_order(text: str, papers: Sequence[Paper], *, as_subjects: bool = False) -> tuple[Paper, ...]:
    """Give the papers that a text names, in its order; ``as_subjects``, only those that a clause begins with."""
    known = [_titles(paper) for paper in papers]
    for name in [*_CAPITALS.findall(text), *names(text)]:
        word = _word(re.escape(name))
        counts = [_TITLE * len(word.findall(paper.title)) + len(word.findall(paper.abstract)) for paper in papers]
        if max(counts, default=0) and not any(title.search(name) for titles in known for title in titles):
            known[counts.index(max(counts))].append(word)
    first: dict[int, int] = {}
    for at, patterns in enumerate(known):
        places = [match.start() for pattern in patterns for match in pattern.finditer(text)]
        meant = [place for place in places if not as_subjects or _begins_clause(text, place)]
        if meant:
            first[at] = min(meant)
    return tuple(papers[at] for at in sorted(first, key=lambda at: (first[at], at)))


def _begins_clause(text: str, place: int) -> bool:
    """Tell by the few characters before a name whether a clause begins with it."""
    start = max(0, place - _BEFORE)
    before = _CLAUSE.search(text, start, place)
    return before is not None and (before.start() > start or start == 0)


def _titles(paper: Paper) -> list[re.Pattern[str]]:
    """Give what the name that a title begins with may look like; a common word only with its capital."""
    beginning = head(paper)
    if short := shortened(beginning):
        return [_word(short, re.IGNORECASE)]
    return [_word(re.escape(beginning), re.IGNORECASE if is_marked(beginning) else 0)] if " " not in beginning else []


def _word(pattern: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){pattern}(?![\w-])", flags)
