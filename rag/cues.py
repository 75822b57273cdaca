"""What a question asks for, and what a sentence offers, told by a few words.  Pure; English.

Whether one paper or several are asked for, or what any paper has, whether things are compared, whether the answer is a
quantity or a particular detail, and whether a sentence holds a number or says what its paper does.
"""

from __future__ import annotations

import re

from rag.weighty import content_words, light_words

_QUANTITY = re.compile(
    r"\b(how (many|much|fast|long|large|big|small|often|far|high|low|accurate|close)|percent\w*|fraction|share"
    r"|proportion|ratio|factor|speed-?ups?|times|number of|rate|accuracy|score|average|maximum"
    r"|mean(?!\s*(by|for|that|when|\W*$))|by (how|what)"  # "the mean error", not "what does it mean?"
    r"|what (speed|size)|faster|fewer|reduction|improvement|gain|range)\b|%",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d|\b(two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|hundred|thousand|million|billion|half|twice"
    r"|double|orders? of magnitude)\b",
    re.IGNORECASE,
)
_CONTRIBUTION = re.compile(
    r"\b(we|our|this (paper|work|article|study|thesis|survey)|in this|here)\b.{0,60}\b(propos|introduc|present|develop"
    r"|describ|show|demonstrat|design|provid|establish|prove|deriv|call|named|term|study|investigat|explor|examin"
    r"|address|build|offer|releas|argue|consider|analy|suggest|formul|creat|identif|find|found\b|observ|discover|reveal)",
    re.IGNORECASE | re.DOTALL,  # an abstract may be broken into lines anywhere
)
_CLAUSE = r"(?:^|[.?!,;:–-]\s*|\b(?:and|but|or)\s+)"
_THINGS = (
    r"(?:papers|works|studies|articles|abstracts|authors|methods|approaches|systems|tools|libraries|techniques"
    r"|algorithms|frameworks|models|benchmarks|datasets|surveys|groups|people)\b"
)
# "Which two approaches" asks for what one paper names, "what did the models" for something in it.
_OF_PAPERS = r"(?!(?:two|three|four|five|six|is|are|was|were|do|does|did|has|have|the)\b)"
_SEVERAL = re.compile(
    rf"{_CLAUSE}(?:which|what)\s+{_OF_PAPERS}(?:{_OF_PAPERS}\w+[\s-]){{0,3}}?{_THINGS}"
    rf"|{_CLAUSE}(?:which|what)\s+{_OF_PAPERS}(?:\w+[\s-]){{0,2}}\w{{3,}}s\s+(?:are|were|have|do)\b"
    rf"|(?:{_CLAUSE}(?:all|list|name)|\b(?:any|are\s+there))\s+(?:\w+[\s-]){{0,3}}?{_THINGS}|\b(?:papers|studies)\b"
    r"|^\W*(?:please\s+)?(?:compare|contrast)\b|^(?:\S+\s+){1,3}(?:versus|vs\.?)\s"
    r"|\bhow\s+(?:do|does|did|is|are|was|were)\b[^.?!]*\b(?:differ|different|compared?)\b|\bdifferences?\s+between\b"
    r"|\bhave\s+in\s+common\b"
    r"|\bwhat\s+(?:do\s+we\s+have|is\s+there|are\s+there|else)\b|^who\b(?!\s+(?:is|was)\b)|^list\b",
    re.IGNORECASE,
)
# By how much one thing is ahead of another the paper of that one tells.
_BY_HOW_MUCH = re.compile(r"\bhow\s+(?:many|much)\b|\bby\s+what\b", re.IGNORECASE)
_MORE = r"(?:better|worse|(?:more|less)\s+\w+|(?!other|rather|whether|together|either)\w{3,}er)\b"
_OR = r"\bor\b(?!\s+(?:less|more)\b)"
_COMPARES = re.compile(
    r"\b(?:compar(?:e[ds]?|ing|ison)|contrast|versus|vs|differ(?:s|ed|ent|ences?)?|in\s+common|overlaps?|similar(?:ities)?)\b"
    rf"|\b{_MORE}\s+than\b|\b{_MORE}[^.?!]*{_OR}|{_OR}[^.?!]*\b{_MORE}|\bshould\s+(?:I|we)\b[^.?!]*{_OR}"
    r"|^\W*(?!(?:is|are|was|were|does|do|did|can|has|have|will)\b)(?:[\w-]+\s+){1,3}or\s",
    re.IGNORECASE,
)


_WRITINGS = r"(?:papers|articles|studies|publications|literature)\b"
_BEFORE_PAPERS = (
    r"(?:please|a|an|the|some|any|more|good|recent|latest|newest|new|other|key|important|relevant|best|top|all|few|several"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|\d+)"
)
_ABOUT = (
    r"(?:on|about|using|that|which|with|without|for|from|by|discussing|covering|mentioning|related|concerning|regarding"
    r"|evaluated|where|not)\b"
)
_NO_SUBJECT = (
    "the|these|those|both|all|such|other|compare|contrast|summari[sz]e|explain|describe|discuss|read|open|show|between"
    "|how|why|when|where|who|is|are|do|does|did|can|could|and|or|but|of|what"
)
_PAPERS = re.compile(
    r"\b(which|what(?!\s+do\b)|list|any|all|find|show|how many|are there)\b[^.?!]{0,40}?"
    r"(?<!\bboth )(?<!\btwo )\b(papers|studies|articles|publications|abstracts)\b"
    # "Which works use …", not "Which method works best": that is the verb.
    r"|\b(list|any|all|many|other|related|recent|earlier|previous|similar)\s+works\b"
    r"|\b(which|what)\s+works\b(?!\s*(\W*$|(best|better|well|for|in|on|with|without|when|if|at|as|like)\b))"
    # "Papers on …", "recent literature about …", "give me three articles that …".
    rf"|{_CLAUSE}(?:{_BEFORE_PAPERS}\s+)*{_WRITINGS}\s+{_ABOUT}"
    rf"|\b(?:(?:give|send|get)\s+me|recommend|suggest|need|want|looking\s+for|do\s+you\s+(?:have|know))\b[^.?!]{{0,30}}?"
    rf"\b{_WRITINGS}"
    rf"|\bnumber\s+of\s+{_WRITINGS}"
    # "Linear attention papers", but not "compare these papers".
    rf"|^\W*(?!(?:{_NO_SUBJECT})\b)[\w+-]+(?:\s+[\w+-]+){{0,3}}\s+(?:papers|articles|literature)\W*$",
    re.IGNORECASE,
)


_WHAT = re.compile(_CLAUSE + r"(?:\w+\s+){0,2}?(?:what|which)\s+([\w-]+)", re.IGNORECASE)
_HOW = re.compile(
    r"\bhow\s+(?:many|much|long|fast|large|big|often|far|high|low|small|accurate|old|deep|wide|expensive)\b",
    re.IGNORECASE,
)
_WHO = re.compile(
    _CLAUSE + r"(?:when|where|who\s+(?:funded|paid|sponsored|wrote|reviewed|owns|is|was|are|were|else))\b",
    re.IGNORECASE,
)
_BETTER = re.compile(
    r"\b(?:better|worse|faster|slower|larger|smaller|higher|lower)\s+(?:than|at|on|or)\b", re.IGNORECASE
)
_WHETHER = re.compile(r"^\W*(?:does|do|did|is|are|was|were|can|could|has|have|had|will|would)\b", re.IGNORECASE)
_WHAT_IS_THE = re.compile(r"\bwhat\s+(?:is|are|was|were)\s+(?:the|its|their|[\w-]+['’]s?)\s+\w", re.IGNORECASE)
_WHAT_DOES_IT_REACH = re.compile(
    r"\bwhat\s+(?:do|does|did)\b[^.?!]*\b(?:scores?|reach|achieve|attain|obtain|get|cost|weigh)\b", re.IGNORECASE
)
_NO_FOCUS = frozenset(  # "which method …" asks for a paper, "which optimiser …" for a detail
    "is are was were does do did has have had can could will would should may might paper papers work works study "
    "studies article articles method methods approach approaches system systems technique techniques algorithm "
    "algorithms model models framework frameworks tool tools library libraries there kind sort type about makes "
    "happens the it they this that these those in on of for to if we exactly else".split()
)


_OF_ANY_PAPER = frozenset(
    "code repo repository github implementation link links url doi bibtex citation title year abstract summary idea"
    " contribution contributions motivation conclusion conclusions limit limits limitation limitations drawback"
    " drawbacks weakness weaknesses shortcomings example examples main plain english simple simpler download new novel"
    " novelty finding findings key takeaway takeaways message gist pros cons strengths advantages disadvantages".split()
)


def asks_detail(question: str) -> bool:
    """Tell whether one particular value, name or fact is asked for ("what batch size", "who funded", "does it run")."""
    if asks_for_papers(question):
        return False
    if any(cue.search(question) for cue in (_HOW, _WHO, _WHETHER, _WHAT_IS_THE, _WHAT_DOES_IT_REACH)):
        return True
    if "?" in question and _BETTER.search(question):
        return True
    focus = [match.group(1).lower() for match in _WHAT.finditer(question)]
    if focus:
        return any(word not in _NO_FOCUS for word in focus)
    return "?" in question and asks_quantity(question)


def asks_of_any_paper(question: str) -> bool:
    """Tell whether something is asked for that any paper has, its code or its limits, and nothing tells of which."""
    wanted = set(content_words(question))
    return bool(wanted & _OF_ANY_PAPER) and not asks_for_papers(question) and wanted - light_words() <= _OF_ANY_PAPER


def asks_for_papers(question: str) -> bool:
    """Tell whether a list of papers, or their number, is asked for."""
    return _PAPERS.search(question) is not None


def asks_how_many(question: str) -> bool:
    """Tell whether only a number can be the answer: how many, how long, how fast."""
    return _HOW.search(question) is not None


def asks_quantity(question: str) -> bool:
    """Tell whether the answer is a number: how many, by what factor, which accuracy."""
    return _QUANTITY.search(question) is not None


def asks_for_several(question: str) -> bool:
    """Tell whether more than one paper may be asked for: which papers, compare, what is there on."""
    return _SEVERAL.search(question) is not None


def asks_to_compare(question: str) -> bool:
    """Tell whether things may be compared that the question names, and not by how much one is ahead of the other."""
    return _COMPARES.search(question) is not None and _BY_HOW_MUCH.search(question) is None


def has_number(sentence: str) -> bool:
    return _NUMBER.search(sentence) is not None


def states_contribution(sentence: str) -> bool:
    """Tell whether a sentence says what its paper does: "we propose", "this work shows"."""
    return _CONTRIBUTION.search(sentence) is not None
