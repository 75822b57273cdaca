"""What is said to Citewell and not to its library: greetings, thanks, and what it is and can do.  Pure; English.

Only a whole message counts, so that "help" is answered here and "does dropout help" by the papers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from index_store.counting import counted
from rag.types import Turn

Courtesy = Literal["greeting", "thanks", "about"]

_HOW_ARE_YOU = (
    r"how\s+(?:are|r)\s+(?:you|u)(?:\s+doing)?(?:\s+today)?|how\s+do\s+you\s+do|how(?:['’]s|\s+is)\s+it\s+going"
)
_GREETING = (
    r"(?:hi|hello|hey|hiya|greetings|good\s+(?:morning|afternoon|evening|day))(?:\s+(?:there|all|again|citewell))?"
    rf"(?:\W+(?:{_HOW_ARE_YOU}))?|{_HOW_ARE_YOU}"
)
_PRAISE = r"ok(?:ay)?|nice|great|cool|good|perfect|awesome|excellent|wonderful|got\s+it|i\s+see|very\s+(?:good|nice)"
_THANKING = r"(?:many\s+)?thanks|thank\s+(?:you|u)|thx|cheers"
_MUCH = r"a\s+lot|(?:very|so)\s+much|again"
_HELPED = r"(?:that|this|it)(?:['’]s|\s+(?:is|was))\s+(?:(?:very|really|so)\s+)?(?:helpful|useful|great|good|nice|all)"
_BYE = r"bye(?:\s*-?bye)?|good\s*bye|see\s+you(?:\s+later)?"
_THANKS = (
    rf"(?:(?:{_PRAISE})(?:\W+|$))*(?:(?:{_THANKING})(?:\s+(?:{_MUCH}))?(?:\W+|$))?"
    rf"(?:(?:{_HELPED})(?:\W+|$))?(?:{_BYE})?"
)
_KINDS = r"(?:an?\s+)?(?:ai|bot|chat\s*bot|robot|machine|human|person|llm|language\s+model|chatgpt|gpt)"
_ABOUT = (
    r"help(?:\s+me)?|(?:who|what)\s+are\s+you|what\s+is\s+(?:citewell|your\s+name)|who\s+(?:made|built|created)\s+you"
    rf"|are\s+you\s+{_KINDS}|what\s+(?:can|do)\s+you\s+do(?:\s+for\s+me)?|how\s+(?:do|can)\s+you\s+(?:work|help(?:\s+me)?)"
    r"|how\s+(?:do|can)\s+i\s+use\s+(?:you|citewell)|what\s+(?:can|should|could)\s+i\s+ask(?:\s+you)?"
)
_CUES: dict[Courtesy, str] = {"greeting": _GREETING, "thanks": _THANKS, "about": _ABOUT}
_EXAMPLES = ("“What does ‘{}’ propose?”", "“What are the main findings of ‘{}’?”")


def courtesy(message: str) -> Courtesy | None:
    """Tell whether a whole message is a greeting, a thank-you or a question about Citewell; None for all others."""
    return next((kind for kind, cue in _CUES.items() if _is_all(cue, message)), None)


def reply(kind: Courtesy, papers: int, titles: Sequence[str]) -> str:
    """Give Citewell's own words; the first two ``titles`` are papers to ask about, as examples."""
    if kind == "thanks":
        return "Glad to help. Ask on whenever you like."
    examples = " or ".join(form.format(title) for form, title in zip(_EXAMPLES, titles, strict=False))
    if kind == "greeting":
        return f"Hello. Ask me about the {counted(papers, 'paper')} in your library, for example {examples}"
    return (
        f"I am Citewell, a program that answers questions about the {counted(papers, 'paper')} in your library from"
        f" their abstracts, and names the source of every sentence. Ask for example {examples}"
    )


def without_courtesies(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """Leave out of a conversation what no paper was asked for, with what was said to it."""
    kept: list[Turn] = []
    heard = True
    for turn in history:
        heard = courtesy(turn.content) is None if turn.role == "user" else heard
        if heard:
            kept.append(turn)
    return tuple(kept)


def _is_all(cue: str, message: str) -> bool:
    return re.fullmatch(rf"\W*(?=\w)(?:{cue})\W*", message, re.IGNORECASE) is not None
