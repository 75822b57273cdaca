"""Which papers a question compares: its sides, and the paper that each of them names.  English.

Each side is searched for by itself, since for all of the question a paper that merely speaks of both may come first.
A side may say by what is compared as well ("BERT or RoBERTa on GLUE"), and a question more than what it compares.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from index_store.library import Library
from index_store.types import Hit, Paper, Scope
from index_store.words import STOP_WORDS
from rag.cues import asks_to_compare
from rag.followup import names
from rag.naming import head, is_marked, names_paper, spelled
from rag.understood import Understood

# What stands between the things that are compared, and how it goes on by what ("on ImageNet").
_JOINT = re.compile(
    r"[,;:?!()]|\.(?!\w)|\s[-–—]+\s|(?<![\w-])(?:vs|versus|and|or|with|to|from|than|between|in common|contrast\w*"
    r"|compar\w+|differ\w*|(?:more|less) \w+|better|worse|\w{3,}er(?= than\b))(?![\w-])",
    re.IGNORECASE,
)
_RESPECT = re.compile(r"\s+(?:on|in|for|at|by|when|as)\s.*", re.IGNORECASE | re.DOTALL)
_MOST_SIDES = 8  # pieces of a question; what has more is no comparison but a text
_NEAR_THE_TOP, _DEEP = 3, 50  # papers looked through for one side, and for all of the question
_FOR_CERTAIN = 2  # of the three claims
_NEAR_BEST = 0.95  # share of the best score
_INITIALS = 3  # letters of a name that are no accident


def read_comparison(library: Library, question: str, scope: Scope) -> Understood | None:
    """Give the reading of a question about the papers that it compares by name; None where it names fewer than two."""
    papers = compared({side: library.search(side, _NEAR_THE_TOP, scope) for side in sides(question)})
    if len(papers) <= 1:
        return None
    read = Understood(question, question, library.rank(question, _DEEP, scope), leans=False).on(papers)
    return read if read.about > 1 else None


def sides(question: str) -> list[str]:
    """Give the pieces of a question that may name what it compares; none of a question that compares nothing."""
    if not asks_to_compare(question):
        return []
    pieces = (_bare(piece.split()) for piece in _JOINT.split(question))
    found = list(dict.fromkeys(piece for piece in pieces if piece))
    return found if len(found) <= _MOST_SIDES else []


def compared(found: Mapping[str, Sequence[Hit]]) -> list[Paper]:
    """Give the papers that the sides of a comparison name, of those ``found`` for each, in the order of the sides.

    A paper stands for one side only, and the side that the fewest can stand for chooses first: "InstructGPT" is in one,
    so that "GPT-3", which is in that one too, is left to the other.
    """
    claims = {side: _claimants(side, hits) for side, hits in found.items()}
    taken: dict[str, Paper] = {}
    for side in sorted(claims, key=lambda side: len(claims[side])):
        if free := [paper for paper in claims[side] if paper not in taken.values()]:
            taken[side] = free[0]
    return [taken[side] for side in claims if side in taken]


def compared_among(question: str, hits: Sequence[Hit]) -> list[int]:
    """Give the places of the papers that a question compares by name; none where it names fewer than two."""
    papers = compared(dict.fromkeys(sides(question), hits))
    return [at for at, hit in enumerate(hits) if hit.paper in papers] if len(papers) > 1 else []


def _claimants(side: str, hits: Sequence[Hit]) -> list[Paper]:
    """Give the papers that a side may mean, the likeliest first.

    A paper that merely speaks of it does where the search finds it about as well as any other that does.
    """
    claims = [(weight, hit) for hit in hits if any(weight := claim(side, hit.paper))]
    best = max((hit.score for _, hit in claims), default=0.0)
    claims = [(weight, hit) for weight, hit in claims if any(weight[:_FOR_CERTAIN]) or hit.score >= _NEAR_BEST * best]
    claims.sort(key=lambda pair: pair[0], reverse=True)
    return [hit.paper for _, hit in claims]


def claim(side: str, paper: Paper) -> tuple[int, int, int]:
    """Weigh what speaks for a paper: the side gives its name, or it has that of the side in its title, its abstract."""
    core, beginning = _RESPECT.sub("", side), head(paper)
    given = names_paper(core, paper) or f"{spelled(side)} ".startswith(f"{spelled(beginning)} ")
    return len(beginning) * given, *_named_in(core, paper)  # the longest: "Sentence-BERT" gives the name of BERT too


def _named_in(core: str, paper: Paper) -> tuple[int, int]:
    """Count how often a title and an abstract have the name in a side: all of it, or else what looks like one.

    A title has it by the first letters of its words, too: "GLA" is in "Gated Linear Attention Transformers".
    """
    initials = "".join(re.findall(r"(?<![a-z])[a-z]", spelled(paper.title)))
    for name in (core, *(name for name in names(core) if is_marked(name))):
        word = in_any_number(name)
        in_title, in_abstract = (len(word.findall(spelled(text))) for text in (paper.title, paper.abstract))
        in_title += len(name) >= _INITIALS and spelled(name) in initials
        known = is_marked(name) or any(word.fullmatch(spelled(other)) for other in names(paper.abstract))
        if known or (in_title and " " in spelled(name)):
            return in_title, in_abstract
    return 0, 0


def in_any_number(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(spelled(name.removesuffix('s')))}s?(?!\w)")  # but "FAISS" is one


def _bare(words: Sequence[str]) -> str:
    """Leave out the stop words at both ends."""
    kept = [at for at, word in enumerate(words) if word.lower() not in STOP_WORDS]
    return " ".join(words[kept[0] : kept[-1] + 1]) if kept else ""
