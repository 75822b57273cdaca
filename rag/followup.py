"""A question that leans on the conversation, made to stand alone: the question before it is put in front.

A question leans when it points back ("it", "that one", "the second"), begins in the middle ("And …", "What about …"),
or says too little of its own.  Everything else may be a new topic, and old words would only mislead the search.  Pure;
works without a model.
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
    r"\s*(?:and|but|or|so|also|then|what about|how about|what if|why not|why\??$|how so|compared|really)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w-]+")
_FUNCTION_WORDS = frozenset(
    "a about an and any are as at be been but by can could describe did do does explain for from give had has have how "
    "i if in into is many me more most much my no not of on or our please show so tell than that the their them then "
    "there these they this those to us was we were what when where which who why will with would you your".split()
)
_OWN_WORDS = 3  # fewer content words than this, and the question does not say what it is about


def standalone_question(question: str, history: Sequence[Turn]) -> str:
    """Give a question that a search can use without ``history``.  A question that stands alone comes back unchanged."""
    asked = [turn.content.strip() for turn in history if turn.role == "user" and turn.content.strip()]
    if not asked or not leans_on_history(question):
        return question
    return f"{standalone_question(asked[-1], [Turn('user', text) for text in asked[:-1]])} {question}"


def leans_on_history(question: str) -> bool:
    """Tell whether a question needs the one before it to be understood."""
    if _BEGINS_IN_THE_MIDDLE.match(question) or _POINTS_BACK.search(question):
        return True
    own = [word for word in _WORD.findall(question) if word.lower() not in _FUNCTION_WORDS]
    names = any(not word.islower() and not word.istitle() for word in own)  # an acronym or a method's name
    return len(own) < _OWN_WORDS and not names
