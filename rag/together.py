"""Which papers a question names side by side, so that it asks of each: "how many layers do A and B have?".  English.

A paper is named by a name of its own.  Two are asked of together where the question joins their names, asks a question
of each, or speaks of them in clauses of their own while neither paper knows the other.  Else the one is but a part of
the other's story, its baseline, data or tool, and that other paper tells it: "does A use B?", "how much better is A
than B?".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index_store.types import Hit, Paper
from index_store.words import STOP_WORDS
from rag.cues import asks_to_compare
from rag.followup import names
from rag.naming import head, is_marked, names_paper, spelled
from rag.sides import claim, compared_among, in_any_number
from rag.weighty import light_words

_WORD = r"(?:[\w+-]*[A-Z][\w+-]*|[a-z]+\d\w*)"
_RUN = re.compile(rf"(?<![\w-]){_WORD}(?:\s+{_WORD})*")  # "Faster R-CNN", "word2vec"
_SMALL = r"(?:(?:both|the|an?|plain|in|of|for|by|with|on|to)\s+){0,2}"
_JOINED = re.compile(rf"(?:['’]s)?\s*(?:,?\s*(?:and|or|&|/|vs\.?|versus|compared (?:to|with))|,)\s+{_SMALL}")
_ASKS = r"\b(?:what|which|how|where|when|why|who|do|does|did|is|are|was|were|can|could|has|have)\b"
_ASKS_AGAIN = re.compile(rf"(?:\b(?:and|but|while|whereas)|[,;.?!])\s+(?:(?:and|but)\s+)?{_SMALL}{_ASKS}")
_ASIDE = re.compile(r"\b(?:with|on|by|using|over|against|than)\s+(?:(?:the|plain)\s+)?$")
_BEGINS = re.compile(r"[,;:.?!]|\b(?:and|or|but|while|whereas|that|which|as)\b")
_FEWEST_NAMES, _MOST_NAMES = 2, 8  # what has more is no question but a text
# So often an abstract has a name that is its own: one that looks like a name, and one that is but a word.
_OFTEN, _OFTEN_A_WORD = 2, 3
_NEAR_THE_TOP = 3  # papers: one further down merely speaks of it


@dataclass(frozen=True, slots=True)
class _Named:
    """A paper at its place among those found, and where a question, in one spelling, gives a name of its own."""

    name: str
    start: int
    end: int
    at: int


def named_together(question: str, hits: Sequence[Hit]) -> list[int]:
    """Give the places of the papers that a question compares or asks of by name; none where that is fewer than two."""
    places = compared_among(question, hits)
    if places or not hits:
        return places
    said, compares = spelled(question), asks_to_compare(question)
    owned = _owned(question, hits)
    together = owned[:1]
    for other in owned[1:]:
        known = _knows(hits[together[-1].at].paper, other.name) or _knows(hits[other.at].paper, together[-1].name)
        if not (_go_together(said[: other.start], together[-1], known=known) or (compares and not known)):
            break
        together.append(other)
    return [named.at for named in together] if len(together) > 1 else []


def _go_together(said: str, one: _Named, *, known: bool) -> bool:
    """Tell whether a question, ``said`` up to a second name, asks of that one and of the ``one`` before."""
    between = said[one.end :]
    if _JOINED.fullmatch(between):
        return True
    if re.search(_ASKS, said[: one.start]) and _ASKS_AGAIN.search(between) and not _ASIDE.search(between):
        return True
    return not known and _BEGINS.search(between) is not None


def _knows(paper: Paper, name: str) -> bool:
    return in_any_number(name).search(spelled(f"{paper.title} {paper.abstract}")) is not None


def _owned(question: str, hits: Sequence[Hit]) -> list[_Named]:
    """Give the papers that a question names, each by what is its own most of all, in the order of the question."""
    said, given = spelled(question), set(_names(question, hits))
    best: dict[int, tuple[tuple[int, int, int], _Named]] = {}
    for name in sorted(given) if _FEWEST_NAMES <= len(given) <= _MOST_NAMES else ():
        claims = [claim(name, hit.paper) for hit in hits]
        weight, at = max(claims), claims.index(max(claims))
        found = re.search(rf"(?<!\w){re.escape(spelled(name))}(?!\w)", said)
        if found and _is_own(name, weight, at) and (at not in best or weight > best[at][0]):
            best[at] = weight, _Named(name, *found.span(), at)
    owned = sorted((named for _, named in best.values()), key=lambda named: (named.start, -named.end))
    return [named for n, named in enumerate(owned) if all(named.start >= before.end for before in owned[:n])]


def _names(question: str, hits: Sequence[Hit]) -> Iterator[str]:
    """Give what looks like a name in a question, and the beginnings of titles that it has in small letters."""
    for run in _RUN.findall(question):
        words = run.split()
        while words and words[0].lower() in STOP_WORDS | light_words():
            del words[0]
        if names(f"of {' '.join(words)}"):
            yield " ".join(words)
    for hit in hits:
        if names_paper(question, hit.paper):
            yield head(hit.paper)


def _is_own(name: str, weight: tuple[int, int, int], at: int) -> bool:
    """Tell whether a name is that of the paper at a place, by what speaks for it."""
    given, in_title, in_abstract = weight
    if given or (in_title and (is_marked(name) or " " in name)):
        return True
    return at < _NEAR_THE_TOP and in_abstract >= (_OFTEN if is_marked(name) else _OFTEN_A_WORD)
