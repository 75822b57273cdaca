"""Whether a question asks for what was released with a paper (code, data, a licence), and its abstract tells of any.

What is released leaves a trace in an abstract that tells of it: an address, "available", "open-source".  Where there is
none the abstract does not say, which a search by meaning cannot tell.  Limits or costs leave no such trace.  Pure;
English.
"""

from __future__ import annotations

import re

from index_store.types import Paper
from rag.followup import names
from rag.naming import is_marked, mentions, names_paper, short_title

_CODE = r"(?:(?:source\s+)?codes?|implementation|repo(?:sitory)?|git\s?hub(?:\s+(?:repo(?:sitory)?|link|page))?|demo)"
_THING = (
    rf"(?:{_CODE}|(?:model\s+|trained\s+|pre-?trained\s+)?(?:weights|checkpoints?|models?)|(?:training\s+)?(?:data(?:\s?sets?)?|corpus)"
    r"|software|package)"
)
_WHOSE = r"(?:(?:the|its|their|any|some|an?|official|public)\s+|[\w-]+['’]s?\s+)"
_OF = r"(?:\s+(?:for|of|behind|from|used\s+(?:in|by))\s+[^?.!;]{1,60}?)?"
_OPEN = (
    r"(?:publicly\s+|openly\s+|freely\s+|anywhere\s+|also\s+)?"
    r"(?:available|released|public|open(?:[- ]?sourced?)?|online|published|downloadable|accessible|on\s+git\s?hub)\b"
)
_RELEASE = r"(?:released?|publish(?:ed)?|open[- ]?sourced?|put\s+up|made?\s+public)"
_GIVE = r"(?:shared?|provided?)"  # a network may share its weights, too
_BEGINS = r"(?:^|[.?!]\s)[^\w.?!]*(?:(?:and|but|so|ok(?:ay)?|also|thanks)\b\W*)*"
_ASKS_RELEASE = re.compile(
    rf"\b(?:is|are|was|were)\s+{_WHOSE}*{_THING}{_OF}\s+{_OPEN}(?!\s+(?:by|before|after|from|as)\b)"
    rf"|\b(?:did|do|does|have|has)\s+(?:they|it|he|she|(?:the\s+)?(?:authors?|paper)(?:\s+of\s+[\w-]+)?|[\w-]+)\s+(?:also\s+|ever\s+)?(?:{_RELEASE}|(?<=(?:they|hors)\s){_GIVE})"
    rf"\s+{_WHOSE}*{_THING}\b(?:\s+(?:for|of|on)\b|\W*$)"
    rf"|\bis\s+there\s+{_WHOSE}*{_CODE}(?:\s+(?:for|of|to|available|released|online|with|on|somewhere|anywhere)\b|\W*$)"
    rf"|\bwhere\s+(?:can|could|do)\s+(?:I|we|one|you)\s+(?:find|get|download|see)\s+{_WHOSE}*{_THING}\b(?:\s+(?:for|of)\b|\W*$)"
    rf"|\bwhere\s+(?:is|are)\s+(?!.*\b(?:from|stored|collected|gathered|taken)\W*$){_WHOSE}+{_THING}\b(?:\s+(?:for|of)\b|\W*$)"
    rf"|\b(?:link|url|address)\s+(?:to|of|for)\s+{_WHOSE}*(?:{_CODE}|weights|checkpoints?|data\s?sets?)\b"
    rf"|{_BEGINS}{_WHOSE}*(?:open[- ]source\s+)?{_CODE}(?:\s+(?:available|link|released|public|anywhere))?\W*$"
    rf"|{_BEGINS}(?:(?:is|was)\s+(?:it|this|that)\s+)?open[- ]?sourced?\W*$",
    re.IGNORECASE,
)
_ASKS_LICENCE = re.compile(r"\b(?:which|what|under\s+(?:which|what|a))\s+(?:\w+\s+){0,2}?licen[cs]e\b", re.IGNORECASE)
_RELEASED = re.compile(
    r"https?:|www\.|\bgit\s?(?:hub|lab)|hugging\s?face|\bavailab|\breleas|\bpublic(?:ly)?\b|\bopen[- ]?(?:ly|sourc)"
    r"|\bdownload|\brepositor|\bdemos?\b|\btool(?:kit|box)|\bpackages?\b|\bsoftware|\blibrar|\bimplementation"
    r"|\bsource\s+codes?\b|\b(?:our|the)\s+codes?\b|\bcodes?\s+(?:is|are|can|at)\b"
    r"|\b(?:provid|shar|publish|contribut)\w*\b.{0,40}\b(?:codes?|data)",
    re.IGNORECASE | re.DOTALL,
)
_LICENSED = re.compile(
    r"\blicen[cs]|\bopen[- ]?sourc|\bapache\b|\bcreative\s+commons\b|\bpublic\s+domain\b|\b(?-i:MIT|B?GPL|BSD)\b",
    re.IGNORECASE,
)


def lacks_release(question: str, asked: str, paper: Paper) -> bool:
    """Tell whether ``asked`` wants what a paper that the ``question`` names has released, and it tells of nothing."""
    trace = _RELEASED if _ASKS_RELEASE.search(asked) else _LICENSED if _ASKS_LICENCE.search(asked) else None
    if trace is None or trace.search(f"{paper.title}. {paper.abstract}"):
        return False
    if short_title(paper) in question or names_paper(question, paper):
        return True
    return any(is_marked(name) and mentions(paper, name) for name in names(question))
