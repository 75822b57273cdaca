"""The frame of a question: who asks, for what, and how they would like to be told.  Pure; English.

"I'm writing a thesis on ponds. There is a classic one where frogs are counted. Which paper is that?" asks about ponds
and counted frogs; "thesis" and "classic" would count as topic.  A frame speaks in the first person, or begins like "For
a lecture on"; what it is about stays.  Words that can be a subject are cut only inside such phrases: "how is a lecture
summarised" and "does the student match its teacher" stay as they are.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rag.types import Request
from rag.weighty import weighty_words

_FEWEST_LEFT = 3  # weighty words of what is asked

_WRITING = (
    r"(?:thesis|dissertation|chapter|section|paragraph|lecture|class|course|talk|seminar|presentation|tutorial|review"
    r"|survey|submission|manuscript|proposal|essay|report|assignment|article|paper|blog\s+post|reading\s+(?:list|group)"
    r"|slides|poster|defen[cs]e|exam)"
)
_AUXILIARIES = "do did can could will would should may might must if what".split()
_I = "".join(rf"(?<!\b{word}\s)" for word in _AUXILIARIES) + r"\b(?:I|we)"  # not "what do we need for"
_AM = rf"{_I}(?:['’](?:m|re)|\s+(?:am|are))\s+(?:currently\s+|now\s+|just\s+|also\s+)?"
_WANT = rf"{_I}(?:['’]d|\s+would)\s+(?:like|love|prefer)|{_I}\s+(?:want|need|wish|hope|plan)"
_MUST = rf"(?:{_WANT}|{_I}\s+have)\s+to"
_DOES = (
    r"(?:writ(?:e|ing)|draft(?:ing)?|prepar(?:e|ing)|review(?:ing)?|referee(?:ing)?|teach(?:ing)?|giv(?:e|ing)|plan(?:ning)?"
    r"|finish(?:ing)?|revis(?:e|ing)|put(?:ting)?\s+together|work(?:ing)?\s+on|present(?:ing)?|explain(?:ing)?)"
)
# "The survey on ponds" is a paper of the library, "the introduction of my thesis" is not.
_OWN = r"(?:(?:a|an|my|our|some|the(?=(?:\s+[\w-]+){0,2}\s+(?:chapter|section|paragraph|thesis|dissertation)\b))\s+)"
_ON = r"(?:\s+(?:on|about|for|of|(?:that|which)\s+(?:claims?|says?|argues?|states?|asserts?|assumes?)(?:\s+that)?)\b)"
_PERSON = (
    r"(?:[\w-]*(?:student|researcher|scientist|engineer|developer|practitioner|reviewer|teacher|lecturer|professor|postdoc"
    r"|novice|beginner|newcomer|outsider|expert|user|reader|author|editor|manager|doctor|physician|clinician|nurse|lawyer"
    r"|journalist)|\w+(?:ologist|icist|ician|emist|omist))"
)
_DOCUMENT = (
    rf"{_OWN}(?:[\w-]+\s+){{0,3}}?{_WRITING}\b(?:\s+(?:of|in|for)\s+{_OWN}(?:[\w-]+\s+){{0,2}}?{_WRITING}\b)?"
    rf"(?:(?=\s*[,.;:!?])|{_ON})"  # "a class imbalance problem" is none
)
_SHOW = (
    r"(?:show|see|know|learn|argue|understand|find(?:\s+out)?|cite|say|explain|read|convince\s+(?:\w+\s+){1,2}"
    r"|point\s+out|hear|have|check)"
)
_SOURCE = r"(?:source|reference|paper|study|work|article|evidence|citation|one|overview|survey)"
_FRAMES = (
    # "I'm writing the background chapter of a thesis on", "For my talk about"
    rf"(?:(?:next|this)\s+\w+\s+)?(?:{_AM}|{_MUST}\s+){_DOES}\s+{_DOCUMENT}",
    rf"(?:^|(?<=[.!?;]\s))for\s+{_DOCUMENT},?",
    # "Next week I have to teach … to second-years"
    rf"(?:next|this)\s+(?:week|month|term|semester|year|\w+day)\s+(?=I\b|we\b)|{_MUST}\s+(?:teach|present)\b",
    r"\bto\s+(?:my\s+|our\s+|the\s+)?(?:second-years|first-years|students|undergraduates|undergrads|freshmen)(?=\W*[.?!])",
    # "I'm a chemist and", "As a first-year student,"
    rf"{_AM}an?\s+(?:[\w-]+\s+){{0,3}}?[\w-]+(?=[.,;]|\s+(?:and|who|in|at|with|working|trying)\b)(?:\s+(?:and|who)\b)?",
    rf"(?:^|(?<=[.!?;]\s))as\s+an?\s+(?:[\w-]+\s+){{0,3}}?{_PERSON},",
    # "I'd like to show that", "I am looking for", "I remember that"
    rf"{_MUST}\s+{_SHOW}(?:\s+that)?\b|(?:{_WANT})\b(?!\s+to\b)",
    rf"{_AM}(?:looking|searching|after|interested\s+in|curious|wondering|trying\s+to)\b(?:\s+(?:for|about|{_SHOW}))?",
    rf"{_I}\s+(?:vaguely\s+)?(?:remember|recall|think|believe|heard|read|doubt|wonder)\b(?:\s+(?:somewhere|once))?"
    r"(?:\s+(?:that\s+this\s+holds|that|of|about))?",
    r"\b(?:someone|somebody|a\s+(?:colleague|friend|reviewer|student))\s+(?:suggested|told\s+(?:me|us)|claims|claimed|says"
    r"|said|mentioned)(?:\s+that)?\b",
    # "There is a classic one where"
    rf"\bthere\s+(?:is|was)\s+(?:this|an?|some|one)\s+(?:(?:classic|famous|well-known|old|recent|nice|early|seminal)\s+)?"
    rf"{_SOURCE}\s+(?:where|in\s+which|that|which|about|on)\b",
)
_CLOSING = (  # whole sentences
    rf"which\s+(?:\w+\s+)?{_SOURCE}\s+(?:is|was)\s+(?:that|this|it)(?:\s+again)?",
    rf"(?:which|what)\s+(?:{_SOURCE}\s+)?(?:would|could|should|can|do)\s+(?:you|I|we)\s+"
    r"(?:point\s+(?:\w+\s+){1,2}to|recommend|suggest|cite|read|quote|look\s+at|start\s+with)",
    rf"(?:is|was)\s+there\s+(?:an?|any|some)\s+{_SOURCE}\s+(?:(?:that|which)\s+)?(?:admits?|says?|shows?|supports?|for"
    r"|confirms?|backs?|proves?)\s+(?:this|that|it)(?:\s+up)?",
    rf"(?:do\s+you\s+)?(?:have|know(?:\s+of)?)?\s*any\s+(?:{_SOURCE}|pointers?|ideas?|suggestions?|hints?)"
    r"(?:\s+(?:for|on|about)\s+(?:this|that|it))?",
    r"(?:can|could)\s+you\s+(?:point\s+me\s+to|recommend|suggest)\s+(?:one|it|something|an?\s+\w+)",
)
_FRAME = re.compile("|".join(_FRAMES), re.IGNORECASE)
_WHOLE = re.compile(rf"(?<=[.!?;])\s+(?:{'|'.join(_CLOSING)})\s*[?.!]*\s*$", re.IGNORECASE)


def without_frames(request: Request) -> Request:
    """Give a request whose question, and those before it, are without frames: what goes on about them needs no more."""
    turns = (replace(t, content=without_frame(t.content)) if t.role == "user" else t for t in request.history)
    return replace(request, question=without_frame(request.question), history=tuple(turns))


def without_frame(question: str) -> str:
    """Give a question without what frames it; as it is where there is no frame, or too little besides."""
    cut = _FRAME.sub(" ", _WHOLE.sub("", question))
    if cut == question or len(weighty_words(cut)) < _FEWEST_LEFT:
        return question
    return re.sub(r"\s+(?=[.,;:!?])", "", " ".join(cut.split())).lstrip(" .,;:!?")
