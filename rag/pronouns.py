"""What in a question points back at the conversation: pronouns that nothing in the question itself can be the sense of.

English binds pronouns by rules (Chomsky's binding theory, in the words of any grammar).  A reflexive means something in
its own clause, so it never points back.  A possessive may mean the subject of its clause ("which networks modify their
own weights"), an object may not ("which papers extend them").  What is asked for and stands in front ("which loss does
it use") is never what the subject after it means; and "it" before "possible to" means nothing at all.  Pure.
"""

from __future__ import annotations

import re

NOUN = (
    r"(?:one|paper|work|study|article|method|model|approach|system|technique|framework|data ?set|benchmark|algorithm"
    r"|tool|result|source|citation)s?"
)
"""What a paper may be called in a question."""

BOTH = (
    r"(?:(?:(?<=\bdo )|(?<=\bdid )|(?<=\bcan ))(?:both|either|neither)\b(?! (?:the )?[\w-]+ (?:and|or|nor)\b)"
    r"|(?:both|either|neither)\b(?! (?:[\w-]+ ){1,2}(?:and|or|nor)\b))"
)
"""Two papers together: "are both trained on speech and text?", but not "both encoder and decoder"."""

_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|she|his|her|the (?:same|above|authors?(?! of\b))"
    rf"|{BOTH}"
    r"|(?<!is )(?<!are )(?<!was )(?<!were )there(?=\W*$)"
    # "the model", but not "the model that maps sentences to vectors" or "the paper published in 2017"
    rf"|(?:the|this|that|these|those) (?:{NOUN}|trick|two|group)\b"
    r"(?! (?:that|which|who|where|with|for|of|on|from|by|in)\b"
    r"|(?<=two) \w+s (?:that|which|with|for|of|on|from|in)\b| (?:published|written|posted|presented) (?:in|by|at)\b)"
    r"|th(?:is|ese|ose)\b"
    # "was that tested", but not "the layer that was tested"
    r"|do(?:ing)? so"
    r"|(?:do(?:es|ing)?|did|is|was|were|are|can|could|has|had|why|how|would|with|of|to|than|after|like|from|about|by|for"
    r"|on|in)"
    r" that\b(?=\W*$|\s+(?:mean|matter|help|work|need|save|cost|come|make|compare|differ|perform|tested|done|measured"
    r"|possible|true|better|so|in|on|for|with|when)\b))\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"(?:it|its|they|them|their|theirs|he|she|his|her)$", re.IGNORECASE)
_POSSESSIVE = re.compile(r"(?:its|their|theirs|his|her)$", re.IGNORECASE)
_AUXILIARY = r"(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should|must|might|may)"
# What a pronoun may mean that stands in the question itself: "how does a tokamak confine its plasma"; but "is there a
# paper that extends it".
_BEARER = re.compile(rf"\ban? (?!(?:[\w-]+ ){{0,2}}{NOUN}\b)\w+\W", re.IGNORECASE)
_NEW = re.compile(r"\bthere (?:already )?an? ", re.IGNORECASE)  # "is there a model that improves its speed"
# The subject of a possessive: "a model that uses its", "which network modifies its", "which networks modify their".
_ONE = re.compile(
    rf"\ban? (?:[\w-]+ ){{0,2}}\w+ |^\W*(?:which|what) (?:[\w-]+ ){{0,2}}?(?!{_AUXILIARY}\b)\w+(?<!s) "
    rf"(?!{_AUXILIARY} $)\w+s $",
    re.IGNORECASE,
)
# Also "formulas with their", and "how do bees find their".
_MANY = re.compile(
    r"\b\w{3,}s (?:and|or|with|by|from|for|of|in|on|to) $"
    rf"|\b(?!does|is|was|has){_AUXILIARY} (?:(?!the|they|these|those|we|you|it|authors)[\w-]+ )?"
    r"(?!the|these|those|authors)\w{3,}s (?:\w+ ){1,2}$"
    rf"|^\W*(?:which|what) (?:[\w-]+ ){{0,2}}?(?!{_AUXILIARY}\b)\w{{2,}}s (?!{_AUXILIARY} $)\w+(?<!s) $",
    re.IGNORECASE,
)
_NOBODY_MEANT = re.compile(
    r" (?:(?:takes?|costs?|(?:make|makes) sense|pays?|possible|impossible|necessary|true|known|better|best|enough|worth"
    r"|advisable|customary) (?:to|that|for)|(?:is |going |to )*(?:rain|snow)(?:s|ed|ing)?"
    r"|(?:matters?|helps?|hurts?|known|clear) (?:if|whether)|worth \w+ing)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b(?:time|day|date|month|year|season) (?:is|was) $", re.IGNORECASE)
_FRONTED = re.compile(
    r"\W*(?:(?:and|but|so|or|then|also|ok(?:ay)?)\W+)*(?:(?:on|in|with|by|for|from|at|of|to|under) )?"
    r"(?:which|what|whose|how (?:many|much)) "
    rf"(?:(?!(?:{_AUXILIARY}|that|which|when|where|why|how|if|than)\b)[\w'’-]+ ){{1,7}}{_AUXILIARY} ",
    re.IGNORECASE,
)


def pointer(question: str) -> re.Match[str] | None:
    """Give the first words of a question that point back, None where none do."""
    return next((match for match in _POINTS_BACK.finditer(question) if not _means_nothing_before(match)), None)


def follows_fronted(pointing: re.Match[str]) -> bool:
    """Tell whether only what is asked for stands before ("which loss does it use"), which it cannot mean."""
    return _FRONTED.fullmatch(pointing.string[: pointing.start()]) is not None


def _means_nothing_before(pointing: re.Match[str]) -> bool:
    """Tell whether a pronoun means something in the question itself, or nothing at all ("what does it cost to")."""
    before, word, after = pointing.string[: pointing.start()], pointing.group(), pointing.string[pointing.end() :]
    if _PRONOUN.match(word) is None:
        return False
    if word.lower() == "it" and (_NOBODY_MEANT.match(after) or _CLOCK.search(before)):
        return True
    return _BEARER.search(before) is not None or (_POSSESSIVE.match(word) is not None and _has_subject(before, word))


def _has_subject(before: str, possessive: str) -> bool:
    """Tell whether a possessive follows a subject of its number that it may mean."""
    subject = _MANY if possessive.lower().startswith("their") else _ONE
    return subject.search(before) is not None and _NEW.search(before) is None
