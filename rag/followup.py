"""Questions that lean on the conversation before them: what their words tell.

Looked for are words that announce a new topic, return to an earlier one, take back what was asked, ask for yet another
paper, point at papers by their place in the answer, point back by a pronoun, begin in the middle, are too few to stand
alone, or name something.  Which paper is meant, the library decides (``rag.reading``).  Pure; English.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rag.pronouns import BOTH, NOUN, follows_fronted, pointer

Lean = Literal["firm", "loose", "none"]

_BEGINS_IN_THE_MIDDLE = re.compile(
    r"(?:(?:ok(?:ay)?|hm+|yes|right|sure|thanks|thank you|great|good|i see)\b[,.! ]*)*"
    r"(?:and|but|or|so|also|then|what about|how about|what if|what else|why not|how so|compared|go on|tell me more|"
    r"more (?:detail|on)|really|elaborate|explain (?:more|further|again))\b|\s*(?:why|how)\W*$",
    re.IGNORECASE,
)
_MORE = re.compile(  # "please summarise it", but not "which systems summarise rulings"
    r"\W*(?!(?:which|what|who|how)\b)(?:\w+[,.]? ){0,3}?(?:go on|(?:give|tell|show)(?: me)? more|more details?"
    r"|in more detail|elaborate|continue|summari[sz]e|tl;?dr|explain (?:more|further|again)"
    r"|(?:explain|say|put|rephrase|reword|paraphrase|simplify|shorten) (?:it|that|this))\b"
    r"|\W*(?:(?:oh|and|but|ok(?:ay)?)\W+)?(?:really|why|why not|how|how so|how come|since when|is that so|in what way"
    r"|are you sure|such as|like what|for (?:example|instance))\W*$",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(
    r"\s*(?:(?:now |let(?:'|’)?s |ok(?:ay)?[,.]? |thanks[,.!]? |let me (?:ask|talk) about |i have )*"
    r"(?:changing (?:the )?(?:subject|topic)s?|(?:talk about |switch to |about )?something (?:else|different|unrelated)"
    r"|switch(?:ing)?(?: (?:the )?(?:subject|topic)s?)?|(?:a )?(?:new|different|another|unrelated) "
    r"(?:question|topic|subject)|on another (?:note|topic)|next question|forget [^.,;:!?]*"
    r"|leaving [^.,;:!?]* aside|moving on))\s*[-–—.,;:!]+\s*",
    re.IGNORECASE,
)
_RETURNS = re.compile(
    r"\s*(?:(?:ok(?:ay)?|now|and|so|well|right|good|thanks|please)\b[,.!]? )*"
    r"(?:let(?:'|’)?s |can we |i(?:'d| would) like to |let me )?"
    r"(?:(?:go|going|come|coming|get|getting|turn|turning|circle|circling) )?"
    r"(?:back to|returning to|return to|as for|regarding|concerning) (?P<subject>[^,;:.?!]+)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_WITHOUT_PLEASE = re.compile(r"^[\s,;:.?!–—-]*(?:please\b[\s,;:.?!–—-]*)?", re.IGNORECASE)
_TAKES_BACK = re.compile(
    r"\s*(?:(?:oh|sorry|well|ah|hm+)[,.! ]+)*(?:no\b[,.! ]|not (?:that|this|the)\b"
    r"|i (?:mean|meant|was asking|was thinking)\b|wrong (?:one|paper)|actually[, ]+(?:i mean|i meant|no)\b)",
    re.IGNORECASE,
)
_MEANT = re.compile(r"\bi (?:mean|meant)\b", re.IGNORECASE)
_ASKS_FOR_ANOTHER = re.compile(
    rf"\banother {NOUN}\b|(?<!the )\bother {NOUN}\b"
    r"|\b(?:later|earlier|newer|older|different|similar|related|further|more recent)"
    r" (?:papers?|work|works|study|studies|articles?)\b"
    r"|\balternatives?\b"
    # "what else is there", but not "what else can it do"
    r"|\b(?:who|what|anything|anyone|something) (?:else|similar)\b(?! (?:\w+ )?(?:it|they|that|this)\b)"
    r"|\b(?:what|how) about (?:the|a) (?:one|paper|model|method)s? (?:that|which|with|without|from|by|for)\b",
    re.IGNORECASE,
)
_IS_THERE = re.compile(rf"\b(?:is|are) there (?:an?|any|some) {NOUN}\b|\bwho (?:has|have)\b", re.IGNORECASE)
_OTHER = re.compile(rf"\bthe other (?:(?:[\w-]+ ){{0,2}}{NOUN}\b|two\b|\W*$|[,:;])", re.IGNORECASE)
_PICKS = r"\bthe (?:(?:more|most|less|least) \w+|\w{2,}(?:er|est)|best|worst) (?:one|of (?:the|these) two)\b"
_PAIR = re.compile(
    r"\bwhich (?:one|paper)\b|\bwhich of (?:the|these|those|them)\b"
    rf"|\b(?!either){BOTH}|\beach(?=\W*$)"
    r"|\b(?:either|each) (?:one|of (?:the|these|those|them))\b"
    r"|\bthe two\b(?! \w+s (?:that|which|with|for|of|on|from|in)\b)"  # "the two", but not "the two networks of a GAN"
    rf"|{_PICKS}|\b(?:between|compare) (?:them|these|those)\b|\b(?:do|how) they (?:differ|compare)\b",
    re.IGNORECASE,
)
_ELLIPTIC = re.compile(  # "How many GPUs?", "Trained on what data?"
    r"\W*(?:(?:and|but|so|ok(?:ay)?)\W+)?(?:any|how (?:many|much|long|big|large|small|fast|slow|often|deep|good|bad"
    r"|well|accurate|robust|expensive|cheap)|by how much"
    r"|(?:(?:trained |tested )?(?:on|with|by|for|in|at) )?(?:which|what))"
    r"(?! (?:is|are|was|were|does|do|did|has|about|if)\b)(?: [\w-]+){0,2}\W*$",
    re.IGNORECASE,
)
_PLACES = {"first": 0, "former": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1, "latter": -1}
_PLACE = re.compile(
    r"\b(?:the|that) (?P<formal>former|latter)\b"
    # "the second one", "the second of these", "and the second?"; not "the second stage"
    rf"|\b(?:the|that|your) (?P<place>first|second|third|fourth|fifth|last)(?= {NOUN}\b(?! (?:that|which|to|of|on)\b)"
    r"|(?: again)?\W*$|[,:;]"
    r"| of (?:these|those|them|the)\b"
    r"| (?:is|was|does|did|has|had|can|could|use[sd]?|needs?|works?|keeps?|makes?|do|\w+ed)\b)"
    r"|\b(?:source|paper|citation|number|no\.?) (?P<number>[1-9])\b|\[(?P<marker>[1-9])\]",
    re.IGNORECASE,
)
_PLACED = re.compile(
    rf"(?:{_PLACE.pattern})(?:(?<!\]) {NOUN}\b)?(?: of (?:these|those|them)\b)?(?: again\b)?", re.IGNORECASE
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ABOUT = re.compile(
    r"\W*(?:(?:and|but|ok(?:ay)?|then|so|no|sorry|oh)\b[,. ]*)*(?:(?:what|how) about|i (?:mean|meant)"
    r"|(?:the )?same (?:question )?(?:for|with|about)|does (?:the same|that|this) (?:hold|apply|go) (?:for|to)) "
    r"(?P<subject>[^?!.,;]+)\W*$",
    re.IGNORECASE,
)
_AND = re.compile(  # "And memory?"
    r"\W*(?:and|or|but)(?: (?:for|on|in|with|the|an?))*"
    r" (?!(?:what|which|how|why|who|whose|where|when|is|are|was|were|does|do|did|has|have|can|could|will|would|its?"
    r"|their|they|this|that|these|those|so|then|also)\b)(?P<subject>[\w-]+(?: [\w-]+){0,2})\W*$",
    re.IGNORECASE,
)
# A word with a capital or a digit after its first character, possessives and marks around it left aside.
_NAME = re.compile(r"(?=[\W_]*\d*[^\W\d_])[\W_]*\w[\w+/-]*?(?:[A-Z]|\d)[\w+/-]*(?:['’]s)?\W*")
_CAPITAL = re.compile(r"(?<=[^.?!:;\s]\s)[(\"“'‘]?([A-Z][\w+-]{2,})")
_TRIM = "\"“”'‘’()[]{},.;:!?*"
_BRIEF_WORDS = 4
_WHOLE_WORDS = 3  # from here on what begins like a question is a whole one
_QUESTION_WORD = re.compile(
    r"\W*(?:is|are|was|were|does|do|did|has|have|can|could|will|would|should|how|what|which|who|whose|where|when|why)\b",
    re.IGNORECASE,
)
_NO_NAMES = frozenset({"AI", "ML", "GPU", "GPUs", "CPU", "CPUs", "TPU", "TPUs", "RAM", "FLOPs", "FLOPS", "OK", "PDF"})


@dataclass(frozen=True, slots=True)
class Cue:
    """What the words of a question tell about the conversation before it.

    ``lean``: it needs what came before for certain, perhaps, or shows no sign of it; ``pronoun``: the character where
    it first points back, None where it does not.  ``places``: papers meant by their place in the last answer, from 0,
    -1 for the last.  ``returns``: the earlier subject that it goes back to, and what is asked of it.  ``takes_back``:
    it corrects the question before; ``another``: it asks for a paper that was not discussed; ``other``, ``pair``: it
    means the other, or both, of two that were, ``picks``: the one of them that is more so; ``brief``: it has to be
    read with the question before; ``asks``: it begins like a question, and not like keywords.
    """

    lean: Lean
    pronoun: int | None = None
    fronted: bool = False
    places: tuple[int, ...] = ()
    returns: tuple[str, str] | None = None
    takes_back: bool = False
    another: bool = False
    other: bool = False
    pair: bool = False
    picks: bool = False
    brief: bool = False
    asks: bool = False


def read_cue(question: str) -> Cue:
    """Tell how a question leans on the conversation, by its words alone."""
    pointing = pointer(question)
    middle = _BEGINS_IN_THE_MIDDLE.match(question) is not None
    words = question.split()
    place = [_place(match) for match in _PLACE.finditer(question)]
    returns = _RETURNS.match(question)
    elliptic = _ELLIPTIC.match(question) is not None and not names(question)
    more = _MORE.match(question) is not None
    whole = len(words) >= _WHOLE_WORDS and _QUESTION_WORD.match(question) is not None and not elliptic
    bare = len(words) <= _BRIEF_WORDS and not names(question) and not pointing and not whole
    return Cue(
        lean="firm" if pointing or place or more or elliptic else "loose" if middle or bare else "none",
        pronoun=pointing.start() if pointing else None,
        fronted=pointing is not None and follows_fronted(pointing),
        places=tuple(place),
        returns=_parted(returns, question) if returns else None,
        takes_back=_TAKES_BACK.match(question) is not None or _MEANT.search(question) is not None,
        another=(_IS_THERE.search(question) if pointing else None) is not None
        or _ASKS_FOR_ANOTHER.search(question) is not None,
        other=_OTHER.search(question) is not None,
        pair=_PAIR.search(question) is not None,
        picks=re.search(_PICKS, question, re.IGNORECASE) is not None,
        brief=bare or more,
        asks=_QUESTION_WORD.match(question) is not None,
    )


def without_announcement(question: str) -> str | None:
    """Give the question after an announced change of topic ("Changing the subject, …"), None where there is none."""
    announced = _ANNOUNCES.match(question)
    return question[announced.end() :].strip() or question if announced else None


def leans_on_history(question: str) -> bool:
    """Tell whether a question clearly needs the one before it to be understood."""
    return read_cue(question).lean != "none"


def names(question: str) -> list[str]:
    """Give what a question names: acronyms, names of methods, capitalised words inside a sentence, quoted words."""
    return list(_named(question))


@lru_cache(maxsize=512)  # the abstracts that were found for a question are gone through for several rules
def _named(question: str) -> tuple[str, ...]:
    marked = [word for word in question.split() if _NAME.fullmatch(word)]
    found = [re.sub(r"['’]s$", "", word.strip(_TRIM)) for word in [*marked, *_CAPITAL.findall(question)]]
    quoted = re.findall(r"[\"“]([^\"”]+)[\"”]", question)
    return tuple(dict.fromkeys(name for name in [*found, *quoted] if name and name not in _NO_NAMES))


def year_of(question: str) -> int | None:
    """Give the year that a question speaks of, None for none or several."""
    years = set(_YEAR.findall(question))
    return int(years.pop()) if len(years) == 1 else None


def new_subject(question: str) -> str | None:
    """Give the subject of "What about X?", "And X?" and "I meant X", None for other questions."""
    about = _ABOUT.match(question) or _AND.match(question)
    return about["subject"].strip() if about else None


def with_pronoun(question: str) -> str:
    """Put "it" for words that point at a paper by its place: "the former" and "the second one" are in no abstract."""
    return _PLACED.sub("it", question)


def with_subject(question: str, subject: str) -> str | None:
    """Put another subject in the place of the one thing that a question names; None where it names none or several."""
    named = names(question)
    if len(named) != 1:
        return None
    return re.sub(rf"(?<!\w){re.escape(named[0])}(?!\w)", lambda _: subject, question)


def _parted(returns: re.Match[str], question: str) -> tuple[str, str]:
    return returns["subject"].strip(), _WITHOUT_PLEASE.sub("", returns["rest"]).strip() or question


def _place(match: re.Match[str]) -> int:
    digit = match["number"] or match["marker"]
    return int(digit) - 1 if digit else _PLACES[(match["formal"] or match["place"]).lower()]
