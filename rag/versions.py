"""Which versions of something a question names: "GPT-4", "LLaMA 3".  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index_store.types import Paper
from rag.facts import is_named
from rag.followup import names

_VERSION = re.compile(
    r"(?<![\w.-])(?P<name>[^\W\d_]+?(?:-[^\W\d_]+?)*)(?P<gap>[ -]?)v?(?P<number>\d+(?:\.\d+)*(?:x\d+)?[A-Za-z]?)"
    r"(?![\w%]|-\w|[.,]\d| times\b| percent\b)"
)
_YEAR = re.compile(r"(?:19|20)\d\d")


def lacks_version(question: str, papers: Sequence[Paper]) -> bool:
    """Tell whether a question names a version that none of the papers has: theirs may be an older one, or a newer."""
    said = " ".join(f"{paper.title}. {paper.abstract}" for paper in papers)
    return any(not is_named(version, said) for version in versions(question, papers))


def versions(question: str, papers: Sequence[Paper]) -> list[str]:
    """Give the versions that a question names, as it writes them."""
    return [match.group() for match in _VERSION.finditer(question) if _is_version(match, papers)]


def _is_version(match: re.Match[str], papers: Sequence[Paper]) -> bool:
    """Tell whether a word with a figure is a name, by its look or for the papers' sake: "top 5" is none."""
    if _YEAR.fullmatch(match["number"]):
        return False
    if match["gap"] != " " and not match["name"].islower():
        return True
    name = re.compile(rf"{re.escape(match['name'])}(?![a-z])", re.IGNORECASE)
    # What comes first in a sentence has a capital anyway, but not what comes first in a title.
    return any(name.match(known) for paper in papers for known in names(f"On {paper.title}. {paper.abstract}"))
