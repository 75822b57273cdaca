"""Questions that lean on the conversation before them.

A question that points back ("it", "that one") or begins in the middle ("And …", "What about …") is searched for with
the question before it in front; one that announces a new topic, or names what it is about, alone.  For the rest
``rag.assistant`` asks the library which reading it answers better.  Pure; works without a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.types import Turn

_POINTS_BACK = re.compile(
    r"\b(?:it|its|itself|they|them|their|theirs|this|that|these|those|he|she|his|her|the (?:same|former|latter|other|"
    r"first|second|third|previous|above|paper|papers|method|model|authors?|approach|system|technique|framework|dataset|"
    r"benchmark)|such|there|both|neither|either|one|ones|here)\b",
    re.IGNORECASE,
)
_BEGINS_IN_THE_MIDDLE = re.compile(
    r"\s*(?:and|but|or|so|also|then|what about|how about|what if|why not|how so|compared|really)\b|\s*why\W*$",
    re.IGNORECASE,
)
_CHANGES_TOPIC = re.compile(
    r"\s*(?:(?:now |let(?:'|’)?s |ok(?:ay)?[,.]? |thanks[,.!]? )*(?:changing (?:the )?(?:subject|topic)s?"
    r"|something else|(?:talk about|switch to) something else|switch(?:ing)?(?: (?:the )?(?:subject|topic)s?)?"
    r"|(?:a )?(?:new|different|another|unrelated) (?:question|topic|subject)|on another (?:note|topic)"
    r"|next question|forget [^.,;:!?]*))\s*[-–—.,;:!]+\s*",
    re.IGNORECASE,
)
# A word with a capital or a digit after its first character, possessives and marks around it left aside.
_NAME = re.compile(r"[\W_]*\w[\w+/-]*?(?:[A-Z]|\d)[\w+/-]*(?:['’]s)?\W*")


def joined(question: str, history: Sequence[Turn]) -> str:
    """Put the question before it in front of a question, and the one before that where that leans too."""
    asked = [turn.content.strip() for turn in history if turn.role == "user" and turn.content.strip()]
    if not asked:
        return question
    earlier = [Turn("user", text) for text in asked[:-1]]
    return f"{joined(asked[-1], earlier) if leans_on_history(asked[-1]) else asked[-1]} {question}"


def standalone_question(question: str, history: Sequence[Turn]) -> str:
    """Give the likeliest form of a question that a search can use without ``history``, by its words alone."""
    fresh = without_announcement(question)
    if fresh is not None:
        return fresh
    return joined(question, history) if leans_on_history(question) else question


def without_announcement(question: str) -> str | None:
    """Give the question after an announced change of topic ("Changing the subject, …"), None where there is none."""
    announced = _CHANGES_TOPIC.match(question)
    return question[announced.end() :].strip() or question if announced else None


def leans_on_history(question: str) -> bool:
    """Tell whether a question clearly needs the one before it to be understood."""
    return bool(_BEGINS_IN_THE_MIDDLE.match(question) or _POINTS_BACK.search(question))


def names_something(question: str) -> bool:
    """Tell whether a question names what it is about: an acronym, a method's name, something in quotation marks."""
    return any(_NAME.fullmatch(word) for word in question.split()) or '"' in question or "“" in question
